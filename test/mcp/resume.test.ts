// Streams that break off, on both sides. A server over HTTP that ends the stream of an answer before the answer: the gate comes again with Last-Event-ID, when the
// server said, and gives up on one that does not go on.

import assert from 'node:assert/strict';
import { createServer, type ServerResponse } from 'node:http';
import { test } from 'node:test';
import { createHttpUpstream } from '../../src/adapters/mcp-http/upstream.ts';
import { eventually } from '../parts/eventually.ts';
import { serveFixture, ssn } from './fixture-server.ts';
import { at, openGate } from './gate.ts';
import { greet, listen, messagesIn, post } from './raw-client.ts';

const answer = JSON.stringify({ jsonrpc: '2.0', id: 1, result: {} });

async function converse(resumed: (lastId: string, response: ServerResponse) => void): Promise<{
  readonly code: string;
  readonly messages: number;
  readonly asked: readonly string[];
  readonly ms: number;
}> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    request.resume();
    if (request.method === 'DELETE') return void response.writeHead(200).end();
    const lastId = request.headers['last-event-id'];
    const stream = { 'content-type': 'text/event-stream', 'mcp-session-id': 'one' };
    if (typeof lastId === 'string') {
      asked.push(lastId);
      response.writeHead(200, stream);
      return resumed(lastId, response);
    }
    if (request.method === 'GET') return void response.writeHead(405).end();
    response.writeHead(200, stream).end('id: e1\nretry: 60\ndata: \n\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const upstream = createHttpUpstream({ url: `http://127.0.0.1:${port}/`, credential: null });
  let messages = 0;
  await upstream.start({
    message: () => {
      messages += 1;
      return Promise.resolve(1);
    },
    closed: () => {},
  });
  const began = performance.now();
  try {
    const sent = await upstream.send({ text: answer, id: 1 });
    return { code: sent.ok ? 'ok' : sent.error.code, messages, asked, ms: performance.now() - began };
  } finally {
    await upstream.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

test('an answer that breaks off is gone on with after the last event, when the server said', async () => {
  const { code, messages, asked, ms } = await converse((lastId, response) => {
    response.end(lastId === 'e1' ? 'id: e2\ndata: \n\n' : `id: e3\ndata: ${answer}\n\n`);
  });
  assert.deepEqual([code, messages, asked], ['ok', 1, ['e1', 'e2']]);
  // Twice 60 ms; a timer may be a millisecond early.
  assert.ok(ms >= 110, `it waited ${ms} ms`);
});

test('a server that ends the stream again and again without going on is given up on', async () => {
  const { code, messages, asked } = await converse((_lastId, response) => void response.end(': nothing\n\n'));
  assert.deepEqual([code, messages, asked], ['upstream_closed', 0, ['e1']]);
});

test('a client that loses its stream goes on after the last event it got, masked, in its own session alone', async () => {
  const remote = await serveFixture();
  const gate = await openGate({ httpUpstream: remote.url });
  const url = gate.url('remote');
  try {
    const { headers } = await greet(url, '2025-11-25');
    await post(url, { method: 'notifications/initialized' }, { headers });
    const hangUp = new AbortController();
    const call = { name: 'progress', arguments: {}, _meta: { progressToken: 'p' } };
    const response = await post(url, { id: 1, method: 'tools/call', params: call }, { headers, signal: hangUp.signal });
    let lastId = '';
    for await (const chunk of response.body ?? []) {
      lastId = /^id: (\S+)$/m.exec(Buffer.from(chunk).toString())?.[1] ?? '';
      break;
    }
    hangUp.abort();
    assert.notEqual(lastId, '');
    await eventually(() => gate.ledger.of('end').length > 1, 'the call ends');
    const resume = (person: string): Promise<Response> =>
      listen(url, { person, headers: { ...headers, 'last-event-id': lastId } });
    assert.equal((await resume('bob')).status, 404);
    const text = await (await resume('ana')).text();
    const said = messagesIn(text);
    assert.equal(at(said.at(-1), 'result', 'content', 0, 'text'), 'done');
    assert.ok(said.length >= 2, 'and what was said before');
    assert.ok(!text.includes(ssn));
    for (const each of said) {
      assert.ok(
        gate.ledger.of('response').some((record) => record.text === JSON.stringify(each)),
        'it is on record',
      );
    }
  } finally {
    await gate.close();
    await remote.close();
  }
});

test('a server that makes its client poll for an answer makes the client of the gate poll, which need not wait as long', async () => {
  const resumed: string[] = [];
  const welcome = {
    protocolVersion: '2025-11-25',
    capabilities: { tools: {} },
    serverInfo: { name: 'poll', version: '1' },
  };
  const tools = [{ name: 'slow', inputSchema: { type: 'object' }, annotations: { readOnlyHint: true } }];
  let call = 0;
  const remote = createServer((request, response) => {
    const events = { 'content-type': 'text/event-stream', 'mcp-session-id': 'one' };
    const lastId = request.headers['last-event-id'];
    if (request.method === 'GET' && typeof lastId === 'string') {
      resumed.push(lastId);
      const result = { content: [{ type: 'text', text: `SSN ${ssn}` }] };
      return void response
        .writeHead(200, events)
        .end(`id: e2\ndata: ${JSON.stringify({ jsonrpc: '2.0', id: call, result })}\n\n`);
    }
    if (request.method !== 'POST') return void response.writeHead(request.method === 'GET' ? 405 : 200).end();
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => void chunks.push(chunk));
    request.on('end', () => {
      const { id, method } = JSON.parse(Buffer.concat(chunks).toString()) as { id?: number; method: string };
      if (id === undefined) return void response.writeHead(202).end();
      if (method === 'tools/call') {
        call = id;
        return void response.writeHead(200, events).end('id: e1\nretry: 20000\ndata: \n\n');
      }
      const result = method === 'initialize' ? welcome : { tools };
      response.writeHead(200, { 'content-type': 'application/json', 'mcp-session-id': 'one' });
      response.end(JSON.stringify({ jsonrpc: '2.0', id, result }));
    });
  });
  await new Promise<void>((resolve) => remote.listen(0, '127.0.0.1', resolve));
  const address = remote.address();
  const gate = await openGate({
    httpUpstream: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/`,
  });
  const url = gate.url('remote');
  try {
    const { headers } = await greet(url, '2025-11-25');
    const slow = { id: 'mine', method: 'tools/call', params: { name: 'slow' } };
    const first = await (await post(url, slow, { headers })).text();
    const id = /^id: (\S+)$/m.exec(first)?.[1] ?? '';
    assert.match(first, /^retry: 20000$/m);
    assert.ok(id !== '' && !first.includes('result'), 'no answer yet');
    const rest = await (await listen(url, { headers: { ...headers, 'last-event-id': id } })).text();
    const [answered] = messagesIn(rest);
    assert.equal(at(answered, 'id'), 'mine');
    assert.equal(at(answered, 'result', 'content', 0, 'text'), 'SSN [SSN]');
    assert.deepEqual(resumed, ['e1']);
  } finally {
    await gate.close();
    remote.closeAllConnections();
    await new Promise((resolve) => remote.close(resolve));
  }
});
