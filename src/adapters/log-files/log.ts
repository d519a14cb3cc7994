// The audit log over a state directory: one journal write and sync for many waiters, then, lazily, the tree.
// INVARIANT: append resolves only after its frame is on disk; after any failure nothing is written again.

import { decodeEntry } from '../../audit/entry.ts';
import type { Frame } from '../../audit/journal-frame.ts';
import { Rationing } from '../../audit/log-room.ts';
import { formatVkey } from '../../audit/note.ts';
import type { OpenRequests } from '../../audit/open-requests.ts';
import { tileWidth } from '../../audit/tree.ts';
import type { Entry, Payload, RecordInput } from '../../core/record.ts';
import { ok, type Result } from '../../core/result.ts';
import type { Clock } from '../../ports/clock.ts';
import { type Log, type LogReader, LogUnavailable } from '../../ports/log.ts';
import type { DiskRoom } from './disk-room.ts';
import type { DurableFiles } from './durable-files.ts';
import { EntryEncoder, type Pending, weightOf } from './entry-encoder.ts';
import { errorCode } from './error-code.ts';
import type { Journal } from './journal.ts';
import type { PayloadFiles } from './payload-files.ts';
import type { SigningKeys } from './signing-keys.ts';
import type { TreeFiles } from './tree-files.ts';

/** What an integration waits for: this much quiet, this much age, or this much work. */
const quietMs = 200;
const ageMs = 1_000;
const pendingEntriesMax = 4_096;
const pendingBytesMax = 16 * 1024 * 1024;
const groupBytesMax = 16 * 1024 * 1024;
/** On a disk that takes no longer than `promptMs`, so many are better written while the next ones are being encoded. */
const promptGroup = 32;
const promptMs = 1;
/** How long a patient record waits for one that is not. */
const patienceMs = 5;
const roomMs = 1_000;
const noBytes = new Uint8Array();

export const openRequestsFile = 'open-requests.json';

interface Waiting {
  readonly record: RecordInput;
  readonly payload: Payload | undefined;
  /** When it was appended, ms since the epoch. */
  readonly ms: number;
  readonly patient: boolean;
  readonly resolve: (value: { readonly seq: number }) => void;
  readonly reject: (reason: unknown) => void;
  /** Once it has been encoded: the entry, or what was wrong with the record. */
  outcome: Result<Pending, unknown> | undefined;
}

export interface LogParts {
  readonly clock: Clock;
  readonly keys: SigningKeys;
  readonly journal: Journal;
  readonly tree: TreeFiles;
  readonly payloads: PayloadFiles;
  readonly files: DurableFiles;
  readonly room: DiskRoom;
  /** As of the last entry in `pending`. */
  readonly openRequests: OpenRequests;
  /** Replayed from the journal: on disk there, not in the tree. */
  readonly pending: readonly Pending[];
  /** ms since the epoch of the last entry; 0 when there is none. */
  readonly lastMs: number;
}

export class FileLog implements Log {
  readonly origin: string;
  readonly reader: LogReader;
  readonly #parts: LogParts;
  readonly #callbacks: ((reason: string) => void)[] = [];
  /** Journaled, oldest first. */
  #pending: Pending[];
  #pendingBytes: number;
  #queue: Waiting[] = [];
  /** How many of the queue have been encoded. */
  #encoded = 0;
  readonly #encoder: EntryEncoder;
  readonly #rationing = new Rationing();
  #durable: number;
  #failed: LogUnavailable | undefined;
  #closed = false;
  /** Settles, never rejects, when the group under way has. */
  #writing: Promise<void> | undefined;
  #gathering = false;
  /** Somebody waits for a record in the queue. */
  #urgent = false;
  #waitingForUrgent = false;
  /** A queue this long is written at once. */
  #promptAt = Number.POSITIVE_INFINITY;
  #integrating: Promise<void> | undefined;
  /** Settles with the newest record. */
  #last: Promise<unknown> = Promise.resolve();
  #cancelTimer: (() => void) | undefined;
  #cancelLook: (() => void) | undefined;
  /** Bytes written since the disk was last asked how much room it has. */
  #unlooked = 0;
  #quietSince = 0;

  constructor(parts: LogParts) {
    this.#parts = parts;
    this.origin = parts.keys.signers[0].key.name;
    this.#pending = [...parts.pending];
    this.#pendingBytes = parts.pending.reduce((sum, each) => sum + weightOf(each), 0);
    this.#durable = parts.tree.size + parts.pending.length;
    this.#encoder = new EntryEncoder(parts.payloads, this.#durable, parts.lastMs);
    this.#lookAgain(0);
    const size = () => this.#durable;
    this.reader = {
      get size() {
        return size();
      },
      entries: (from, to) => this.#entries(from, to),
      payload: (entry) => this.#payload(entry),
    };
  }

  get vkey(): string {
    return formatVkey(this.#parts.keys.signers[0].key);
  }

  get open(): boolean {
    return !this.#closed && !this.#failed;
  }

  append(record: RecordInput, payload?: Payload, patient = false): Promise<{ readonly seq: number }> {
    if (!this.open) return Promise.reject(this.#failed ?? new LogUnavailable('the audit log is closed'));
    if (!this.#rationing.admits(record, payload !== undefined, this.#parts.room.room))
      return Promise.reject(new LogUnavailable('the disk of the audit log is nearly full'));
    const ms = this.#parts.clock.now();
    const appended = new Promise<{ readonly seq: number }>((resolve, reject) => {
      this.#queue.push({ record, payload, ms, patient, resolve, reject, outcome: undefined });
    });
    this.#last = appended;
    if (!patient) this.#urgent = true;
    this.#schedule();
    return appended;
  }

  get scarce(): boolean {
    return this.#parts.room.room !== 'ample';
  }

  onFailure(callback: (reason: string) => void): void {
    this.#callbacks.push(callback);
  }

  async checkpoint(): Promise<{ readonly size: number; readonly rootHash: string }> {
    this.#urgent = this.#queue.length > 0;
    this.#schedule();
    await this.#last.catch(() => {});
    const target = this.#durable;
    while (!this.#failed && (this.#pending[0]?.seq ?? target) < target) await this.#integrate();
    if (this.#failed) throw this.#failed;
    const { size, root } = this.#parts.tree.published;
    return { size, rootHash: Buffer.from(root).toString('base64') };
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelTimer?.();
    this.#cancelLook?.();
    try {
      if (!this.#failed) await this.checkpoint();
    } finally {
      await this.#writing;
      await this.#integrating;
      await this.#parts.room.close();
      await this.#parts.journal.close();
    }
  }

  /**
   * Group commit: what arrives while a group is being written is the next group. Otherwise everyone who is about to append
   * in this turn of the event loop may join, unless so many have come that the disk had better not wait for the rest. Records
   * are encoded many at a time: one by one, between the steps of a session, each would cost a multiple.
   */
  #schedule(): void {
    if (this.#failed || this.#queue.length === 0) return;
    if (this.#writing) {
      if (this.#queue.length - this.#encoded >= promptGroup) this.#encodeQueued();
    } else if (this.#queue.length >= this.#promptAt) this.#write();
    else if (!this.#urgent) this.#scheduleLater();
    else if (!this.#gathering) {
      this.#gathering = true;
      setImmediate(() => {
        this.#gathering = false;
        this.#write();
      });
    }
  }

  /** The patient records of the next few milliseconds share one timer, which is not worth stopping. */
  #scheduleLater(): void {
    if (this.#waitingForUrgent) return;
    this.#waitingForUrgent = true;
    this.#parts.clock.after(patienceMs, () => {
      this.#waitingForUrgent = false;
      this.#write();
    });
  }

  #write(): void {
    if (this.#writing || this.#failed || this.#queue.length === 0) return;
    this.#writing = this.#writeGroup().then((confirm) => {
      this.#writing = undefined;
      // The next group is on its way before anyone hears of this one.
      this.#schedule();
      confirm();
    });
  }

  /** Returns what tells everyone in the group how it went. */
  async #writeGroup(): Promise<() => void> {
    if (this.#pendingBytes > 4 * pendingBytesMax) await this.#integrate();
    if (this.#failed) return () => {};
    const { clock, journal, openRequests } = this.#parts;
    const group = this.#takeGroup();
    const entries = group.flatMap(({ outcome }) => (outcome?.ok ? [outcome.value] : []));
    const started = clock.now();
    try {
      await journal.write(entries.map((pending) => this.#frame(pending)));
    } catch (error) {
      const failure = this.#fail('written to the journal', error);
      return () => {
        for (const { reject } of group) reject(failure);
      };
    }
    this.#promptAt = clock.now() - started <= promptMs ? promptGroup : Number.POSITIVE_INFINITY;
    this.#durable += entries.length;
    for (const { record, outcome } of group) {
      if (!outcome?.ok) continue;
      this.#pending.push(outcome.value);
      this.#pendingBytes += weightOf(outcome.value);
      this.#unlooked += weightOf(outcome.value);
      openRequests.see(record, outcome.value.seq);
    }
    if (this.#unlooked >= this.#parts.room.stepBytes) this.#look();
    if (entries.length > 0) this.#scheduleIntegration();
    return () => {
      for (const each of group) settle(each);
    };
  }

  /** A fault is the record's, not the log's: nothing has been numbered for it. */
  #encodeQueued(): void {
    for (; this.#encoded < this.#queue.length; this.#encoded++) {
      const waiting = this.#queue[this.#encoded];
      if (!waiting) return;
      try {
        waiting.outcome = ok(this.#encoder.encode(waiting.record, waiting.ms, waiting.payload));
      } catch (fault) {
        waiting.outcome = { ok: false, error: fault };
      }
    }
  }

  #takeGroup(): Waiting[] {
    this.#encodeQueued();
    let bytes = 0;
    let count = 0;
    for (const { outcome } of this.#queue) {
      const weight = outcome?.ok ? weightOf(outcome.value) : 0;
      if (count > 0 && bytes + weight > groupBytesMax) break;
      bytes += weight;
      count++;
    }
    const group = this.#queue.splice(0, count);
    this.#encoded -= count;
    this.#urgent = this.#queue.some(({ patient }) => !patient);
    return group;
  }

  #frame({ seq, bytes, sealed }: Pending): Frame {
    const { wrappedKey, blob } = sealed ?? { wrappedKey: noBytes, blob: noBytes };
    return { seq, durable: this.#durable, entry: bytes, wrappedKey, blob };
  }

  /** What others write to the disk shows once a second, what is written here sooner. */
  #lookAgain(ms: number): void {
    if (this.#parts.room.stepBytes === Number.POSITIVE_INFINITY) return;
    this.#cancelLook = this.#parts.clock.after(ms, () => {
      this.#look();
      if (this.open) this.#lookAgain(roomMs);
    });
  }

  #look(): void {
    this.#unlooked = 0;
    this.#parts.room.look().catch((error: unknown) => {
      this.#fail('asked how much room it has', error);
    });
  }

  #scheduleIntegration(): void {
    if (this.#closed) return;
    const { clock } = this.#parts;
    this.#quietSince = clock.now();
    if (this.#pending.length >= pendingEntriesMax || this.#pendingBytes >= pendingBytesMax) void this.#integrate();
    if (this.#cancelTimer) return;
    const due = this.#quietSince + ageMs;
    const look = () => {
      this.#cancelTimer = undefined;
      if (!this.open || this.#pending.length === 0) return;
      const now = clock.now();
      if (now >= due || now - this.#quietSince >= quietMs) void this.#integrate();
      else this.#cancelTimer = clock.after(quietMs, look);
    };
    this.#cancelTimer = clock.after(quietMs, look);
  }

  /** Moves what is journaled into the tree. One at a time; a failure is remembered, never thrown. */
  #integrate(): Promise<void> {
    this.#integrating ??= this.#grow()
      .catch((error: unknown) => {
        this.#fail('added to the tree', error);
      })
      .finally(() => {
        this.#integrating = undefined;
      });
    return this.#integrating;
  }

  async #grow(): Promise<void> {
    if (this.#failed || this.#pending.length === 0) return;
    const { payloads, files, tree, journal, openRequests, room } = this.#parts;
    // It writes much at once: where there is no room for that, the reserve is given up before, not after.
    await room.look();
    const batch = [...this.#pending];
    // As of now, or later than the checkpoint: replay passes over what it has seen.
    const unfinished = Buffer.from(openRequests.encode());
    await payloads.write(batch.flatMap(({ sealed }) => (sealed ? [sealed] : [])));
    await files.replace(openRequestsFile, unfinished, { temporary: `${openRequestsFile}.next` });
    await tree.grow(batch.map(({ bytes }) => bytes));
    this.#pending = this.#pending.slice(batch.length);
    this.#pendingBytes -= batch.reduce((sum, each) => sum + weightOf(each), 0);
    await journal.removeBelow(tree.size);
  }

  #fail(what: string, error: unknown): LogUnavailable {
    if (this.#failed) return this.#failed;
    const code = errorCode(error) ?? 'unknown error';
    const failure = new LogUnavailable(`the audit log could not be ${what} (${code})`, { cause: error });
    this.#failed = failure;
    this.#cancelTimer?.();
    this.#cancelLook?.();
    for (const { reject } of this.#queue.splice(0)) reject(failure);
    for (const callback of this.#callbacks) callback(failure.message);
    return failure;
  }

  async *#entries(from: number, to?: number): AsyncGenerator<Entry> {
    const { tree } = this.#parts;
    const end = Math.min(to ?? this.#durable, this.#durable);
    for (let seq = Math.max(0, from); seq < end; ) {
      const first = this.#pending[0]?.seq ?? this.#durable;
      // INVARIANT: no await between looking where an entry is and taking it.
      const entries =
        seq >= first
          ? this.#pending.slice(seq - first).map(({ bytes }) => bytes)
          : (tree.recent(seq) ?? (await tree.bundle(Math.floor(seq / tileWidth))).slice(seq % tileWidth));
      for (const bytes of entries.slice(0, end - seq)) {
        const entry = decodeEntry(bytes);
        if (!entry.ok) throw new Error(`entry ${seq}: ${entry.error}`);
        yield entry.value;
        seq++;
      }
    }
  }

  async #payload(entry: Entry): Promise<Payload | null> {
    if (!entry.payload) return null;
    const { payloads } = this.#parts;
    const first = this.#pending[0]?.seq ?? this.#durable;
    const blob = this.#pending[entry.seq - first]?.sealed?.blob ?? (await payloads.read(entry.seq));
    if (!blob) return null;
    const bytes = await payloads.decrypt(entry, blob);
    return bytes && { media: entry.payload.media, bytes };
  }
}

function settle({ outcome, resolve, reject }: Waiting): void {
  if (outcome?.ok) resolve({ seq: outcome.value.seq });
  else reject(outcome?.error);
}
