// Proofs from the tiles of a log: the hash of any complete subtree, read from the one tile that holds its leaves' level.
// A tile that has grown since holds what it held.

import { assert } from '../core/result.ts';
import { decodeHashes, tilePath, widthAt } from './tile.ts';
import { type Hash, listRoot, type SubtreeHash, tileWidth } from './tree.ts';
import type { ReadOnlyFiles } from './verify-sources.ts';

/** A tile is gone, or too short for the tree it should belong to. */
export class TileMissing extends Error {}

const tileHeight = Math.log2(tileWidth);

/** For a tree of at least `size` entries. @throws TileMissing */
export function subtreeHashes(log: Pick<ReadOnlyFiles, 'read'>, size: number): SubtreeHash {
  return async (height, index) => {
    const level = Math.floor(height / tileHeight);
    const count = 2 ** (height % tileHeight);
    const first = index * count;
    const tile = Math.floor(first / tileWidth);
    const hashes = await readTile(log, level, tile, size);
    const at = first % tileWidth;
    assert(at + count <= tileWidth, 'a subtree does not cross tiles');
    if (hashes.length < at + count) throw new TileMissing(tilePath({ level, index: tile, width: tileWidth }));
    return listRoot(hashes.slice(at, at + count));
  };
}

async function readTile(log: Pick<ReadOnlyFiles, 'read'>, level: number, index: number, size: number): Promise<Hash[]> {
  const width = widthAt(level, index, size);
  const full = tilePath({ level, index, width: tileWidth });
  const partial = width > 0 && width < tileWidth ? await log.read(tilePath({ level, index, width })) : undefined;
  const bytes = partial ?? (await log.read(full));
  const hashes = bytes && decodeHashes(bytes);
  if (!hashes) throw new TileMissing(full);
  return hashes;
}
