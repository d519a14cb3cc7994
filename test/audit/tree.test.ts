// The Merkle tree and its proofs: the reference roots of RFC 6962, properties over sizes, and tile paths.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseTilePath, tilePath } from '../../src/audit/tile.ts';
import {
  consistencyProof,
  emptyRoot,
  type Hash,
  inclusionProof,
  leafHash,
  listRoot,
  type SubtreeHash,
  TreeEdge,
  verifyConsistency,
  verifyInclusion,
} from '../../src/audit/tree.ts';

const hex = (hash: Hash) => Buffer.from(hash).toString('hex');

// The leaves and roots of Certificate Transparency's reference tests for RFC 6962.
const leaves = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
const roots = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

void test('roots of the reference trees', () => {
  const edge = new TreeEdge();
  assert.equal(hex(edge.root()), roots[0]);
  assert.equal(hex(emptyRoot), roots[0]);
  for (const [i, leaf] of leaves.entries()) {
    edge.append(leafHash(Buffer.from(leaf, 'hex')));
    assert.equal(hex(edge.root()), roots[i + 1]);
  }
});

const all: Hash[] = Array.from({ length: 3000 }, (_, i) => leafHash(Buffer.from(String(i))));
const subtree: SubtreeHash = async (height, index) =>
  listRoot(all.slice(index * 2 ** height, (index + 1) * 2 ** height));
const rootAt = (size: number) => listRoot(all.slice(0, size));
const mutated = (hash: Hash, bit: number): Hash =>
  hash.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));

void test('the edge gives the root of any size, and goes on from any size', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1500 }), fc.integer({ min: 0, max: 1500 }), (first, more) => {
      const edge = new TreeEdge();
      for (const leaf of all.slice(0, first)) edge.append(leaf);
      assert.equal(hex(edge.root()), hex(rootAt(first)));
      const levels: Hash[][] = [];
      for (const { level, hashes } of edge.unfinished()) levels[level] = [...hashes];
      const resumed = new TreeEdge(
        first,
        Array.from(levels, (hashes) => hashes ?? []),
      );
      for (const leaf of all.slice(first, first + more)) resumed.append(leaf);
      assert.equal(hex(resumed.root()), hex(rootAt(first + more)));
    }),
    { numRuns: 40 },
  );
});

void test('inclusion proofs verify, and nothing that was changed does', async () => {
  const sizes = fc.integer({ min: 1, max: 3000 });
  await fc.assert(
    fc.asyncProperty(sizes, fc.nat(), fc.nat(), fc.nat(255), async (size, at, place, bit) => {
      const index = at % size;
      const proof = await inclusionProof(index, size, subtree);
      const leaf = all[index] ?? emptyRoot;
      const root = rootAt(size);
      assert.ok(verifyInclusion(leaf, index, size, proof, root));
      assert.ok(!verifyInclusion(mutated(leaf, bit), index, size, proof, root));
      assert.ok(!verifyInclusion(leaf, index, size, proof, mutated(root, bit)));
      assert.ok(!verifyInclusion(leaf, index, size, [...proof, leaf], root));
      if (proof.length === 0) return;
      const wrong = proof.with(place % proof.length, mutated(proof[place % proof.length] ?? leaf, bit));
      assert.ok(!verifyInclusion(leaf, index, size, wrong, root));
      assert.ok(!verifyInclusion(leaf, index, size, proof.slice(1), root));
      assert.ok(!verifyInclusion(leaf, index ^ 1, size, proof, root));
    }),
    { numRuns: 100 },
  );
});

void test('consistency proofs verify, and nothing that was changed does', async () => {
  const sizes = fc.integer({ min: 1, max: 3000 });
  await fc.assert(
    fc.asyncProperty(sizes, sizes, fc.nat(), fc.nat(255), async (a, b, place, bit) => {
      const older = { size: Math.min(a, b), root: rootAt(Math.min(a, b)) };
      const newer = { size: Math.max(a, b), root: rootAt(Math.max(a, b)) };
      const proof = await consistencyProof(older.size, newer.size, subtree);
      assert.ok(verifyConsistency(older, newer, proof));
      assert.ok(!verifyConsistency({ ...older, root: mutated(older.root, bit) }, newer, proof));
      assert.ok(!verifyConsistency(older, { ...newer, root: mutated(newer.root, bit) }, proof));
      if (proof.length === 0) return;
      const wrong = proof.with(place % proof.length, mutated(proof[place % proof.length] ?? emptyRoot, bit));
      assert.ok(!verifyConsistency(older, newer, wrong));
      assert.ok(!verifyConsistency(older, newer, proof.slice(0, -1)));
    }),
    { numRuns: 100 },
  );
});

void test('tile paths are those of the specification, and no others are read', () => {
  assert.equal(tilePath({ level: 0, index: 1234067, width: 256 }), 'tile/0/x001/x234/067');
  assert.equal(tilePath({ level: 'entries', index: 0, width: 7 }), 'tile/entries/000.p/7');
  for (const path of [
    'tile/0/1',
    'tile/0/x000/001',
    'tile/00/001',
    'tile/0/000.p/0',
    'tile/0/000.p/256',
    'tile/0/000.p/300',
    'tile/0/001/x001',
  ])
    assert.equal(parseTilePath(path), undefined, path);
  fc.assert(
    fc.property(fc.nat(2 ** 31), fc.integer({ min: 1, max: 256 }), fc.nat(9), (index, width, level) => {
      assert.deepEqual(parseTilePath(tilePath({ level, index, width })), { level, index, width });
    }),
  );
});
