// Points in time as people give them on the command line.

import { InvalidArgumentError } from 'commander';
import { parseDuration } from '../core/duration.ts';

const written = /^(\d{4}-\d\d-\d\d)([Tt]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:[Zz]|[+-]\d\d:\d\d))?$/;

/** For commander. A day (its beginning, UTC), an RFC 3339 time, or how long ago: `7d` → RFC 3339. */
export function moment(given: string): string {
  const ago = parseDuration(given);
  const at = ago === null ? writtenTime(given) : Date.now() - ago;
  if (Number.isNaN(at))
    throw new InvalidArgumentError('Say a day (2026-03-01), an RFC 3339 time, or how long ago (7d).');
  return new Date(at).toISOString();
}

function writtenTime(given: string): number {
  const [, date = '', time] = written.exec(given) ?? [];
  const day = Date.parse(`${date}T00:00:00Z`);
  // The 30th of February would be the 2nd of March.
  const exists = !Number.isNaN(day) && new Date(day).toISOString().startsWith(date);
  return exists && time !== undefined ? Date.parse(given) : exists ? day : Number.NaN;
}
