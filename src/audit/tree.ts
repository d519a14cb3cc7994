// The Merkle tree of RFC 6962 §2.1 and its proofs (RFC 9162 §2.1.3–2.1.4). Growing it needs only its right edge:
// the unfinished tile of each level. Nothing here is ever proportional to the size of the log.

import { hash as digest } from 'node:crypto';
import { assert } from '../core/result.ts';

/** 32 bytes of SHA-256. */
export type Hash = Uint8Array;

/** Hashes in a full tile (C2SP tlog-tiles: tile height 8). */
export const tileWidth = 256;

/** Root of the tree without entries. */
export const emptyRoot: Hash = digest('sha256', '', 'buffer');

/** What is about to be hashed. Nothing here waits, so one buffer serves all. */
const leafInput = Buffer.alloc(1 + 65_535);
const nodeInput = Buffer.alloc(65, 1);

export function leafHash(entry: Uint8Array): Hash {
  return Buffer.from(leafDigest(entry), 'binary');
}

/** {@link leafHash}, written into `hashes` from byte `at` on. */
export function writeLeafHash(entry: Uint8Array, hashes: Uint8Array, at: number): void {
  writeHash(leafDigest(entry), hashes, at);
}

/** A hash is made by way of a string, a byte a character, since Node makes a short one in half the time of a Buffer. */
function leafDigest(entry: Uint8Array): string {
  assert(entry.length < leafInput.length, 'an entry has its length in 16 bits');
  leafInput.set(entry, 1);
  return digest('sha256', leafInput.subarray(0, 1 + entry.length), 'binary');
}

export function nodeHash(left: Hash, right: Hash): Hash {
  nodeInput.set(left, 1);
  nodeInput.set(right, 33);
  return Buffer.from(digest('sha256', nodeInput, 'binary'), 'binary');
}

function writeHash(hash: string, bytes: Uint8Array, at: number): void {
  for (let i = 0; i < 32; i++) bytes[at + i] = hash.charCodeAt(i);
}

/** What the nodes of one level of a tile are hashed of. */
const levelInput = Buffer.alloc((65 * tileWidth) / 2, 1);
const levelInputs = Array.from({ length: tileWidth / 2 }, (_, i) => levelInput.subarray(65 * i, 65 * (i + 1)));

/** {@link listRoot} of a full tile, of which the hashes stand one after another. */
export function tileRoot(hashes: Uint8Array): Hash {
  assert(hashes.length === 32 * tileWidth, 'the tile is full');
  levelInputs.forEach((input, i) => {
    input.set(hashes.subarray(64 * i, 64 * (i + 1)), 1);
  });
  let root = '';
  for (let nodes = tileWidth / 2; nodes >= 1; nodes /= 2)
    for (let i = 0; i < nodes; i++) {
      root = digest('sha256', levelInputs[i] ?? levelInput, 'binary');
      // Where a pair stood that is hashed already.
      writeHash(root, levelInput, 65 * (i >> 1) + (i % 2 === 0 ? 1 : 33));
    }
  return Buffer.from(root, 'binary');
}

/** MTH over subtree hashes of equal height, of which the last may stand for a lower, unfinished subtree. */
export function listRoot(hashes: readonly Hash[]): Hash {
  let level = hashes;
  if (level.length === 0) return emptyRoot;
  while (level.length > 1) {
    const above: Hash[] = [];
    for (let i = 0; i + 1 < level.length; i += 2) above.push(nodeHash(at(level, i), at(level, i + 1)));
    if (level.length % 2 === 1) above.push(at(level, level.length - 1));
    level = above;
  }
  return at(level, 0);
}

export function sameHash(a: Hash, b: Hash): boolean {
  return Buffer.compare(a, b) === 0;
}

/** One tile: hashes `index × 256 …` of `level`; fewer than 256 at the right edge. */
export interface Tile {
  readonly level: number;
  readonly index: number;
  readonly hashes: readonly Hash[];
}

/** How many hashes `level` has in a tree of `size`: one for every complete subtree of 256^level leaves. */
export function hashesAt(level: number, size: number): number {
  return Math.floor(size / tileWidth ** level);
}

/** The right edge of a growing tree. */
export class TreeEdge {
  #size: number;
  readonly #levels: Hash[][];

  /** `unfinished[level]` holds the hashes of that level's last, unfinished tile: `hashesAt(level, size) % 256` of them. */
  constructor(size = 0, unfinished: readonly (readonly Hash[])[] = []) {
    this.#size = size;
    this.#levels = unfinished.map((hashes) => [...hashes]);
    unfinished.forEach((hashes, level) => {
      assert(hashes.length === hashesAt(level, size) % tileWidth, 'the edge fits the size');
    });
  }

  get size(): number {
    return this.#size;
  }

  /** Adds a leaf and returns the tiles it completed, lowest first. */
  append(leaf: Hash): Tile[] {
    this.#size++;
    return this.#carry(0, leaf);
  }

  /** Adds a whole tile of leaves, of which the root is known, where one begins; returns the tiles above that it completed. */
  appendTile(root: Hash): Tile[] {
    assert(this.#size % tileWidth === 0, 'a tile begins here');
    this.#size += tileWidth;
    return this.#carry(1, root);
  }

  #carry(from: number, hash: Hash): Tile[] {
    const full: Tile[] = [];
    let carried: Hash | undefined = hash;
    for (let level = from; carried; level++) {
      while (this.#levels.length <= level) this.#levels.push([]);
      const hashes = this.#levels[level] ?? [];
      hashes.push(carried);
      carried = undefined;
      if (hashes.length === tileWidth) {
        full.push({ level, index: hashesAt(level, this.#size) / tileWidth - 1, hashes });
        this.#levels[level] = [];
        carried = listRoot(hashes);
      }
    }
    return full;
  }

  /** The unfinished tiles, lowest first; levels whose last tile is full or absent are left out. */
  unfinished(): Tile[] {
    return this.#levels.flatMap((hashes, level) =>
      hashes.length === 0
        ? []
        : [{ level, index: Math.floor(hashesAt(level, this.#size) / tileWidth), hashes: [...hashes] }],
    );
  }

  root(): Hash {
    let below: Hash | undefined;
    for (const hashes of this.#levels) {
      const all: readonly Hash[] = below ? [...hashes, below] : hashes;
      below = all.length > 0 ? listRoot(all) : undefined;
    }
    return below ?? emptyRoot;
  }
}

/** Hash of the complete subtree of 2^height leaves that starts at leaf `index × 2^height`. */
export type SubtreeHash = (height: number, index: number) => Promise<Hash>;

/** Sibling hashes from the leaf up (RFC 9162 §2.1.3.1). */
export async function inclusionProof(index: number, size: number, subtree: SubtreeHash): Promise<Hash[]> {
  assert(index >= 0 && index < size, 'the leaf is in the tree');
  const path = async (from: number, to: number): Promise<Hash[]> => {
    if (to - from === 1) return [];
    const middle = from + splitOf(to - from);
    return index < middle
      ? [...(await path(from, middle)), await rangeRoot(middle, to, subtree)]
      : [...(await path(middle, to)), await rangeRoot(from, middle, subtree)];
  };
  return path(0, size);
}

/** RFC 9162 §2.1.4.1. Empty when one size is 0 or both are equal. */
export async function consistencyProof(older: number, newer: number, subtree: SubtreeHash): Promise<Hash[]> {
  assert(older >= 0 && older <= newer, 'the older tree is not larger');
  if (older === 0 || older === newer) return [];
  const sub = async (from: number, to: number, whole: boolean): Promise<Hash[]> => {
    if (older === to) return whole ? [] : [await rangeRoot(from, to, subtree)];
    const middle = from + splitOf(to - from);
    return older <= middle
      ? [...(await sub(from, middle, whole)), await rangeRoot(middle, to, subtree)]
      : [...(await sub(middle, to, false)), await rangeRoot(from, middle, subtree)];
  };
  return sub(0, newer, true);
}

/** RFC 9162 §2.1.3.2. */
export function verifyInclusion(leaf: Hash, index: number, size: number, proof: readonly Hash[], root: Hash): boolean {
  if (index < 0 || index >= size) return false;
  let node = index;
  let last = size - 1;
  let hash = leaf;
  for (const sibling of proof) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      hash = nodeHash(sibling, hash);
      while (node % 2 === 0 && node !== 0) [node, last] = [half(node), half(last)];
    } else {
      hash = nodeHash(hash, sibling);
    }
    [node, last] = [half(node), half(last)];
  }
  return last === 0 && sameHash(hash, root);
}

/** RFC 9162 §2.1.4.2. */
export function verifyConsistency(
  older: { readonly size: number; readonly root: Hash },
  newer: { readonly size: number; readonly root: Hash },
  proof: readonly Hash[],
): boolean {
  if (older.size > newer.size) return false;
  if (older.size === newer.size) return proof.length === 0 && sameHash(older.root, newer.root);
  if (older.size === 0) return proof.length === 0 && sameHash(older.root, emptyRoot);
  let node = older.size - 1;
  let last = newer.size - 1;
  while (node % 2 === 1) [node, last] = [half(node), half(last)];
  const [first, ...rest] = node === 0 ? [older.root, ...proof] : proof;
  if (!first) return false;
  let oldHash = first;
  let newHash = first;
  for (const sibling of rest) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      oldHash = nodeHash(sibling, oldHash);
      newHash = nodeHash(sibling, newHash);
      while (node % 2 === 0 && node !== 0) [node, last] = [half(node), half(last)];
    } else {
      newHash = nodeHash(newHash, sibling);
    }
    [node, last] = [half(node), half(last)];
  }
  return last === 0 && sameHash(oldHash, older.root) && sameHash(newHash, newer.root);
}

/** MTH(D[from:to]) where `from` is a multiple of the largest power of two that the range can start with. */
async function rangeRoot(from: number, to: number, subtree: SubtreeHash): Promise<Hash> {
  const count = to - from;
  const height = Math.log2(count);
  if (Number.isInteger(height)) return subtree(height, from / count);
  const middle = from + splitOf(count);
  return nodeHash(await rangeRoot(from, middle, subtree), await rangeRoot(middle, to, subtree));
}

/** The largest power of two smaller than `count`; `count` > 1. */
export function splitOf(count: number): number {
  let split = 1;
  while (split * 2 < count) split *= 2;
  return split;
}

function half(value: number): number {
  return Math.floor(value / 2);
}

function at(hashes: readonly Hash[], index: number): Hash {
  const hash = hashes[index];
  assert(hash, 'the hash is there');
  return hash;
}
