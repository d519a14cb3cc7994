// Bundles of a long log read by several threads at once, of which this is one; a short log is over before another has started.
// INVARIANT: what a thread says is what readBundle would have said here, or verification ends with an error.

import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { type BundleReader, type BundleReading, readBundle } from '../../audit/bundle-reading.ts';
import { type BundleTask, bundleThread, type ThreadMessage } from './thread.ts';

/** Beyond so many there is nothing to gain: what comes back has to be gone through in order, by one. */
const threadsMax = 3;
/** So many are read here before threads are started: in about the time that starting one takes. */
const startAfter = 256;
/** So many bundles wait at each thread, or it would be idle while one is read here. */
const waitingMax = 3;

export class BundleThreads {
  readonly #threads: Thread[] = [];
  readonly #startAfter: number;
  #asked = 0;

  constructor(after: number = startAfter) {
    this.#startAfter = after;
  }

  readonly read: BundleReader = async (bytes, first, width) => {
    if (this.#asked++ === this.#startAfter)
      for (let i = 0; i < Math.min(threadsMax, availableParallelism() - 1); i++) this.#threads.push(new Thread());
    // What the others have to say is heard between two bundles.
    if (this.#threads.length > 0) await setImmediate();
    const thread = this.#threads.find((each) => each.isFree());
    return thread ? thread.read({ bytes: new Uint8Array(bytes), first, width }) : readBundle(bytes, first, width);
  };

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }
}

/** Answers come in the order of the questions. */
class Thread {
  readonly #worker = new Worker(bundleThread);
  #waiting: { readonly resolve: (reading: BundleReading) => void; readonly reject: (reason: Error) => void }[] = [];
  #state: 'starting' | 'ready' | 'ended' = 'starting';

  constructor() {
    this.#worker.on('message', (message: ThreadMessage) => {
      if (message === 'ready') this.#state = 'ready';
      else this.#waiting.shift()?.resolve(message);
    });
    this.#worker.on('error', () => {});
    this.#worker.on('exit', () => {
      this.#state = 'ended';
      for (const { reject } of this.#waiting.splice(0)) reject(threadEnded());
    });
  }

  /** Whether it is to be asked next. One that has ended is: it says so. */
  isFree(): boolean {
    return this.#state === 'ended' || (this.#state === 'ready' && this.#waiting.length < waitingMax);
  }

  read(task: BundleTask & { readonly bytes: Uint8Array<ArrayBuffer> }): Promise<BundleReading> {
    if (this.#state === 'ended') return Promise.reject(threadEnded());
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#worker.postMessage(task, [task.bytes.buffer]);
    });
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}

function threadEnded(): Error {
  return new Error('a thread that was reading the log has ended');
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
