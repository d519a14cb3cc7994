// A connection that reads into memory others read into too: each listener has what was sent to it, whole and in order.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { SocketFlow } from '../../src/adapters/node-net/socket-flow.ts';
import { eventually } from '../parts/eventually.ts';

let server: Server;
const flows: SocketFlow[] = [];

before(async () => {
  server = createServer({ noDelay: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});

after(() => {
  for (const flow of flows) flow.destroy();
  server.close();
});

/** A connection, and the server's end of it. */
async function connected(): Promise<{ readonly flow: SocketFlow; readonly peer: Socket }> {
  const { port } = server.address() as AddressInfo;
  const accepted = once(server, 'connection');
  const flow = SocketFlow.connecting((options) => connect({ ...options, port, host: '127.0.0.1' }));
  flows.push(flow);
  const [peer] = (await accepted) as [Socket];
  return { flow, peer };
}

function gathering(flow: SocketFlow): Buffer[] {
  const chunks: Buffer[] = [];
  flow.onData((chunk) => chunks.push(chunk));
  return chunks;
}

test('what a listener was given stays as it is while the same and another connection read on', async () => {
  const [one, other] = [await connected(), await connected()];
  const [ofOne, ofOther] = [gathering(one.flow), gathering(other.flow)];
  one.peer.write('first');
  await eventually(() => ofOne.length === 1, 'the first is there');
  other.peer.write('other');
  await eventually(() => ofOther.length === 1, 'the other is there');
  one.peer.write('again');
  await eventually(() => ofOne.length === 2, 'the first has more');
  assert.deepEqual(ofOne.map(String), ['first', 'again']);
  assert.deepEqual(ofOther.map(String), ['other']);
});

test('what is larger than one read comes whole and in order, whoever pauses and puts back', async () => {
  const { flow, peer } = await connected();
  const sent = Buffer.from(Uint8Array.from({ length: 1_000_000 }, (_, at) => (at * 7) % 251));
  const taken: Buffer[] = [];
  let bytes = 0;
  let turn = 0;
  flow.onData((chunk) => {
    turn++;
    // Every third time some of it is put back, and it comes again before what is behind it.
    const kept = turn % 3 === 0 ? chunk.subarray(0, chunk.length >> 1) : chunk;
    taken.push(kept);
    bytes += kept.length;
    flow.pause();
    flow.unread(chunk.subarray(kept.length));
    setImmediate(() => flow.resume());
  });
  peer.write(sent);
  await eventually(() => bytes >= sent.length, 'all of it is there');
  assert.ok(Buffer.concat(taken).equals(sent));
});

test('nothing is read before somebody listens, and the end comes behind what was sent', async () => {
  const { flow, peer } = await connected();
  peer.end('last words');
  await once(peer, 'finish');
  const heard: string[] = [];
  flow.onEnd(() => heard.push('end'));
  flow.onData((chunk) => heard.push(String(chunk)));
  await eventually(() => heard.includes('end'), 'the end is there');
  assert.deepEqual(heard, ['last words', 'end']);
});
