// What a mask needs of a value that is too long to be held: nothing, or all of it up to a length. INVARIANT: where a value of any length
// can be computed from protected ones, how long it is does not show in what its stand-in becomes.

import type { Operator } from '../../core/phi.ts';
import type { StandIn } from '../../core/stand-in.ts';

/** Such an operator makes the same of every value. */
export function isConstant(operator: Operator): boolean {
  return operator === 'redact' || operator === 'null' || operator === 'drop';
}

const empty = new Uint8Array();

/** For masks that look at no value. */
export function unheld(): StandIn {
  return { push() {}, end: () => empty };
}

/** For masks that show little: a value of more than `bytesMax` bytes becomes the empty one, which shows nothing of it. */
export class Held implements StandIn {
  readonly #bytesMax: number;
  #pieces: Uint8Array[] = [];
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  push(piece: Uint8Array): void {
    this.#bytes += piece.length;
    if (this.#bytes <= this.#bytesMax) this.#pieces.push(Uint8Array.from(piece));
    else this.#pieces = [];
  }

  end(): Uint8Array {
    return Buffer.concat(this.#pieces);
  }
}
