// Servers over HTTP, of both eras, that go wrong in the middle of a call: the call gets a named error and an end in the log,
// and the session serves the next one. What over stdio goes wrong is in bad-server.test.ts.

import assert from 'node:assert/strict';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { limits } from '../../src/core/limits.ts';
import { eventually } from '../parts/eventually.ts';
import { at, connect, connectStateless, openGate, type TestGate } from './gate.ts';

interface Asked {
  readonly id: number;
  readonly method: string;
  readonly params: { readonly name?: string };
}

const text = (said: string): object => ({ content: [{ type: 'text', text: said }] });
const reply = (id: unknown, result: object): string => JSON.stringify({ jsonrpc: '2.0', id, result });
const stream = (response: ServerResponse): void =>
  void response.writeHead(200, { 'content-type': 'text/event-stream' });
const json = (response: ServerResponse, body: string): void =>
  void response.writeHead(200, { 'content-type': 'application/json' }).end(body);

/** What each tool does wrong; `complete` makes a result what it has to be in this era. */
const wrongs: Readonly<
  Record<string, (asked: Asked, response: ServerResponse, complete: (result: object) => object) => void>
> = {
  fine: ({ id }, response, complete) => json(response, reply(id, complete(text('fine')))),
  dies_mid_stream: ({ id }, response) => {
    stream(response);
    response.write(`data: {"jsonrpc":"2.0","id":${id},"resu`, () => response.destroy());
  },
  ends_without_answer: (_asked, response) => {
    stream(response);
    response.end(': nothing\n\n');
  },
  never: () => {},
  answers_for_another: ({ id }, response, complete) => json(response, reply(id + 1_000, complete(text('other')))),
  answers_as_text: ({ id }, response, complete) => json(response, reply(String(id), complete(text('other')))),
  answers_twice: ({ id }, response, complete) => {
    stream(response);
    for (const said of ['first', 'second']) response.write(`data: ${reply(id, complete(text(said)))}\n\n`);
    response.end();
  },
  answers_a_batch: ({ id }, response, complete) => json(response, `[${reply(id, complete(text('batch')))}]`),
  answers_both: ({ id }, response) =>
    json(response, `{"jsonrpc":"2.0","id":${id},"result":{},"error":{"code":1,"message":"x"}}`),
  answers_a_member_twice: ({ id }, response) =>
    json(response, `{"jsonrpc":"2.0","id":${id},"result":{"content":[]},"result":{"content":[]}}`),
  is_deep: ({ id }, response) => json(response, `{"jsonrpc":"2.0","id":${id},"result":${'['.repeat(50_000)}`),
  floods_garbage: (_asked, response) => {
    stream(response);
    for (let line = 0; line < 300; line++) response.write('data: not json\n\n');
    response.end();
  },
  continues_unasked: ({ id }, response, complete) => {
    response.writeContinue();
    json(response, reply(id, complete(text('other'))));
  },
  redirects: (_asked, response) => void response.writeHead(307, { location: 'http://127.0.0.1:9/' }).end(),
  fails: (_asked, response) => void response.writeHead(500, { 'content-type': 'text/plain' }).end('SSN 219-09-9999'),
};
/** Where the session may be given up: what floods is no server any more. */
const fatal = new Set(['floods_garbage', 'is_deep']);
const answered: Readonly<Record<string, string>> = { fine: 'fine', answers_twice: 'first' };

async function serve(stateless: boolean): Promise<{ server: Server; url: string }> {
  const capabilities = { tools: {} };
  const serverInfo = { name: 'bad', version: '0' };
  const complete = (result: object): object =>
    stateless
      ? { resultType: 'complete', ...result, _meta: { 'io.modelcontextprotocol/serverInfo': serverInfo } }
      : result;
  const tools = Object.keys(wrongs).map((name) => ({
    name,
    inputSchema: { type: 'object' },
    annotations: { readOnlyHint: true },
  }));
  const server = createServer((request, response) => {
    if (request.method !== 'POST') return void response.writeHead(405).end();
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const asked = JSON.parse(body) as Asked;
      const { id, method, params } = asked;
      if (id === undefined) return void response.writeHead(202).end();
      switch (method) {
        case stateless ? 'server/discover' : 'initialize':
          return json(
            response,
            reply(
              id,
              complete({ protocolVersion: '2025-11-25', supportedVersions: ['2026-07-28'], capabilities, serverInfo }),
            ),
          );
        case 'tools/list':
          return json(response, reply(id, complete({ tools, ttlMs: 0, cacheScope: 'private' })));
        case 'tools/call':
          return wrongs[params.name ?? '']?.(asked, response, complete);
        default: {
          const error = { code: -32601, message: 'no such method' };
          return void response
            .writeHead(404, { 'content-type': 'application/json' })
            .end(JSON.stringify({ jsonrpc: '2.0', id, error }));
        }
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(typeof address === 'object' && address);
  return { server, url: `http://127.0.0.1:${address.port}/mcp` };
}

/** While it is hasty a call is waited for no longer than this, in place of minutes. */
class Clock {
  isHasty = false;

  now(): number {
    return systemClock.now();
  }

  after(ms: number, then: () => void): () => void {
    return systemClock.after(this.isHasty && ms >= limits.mcpCallMs ? 250 : ms, then);
  }
}

for (const stateless of [false, true]) {
  describe(`a server ${stateless ? 'without' : 'with'} sessions`, () => {
    let served: { server: Server; url: string };
    let gate: TestGate;
    const clock = new Clock();
    before(async () => {
      served = await serve(stateless);
      gate = await openGate({ httpUpstream: served.url, clock });
    });
    after(async () => {
      await gate.close();
      served.server.closeAllConnections();
      served.server.close();
    });

    for (const [kind, enter] of [
      ['a client with a session', () => connect(gate, 'remote')],
      ['a client without', () => connectStateless(gate, 'remote')],
    ] as const) {
      for (const wrong of Object.keys(wrongs)) {
        it(`that ${wrong.replaceAll('_', ' ')}: ${kind}`, async () => {
          await using client = await enter();
          clock.isHasty = wrong === 'never';
          const outcome = await client.callTool({ name: wrong, arguments: {} }).catch((error: unknown) => error);
          clock.isHasty = false;
          const said = answered[wrong];
          if (said !== undefined) assert.equal(at(outcome, 'content', 0, 'text'), said);
          else {
            assert.equal(at(outcome, 'code'), -32006, JSON.stringify(outcome));
            assert.match(String(at(outcome, 'data', 'code')), /^upstream_/);
            assert.doesNotMatch(String(outcome), /219-09|second|other|batch/);
            assert.equal(String(outcome).includes('100 Continue'), wrong === 'continues_unasked');
          }
          const request = gate.ledger.of('request').findLast((each) => each.text?.includes(`"${wrong}"`))?.request;
          const status = said === undefined ? 'error' : 'ok';
          await eventually(
            () => gate.ledger.of('end').some((each) => each.request === request && each.status === status),
            `the end of ${String(request)}`,
          );
          if (fatal.has(wrong)) return;
          const next = await client.callTool({ name: 'fine', arguments: {} });
          assert.equal(at(next, 'content', 0, 'text'), 'fine', 'the session serves the next call');
        });
      }
    }
  });
}
