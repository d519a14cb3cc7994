// A server's answer read part by part, with pauses between: all of it arrives, and so does its end, wherever the parts are cut.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { ServerConnections } from '../../src/adapters/mcp-http/server-connections.ts';

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
