// What the log promises its callers: groups, order, cost of opening, payloads, and what it does with a record it cannot say.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type OpenedLog, openLog } from '../../src/adapters/log-files/open-log.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { systemRandom } from '../../src/adapters/system/random.ts';
import { MemoryDisk } from './log-storage.ts';

async function open(disk: MemoryDisk, kek: Uint8Array = new Uint8Array(32)): Promise<OpenedLog> {
  const opened = await openLog({
    directory: '',
    kek,
    originHost: 'gate.test',
    clock: systemClock,
    random: systemRandom,
    storage: disk,
  });
  assert.ok(opened.ok);
  return opened.value;
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
  assert.equal(writes(), 1);
  await log.close();
  await assert.rejects(log.append({ type: 'heartbeat' }), { name: 'LogUnavailable' });
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
  const look = async ({ log }: OpenedLog) => {
    for await (const entry of log.reader.entries(0, 1)) return log.reader.payload(entry);
    return null;
  };
  assert.deepEqual(
    Buffer.from((await look({ log, recovered: { replayed: 0, tornBytes: 0, closed: 0 } }))?.bytes ?? []),
    bytes,
  );
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
  await log.close();
});
