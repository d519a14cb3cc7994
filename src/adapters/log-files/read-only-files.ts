// A directory as verification sees it: it can be read and listed, and nothing else.

import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ReadOnlyFiles } from '../../audit/verify-sources.ts';
import { diskStorage } from './disk.ts';
import { errorCode } from './error-code.ts';

export function readOnlyFiles(directory: string): ReadOnlyFiles {
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
    read: (path) => storage.read(path),
    readAt: (path, offset, bytes) => storage.readAt(path, offset, bytes),
    list: () => list(''),
  };
}

/** A running gate removes what it has outgrown, also while this looks. */
async function entriesOf(directory: string): Promise<Dirent[]> {
  try {
    return await readdir(directory, { withFileTypes: true });
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}
