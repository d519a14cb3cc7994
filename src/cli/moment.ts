// Points in time as people give them on the command line.

import { InvalidArgumentError } from 'commander';
import { parseDuration } from '../core/duration.ts';

const written = /^(\d{4}-\d\d-\d\d)([Tt]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:[Zz]|[+-]\d\d:\d\d))?$/;

/** For commander. A day (its beginning, UTC), an RFC 3339 time, or how long ago: `7d` → RFC 3339. */
export function moment(given: string): string {
  const ago = parseDuration(given);
  const at = new Date(ago === null ? writtenTime(given) : Date.now() - ago);
  // Years of more or fewer than four digits are not those of RFC 3339.
  if (Number.isNaN(at.getTime()) || !/^\d/.test(at.toISOString()))
    throw new InvalidArgumentError('Say a day (2026-03-01), an RFC 3339 time, or how long ago (7d).');
  return at.toISOString();
}

/** RFC 3339 §5.6, D: in UTC, the last of a day; POSIX knows it as the first second of the next. */
const leapSecond = /:59:60(?=[.Zz+-])/;

function writtenTime(given: string): number {
  const [, date = '', time] = written.exec(given) ?? [];
  const day = Date.parse(`${date}T00:00:00Z`);
  // The 30th of February would be the 2nd of March.
  const exists = !Number.isNaN(day) && new Date(day).toISOString().startsWith(date);
  if (!exists) return Number.NaN;
  if (time === undefined) return day;
  if (!leapSecond.test(given)) return Date.parse(given);
  const next = Date.parse(given.replace(leapSecond, ':59:59')) + 1_000;
  return next % 86_400_000 < 1_000 ? next : Number.NaN;
}
