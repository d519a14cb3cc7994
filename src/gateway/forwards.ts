// Messages on their way to the upstream, in order: those that lie one behind the other where they came in leave as one slice.

import type { Frame } from '../wire/postgres/frame.ts';

export class Forwards {
  #pieces: Buffer[] = [];
  /** The end of it, where it still grows. */
  #slice: { readonly of: Buffer; readonly start: number; end: number } | null = null;

  get isEmpty(): boolean {
    return this.#pieces.length === 0 && this.#slice === null;
  }

  /** A message as it came. */
  add({ buffer, start, end }: Frame): void {
    if (this.#slice?.of === buffer && this.#slice.end === start) this.#slice.end = end;
    else {
      this.#close();
      this.#slice = { of: buffer, start, end };
    }
  }

  push(message: Buffer): void {
    this.#close();
    this.#pieces.push(message);
  }

  /** All of it; null = nothing. */
  take(): Buffer | null {
    this.#close();
    const pieces = this.#pieces;
    const [first] = pieces;
    if (!first) return null;
    this.#pieces = [];
    return pieces.length === 1 ? first : Buffer.concat(pieces);
  }

  #close(): void {
    if (this.#slice) this.#pieces.push(this.#slice.of.subarray(this.#slice.start, this.#slice.end));
    this.#slice = null;
  }
}
