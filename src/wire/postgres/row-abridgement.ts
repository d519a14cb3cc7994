// A long DataRow, or a long tuple of a COPY in binary format, cut down: values whose masks can do without them are not held. What
// comes out has the same columns, and is masked like any other row.

import type { StandIn } from '../../core/stand-in.ts';
import { type AbridgedMessage, type Abridgement } from './abridgement.ts';
import type { RowPlan } from './data-row.ts';
import { malformed } from './protocol-error.ts';

/** Whether the rows of this plan can be cut down at all. */
export function isAbridgeable(plan: RowPlan): boolean {
  return plan.some((each) => each?.standIn);
}

export class RowAbridgement implements Abridgement {
  readonly #out: AbridgedMessage;
  readonly #plan: RowPlan;
  /** The column at hand; −1 = their count is to come. */
  #column = -1;
  /** The integer at hand: what has come of it, in how many bytes, of how many. */
  #integer = 0;
  #integerBytes = 0;
  #integerSize = 2;
  /** Bytes of the value at hand that are to come. */
  #left = 0;
  #standIn: StandIn | null = null;

  /** Appends to `out`, which may have something in it. */
  constructor(out: AbridgedMessage, plan: RowPlan) {
    this.#out = out;
    this.#plan = plan;
  }

  push(piece: Buffer): void {
    for (let at = 0; at < piece.length; ) {
      if (this.#left === 0) {
        this.#integer = (this.#integer << 8) | (piece[at++] ?? 0);
        if (++this.#integerBytes === this.#integerSize) this.#takeInteger();
      } else {
        const part = piece.subarray(at, at + this.#left);
        at += part.length;
        this.#left -= part.length;
        if (this.#standIn) this.#standIn.push(part);
        else this.#out.bytes(part);
        if (this.#left === 0) this.#endValue();
      }
    }
  }

  end(): Buffer {
    if (this.#column !== this.#plan.length || this.#integerBytes > 0 || this.#left > 0) malformed('row');
    return this.#out.finish();
  }

  #takeInteger(): void {
    const value = this.#integer;
    this.#integer = 0;
    this.#integerBytes = 0;
    if (this.#column >= 0) return this.#beginValue(value);
    if (value !== this.#plan.length) malformed('row');
    this.#out.int16(value);
    this.#integerSize = 4;
    this.#column = 0;
  }

  /** Of so many bytes; −1 = NULL. */
  #beginValue(length: number): void {
    const rewrite = this.#plan[this.#column];
    if (rewrite === undefined || length < -1) malformed('row');
    this.#left = Math.max(0, length);
    this.#standIn = length === -1 ? null : (rewrite?.standIn?.() ?? null);
    if (!this.#standIn) {
      this.#out.int32(length);
      this.#out.expect(this.#left);
    }
    if (this.#left === 0) this.#endValue();
  }

  #endValue(): void {
    this.#column++;
    if (!this.#standIn) return;
    const value = this.#standIn.end() ?? this.#out.refuse();
    this.#standIn = null;
    this.#out.int32(value.length);
    this.#out.bytes(value);
  }
}
