// Days that are written in figures alone and without a year of four digits, where what stands beside them, or how they are
// written, tells them from fractions, scores and measures.

import { after, before, type Emit, matchesIn } from './detector.ts';
import { type LetterPairs, lookedFor } from './letter-pairs.ts';
import type { Numbers } from './numbers.ts';

/** "10/08": no fraction and no score is written with a nought before it. */
const padded = /(?<![\w/.-])(?:(?:0?[1-9]|1[0-2])\/0[1-9]|0[1-9]\/(?:[12]\d|3[01]))(?![\w/-]|\.\d|\s?%)/g;
/** "8/18-8/22", "9/22 thru 9/26" */
const range =
  /(?<![\w/.-])(0?[1-9]|1[0-2])\/([12]\d|3[01]|0?[1-9])(?: ?(?:-|–|—|→|->) ?| (?:to|thru|through|until) )(0?[1-9]|1[0-2])\/([12]\d|3[01]|0?[1-9])(?![\w/-]|\.\d|\s?%)/g;
/** "DOS 090825": a day in six figures. */
const sixFigures =
  /(?<![\w.-])(?:(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d\d|\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))(?![\w-]|\.\d)/g;
/** "my bday is 4 12 61" */
const blanked = /(?<![\d.,])\d{1,2} \d{1,2} (?:(?:19|20)\d\d|\d\d)(?!\d|[.,]\d)/g;
const blankedLead = /\b(?:dob|b-?day|birthday|birth ?date|date of birth|born(?: on)?)(?: is|:)? {1,2}$/i;
const servedLead = /\b(?:dob|dos|dod|date of (?:birth|service|death))[\s:=#(]{1,4}$/i;
/** The time of the day that goes with a date: " at 14:30", " @ 0730", " 9am". */
const timeAhead =
  /^,?(?: (?:at|@)|,)? (?:[01]?\d|2[0-3])(?::[0-5]\d(?::[0-5]\d)?(?: ?[ap]\.?m\.?\b)?| ?[ap]\.?m\.?\b)(?!\d)|^ (?:at |@ ?)?(?:[01]\d|2[0-3])[0-5]\d(?:Z|h| ?hrs?)\b|^ ?@ ?(?:[01]\d|2[0-3])[0-5]\d\b/i;
/** Before a day in figures: "Tues 10/8", "Mon, 4/8". */
const weekdayLead = /\b(?:Mon|Tue(?:s)?|Wed(?:nes)?|Thu(?:rs?)?|Fri|Sat(?:ur)?|Sun)(?:day)?\.?,? $/i;

/** A measure's or a count's, behind its number. */
export const unitAhead: RegExp =
  /^ ?(?:mg|mcg|ug|g|kg|ml|l|mm|cm|%|units?|tabs?|x|doses?|mmol|meq|days?|weeks?|months?|years?|hours?|times|\/)\b/i;

const mayBeServed = lookedFor('dob dos dod date day born');

/** What stands beside them is at most 24 characters away. */
export function daysInFigures(text: string, emit: Emit, numbers: Numbers, pairs: LetterPairs): void {
  for (const match of mayBeServed(pairs) && numbers.longest >= 6 ? matchesIn(numbers, sixFigures) : []) {
    if (servedLead.test(before(text, match.index, 24))) emit(match.index, match.index + match[0].length, 'date');
  }
  for (const match of mayBeServed(pairs) ? matchesIn(numbers, blanked) : []) {
    if (blankedLead.test(before(text, match.index, 24))) emit(match.index, match.index + match[0].length, 'date');
  }
  if (!numbers.text.includes('/')) return;
  for (const match of matchesIn(numbers, padded)) {
    if (!unitAhead.test(after(text, match.index + match[0].length, 8)))
      timed(text, match.index, match.index + match[0].length, emit);
  }
  for (const match of matchesIn(numbers, range)) {
    const [, a, b, c, d] = match.map(Number);
    if (isNoFraction(a, b) || isNoFraction(c, d)) emit(match.index, match.index + match[0].length, 'date');
  }
}

/** A day in figures, with the day of the week before it and the time behind it. */
export function timed(text: string, start: number, end: number, emit: Emit): void {
  const day = weekdayLead.exec(before(text, start, 12))?.[0] ?? '';
  const time = timeAhead.exec(after(text, end, 16))?.[0] ?? '';
  emit(start - day.length, end + time.length, 'date');
}

/** Greater than one, or in so many parts as only the days of a month are. */
function isNoFraction(month = 0, day = 0): boolean {
  return month > day || (day > 12 && day % 2 === 1) || day > 20;
}
