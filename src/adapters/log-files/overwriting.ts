// Zeros over what must not be read again, on disk before anything else happens to the file. What a file system that copies on
// write, or a disk that moves its blocks, keeps of the old bytes is beyond any program.

import type { Storage } from '../../ports/storage.ts';

export interface Extent {
  readonly position: number;
  readonly bytes: number;
}

/** Removes the file once all of it is overwritten; there may be none. */
export async function erase(storage: Storage, path: string): Promise<void> {
  const bytes = await storage.sizeOf(path);
  if (bytes === undefined) return;
  await overwrite(storage, path, [{ position: 0, bytes }]);
  await storage.remove(path);
}

export async function overwrite(storage: Storage, path: string, extents: readonly Extent[]): Promise<void> {
  if (extents.every(({ bytes }) => bytes === 0)) return;
  const file = await storage.open(path);
  try {
    for (const { position, bytes } of extents) await file.write([new Uint8Array(bytes)], position);
    await file.sync();
  } finally {
    await file.close();
  }
}
