// A full bundle becomes two files: its entries, and the tile of their hashes. Where that is done is the caller's: in the writer's own
// thread where there are few, in one of their own where there are many. INVARIANT: what comes of it is the same.

import { decodeBundle, tilePath } from '../../audit/tile.ts';
import { type Hash, tileRoot, tileWidth, writeLeafHash } from '../../audit/tree.ts';
import { assert } from '../../core/result.ts';
import { lanesOfPool, type NewFile, type NewFiles } from './new-files.ts';

export interface HashedBundle {
  /** Its 256 hashes, one after another. */
  readonly leaves: Uint8Array<ArrayBuffer>;
  readonly root: Hash;
}

/** Where an integration puts its files. */
export interface BulkFiles {
  /** It is on disk once settle() has resolved. */
  put(file: NewFile): Promise<void>;
  /** `pieces`: the whole bundle as its file holds it. Written as by `put`, with its hashes. */
  putBundle(index: number, pieces: readonly Uint8Array[]): Promise<HashedBundle>;
  settle(): Promise<void>;
  /** How many files it is worth handing over at once. */
  readonly lanes: number;
}

/** In this thread. */
export function bulkFiles(files: NewFiles): BulkFiles {
  return {
    put: (file) => files.put(file),
    async putBundle(index, pieces) {
      const { entries, rest } = decodeBundle(Buffer.concat(pieces));
      assert(rest === 0 && entries.length === tileWidth, 'the bundle is full');
      const leaves = new Uint8Array(32 * tileWidth);
      entries.forEach((entry, at) => writeLeafHash(entry, leaves, 32 * at));
      await files.put({ path: `log/${tilePath({ level: 'entries', index, width: tileWidth })}`, pieces });
      await files.put({ path: `log/${tilePath({ level: 0, index, width: tileWidth })}`, pieces: [leaves] });
      return { leaves, root: tileRoot(leaves) };
    },
    settle: () => files.settle(),
    lanes: lanesOfPool,
  };
}
