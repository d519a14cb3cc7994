// Scripts of web applications at the MCP door: those of an origin that is configured are told what they need to know, and no other
// gets in.

import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { openGate, type TestGate } from './gate.ts';
import { greet, post } from './raw-client.ts';

const origin = 'https://app.example';
const own = /^(access-control-|vary$)/;

interface Answer {
  readonly status: number;
  /** Of CORS, by name. */
  readonly headers: Readonly<Record<string, string>>;
}

/** As a browser sends it: no `fetch` lets its caller say these headers. */
function ask(url: URL, method: string, headers: Readonly<Record<string, string>>, body = ''): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, headers, agent: false }, (answer) => {
      answer.resume();
      const all = Object.entries(answer.headers).map(([name, value]) => [name, String(value)] as const);
      resolve({
        status: answer.statusCode ?? 0,
        headers: Object.fromEntries(all.filter(([name]) => own.test(name))),
      });
    });
    asked.once('error', reject).end(body);
  });
}

const readable = {
  vary: 'Origin',
  'access-control-allow-origin': origin,
  'access-control-expose-headers': 'Mcp-Session-Id, MCP-Protocol-Version, WWW-Authenticate',
};

describe('a gate that lets a web application in', () => {
  let gate: TestGate;
  before(async () => {
    gate = await openGate({ origins: new Set([origin]) });
  });
  after(() => gate.close());

  const preflight = (headers: string, from: string = origin): Promise<Answer> =>
    ask(gate.url('tools'), 'OPTIONS', {
      origin: from,
      'access-control-request-method': 'POST',
      ...(headers === '' ? {} : { 'access-control-request-headers': headers }),
    });

  it('tells its browser what it may send, before it has a token', async () => {
    const headers = 'authorization,content-type,mcp-method,mcp-name,mcp-param-ward,mcp-protocol-version,mcp-session-id';
    assert.deepEqual(await preflight(headers), {
      status: 200,
      headers: {
        ...readable,
        'access-control-allow-methods': 'GET, POST, DELETE',
        'access-control-allow-headers': headers.replaceAll(',', ', '),
        'access-control-max-age': '600',
      },
    });
  });

  it('names no header that the protocol has not, and nothing else of what it is told', async () => {
    for (const [asked, allowed] of [
      ['', undefined],
      ['x-forwarded-for, cookie, *', undefined],
      ['Authorization , Last-Event-ID', 'authorization, last-event-id'],
      ['mcp-param-a(b), mcp-param-, mcp-param-ok', 'mcp-param-ok'],
      [`${'x-a,'.repeat(64)}authorization`, undefined],
    ] as const)
      assert.equal((await preflight(asked)).headers['access-control-allow-headers'], allowed, asked);
  });

  it('lets its scripts read every answer, an error or a stream too', async () => {
    const { headers } = await greet(gate.url('tools'), '2025-11-25');
    const initialize = { jsonrpc: '2.0', id: 1, method: 'initialize', params: { protocolVersion: '2025-11-25' } };
    const json = { 'content-type': 'application/json', accept: 'application/json, text/event-stream', origin };
    const ana = { ...json, authorization: 'Bearer ana' };
    for (const [what, status, answer] of [
      ['an answer', 200, ask(gate.url('tools'), 'POST', ana, JSON.stringify(initialize))],
      ['no token', 401, ask(gate.url('tools'), 'POST', json, JSON.stringify(initialize))],
      ['no session', 404, ask(gate.url('tools'), 'POST', { ...ana, 'mcp-session-id': 'x' }, '{}')],
      ['no JSON', 400, ask(gate.url('tools'), 'POST', ana, '{')],
      ['a method', 405, ask(gate.url('tools'), 'PUT', ana)],
      ['no preflight', 401, ask(gate.url('tools'), 'OPTIONS', { origin })],
      ['a stream', 200, ask(gate.url('tools'), 'GET', { ...ana, ...headers })],
      [
        'metadata',
        200,
        ask(new URL('/.well-known/oauth-protected-resource/mcp/tools', gate.origin), 'GET', { origin }),
      ],
    ] as const)
      assert.deepEqual(await answer, { status, headers: readable }, what);
  });

  it('lets in no other, and no cache answers one with what another got', async () => {
    for (const other of [
      'https://app.example.evil.example',
      'https://APP.example',
      'https://app.example:8443',
      'http://app.example',
      'https://app.example/',
      `${origin}, ${origin}`,
      'null',
      '*',
      '',
    ])
      assert.deepEqual(await preflight('authorization', other), { status: 403, headers: { vary: 'Origin' } }, other);
    const { status, headers } = await ask(gate.url('tools'), 'GET', { authorization: 'Bearer ana' });
    assert.deepEqual({ status, headers }, { status: 400, headers: { vary: 'Origin' } }, 'no browser');
  });

  it('is as strict as ever with the name it is called by', async () => {
    const answer = await ask(gate.url('tools'), 'OPTIONS', {
      origin,
      host: 'evil.example',
      'access-control-request-method': 'POST',
    });
    assert.equal(answer.status, 403);
  });
});

it('without such an origin a gate says nothing of CORS', async () => {
  const gate = await openGate();
  try {
    const asked = { origin: gate.origin, 'access-control-request-method': 'POST' };
    assert.deepEqual(await ask(gate.url('tools'), 'OPTIONS', asked), { status: 401, headers: {} });
    assert.deepEqual(await ask(gate.url('tools'), 'OPTIONS', { ...asked, origin }), { status: 403, headers: {} });
    const greeted = await post(gate.url('tools'), { id: 1, method: 'ping' });
    assert.deepEqual(
      [...greeted.headers.keys()].filter((name) => own.test(name)),
      [],
    );
  } finally {
    await gate.close();
  }
});
