// Days and calendar dates of the proleptic Gregorian calendar, without a clock and without time zones.

export interface CivilDate {
  readonly year: number;
  /** 1 … 12 */
  readonly month: number;
  /** 1 … 31 */
  readonly day: number;
}

const dayMs = 86_400_000;

/** Days since 1970-01-01. */
export function daysFromCivil(date: CivilDate): number {
  // Date.UTC reads years 0 … 99 as 1900 … 1999, so the year is set on its own.
  return new Date(0).setUTCFullYear(date.year, date.month - 1, date.day) / dayMs;
}

export function civilFromDays(days: number): CivilDate {
  const date = new Date(days * dayMs);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}

/** ISO 8601 (a time may follow), `YYYYMMDD…` of HL7 v2, or a US or day-first date with a four-digit year. Else null. */
export function parseCivilDate(text: string): CivilDate | null {
  const iso = /^\s*(\d{4})([-/.]?)(\d{2})\2(\d{2})(?:$|[T \d])/.exec(text);
  if (iso) return civil(Number(iso[1]), Number(iso[3]), Number(iso[4]));
  const slashed = /^\s*(\d{1,2})([-/.])(\d{1,2})\2(\d{4})(?:$|[T ])/.exec(text);
  if (!slashed) return null;
  const [first, second, year] = [Number(slashed[1]), Number(slashed[3]), Number(slashed[4])];
  return first > 12 ? civil(year, second, first) : civil(year, first, second);
}

function civil(year: number, month: number, day: number): CivilDate | null {
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > 31) return null;
  return { year, month, day };
}
