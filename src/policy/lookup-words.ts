// What a grant to look up says, in the words of the configuration: `mrn 60/1h`.

import type { Lookups } from '../core/decision.ts';
import { phiClasses } from '../core/phi.ts';

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

/** Empty for none. */
export function lookupWords(lookup: Lookups = {}): string {
  return phiClasses
    .flatMap((cls) => {
      const rate = lookup[cls];
      if (!rate) return [];
      const [unit, ms] = units.find((each) => rate.perMs % each[1] === 0) ?? ['ms', 1];
      return [`${cls} ${rate.times}/${rate.perMs / ms}${unit}`];
    })
    .join(', ');
}
