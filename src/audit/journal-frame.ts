// One frame of the write-ahead journal: an entry, the wrapped session key it introduces (if any) and its encrypted payload.
// CRC32C covers header, entry and key; the payload is covered by the SHA-256 in the entry.

import { hash } from 'node:crypto';
import type { Entry } from '../core/record.ts';
import { decodeEntry } from './entry.ts';
import { Pieces } from './pieces.ts';
import { writeU64 } from './u64.ts';

/**
 * magic "cgj1" · CRC32C of all that follows up to the payload · seq u64 · durable u64 · entry, key and payload bytes u32 each.
 * Big-endian. `durable` is how many entries were known to be on disk when this frame was written: a bad frame
 * below it is corruption, a bad frame above it may be a write that a crash cut short.
 */
const frameHeaderBytes = 36;
const magic = 0x63676a31;

export interface Frame {
  readonly seq: number;
  readonly durable: number;
  readonly entry: Uint8Array;
  /** Empty when the frame introduces no key. */
  readonly wrappedKey: Uint8Array;
  readonly blob: Uint8Array;
}

export interface DecodedFrame extends Frame {
  readonly decoded: Entry;
  /** Length of the whole frame. */
  readonly bytes: number;
}

/** Frames one after another, in pieces to be written in this order. */
export function encodeFrames(frames: readonly Frame[]): readonly Uint8Array[] {
  const out = new Pieces(
    frames.reduce((sum, { entry, wrappedKey }) => sum + frameHeaderBytes + entry.length + wrappedKey.length, 0),
    frames,
  );
  const { bytes } = out;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (const { seq, durable, entry, wrappedKey, blob } of frames) {
    const start = out.at;
    view.setUint32(start, magic);
    writeU64(bytes, start + 8, seq);
    writeU64(bytes, start + 16, durable);
    view.setUint32(start + 24, entry.length);
    view.setUint32(start + 28, wrappedKey.length);
    view.setUint32(start + 32, blob.length);
    bytes.set(entry, start + frameHeaderBytes);
    bytes.set(wrappedKey, start + frameHeaderBytes + entry.length);
    out.at = start + frameHeaderBytes + entry.length + wrappedKey.length;
    view.setUint32(start + 4, crc32c(view, start + 8, out.at));
    out.put(blob);
  }
  return out.taken();
}

export function frameBytes({ entry, wrappedKey, blob }: Frame): number {
  return frameHeaderBytes + entry.length + wrappedKey.length + blob.length;
}

/** Where the wrapped key begins in an encoded frame. */
export function wrappedKeyOffset({ entry }: Frame): number {
  return frameHeaderBytes + entry.length;
}

/** Undefined when there is no whole, sound frame at `offset`. Pieces are views into `bytes`. */
function decodeFrame(bytes: Uint8Array, offset: number): DecodedFrame | undefined {
  if (bytes.length - offset < frameHeaderBytes) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, bytes.length - offset);
  if (view.getUint32(0) !== magic) return undefined;
  const keyStart = frameHeaderBytes + view.getUint32(24);
  const blobStart = keyStart + view.getUint32(28);
  const end = blobStart + view.getUint32(32);
  if (end > view.byteLength) return undefined;
  const whole = bytes.subarray(offset, offset + end);
  if (crc32c(view, 8, blobStart) !== view.getUint32(4)) return undefined;
  const entry = whole.subarray(frameHeaderBytes, keyStart);
  const decoded = decodeEntry(entry);
  const seq = Number(view.getBigUint64(8));
  if (!decoded.ok || decoded.value.seq !== seq) return undefined;
  const blob = whole.subarray(blobStart);
  if (!isPayloadOf(decoded.value, blob)) return undefined;
  return {
    seq,
    durable: Number(view.getBigUint64(16)),
    entry,
    wrappedKey: whole.subarray(keyStart, blobStart),
    blob,
    decoded: decoded.value,
    bytes: end,
  };
}

/** Whether `blob` is the encrypted payload the entry committed to; empty for an entry without one. */
function isPayloadOf(entry: Entry, blob: Uint8Array): boolean {
  if (!entry.payload) return blob.length === 0;
  return blob.length === entry.payload.bytes && hash('sha256', blob, 'hex') === entry.payload.sha256;
}

export interface JournalSegment {
  /** Name and content of the file; the name is its first seq. */
  readonly file: string;
  readonly bytes: Uint8Array;
}

export interface JournalScan {
  readonly frames: readonly DecodedFrame[];
  /** Bytes of a write that a crash cut short, after the last sound frame: in the last segment that has any. */
  readonly torn: { readonly file: string; readonly offset: number; readonly bytes: number } | null;
  readonly bad: { readonly file: string; readonly entry: number; readonly what: string } | null;
}

export function segmentName(seq: number): string {
  return `${String(seq).padStart(16, '0')}.journal`;
}

/**
 * Reads segments in order of their names. Frames have to follow each other without a gap; what follows the first unsound
 * one decides whether it is torn or bad. Segments wholly below `size`, the tree's, have done their work and are passed over.
 */
export function scanJournal(all: readonly JournalSegment[], size: number): JournalScan {
  const segments = all.filter((_, i) => !(Number.parseInt(all[i + 1]?.file ?? '', 10) <= size));
  const frames: DecodedFrame[] = [];
  let expected: number | null = null;
  for (const [i, { file, bytes }] of segments.entries()) {
    const first = Number.parseInt(file, 10);
    if (segmentName(first) !== file)
      return { frames, torn: null, bad: { file, entry: expected ?? 0, what: 'it is no journal segment' } };
    if (expected !== null && first !== expected)
      return { frames, torn: null, bad: { file, entry: expected, what: `the journal has no entry ${expected}` } };
    if (expected === null && first > size)
      return { frames, torn: null, bad: { file, entry: size, what: `the journal has no entry ${size}` } };
    expected ??= first;
    const end = contentEnd(bytes);
    for (let offset = 0; offset < end; ) {
      const frame = decodeFrame(bytes, offset);
      if (!frame || frame.seq !== expected) {
        const entry: number = expected;
        const later = [{ file, bytes: bytes.subarray(offset) }, ...segments.slice(i + 1)];
        if (later.some((segment) => holdsProofOf(segment.bytes, entry)))
          return { frames, torn: null, bad: { file, entry, what: 'a journal frame that was on disk is damaged' } };
        return { frames, torn: { file, offset, bytes: end - offset }, bad: null };
      }
      frames.push(frame);
      expected++;
      offset += frame.bytes;
    }
  }
  return { frames, torn: null, bad: null };
}

/** A segment may end in zeros, which are there to be overwritten. */
function contentEnd(bytes: Uint8Array): number {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  return end;
}

/** Whether a sound frame in `bytes` was written when entry `seq` had already been made durable. */
function holdsProofOf(bytes: Uint8Array, seq: number): boolean {
  const first = magic >>> 24;
  for (let at = bytes.indexOf(first); at >= 0; at = bytes.indexOf(first, at + 1)) {
    const frame = decodeFrame(bytes, at);
    if (frame && frame.durable > seq) return true;
  }
  return false;
}

/** Eight tables of 256: the n-th is for a byte that n more follow. */
const crcTables: Int32Array = new Int32Array(8 * 256);
for (let byte = 0; byte < 256; byte++) {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  crcTables[byte] = value;
}
for (let i = 256; i < crcTables.length; i++) {
  const before = crcTables[i - 256] ?? 0;
  crcTables[i] = (before >>> 8) ^ (crcTables[before & 255] ?? 0);
}

/** CRC-32C, Castagnoli (RFC 3720 §12.1), of the bytes in between; eight at a step: a frame's is a third of what it costs otherwise. */
function crc32c(view: DataView, from: number, to: number): number {
  const table = (n: number, word: number, shift: number): number => crcTables[n * 256 + ((word >>> shift) & 255)] ?? 0;
  let crc = -1;
  let at = from;
  for (; at + 8 <= to; at += 8) {
    const low = view.getInt32(at, true) ^ crc;
    const high = view.getInt32(at + 4, true);
    crc =
      table(7, low, 0) ^
      table(6, low, 8) ^
      table(5, low, 16) ^
      table(4, low, 24) ^
      table(3, high, 0) ^
      table(2, high, 8) ^
      table(1, high, 16) ^
      table(0, high, 24);
  }
  for (; at < to; at++) crc = (crc >>> 8) ^ table(0, crc ^ view.getUint8(at), 0);
  return ~crc >>> 0;
}
