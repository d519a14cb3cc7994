// Two threads in turn: while one waits for the disk the other writes, and what both have synced at the same time the disk does once.
// INVARIANT: it is settled when both have; where one has ended, the next file for it fails.

import { BulkThread } from './bulk-thread.ts';
import type { BulkFiles, HashedBundle } from './bundle-file.ts';
import type { NewFile } from './new-files.ts';

export class BulkThreads implements BulkFiles {
  readonly lanes: number;
  readonly #threads: readonly [BulkThread, BulkThread];
  #turn = 0;

  /** `directory`: the state directory. */
  constructor(directory: string) {
    this.#threads = [new BulkThread(directory), new BulkThread(directory)];
    this.lanes = this.#threads[0].lanes + this.#threads[1].lanes;
  }

  put(file: NewFile): Promise<void> {
    return this.#next().put(file);
  }

  putBundle(index: number, pieces: readonly Uint8Array[]): Promise<HashedBundle> {
    return this.#next().putBundle(index, pieces);
  }

  async settle(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.settle()));
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }

  #next(): BulkThread {
    return this.#threads[this.#turn++ % 2 === 0 ? 0 : 1];
  }
}
