// What bad input gets at the door: a named refusal each, the session as it was, the process alive.

import assert from 'node:assert/strict';
import { connect as connectTcp } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { limits } from '../../src/core/limits.ts';
import { eventually } from '../parts/eventually.ts';
import { at, connect, openGate, type TestGate } from './gate.ts';
import { post } from './raw-client.ts';

const accept = 'application/json, text/event-stream';
const standard = { authorization: 'Bearer ana', 'content-type': 'application/json', accept };
const initialize = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'raw', version: '1' } },
};
const ping = { jsonrpc: '2.0', id: 2, method: 'ping' };

describe('bad input at the MCP door', () => {
  let gate: TestGate;
  let session = '';
  before(async () => {
    gate = await openGate();
    const response = await post(initialize, {});
    session = response.headers.get('mcp-session-id') ?? '';
    assert.equal(response.status, 200);
    assert.match(session, /^[\w-]{43}$/);
  });
  after(() => gate.close());

  function post(body: unknown, headers: Record<string, string>, path = 'tools'): Promise<Response> {
    return fetch(gate.url(path), {
      method: 'POST',
      headers: { ...standard, ...headers },
      body: typeof body === 'string' || body instanceof Uint8Array ? new Blob([body]) : JSON.stringify(body),
    });
  }
  const inSession = (body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
    post(body, { 'mcp-session-id': session, ...headers });

  const deep = `${'['.repeat(200)}${']'.repeat(200)}`;
  const call = (params: string): string => `{"jsonrpc":"2.0","id":9,"method":"tools/call","params":${params}}`;
  const bodies: [string, string | Uint8Array<ArrayBuffer>, number, number][] = [
    ['nothing', '', 400, -32700],
    ['garbage', '\u0000\u0001garbage', 400, -32700],
    ['half a message', '{"jsonrpc":"2.0",', 400, -32700],
    ['invalid UTF-8', new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]), 400, -32700],
    ['a byte order mark', `\ufeff${JSON.stringify(ping)}`, 400, -32700],
    ['two messages', `${JSON.stringify(ping)}${JSON.stringify(ping)}`, 400, -32700],
    ['a batch', JSON.stringify([ping]), 400, -32600],
    ['an empty batch', '[]', 400, -32600],
    ['no object', '"ping"', 400, -32600],
    ['another protocol', '{"jsonrpc":"1.0","id":1,"method":"ping"}', 400, -32600],
    ['no method and no result', '{"jsonrpc":"2.0","id":1}', 400, -32600],
    ['a method that is no string', '{"jsonrpc":"2.0","id":1,"method":{}}', 400, -32600],
    ['params by position', '{"jsonrpc":"2.0","id":1,"method":"ping","params":[1]}', 400, -32600],
    ['an id of null', '{"jsonrpc":"2.0","id":null,"method":"ping"}', 400, -32600],
    ['an id that is an object', '{"jsonrpc":"2.0","id":{},"method":"ping"}', 400, -32600],
    ['an id that is a fraction', '{"jsonrpc":"2.0","id":1.5,"method":"ping"}', 400, -32600],
    ['a request that is a response too', '{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}', 400, -32600],
    ['a member twice', '{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call"}', 400, -32700],
    ['a member twice, once escaped', call('{"name":"echo","n\\u0061me":"wipe_charts"}'), 400, -32700],
    ['a lone surrogate', call('{"name":"echo","arguments":{"say":"\\ud800"}}'), 400, -32700],
    ['a number without end', call('{"name":"echo","arguments":{"say":1e999}}'), 400, -32700],
    ['an integer that would change', call('{"name":"echo","arguments":{"say":12345678901234567890}}'), 400, -32700],
    ['great depth', call(`{"name":"echo","arguments":{"say":${deep}}}`), 413, -32600],
    ['great depth without end', '['.repeat(1_000_000), 413, -32600],
  ];
  for (const [what, body, status, code] of bodies) {
    it(`refuses ${what}`, async () => {
      const [refusedBefore, notedBefore] = [gate.ledger.of('refused').length, gate.ledger.of('auth').length];
      const response = await inSession(body);
      assert.equal(response.status, status);
      assert.equal(at(await response.json(), 'error', 'code'), code);
      assert.equal((await inSession(ping)).status, 200);
      const stateless = await post(body, { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'ping' });
      assert.equal(stateless.status, status, 'and without a session');
      assert.equal(at(await stateless.json(), 'error', 'code'), code);
      assert.equal(gate.ledger.of('refused').length, refusedBefore + 1, 'on record in the session');
      assert.equal(gate.ledger.of('auth').length, notedBefore + 1, 'and at the door');
    });
  }

  it('refuses a body over the limit, declared or not', async () => {
    const declared = await inSession('x'.repeat(limits.mcpRequestBytesMax + 1)).then(
      (response) => response.status,
      () => 413, // The gate answers and closes while the body is still on its way: the client may see only the reset.
    );
    assert.equal(declared, 413);
    const port = Number(gate.url('tools').port);
    const status = await new Promise<string>((resolve, reject) => {
      const socket = connectTcp(port, '127.0.0.1', () => {
        socket.write(
          `POST /mcp/tools HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nauthorization: Bearer ana\r\nmcp-session-id: ${session}\r\n`,
        );
        socket.write(`content-type: application/json\r\naccept: ${accept}\r\ntransfer-encoding: chunked\r\n\r\n`);
        const chunk = `100000\r\n${' '.repeat(0x100000)}\r\n`;
        for (let sent = 0; sent <= limits.mcpRequestBytesMax; sent += 0x100000) socket.write(chunk);
      });
      socket.once('data', (data) => {
        resolve(data.toString('latin1').split('\r\n')[0] ?? '');
        socket.destroy();
      });
      socket.once('error', reject);
    });
    assert.match(status, /413/);
    assert.equal((await inSession(ping)).status, 200);
  });

  const headers: [string, Record<string, string>, number][] = [
    ['another content type', { 'content-type': 'text/plain' }, 415],
    ['another charset', { 'content-type': 'application/json; charset=utf-16' }, 415],
    ['a body in a coding', { 'content-encoding': 'gzip' }, 415],
    ['a client that takes no event stream', { accept: 'application/json' }, 406],
    ['a client that takes event streams with quality 0', { accept: 'application/json, text/event-stream;q=0' }, 406],
    ['a foreign origin', { origin: 'https://evil.example' }, 403],
    ['an opaque origin', { origin: 'null' }, 403],
    ['an unknown protocol version', { 'mcp-protocol-version': '1999-01-01' }, 400],
    ['a session nobody opened', { 'mcp-session-id': 'A'.repeat(43) }, 404],
    ['a session id that is none', { 'mcp-session-id': 'x'.repeat(300) }, 404],
    ["somebody else's session", { authorization: 'Bearer bob' }, 404],
    ['no token', { authorization: '' }, 401],
    ['another scheme', { authorization: 'Basic YW5hOmFuYQ==' }, 401],
    ['a token nobody issued', { authorization: 'Bearer nobody' }, 401],
  ];
  for (const [what, given, status] of headers) {
    it(`refuses ${what}`, async () => {
      const response = await inSession(ping, given);
      assert.equal(response.status, status);
      if (![401, 403].includes(status)) {
        const code = status === 404 ? 'not_found' : 'invalid_request';
        const noted = [...gate.ledger.of('auth').slice(-1), ...gate.ledger.of('refused').slice(-1)];
        assert.ok(
          noted.some((each) => `${each.code} ${each.text ?? ''}`.includes(code)),
          JSON.stringify(noted),
        );
      }
      if (status === 403 || given['authorization'] === 'Bearer nobody') {
        const noted = gate.ledger.of('auth').at(-1);
        assert.equal(noted?.code, 'auth.refused');
        assert.match(noted?.text ?? '', status === 403 ? /"invalid_request"/ : /"token_invalid"/);
        assert.doesNotMatch(noted?.text ?? '', /evil|nobody/);
      }
      if (status === 401) {
        const challenge = response.headers.get('www-authenticate') ?? '';
        assert.match(
          challenge,
          new RegExp(`^Bearer .*resource_metadata="${gate.origin}/\\.well-known/oauth-protected-resource/mcp/tools"$`),
        );
        assert.equal(challenge.includes('error="invalid_token"'), given['authorization'] === 'Bearer nobody');
      }
    });
  }

  const lines: [string, string, number][] = [
    ['another Host (DNS rebinding)', 'host: evil.example\r\nauthorization: Bearer ana', 403],
    ['two Hosts', 'host: 127.0.0.1\r\nhost: evil.example\r\nauthorization: Bearer ana', 403],
    ['two tokens', 'host: 127.0.0.1\r\nauthorization: Bearer ana\r\nauthorization: Bearer bob', 401],
  ];
  for (const [what, said, status] of lines) {
    it(`refuses ${what}, as fetch would never send it`, async () => {
      const port = Number(gate.url('tools').port);
      const answered = await new Promise<string>((resolve, reject) => {
        const socket = connectTcp(port, '127.0.0.1', () => socket.write(`GET /mcp/tools HTTP/1.1\r\n${said}\r\n\r\n`));
        socket.once('data', (data) => {
          resolve(data.toString('latin1').split('\r\n')[0] ?? '');
          socket.destroy();
        });
        socket.once('error', reject);
      });
      assert.match(answered, new RegExp(` ${status} `));
    });
  }

  it('accepts a loopback origin while it listens on loopback', async () => {
    assert.equal((await inSession(ping, { origin: 'http://localhost:6274' })).status, 200);
  });

  it("refuses the session on another connection, and a session's absence", async () => {
    assert.equal((await post(ping, { 'mcp-session-id': session }, 'remote')).status, 404);
    assert.equal((await post(ping, {})).status, 400);
    assert.equal((await fetch(gate.url('tools'), { headers: { ...standard } })).status, 400);
    assert.equal((await fetch(gate.url('tools'), { method: 'PUT', headers: standard })).status, 405);
  });

  it('refuses a connection there is not, and says so only to who signed in', async () => {
    assert.equal((await post(initialize, { authorization: '' }, 'nowhere')).status, 401);
    assert.equal((await post(initialize, {}, 'nowhere')).status, 404);
    assert.equal((await post(initialize, {}, '../tools')).status, 404);
  });

  it('turns away whom no rule lets in, before anything is started', async () => {
    const started = gate.upstreams.length;
    const response = await post(initialize, { authorization: 'Bearer eve' });
    assert.equal(response.status, 403);
    assert.equal(at(await response.json(), 'error', 'code'), -32003);
    assert.equal(gate.upstreams.length, started);
  });

  it('tells where to sign in (RFC 9728)', async () => {
    const response = await fetch(`${gate.origin}/.well-known/oauth-protected-resource/mcp/tools`);
    assert.deepEqual(await response.json(), {
      resource: `${gate.origin}/mcp/tools`,
      authorization_servers: ['https://idp.example'],
      bearer_methods_supported: ['header'],
    });
    assert.equal((await fetch(`${gate.origin}/.well-known/oauth-protected-resource/mcp/nowhere`)).status, 404);
  });

  it('refuses an id that is still in flight, and answers both', async () => {
    const slow = { jsonrpc: '2.0', id: 7, method: 'tools/call', params: { name: 'slow', arguments: { ms: 2_000 } } };
    const before = gate.ledger.calls('slow');
    const first = inSession(slow);
    await eventually(() => gate.ledger.calls('slow') > before, 'the first');
    const [second, text] = [await inSession({ ...ping, id: 7 }), await inSession({ ...ping, id: '7' })];
    assert.equal(at(await second.json(), 'error', 'code'), -32600);
    assert.equal(gate.ledger.of('refused').at(-1)?.code, 'invalid_request');
    assert.deepEqual(await text.json(), { jsonrpc: '2.0', id: '7', result: {} });
    assert.match(await (await first).text(), /slept/);
  });

  it('refuses more requests at once than a session may have', async () => {
    const { mcpInFlightPerSessionMax: most } = limits;
    const slow = { jsonrpc: '2.0', method: 'tools/call', params: { name: 'slow', arguments: { ms: 600_000 } } };
    const send = (id: number): Promise<string> =>
      inSession({ ...slow, id: `many-${id}` }).then((response) => response.text());
    const before = gate.ledger.calls('slow');
    const running = Array.from({ length: most }, (_, id) => send(id));
    await eventually(() => gate.ledger.calls('slow') === before + most, 'as many run as may');
    for (let id = most; id < most + 5; id++) assert.match(await send(id), /-32005/);
    assert.equal(gate.ledger.of('refused').filter(({ code }) => code === 'too_many').length, 5);
    const canceled = (id: number): object => ({
      jsonrpc: '2.0',
      method: 'notifications/cancelled',
      params: { requestId: `many-${id}` },
    });
    await Promise.all(running.map((_, id) => inSession(canceled(id))));
    for (const answer of await Promise.all(running)) assert.match(answer, /canceled/);
  });

  it('refuses unknown methods, a second initialize, a cursor it never gave, what names nothing', async () => {
    const codes = [];
    for (const message of [
      { ...ping, method: 'tasks/update' },
      { ...ping, method: '__proto__' },
      initialize,
      { ...ping, method: 'tools/list', params: { cursor: 'abc' } },
      { ...ping, method: 'tools/call', params: { name: 'echo', arguments: [1] } },
      { ...ping, method: 'resources/read', params: { uri: 7 } },
      { ...ping, method: 'resources/subscribe' },
      { ...ping, method: 'prompts/get', params: { name: ['summarize'] } },
    ]) {
      codes.push(at(await (await inSession(message)).json(), 'error', 'code'));
    }
    assert.deepEqual(codes, [-32601, -32601, -32600, -32602, -32600, -32602, -32602, -32602]);
  });

  it('decides on the reference that the server is sent, and on no other beside it', async () => {
    const argument = { name: 'a', value: 'b' };
    const codes = [];
    for (const [index, ref] of [
      { type: 'ref/resource', uri: 'secret://{id}', name: 'summarize' },
      { type: 'ref/prompt', name: 'secret', uri: 'chart://{id}' },
      { type: 'ref/other', name: 'summarize', uri: 'chart://{id}' },
    ].entries()) {
      const message = { ...ping, id: `ref ${index}`, method: 'completion/complete', params: { ref, argument } };
      codes.push(at(await (await inSession(message)).json(), 'error', 'data', 'code'));
    }
    assert.deepEqual(codes, ['no_matching_rule', 'no_matching_rule', 'no_matching_rule']);
  });

  it('refuses arguments that a server may find where policy does not look', async () => {
    for (const hidden of [
      '{"__proto__":{"say":"secret"}}',
      '{"say":"x","more":[{"\\u005f_proto__":{"say":"secret"}}]}',
    ]) {
      const params: unknown = JSON.parse(`{"name":"echo","arguments":${hidden}}`);
      const answer: unknown = await (await inSession({ ...ping, id: hidden, method: 'tools/call', params })).json();
      assert.match(JSON.stringify(answer), /called __proto__/);
    }
    const params: unknown = JSON.parse('{"name":"summarize","arguments":{"__proto__":"x"}}');
    const prompt: unknown = await (await inSession({ ...ping, id: 'prompt', method: 'prompts/get', params })).json();
    assert.equal(at(prompt, 'error', 'data', 'code'), 'invalid_params');
  });

  it('ignores answers and cancellations of what it never asked', async () => {
    for (const message of [
      { jsonrpc: '2.0', id: 'gate-1', result: {} },
      { jsonrpc: '2.0', id: 99, error: { code: 1, message: 'no' } },
      { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 12345 } },
      { jsonrpc: '2.0', method: 'notifications/unheard-of' },
    ]) {
      assert.equal((await inSession(message)).status, 202);
    }
  });

  for (const [asked, agreed] of [
    ['2025-03-26', '2025-03-26'],
    ['2025-06-18', '2025-06-18'],
    ['1999-01-01', '2025-11-25'],
  ]) {
    it(`agrees on ${agreed} with a client that asks for ${asked}`, async () => {
      const response = await post({ ...initialize, params: { ...initialize.params, protocolVersion: asked } }, {});
      assert.equal(at(await response.json(), 'result', 'protocolVersion'), agreed);
      const id = response.headers.get('mcp-session-id') ?? '';
      const ended = await fetch(gate.url('tools'), {
        method: 'DELETE',
        headers: { ...standard, 'mcp-session-id': id },
      });
      assert.equal(ended.status, 200);
      assert.equal((await post(ping, { 'mcp-session-id': id })).status, 404);
    });
  }

  it('ends the sessions of one subject and no other', async () => {
    await using bob = await connect(gate, 'tools', 'bob');
    await gate.door.closeWhere(({ id }) => id === 'bob', 'revoked');
    await assert.rejects(bob.ping());
    assert.equal((await inSession(ping)).status, 200);
  });
});

describe('limits of a session', () => {
  it('ends it when it has been idle, and when it has been open for too long', async () => {
    const gate = await openGate({ idleMs: 1_000 });
    try {
      await using client = await connect(gate, 'tools');
      await client.ping();
      await eventually(() => gate.ledger.of('session.end').length > 0, 'the end of the session');
      await assert.rejects(client.ping());
      assert.deepEqual(
        gate.ledger.of('session.end').map((each) => each.text),
        ['session_expired'],
      );
    } finally {
      await gate.close();
    }
  });

  it('lets nothing out, and closes, when the log cannot be written', async () => {
    const gate = await openGate();
    try {
      await using client = await connect(gate, 'tools');
      const call = client.callTool({ name: 'slow', arguments: { ms: 1_000 } });
      await eventually(() => gate.ledger.calls('slow') > 0, 'the call');
      gate.ledger.broken = true;
      await assert.rejects(call, /log|503/i);
      await assert.rejects(client.callTool({ name: 'read_chart' }));
      await assert.rejects(connect(gate, 'tools'));
    } finally {
      await gate.close();
    }
  });
});

describe('an error of the gate itself', () => {
  it('ends the session, says nothing of itself to the client, and is told to the operator', async () => {
    const gate = await openGate({
      detectClasses: (text) => {
        if (text === 'broken') throw new Error('a bug');
        return [];
      },
    });
    try {
      const client = await connect(gate, 'tools');
      const call = client.callTool({ name: 'echo', arguments: { say: 'broken' } });
      await assert.rejects(call, (error: Error) => !error.message.includes('a bug'));
      assert.deepEqual(gate.bugs.splice(0).map(String), ['Error: a bug']);
      await assert.rejects(client.listTools(), 'the session is over');
    } finally {
      await gate.close();
    }
  });
});

describe('callers that are turned away without a session', () => {
  it('are in the log as whom they proved to be, and a flood of them is counted', async () => {
    const flooded = await openGate();
    try {
      const enter = (person: string, connection = 'tools'): Promise<Response> =>
        post(flooded.url(connection), { id: 1, method: 'initialize', params: {} }, { person });
      assert.equal((await enter('eve')).status, 403);
      assert.match(flooded.ledger.of('auth')[0]?.text ?? '', /"id":"eve".*"connection":"tools".*"no_matching_rule"/);
      assert.equal((await enter('ana', 'nowhere')).status, 404);
      assert.match(flooded.ledger.of('auth')[1]?.text ?? '', /"id":"ana".*"unknown_connection"/);
      assert.doesNotMatch(flooded.ledger.of('auth')[1]?.text ?? '', /nowhere/);
      for (let attempt = 0; attempt < 140; attempt++) await enter('forged');
      assert.equal(flooded.ledger.of('auth').length, 120);
    } finally {
      await flooded.close();
    }
  });
});
