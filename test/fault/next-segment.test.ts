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

const overwritten = ['write journal.reused', 'sync journal.reused'];

/** Through four segments, of which the second becomes the fourth: it is out of the tree's way while the third is being written. */
async function runThroughFour(disk: MemoryDisk): Promise<Run> {
  const acknowledged = new Map<number, string>();
  const { log } = await open(disk);
  let failed = false;
  try {
    for (let i = 0; i < 14; i++) {
      const request = `r_${i}`;
      const bytes = Buffer.alloc(4 * mebibyte, `${request} `);
      // A session each: each segment introduces keys.
      const record = { type: 'request', session: `s_${i}`, request } as const;
      const { seq } = await log.append(record, { media: 'application/json', bytes });
      acknowledged.set(seq, request);
      if (i % 5 === 4) await log.checkpoint();
    }
  } catch {
    failed = true;
  }
  await log.close().catch(() => {});
  return { acknowledged, failed };
}

void test('a segment that has done its work becomes the next one', async () => {
  const disk = new MemoryDisk();
  const { acknowledged: kept, failed } = await runThroughFour(disk);
  assert.deepEqual([failed, kept.size], [false, 14]);
  const given = disk.trace.findIndex((each) => /^open journal\.reused$/.test(each));
  assert.ok(given > 0, 'one is used again');
  assert.match(disk.trace[given - 3] ?? '', /^rename journal\/\d{16}\.journal$/, 'out of the journal first');
  assert.deepEqual(disk.trace.slice(given - 2, given), ['syncDirectory ', 'syncDirectory journal']);
  const zeroed = disk.trace.indexOf('rename journal.reused');
  const taken = disk.trace.indexOf('rename journal.next', zeroed);
  assert.ok(taken > zeroed, 'and is taken once it is overwritten');
  for (const name of ['journal.next', 'journal.reused']) assert.equal(await disk.sizeOf(name), undefined, name);
  await check(disk.reborn('lost'), kept, 'closed');
});

for (const kind of ['EIO', 'kill'] satisfies Fault[])
  void test(`${kind} while a segment becomes the next one loses nothing, and leaves no key behind`, async () => {
    const whole = new MemoryDisk();
    await runThroughFour(whole);
    const moved = whole.trace[whole.trace.indexOf('open journal.reused') - 3] ?? '';
    for (const [name, nth] of [
      [moved, 0],
      ['open journal.reused', 0],
      ['write journal.reused', 0],
      ['write journal.reused', 40],
      ['rename journal.reused', 0],
    ] as const) {
      const disk = new MemoryDisk().failAtNth(nth, name, kind);
      const what = `${kind} at ${name} ${nth}`;
      const { acknowledged: kept, failed } = await runThroughFour(disk);
      assert.ok(failed, what);
      for (const power of ['kept', 'lost'] as const) {
        const reborn = disk.reborn(power);
        await check(reborn, kept, `${what}, ${power}`);
        assert.equal(await reborn.sizeOf('journal.reused'), undefined, `${what}, ${power}: it is gone`);
        const gone = reborn.trace.indexOf('remove journal.reused');
        assert.equal(gone >= 0, name.endsWith('reused'), `${what}, ${power}: it was there`);
        if (gone >= 0) assert.deepEqual(reborn.trace.slice(gone - 2, gone), overwritten, `${what}, ${power}`);
      }
    }
  });
