// Bytes that others are added behind: copied together where they are small, kept where they lie where they are large.
// INVARIANT: what has been added is never moved.

import { apartBytesMin } from '../../audit/pieces.ts';

const chunkBytes = 64 * 1024;

export class GrowingBytes {
  /** Full ones, then the one that is being filled, if any. */
  readonly #chunks: { readonly start: number; readonly bytes: Buffer }[] = [];
  #filled = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Room for so many more, in one piece, to be filled at once. */
  room(bytes: number): Buffer {
    let last = this.#chunks.at(-1);
    if (!last || last.bytes.length - this.#filled < bytes) {
      this.#close();
      last = { start: this.#length, bytes: Buffer.allocUnsafeSlow(Math.max(bytes, chunkBytes)) };
      this.#chunks.push(last);
      this.#filled = 0;
    }
    const room = last.bytes.subarray(this.#filled, this.#filled + bytes);
    this.#filled += bytes;
    this.#length += bytes;
    return room;
  }

  add(bytes: Uint8Array): void {
    if (bytes.length < apartBytesMin) {
      this.room(bytes.length).set(bytes);
      return;
    }
    this.#close();
    this.#chunks.push({ start: this.#length, bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length) });
    this.#filled = bytes.length;
    this.#length += bytes.length;
  }

  /** Views of what stands there, in order; none is empty. */
  slice(from: number, to: number): readonly Uint8Array[] {
    return this.#chunks
      .filter(({ start, bytes }) => start < to && start + bytes.length > from)
      .map(({ start, bytes }) => bytes.subarray(Math.max(0, from - start), to - start))
      .filter(({ length }) => length > 0);
  }

  /** What is left of the last one stays unused. */
  #close(): void {
    const last = this.#chunks.pop();
    if (last) this.#chunks.push({ start: last.start, bytes: last.bytes.subarray(0, this.#filled) });
  }
}
