// Every text of every message that the protocol's schemas know, of all its versions: whatever stands there leaves masked, alone in its
// place and everywhere at once, by both kinds of servers to both kinds of clients.

import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { type SpecTypeName, specTypeSchemas } from '@modelcontextprotocol/server';
import { type Json, type JsonObject, objectOf } from '../../src/core/json.ts';
import { statelessVersion } from '../../src/wire/mcp/stateless.ts';
import { openGate, type TestGate } from './gate.ts';
import { masked } from './masked.ts';
import { greet, listen, post } from './raw-client.ts';
import { markedAll, markedAt, messagesOf, tellsOf, textPlaces } from './schema-messages.ts';

const names = (Object.keys(specTypeSchemas) as SpecTypeName[]).filter((name) =>
  /^(?!JSONRPC|OAuth|IdJag|Server|Client).+(?:Result|Notification|Request)$/.test(name),
);

describe('a text of a message', () => {
  it('is masked wherever the protocol has one', () => {
    let places = 0;
    for (const name of names) {
      const seen = new Set<string>();
      for (const message of messagesOf(name)) {
        const members = name.endsWith('Result') ? message : (objectOf(message)['params'] ?? {});
        for (const place of textPlaces(members)) {
          const given = objectOf(markedAt(members, place));
          const key = JSON.stringify([objectOf(message)['method'], place.path, place.isName]);
          if (seen.has(key)) continue;
          seen.add(key);
          assert.ok(tellsOf(JSON.stringify(given)), key);
          assert.ok(!tellsOf(JSON.stringify(masked(given))), `${name} ${key}`);
          places++;
        }
      }
    }
    assert.ok(places > 2_000, `${places} places`);
  });
});

/** What each method is answered with. */
const results: Readonly<Record<string, SpecTypeName>> = {
  initialize: 'InitializeResult',
  'server/discover': 'DiscoverResult',
  'tools/list': 'ListToolsResult',
  'resources/list': 'ListResourcesResult',
  'resources/templates/list': 'ListResourceTemplatesResult',
  'prompts/list': 'ListPromptsResult',
  'tools/call': 'CallToolResult',
  'resources/read': 'ReadResourceResult',
  'prompts/get': 'GetPromptResult',
  'completion/complete': 'CompleteResult',
};
/** What a gate lets its subject ask for here. */
const asked: readonly (readonly [method: string, params: object])[] = [
  ['tools/list', {}],
  ['resources/list', {}],
  ['resources/templates/list', {}],
  ['prompts/list', {}],
  ['resources/read', { uri: 'chart://one' }],
  ['prompts/get', { name: 'summarize' }],
  ['completion/complete', { ref: { type: 'ref/prompt', name: 'summarize' }, argument: { name: 'who', value: '' } }],
];
const offered = { sampling: { tools: {} }, elicitation: { form: {}, url: {} }, roots: {} };
const serverInfo = 'io.modelcontextprotocol/serverInfo';
const everything = new Map(Object.entries(results).map(([method, type]) => [method, messagesOf(type).map(markedAll)]));
const questionsOf = (method: string): readonly JsonObject[] =>
  messagesOf('ServerRequest').flatMap((each) =>
    objectOf(each)['method'] === method ? [objectOf(markedAll(each))] : [],
  );
const questions = [
  ...questionsOf('elicitation/create').slice(0, 12),
  ...questionsOf('roots/list').slice(0, 1),
  ...questionsOf('sampling/createMessage').slice(0, 12),
];
/** Two of each method: the second says something by a structure. */
const notifications = [
  ...Map.groupBy(
    messagesOf('ServerNotification').map((each) => objectOf(markedAll(each))),
    ({ method }) => method,
  ).values(),
].flatMap((all) => [...all.slice(0, 1), ...all.slice(-1)]);

/** Says all that there is to say, of one version: with each answer other alternatives, and with calls everything else. */
class Chatterer {
  readonly said: string[] = [];
  readonly #stateless: boolean;
  readonly #times = new Map<string, number>();
  #questions = 0;

  constructor(stateless: boolean) {
    this.#stateless = stateless;
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'POST') return void response.writeHead(405).end();
    const { id, method, params } = JSON.parse(await text(request));
    if (id === undefined || method === undefined) return void response.writeHead(202).end();
    if (method === (this.#stateless ? 'initialize' : 'server/discover') || method === 'subscriptions/listen') {
      return void response
        .writeHead(404, { 'content-type': 'application/json' })
        .end(this.#encoded({ id, error: { code: -32601, message: 'none' } }));
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const say = (message: object): void => void response.write(`data: ${this.#encoded(message)}\n\n`);
    const { progressToken } = objectOf(objectOf(params)['_meta']);
    if (method === 'tools/call') {
      for (const { method: told, params: said } of notifications) {
        const about = told === 'notifications/progress' && progressToken !== undefined ? { progressToken } : {};
        say({ method: told, params: { ...objectOf(said), ...about } });
      }
      if (!this.#stateless) {
        const first = this.#questions % questions.length;
        this.#questions += 4;
        for (const each of questions.slice(first, first + 4)) say({ ...each, id: `q${questions.indexOf(each)}` });
      }
    }
    say({ id, ...this.#outcome(method, params?.arguments?.n) });
    response.end();
  }

  #encoded(message: object): string {
    const encoded = JSON.stringify({ jsonrpc: '2.0', ...message });
    this.said.push(encoded);
    return encoded;
  }

  #outcome(method: string, n: unknown): object {
    const time = this.#times.get(method) ?? 0;
    this.#times.set(method, time + 1);
    const all = everything.get(method) ?? [];
    const said = objectOf(all[time % all.length]);
    if (n === 'error') return { error: { code: -32050, message: JSON.stringify(said), data: said } };
    const type = {
      resultType: 'complete',
      _meta: { ...objectOf(said['_meta']), [serverInfo]: { name: 'c', version: '1' } },
    };
    if (n === 'ask' && this.#stateless) {
      const inputRequests = Object.fromEntries(
        questions.slice(0, 30).map((each, at) => [`${at} ${JSON.stringify(each)}`, each]),
      );
      return { result: { ...type, resultType: 'input_required', inputRequests, requestState: JSON.stringify(said) } };
    }
    return { result: { ...said, ...this.#needed(method, said), ...(this.#stateless ? type : {}) } };
  }

  /** What a gate would do nothing without. */
  #needed(method: string, said: Readonly<Record<string, Json>>): object {
    const capabilities = {
      ...objectOf(said['capabilities']),
      tools: {},
      resources: {},
      prompts: {},
      completions: {},
      logging: {},
    };
    const greeting = { protocolVersion: '2025-11-25', supportedVersions: [statelessVersion], capabilities };
    const tools = ['say', 'ask'].map((name) => ({
      name,
      inputSchema: { type: 'object' },
      annotations: { readOnlyHint: true },
    }));
    const listed = Array.isArray(said['tools']) ? said['tools'] : [];
    return (
      { initialize: greeting, 'server/discover': greeting, 'tools/list': { tools: [...tools, ...listed] } }[method] ??
      {}
    );
  }
}

/** What comes until it ends, is told to, or has said what it is read for. */
async function whole(answer: Promise<Response>, until = '\0', over?: AbortSignal): Promise<string> {
  let said = '';
  const { body } = await answer;
  const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
  const stop = (): void => void reader?.cancel().catch(() => {});
  over?.addEventListener('abort', stop, { once: true });
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
    said += part.value;
    if (said.includes(until) && said.endsWith('\n\n')) stop();
  }
  return said;
}

/** Nothing of the patient, and something of each kind. */
function assertMasked(heard: readonly string[], kinds: readonly string[]): void {
  for (const each of heard) assert.ok(!tellsOf(each), each.slice(0, 2_000));
  assert.ok(heard.filter((each) => each.includes('"result"') && each.includes('[SSN]')).length > 20);
  for (const kind of kinds)
    assert.ok(
      heard.some((each) => each.includes(`"method":"${kind}"`)),
      kind,
    );
}

const told = ['notifications/progress', 'notifications/message'];
const toldUnasked = [
  'resources/updated',
  'tools/list_changed',
  'resources/list_changed',
  'prompts/list_changed',
  'elicitation/complete',
].map((each) => `notifications/${each}`);
const askedOf = ['elicitation/create', 'roots/list', 'sampling/createMessage'];

for (const stateless of [false, true])
  describe(`a server ${stateless ? 'without' : 'with'} sessions that says of somebody whatever can be said`, () => {
    const chatterer = new Chatterer(stateless);
    let server: Server;
    let gate: TestGate;
    before(async () => {
      server = createServer((request, response) => void chatterer.answer(request, response));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      gate = await openGate({ httpUpstream: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp` });
    });
    after(async () => {
      await gate.close();
      server.closeAllConnections();
      server.close();
    });

    const calls = (everything.get('tools/call') ?? []).map(
      (_each, at) => ['tools/call', { name: 'say', arguments: at % 9 === 8 ? { n: 'error' } : {} }] as const,
    );
    const all = [...asked, ...asked, ...calls, ['tools/call', { name: 'say', arguments: { n: 'ask' } }] as const];

    it('tells nobody with a session', async () => {
      const url = gate.url('remote');
      const { headers, answer } = await greet(url, '2025-11-25', { capabilities: offered });
      const heard = [JSON.stringify(answer)];
      const over = new AbortController();
      const listening = whole(listen(url, { headers }), '\0', over.signal);
      for (const [at, [method, params]] of all.entries()) {
        const message = { id: at, method, params: { ...params, _meta: { progressToken: at } } };
        // A server without sessions waits for what nobody answers here.
        const until = stateless && at === all.length - 1 ? '"elicitation/create"' : '\0';
        heard.push(await whole(post(url, message, { headers }), until));
      }
      over.abort();
      heard.push(await listening);
      assertMasked(heard, [...told, ...toldUnasked, ...(stateless ? askedOf.slice(0, 1) : askedOf)]);
    });

    it('tells nobody without', async () => {
      const url = gate.url('remote');
      const heard: string[] = [];
      for (const [at, [method, params]] of [...all, ['server/discover', {}] as const].entries()) {
        const meta = {
          progressToken: at,
          'io.modelcontextprotocol/protocolVersion': statelessVersion,
          'io.modelcontextprotocol/clientInfo': { name: 'raw', version: '1' },
          'io.modelcontextprotocol/clientCapabilities': offered,
          'io.modelcontextprotocol/logLevel': 'debug',
        };
        const named = 'name' in params ? params.name : 'uri' in params ? params.uri : undefined;
        const headers = {
          'mcp-protocol-version': statelessVersion,
          'mcp-method': method,
          ...(typeof named === 'string' ? { 'mcp-name': named } : {}),
        };
        const message = { id: at, method, params: { ...params, _meta: meta } };
        heard.push(await whole(post(url, message, { headers })));
      }
      assertMasked(heard, [...told, ...askedOf]);
    });
  });
