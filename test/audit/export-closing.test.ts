// A gate that stops leaves no connection to a syslog receiver behind, which would keep its process alive: not one that is still
// being made, and not one to a receiver that reads no more.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { createServer as createTlsServer, TLSSocket } from 'node:tls';
import { syslogTarget } from '../../src/adapters/export-syslog/target.ts';
import type { Exported } from '../../src/ports/export.ts';
import { createAuthority } from '../parts/certificate.ts';

const batch: readonly Exported[] = [
  { seq: 0, time: new Date(0).toISOString(), type: 'request', weight: 'info', event: { seq: 0 } },
];
const authority = createAuthority();
const receiver = (port: number) => ({ host: 'localhost', port, ca: authority.cert });

test('closed while it connects: nothing is sent, and no connection stays', async () => {
  const server = createServer().listen(0, 'localhost');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const target = syslogTarget(receiver(port), 'gate.example');
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const sent = target.send(batch, 0);
  const [socket] = await accepted;
  const gone = once(socket, 'close');
  await target.close();
  // The receiver comes round to its handshake too late.
  const late = new TLSSocket(socket, { isServer: true, ...authority.issue(['localhost']) });
  late.on('error', () => {});
  assert.equal((await sent).ok, false);
  await gone;
  assert.equal((await target.send(batch, 0)).ok, false, 'it is closed');
  server.close();
});

test('closed before a receiver that reads no more and never ends', async () => {
  const { promise: taken, resolve: take } = Promise.withResolvers<TLSSocket>();
  const server = createTlsServer({ ...authority.issue(['localhost']), allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {});
    take(socket.pause());
  }).listen(0, 'localhost');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const target = syslogTarget(receiver(port), 'gate.example');
  assert.ok((await target.send(batch, 0)).ok);
  const socket = await taken;
  await target.close();
  socket.destroy();
  server.close();
  await once(server, 'close');
});
