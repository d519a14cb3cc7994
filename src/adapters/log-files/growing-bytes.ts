// Bytes that others are added behind: copied together where they are small, kept where they lie where they are large.
// INVARIANT: what has been added is never moved, and stays as it is until it is released.

import { apartBytesMin } from '../../audit/pieces.ts';

const chunkBytes = 64 * 1024;
/** As many as two moves of small records fill. */
const spareMax = 256;

/**
 * Memory that is used again and that threads share: some hundred megabytes a second, made anew, would each be cleared, copied for the
 * thread that writes them, and collected. It is not given up between two bursts, since it would be long before either thread collected it.
 */
export class Chunks {
  readonly #spare: Buffer[] = [];

  take(): Buffer {
    return this.#spare.pop() ?? Buffer.from(new SharedArrayBuffer(chunkBytes));
  }

  /** Nobody reads it any more. */
  giveBack(chunk: Buffer): void {
    if (this.#spare.length < spareMax) this.#spare.push(chunk);
  }
}

interface Piece {
  readonly start: number;
  readonly bytes: Buffer;
  readonly chunk: boolean;
  /** How many of them are taken. */
  filled: number;
}

export class GrowingBytes {
  readonly #chunks: Chunks;
  readonly #pieces: Piece[] = [];
  #length = 0;
  #last: Piece | undefined;

  constructor(chunks: Chunks) {
    this.#chunks = chunks;
  }

  get length(): number {
    return this.#length;
  }

  /** Takes room for so many more, to be filled at once: in `last`, from the offset that it returns. */
  reserve(bytes: number): number {
    const last = this.#last;
    const piece = last && last.bytes.length - last.filled >= bytes ? last : this.#beginFor(bytes);
    const at = piece.filled;
    piece.filled += bytes;
    this.#length += bytes;
    return at;
  }

  /** Where room was taken last. */
  get last(): Buffer {
    return this.#last?.bytes ?? noBytes;
  }

  add(bytes: Uint8Array): void {
    if (bytes.length < apartBytesMin) {
      const at = this.reserve(bytes.length);
      this.last.set(bytes, at);
      return;
    }
    this.#begin(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), false).filled = bytes.length;
    this.#length += bytes.length;
  }

  /** Views of what stands there, in order; none is empty. */
  slice(from: number, to: number): readonly Uint8Array[] {
    return this.#pieces
      .filter(({ start, filled }) => start < to && start + filled > from)
      .map(({ start, bytes, filled }) => bytes.subarray(Math.max(0, from - start), Math.min(filled, to - start)))
      .filter(({ length }) => length > 0);
  }

  /** INVARIANT: no view of it is looked at again. */
  release(): void {
    for (const { bytes, chunk } of this.#pieces) if (chunk) this.#chunks.giveBack(bytes);
  }

  #beginFor(bytes: number): Piece {
    return bytes > chunkBytes
      ? this.#begin(Buffer.allocUnsafeSlow(bytes), false)
      : this.#begin(this.#chunks.take(), true);
  }

  /** What is left of the one before stays unused. */
  #begin(bytes: Buffer, chunk: boolean): Piece {
    const piece: Piece = { start: this.#length, bytes, chunk, filled: 0 };
    this.#pieces.push(piece);
    this.#last = piece;
    return piece;
  }
}

const noBytes = Buffer.alloc(0);
