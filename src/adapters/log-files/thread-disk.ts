// The disk for a thread that does nothing but write files: it waits for the disk itself, and takes no thread of the pool from others.
// INVARIANT: it is never used in a thread that anybody waits for.

import {
  closeSync,
  constants,
  fdatasyncSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  writevSync,
} from 'node:fs';
import { join } from 'node:path';
import { lengthOf } from '../../audit/pieces.ts';
import type { StorageFile } from '../../ports/storage.ts';
import { expectWhole, howToOpen } from './disk.ts';
import type { NewFileStorage } from './new-files.ts';

export function threadDisk(directory: string): NewFileStorage {
  const at = (path: string) => join(directory, path);
  return {
    async open(path, options = {}) {
      const { flags, mode, syncWrites } = howToOpen(options);
      return threadFile(openSync(at(path), flags, mode), syncWrites);
    },
    makeDirectory: async (path) => mkdirSync(at(path)),
    async syncDirectory(path) {
      const handle = openSync(at(path), constants.O_RDONLY);
      try {
        fsyncSync(handle);
      } finally {
        closeSync(handle);
      }
    },
  };
}

function threadFile(handle: number, syncWrites: boolean): StorageFile {
  return {
    async write(chunks, position) {
      expectWhole(writevSync(handle, chunks, position), lengthOf(chunks));
      if (syncWrites) fdatasyncSync(handle);
    },
    sync: async () => fdatasyncSync(handle),
    truncate: async (bytes) => ftruncateSync(handle, bytes),
    close: async () => closeSync(handle),
  };
}
