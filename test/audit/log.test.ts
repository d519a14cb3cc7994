// What the log promises its callers: groups, order, cost of opening, payloads, and what it does with a record it cannot say.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OpenedLog } from '../../src/adapters/log-files/open-log.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { openedLog } from '../parts/opened-log.ts';
import { MemoryDisk } from './log-storage.ts';

function open(disk: MemoryDisk, kek: Uint8Array = new Uint8Array(32), clock = systemClock): Promise<OpenedLog> {
  return openedLog(disk, { kek, clock });
}

void test('one write serves everyone who waits', async () => {
  const disk = new MemoryDisk();
  const { log } = await open(disk);
  const writes = () => disk.trace.filter((call) => call.startsWith('write journal/')).length;
  const seqs = await Promise.all(Array.from({ length: 64 }, () => log.append({ type: 'heartbeat' })));
  assert.deepEqual(
    seqs.map(({ seq }) => seq),
    Array.from({ length: 64 }, (_, i) => i),
  );
  assert.equal(writes(), 2, 'zeros for the frames to come, and the frames');
  await log.close();
  await assert.rejects(log.append({ type: 'heartbeat' }), { name: 'LogUnavailable' });
});

void test('a patient record shares the write of the next that is not, and is written soon without one', async () => {
  const disk = new MemoryDisk();
  const due: (() => void)[] = [];
  const clock = { now: () => 0, after: (_ms: number, call: () => void) => (due.push(call), () => {}) };
  const { log } = await open(disk, undefined, clock);
  const writes = () => disk.trace.filter((call) => call.startsWith('write journal/')).length;
  const intent = log.append({ type: 'request', session: 's_1', request: 'r_1' }, undefined, true);
  // Far longer than a group is gathered for.
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
  const before = writes();
  const answer = await log.append({ type: 'response', session: 's_1', request: 'r_1' });
  assert.deepEqual([before, writes()], [0, 2], 'zeros for the frames to come, and the frames');
  assert.deepEqual([(await intent).seq, answer.seq], [0, 1]);
  const alone = log.append({ type: 'heartbeat' }, undefined, true);
  for (const call of due.splice(0)) call();
  assert.equal((await alone).seq, 2);
  const last = log.append({ type: 'heartbeat' }, undefined, true);
  assert.equal((await log.checkpoint()).size, 4);
  assert.equal((await last).seq, 3);
  await log.close();
});

void test('opening costs the same for a short log and a long one', async () => {
  const costs = [];
  for (const count of [10, 5_000]) {
    const disk = new MemoryDisk();
    const { log } = await open(disk);
    await Promise.all(Array.from({ length: count }, () => log.append({ type: 'heartbeat' })));
    await log.close();
    const reopened = disk.reborn('kept');
    await (await open(reopened)).log.close();
    costs.push(reopened.calls);
  }
  const [short = 0, long = 0] = costs;
  assert.ok(long <= short + 6, `${short} calls and ${long}`);
});

void test('payloads come back with the key-encryption key they were written with, and with no other', async () => {
  const disk = new MemoryDisk();
  const { log } = await open(disk);
  const bytes = Buffer.from('{"statement":"select 1"}');
  await log.append({ type: 'request', session: 's_1', request: 'r_1' }, { media: 'application/json', bytes });
  const look = async ({ log }: Pick<OpenedLog, 'log'>) => {
    for await (const entry of log.reader.entries(0, 1)) return log.reader.payload(entry);
    return null;
  };
  assert.deepEqual(Buffer.from((await look({ log }))?.bytes ?? []), bytes);
  await log.close();
  assert.deepEqual(Buffer.from((await look(await open(disk.reborn('kept'))))?.bytes ?? []), bytes);
  await assert.rejects(open(disk.reborn('kept'), new Uint8Array(32).fill(1)).then(look), /cannot be decrypted/);
});

void test('a record that cannot be said is the caller’s fault, and costs no number', async () => {
  const { log } = await open(new MemoryDisk());
  await assert.rejects(log.append({ type: 'heartbeat', data: { text: 'x'.repeat(70_000) } }), RangeError);
  await assert.rejects(log.append({ type: 'heartbeat', session: '../up' }), { name: 'AssertionError' });
  assert.equal(log.open, true);
  assert.deepEqual(await log.append({ type: 'heartbeat' }), { seq: 0 });
  const among = ['', 'x'.repeat(70_000), '', 'x'.repeat(70_000)].map((text) =>
    log.append({ type: 'heartbeat', data: { text } }),
  );
  const settled = Promise.allSettled(among);
  assert.equal((await log.checkpoint()).size, 3);
  assert.deepEqual(
    (await settled).map((each) => (each.status === 'fulfilled' ? each.value.seq : each.reason instanceof RangeError)),
    [1, true, 2, true],
  );
  await log.close();
});
