// Two groups of the journal are written at once. Whatever becomes of them, nobody is told of the second before the first is on disk,
// and a crash that leaves only the second leaves nothing that was acknowledged behind.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { OpenedLog } from '../../src/adapters/log-files/open-log.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { verifyLog } from '../../src/audit/verify.ts';
import type { OpenOptions, StorageFile } from '../../src/ports/storage.ts';
import { MemoryDisk } from '../audit/log-storage.ts';
import { openedLog } from '../parts/opened-log.ts';

/** So many records make a group that is written at once. */
const group = 32;

/** A disk that keeps writes to the journal waiting until it is told what becomes of them. */
class SlowDisk extends MemoryDisk {
  holding = false;
  readonly held: { readonly go: () => void; readonly fail: () => void }[] = [];

  override async open(path: string, options?: OpenOptions): Promise<StorageFile> {
    const file = await super.open(path, options);
    if (!path.startsWith('journal/')) return file;
    return {
      ...file,
      write: async (chunks, position) => {
        if (this.holding)
          await new Promise<void>((go, reject) => {
            this.held.push({ go, fail: () => reject(Object.assign(new Error('EIO'), { code: 'EIO' })) });
          });
        await file.write(chunks, position);
      },
    };
  }
}

/** By this clock no write takes any time, however busy the machine is: the disk counts as a quick one. */
const clock = { ...systemClock, now: () => Date.UTC(2026, 0, 1) };

async function opened(storage: MemoryDisk): Promise<OpenedLog> {
  return openedLog(storage, { clock });
}

interface Groups {
  readonly disk: SlowDisk;
  readonly log: OpenedLog['log'];
  /** `+seq` and `-` in the order in which appends were settled. */
  readonly settled: string[];
  readonly all: Promise<unknown>;
}

/** One record on disk, and two groups of which neither is. */
async function twoGroups(): Promise<Groups> {
  const disk = new SlowDisk();
  const { log } = await opened(disk);
  const settled: string[] = [];
  // The first group shows how quick the disk is.
  await log.append({ type: 'heartbeat' });
  disk.holding = true;
  const append = (i: number) =>
    log.append({ type: 'request', session: 's_1', request: `r_${i}` }).then(
      ({ seq }) => settled.push(`+${seq}`),
      () => settled.push('-'),
    );
  const all = Promise.all(Array.from({ length: 2 * group }, (_, i) => append(i)));
  while (disk.held.length < 2) await turn();
  return { disk, log, settled, all };
}

void test('the second group waits for the first, and all are told in order', async () => {
  const { disk, log, settled, all } = await twoGroups();
  const [first, second] = disk.held;
  second?.go();
  for (let i = 0; i < 20; i++) await turn();
  assert.deepEqual(settled, [], 'what comes before is not on disk');
  disk.holding = false;
  first?.go();
  await all;
  assert.deepEqual(
    settled,
    Array.from({ length: 2 * group }, (_, i) => `+${i + 1}`),
  );
  await log.close();
});

void test('a crash that leaves the second group without the first', async () => {
  const { disk, settled } = await twoGroups();
  disk.held[1]?.go();
  for (let i = 0; i < 20; i++) await turn();
  assert.deepEqual(settled, []);
  const reborn = disk.reborn('kept');
  const { log, recovered } = await opened(reborn);
  assert.ok(recovered.tornBytes > 0, 'what the second group left is cut off');
  const found = [];
  for await (const entry of log.reader.entries(0)) found.push(entry.type);
  assert.deepEqual(found, ['heartbeat']);
  await log.close();
  const verified = await verifyLog({ log: reborn.files('log'), journal: reborn.files('journal') });
  assert.deepEqual(verified.ok || verified.error, true);
});

for (const broken of [0, 1])
  void test(`a disk that fails in group ${broken + 1} of two`, async () => {
    const { disk, log, settled, all } = await twoGroups();
    let failures = 0;
    log.onFailure(() => failures++);
    disk.held[broken]?.fail();
    for (let i = 0; i < 20; i++) await turn();
    disk.held[1 - broken]?.go();
    await all;
    assert.deepEqual(settled, Array(2 * group).fill('-'), 'after a failure nothing is acknowledged');
    assert.deepEqual([failures, log.open], [1, false]);
    const calls = disk.calls;
    await assert.rejects(log.append({ type: 'heartbeat' }), { name: 'LogUnavailable' });
    await log.close();
    assert.equal(disk.calls, calls, 'and nothing is written');
    const { log: next } = await opened(disk.reborn('kept'));
    await next.close();
  });
