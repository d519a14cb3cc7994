// The write-ahead journal: frames in segment files, one durable write for a whole group.
// INVARIANT: no write is begun after one has failed.

import { encodeFrames, type Frame, frameBytes, segmentName, wrappedKeyOffset } from '../../audit/journal-frame.ts';
import { lengthOf } from '../../audit/pieces.ts';
import { assert } from '../../core/result.ts';
import type { Storage, StorageFile } from '../../ports/storage.ts';
import { isFull } from './error-code.ts';
import { NextSegment } from './next-segment.ts';
import { type Extent, erase, overwrite } from './overwriting.ts';

const segmentBytesMax = 16 * 1024 * 1024;
/** A segment that has grown this far is followed by one that is made meanwhile, if none has been made of an old one. */
const nextFrom = (segmentBytesMax / 8) * 7;

/**
 * How many zeros are written where the next frames will overwrite them: as many as the segment holds already, within these
 * bounds. Syncing blocks that a file has had before changes no metadata, so the file system's own journal, and whatever else
 * waits for that, does not hold it up. And a disk that has no room for them has not been given a frame.
 */
const aheadBytesMin = 64 * 1024;
const aheadBytesMax = 4 * 1024 * 1024;
/** A group this large takes longer to write than its metadata do: zeros ahead of the next would only double it. */
const bulkBytesMin = 256 * 1024;

/** The last frames of a segment that is made ahead end within what lies beyond its limit, but for a large group. */
const nextBytes = segmentBytesMax + bulkBytesMin;

/** What a segment is called while it is being overwritten. */
const erased = 'journal.erased';

/** A segment that this process has written. */
interface OwnSegment {
  /** Where the wrapped keys lie. */
  readonly keys: Extent[];
  /** How long the file is. */
  bytes: number;
}

interface Place {
  readonly file: StorageFile;
  readonly position: number;
}

export class Journal {
  readonly #storage: Storage;
  readonly #makeRoom: () => Promise<void>;
  /** First seq of each segment on disk, the one being written last. */
  readonly #segments: number[];
  readonly #next: NextSegment;
  #file: StorageFile | undefined;
  #position = 0;
  /** Where the zeros end. */
  #allocated = 0;
  #ended = false;
  /** Rejects when one of the writes so far has. */
  #written: Promise<unknown> = Promise.resolve();
  /** Rejects when one of them found no place. */
  #placed: Promise<unknown> = Promise.resolve();
  /** By first seq. */
  readonly #own = new Map<number, OwnSegment>();

  /**
   * `segments`: what is on disk already; it is only ever removed, writing starts a new one. `makeRoom` is asked once when the disk
   * has no room for the frames to come.
   */
  constructor(storage: Storage, segments: readonly number[], makeRoom: () => Promise<void> = async () => {}) {
    this.#storage = storage;
    this.#makeRoom = makeRoom;
    this.#segments = [...segments];
    this.#next = new NextSegment(storage, nextBytes);
  }

  /**
   * Resolves once all frames are on disk. The next ones may be written meanwhile: after a crash in between they say themselves that
   * they prove nothing of these. Who waits for them has to wait for these first.
   */
  write(frames: readonly Frame[]): Promise<void> {
    if (frames.length === 0) return Promise.resolve();
    const before = this.#written;
    const pieces = encodeFrames(frames);
    const place = this.#placed.then(() => this.#place(frames, lengthOf(pieces), before));
    const written = place.then(({ file, position }) => file.write(pieces, position));
    this.#placed = place;
    this.#written = Promise.all([before, written]);
    // Whoever writes next is told too.
    this.#written.catch(() => {});
    return written;
  }

  /** Where so many bytes go. In order, one at a time. */
  async #place(frames: readonly Frame[], bytes: number, before: Promise<unknown>): Promise<Place> {
    if (this.#next.failure) throw this.#next.failure;
    if (!this.#file || !this.#goesOn || this.#position + bytes > this.#allocated) {
      await before;
      if (!this.#file || !this.#goesOn) await this.#startSegment(frames);
      const end = this.#position + bytes;
      if (end > this.#allocated && bytes < bulkBytesMin) await this.#allocate(end);
    }
    const [file, position] = [this.#file, this.#position];
    assert(file, 'the segment is open');
    this.#allocated = Math.max(this.#allocated, position + bytes);
    this.#remember(frames);
    this.#position = position + bytes;
    if (this.#position >= nextFrom) this.#next.prepare();
    return { file, position };
  }

  /** Whether the next frames go into the segment that is being written. */
  get #goesOn(): boolean {
    return !this.#ended && this.#position < segmentBytesMax;
  }

  /** INVARIANT: only zeros are ever written a second time. */
  async #allocate(end: number): Promise<void> {
    const grow = async (ahead: number) => {
      await this.#file?.write([new Uint8Array(end + ahead - this.#allocated)], this.#allocated);
      this.#allocated = end + ahead;
    };
    try {
      await grow(Math.min(Math.max(end, aheadBytesMin), aheadBytesMax));
    } catch (error) {
      if (!isFull(error)) throw error;
      await this.#makeRoom();
      await grow(aheadBytesMin);
    }
  }

  /** What is written next begins a segment, so that the ones before it can go once the tree has their entries. */
  endSegment(): void {
    this.#ended = true;
  }

  /** Removes the segments whose every entry is below `size`. */
  async removeBelow(size: number): Promise<void> {
    for (;;) {
      const [first, next] = this.#segments;
      if (first === undefined || next === undefined || next > size) return;
      await this.#discard(first);
      this.#segments.shift();
    }
  }

  /** Removes what a finished recovery has no more use for. */
  async removeOld(): Promise<void> {
    await this.#next.remove();
    if (this.#file) return;
    await erase(this.#storage, erased);
    for (let first = this.#segments[0]; first !== undefined; first = this.#segments[0]) {
      await this.#discard(first);
      this.#segments.shift();
    }
  }

  async close(): Promise<void> {
    await this.#next.close();
    // After a failure the disk is left as it is.
    const sound = this.#written.then(
      () => !this.#next.failure,
      () => false,
    );
    if (await sound) await this.#next.remove();
    await this.#file?.close();
    this.#file = undefined;
  }

  async #startSegment(frames: readonly Frame[]): Promise<void> {
    const seq = frames[0]?.seq ?? 0;
    const path = `journal/${segmentName(seq)}`;
    const made = await this.#next.take(path);
    const file = made ?? (await this.#storage.open(path, { durable: true }));
    const before = this.#file;
    this.#file = file;
    this.#position = 0;
    this.#allocated = made ? nextBytes : 0;
    this.#ended = false;
    this.#own.set(seq, { keys: [], bytes: 0 });
    if (!made) await file.truncate(0);
    await this.#storage.syncDirectory('journal');
    if (this.#segments.at(-1) !== seq) this.#segments.push(seq);
    await before?.close();
  }

  #remember(frames: readonly Frame[]): void {
    const own = this.#own.get(this.#segments.at(-1) ?? -1);
    assert(own, 'the segment is of this process');
    own.bytes = this.#allocated;
    let at = this.#position;
    for (const frame of frames) {
      const { wrappedKey } = frame;
      if (wrappedKey.length > 0) own.keys.push({ position: at + wrappedKeyOffset(frame), bytes: wrappedKey.length });
      at += frameBytes(frame);
    }
  }

  /**
   * INVARIANT: a wrapped key is overwritten before its file goes, so that what the file system gives to others, or keeps, is no
   * copy that outlives the shredding of the session.
   */
  async #discard(first: number): Promise<void> {
    const path = `journal/${segmentName(first)}`;
    const own = this.#own.get(first);
    if (own) {
      this.#own.delete(first);
      if (own.bytes === nextBytes && (await this.#next.reuse(path))) return;
      await overwrite(this.#storage, path, own.keys);
      await this.#storage.remove(path);
      return;
    }
    await erase(this.#storage, erased);
    // Of an earlier run: nobody knows where its keys are. Out of the journal first: half overwritten, it would read as a damaged one after a crash.
    await this.#storage.rename(path, erased);
    await this.#storage.syncDirectory('journal');
    await erase(this.#storage, erased);
  }
}
