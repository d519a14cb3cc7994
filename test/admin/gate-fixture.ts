// A gate's admin side for tests: the real API over real HTTP and the local socket, a real SQLite store and index, and a
// log kept in memory that implements the ports. Tokens are the names of the people below.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getRequestListener } from '@hono/node-server';
import { listenLocally } from '../../src/adapters/admin-socket/listen.ts';
import { openSessionIndex } from '../../src/adapters/sqlite-store/projection.ts';
import { openStore, type Store } from '../../src/adapters/sqlite-store/store.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { systemRandom } from '../../src/adapters/system/random.ts';
import { createAdminApi } from '../../src/admin/api.ts';
import type { Subject } from '../../src/core/facts.ts';
import type { Entry, Payload, RecordInput } from '../../src/core/record.ts';
import { ok, refuse } from '../../src/core/result.ts';
import { type Claim, createApprovalDesk } from '../../src/gateway/approval-desk.ts';
import { createBreakGlassDesk } from '../../src/gateway/break-glass-desk.ts';
import { type PatientNaming, patientNamer } from '../../src/gateway/patient-names.ts';
import { createRetentionDesk } from '../../src/gateway/retention-desk.ts';
import { createToolDesk, type ToolDesk } from '../../src/gateway/tool-desk.ts';
import type { BrowserSessions } from '../../src/ports/browser-sessions.ts';
import { type Log, type LogReader, LogUnavailable } from '../../src/ports/log.ts';
import type { PayloadKeep } from '../../src/ports/payload-keep.ts';

export function subject(id: string, groups: readonly string[]): Subject {
  return { id, issuer: 'https://idp', kind: 'person', groups, aliases: [] };
}

export const people: Readonly<Record<string, Subject>> = {
  ana: subject('ana', ['analysts']),
  bob: subject('bob', ['analysts']),
  pia: subject('pia', ['privacy']),
  augusto: subject('augusto', ['auditors']),
};

/** The cookie is the name of one of the people, the token of their forms `csrf-` and that name. */
export const sessionsByName: BrowserSessions = {
  of: (cookie) => {
    const person = people[cookie ?? ''];
    return person && { subject: person, csrf: `csrf-${person.id}` };
  },
  accepts: (session, csrf) => csrf === session.csrf,
  signInPath: (path) => `/signin?return=${encodeURIComponent(path)}`,
};

export class MemoryLog implements Log, LogReader {
  readonly vkey = 'test+00+AA';
  readonly origin = 'gate/test';
  readonly stored: Entry[] = [];
  readonly #payloads = new Map<number, Payload>();
  open = true;

  get size(): number {
    return this.stored.length;
  }

  async append(record: RecordInput, payload?: Payload): Promise<{ readonly seq: number }> {
    if (!this.open) throw new LogUnavailable('closed');
    const seq = this.stored.length;
    const time = new Date(1_700_000_000_000 + seq * 1000).toISOString();
    const blob = payload && { payload: { sha256: '', bytes: payload.bytes.length, media: payload.media } };
    this.stored.push({ ...record, v: 1, seq, time, ...blob });
    if (payload) this.#payloads.set(seq, payload);
    return { seq };
  }

  async *entries(from: number, to: number = this.size): AsyncGenerator<Entry> {
    yield* this.stored.slice(from, to);
  }

  async payload(entry: Entry): Promise<Payload | null> {
    return this.#payloads.get(entry.seq) ?? null;
  }

  async checkpoint(): Promise<{ readonly size: number; readonly rootHash: string }> {
    return { size: this.size, rootHash: 'AAAA' };
  }

  onFailure(): void {}

  async close(): Promise<void> {
    this.open = false;
  }

  types(): string[] {
    return this.stored.map((entry) => entry.type);
  }
}

export interface GateFixture {
  readonly url: string;
  readonly state: string;
  readonly log: MemoryLog;
  readonly store: Store;
  readonly tools: ToolDesk;
  /** Ana asks for this; returns the approval's id. */
  hold(sql: string): Promise<string>;
  close(): Promise<void>;
}

/** The log of this gate is in memory: there are no keys on any disk. */
const nothingKept: PayloadKeep = {
  readLedger: () => Promise.resolve(undefined),
  saveLedger: () => Promise.resolve(),
  endSegment: () => {},
  keysOf: () => Promise.resolve([]),
  destroyKeys: () => Promise.resolve(),
  dropPayloads: () => Promise.resolve(true),
};

export async function startGate(): Promise<GateFixture> {
  const state = mkdtempSync(join(tmpdir(), 'chartgate-admin-'));
  const store = openStore(join(state, 'store.db'), new Uint8Array(32));
  const index = openSessionIndex(join(state, 'index.db'));
  assert.ok(store.ok && index.ok);
  const log = new MemoryLog();
  const named = patientNamer(new Uint8Array(32));
  const patients: PatientNaming = { kinds: () => ['mrn'], namesOf: (kind, value) => [named(kind, value)] };
  const { approvals } = store.value;

  const desk = createApprovalDesk({ clock: systemClock, random: systemRandom, log, store: approvals });
  const breakGlass = createBreakGlassDesk({
    clock: systemClock,
    random: systemRandom,
    log,
    store: store.value.emergencies,
    policy: () => ({ digest: 'p', rules: [], needsRowEstimate: false }),
    isConnection: () => true,
  });
  const toolReviewersOf = (): string[] => ['privacy'];
  const tools = createToolDesk({ clock: systemClock, log, store: store.value.toolPins, reviewersOf: toolReviewersOf });
  const api = createAdminApi({
    clock: systemClock,
    approvals,
    log,
    reader: log,
    rotation: { rotate: () => Promise.reject(new Error('this log has no keys')) },
    index: index.value,
    publicUrl: 'http://localhost',
    patients,
    readers: () => ({ auditors: ['auditors'], reviewers: ['privacy'] }),
    authenticate: async (token) => {
      const known = people[token];
      if (known) return ok(known);
      return token === ''
        ? refuse('token_missing', 'No credential was presented.')
        : refuse('token_invalid', 'The credential is not a JWT.');
    },
    desk,
    breakGlass,
    tools,
    retention: createRetentionDesk({
      clock: systemClock,
      random: systemRandom,
      log,
      reader: log,
      keep: nothingKept,
      holds: store.value.holds,
      retainMs: 86_400_000,
      index: index.value,
      patients,
      patientDigest: (patient) => createHash('sha256').update(patient).digest('hex'),
    }),
    toolReviewersOf,
    endSubject: () => Promise.resolve({ signIns: 0 }),
    issueCredential: async (who, connection, ttlMs) =>
      connection === 'ehr'
        ? ok({
            user: 'cg_test',
            password: 'p-ss',
            dsn: 'postgres://cg_test:p-ss@127.0.0.1:7432/ehr?sslmode=disable',
            expires: `${who.id} ${ttlMs}`,
          })
        : refuse('unknown_connection', 'There is no such connection.'),
    connectionsFor: () => ['ehr'],
    onError: (error) => {
      throw error;
    },
  });

  const listener = getRequestListener((request) => api.fetch(request, { local: false }));
  const server = createServer((incoming, outgoing) => void listener(incoming, outgoing));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(address && typeof address === 'object');
  const local = getRequestListener((request) => api.fetch(request, { local: true }));
  const socket = await listenLocally(join(state, 'admin.sock'), (request, response) => void local(request, response));
  assert.ok(socket.ok);
  return {
    url: `http://127.0.0.1:${address.port}`,
    state,
    log,
    store: store.value,
    tools,
    async hold(sql) {
      const { id, issuer, kind, groups } = subject('ana', ['analysts']);
      const claim: Claim = {
        act: { subject: { id, issuer, kind, groups }, connection: 'ehr', content: { sql }, policy: 'p' },
        rule: 'unbounded-write',
        terms: { reviewers: ['privacy'], quorum: 1, waitMs: 0, expiresMs: 60_000, grants: 'once' },
        phi: ['name'],
        session: 's_child',
        request: 'r_sql',
      };
      const claimed = await desk.claim(claim, new AbortController().signal);
      return claimed?.approval ?? assert.fail();
    },
    async close() {
      await socket.value.close();
      await new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      });
      index.value.close();
      store.value.close();
      rmSync(state, { recursive: true, force: true });
    },
  };
}

/** A tool call of ana's agent that causes one SQL session; and a session of bob's. */
export async function recordSessions(log: MemoryLog): Promise<void> {
  const ana = { id: 'ana', issuer: 'https://idp', kind: 'person', agent: 'claude' } as const;
  const bob = { id: 'bob', issuer: 'https://idp', kind: 'person' } as const;
  const said = (content: unknown): Payload => jsonOf({ content });
  const start = { type: 'session.start', data: { door: 'mcp', client: 'inspector' } } as const;
  await log.append({ ...start, session: 's_tool', subject: ana, connection: 'ehr-tools' });
  await log.append(
    { type: 'request', session: 's_tool', request: 'r_tool', data: { effect: 'allow', rule: 'analysts' } },
    said({ tool: 'query' }),
  );
  await log.append({
    type: 'session.start',
    session: 's_child',
    parent: { session: 's_tool', request: 'r_tool' },
    subject: ana,
    connection: 'ehr',
    data: { door: 'postgres', client: 'node' },
  });
  await log.append(
    { type: 'request', session: 's_child', request: 'r_sql', data: { effect: 'hold', rule: 'unbounded-write' } },
    said({ sql: 'SELECT name FROM patients', params: [] }),
  );
  await log.append(
    { type: 'response', session: 's_child', request: 'r_sql', data: { rows: 1 } },
    { media: 'application/x-postgres-backend', bytes: backendAnswer },
  );
  await log.append({ type: 'request.end', session: 's_child', request: 'r_sql', data: { status: 'ok' } });
  await log.append({ type: 'session.end', session: 's_child', data: { reason: 'closed' } });
  await log.append({ type: 'request.end', session: 's_tool', request: 'r_tool', data: { status: 'ok' } });
  const postgres = { door: 'postgres', client: 'psql' };
  await log.append({ type: 'session.start', session: 's_bob', subject: bob, connection: 'ehr', data: postgres });
  const begin = { effect: 'allow', rule: 'builtin:transaction' };
  await log.append({ type: 'request', session: 's_bob', request: 'r_b', data: begin });
  await log.append({ type: 'request', session: 's_bob', request: 'r_c', data: { effect: 'deny', rule: 'none' } });
  await log.append({ type: 'outcome_unknown', session: 's_bob', request: 'r_b' });
  await log.append({ type: 'heartbeat' });
}

/** RowDescription(name), DataRow("[NAME]" with an escape character in it), DataRow(NULL), CommandComplete. */
const backendAnswer: Uint8Array = Buffer.concat([
  message('T', Buffer.concat([int16(1), Buffer.from('name\0'), Buffer.alloc(16), int16(0)])),
  message('D', Buffer.concat([int16(1), int32(7), Buffer.from('[NAME]\u001b')])),
  message('D', Buffer.concat([int16(1), int32(-1)])),
  message('C', Buffer.from('SELECT 2\0')),
]);

function message(type: string, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body]);
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function jsonOf(value: unknown): Payload {
  return { media: 'application/json', bytes: new TextEncoder().encode(JSON.stringify(value)) };
}
