// What all sessions of a door together hold of answers that cannot be released as they come. Beyond a bound only one at a time
// goes on; the others wait, and their servers with them; who waits too long is refused. It knows no session, and no answer.

import type { Clock } from '../ports/clock.ts';

export interface HeldBytesOptions {
  readonly clock: Clock;
  /** All together, but for what the one that goes on beyond it takes more. */
  readonly bytesMax: number;
  readonly waitMs: number;
}

/** What one answer holds. */
export interface Holding {
  /** It holds so much more; resolves when it may go on, with false where it waited in vain. Never rejects. */
  add(bytes: number): Promise<boolean>;
  /** It holds nothing any more, and never will. */
  release(): void;
}

interface Held {
  bytes: number;
  isOver: boolean;
}

export class HeldBytes {
  readonly #options: HeldBytesOptions;
  /** Each asks again whether it may go on; who has waited longest asks first. */
  readonly #waiting = new Set<() => void>();
  /** Goes on whatever all hold, so that what the others wait for ends. */
  #first: Held | null = null;
  #total = 0;

  constructor(options: HeldBytesOptions) {
    this.#options = options;
  }

  get total(): number {
    return this.#total;
  }

  open(): Holding {
    const held: Held = { bytes: 0, isOver: false };
    return {
      add: (bytes) => {
        if (held.isOver) return Promise.resolve(false);
        held.bytes += bytes;
        this.#total += bytes;
        return this.#mayGoOn(held) ? Promise.resolve(true) : this.#turnOf(held);
      },
      release: () => {
        this.#total -= held.bytes;
        held.bytes = 0;
        held.isOver = true;
        if (this.#first === held) this.#first = null;
        for (const ask of this.#waiting) ask();
      },
    };
  }

  #mayGoOn(held: Held): boolean {
    if (this.#total <= this.#options.bytesMax) return true;
    this.#first ??= held;
    return this.#first === held;
  }

  #turnOf(held: Held): Promise<boolean> {
    const { clock, waitMs } = this.#options;
    return new Promise((resolve) => {
      const settle = (may: boolean): void => {
        stopTimer();
        this.#waiting.delete(ask);
        resolve(may);
      };
      const ask = (): void => {
        if (held.isOver || this.#mayGoOn(held)) settle(!held.isOver);
      };
      const stopTimer = clock.after(waitMs, () => settle(false));
      this.#waiting.add(ask);
    });
  }
}
