// What a mask of one PostgreSQL value is, and how binary containers are read.

/**
 * A value of one type in one format; SQL NULL never comes in. Null out = SQL NULL. Gives back the very same array when
 * nothing changed. May throw on what it cannot read: whoever calls it makes that NULL.
 */
export type ValueMask = (value: Uint8Array) => Uint8Array | null;

/** The mask of a type that has no honest other value. */
export const toNull: ValueMask = () => null;

export class Unreadable extends Error {
  override readonly name = 'Unreadable';
}

/** Reads big-endian integers and length-prefixed values; what does not fit throws. */
export class ByteSource {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  int32(): number {
    this.#need(4);
    const value = this.#view.getInt32(this.#at);
    this.#at += 4;
    return value;
  }

  byte(): number {
    this.#need(1);
    return this.#view.getUint8(this.#at++);
  }

  /** Null = SQL NULL, length −1. */
  sized(): Uint8Array | null {
    const length = this.int32();
    if (length === -1) return null;
    if (length < 0) throw new Unreadable('a negative length');
    this.#need(length);
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  end(): void {
    if (this.#at !== this.#bytes.length) throw new Unreadable('bytes after the end');
  }

  #need(count: number): void {
    if (this.#at + count > this.#bytes.length) throw new Unreadable('cut short');
  }
}
