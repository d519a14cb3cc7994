// Threads that read bundles say what is read without them; a thread that is gone is an error, never an answer.

import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { test } from 'node:test';
import { BundleThreads } from '../../src/adapters/bundle-threads/reader.ts';
import { readBundle } from '../../src/audit/bundle-reading.ts';
import { encodeEntry } from '../../src/audit/entry.ts';
import { readPack } from '../../src/audit/pack-reading.ts';
import { encodePack } from '../../src/audit/payload-pack.ts';
import { encodeBundle } from '../../src/audit/tile.ts';

const sha256 = 'a'.repeat(64);

/** A bundle of 256 entries, of which some have payloads, and the `wrong` one is out of its place. */
function bundle(first: number, wrong?: number): Uint8Array {
  return encodeBundle(
    Array.from({ length: 256 }, (_, i) =>
      encodeEntry({
        v: 1,
        seq: i === wrong ? 7 : first + i,
        time: '2026-11-21T14:00:00.000Z',
        type: i === 5 ? 'retention.shredded' : 'request',
        session: 's_1',
        ...(i % 2 === 0 ? { request: `r_${i}` } : {}),
        ...(i % 3 === 0 ? { payload: { sha256, bytes: i, media: 'application/json' as const } } : {}),
      }),
    ),
  );
}

void test('pieces of packs are read the same by threads as without, and count by their length', async () => {
  const threads = new BundleThreads(2);
  try {
    const blobs = Array.from({ length: 300 }, (_, i) => ({ seq: i, blob: Buffer.alloc(4_000 + i, `key ${i % 7}`) }));
    const piece = Buffer.concat(encodePack(blobs)).subarray(0, -1);
    const expected = readPack(piece);
    assert.equal(expected.seqs.length, 256);
    assert.equal(expected.keyIds.length, 7);
    assert.deepEqual(expected.next, { seq: 256, blobBytes: 4_256 });
    assert.deepEqual(await threads.reader.pack(piece), expected);
    assert.deepEqual(await threads.reader.pack(piece), expected);
    // The third is more than is read without threads: once one has answered for a bundle, it is asked for pieces too.
    for (let theirs = availableParallelism() === 1; !theirs; )
      theirs = !Buffer.isBuffer((await threads.reader.bundle(bundle(0), 0, 256)).root);
    for (const reading of await Promise.all(Array.from({ length: 12 }, () => threads.reader.pack(piece))))
      assert.deepEqual(reading, expected);
    assert.ok(piece.length > 0, 'what was handed over is still here');
    await threads.close();
    if (availableParallelism() > 1) await assert.rejects(threads.reader.pack(piece), /has ended/);
  } finally {
    await threads.close();
  }
});

void test('bundles are read the same by threads as without', async () => {
  const threads = new BundleThreads(3);
  try {
    const [sound, unsound] = [bundle(0), bundle(256, 9)];
    const expected = [readBundle(sound, 0, 256), readBundle(unsound, 256, 256)];
    const plain = (hashes: Uint8Array | null | undefined) => hashes && Buffer.from(hashes).toString('hex');
    // What has come from a thread is no Buffer any more. One takes a while to start.
    for (let theirs = 0; theirs < 20 && availableParallelism() > 1; ) {
      const readings = await Promise.all(
        Array.from({ length: 12 }, (_, i) => threads.reader.bundle(i % 2 ? unsound : sound, 256 * (i % 2), 256)),
      );
      for (const [i, reading] of readings.entries()) {
        const wanted = expected[i % 2];
        assert.deepEqual({ ...reading, root: plain(reading.root) }, { ...wanted, root: plain(wanted?.root) });
        if (reading.root && !Buffer.isBuffer(reading.root)) theirs++;
      }
    }
    assert.deepEqual(expected[1]?.fault, { entry: 265, what: 'the entry is out of its place' });
    assert.equal(sound.length > 0 && unsound.length > 0, true, 'what was handed over is still here');
    await threads.close();
    if (availableParallelism() > 1) await assert.rejects(threads.reader.bundle(sound, 0, 256), /has ended/);
  } finally {
    await threads.close();
  }
});
