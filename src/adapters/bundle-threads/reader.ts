// Parts of a long log read by several threads at once, of which this is one; a short log is over before another has started.
// INVARIANT: what a thread says is what readBundle or readPack would have said here, or verification ends with an error.

import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { type BundleReading, readBundle } from '../../audit/bundle-reading.ts';
import { type PackReading, readPack } from '../../audit/pack-reading.ts';
import type { PartReader } from '../../audit/verify.ts';
import { assert } from '../../core/result.ts';
import { type ReadingTask, readingThread, type ThreadAnswer, type ThreadMessage } from './thread.ts';

/** Beyond so many there is nothing to gain: what comes back has to be gone through in order, by one. */
const threadsMax = 3;
/** So many bundles are read here before threads are started: in about the time that starting one takes. */
const startAfter = 256;
/** A piece of a pack of so many bytes takes about as long as a bundle. */
const packBytes = 1024 * 1024;
/** So many parts wait at each thread, or it would be idle while one is read here. */
const waitingMax = 3;

export class BundleThreads {
  readonly #threads: Thread[] = [];
  readonly #startAfter: number;
  /** In bundles. */
  #read = 0;
  #started = false;

  constructor(after: number = startAfter) {
    this.#startAfter = after;
  }

  readonly reader: PartReader = {
    bundle: async (bytes, first, width) => {
      const thread = await this.#free(1);
      return thread ? thread.bundle(bytes, first, width) : readBundle(bytes, first, width);
    },
    pack: async (piece) => {
      const thread = await this.#free(piece.length / packBytes);
      return thread ? thread.pack(piece) : readPack(piece);
    },
  };

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }

  /** Undefined where it is to be read here. */
  async #free(bundles: number): Promise<Thread | undefined> {
    if (!this.#started && this.#read >= this.#startAfter) {
      this.#started = true;
      for (let i = 0; i < Math.min(threadsMax, availableParallelism() - 1); i++) this.#threads.push(new Thread());
    }
    this.#read += bundles;
    // What the others have to say is heard between two parts.
    if (this.#threads.length > 0) await setImmediate();
    return this.#threads.find((each) => each.isFree());
  }
}

interface Waiting {
  readonly resolve: (answer: ThreadAnswer) => void;
  readonly reject: (reason: Error) => void;
}

/** Answers come in the order of the questions. */
class Thread {
  readonly #worker = new Worker(readingThread);
  #waiting: Waiting[] = [];
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

  async bundle(bytes: Uint8Array, first: number, width: number): Promise<BundleReading> {
    const answer = await this.#ask({ kind: 'bundle', bytes: new Uint8Array(bytes), first, width });
    assert(answer.kind === 'bundle', 'a bundle is answered as one');
    return answer.reading;
  }

  async pack(piece: Uint8Array): Promise<PackReading> {
    const answer = await this.#ask({ kind: 'pack', bytes: new Uint8Array(piece) });
    assert(answer.kind === 'pack', 'a piece of a pack is answered as one');
    return answer.reading;
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #ask(task: ReadingTask): Promise<ThreadAnswer> {
    if (this.#state === 'ended') return Promise.reject(threadEnded());
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#worker.postMessage(task, [task.bytes.buffer]);
    });
  }
}

function threadEnded(): Error {
  return new Error('a thread that was reading the log has ended');
}

/** Lends a reader to `work`, and ends its threads after it. */
export async function withBundleThreads<T>(work: (reader: PartReader) => Promise<T>): Promise<T> {
  const threads = new BundleThreads();
  try {
    return await work(threads.reader);
  } finally {
    await threads.close();
  }
}
