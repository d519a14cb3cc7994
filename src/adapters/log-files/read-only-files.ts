// A directory as verification sees it: it can be read and listed, and nothing else.

import { type Dirent, readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ReadOnlyFiles } from '../../audit/verify-sources.ts';
import { diskStorage } from './disk.ts';
import { isAbsent } from './error-code.ts';

/** `idle`: a process that has nothing else to do may as well wait for each file, which takes a fifth of its time. */
export function readOnlyFiles(directory: string, { idle = false }: { readonly idle?: boolean } = {}): ReadOnlyFiles {
  const storage = diskStorage(directory);
  const list = async (below: string): Promise<string[]> => {
    const found: string[] = [];
    for (const each of await entriesOf(join(directory, below))) {
      const path = `${below}${each.name}`;
      if (each.isDirectory()) found.push(...(await list(`${path}/`)));
      else found.push(path);
    }
    return found;
  };
  return {
    read: idle ? async (path) => readNow(join(directory, path)) : (path) => storage.read(path),
    readAt: (path, offset, bytes) => storage.readAt(path, offset, bytes),
    list: () => list(''),
  };
}

function readNow(path: string): Uint8Array | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** A running gate removes what it has outgrown, also while this looks. */
async function entriesOf(directory: string): Promise<Dirent[]> {
  try {
    return await readdir(directory, { withFileTypes: true });
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}
