// The session index: the same whether it followed the log entry by entry or was rebuilt from nothing.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, test } from 'node:test';
import { type OwnedSessionIndex, openSessionIndex } from '../../src/adapters/sqlite-store/projection.ts';
import type { SessionFilter } from '../../src/ports/sessions.ts';
import { MemoryLog, recordSessions } from '../admin/gate-fixture.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'chartgate-index-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function open(name: string): OwnedSessionIndex {
  const opened = openSessionIndex(join(directory, name));
  assert.ok(opened.ok);
  return opened.value;
}

function contentOf(index: OwnedSessionIndex): unknown {
  return index.list({ limit: 100 }).map((each) => ({
    ...each,
    entries: index.entriesOf(each.id),
    children: index.childrenOf(each.id).map((child) => child.id),
  }));
}

test('followed step by step over reopenings, or rebuilt at once: the same', async () => {
  const whole = new MemoryLog();
  await recordSessions(whole);
  const growing = new MemoryLog();
  for (const entry of whole.stored) {
    growing.stored.push(entry);
    const index = open('followed.db');
    await Promise.all([index.catchUp(growing), index.catchUp(growing)]);
    index.close();
  }
  const followed = open('followed.db');
  const rebuilt = open('rebuilt.db');
  await rebuilt.catchUp(whole);
  assert.deepEqual(contentOf(followed), contentOf(rebuilt));

  const bob = rebuilt.get('s_bob');
  assert.deepEqual([bob?.allowed, bob?.held, bob?.denied, bob?.unknown], [0, 0, 1, 1], 'housekeeping is no question');
  assert.equal(rebuilt.get('s_child')?.ended, whole.stored[6]?.time);
  assert.deepEqual(rebuilt.entriesOf('s_child'), [2, 3, 4, 5, 6]);
  assert.deepEqual(
    rebuilt.list({ subject: { id: 'ana', issuer: 'https://other' }, limit: 10 }),
    [],
    'the same id of another issuer is somebody else',
  );
  followed.close();
  rebuilt.close();
});

test('a log that fails midway leaves the cursor where it was', async () => {
  const log = new MemoryLog();
  await recordSessions(log);
  const index = open('index.db');
  const failing = {
    size: log.size,
    payload: () => Promise.resolve(null),
    // oxlint-disable-next-line require-yield -- it fails before it has anything to give
    async *entries() {
      throw new Error('unreadable');
    },
  };
  await assert.rejects(index.catchUp(failing));
  await index.catchUp(log);
  assert.equal(index.list({ limit: 10 }).length, 3);
  index.close();
});

test('a rebuilt index says what the one that followed the log said, and tells one that did not', async () => {
  const log = new MemoryLog();
  await recordSessions(log);
  const index = open('index.db');
  await index.catchUp(log);
  const before = contentOf(index);
  assert.deepEqual(await index.rebuild(log), { entries: log.size, sessions: 3, same: true });
  assert.deepEqual(contentOf(index), before);

  const database = new DatabaseSync(join(directory, 'index.db'));
  database.exec("UPDATE sessions SET denied = 0 WHERE id = 's_bob'");
  database.close();
  assert.equal((await index.rebuild(log)).same, false, 'somebody changed the index');
  assert.deepEqual(contentOf(index), before, 'and it is right again');
  index.close();
});

test('all who act for somebody are kept, the one who acts now first', async () => {
  const log = new MemoryLog();
  const subject = { id: 'ana', issuer: 'i', kind: 'person', agent: 'worker', actors: ['worker', 'planner'] } as const;
  await log.append({ type: 'session.start', session: 's_1', subject, connection: 'ehr', data: { door: 'mcp' } });
  const index = open('index.db');
  await index.catchUp(log);
  assert.deepEqual(index.get('s_1')?.subject, subject);
  index.close();
});

test('sessions are found by group, tool, table, rule and class, and paged', async () => {
  const log = new MemoryLog();
  const start = (id: string, groups: string[]): Promise<unknown> =>
    log.append({
      type: 'session.start',
      session: id,
      subject: { id: 'ana', issuer: 'i', kind: 'person' },
      connection: 'ehr',
      data: { door: 'postgres', client: 'psql', groups },
    });
  await start('s_1', ['analysts']);
  const read = { effect: 'allow', rule: 'reads', relations: ['public.patients'], phi: ['name'] };
  await log.append({ type: 'request', session: 's_1', request: 'r_1', data: read });
  await log.append({ type: 'request.end', session: 's_1', request: 'r_1', data: { masked: { ssn: 3 } } });
  await start('s_2', ['care-team', 'analysts']);
  await log.append({
    type: 'request',
    session: 's_2',
    request: 'r_2',
    data: { effect: 'allow', rule: 'x', tool: 'query' },
  });
  await start('s_3', []);
  const begin = { effect: 'allow', rule: 'builtin:transaction', relations: ['public.patients'] };
  await log.append({ type: 'request', session: 's_3', request: 'r_3', data: begin });
  await start('s_4', []);
  const glass = { effect: 'allow', rule: 'builtin:break-glass', relations: ['public.charts'], phi: ['note'] };
  await log.append({ type: 'request', session: 's_4', request: 'r_4', data: glass });
  const index = open('index.db');
  await index.catchUp(log);
  const found = (filter: Omit<SessionFilter, 'limit'>): string[] =>
    index.list({ ...filter, limit: 10 }).map((each) => each.id);
  assert.deepEqual(found({ group: 'analysts' }), ['s_2', 's_1']);
  assert.deepEqual(found({ group: 'care-team' }), ['s_2']);
  assert.deepEqual(found({ tool: 'query' }), ['s_2']);
  assert.deepEqual(found({ table: 'public.patients' }), ['s_1'], 'housekeeping is about no table');
  assert.deepEqual(found({ table: 'patients', phi: 'ssn' }), ['s_1'], 'masked in the answer');
  assert.deepEqual(found({ phi: 'name', rule: 'reads' }), ['s_1']);
  assert.deepEqual(found({ table: 'patients', tool: 'query' }), []);
  assert.deepEqual(found({ rule: 'builtin:break-glass' }), ['s_4']);
  assert.deepEqual(found({ table: 'charts', phi: 'note', decision: 'allow' }), ['s_4'], 'under a broken glass too');
  assert.deepEqual(found({ before: 's_3' }), ['s_2', 's_1']);
  assert.deepEqual(found({ before: 's_1' }), []);
  assert.deepEqual(found({ before: 's_unknown' }), [], 'a page after none is none');
  index.close();
});
