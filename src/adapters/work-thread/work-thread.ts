// What takes long, done one at a time in a thread of its own, which is made when there is some and gone soon after: so neither
// its time nor its memory is the gate's. Whatever the thread dies of is the task's fault, and refused as such.

import { Worker } from 'node:worker_threads';
import { fail, ok, type Refusal, type Result, refuse } from '../../core/result.ts';
import type { Clock } from '../../ports/clock.ts';
import type { LongWork } from '../../ports/long-work.ts';

const canceled = refuse('canceled', 'Nobody waits for this answer any more.');

/** Where what runs in a thread lies beside `module`, whichever of the two it was shipped as. `name` is without its ending. */
export function threadBeside(module: string, name: string): URL {
  return new URL(`./${name}${module.endsWith('.ts') ? '.ts' : '.js'}`, module);
}

export interface WorkThreadOptions {
  readonly clock: Clock;
  /** Answers each task with what was done. */
  readonly thread: URL;
  /** Of the thread's own heap. */
  readonly heapMegabytesMax: number;
  readonly taskMs: number;
  /** What a task is told that takes more time or memory than there is. */
  readonly tooLarge: Refusal;
  /** So long it is kept for the next. */
  readonly idleMs: number;
}

export class WorkThread<Task, Done> implements LongWork<Task, Done> {
  readonly #options: WorkThreadOptions;
  #worker: Worker | null = null;
  #last: Promise<void> = Promise.resolve();
  #stopIdle: () => void = () => {};

  constructor(options: WorkThreadOptions) {
    this.#options = options;
  }

  async do(task: () => Task, over?: AbortSignal): Promise<Result<Done>> {
    const turn = this.#last;
    const { promise, resolve: end } = Promise.withResolvers<void>();
    this.#last = promise;
    await (over ? Promise.race([turn, aborted(over)]) : turn);
    if (over?.aborted) {
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

  async #do(task: Task, over: AbortSignal | undefined): Promise<Result<Done>> {
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
  async #answer(worker: Worker, task: Task, over: AbortSignal | undefined): Promise<Result<Done>> {
    const { promise, resolve } = Promise.withResolvers<Result<Done>>();
    const answered = (done: Done): void => resolve(ok(done));
    // Out of time, out of memory, or a bug.
    const left = (): void => resolve(fail(this.#options.tooLarge));
    const gone = (): void => resolve(canceled);
    const stopTimer = this.#options.clock.after(this.#options.taskMs, left);
    worker.once('message', answered);
    worker.once('exit', left);
    over?.addEventListener('abort', gone, { once: true });
    worker.ref();
    worker.postMessage(task);
    const done = await promise;
    stopTimer();
    worker.off('message', answered);
    worker.off('exit', left);
    over?.removeEventListener('abort', gone);
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
