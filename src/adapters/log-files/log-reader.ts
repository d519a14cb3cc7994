// Entries and payloads read from an open log: from the files of the tree, or where they wait to get there.

import { decodeEntry } from '../../audit/entry.ts';
import { tileWidth } from '../../audit/tree.ts';
import type { Payload } from '../../core/record.ts';
import type { LogReader } from '../../ports/log.ts';
import type { GrowingBundles } from './growing-bundles.ts';
import type { PayloadFiles } from './payload-files.ts';
import type { TreeFiles } from './tree-files.ts';

interface Read {
  readonly bundles: GrowingBundles;
  readonly tree: TreeFiles;
  readonly payloads: PayloadFiles;
}

/** `durable`: how many entries are on disk. */
export function logReader({ bundles, tree, payloads }: Read, durable: () => number): LogReader {
  return {
    get size() {
      return durable();
    },
    async *entries(from, to) {
      const end = Math.min(to ?? durable(), durable());
      for (let seq = Math.max(0, from); seq < end; ) {
        // INVARIANT: no await between looking where an entry is and taking it.
        const entries =
          seq >= bundles.first
            ? bundles.entries(seq)
            : (await tree.bundle(Math.floor(seq / tileWidth))).slice(seq % tileWidth);
        for (const bytes of entries.slice(0, end - seq)) {
          const entry = decodeEntry(bytes);
          if (!entry.ok) throw new Error(`entry ${seq}: ${entry.error}`);
          yield entry.value;
          seq++;
        }
      }
    },
    async payload(entry): Promise<Payload | null> {
      if (!entry.payload) return null;
      const blob = entry.seq < tree.size ? await payloads.read(entry.seq) : bundles.payload(entry.seq);
      if (!blob) return null;
      const bytes = await payloads.decrypt(entry, blob);
      return bytes && { media: entry.payload.media, bytes };
    },
  };
}
