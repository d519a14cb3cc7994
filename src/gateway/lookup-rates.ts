// How often each subject has looked something up by a class it may not filter by. It lives as long as the process.
// INVARIANT: what is refused for one class has not been counted for another.

import type { Lookups } from '../core/decision.ts';
import { keepNewest } from '../core/newest.ts';
import type { PhiClass } from '../core/phi.ts';
import type { Clock } from '../ports/clock.ts';

/** Beyond so many subjects and classes, those that have been idle longest are forgotten. */
const keptMax = 65_536;

export class LookupRates {
  readonly #clock: Clock;
  /** Subject and class → when, ms since the epoch, oldest first; what has been asked last stands last. */
  readonly #times = new Map<string, number[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts a statement's comparisons, one for each time a class is named. Returns the class that has been asked too often, if one has. */
  spend(subject: string, classes: readonly PhiClass[], lookup: Lookups): PhiClass | null {
    const now = this.#clock.now();
    const counted = new Map<PhiClass, number>();
    for (const cls of classes) counted.set(cls, (counted.get(cls) ?? 0) + 1);
    const spent: [string, number[]][] = [];
    for (const [cls, count] of counted) {
      const { times, perMs } = lookup[cls] ?? { times: 0, perMs: 1 };
      const key = `${cls}\0${subject}`;
      const recent = (this.#times.get(key) ?? []).filter((each) => each > now - perMs);
      if (recent.length + count > times) return cls;
      spent.push([key, [...recent, ...Array.from({ length: count }, () => now)]]);
    }
    for (const [key, times] of spent) {
      this.#times.delete(key);
      this.#times.set(key, times);
    }
    keepNewest(this.#times, keptMax);
    return null;
  }
}
