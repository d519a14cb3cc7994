// Streams that do not end: a caller who reads nothing is cut off, a reply that trickles on is given up, and the server's own
// stream is asked for again when it breaks off.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { connect as connectSocket } from 'node:net';
import { test } from 'node:test';
import { createHttpUpstream } from '../../src/adapters/mcp-http/upstream.ts';
import { listenHttp } from '../../src/adapters/node-http/listener.ts';
import { eventually } from '../parts/eventually.ts';

test('a caller who reads nothing of a stream is cut off', async () => {
  let written = 0;
  const { promise: over, resolve } = Promise.withResolvers<number>();
  const listening = await listenHttp({
    host: '127.0.0.1',
    port: 0,
    tls: null,
    stalledMs: 200,
    routes: [
      {
        prefix: '/',
        handle: async (exchange) => {
          const stream = exchange.stream(200, { 'content-type': 'text/event-stream' });
          const chunk = `data: ${'x'.repeat(1_000_000)}\n\n`;
          const started = Date.now();
          while (await stream.write(chunk)) written++;
          resolve(Date.now() - started);
        },
      },
    ],
    otherwise: (_request, response) => void response.end(),
  });
  assert.ok(listening.ok);
  const socket = connectSocket(listening.value.port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.pause();
  socket.write('GET / HTTP/1.1\r\nHost: gate\r\n\r\n');
  assert.ok((await over) >= 150, 'not before its time');
  assert.ok(written < 200, `${written} MB were taken for a caller who read nothing`);
  socket.destroy();
  await listening.value.close(10);
});

async function serve(answer: RequestListener): Promise<{ readonly url: string; close(): void }> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/mcp`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

const events = { message: () => Promise.resolve(null), closed: () => {} };

test('a reply that trickles on and never ends is given up', async () => {
  let gone = false;
  const server = await serve((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const timer = setInterval(() => response.write(':\n\n'), 20);
    response.once('close', () => {
      clearInterval(timer);
      gone = true;
    });
  });
  const upstream = createHttpUpstream({ url: server.url, credential: null, replyMs: 200 });
  await upstream.start(events);
  const sent = await upstream.send({ text: '{"jsonrpc":"2.0","id":1,"method":"ping"}', id: 1 });
  assert.equal(sent.ok || sent.error.code, 'upstream_unavailable');
  await eventually(() => gone, 'the end of the connection');
  await upstream.close();
  server.close();
});

test("a stream of the server's own that says nothing at all is asked for again, and one that only comments is not", async () => {
  for (const comments of [false, true]) {
    let asked = 0;
    const server = await serve((_request, response) => {
      asked++;
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      const timer = setInterval(() => comments && response.write(':\n\n'), 30);
      response.once('close', () => clearInterval(timer));
    });
    const upstream = createHttpUpstream({ url: server.url, credential: null, listenAgainMs: 10, quietMs: 150 });
    await upstream.start(events);
    upstream.initialized('2025-11-25');
    if (comments) await new Promise((resolve) => setTimeout(resolve, 600));
    else await eventually(() => asked >= 3, 'another try');
    assert.equal(asked > 1, !comments, `asked ${asked} times`);
    await upstream.close();
    server.close();
  }
});

test('an open request of a server without sessions that says nothing at all is given up', async () => {
  const server = await serve((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
  });
  const upstream = createHttpUpstream({ url: server.url, credential: null, quietMs: 100 });
  await upstream.start(events);
  const stateless = { headers: {}, signal: new AbortController().signal, lasting: true };
  const sent = await upstream.send({
    text: '{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen"}',
    id: 1,
    stateless,
  });
  assert.equal(sent.ok || sent.error.code, 'upstream_unavailable');
  await upstream.close();
  server.close();
});

test("the server's own stream is asked for again when it breaks off, and not where there is none", async () => {
  for (const [ending, expected] of [
    ['breaks', 3],
    ['refuses', 1],
  ] as const) {
    let asked = 0;
    const server = await serve((_request, response) => {
      asked++;
      if (ending === 'refuses') return void response.writeHead(405).end();
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(':\n\n', () => response.destroy());
    });
    const upstream = createHttpUpstream({ url: server.url, credential: null, listenAgainMs: 10 });
    await upstream.start(events);
    upstream.initialized('2025-11-25');
    if (ending === 'breaks') await eventually(() => asked >= expected, 'another try');
    else await new Promise((resolve) => setTimeout(resolve, 100));
    await upstream.close();
    const tries = asked;
    assert.ok(ending === 'breaks' ? tries >= expected : tries === expected, `${ending}: ${tries}`);
    await new Promise((resolve) => setTimeout(resolve, 60));
    assert.equal(asked, tries, 'nothing follows the end');
    server.close();
  }
});
