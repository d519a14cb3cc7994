// The journal's next segment is made while the one before it is being written. Whatever becomes of it, nothing that was acknowledged is
// missing; only a disk that is full is no reason to stop.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Fault, MemoryDisk } from '../audit/log-storage.ts';
import { check, open } from './log-on-memory.ts';

const mebibyte = 1024 * 1024;
const payload = { media: 'application/json', bytes: Buffer.alloc(mebibyte, 'x') } as const;

interface Run {
  /** seq → request. */
  readonly acknowledged: ReadonlyMap<number, string>;
  readonly failed: boolean;
}

/** Twenty large records, one after another, and small ones between them: past the end of the first segment. */
async function run(disk: MemoryDisk): Promise<Run> {
  const acknowledged = new Map<number, string>();
  const opened = await open(disk).catch(() => undefined);
  if (!opened) return { acknowledged, failed: true };
  const { log } = opened;
  let failed = false;
  try {
    for (let i = 0; i < 20; i++) {
      for (const request of [`r_${i}`, `r_${i}_small`]) {
        const bytes = Buffer.concat([Buffer.from(request), payload.bytes.subarray(i)]);
        const record = { type: 'request', session: 's_1', request } as const;
        const { seq } = await log.append(record, request.endsWith('small') ? undefined : { ...payload, bytes });
        acknowledged.set(seq, request);
      }
    }
  } catch {
    failed = true;
    assert.equal(log.open, false);
  }
  await log.close().catch(() => {});
  return { acknowledged, failed };
}

const whole = new MemoryDisk();
const { acknowledged } = await run(whole);
/** Until it is taken; the disk goes on to call it by this name. */
const making = whole.trace.slice(0, whole.trace.indexOf('rename journal.next') + 1);
/** What is done with it, and how many times; of its writes the first, one in the middle and the last. */
const places = ['open', 'write', 'rename', 'sizeOf', 'remove'].flatMap((what) => {
  const name = `${what} journal.next`;
  const trace = what === 'write' ? making : whole.trace;
  const times = trace.filter((each) => each === name).length;
  const chosen = what === 'write' ? [0, times >> 1, times - 1] : Array(times).keys();
  return [...chosen].map((nth) => ({ name, nth }));
});

void test('the journal goes on in a segment of zeros that was there before', async () => {
  assert.equal(acknowledged.size, 40);
  const second = whole.trace.indexOf('rename journal.next');
  assert.ok(second > 0, 'it is taken');
  assert.equal(whole.trace[second + 1], 'syncDirectory journal');
  assert.ok(whole.trace.indexOf('open journal.next') < second - 16);
  assert.equal(await whole.sizeOf('journal.next'), undefined, 'none is left when the log is closed');
  await check(whole.reborn('lost'), acknowledged, 'closed');
});

void test('a full disk has no next segment, and goes on', async () => {
  for (const { name, nth } of places.filter(({ name }) => name.startsWith('write'))) {
    const disk = new MemoryDisk().failAtNth(nth, name, 'ENOSPC');
    const { acknowledged: kept, failed } = await run(disk);
    assert.deepEqual([failed, kept.size], [false, 40], `${name} ${nth}`);
    await check(disk.reborn('kept'), kept, `ENOSPC at ${name} ${nth}`);
  }
});

for (const kind of ['EIO', 'kill'] satisfies Fault[])
  void test(`${kind} while it is made, taken or removed loses nothing that was acknowledged`, async () => {
    for (const { name, nth } of places) {
      const disk = new MemoryDisk().failAtNth(nth, name, kind);
      const what = `${kind} at ${name} ${nth}`;
      const { acknowledged: kept, failed } = await run(disk);
      assert.ok(disk.trace.filter((each) => each === name).length > nth, `${what}: it came to that`);
      // What fails after the last record is that it is removed.
      assert.ok(failed || kept.size === 40, what);
      for (const power of ['kept', 'lost'] as const) {
        const reborn = disk.reborn(power);
        await check(reborn, kept, `${what}, ${power}`);
        assert.equal(await reborn.sizeOf('journal.next'), undefined, `${what}, ${power}: none is left behind`);
      }
    }
  });
