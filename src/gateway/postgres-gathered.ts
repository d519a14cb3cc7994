// What the server has answered and nobody has been given yet, in order: runs of rows in one buffer, slices of what came where
// nothing was changed. It sends and records nothing.

import { limits } from '../core/limits.ts';
import { type RowPlan, RowWriter } from '../wire/postgres/data-row.ts';
import type { Output } from './postgres-output.ts';

/** Whole messages of one answer, at [start, end) of what was taken. */
export interface Stretch {
  /** Null: not part of any answer (ParseComplete, ReadyForQuery, …). */
  readonly output: Output | null;
  readonly start: number;
  end: number;
}

export interface Taken {
  readonly bytes: Buffer;
  /** One after the other, without gaps; neighbours are of different answers. */
  readonly stretches: readonly Stretch[];
}

export class Gathered {
  #pieces: Buffer[] = [];
  #stretches: Stretch[] = [];
  #bytes = 0;
  /** The end of what has gathered, where it still grows: rewritten rows, or neighbours in the buffer they came in. */
  #rows: RowWriter | null = null;
  #slice: { readonly of: Buffer; readonly start: number; end: number } | null = null;

  /** As much again as the last time, and a little more: so the rows of a large result are not moved as they grow. */
  #expected = 0;

  get bytes(): number {
    return this.#bytes;
  }

  add(bytes: Buffer, output: Output | null): void {
    this.#close();
    this.#pieces.push(bytes);
    this.#count(bytes.length, output);
  }

  /** The message at [start, end) of `buffer`, as it is. */
  addSlice(buffer: Buffer, start: number, end: number, output: Output | null): void {
    if (this.#slice?.of === buffer && this.#slice.end === start) this.#slice.end = end;
    else {
      this.#close();
      this.#slice = { of: buffer, start, end };
    }
    this.#count(end - start, output);
  }

  /** The DataRow at [start, end) of `buffer`, its body from `start + 5` on, rewritten. @throws ProtocolError, adding nothing */
  addRow(buffer: Buffer, start: number, end: number, plan: RowPlan, output: Output): void {
    if (!this.#rows) {
      this.#close();
      this.#rows = new RowWriter(Math.max(2 * (end - start), this.#expected));
    }
    const before = this.#rows.length;
    this.#rows.append(buffer, start + 5, end, plan);
    this.#count(this.#rows.length - before, output);
  }

  take(): Taken {
    this.#close();
    const [first] = this.#pieces;
    const bytes = this.#pieces.length === 1 && first ? first : Buffer.concat(this.#pieces, this.#bytes);
    const taken = { bytes, stretches: this.#stretches };
    this.#pieces = [];
    this.#stretches = [];
    this.#expected = Math.min(Math.floor(1.25 * this.#bytes), 2 * limits.responseChunkBytesMax);
    this.#bytes = 0;
    return taken;
  }

  #count(bytes: number, output: Output | null): void {
    const start = this.#bytes;
    this.#bytes += bytes;
    const last = this.#stretches.at(-1);
    if (last?.output === output) last.end = this.#bytes;
    else this.#stretches.push({ output, start, end: this.#bytes });
  }

  #close(): void {
    if (this.#rows && this.#rows.length > 0) this.#pieces.push(this.#rows.take());
    if (this.#slice) this.#pieces.push(this.#slice.of.subarray(this.#slice.start, this.#slice.end));
    this.#rows = null;
    this.#slice = null;
  }
}
