// A syslog receiver whose connection breaks after a batch counted as taken, and a gate that is killed before it has sent that batch
// again: the next gate sends it. Where the gate stops in order, or the connection has stood for a minute, nothing comes twice.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { syslogTarget } from '../../src/adapters/export-syslog/target.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { type ExportQueue, startExport } from '../../src/gateway/export-queue.ts';
import { MemoryLog } from '../admin/gate-fixture.ts';
import { createAuthority } from '../parts/certificate.ts';
import { eventually } from '../parts/eventually.ts';
import { type ExportedLog, exportedLog } from './exported-log.ts';

const directory = mkdtempSync(join(tmpdir(), 'chartgate-syslog-'));
const authority = createAuthority();
const log = new MemoryLog();
let exports: ExportedLog;
let server: Server;
let port: number;
/** What has arrived, and the connections it came by. */
let got = '';
const connections: TLSSocket[] = [];
let isReading = true;
/** Of this machine, for the gate. */
let aheadMs = 0;
/** The cursor on disk. */
let kept = 0;

before(async () => {
  for (let at = 0; at < 20; at++) await log.append({ type: 'session.start', session: `s_${at}` });
  exports = exportedLog(log, directory);
  server = createServer({ ...authority.issue(['localhost']) }, (socket) => {
    connections.push(socket);
    socket.on('error', () => {});
    if (isReading) socket.setEncoding('utf8').on('data', (chunk: string) => void (got += chunk));
    else socket.pause();
  });
  server.listen(0, 'localhost');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});
after(() => {
  for (const each of connections) each.destroy();
  server.close();
  exports.close();
  rmSync(directory, { recursive: true, force: true });
});

function start(): ExportQueue {
  const deps = {
    clock: { now: () => Date.now() + aheadMs, after: (ms: number, work: () => void) => systemClock.after(ms, work) },
    source: exports.source,
    cursors: { next: () => kept, save: (_: string, next: number) => void (kept = next) },
    onState: () => {},
    setAside: (name: string) => Promise.reject(new Error(name)),
  };
  return startExport(deps, 'syslog', 'ndjson', syslogTarget({ host: 'localhost', port, ca: authority.cert }, 'gate'));
}

const seqs = (): number[] => [...got.matchAll(/"seq":(\d+)/g)].map(([, seq]) => Number(seq));
const all = (): number[] => log.stored.map(({ seq }) => seq);

test('a connection that breaks unread, and a gate that is killed', async () => {
  isReading = false;
  const killed = start();
  await eventually(() => killed.lag === 0, 'it counts as taken');
  // The cursor as it is on disk at that moment.
  const onDisk = kept;
  connections.at(-1)?.destroy();
  await killed.close();
  kept = onDisk;
  isReading = true;
  const next = start();
  await eventually(() => seqs().length === log.size && next.lag === 0, 'the next gate sends it');
  assert.deepEqual(seqs(), all());
  await next.close();
  assert.equal(kept, log.size, 'the receiver has read to the end');
});

test('a gate that stopped in order sends nothing twice', async () => {
  got = '';
  await log.append({ type: 'node.start' });
  const next = start();
  await eventually(() => seqs().length > 0 && next.lag === 0, 'what is new comes');
  await next.close();
  assert.deepEqual(seqs(), [log.size - 1]);
});

test('what was sent a minute ago on a connection that stands has arrived, also while nothing else is to be sent', async () => {
  got = '';
  await log.append({ type: 'node.start' });
  const queue = start();
  await eventually(() => seqs().length === 1 && queue.lag === 0, 'it comes');
  assert.equal(kept, log.size - 1);
  aheadMs += 61_000;
  await eventually(() => kept === log.size, 'it counts as arrived');
  await queue.close();
});

test('what is sent again on a new connection is no surer than what is new on it', async () => {
  got = '';
  isReading = false;
  await log.append({ type: 'node.start' });
  const queue = start();
  await eventually(() => queue.lag === 0, 'it counts as taken');
  connections.at(-1)?.destroy();
  aheadMs += 61_000;
  const lost = log.size - 1;
  await log.append({ type: 'node.stop' });
  await eventually(() => queue.lag === 0, 'both count as taken');
  assert.equal(kept, lost);
  connections.at(-1)?.destroy();
  isReading = true;
  await log.append({ type: 'node.start' });
  await eventually(() => seqs().length === 3, 'all three come');
  assert.deepEqual(seqs(), [lost, lost + 1, lost + 2]);
  await queue.close();
});
