// One receiver's way through the log: at least once, in order, from where it got to. The log itself is the queue.
// INVARIANT: the cursor moves only behind what the receiver has taken; nothing is skipped, however long it refuses.

import type { Clock } from '../ports/clock.ts';
import type { ExportCursors, Exported, ExportTarget } from '../ports/export.ts';
import { type ExportSource, exported, type FormatName } from './export-events.ts';

export interface ExportQueueDeps {
  readonly clock: Clock;
  readonly source: ExportSource;
  readonly cursors: ExportCursors;
  /** Told when it fails, and once when it goes on. The text holds no address and no value. */
  readonly onState: (name: string, failure: string | null) => void;
}

export interface ExportQueue {
  /** Entries the receiver has not taken. */
  readonly lag: number;
  /** Resolves when nothing is under way any more. */
  close(): Promise<void>;
}

const entriesPerBatch = 200;
const idleMs = 1_000;
const retryMsMin = 1_000;
const retryMsMax = 60_000;

/** Begins at once. `name` is what its cursor is kept under. */
export function startExport(
  deps: ExportQueueDeps,
  name: string,
  format: FormatName,
  target: ExportTarget,
): ExportQueue {
  const queue = new Queue(deps, name, format, target);
  queue.start();
  return queue;
}

class Queue implements ExportQueue {
  readonly #deps: ExportQueueDeps;
  readonly #name: string;
  readonly #format: FormatName;
  readonly #target: ExportTarget;
  #next: number;
  #failures = 0;
  #closed = false;
  #stopTimer: () => void = () => {};
  #turn: Promise<void> = Promise.resolve();

  constructor(deps: ExportQueueDeps, name: string, format: FormatName, target: ExportTarget) {
    this.#deps = deps;
    this.#name = name;
    this.#format = format;
    this.#target = target;
    // A log that is shorter than the cursor is another log.
    this.#next = Math.min(deps.cursors.next(name), deps.source.reader.size);
  }

  get lag(): number {
    return this.#deps.source.reader.size - this.#next;
  }

  start(): void {
    if (this.#closed) return;
    this.#turn = this.#send().then((waitMs) => {
      if (!this.#closed) this.#stopTimer = this.#deps.clock.after(waitMs, () => this.start());
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#stopTimer();
    await this.#target.close();
    await this.#turn;
  }

  /** Sends what there is; resolves with how long to wait before the next time. */
  async #send(): Promise<number> {
    const { clock, source, cursors, onState } = this.#deps;
    while (!this.#closed && this.lag > 0) {
      const to = Math.min(this.#next + entriesPerBatch, source.reader.size);
      const failure = await this.#sendTo(to, clock.now());
      if (failure !== null) {
        this.#failures++;
        onState(this.#name, failure);
        return Math.min(retryMsMin * 2 ** (this.#failures - 1), retryMsMax);
      }
      cursors.save(this.#name, to);
      this.#next = to;
      if (this.#failures > 0) onState(this.#name, null);
      this.#failures = 0;
    }
    return idleMs;
  }

  /** Null = it has been taken. */
  async #sendTo(to: number, now: number): Promise<string | null> {
    try {
      const batch: Exported[] = [];
      for await (const each of exported(this.#deps.source, [this.#next, to], this.#format, false)) batch.push(each);
      const sent = batch.length === 0 ? null : await this.#target.send(batch, now);
      return sent && !sent.ok ? sent.error.text : null;
    } catch {
      return 'the log or the cursor could not be read or written.';
    }
  }
}
