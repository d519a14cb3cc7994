// Cuts a byte stream into messages, either direction, after the startup packet: type (1 byte), length (4, itself
// included), body. Whole messages are slices of the chunk they came in; only one that crosses chunks is copied, and one that is
// longer than its limit is cut down where that can be.

import type { Abridgement } from './abridgement.ts';
import { malformed, ProtocolError } from './protocol-error.ts';

const headerBytes = 5;
/** MaxAllocSize of PostgreSQL, in which its server makes a message, and the header: more is not waited for. */
const messageBytesMax = 1_073_741_823 + headerBytes;
const nothing: Buffer = Buffer.alloc(0);

/**
 * A message where it lies, at [start, end) of `buffer`: only what somebody asks for is made a slice. Keeping one keeps that
 * buffer. Never write into them.
 */
export class Frame {
  readonly buffer: Buffer;
  readonly type: number;
  readonly start: number;
  readonly end: number;

  constructor(buffer: Buffer, type: number, start: number, end: number) {
    this.buffer = buffer;
    this.type = type;
    this.start = start;
    this.end = end;
  }

  get body(): Buffer {
    return this.buffer.subarray(this.start + headerBytes, this.end);
  }

  /** The message with its header, as it came. */
  get whole(): Buffer {
    return this.buffer.subarray(this.start, this.end);
  }
}

/** The message at [start, end) of `buffer`; its body begins at start + 5. Return false to stop after this one. */
export type FrameVisitor = (buffer: Buffer, type: number, start: number, end: number) => boolean;

export interface FrameLimits {
  /** The most bytes a message of this type may have, header included; 0 = it has no place here. */
  limit(type: number): number;
}

/** How a message of this type that is longer than its limit is cut down; null = not at all. @throws ProtocolError */
export type Abridge = (type: number) => Abridgement | null;

/**
 * Visits the whole messages in `buffer` from `offset` on, allocating nothing. Returns where the first message begins that
 * is not whole or was not visited; with `stopsAtLong`, or is longer than its limit.
 * @throws ProtocolError
 */
export function scan(
  buffer: Buffer,
  offset: number,
  limits: FrameLimits,
  visit: FrameVisitor,
  stopsAtLong = false,
): number {
  let start = offset;
  while (buffer.length - start >= headerBytes) {
    const end = endOf(buffer, start, limits, stopsAtLong);
    if (end > buffer.length) break;
    const from = start;
    start = end;
    if (!visit(buffer, buffer.readUInt8(from), from, end)) break;
  }
  return start;
}

/**
 * Known as soon as the header is: a message that is too large is refused before it is waited for; with `stopsAtLong` its end is
 * infinitely far, if it has a place here.
 */
function endOf(buffer: Buffer, start: number, limits: FrameLimits, stopsAtLong = false): number {
  const length = buffer.readUInt32BE(start + 1);
  if (length < 4) malformed('length of a message');
  const type = buffer.readUInt8(start);
  const bytesMax = limits.limit(type);
  if (length + 1 <= bytesMax) return start + 1 + length;
  if (stopsAtLong && bytesMax > 0) return Number.POSITIVE_INFINITY;
  return refuseHeader(type, length + 1, bytesMax);
}

function refuseHeader(type: number, bytes: number, bytesMax: number): never {
  const name = JSON.stringify(String.fromCharCode(type));
  if (bytesMax === 0) throw new ProtocolError('malformed', `A message of type ${name} has no place here.`);
  throw new ProtocolError('too_large', `A message of type ${name} has ${bytes} bytes; the limit is ${bytesMax}.`);
}

/** A message that is being cut down. */
interface LongMessage {
  readonly type: number;
  readonly message: Abridgement;
  /** Bytes of its body that are to come. */
  left: number;
}

export class FrameReader {
  readonly #limits: FrameLimits;
  #buffer: Buffer = nothing;
  #start = 0;
  #end = 0;
  /** The buffer is ours to append to, not a chunk of the caller's. */
  #owned = false;
  /** What came behind that, where it lies: only a message that crosses the two is moved. */
  #behind: Buffer | null = null;
  readonly #abridge: Abridge | null;
  #long: LongMessage | null = null;

  /** With `abridge`, `each` visits a message that is longer than its limit as it was cut down. */
  constructor(limits: FrameLimits, abridge: Abridge | null = null) {
    this.#limits = limits;
    this.#abridge = abridge;
  }

  /** Bytes that came and were not yet taken. */
  get buffered(): number {
    return this.#end - this.#start + (this.#behind?.length ?? 0);
  }

  /** The chunk becomes the reader's: it must not be written to afterwards. */
  push(chunk: Uint8Array): void {
    let rest = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    if (this.#behind) {
      this.#behind = Buffer.concat([this.#behind, rest]);
      return;
    }
    if (this.#start === this.#end) return this.#turnTo(rest);
    if (this.#long) {
      this.#behind = rest;
      return;
    }
    for (let missing = this.#missing(); missing > 0 && rest.length > 0; missing = this.#missing()) {
      const part = rest.subarray(0, missing);
      this.#append(part);
      rest = rest.subarray(part.length);
    }
    if (rest.length > 0) this.#behind = rest;
  }

  /** How many bytes the first message still lacks, or its header while that is not whole. */
  #missing(): number {
    const held = this.#end - this.#start;
    return held < headerBytes ? headerBytes - held : this.#buffer.readUInt32BE(this.#start + 1) + 1 - held;
  }

  #append(part: Buffer): void {
    if (!this.#owned || this.#end + part.length > this.#buffer.length) {
      const needed = this.#end - this.#start + part.length;
      const grown = Buffer.allocUnsafe(this.#owned ? this.#roomFor(needed) : needed);
      this.#end = this.#buffer.copy(grown, 0, this.#start, this.#end);
      this.#buffer = grown;
      this.#start = 0;
      this.#owned = true;
    }
    this.#buffer.set(part, this.#end);
    this.#end += part.length;
  }

  /** Doubling keeps a message that drips in linear in time; more room than the message needs is not taken. */
  #roomFor(needed: number): number {
    if (this.#end - this.#start < headerBytes) return 2 * needed;
    const whole = this.#buffer.readUInt32BE(this.#start + 1) + 1;
    return Math.max(needed, Math.min(2 * needed, whole));
  }

  #turnTo(buffer: Buffer): void {
    this.#buffer = buffer;
    this.#start = 0;
    this.#end = buffer.length;
    this.#owned = false;
  }

  /** Whether there was more behind what has been taken. */
  #goOn(): boolean {
    const behind = this.#behind;
    this.#behind = null;
    if (behind) this.push(behind);
    // A small chunk is cut from a large one: who has nothing to say does not keep that.
    else if (this.#start === this.#end) this.#turnTo(nothing);
    return behind !== null;
  }

  /** The next whole message, or undefined until more is pushed. @throws ProtocolError */
  next(): Frame | undefined {
    const start = this.#start;
    const end = this.#end - start < headerBytes ? Number.POSITIVE_INFINITY : endOf(this.#buffer, start, this.#limits);
    if (end > this.#end) return this.#goOn() ? this.next() : undefined;
    this.#start = end;
    return new Frame(this.#buffer, this.#buffer.readUInt8(start), start, end);
  }

  /** Visits every whole message there is, without an object for each. @throws ProtocolError */
  each(visit: FrameVisitor): void {
    let isStopped = false;
    do {
      if (!this.#long) {
        const filled = this.#end === this.#buffer.length ? this.#buffer : this.#buffer.subarray(0, this.#end);
        // Taken before the visit, so that a visitor that throws does not meet the same message again.
        const take: FrameVisitor = (buffer, type, start, end) => {
          this.#start = end;
          isStopped = !visit(buffer, type, start, end);
          return !isStopped;
        };
        scan(filled, this.#start, this.#limits, take, this.#abridge !== null);
      }
      if (!isStopped && this.#abridge) isStopped = this.#takeLong(this.#abridge, visit);
    } while (!isStopped && this.#goOn());
  }

  /** Takes what there is of a message that is longer than its limit. Returns true where it was visited and the visitor stops. */
  #takeLong(abridge: Abridge, visit: FrameVisitor): boolean {
    this.#long ??= this.#beginLong(abridge);
    const long = this.#long;
    if (!long) return false;
    const part = this.#buffer.subarray(this.#start, Math.min(this.#end, this.#start + long.left));
    this.#start += part.length;
    long.left -= part.length;
    long.message.push(part);
    if (long.left > 0) return false;
    this.#long = null;
    this.#behind = this.takeRest();
    const message = long.message.end();
    return !visit(message, long.type, 0, message.length);
  }

  /** Null = the first message is none, or its header is not whole. */
  #beginLong(abridge: Abridge): LongMessage | null {
    if (this.#end - this.#start < headerBytes) return null;
    if (endOf(this.#buffer, this.#start, this.#limits, true) !== Number.POSITIVE_INFINITY) return null;
    const type = this.#buffer.readUInt8(this.#start);
    const bytes = this.#buffer.readUInt32BE(this.#start + 1) + 1;
    const message = bytes > messageBytesMax ? null : abridge(type);
    if (!message) return refuseHeader(type, bytes, this.#limits.limit(type));
    this.#start += headerBytes;
    return { type, message, left: bytes - headerBytes };
  }

  /** What is left, when the stream changes its language (TLS). Empties the reader. */
  takeRest(): Buffer {
    const rest = this.#buffer.subarray(this.#start, this.#end);
    const all = this.#behind ? Buffer.concat([rest, this.#behind]) : rest;
    this.#turnTo(nothing);
    this.#behind = null;
    return all;
  }
}
