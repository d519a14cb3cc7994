// The entries of a log at rest, read from its bundles as they stand there. It judges nothing.

import { decodeBundle, tilePath, widthAt } from './tile.ts';
import { tileWidth } from './tree.ts';
import type { ReadOnlyFiles } from './verify-sources.ts';

/** Undefined where its bundle does not hold it. `size` is that of a tree the log has or had. */
export async function entryAt(log: ReadOnlyFiles, seq: number, size: number): Promise<Uint8Array | undefined> {
  return (await bundleAt(log, Math.floor(seq / tileWidth), size))?.[seq % tileWidth];
}

/** The entries from `from` on and before `to`, a bundle at a time; it ends early where a bundle is missing. */
export async function* entriesBetween(
  log: ReadOnlyFiles,
  from: number,
  to: number,
  size: number,
): AsyncGenerator<readonly Uint8Array[]> {
  for (let index = Math.floor(from / tileWidth); index * tileWidth < to; index++) {
    const bundle = await bundleAt(log, index, size);
    if (!bundle) return;
    const start = index * tileWidth;
    yield bundle.slice(Math.max(0, from - start), to - start);
  }
}

async function bundleAt(log: ReadOnlyFiles, index: number, size: number): Promise<Uint8Array[] | undefined> {
  const width = widthAt('entries', index, size);
  const bytes =
    (await log.read(tilePath({ level: 'entries', index, width }))) ??
    (await log.read(tilePath({ level: 'entries', index, width: tileWidth })));
  return bytes && decodeBundle(bytes).entries;
}
