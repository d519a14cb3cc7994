// One receiver's way through the log: at least once, in order, from where it got to. The log itself is the queue.
// INVARIANT: the cursor moves only behind what the receiver has taken, however long it refuses, and what is kept of it only behind
// what has arrived. The one exception is an entry that it rejects again and again while it takes those behind it: that is set aside,
// on record, so that it does not keep back the rest.

import type { Clock } from '../ports/clock.ts';
import type { ExportCursors, Exported, ExportTarget } from '../ports/export.ts';
import { type ExportSource, exported, type FormatName } from './export-events.ts';

export interface ExportQueueDeps {
  readonly clock: Clock;
  readonly source: ExportSource;
  readonly cursors: ExportCursors;
  /** Told when it fails, and once when it goes on. The text holds no address and no value. */
  readonly onState: (name: string, failure: string | null) => void;
  /** These entries will not be sent to it. On record when it resolves. */
  readonly setAside: (name: string, entries: readonly number[]) => Promise<void>;
}

export interface ExportQueue {
  /** Entries the receiver has not taken. */
  readonly lag: number;
  /** Resolves when nothing is under way any more. */
  close(): Promise<void>;
}

const entriesPerBatch = 200;
/** An entry is set aside after so many rejections, and where one of so many behind it is taken. */
const rejectionsMax = 4;
const probesMax = 16;
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
  /** What is kept of that: where a gate goes on that starts anew. */
  #kept: number;
  #failures = 0;
  /** For how long the receiver wanted to be left alone when it last answered. */
  #askedMs = 0;
  /** How many entries the next batch has: fewer while the receiver refuses or is slow. */
  #entries = entriesPerBatch;
  #closed = false;
  #stopTimer: () => void = () => {};
  #turn: Promise<void> = Promise.resolve();

  constructor(deps: ExportQueueDeps, name: string, format: FormatName, target: ExportTarget) {
    this.#deps = deps;
    this.#name = name;
    this.#format = format;
    this.#target = target;
    const next = deps.cursors.next(name);
    // A place that is not in this log is one in another log: better everything twice than something never.
    this.#next = next >= 0 && next <= deps.source.reader.size ? next : 0;
    this.#kept = this.#next;
  }

  get lag(): number {
    return this.#deps.source.reader.size - this.#next;
  }

  start(): void {
    if (this.#closed) return;
    this.#turn = this.#send().then((waitMs) => {
      this.#keep(this.#next);
      if (!this.#closed) this.#stopTimer = this.#deps.clock.after(waitMs, () => this.start());
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#stopTimer();
    await this.#target.close();
    await this.#turn;
    this.#keep(this.#next);
  }

  /** Sends what there is; resolves with how long to wait before the next time. */
  async #send(): Promise<number> {
    while (!this.#closed && this.lag > 0) {
      const to = Math.min(this.#next + this.#entries, this.#deps.source.reader.size);
      const outcome = await this.#sendPart(this.#next, to);
      if (outcome.kind === 'taken' || outcome.kind === 'nothing') {
        if (!this.#advance(to)) return this.#fail(unreadable);
        this.#entries = Math.min(this.#entries * 2, entriesPerBatch);
        continue;
      }
      const alone = to - this.#next === 1;
      this.#entries = Math.max(1, Math.floor((to - this.#next) / 2));
      const rejected = outcome.kind === 'rejected';
      if (rejected && !alone && this.#askedMs === 0) continue;
      const behind = rejected && alone && this.#failures + 1 >= rejectionsMax ? await this.#passBy() : false;
      if (!behind) return this.#fail(outcome.text);
    }
    return idleMs;
  }

  /** Returns how long to wait. */
  #fail(text: string): number {
    this.#failures++;
    this.#deps.onState(this.#name, text);
    return Math.max(Math.min(retryMsMin * 2 ** (this.#failures - 1), retryMsMax), this.#askedMs);
  }

  /** `next`, or before what may not have arrived. False when the place could not be kept. */
  #keep(next: number): boolean {
    const sure = Math.min(next, this.#target.doubtful?.(this.#deps.clock.now()) ?? next);
    if (sure === this.#kept) return true;
    try {
      this.#deps.cursors.save(this.#name, sure);
    } catch {
      return false;
    }
    this.#kept = sure;
    return true;
  }

  /** False when the place could not be kept. */
  #advance(to: number): boolean {
    if (!this.#keep(to)) return false;
    this.#next = to;
    if (this.#failures > 0) this.#deps.onState(this.#name, null);
    this.#failures = 0;
    return true;
  }

  /** A receiver that takes what comes behind has something against this entry; one that rejects everything is out of order. */
  async #passBy(): Promise<boolean> {
    const rejected = [this.#next];
    const end = Math.min(this.#next + 1 + probesMax, this.#deps.source.reader.size);
    for (let at = this.#next + 1; at < end; at++) {
      if (this.#closed) return false;
      const { kind } = await this.#sendPart(at, at + 1);
      if (kind === 'failed') return false;
      if (kind === 'rejected') rejected.push(at);
      if (kind !== 'taken') continue;
      const told = await this.#deps.setAside(this.#name, rejected).then(
        () => true,
        () => false,
      );
      return told && this.#advance(at + 1);
    }
    return false;
  }

  async #sendPart(from: number, to: number): Promise<Outcome> {
    try {
      const batch: Exported[] = [];
      for await (const each of exported(this.#deps.source, [from, to], this.#format, false)) batch.push(each);
      if (batch.length === 0) return { kind: 'nothing' };
      const sent = await this.#target.send(batch, this.#deps.clock.now());
      this.#askedMs = sent.ok ? 0 : (sent.error.retryAfterMs ?? 0);
      if (sent.ok) return { kind: 'taken' };
      const { code, text } = sent.error;
      return code === 'invalid_request' ? { kind: 'rejected', text } : { kind: 'failed', text };
    } catch {
      return { kind: 'failed', text: unreadable };
    }
  }
}

const unreadable = 'the log or the cursor could not be read or written.';

/** Rejected: for what is in it. Failed: for any other reason. */
type Outcome =
  | { readonly kind: 'taken' }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'rejected'; readonly text: string }
  | { readonly kind: 'failed'; readonly text: string };
