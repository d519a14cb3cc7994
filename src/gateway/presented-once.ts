// What is spent by being presented: the answer of a provider, an assertion, a proof of a client.

import { limits } from '../core/limits.ts';
import type { Clock } from '../ports/clock.ts';
import type { KeptRecords } from '../ports/kept-records.ts';

/** True once for each `id`. `untilMs`: what it names is worth nothing any more, ms since the epoch. */
export function isFirstTime(
  { records, clock }: { readonly records: KeptRecords; readonly clock: Pick<Clock, 'now'> },
  id: string,
  untilMs: number,
): boolean {
  const now = clock.now();
  if (records.get('presented', id, now)) return false;
  records.put('presented', id, { atMs: now }, untilMs + limits.clockSkewMs);
  return true;
}
