// The audit log over a state directory: one journal write and sync for many waiters, then, lazily, the tree.
// INVARIANT: append resolves only after its frame is on disk; after any failure nothing is written again.

import { hash } from 'node:crypto';
import { decodeEntry, encodeEntry } from '../../audit/entry.ts';
import type { Frame } from '../../audit/journal-frame.ts';
import { formatVkey, type NoteSigner } from '../../audit/note.ts';
import type { OpenRequests } from '../../audit/open-requests.ts';
import { tileWidth } from '../../audit/tree.ts';
import { limits } from '../../core/limits.ts';
import type { Entry, Payload, RecordInput } from '../../core/record.ts';
import { assert } from '../../core/result.ts';
import type { Clock } from '../../ports/clock.ts';
import { type Log, type LogReader, LogUnavailable } from '../../ports/log.ts';
import type { DurableFiles } from './durable-files.ts';
import { errorCode } from './error-code.ts';
import type { Journal } from './journal.ts';
import type { PayloadFiles, SealedPayload } from './payload-files.ts';
import type { TreeFiles } from './tree-files.ts';

/** What an integration waits for: this much quiet, this much age, or this much work. */
const quietMs = 200;
const ageMs = 1_000;
const pendingEntriesMax = 4_096;
const pendingBytesMax = 16 * 1024 * 1024;
const groupBytesMax = 16 * 1024 * 1024;
/** On a disk that takes no longer than `promptMs`, a group is better written while the next one is being encoded. */
const promptGroup = 32;
const promptMs = 1;
const noBytes = new Uint8Array();

export const openRequestsFile = 'open-requests.json';

/** An entry that is in the journal, or on its way there, and not in the tree yet. */
export interface Pending {
  readonly entry: Entry;
  readonly bytes: Uint8Array;
  readonly sealed: SealedPayload | undefined;
}

interface Waiting {
  readonly pending: Pending;
  readonly resolve: (value: { readonly seq: number }) => void;
  readonly reject: (reason: LogUnavailable) => void;
}

export interface LogParts {
  readonly clock: Clock;
  readonly signer: NoteSigner;
  readonly journal: Journal;
  readonly tree: TreeFiles;
  readonly payloads: PayloadFiles;
  readonly files: DurableFiles;
  /** As of the last entry in `pending`. */
  readonly openRequests: OpenRequests;
  /** Replayed from the journal: on disk there, not in the tree. */
  readonly pending: readonly Pending[];
  /** ms since the epoch of the last entry; 0 when there is none. */
  readonly lastMs: number;
}

export class FileLog implements Log {
  readonly origin: string;
  readonly vkey: string;
  readonly reader: LogReader;
  readonly #parts: LogParts;
  readonly #callbacks: ((reason: string) => void)[] = [];
  /** Journaled, oldest first. */
  #pending: Pending[];
  #pendingBytes: number;
  #queue: Waiting[] = [];
  #next: number;
  #durable: number;
  #lastMs: number;
  #time = { ms: Number.NaN, text: '' };
  #failed: LogUnavailable | undefined;
  #closed = false;
  /** Settles, never rejects, when the group under way has. */
  #writing: Promise<void> | undefined;
  #gathering = false;
  /** A queue this long is written at once. */
  #promptAt = Number.POSITIVE_INFINITY;
  #integrating: Promise<void> | undefined;
  /** Settles with the newest record. */
  #last: Promise<unknown> = Promise.resolve();
  #cancelTimer: (() => void) | undefined;
  #quietSince = 0;

  constructor(parts: LogParts) {
    this.#parts = parts;
    this.origin = parts.signer.key.name;
    this.vkey = formatVkey(parts.signer.key);
    this.#pending = [...parts.pending];
    this.#pendingBytes = parts.pending.reduce((sum, each) => sum + weight(each), 0);
    this.#next = this.#durable = parts.tree.size + parts.pending.length;
    this.#lastMs = parts.lastMs;
    const size = () => this.#durable;
    this.reader = {
      get size() {
        return size();
      },
      entries: (from, to) => this.#entries(from, to),
      payload: (entry) => this.#payload(entry),
    };
  }

  get open(): boolean {
    return !this.#closed && !this.#failed;
  }

  append(record: RecordInput, payload?: Payload): Promise<{ readonly seq: number }> {
    if (!this.open) return Promise.reject(this.#failed ?? new LogUnavailable('the audit log is closed'));
    let pending: Pending;
    try {
      pending = this.#encode(record, payload);
    } catch (error) {
      // The record's fault, not the log's: nothing has been numbered or written.
      return Promise.reject(error);
    }
    this.#next++;
    const appended = new Promise<{ readonly seq: number }>((resolve, reject) => {
      this.#queue.push({ pending, resolve, reject });
    });
    this.#last = appended;
    this.#schedule();
    return appended;
  }

  onFailure(callback: (reason: string) => void): void {
    this.#callbacks.push(callback);
  }

  async checkpoint(): Promise<{ readonly size: number; readonly rootHash: string }> {
    const target = this.#next;
    await this.#last.catch(() => {});
    while (!this.#failed && (this.#pending[0]?.entry.seq ?? target) < target) await this.#integrate();
    if (this.#failed) throw this.#failed;
    const { size, root } = this.#parts.tree.published;
    return { size, rootHash: Buffer.from(root).toString('base64') };
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelTimer?.();
    try {
      if (!this.#failed) await this.checkpoint();
    } finally {
      await this.#writing;
      await this.#integrating;
      await this.#parts.journal.close();
    }
  }

  /** INVARIANT: within a run time never goes back; a `node.start` is where a corrected clock may show. */
  #encode(record: RecordInput, payload: Payload | undefined): Pending {
    const seq = this.#next;
    const now = this.#parts.clock.now();
    const ms = record.type === 'node.start' ? now : Math.max(now, this.#lastMs);
    if (payload) assert(payload.bytes.length <= limits.payloadBytesMax, 'the payload is within its limit');
    if (record.session !== undefined) assert(/^[\w-]{1,80}$/.test(record.session), 'a session id can name a file');
    const sealed = payload && this.#parts.payloads.seal(record.session, seq, payload.bytes);
    const entry: Entry = {
      ...record,
      v: 1,
      seq,
      time: this.#timeText(ms),
      ...(sealed && payload
        ? { payload: { sha256: hash('sha256', sealed.blob), bytes: sealed.blob.length, media: payload.media } }
        : {}),
    };
    try {
      const bytes = encodeEntry(entry);
      this.#lastMs = ms;
      return { entry, bytes, sealed };
    } catch (error) {
      // The key this payload would have introduced will not reach the disk.
      if (sealed && sealed.wrappedKey.length > 0) this.#parts.payloads.forget(sealed.session);
      throw error;
    } finally {
      if (record.type === 'session.end' && record.session !== undefined) this.#parts.payloads.forget(record.session);
    }
  }

  /** Written out once for all records of a millisecond. */
  #timeText(ms: number): string {
    if (this.#time.ms !== ms) this.#time = { ms, text: new Date(ms).toISOString() };
    return this.#time.text;
  }

  /**
   * Group commit: what arrives while a group is being written is the next group. Otherwise everyone who is about to append
   * in this turn of the event loop may join, unless so many have come that the disk had better not wait for the rest.
   */
  #schedule(): void {
    if (this.#writing || this.#failed) return;
    if (this.#queue.length >= this.#promptAt) this.#write();
    else if (!this.#gathering && this.#queue.length > 0) {
      this.#gathering = true;
      setImmediate(() => {
        this.#gathering = false;
        this.#write();
      });
    }
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
    const started = clock.now();
    try {
      await journal.write(group.map(({ pending }) => this.#frame(pending)));
    } catch (error) {
      const failure = this.#fail('written to the journal', error);
      return () => {
        for (const { reject } of group) reject(failure);
      };
    }
    this.#promptAt = clock.now() - started <= promptMs ? promptGroup : Number.POSITIVE_INFINITY;
    this.#durable += group.length;
    for (const { pending } of group) {
      this.#pending.push(pending);
      this.#pendingBytes += weight(pending);
      openRequests.see(pending.entry);
    }
    this.#scheduleIntegration();
    return () => {
      for (const { pending, resolve } of group) resolve({ seq: pending.entry.seq });
    };
  }

  #takeGroup(): Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const { pending } of this.#queue) {
      if (count > 0 && bytes + weight(pending) > groupBytesMax) break;
      bytes += weight(pending);
      count++;
    }
    return this.#queue.splice(0, count);
  }

  #frame({ entry, bytes, sealed }: Pending): Frame {
    const { wrappedKey, blob } = sealed ?? { wrappedKey: noBytes, blob: noBytes };
    return { seq: entry.seq, durable: this.#durable, entry: bytes, wrappedKey, blob };
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
    const { payloads, files, tree, journal, openRequests } = this.#parts;
    const batch = [...this.#pending];
    // As of now, or later than the checkpoint: replay passes over what it has seen.
    const unfinished = Buffer.from(openRequests.encode());
    await payloads.write(batch.flatMap(({ sealed }) => (sealed ? [sealed] : [])));
    await files.replace(openRequestsFile, unfinished, { temporary: `${openRequestsFile}.next` });
    await tree.grow(batch.map(({ bytes }) => bytes));
    this.#pending = this.#pending.slice(batch.length);
    this.#pendingBytes -= batch.reduce((sum, each) => sum + weight(each), 0);
    await journal.removeBelow(tree.size);
  }

  #fail(what: string, error: unknown): LogUnavailable {
    if (this.#failed) return this.#failed;
    const code = errorCode(error) ?? 'unknown error';
    const failure = new LogUnavailable(`the audit log could not be ${what} (${code})`, { cause: error });
    this.#failed = failure;
    this.#cancelTimer?.();
    for (const { reject } of this.#queue.splice(0)) reject(failure);
    for (const callback of this.#callbacks) callback(failure.message);
    return failure;
  }

  async *#entries(from: number, to?: number): AsyncGenerator<Entry> {
    const { tree } = this.#parts;
    const end = Math.min(to ?? this.#durable, this.#durable);
    for (let seq = Math.max(0, from); seq < end; ) {
      const first = this.#pending[0]?.entry.seq ?? this.#durable;
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
    const first = this.#pending[0]?.entry.seq ?? this.#durable;
    const blob = this.#pending[entry.seq - first]?.sealed?.blob ?? (await payloads.read(entry.seq));
    if (!blob) return null;
    const bytes = await payloads.decrypt(entry, blob);
    return bytes && { media: entry.payload.media, bytes };
  }
}

function weight({ bytes, sealed }: Pending): number {
  return bytes.length + (sealed?.blob.length ?? 0);
}
