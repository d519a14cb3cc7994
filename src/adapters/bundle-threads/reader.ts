// Bundles of a long log read by several threads at once; a short one is over before a thread has started, and is read here.
// INVARIANT: what a thread says is what readBundle would have said here, or verification ends with an error.

import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { type BundleReader, type BundleReading, readBundle } from '../../audit/bundle-reading.ts';
import { type BundleTask, bundleThread } from './thread.ts';

/** Beyond so many there is nothing to gain: what comes back has to be gone through in order, by one. */
const threadsMax = 4;
/** So many are read here first. */
const hereMax = 64;

export class BundleThreads {
  readonly #threads: Thread[] = [];
  #asked = 0;

  readonly read: BundleReader = async (bytes, first, width) => {
    const turn = this.#asked++ - hereMax;
    if (turn < 0) return readBundle(bytes, first, width);
    const place = turn % Math.min(threadsMax, availableParallelism());
    const thread = (this.#threads[place] ??= new Thread());
    return thread.read({ bytes: new Uint8Array(bytes), first, width });
  };

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }
}

/** Answers come in the order of the questions. */
class Thread {
  readonly #worker = new Worker(bundleThread);
  #waiting: { readonly resolve: (reading: BundleReading) => void; readonly reject: (reason: Error) => void }[] = [];
  #ended = false;

  constructor() {
    this.#worker.on('message', (reading: BundleReading) => this.#waiting.shift()?.resolve(reading));
    this.#worker.on('error', () => {});
    this.#worker.on('exit', () => {
      this.#ended = true;
      for (const { reject } of this.#waiting.splice(0))
        reject(new Error('a thread that was reading the log has ended'));
    });
  }

  read(task: BundleTask & { readonly bytes: Uint8Array<ArrayBuffer> }): Promise<BundleReading> {
    if (this.#ended) return Promise.reject(new Error('a thread that was reading the log has ended'));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#worker.postMessage(task, [task.bytes.buffer]);
    });
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}

/** Lends a reader to `work`, and ends its threads after it. */
export async function withBundleThreads<T>(work: (reader: BundleReader) => Promise<T>): Promise<T> {
  const threads = new BundleThreads();
  try {
    return await work(threads.read);
  } finally {
    await threads.close();
  }
}
