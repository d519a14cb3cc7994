// The newest entries stand in memory that serves again once their bundles are on disk: whatever comes and goes, what is still there reads
// as it was added.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { GrowingBundles } from '../../src/adapters/log-files/growing-bundles.ts';
import { encodePack } from '../../src/audit/payload-pack.ts';
import { encodeBundle } from '../../src/audit/tile.ts';
import { tileWidth } from '../../src/audit/tree.ts';

interface Added {
  readonly bytes: Uint8Array;
  readonly blob: Uint8Array | undefined;
}

const entryBytesMax = 65_535;

/** Many entries alike, so that bundles fill; now and then one that no chunk holds, or a payload that is kept where it lies. */
const batch = fc.record({
  count: fc.integer({ min: 1, max: 400 }),
  entryBytes: fc.oneof({ weight: 8, arbitrary: fc.integer({ min: 1, max: 600 }) }, fc.constant(entryBytesMax)),
  blobBytes: fc.option(fc.oneof({ weight: 8, arbitrary: fc.integer({ min: 0, max: 900 }) }, fc.constant(70_000))),
  /** How much of what is there has got to the disk after it, in hundredths. */
  moved: fc.integer({ min: 0, max: 100 }),
});

const whole = (pieces: readonly Uint8Array[]) => Buffer.concat(pieces);

function expectAsAdded(bundles: GrowingBundles, added: readonly Added[], tree: number): void {
  for (let from = bundles.first; from < added.length; from += tileWidth) {
    const here = added.slice(from, from + tileWidth);
    assert.ok(whole(bundles.bundle(from)).equals(encodeBundle(here.map(({ bytes }) => bytes))), `bundle at ${from}`);
  }
  const left = added.flatMap(({ blob }, seq) => (blob && seq >= tree ? [{ seq, blob }] : []));
  const packs = [...bundles.packs(tree, added.length)].flatMap(({ pieces }) => pieces);
  assert.ok(whole(packs).equals(whole(encodePack(left))), `packs from ${tree}`);
  for (const { seq, blob } of left.slice(-3)) assert.deepEqual(bundles.payload(seq), Buffer.from(blob));
}

void test('what is added to a bundle stands there until the bundle goes, whoever had its memory before', () => {
  fc.assert(
    fc.property(fc.array(batch, { maxLength: 12 }), (batches) => {
      const bundles = new GrowingBundles(0, []);
      const added: Added[] = [];
      let tree = 0;
      for (const { count, entryBytes, blobBytes, moved } of batches) {
        for (let i = 0; i < (entryBytes === entryBytesMax ? Math.min(count, 3) : count); i++) {
          const seq = added.length;
          const bytes = Buffer.alloc(entryBytes, `entry ${seq} `);
          const blob =
            blobBytes === null || (blobBytes > 900 && i > 1) ? undefined : Buffer.alloc(blobBytes, `blob ${seq} `);
          bundles.add({
            seq,
            bytes,
            sealed: blob && { seq, session: 's_1', blob: Buffer.from(blob), wrappedKey: new Uint8Array() },
          });
          added.push({ bytes, blob });
        }
        expectAsAdded(bundles, added, tree);
        tree += Math.floor(((added.length - tree) * moved) / 100);
        bundles.drop(tree);
        expectAsAdded(bundles, added, tree);
      }
    }),
    { numRuns: 60 },
  );
});
