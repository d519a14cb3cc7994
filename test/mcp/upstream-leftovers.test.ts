// What a call to an MCP server leaves behind when it is over: nothing, or a million calls would be a gigabyte.

import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { createHttpUpstream } from '../../src/adapters/mcp-http/upstream.ts';

/** Nobody else's timer has this length. */
const replyMs = 123_457;

test('a call that is over keeps no timer and nobody listening', async (t) => {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"jsonrpc":"2.0","id":1,"result":{}}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const upstream = createHttpUpstream({ url: `http://127.0.0.1:${port}/mcp`, credential: null, replyMs });
  t.after(() => upstream.close());
  await upstream.start({ message: () => Promise.resolve(1), closed: () => {} });

  // Its timer holds the signal, and whatever hangs on it, until it fires.
  const timeouts = t.mock.method(AbortSignal, 'timeout');
  const timers: NodeJS.Timeout[] = [];
  const started = t.mock.method(globalThis, 'setTimeout', (callback: () => void, ms: number) => {
    const timer = setInterval(callback, ms);
    if (ms === replyMs) timers.push(timer);
    return timer;
  });
  const cleared = new Set<unknown>();
  const ended = t.mock.method(globalThis, 'clearTimeout', (timer: NodeJS.Timeout | undefined) => {
    cleared.add(timer);
    clearInterval(timer);
  });
  const caller = new AbortController();
  for (let call = 0; call < 5; call++) {
    const sent = await upstream.send({
      text: '{"jsonrpc":"2.0","id":1,"method":"tools/list"}',
      id: 1,
      stateless: { headers: {}, signal: caller.signal },
    } as Parameters<typeof upstream.send>[0]);
    assert.ok(sent.ok, sent.ok ? '' : sent.error.text);
  }
  started.mock.restore();
  ended.mock.restore();
  assert.equal(timeouts.mock.callCount(), 0);
  assert.equal(timers.length, 5, 'each call has an end');
  assert.ok(timers.every((each) => cleared.has(each)));
  assert.deepEqual(getEventListeners(caller.signal, 'abort'), []);
});
