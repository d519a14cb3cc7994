// The segment that the journal goes on with: zeros, on disk in a file of their own before they are wanted. Zeros that are added to the
// segment in use change its metadata, and every frame that is written meanwhile waits for those.

import type { Storage, StorageFile } from '../../ports/storage.ts';
import { isFull } from './error-code.ts';

/** What it is called until it is one. INVARIANT: under this name it holds nothing but zeros. */
const unnamed = 'journal.next';
const chunkBytes = 1024 * 1024;

export class NextSegment {
  readonly #storage: Storage;
  readonly #bytes: number;
  #made: Promise<StorageFile | undefined> | undefined;
  #failure: unknown;
  #closed = false;

  constructor(storage: Storage, bytes: number) {
    this.#storage = storage;
    this.#bytes = bytes;
  }

  /** What became of a disk that failed; it has to be asked before anything is written. Full, it has not failed. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Begins to make it, once. */
  prepare(): void {
    this.#made ??= this.#make().catch((error: unknown) => {
      this.#failure = error;
      return undefined;
    });
  }

  /** It is the file at `path` from now on, whose directory is the caller's to sync. Undefined where none was made. */
  async take(path: string): Promise<StorageFile | undefined> {
    const file = await this.#made;
    this.#made = undefined;
    if (file) await this.#storage.rename(unnamed, path);
    return file;
  }

  /** What an earlier run left, or nobody took. */
  async remove(): Promise<void> {
    if (!this.#made && (await this.#storage.sizeOf(unnamed)) !== undefined) await this.#storage.remove(unnamed);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const file = await this.#made;
    this.#made = undefined;
    await file?.close();
  }

  async #make(): Promise<StorageFile | undefined> {
    const file = await this.#storage.open(unnamed, { durable: true, empty: true });
    const zeros = new Uint8Array(chunkBytes);
    try {
      for (let at = 0; at < this.#bytes && !this.#closed; at += chunkBytes)
        await file.write([zeros.subarray(0, this.#bytes - at)], at);
      return file;
    } catch (error) {
      await file.close();
      if (!isFull(error)) throw error;
      await this.#storage.remove(unnamed);
      return undefined;
    }
  }
}
