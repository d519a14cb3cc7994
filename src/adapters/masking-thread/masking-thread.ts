// Long answers, masked one at a time in a thread of their own, which is made when there is one and gone soon after: so neither
// its time nor its memory is the gate's. Whatever the thread dies of is the answer's fault, and refused as such.

import { Worker } from 'node:worker_threads';
import { ok, type Result, refuse } from '../../core/result.ts';
import type { Clock } from '../../ports/clock.ts';
import type { LongWork } from '../../ports/long-work.ts';

const canceled = refuse('canceled', 'Nobody waits for this answer any more.');
const tooLarge = refuse('too_large', 'To mask this answer takes more time or memory than the gate gives one.', {
  next: 'Ask for less at a time.',
});

export interface MaskingThreadOptions {
  readonly clock: Clock;
  /** Answers each task with what was done. */
  readonly thread: URL;
  /** Of the thread's own heap. */
  readonly heapMegabytesMax: number;
  readonly taskMs: number;
  /** So long it is kept for the next. */
  readonly idleMs: number;
}

export class MaskingThread<Task, Done> implements LongWork<Task, Done> {
  readonly #options: MaskingThreadOptions;
  #worker: Worker | null = null;
  #last: Promise<void> = Promise.resolve();
  #stopIdle: () => void = () => {};

  constructor(options: MaskingThreadOptions) {
    this.#options = options;
  }

  async do(task: () => Task, over: AbortSignal): Promise<Result<Done>> {
    const turn = this.#last;
    const { promise, resolve: end } = Promise.withResolvers<void>();
    this.#last = promise;
    await Promise.race([turn, aborted(over)]);
    if (over.aborted) {
      void turn.then(end);
      return canceled;
    }
    try {
      return await this.#do(task(), over);
    } finally {
      end();
    }
  }

  /** Whatever it is at is refused. */
  close(): void {
    this.#stopIdle();
    void this.#worker?.terminate();
  }

  async #do(task: Task, over: AbortSignal): Promise<Result<Done>> {
    const { clock, idleMs } = this.#options;
    this.#stopIdle();
    const worker = (this.#worker ??= this.#start());
    const done = await this.#answer(worker, task, over);
    if (!done.ok) {
      this.#worker = null;
      await worker.terminate();
      return done;
    }
    this.#stopIdle = clock.after(idleMs, () => {
      this.#worker = null;
      void worker.terminate();
    });
    return done;
  }

  /** A refusal = the thread is of no more use. */
  async #answer(worker: Worker, task: Task, over: AbortSignal): Promise<Result<Done>> {
    const { promise, resolve } = Promise.withResolvers<Result<Done>>();
    const answered = (done: Done): void => resolve(ok(done));
    // Out of time, out of memory, or a bug.
    const left = (): void => resolve(tooLarge);
    const gone = (): void => resolve(canceled);
    const stopTimer = this.#options.clock.after(this.#options.taskMs, left);
    worker.once('message', answered);
    worker.once('exit', left);
    over.addEventListener('abort', gone, { once: true });
    worker.ref();
    worker.postMessage(task);
    const done = await promise;
    stopTimer();
    worker.off('message', answered);
    worker.off('exit', left);
    over.removeEventListener('abort', gone);
    worker.unref();
    return done;
  }

  #start(): Worker {
    const { thread, heapMegabytesMax } = this.#options;
    const worker = new Worker(thread, { resourceLimits: { maxOldGenerationSizeMb: heapMegabytesMax } });
    // Whatever the error: 'exit' follows.
    worker.on('error', () => {});
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = null;
    });
    return worker;
  }
}

function aborted(signal: AbortSignal): Promise<unknown> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}
