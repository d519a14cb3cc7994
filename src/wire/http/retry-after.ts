// `Retry-After` (RFC 9110 §10.2.3): how long whoever answered wants to be left alone.

/** Whoever asks for longer is asked again all the same: what waits for them is not to wait for ever. */
const longestMs = 3_600_000;

const months = 'Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec';
const clock = '([0-2]\\d):([0-5]\\d):([0-5]\\d|60)';
/** RFC 9110 §5.6.7: the form that is sent, and the two that have to be understood. */
const imfFixdate = new RegExp(`^\\w{3}, (?<day>\\d{2}) (?<month>${months}) (?<year>\\d{4}) (?<time>${clock}) GMT$`);
const rfc850 = new RegExp(`^\\w{6,9}, (?<day>\\d{2})-(?<month>${months})-(?<year>\\d{2}) (?<time>${clock}) GMT$`);
const asctime = new RegExp(`^\\w{3} (?<month>${months}) (?<day>[ \\d]\\d) (?<time>${clock}) (?<year>\\d{4})$`);

/**
 * In ms, 0 to an hour; null where nothing is asked for that can be read. A date counts from the `Date` of the same answer, as
 * their clock may not be ours; `now` (ms since the epoch) stands for it where there is none.
 */
export function retryAfterMs(headers: Headers, now: number): number | null {
  const asked = headers.get('retry-after') ?? '';
  if (/^\d+$/.test(asked)) return Math.min(Number(asked) * 1000, longestMs);
  const from = dateOf(headers.get('date') ?? '', now) ?? now;
  const until = dateOf(asked, from);
  return until === null ? null : Math.min(Math.max(until - from, 0), longestMs);
}

/** Null for what is no HTTP-date. A year of two digits is no more than 50 years ahead of `now`. */
function dateOf(text: string, now: number): number | null {
  const {
    day,
    month,
    year = '',
    time,
  } = [imfFixdate, rfc850, asctime].map((form) => form.exec(text)?.groups).find(Boolean) ?? {};
  if (!day || !month || !time) return null;
  const thisYear = new Date(now).getUTCFullYear();
  const whole = year.length === 4 ? Number(year) : thisYear - (thisYear % 100) + Number(year);
  const fourDigits = year.length === 2 && whole > thisYear + 50 ? whole - 100 : whole;
  // A leap second is read as the second before it: `Date` knows none.
  const ms = Date.parse(`${day.trim()} ${month} ${fourDigits} ${time.replace(/60$/, '59')} GMT`);
  return Number.isNaN(ms) ? null : ms;
}
