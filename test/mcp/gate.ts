// The MCP door over real HTTP, with real masking and real decisions, and sessions that keep their records in memory (ledger.ts).

import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { Client, type ClientOptions, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { createHttpUpstream } from '../../src/adapters/mcp-http/upstream.ts';
import { BackOff } from '../../src/adapters/mcp-stdio/back-off.ts';
import { createProcessGuard } from '../../src/adapters/mcp-stdio/process-guard.ts';
import { createStdioUpstream } from '../../src/adapters/mcp-stdio/upstream.ts';
import { listenHttp } from '../../src/adapters/node-http/listener.ts';
import { openStore } from '../../src/adapters/sqlite-store/store.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { systemRandom } from '../../src/adapters/system/random.ts';
import { fixedCredential } from '../../src/adapters/upstream-token/fixed.ts';
import { decide, mayBeHeld, mayEnter } from '../../src/core/decide.ts';
import type { CompiledRule, Decision, Policy } from '../../src/core/decision.ts';
import type { Facts, Subject } from '../../src/core/facts.ts';
import { ok, refuse } from '../../src/core/result.ts';
import { DoorRefusals } from '../../src/gateway/door-refusals.ts';
import { createMcpDoor, type McpDoor, type McpDoorDeps } from '../../src/gateway/mcp-door.ts';
import { mcpPrefix } from '../../src/gateway/mcp-entrance.ts';
import { resourceMetadataPrefix } from '../../src/gateway/mcp-http-refusal.ts';
import { flowingWith } from '../../src/gateway/recognition.ts';
import { createToolDesk, type ToolDesk } from '../../src/gateway/tool-desk.ts';
import { detect } from '../../src/masking/detect.ts';
import { maskJson } from '../../src/masking/json.ts';
import type { MaskView } from '../../src/masking/mask.ts';
import type { McpUpstream } from '../../src/ports/mcp-upstream.ts';
import { eventually } from '../parts/eventually.ts';
import { granted, Ledger, sessionOn } from './ledger.ts';

const mcp = (when: (facts: Facts) => boolean, effect: CompiledRule['effect'], name: string): CompiledRule => ({
  name,
  subjects: { groups: ['analysts'], ids: [] },
  connections: null,
  when: (facts) => ({ kind: 'value', value: when(facts) }),
  effect,
});

const hold = { reviewers: ['privacy'], quorum: 1, waitMs: 400, expiresMs: 60_000, grants: 'once' as const };

/** Read-only tools, charts and prompts for analysts; wiping is held; what is called secret does not exist for them. */
export const policy: Policy = {
  digest: 'test',
  needsRowEstimate: false,
  rules: [
    mcp(
      (facts) => facts.mcp.tool.readonly || ['die', 'query'].includes(facts.mcp.tool.name),
      { kind: 'allow', obligations: granted },
      'read-tools',
    ),
    mcp(
      (facts) => /^(chart|postgres):/.test(facts.mcp.resource.uri),
      { kind: 'allow', obligations: granted },
      'charts',
    ),
    mcp((facts) => facts.mcp.prompt.name === 'summarize', { kind: 'allow', obligations: granted }, 'prompts'),
    mcp(
      (facts) => facts.mcp.tool.destructive && facts.mcp.tool.name.startsWith('wipe'),
      { kind: 'hold', terms: hold },
      'wipe-held',
    ),
    {
      ...mcp(() => true, { kind: 'deny', text: 'No secrets.' }, 'no-secrets'),
      when: (facts) =>
        facts.mcp.arguments === null && facts.mcp.tool.name === 'echo'
          ? { kind: 'error', text: 'unknown arguments' }
          : { kind: 'value', value: facts.mcp.arguments?.['say'] === 'secret' },
    },
  ],
};

export const people: Readonly<Record<string, Subject>> = {
  ana: { id: 'ana', issuer: 'https://idp.example', kind: 'person', groups: ['analysts'], aliases: [] },
  bob: { id: 'bob', issuer: 'https://idp.example', kind: 'person', groups: ['analysts'], aliases: [] },
  eve: { id: 'eve', issuer: 'https://idp.example', kind: 'person', groups: ['visitors'], aliases: [] },
};

const fixture = fileURLToPath(new URL('fixture-server.ts', import.meta.url));

export interface TestGate {
  readonly url: (connection: string) => URL;
  readonly origin: string;
  readonly door: McpDoor;
  readonly ledger: Ledger;
  readonly tools: ToolDesk;
  /** Upstreams that were started. */
  readonly upstreams: McpUpstream[];
  /** Errors of the gate itself: there are none when it closes, but for those a test has taken away. */
  readonly bugs: unknown[];
  close(): Promise<void>;
}

export interface TestGateOptions extends Partial<McpDoorDeps> {
  readonly httpUpstream?: string;
  readonly binary?: 'withhold' | 'pass';
  /** Of connection `other`. */
  readonly command?: readonly [string, ...string[]];
}

/** Connections: `tools` (the fixture over stdio), `serial` (the same, one request at a time), `remote` (HTTP), `other`. */
export async function openGate(options: TestGateOptions = {}): Promise<TestGate> {
  const ledger = new Ledger();
  const guard = createProcessGuard();
  const upstreams: McpUpstream[] = [];
  const bugs: unknown[] = [];
  const rules = { byClass: {}, default: 'redact' as const };
  const key = new Uint8Array(32);
  const viewOf = ({ obligations }: Decision): MaskView => ({ rules, unmask: obligations.unmask, key, now: 0 });
  const backOff = new BackOff(systemClock);
  const stdio = (command: readonly [string, ...string[]]): McpUpstream =>
    createStdioUpstream({
      command,
      env: { CONFIGURED: 'yes' },
      cwd: process.cwd(),
      guard,
      backOff,
      stderr: (text) => void ledger.stderr.push(text),
    });
  let publicUrl = '';
  const store = openStore(':memory:', new Uint8Array(32));
  if (!store.ok) throw new Error(store.error.text);
  const tools = createToolDesk({
    clock: systemClock,
    log: {
      append: async ({ type, data }) => {
        await ledger.write({ session: '', type: 'tool', code: type, text: JSON.stringify(data) });
        return { seq: 0 };
      },
    },
    store: store.value.toolPins,
    reviewersOf: () => ['privacy'],
  });
  const door = createMcpDoor({
    isSignedOut: () => false,
    clock: systemClock,
    random: systemRandom,
    get publicUrl() {
      return publicUrl;
    },
    origins: new Set(),
    issuers: ['https://idp.example'],
    scope: null,
    idleMs: 60_000,
    absoluteMs: 600_000,
    connection: (name) =>
      ['tools', 'serial', 'remote', 'other'].includes(name)
        ? { serial: name === 'serial', binary: options.binary ?? 'withhold' }
        : undefined,
    authenticate: (token) => {
      const subject = people[token];
      return Promise.resolve(subject ? ok(subject) : refuse('token_invalid', 'The token is not valid.'));
    },
    mayEnter: (subject, connection) => mayEnter(policy, subject, connection),
    openSession: async ({ subject, connection }) => {
      const session = sessionOn(ledger, subject, connection, policy);
      await ledger.write({ session: session.id, type: 'start' });
      return session;
    },
    startUpstream: (session) => {
      const upstream =
        session.connection === 'remote'
          ? createHttpUpstream({
              url: options.httpUpstream ?? '',
              credential: fixedCredential({ name: 'authorization', value: 'Bearer of-the-gate' }),
            })
          : stdio(session.connection === 'other' && options.command ? options.command : [process.execPath, fixture]);
      upstreams.push(upstream);
      return Promise.resolve(ok(upstream));
    },
    refusals: new DoorRefusals(
      systemClock,
      {
        append: async ({ type, subject, connection, data }) => {
          await ledger.write({
            session: '',
            type: 'auth',
            code: type,
            text: JSON.stringify({ subject, connection, data }),
          });
          return { seq: 0 };
        },
      },
      'mcp',
    ),
    stateKey: new Uint8Array(32).fill(7),
    preview: (facts) => decide(facts, policy),
    detectClasses: (text) => detect(text).map((span) => span.type),
    patientPlaces: () => null,
    maskFor:
      async () =>
      (value, decision, counts, beside = []) =>
        maskJson(value, { ...viewOf(decision), beside }, counts),
    flowFor: flowingWith({ viewOf, recognizers: () => [] }),
    tools,
    accounts: null,
    onBug: (error) => void bugs.push(error),
    approvals: {
      offered: (subject, connection) => mayBeHeld(policy, subject, connection),
      settled: (_id, signal) => ledger.settled(signal, 60_000),
      status: (subject, id) =>
        subject.id === 'ana' && id === 'a_1' ? (ledger.approved.size > 0 ? 'approved' : 'requested') : undefined,
    },
    ...options,
  });
  const handle = (exchange: Parameters<McpDoor['handle']>[0]): Promise<void> => door.handle(exchange);
  const listening = await listenHttp({
    host: '127.0.0.1',
    port: 0,
    tls: null,
    routes: [
      { prefix: mcpPrefix, handle },
      { prefix: resourceMetadataPrefix, handle },
    ],
    otherwise: (_request, response) => void response.writeHead(404).end(),
  });
  if (!listening.ok) throw new Error(listening.error.text);
  publicUrl = `http://127.0.0.1:${listening.value.port}`;
  return {
    url: (connection) => new URL(`${publicUrl}${mcpPrefix}${connection}`),
    origin: publicUrl,
    door,
    ledger,
    tools,
    upstreams,
    bugs,
    close: async () => {
      await door.closeAll('test over');
      await listening.value.close(100);
      guard.close();
      store.value.close();
      assert.deepEqual(bugs, []);
    },
  };
}

/** An SDK client, connected as this person. */
export async function connect(
  gate: TestGate,
  connection: string,
  person = 'ana',
  capabilities: NonNullable<ClientOptions['capabilities']> = {},
): Promise<Client & AsyncDisposable> {
  const client = new Client({ name: 'test-agent', version: '1' }, { capabilities });
  const transport = new StreamableHTTPClientTransport(gate.url(connection), {
    requestInit: { headers: { authorization: `Bearer ${person}` } },
  });
  await client.connect(transport);
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.close() });
}

/** An SDK client of MCP 2026-07-28, as this person. */
export async function connectStateless(
  gate: TestGate,
  connection: string,
  person = 'ana',
  capabilities: NonNullable<ClientOptions['capabilities']> = {},
): Promise<Client & AsyncDisposable> {
  const client = new Client(
    { name: 'modern-agent', version: '1' },
    { capabilities, versionNegotiation: { mode: { pin: '2026-07-28' } } },
  );
  await client.connect(
    new StreamableHTTPClientTransport(gate.url(connection), {
      requestInit: { headers: { authorization: `Bearer ${person}` } },
    }),
  );
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.close() });
}

/** A call that its client gives up once it runs. */
export async function giveUp(
  { ledger }: TestGate,
  client: Client,
  call: { readonly name: string; readonly arguments?: Record<string, unknown> },
): Promise<void> {
  const patience = new AbortController();
  const before = ledger.calls(call.name);
  const answer = client.callTool(call, { signal: patience.signal });
  await eventually(() => ledger.calls(call.name) > before, 'the call');
  patience.abort();
  await assert.rejects(answer);
}

/** What stands at a path inside a value, undefined where there is none. */
export function at(value: unknown, ...path: (string | number)[]): unknown {
  let here = value;
  for (const step of path) {
    here =
      typeof here === 'object' && here !== null
        ? Object.entries(here).find(([key]) => key === String(step))?.[1]
        : undefined;
  }
  return here;
}
