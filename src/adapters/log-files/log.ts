// The audit log over a state directory: one journal write and sync for many waiters, then, lazily, the tree.
// INVARIANT: append resolves only after its frame is on disk; after any failure nothing is written again.

import type { Frame } from '../../audit/journal-frame.ts';
import { Rationing } from '../../audit/log-room.ts';
import { formatVkey } from '../../audit/note.ts';
import type { OpenRequests } from '../../audit/open-requests.ts';
import { tileWidth } from '../../audit/tree.ts';
import type { Payload, RecordInput } from '../../core/record.ts';
import { ok, type Result } from '../../core/result.ts';
import type { Clock } from '../../ports/clock.ts';
import { diskFull, type Log, type LogReader, LogUnavailable } from '../../ports/log.ts';
import type { BulkThread } from './bulk-thread.ts';
import type { BulkFiles } from './bundle-file.ts';
import type { DiskRoom } from './disk-room.ts';
import type { DurableFiles } from './durable-files.ts';
import { EntryEncoder, type Pending, weightOf } from './entry-encoder.ts';
import { errorCode } from './error-code.ts';
import type { GrowingBundles } from './growing-bundles.ts';
import type { Journal } from './journal.ts';
import { logReader } from './log-reader.ts';
import type { PayloadFiles } from './payload-files.ts';
import type { SigningKeys } from './signing-keys.ts';
import type { TreeFiles } from './tree-files.ts';

/** What an integration waits for: this much quiet, this much age, or this much work. */
const quietMs = 200;
const ageMs = 1_000;
const pendingEntriesMax = 8_192;
const pendingBytesMax = 16 * 1024 * 1024;
const groupBytesMax = 16 * 1024 * 1024;
/** From so many entries on, a thread of its own writes their files. */
const bulkEntries = 2_048;
/** On a disk that takes no longer than `promptMs`, so many are better written while the next ones are being encoded. */
const promptGroup = 32;
const promptMs = 5;
/** So many groups are written at once: the second does not wait for the disk to have done with the first. */
const groupsMax = 2;
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
  /** Where the files of an integration go: of a small one here, of a large one by a thread, where there is one. */
  readonly here: BulkFiles;
  readonly thread: BulkThread | undefined;
  readonly room: DiskRoom;
  /** As of the last entry in `bundles`. */
  readonly openRequests: OpenRequests;
  /** Holds what was replayed from the journal: on disk there, not in the tree. */
  readonly bundles: GrowingBundles;
  /** ms since the epoch of the last entry; 0 when there is none. */
  readonly lastMs: number;
}

export class FileLog implements Log {
  readonly origin: string;
  readonly reader: LogReader;
  readonly #parts: LogParts;
  readonly #callbacks: ((reason: string) => void)[] = [];
  /** Of what is journaled and not in the tree. */
  #pendingBytes: number;
  #queue: Waiting[] = [];
  /** How many of the queue have been encoded. */
  #encoded = 0;
  readonly #encoder: EntryEncoder;
  readonly #rationing = new Rationing();
  #durable: number;
  #failed: LogUnavailable | undefined;
  #closed = false;
  /** Groups that are being written. */
  #underWay = 0;
  /** Settles, never rejects, when the newest of them has. */
  #written: Promise<void> = Promise.resolve();
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
    this.#durable = parts.bundles.next;
    this.#pendingBytes = parts.bundles.bytesFrom(parts.tree.size);
    this.#encoder = new EntryEncoder(parts.payloads, this.#durable, parts.lastMs);
    this.#lookAgain(0);
    this.reader = logReader(parts, () => this.#durable);
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
      return Promise.reject(new LogUnavailable('the disk of the audit log is nearly full', { told: diskFull }));
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

  /** How many entries are journaled and not in the tree. */
  get #pending(): number {
    return this.#durable - this.#parts.tree.size;
  }

  async checkpoint(): Promise<{ readonly size: number; readonly rootHash: string }> {
    this.#urgent = this.#queue.length > 0;
    this.#schedule();
    await this.#last.catch(() => {});
    const target = this.#durable;
    while (!this.#failed && this.#parts.tree.size < target) await this.#integrate();
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
      await this.#written;
      await this.#integrating;
      await this.#parts.thread?.close();
      await this.#parts.room.close();
      await this.#parts.journal.close();
    }
  }

  /**
   * Group commit: what arrives while a group is being written is the next group. It need not wait for the end of that one, once it
   * is large enough to be worth a write of its own. Otherwise everyone who is about to append in this turn of the event loop may
   * join, unless so many have come that the disk had better not wait for the rest. Records are encoded many at a time: one by one,
   * between the steps of a session, each would cost a multiple.
   */
  #schedule(): void {
    if (this.#failed || this.#queue.length === 0) return;
    if (this.#queue.length >= this.#promptAt && this.#underWay < groupsMax) this.#write();
    else if (this.#underWay > 0) {
      if (this.#queue.length - this.#encoded >= promptGroup) this.#encodeQueued();
    } else if (!this.#urgent) this.#scheduleLater();
    else if (!this.#gathering) {
      this.#gathering = true;
      setImmediate(() => {
        this.#gathering = false;
        this.#writeAlone();
      });
    }
  }

  /** The patient records of the next few milliseconds share one timer, which is not worth stopping. */
  #scheduleLater(): void {
    if (this.#waitingForUrgent) return;
    this.#waitingForUrgent = true;
    this.#parts.clock.after(patienceMs, () => {
      this.#waitingForUrgent = false;
      this.#writeAlone();
    });
  }

  /** What a group under way will be followed by anyway is not worth a write of its own. */
  #writeAlone(): void {
    if (this.#underWay === 0 && !this.#failed && this.#queue.length > 0) this.#write();
  }

  #write(): void {
    this.#underWay++;
    this.#written = this.#writeGroup(this.#written).then((confirm) => {
      this.#underWay--;
      // The next group is on its way before anyone hears of this one.
      this.#schedule();
      confirm();
    });
  }

  /** `before`: the groups before this one have been settled. Returns what tells everyone in the group how it went. */
  async #writeGroup(before: Promise<void>): Promise<() => void> {
    if (this.#pendingBytes > 4 * pendingBytesMax) await this.#integrate();
    if (this.#failed) return () => {};
    const { bundles, clock, journal, openRequests } = this.#parts;
    const group = this.#takeGroup();
    const entries = group.flatMap(({ outcome }) => (outcome?.ok ? [outcome.value] : []));
    const started = clock.now();
    try {
      await journal.write(entries.map((pending) => this.#frame(pending)));
    } catch (error) {
      this.#fail('written to the journal', error);
    }
    const ms = clock.now() - started;
    // INVARIANT: nobody is told that a record is on disk before all those before it are.
    await before;
    const failure = this.#failed;
    if (failure)
      return () => {
        for (const { reject } of group) reject(failure);
      };
    this.#promptAt = ms <= promptMs ? promptGroup : Number.POSITIVE_INFINITY;
    this.#durable += entries.length;
    for (const { record, outcome } of group) {
      if (!outcome?.ok) continue;
      bundles.add(outcome.value);
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
    if (this.#pending >= pendingEntriesMax || this.#pendingBytes >= pendingBytesMax) void this.#integrate(true);
    if (this.#cancelTimer) return;
    const due = this.#quietSince + ageMs;
    const look = () => {
      this.#cancelTimer = undefined;
      if (!this.open || this.#pending === 0) return;
      const now = clock.now();
      // The one under way may have begun before the newest entries came.
      if (!this.#integrating && (now >= due || now - this.#quietSince >= quietMs)) void this.#integrate();
      else this.#cancelTimer = clock.after(quietMs, look);
    };
    this.#cancelTimer = clock.after(quietMs, look);
  }

  /**
   * Moves what is journaled into the tree: all of it, or where more is `coming` only whole bundles, since an unfinished one is
   * written again with the next. One at a time; a failure is remembered, never thrown.
   */
  #integrate(coming = false): Promise<void> {
    this.#integrating ??= this.#grow(coming)
      .catch((error: unknown) => {
        this.#fail('added to the tree', error);
      })
      .finally(() => {
        this.#integrating = undefined;
      });
    return this.#integrating;
  }

  async #grow(coming: boolean): Promise<void> {
    if (this.#failed || this.#pending === 0) return;
    const { bundles, payloads, files, here, thread, tree, journal, openRequests, room } = this.#parts;
    // It writes much at once: where there is no room for that, the reserve is given up before, not after.
    await room.look();
    const many = this.#pending >= bulkEntries;
    const bulk = many && thread ? thread : here;
    const to = this.#durable - (many && coming ? this.#durable % tileWidth : 0);
    // As of now, or later than the checkpoint: replay passes over what it has seen.
    const unfinished = Buffer.from(openRequests.encode());
    await payloads.write(bundles.packs(tree.size, to), bundles.newKeys(to), to, bulk);
    await files.replace(openRequestsFile, unfinished, { temporary: `${openRequestsFile}.next` });
    await tree.grow(bundles, to, here, bulk);
    bundles.drop(to);
    this.#pendingBytes = bundles.bytesFrom(to);
    await journal.removeBelow(to);
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
}

function settle({ outcome, resolve, reject }: Waiting): void {
  if (outcome?.ok) resolve({ seq: outcome.value.seq });
  else reject(outcome?.error);
}
