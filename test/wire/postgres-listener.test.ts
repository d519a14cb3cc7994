// The door: plain, TLS after SSLRequest, direct TLS; and what is no PostgreSQL client.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { tlsServerEndPoint } from '../../src/adapters/node-net/end-point.ts';
import { type Listener, listen } from '../../src/adapters/node-net/listener.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import type { ByteStream } from '../../src/ports/postgres-upstream.ts';
import { encodeSslRequest } from '../../src/wire/postgres/startup.ts';
import { createAuthority } from '../parts/certificate.ts';
import { scriptedClient } from '../parts/scripted-postgres.ts';

const authority = createAuthority();
const certificate = authority.issue(['localhost', '127.0.0.1']);

interface Door extends AsyncDisposable {
  readonly port: number;
  readonly streams: ByteStream[];
}

/** Echoes what it hears, after TLS where SSLRequest asks for it. */
async function echoDoor(tls: typeof certificate | null): Promise<Door> {
  const streams: ByteStream[] = [];
  const listening = await listen({
    host: '127.0.0.1',
    port: 0,
    tls,
    clock: systemClock,
    onStream(stream) {
      streams.push(stream);
      stream.onEnd(() => stream.end());
      stream.onData((chunk) => {
        if (stream.encrypted || !chunk.equals(encodeSslRequest())) return void stream.write(chunk);
        stream.write(Buffer.from(stream.tlsOffered ? 'S' : 'N'));
        if (stream.tlsOffered) void stream.startTls();
      });
    },
  });
  assert.ok(listening.ok);
  const listener: Listener = listening.value;
  return {
    port: listener.port,
    streams,
    async [Symbol.asyncDispose]() {
      listener.destroyAll();
      await listener.close();
    },
  };
}

async function secured(options: ConnectionOptions): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', ca: authority.cert, ...options });
  await once(socket, 'secureConnect');
  return socket;
}

/** However it ends: an alert or a reset is as good as a goodbye. */
function gone(socket: Socket): Promise<void> {
  socket.on('error', () => {});
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

test('plain: what was said first is heard first', async () => {
  await using door = await echoDoor(null);
  const client = await scriptedClient(door.port);
  client.send(Buffer.from('hello, this is no startup packet'));
  assert.match(String(await client.receiveBytes()), /hello/);
  const [stream] = door.streams;
  assert.equal(stream?.remote, '127.0.0.1');
  assert.equal(stream.loopback, true);
  assert.equal(stream.encrypted, false);
  assert.equal(stream.endPoint, null);
  client.close();
});

test('TLS after SSLRequest', async () => {
  await using door = await echoDoor(certificate);
  const client = await scriptedClient(door.port);
  client.send(encodeSslRequest());
  assert.equal(String(await client.receiveBytes()), 'S');
  client.socket.removeAllListeners('data');
  const socket = await secured({ socket: client.socket, host: 'localhost' });
  socket.write('in secret');
  const [heard] = (await once(socket, 'data')) as [Buffer];
  assert.equal(String(heard), 'in secret');
  const [stream] = door.streams;
  assert.equal(stream?.encrypted, true);
  assert.equal(stream.tlsOffered, false);
  assert.deepEqual(stream.endPoint, tlsServerEndPoint(certificate.cert));
  assert.equal(stream.endPoint?.length, 32);
  socket.end();
  await once(socket, 'close');
});

test('direct TLS needs ALPN postgresql', async () => {
  await using door = await echoDoor(certificate);
  const socket = await secured({ port: door.port, ALPNProtocols: ['postgresql'] });
  assert.equal(socket.alpnProtocol, 'postgresql');
  socket.write('direct');
  const [heard] = (await once(socket, 'data')) as [Buffer];
  assert.equal(String(heard), 'direct');
  assert.equal(door.streams.length, 1);
  socket.destroy();

  for (const ALPNProtocols of [[], ['http/1.1']]) {
    const stranger = connect({ host: '127.0.0.1', port: door.port, ca: authority.cert, ALPNProtocols });
    await gone(stranger);
  }
  assert.equal(door.streams.length, 1);
});

test('without a certificate TLS is declined, and direct TLS hung up on', async () => {
  await using door = await echoDoor(null);
  const client = await scriptedClient(door.port);
  client.send(encodeSslRequest());
  assert.equal(String(await client.receiveBytes()), 'N');
  client.close();
  const direct = connect({ host: '127.0.0.1', port: door.port, ALPNProtocols: ['postgresql'] });
  await gone(direct);
  assert.equal(door.streams.length, 1);
});

test('a handshake that is none fails and closes', async () => {
  await using door = await echoDoor(certificate);
  const client = await scriptedClient(door.port);
  client.send(encodeSslRequest());
  assert.equal(String(await client.receiveBytes()), 'S');
  client.send(Buffer.from('this is not a ClientHello'));
  await gone(client.socket);
  assert.equal(door.streams[0]?.encrypted, false);
});

test('a port that is taken and a key of another certificate are refused', async () => {
  await using door = await echoDoor(null);
  const options = { host: '127.0.0.1', clock: systemClock, onStream: () => {} };
  const taken = await listen({ ...options, port: door.port, tls: null });
  assert.ok(!taken.ok);
  assert.equal(taken.error.code, 'port_unavailable');
  const mixed = await listen({ ...options, port: 0, tls: { cert: certificate.cert, key: authority.issue(['x']).key } });
  assert.ok(!mixed.ok);
  assert.equal(mixed.error.code, 'config_invalid');
});
