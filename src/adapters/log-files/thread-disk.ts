// The disk for a thread that does nothing but write files: what takes no time is done at once, without a trip to the thread pool.
// INVARIANT: it is never used in a thread that anybody waits for.

import { closeSync, constants, fdatasync, fsyncSync, ftruncateSync, mkdirSync, openSync, writev } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { lengthOf } from '../../audit/pieces.ts';
import type { StorageFile } from '../../ports/storage.ts';
import { expectWhole, howToOpen } from './disk.ts';
import type { NewFileStorage } from './new-files.ts';

const writing = promisify(writev);
const syncing = promisify(fdatasync);

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
      const { bytesWritten } = await writing(handle, chunks, position);
      expectWhole(bytesWritten, lengthOf(chunks));
      if (syncWrites) await syncing(handle);
    },
    sync: () => syncing(handle),
    truncate: async (bytes) => ftruncateSync(handle, bytes),
    close: async () => closeSync(handle),
  };
}
