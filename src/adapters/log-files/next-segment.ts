// The segment that the journal goes on with: zeros, on disk in a file of their own before they are wanted. Zeros that are added to the
// segment in use change its metadata, and every frame that is written meanwhile waits for those. Once there is a segment that has
// done its work, it becomes the next one: its blocks are there already, and nothing but their content changes.

import type { Storage, StorageFile } from '../../ports/storage.ts';
import { isFull } from './error-code.ts';
import { erase } from './overwriting.ts';

/** What it is called until it is one. INVARIANT: under this name it holds nothing but zeros. */
const unnamed = 'journal.next';
/** What one is called that has done its work, until it holds nothing but zeros. */
const reused = 'journal.reused';

/** A file that grows is given its blocks with each write. */
const growingBytes = 1024 * 1024;
/** Few at once, since frames that come meanwhile reach the disk after them. */
const overwritingBytes = 256 * 1024;

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
    this.#made ??= this.#remember(this.#make());
  }

  /**
   * Begins to make it of the segment at `path`, which is as long as this one has to be. False where one is made already, or being
   * made; else that segment is gone when it resolves.
   */
  async reuse(path: string): Promise<boolean> {
    if (this.#made || this.#closed) return false;
    const moved = this.#move(path);
    this.#made = this.#remember(moved.then(() => this.#remake()));
    await moved;
    return true;
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
    if (this.#made) return;
    await erase(this.#storage, reused);
    if ((await this.#storage.sizeOf(unnamed)) !== undefined) await this.#storage.remove(unnamed);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const file = await this.#made;
    this.#made = undefined;
    await file?.close();
  }

  #remember(made: Promise<StorageFile | undefined>): Promise<StorageFile | undefined> {
    return made.catch((error: unknown) => {
      this.#failure = error;
      return undefined;
    });
  }

  async #make(): Promise<StorageFile | undefined> {
    const file = await this.#storage.open(unnamed, { durable: true, empty: true });
    try {
      await this.#fill(file, growingBytes, () => this.#closed);
      return file;
    } catch (error) {
      await file.close();
      if (!isFull(error)) throw error;
      await this.#storage.remove(unnamed);
      return undefined;
    }
  }

  /** Out of the journal first: half overwritten, it would read as a damaged segment after a crash. */
  async #move(path: string): Promise<void> {
    await this.#storage.rename(path, reused);
    await this.#storage.syncDirectory('');
    await this.#storage.syncDirectory('journal');
  }

  /** INVARIANT: what the segment held is overwritten to its end, also by a log that is being closed. */
  async #remake(): Promise<StorageFile> {
    const file = await this.#storage.open(reused, { durable: true });
    try {
      await this.#fill(file, overwritingBytes, () => false);
      await this.#storage.rename(reused, unnamed);
      return file;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async #fill(file: StorageFile, step: number, enough: () => boolean): Promise<void> {
    const zeros = new Uint8Array(step);
    for (let at = 0; at < this.#bytes && !enough(); at += step)
      await file.write([zeros.subarray(0, this.#bytes - at)], at);
  }
}
