// Long statements, one at a time in a thread of their own, which is made when there is one and gone soon after: so neither
// its time nor its memory is the gate's. Whatever the thread dies of is the statement's fault, and refused as such.

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { type Result, refuse } from '../../core/result.ts';
import type { Clock } from '../../ports/clock.ts';
import type { StatementParser } from '../../ports/statement-parser.ts';
import type { ParsedStatement } from '../../sql/parse.ts';

type Parsed = Result<readonly ParsedStatement[]>;

const parseMs = 30_000;
const idleMs = 10_000;
/** Of the thread's own heap; a tree takes about 400 times the bytes of its text. */
const heapMegabytesMax = 1_024;

export class ParseThread implements StatementParser {
  readonly #clock: Clock;
  readonly #thread: URL;
  readonly #heapMegabytes: number;
  #worker: Worker | null = null;
  #last: Promise<unknown> = Promise.resolve();
  #stopIdle: () => void = () => {};

  /** `thread` answers a text with what `parse` gives back for it. */
  constructor(clock: Clock, thread: URL, heapMegabytes: number = heapMegabytesMax) {
    this.#clock = clock;
    this.#thread = thread;
    this.#heapMegabytes = heapMegabytes;
  }

  parse(text: string): Promise<Parsed> {
    const parsed = this.#last.then(() => this.#parse(text));
    this.#last = parsed;
    return parsed;
  }

  async #parse(text: string): Promise<Parsed> {
    this.#stopIdle();
    const worker = (this.#worker ??= startWorker(this.#thread, this.#heapMegabytes));
    const parsed = await this.#answer(worker, text);
    if (parsed === null) {
      this.#worker = null;
      await worker.terminate();
      return refuse('too_large', 'The statement is too large to be analysed.');
    }
    this.#stopIdle = this.#clock.after(idleMs, () => {
      this.#worker = null;
      void worker.terminate();
    });
    return parsed;
  }

  /** Null = the thread is of no more use. */
  async #answer(worker: Worker, text: string): Promise<Parsed | null> {
    const over = new AbortController();
    const stopWaiting = this.#clock.after(parseMs, () => over.abort());
    const { promise: gone, resolve: leave } = Promise.withResolvers<null>();
    const left = (): void => leave(null);
    worker.once('exit', left);
    worker.ref();
    try {
      worker.postMessage(text);
      const answered = once(worker, 'message', { signal: over.signal }).then(([parsed]): Parsed => parsed);
      return await Promise.race([answered, gone]);
    } catch {
      // Out of memory, or out of time.
      return null;
    } finally {
      stopWaiting();
      over.abort();
      worker.off('exit', left);
      worker.unref();
    }
  }
}

function startWorker(thread: URL, maxOldGenerationSizeMb: number): Worker {
  const worker = new Worker(thread, { resourceLimits: { maxOldGenerationSizeMb } });
  // An error while nobody waits says what 'exit' says.
  worker.on('error', () => {});
  return worker;
}
