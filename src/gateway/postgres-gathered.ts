// What the server has answered and nobody has been given yet, in order: runs of rows in one buffer, slices of what came where
// nothing was changed. It sends and records nothing.

import { limits } from '../core/limits.ts';
import { type RowPlan, RowWriter } from '../wire/postgres/data-row.ts';
import type { Output } from './postgres-statements.ts';

/** Whole messages of one answer. */
export interface Piece {
  readonly bytes: Buffer;
  /** Null: not part of any answer (ParseComplete, ReadyForQuery, …). */
  readonly output: Output | null;
}

export class Gathered {
  #pieces: Piece[] = [];
  #bytes = 0;
  /** The end of what has gathered, where it still grows: masked rows, or neighbours in the buffer they came in. */
  #rows: { readonly writer: RowWriter; readonly output: Output } | null = null;
  #slice: { readonly of: Buffer; readonly start: number; end: number; readonly output: Output } | null = null;

  /** As much again as the last time, and a little more: so the rows of a large result are not moved as they grow. */
  #expected = 0;

  get bytes(): number {
    return this.#bytes;
  }

  add(bytes: Buffer, output: Output | null): void {
    this.#close();
    this.#pieces.push({ bytes, output });
    this.#bytes += bytes.length;
  }

  /** The message at [start, end) of `buffer`, as it is. */
  addSlice(buffer: Buffer, start: number, end: number, output: Output): void {
    const last = this.#slice;
    this.#bytes += end - start;
    if (last?.of === buffer && last.end === start && last.output === output) {
      last.end = end;
      return;
    }
    this.#close();
    this.#slice = { of: buffer, start, end, output };
  }

  /** The DataRow at [start, end) of `buffer`, its body from `start + 5` on, rewritten. @throws ProtocolError, adding nothing */
  addRow(buffer: Buffer, start: number, end: number, plan: RowPlan, output: Output): void {
    if (this.#rows?.output !== output) {
      this.#close();
      this.#rows = { writer: new RowWriter(Math.max(2 * (end - start), this.#expected)), output };
    }
    const { writer } = this.#rows;
    const before = writer.length;
    writer.append(buffer, start + 5, end, plan);
    this.#bytes += writer.length - before;
  }

  take(): Piece[] {
    this.#close();
    const taken = this.#pieces;
    this.#pieces = [];
    this.#expected = Math.min(Math.floor(1.25 * this.#bytes), 2 * limits.responseChunkBytesMax);
    this.#bytes = 0;
    return taken;
  }

  #close(): void {
    if (this.#rows && this.#rows.writer.length > 0)
      this.#pieces.push({ bytes: this.#rows.writer.take(), output: this.#rows.output });
    if (this.#slice) {
      const { of, start, end, output } = this.#slice;
      this.#pieces.push({ bytes: of.subarray(start, end), output });
    }
    this.#rows = null;
    this.#slice = null;
  }
}

export function bytesOf(pieces: readonly Piece[]): Buffer {
  const [first] = pieces;
  return pieces.length === 1 && first ? first.bytes : Buffer.concat(pieces.map((each) => each.bytes));
}
