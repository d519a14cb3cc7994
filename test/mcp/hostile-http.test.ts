// HTTP that no client writes, byte by byte: where a message ends, which of two headers counts, what is a path. Whatever the door is sent is
// answered as what it can only be, or refused; and nothing that came behind it is ever taken for another request of anybody.

import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { openGate, type TestGate } from './gate.ts';
import { greet, post } from './raw-client.ts';

const ping = '{"jsonrpc":"2.0","id":1,"method":"ping"}';
const pong = '{"jsonrpc":"2.0","id":1,"result":{}}';
/** A request that would end the session, were it ever read as one. */
const smuggled = 'DELETE /mcp/tools HTTP/1.1\r\n';

describe('the HTTP of the MCP door', () => {
  let gate: TestGate;
  let port = 0;
  let session = '';
  before(async () => {
    gate = await openGate();
    port = Number(gate.url('tools').port);
    const { headers } = await greet(gate.url('tools'), '2025-11-25');
    session = headers['mcp-session-id'] ?? '';
  });
  after(() => gate.close());

  /** Every status line of what comes back, until the gate closes the connection; and all of it. */
  function send(
    bytes: string | readonly (string | Buffer)[],
    half = false,
  ): Promise<{ readonly statuses: readonly number[]; readonly text: string }> {
    return new Promise((resolve) => {
      const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }, () => {
        for (const part of typeof bytes === 'string' ? [bytes] : bytes)
          socket.write(part, typeof part === 'string' ? 'latin1' : undefined);
        if (half) socket.end();
      });
      let text = '';
      socket.on('data', (chunk) => (text += chunk.toString('latin1')));
      socket.on('error', () => {});
      socket.on('end', () => socket.destroy());
      socket.on('close', () =>
        resolve({ statuses: Array.from(text.matchAll(/HTTP\/1\.1 (\d{3}) /g), ([, status]) => Number(status)), text }),
      );
    });
  }

  interface Asked {
    readonly method?: string;
    readonly path?: string;
    readonly version?: string;
    /** In place of those that are usual. */
    readonly headers?: Readonly<Record<string, string | null>>;
    readonly lines?: string;
    readonly body?: string;
    /** The body and its length are among `lines`. */
    readonly whole?: boolean;
  }

  function requestOf({
    method = 'POST',
    path = '/mcp/tools',
    version = 'HTTP/1.1',
    headers = {},
    lines = '',
    body = ping,
    whole = false,
  }: Asked): string {
    const usual = {
      host: `127.0.0.1:${port}`,
      authorization: 'Bearer ana',
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-session-id': session,
      connection: 'close',
      ...headers,
    };
    const said = Object.entries(usual).flatMap(([name, value]) => (value === null ? [] : [`${name}: ${value}\r\n`]));
    const end = whole ? '' : `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
    return `${method} ${path} ${version}\r\n${said.join('')}${lines}${end}`;
  }

  const chunked = (size: string, rest = '0\r\n\r\n'): Asked => ({
    whole: true,
    lines: `transfer-encoding: chunked\r\n\r\n${size}\r\n${ping}\r\n${rest}`,
  });
  const hex = ping.length.toString(16);
  const lengths = (lines: string): Asked => ({ whole: true, lines: `${lines}\r\n${ping}${smuggled}` });

  const cases: Readonly<Record<string, readonly [asked: () => Asked, ...statuses: number[]]>> = {
    'a length and chunks': [() => lengths('content-length: 5\r\ntransfer-encoding: chunked\r\n'), 400],
    'chunks and a length': [() => lengths('transfer-encoding: chunked\r\ncontent-length: 5\r\n'), 400],
    'two codings': [() => lengths('transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n'), 400],
    'a coding nobody knows': [() => lengths('transfer-encoding: xchunked\r\n'), 400],
    'a coding behind a control character': [() => lengths('transfer-encoding:\x0bchunked\r\n'), 400],
    'chunks that are not last': [() => lengths('transfer-encoding: chunked, gzip\r\n'), 400],
    'two lengths': [() => lengths('content-length: 40\r\ncontent-length: 41\r\n'), 400],
    'a length twice': [() => lengths(`content-length: 40\r\ncontent-length: 40\r\n`), 400],
    'a list of lengths': [() => lengths('content-length: 40, 40\r\n'), 400],
    'a length with a sign': [() => lengths('content-length: +40\r\n'), 400],
    'a length below nothing': [() => lengths('content-length: -1\r\n'), 400],
    'a length beyond numbers': [() => lengths('content-length: 99999999999999999999\r\n'), 400],
    'a length by an exponent': [() => lengths('content-length: 4e1\r\n'), 400],
    'a length in hexadecimal': [() => lengths('content-length: 0x28\r\n'), 400],
    'a length with a blank before its colon': [() => lengths('content-length : 40\r\n'), 400],
    'a length behind a line feed alone': [() => lengths('x-a: b\ncontent-length: 40\r\n'), 400],
    'a length behind a carriage return alone': [() => lengths('x-a: b\rcontent-length: 40\r\n'), 400],
    'a chunk of a size that is none': [() => chunked(`0x${hex}`), 400],
    'a chunk below nothing': [() => chunked('-1'), 400],
    'a chunk with a blank in its size': [() => chunked(`${hex.slice(0, 1)} ${hex.slice(1)}`), 400],
    'a chunk beyond numbers': [() => chunked('ffffffffffffffffff'), 400],
    'a chunk that ends in a line feed alone': [
      () => ({ whole: true, lines: `transfer-encoding: chunked\r\n\r\n${hex}\n${ping}\n0\n\n` }),
      400,
    ],
    'a chunk with an extension': [() => chunked(`${hex};name="value"`), 200],
    'a chunk with an extension without end': [() => chunked(`${hex};${'x'.repeat(20_000)}`), 413],
    'a token among the trailers': [() => ({ ...chunked(hex, '0\r\nauthorization: Bearer bob\r\n\r\n') }), 200],
    'a trailer that names another session': [
      () => chunked(hex, '0\r\nmcp-session-id: x\r\ncontent-length: 9\r\n\r\n'),
      400,
    ],
    'a header over two lines': [() => ({ lines: 'x-a: b\r\n folded: c\r\n' }), 400],
    'a header with a blank before its colon': [() => ({ lines: 'mcp-session-id : x\r\n' }), 400],
    'a header without a name': [() => ({ lines: ': x\r\n' }), 400],
    'a header without a colon': [() => ({ lines: 'x-a\r\n' }), 400],
    'a NUL in a header': [() => ({ lines: 'x-a: b\0c\r\n' }), 400],
    'a header in latin1': [() => ({ lines: 'x-a: \xe9\r\n' }), 200],
    'the session twice': [() => ({ lines: `mcp-session-id: ${session}\r\n` }), 404],
    'two sessions': [() => ({ lines: 'mcp-session-id: x\r\n' }), 404],
    'a session that is empty': [() => ({ headers: { 'mcp-session-id': '' } }), 404],
    'a session and more': [() => ({ headers: { 'mcp-session-id': `${session} x` } }), 404],
    'a session in another case': [() => ({ headers: { 'mcp-session-id': session.toLowerCase() } }), 404],
    'a session of a prototype': [() => ({ headers: { 'mcp-session-id': '__proto__' } }), 404],
    'the version twice': [
      () => ({ lines: 'mcp-protocol-version: 2025-11-25\r\nmcp-protocol-version: 2025-11-25\r\n' }),
      400,
    ],
    'two versions': [
      () => ({ lines: 'mcp-protocol-version: 2025-11-25\r\nmcp-protocol-version: 2026-07-28\r\n' }),
      400,
    ],
    'a version that is empty': [() => ({ lines: 'mcp-protocol-version: \r\n' }), 400],
    'the type twice': [() => ({ lines: 'content-type: application/json\r\n' }), 415],
    'no type': [() => ({ headers: { 'content-type': null } }), 415],
    'a form': [() => ({ headers: { 'content-type': 'application/x-www-form-urlencoded' } }), 415],
    'a text that is JSON': [() => ({ headers: { 'content-type': 'text/plain;charset=UTF-8' } }), 415],
    'another charset': [() => ({ headers: { 'content-type': 'application/json; charset=latin1' } }), 415],
    'two charsets': [() => ({ headers: { 'content-type': 'application/json; charset=utf-8; charset=utf-16' } }), 415],
    'the charset in quotes': [() => ({ headers: { 'content-type': 'application/json; charset="UTF-8"' } }), 200],
    'a coding that is empty': [() => ({ lines: 'content-encoding: \r\n' }), 415],
    'a coding behind none': [() => ({ lines: 'content-encoding: identity, gzip\r\n' }), 415],
    'what it takes twice': [() => ({ lines: 'accept: */*\r\n' }), 200],
    'a token by a tab': [() => ({ headers: { authorization: 'Bearer\tana' } }), 401],
    'two words for a token': [() => ({ headers: { authorization: 'Bearer ana bob' } }), 401],
    'two tokens in a line': [() => ({ headers: { authorization: 'Bearer bob, Bearer ana' } }), 401],
    'a token of 60,000 letters': [() => ({ headers: { authorization: `Bearer ${'a'.repeat(60_000)}` } }), 401],
    'a token in the query alone': [
      () => ({ path: '/mcp/tools?access_token=ana', headers: { authorization: null } }),
      401,
    ],
    'a token in a cookie alone': [
      () => ({ headers: { authorization: null, cookie: 'token=ana; authorization=Bearer ana' } }),
      401,
    ],
    'a proxy’s token alone': [() => ({ headers: { authorization: null, 'proxy-authorization': 'Bearer ana' } }), 401],
    '3,000 headers': [
      () => ({ lines: Array.from({ length: 3_000 }, (_each, at) => `x-header-${at}: value\r\n`).join('') }),
      431,
    ],
    'a header of 70,000 letters': [() => ({ lines: `x-a: ${'a'.repeat(70_000)}\r\n` }), 431],
    'a path of 60,000 letters': [() => ({ path: `/mcp/${'a'.repeat(60_000)}` }), 404],
    'a slash at the end': [() => ({ path: '/mcp/tools/' }), 404],
    'two slashes': [() => ({ path: '//mcp/tools' }), 404],
    'two slashes within': [() => ({ path: '/mcp//tools' }), 404],
    'a dot': [() => ({ path: '/mcp/./tools' }), 404],
    'a dot segment that is encoded': [() => ({ path: '/mcp/%2e%2e/mcp/tools' }), 404],
    'a path around it': [() => ({ path: '/x/../mcp/tools' }), 404],
    'a name that is encoded': [() => ({ path: '/mcp/%74ools' }), 404],
    'a name with a NUL': [() => ({ path: '/mcp/tools%00' }), 404],
    'a name with parameters': [() => ({ path: '/mcp/tools;x=y' }), 404],
    'a name with a fragment': [() => ({ path: '/mcp/tools#x' }), 404],
    'a name in another case': [() => ({ path: '/mcp/TOOLS' }), 404],
    'a prefix in another case': [() => ({ path: '/MCP/tools' }), 404],
    'no name': [() => ({ path: '/mcp/' }), 404],
    'a path by backslashes': [() => ({ path: '/mcp\\tools' }), 404],
    'a query': [() => ({ path: '/mcp/tools?x=/mcp/other' }), 200],
    'another gate’s address before the path': [() => ({ path: 'http://evil.example/mcp/tools' }), 404],
    'an asterisk': [() => ({ method: 'OPTIONS', path: '*' }), 404],
    HEAD: [() => ({ method: 'HEAD', body: '' }), 405],
    OPTIONS: [() => ({ method: 'OPTIONS', body: '' }), 405],
    PUT: [() => ({ method: 'PUT' }), 405],
    PATCH: [() => ({ method: 'PATCH' }), 405],
    TRACE: [() => ({ method: 'TRACE', body: '' }), 405],
    PROPFIND: [() => ({ method: 'PROPFIND', body: '' }), 405],
    'a method in small letters': [() => ({ method: 'post' }), 400],
    'a method nobody knows': [() => ({ method: 'BREW' }), 400],
    'a method that is said to be another': [() => ({ lines: 'x-http-method-override: DELETE\r\n' }), 200],
    'HTTP/1.0': [() => ({ version: 'HTTP/1.0' }), 200],
    'HTTP/1.0 without a host': [() => ({ version: 'HTTP/1.0', headers: { host: null } }), 403],
    'HTTP/1.1 and more': [() => ({ version: 'HTTP/1.1 x' }), 400],
    'a wish for HTTP/2': [
      () => ({
        headers: { connection: 'close, Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABk' },
      }),
      200,
    ],
    'a wish for a socket of the web': [
      () => ({ headers: { connection: 'close, Upgrade', upgrade: 'websocket' } }),
      200,
    ],
    'an expectation nobody meets': [() => ({ lines: 'expect: 200-ok\r\n' }), 417],
    'another host that a proxy names': [
      () => ({ lines: 'x-forwarded-host: evil.example\r\nforwarded: host=evil.example\r\n' }),
      200,
    ],
    'a host with somebody before it': [() => ({ headers: { host: 'evil.example@127.0.0.1' } }), 403],
    'a host with somebody behind it': [() => ({ headers: { host: '127.0.0.1:80@evil.example' } }), 403],
    'a host with a path': [() => ({ headers: { host: 'localhost/evil.example' } }), 403],
    'a host with a dot at its end': [() => ({ headers: { host: 'localhost.' } }), 403],
    'a host below localhost': [() => ({ headers: { host: 'localhost.evil.example' } }), 403],
    'a host that is empty': [() => ({ headers: { host: '' } }), 403],
    'an origin below localhost': [() => ({ lines: 'origin: http://localhost.evil.example\r\n' }), 403],
    'an origin with localhost before it': [() => ({ lines: 'origin: http://localhost@evil.example\r\n' }), 403],
    'an origin of a file': [() => ({ lines: 'origin: file://\r\n' }), 403],
    'an origin that is empty': [() => ({ lines: 'origin: \r\n' }), 403],
    'two origins': [() => ({ lines: `origin: http://localhost\r\norigin: http://localhost\r\n` }), 403],
  };

  for (const [what, [asked, ...statuses]] of Object.entries(cases))
    it(`has one answer to ${what}`, async () => {
      const { statuses: answered, text } = await send(requestOf(asked()));
      assert.deepEqual(answered, statuses, text.slice(0, 500));
      if (statuses[0] === 200) assert.ok(text.endsWith(pong), text);
      assert.doesNotMatch(text, /evil/);
    });

  it('answers what comes at once in its order, and nothing behind what it does not understand', async () => {
    const open = requestOf({ headers: { connection: 'keep-alive' } });
    const both = await send([open, requestOf({ body: ping.replace('1,', '2,') })]);
    assert.deepEqual(both.statuses, [200, 200]);
    assert.ok(both.text.indexOf('"id":1') < both.text.indexOf('"id":2'));
    const broken = await send([open, 'nonsense\r\n\r\n', open]);
    assert.deepEqual(broken.statuses.slice(-1), [400]);
    assert.ok(broken.statuses.length <= 2);
  });

  it('takes no body for text that is none', async () => {
    const zipped = gzipSync(ping);
    const utf16 = Buffer.from(ping, 'utf16le');
    for (const body of [zipped, utf16, Buffer.from([0xc0, 0x80]), Buffer.from([0xef, 0xbb, 0xbf])]) {
      const head = requestOf({ whole: true, lines: `content-length: ${body.length}\r\n\r\n` });
      assert.deepEqual((await send([head, body])).statuses, [400]);
    }
    const head = requestOf({
      whole: true,
      lines: `content-encoding: gzip\r\ncontent-length: ${zipped.length}\r\n\r\n`,
    });
    assert.deepEqual((await send([head, zipped])).statuses, [415]);
  });

  it('answers who has said all and listens on, and not who broke off', async () => {
    assert.deepEqual((await send(requestOf({}), true)).statuses, [200]);
    assert.deepEqual((await send(requestOf({}).slice(0, -5), true)).statuses, [400]);
    assert.deepEqual((await send(requestOf({}).slice(0, 60), true)).statuses, [400]);
  });

  it('speaks no other protocol', async () => {
    for (const hello of [
      Buffer.from('16030100c8010000c40303', 'hex'),
      Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
      Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]),
    ])
      assert.deepEqual((await send([hello], true)).statuses, [400]);
    assert.deepEqual((await send('CONNECT 127.0.0.1:1 HTTP/1.1\r\n\r\n')).statuses, []);
  });

  it('has kept the session through all of it', async () => {
    const answer = await post(gate.url('tools'), { id: 9, method: 'ping' }, { headers: { 'mcp-session-id': session } });
    assert.equal(answer.status, 200);
    assert.deepEqual(gate.ledger.of('session.end'), []);
  });
});
