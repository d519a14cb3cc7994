// Payloads are found by one look through their pack, and found again when the pack has been written anew meanwhile.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PackPlaces } from '../../src/adapters/log-files/pack-places.ts';
import { encodePack } from '../../src/audit/payload-pack.ts';
import { MemoryDisk } from './log-storage.ts';

const blobs = Array.from({ length: 256 }, (_, i) => ({
  seq: 256 + i,
  blob: new Uint8Array(1 + ((i * 997) % 40_000)).fill(i),
}));

async function write(disk: MemoryDisk, payloads: typeof blobs, rest = new Uint8Array()): Promise<void> {
  await disk.makeDirectory('payloads').catch(() => {});
  const file = await disk.open('payloads/001.pack');
  await file.truncate(0);
  await file.write([...encodePack(payloads), rest], 0);
}

test('each payload is read, at the cost of one read once its pack is known', async () => {
  const disk = new MemoryDisk();
  const odd = blobs.filter(({ seq }) => seq % 2 === 1);
  // Behind them stands what a power loss left of an older write.
  await write(disk, odd, Buffer.concat([...encodePack([{ seq: 300, blob: Buffer.from('old') }])]));
  let reads = 0;
  const places = new PackPlaces(
    Object.assign(Object.create(disk), {
      readAt: (path: string, offset: number, bytes: number) => {
        reads++;
        return disk.readAt(path, offset, bytes);
      },
    }),
  );
  const read = async (seq: number): Promise<Uint8Array | undefined> => {
    const found = await places.read(seq);
    return found && new Uint8Array(found);
  };
  assert.deepEqual(await read(511), odd.at(-1)?.blob);
  reads = 0;
  for (const { seq, blob } of odd.toReversed()) assert.deepEqual(await read(seq), blob, `${seq}`);
  assert.equal(reads, odd.length);
  for (const absent of [256, 300, 510]) assert.equal(await places.read(absent), undefined);
  assert.equal(await places.read(7), undefined, 'there is no such pack');

  // Every other payload has been shredded: what is left stands elsewhere.
  const left = odd.filter((_, i) => i % 2 === 0);
  await write(disk, left);
  for (const each of odd)
    assert.deepEqual(await read(each.seq), left.includes(each) ? each.blob : undefined, `${each.seq}`);
});
