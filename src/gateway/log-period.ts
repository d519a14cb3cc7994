// Where in the log a period is: all entries whose time is in it, whatever the clock did. It reads a few entries, not the log.

import type { LogReader } from '../ports/log.ts';

/**
 * From the first entry of the period to behind the last one; the same number twice where there is none. Between two of
 * `setBacks` times do not decrease; behind one the period may begin anew, or end late. `since`, `until`: ms since the epoch.
 */
export async function stretchOf(
  reader: LogReader,
  setBacks: readonly number[],
  [since, until]: readonly [number, number],
): Promise<readonly [number, number]> {
  const edges = [0, ...setBacks, reader.size];
  let [first, past] = [reader.size, 0];
  for (const [at, low] of edges.slice(0, -1).entries()) {
    const high = edges[at + 1] ?? low;
    const [from, to] = [await firstAt(reader, since, [low, high]), await firstAt(reader, until, [low, high])];
    if (from >= to) continue;
    first = Math.min(first, from);
    past = Math.max(past, to);
  }
  return [Math.min(first, past), past];
}

/** In a stretch in which times do not decrease: the first entry at or after a moment, found by halving. */
async function firstAt(reader: LogReader, moment: number, stretch: readonly [number, number]): Promise<number> {
  let [low, high] = stretch;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    let time = Number.POSITIVE_INFINITY;
    for await (const entry of reader.entries(middle, middle + 1)) time = Date.parse(entry.time);
    if (time < moment) low = middle + 1;
    else high = middle;
  }
  return low;
}
