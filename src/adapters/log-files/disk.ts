// The storage port on a real directory. It holds no state but the directory's name.

import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, rmdir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { lengthOf } from '../../audit/pieces.ts';
import type { OpenOptions, Storage, StorageFile } from '../../ports/storage.ts';
import { isAbsent } from './error-code.ts';

/** Linux syncs as it writes: one trip to the thread pool where a write and an fdatasync are two. Elsewhere O_DSYNC promises less. */
const durableFlag = process.platform === 'linux' ? constants.O_DSYNC : 0;

interface HowToOpen {
  readonly flags: number;
  readonly mode: number;
  /** Each write has to be followed by a sync. */
  readonly syncWrites: boolean;
}

export function howToOpen({ secret, durable = false, empty }: OpenOptions): HowToOpen {
  const flags = constants.O_RDWR | constants.O_CREAT | (durable ? durableFlag : 0) | (empty ? constants.O_TRUNC : 0);
  return { flags, mode: secret ? 0o600 : 0o644, syncWrites: durable && durableFlag === 0 };
}

/** write(2): as many bytes as there is room for are written, and only the next call would say why not more. */
export function expectWhole(written: number, expected: number): void {
  if (written !== expected)
    throw Object.assign(new Error(`short write: ${written} of ${expected} bytes`), { code: 'ENOSPC' });
}

export function diskStorage(directory: string): Storage {
  const at = (path: string) => join(directory, path);
  return {
    read: (path) => absentIsUndefined(readFile(at(path))),
    readAt: (path, offset, bytes) => absentIsUndefined(readPart(at(path), offset, bytes)),
    list: async (path) => ((await absentIsUndefined(readdir(at(path)))) ?? []).sort(),
    async open(path, options = {}) {
      const { flags, mode, syncWrites } = howToOpen(options);
      return new DiskFile(await open(at(path), flags, mode), syncWrites);
    },
    sizeOf: async (path) => (await absentIsUndefined(stat(at(path))))?.size,
    async freeBytes() {
      const { blocks, bavail, bsize } = await statfs(directory);
      return blocks === 0 ? Number.POSITIVE_INFINITY : bavail * bsize;
    },
    rename: (from, to) => rename(at(from), at(to)),
    async remove(path) {
      if ((await stat(at(path))).isDirectory()) await rmdir(at(path));
      else await rm(at(path));
    },
    async makeDirectory(path) {
      await mkdir(at(path), { recursive: path === '' });
    },
    async syncDirectory(path) {
      const handle = await open(at(path), constants.O_RDONLY);
      try {
        await handle.sync();
      } finally {
        await handle.close();
      }
    },
  };
}

class DiskFile implements StorageFile {
  readonly #handle: FileHandle;
  readonly #syncWrites: boolean;

  constructor(handle: FileHandle, syncWrites: boolean) {
    this.#handle = handle;
    this.#syncWrites = syncWrites;
  }

  async write(chunks: readonly Uint8Array[], position: number): Promise<void> {
    const { bytesWritten } = await this.#handle.writev(chunks, position);
    expectWhole(bytesWritten, lengthOf(chunks));
    if (this.#syncWrites) await this.sync();
  }

  sync(): Promise<void> {
    return this.#handle.datasync();
  }

  truncate(bytes: number): Promise<void> {
    return this.#handle.truncate(bytes);
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

async function readPart(path: string, offset: number, bytes: number): Promise<Uint8Array> {
  const handle = await open(path, constants.O_RDONLY);
  try {
    const buffer = Buffer.alloc(bytes);
    const { bytesRead } = await handle.read(buffer, 0, bytes, offset);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

async function absentIsUndefined<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}
