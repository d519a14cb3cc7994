// Days and calendar dates of the proleptic Gregorian calendar, without a clock and without time zones.

export interface CivilDate {
  readonly year: number;
  /** 1 … 12 */
  readonly month: number;
  /** 1 … 31 */
  readonly day: number;
}

// Years are counted from March, so that the leap day is the last of its year; 400 of them, an era, have 146 097 days.
const eraDays = 146_097;
/** From 0000-03-01 to 1970-01-01. */
const epochDays = 719_468;

/** Days since 1970-01-01. A day beyond the end of its month counts on into the next. */
export function daysFromCivil(date: CivilDate): number {
  const year = date.month > 2 ? date.year : date.year - 1;
  const era = Math.floor(year / 400);
  const yearOfEra = year - era * 400;
  const dayOfYear = Math.floor((153 * ((date.month + 9) % 12) + 2) / 5) + date.day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * eraDays + dayOfEra - epochDays;
}

export function civilFromDays(days: number): CivilDate {
  const era = Math.floor((days + epochDays) / eraDays);
  const dayOfEra = days + epochDays - era * eraDays;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1_460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return { year, month, day: dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1 };
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
