// A server's answer read part by part, with pauses between: all of it arrives, and so does its end, wherever the parts are cut.
// Its connections: which request goes by which, and what ends one.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createRawServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { bodyOf, ServerConnections, UnreadInterim } from '../../src/adapters/mcp-http/server-connections.ts';
import { createAuthority } from '../parts/certificate.ts';

test('an answer is read to its end by a slow reader, whatever its length', { timeout: 20_000 }, async (t) => {
  const server = createServer((request, response) => {
    response.end(Buffer.alloc(Number(request.headers['x-length'])));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const connections = await ServerConnections.to(`http://127.0.0.1:${port}/`);
  t.after(() => {
    connections.close();
    server.close();
  });
  const { signal } = new AbortController();
  for (const length of [0, 1, 65_535, 65_536, 65_537, 98_304, 131_071, 131_072, 131_073, 200_000, 1_000_000])
    for (const turns of [0, 1, 5]) {
      const answer = await connections.ask({ method: 'GET', headers: { 'x-length': String(length) }, signal });
      let bytes = 0;
      for (let chunk = await answer.read(); chunk; chunk = await answer.read()) {
        bytes += chunk.length;
        for (let i = 0; i < turns; i++) await turn();
      }
      assert.equal(bytes, length, `${length} bytes, ${turns} turns`);
    }
});

/** A server of single bytes: what it says to each connection is the test's. */
async function rawServer(
  t: TestContext,
  talk: (socket: Socket, request: string, connection: number) => void,
): Promise<{ readonly connections: ServerConnections; readonly opened: () => number }> {
  let opened = 0;
  const server = createRawServer((socket) => {
    const connection = ++opened;
    socket.on('error', () => {});
    socket.setEncoding('latin1').on('data', (text: string) => talk(socket, text, connection));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const connections = await ServerConnections.to(`http://127.0.0.1:${port}/mcp?a=b`);
  t.after(() => {
    connections.close();
    server.close();
  });
  return { connections, opened: () => opened };
}

const said = (body: string, ...headers: readonly string[]): string =>
  ['HTTP/1.1 200 OK', `content-length: ${Buffer.byteLength(body)}`, ...headers, '', body].join('\r\n');
const { signal } = new AbortController();

async function textOf(connections: ServerConnections, headers: Readonly<Record<string, string>> = {}): Promise<string> {
  const answer = await connections.ask({ method: 'POST', headers, body: 'é', signal });
  const chunks: Uint8Array[] = [];
  for (let chunk = await answer.read(); chunk; chunk = await answer.read()) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

test('a connection that the server gives up is not used again', { timeout: 20_000 }, async (t) => {
  const { connections, opened } = await rawServer(t, (socket, _request, connection) => {
    if (connection === 1) socket.write(said('bye', 'connection: close'));
    else if (connection === 2) socket.write(said('soon', 'keep-alive: timeout=1'));
    else socket.end(said(`end ${connection}`));
  });
  assert.equal(await textOf(connections), 'bye');
  assert.equal(await textOf(connections), 'soon');
  assert.equal(await textOf(connections), 'end 3');
  assert.equal(opened(), 3);
});

test('what a server says unasked is the answer to nothing', { timeout: 20_000 }, async (t) => {
  const { connections, opened } = await rawServer(t, (socket, _request, connection) =>
    socket.write(connection === 1 ? said('first') + said('forged') : said('second')),
  );
  assert.equal(await textOf(connections), 'first');
  assert.equal(await textOf(connections), 'second');
  assert.equal(opened(), 2);
});

test('an answer that is cut short, or is none, is an error', { timeout: 20_000 }, async (t) => {
  const wrongs = ['', 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nshort', 'HTTP/1.1 200 OK\r\nx', 'hello\r\n\r\n'];
  const { connections } = await rawServer(t, (socket, _request, connection) =>
    socket.end(wrongs[connection - 1] ?? ''),
  );
  for (const wrong of wrongs) await assert.rejects(textOf(connections), { message: 'broken off' }, wrong);
});

test('what comes before an answer is none of it, and a 100 that nobody asked for is told', {
  timeout: 20_000,
}, async (t) => {
  const { connections } = await rawServer(t, (socket, _request, connection) =>
    socket.write(`HTTP/1.1 10${connection === 1 ? '3 Early Hints' : '0 Continue'}\r\nx-a: b\r\n\r\n${said('answer')}`),
  );
  const other = await rawServer(t, (socket) => socket.write(`HTTP/1.1 100 Continue\r\n\r\n${said('answer')}`));
  assert.equal(await textOf(connections), 'answer');
  await assert.rejects(textOf(other.connections), UnreadInterim);
});

test('a byte order mark is no part of a body', { timeout: 20_000 }, async (t) => {
  const { connections } = await rawServer(t, (socket) => socket.write(said('\ufeff{}')));
  const body = await bodyOf(await connections.ask({ method: 'POST', headers: {}, body: 'x', signal }));
  assert.ok(body.ok);
  assert.equal(Buffer.from(body.value).toString(), '{}');
});

test('no header says where a message ends, or begins another', async (t) => {
  const asked: string[] = [];
  const { connections } = await rawServer(t, (socket, request) => {
    asked.push(request);
    socket.write(said(''));
  });
  for (const headers of [{ 'x-a': 'b\r\nx: y' }, { 'x-a': '\0' }, { 'x a': 'b' }, { 'content-length': '1' }])
    await assert.rejects(textOf(connections, headers), { message: 'broken off' }, JSON.stringify(headers));
  assert.deepEqual(asked, [], 'nothing of it has left');
});

test('nobody waits for a server that cannot be reached, or any longer than they want', {
  timeout: 20_000,
}, async (t) => {
  const nowhere = await ServerConnections.to('http://127.0.0.1:1/');
  await assert.rejects(textOf(nowhere), { message: 'broken off' });
  const { connections } = await rawServer(t, (socket) => socket.write('HTTP/1.1 200 OK\r\n\r\nand'));
  const asking = new AbortController();
  const answer = await connections.ask({ method: 'GET', headers: {}, signal: asking.signal });
  assert.equal(String(await answer.read()), 'and');
  const rest = answer.read();
  asking.abort();
  await assert.rejects(rest, { message: 'broken off' });
  await assert.rejects(connections.ask({ method: 'GET', headers: {}, signal: asking.signal }), {
    message: 'broken off',
  });
  const open = await connections.ask({ method: 'GET', headers: {}, signal });
  assert.equal(String(await open.read()), 'and');
  connections.close();
  await assert.rejects(open.read(), { message: 'broken off' });
  await assert.rejects(connections.ask({ method: 'GET', headers: {}, signal }), { message: 'broken off' });
});

test('by TLS a server proves its name, and nothing is said to another', { timeout: 20_000 }, async (t) => {
  const authority = createAuthority();
  let asked = 0;
  const server = createTlsServer(authority.issue(['localhost']), (_request, response) => {
    asked++;
    response.end('secret');
  });
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const { port } = server.address() as AddressInfo;
  const [named, numbered] = [
    await ServerConnections.to(`https://localhost:${port}/`),
    await ServerConnections.to(`https://127.0.0.1:${port}/`),
  ];
  const trusted = getCACertificates();
  t.after(() => {
    setDefaultCACertificates(trusted);
    for (const each of [named, numbered]) each.close();
    server.close();
  });
  await assert.rejects(textOf(named), { message: 'broken off' });
  setDefaultCACertificates([...trusted, authority.cert]);
  await assert.rejects(textOf(numbered), { message: 'broken off' });
  assert.equal(asked, 0);
  for (let call = 0; call < 3; call++) assert.equal(await textOf(named), 'secret');
  assert.equal(asked, 3);
});
