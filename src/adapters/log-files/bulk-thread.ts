// Many files of an integration written by a thread of its own, so that whoever appends meanwhile waits for none of it.
// It starts with the first of them. INVARIANT: what the thread has not confirmed counts as not written; once it has ended, nothing is.

import { Worker } from 'node:worker_threads';
import { assert } from '../../core/result.ts';
import { type BulkAnswer, type BulkWork, bulkModule, isShared, type LentPiece, ownBuffers } from './bulk-work.ts';
import type { BulkFiles, HashedBundle } from './bundle-file.ts';
import type { NewFile } from './new-files.ts';

interface Waiting {
  readonly resolve: (bundle: HashedBundle | undefined) => void;
  readonly reject: (reason: Error) => void;
}

export class BulkThread implements BulkFiles {
  /** So many that it need not wait for the next while this thread is busy. */
  readonly lanes = 8;
  readonly #directory: string;
  #worker: Worker | undefined;
  #ended = false;
  /** By the id of the task. */
  readonly #waiting = new Map<number, Waiting>();
  #asked = 0;

  /** `directory`: the state directory. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  async put({ pieces, ...file }: NewFile): Promise<void> {
    await this.#ask({ kind: 'file', ...file, pieces: lent(pieces) });
  }

  async putBundle(index: number, pieces: readonly Uint8Array[]): Promise<HashedBundle> {
    const bundle = await this.#ask({ kind: 'bundle', index, pieces: lent(pieces) });
    assert(bundle, 'a bundle is answered with its hashes');
    return bundle;
  }

  async settle(): Promise<void> {
    await this.#ask({ kind: 'settle' });
  }

  async close(): Promise<void> {
    this.#ended = true;
    await this.#worker?.terminate();
  }

  #ask(work: BulkWork): Promise<HashedBundle | undefined> {
    if (this.#ended) return Promise.reject(ended());
    const worker = (this.#worker ??= this.#start());
    return new Promise((resolve, reject) => {
      // The process lives as long as somebody waits for the thread, and no longer.
      if (this.#waiting.size === 0) worker.ref();
      const id = this.#asked++;
      this.#waiting.set(id, { resolve, reject });
      worker.postMessage({ id, ...work }, work.kind === 'settle' ? [] : ownBuffers(work.pieces));
    });
  }

  #start(): Worker {
    const worker = new Worker(bulkModule, { workerData: this.#directory });
    worker.on('message', (answer: BulkAnswer) => {
      const waiting = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if (this.#waiting.size === 0) worker.unref();
      if (answer.ok) waiting?.resolve(answer.bundle);
      else waiting?.reject(Object.assign(new Error('a file of the log could not be written'), { code: answer.code }));
    });
    let cause: unknown;
    worker.on('error', (error) => {
      cause = error;
    });
    worker.on('exit', () => {
      this.#ended = true;
      for (const { reject } of this.#waiting.values()) reject(ended(cause));
      this.#waiting.clear();
    });
    return worker;
  }
}

function ended(cause?: unknown): Error {
  return new Error('the thread that was writing the log has ended', { cause });
}

/** Shared memory stays as it is until the thread has answered; what is not shared is copied, as it is in use here. */
function lent(pieces: readonly Uint8Array[]): readonly LentPiece[] {
  return pieces.map((piece) => (isShared(piece) ? piece : new Uint8Array(piece)));
}
