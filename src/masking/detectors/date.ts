// Dates more precise than a year, in the shapes people and machines write them. A bare year is not one.

import { type About, after, before, type Find, matches } from './detector.ts';

const numeric =
  /(?:\d{4}([-/.])\d{1,2}\1\d{1,2}|\d{1,2}([-/.])\d{1,2}\2(?:\d{4}|\d{2}))(?!\d|[-/]\d|\.\d)(?:[T ]{1,2}\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?: ?[AaPp]\.?[Mm]\.?)?(?:Z|[+-]\d{2}:?\d{2})?)?/g;
const compact = /(?<!\d)(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])(?:[0-2]\d[0-5]\d(?:[0-5]\d)?)?(?![\d])/g;
const partial = /(?<![\d/.-])(?:0?[1-9]|1[0-2])\/(?:[0-2]?\d|3[01])(?![\d/.-]|\s?%)/g;
const monthYear = /(?<![\d/.-])(?:0?[1-9]|1[0-2])[/-](?:19|20)\d{2}(?![\d/.-])/g;
const month =
  /\b(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?/gi;
const weekday = /(?<=\b(mon|tues|wednes|thurs|fri|satur|sun))day\b/gi;

const dateContext =
  /\b(?:on|since|until|till|from|by|before|after|date|dated|dob|d\.o\.b\.?|born|birth ?date|birthday|seen|visit(?:ed)?|admit(?:ted)?|discharged?|died|dod|dos|due|next|return|f\/u|recheck|lmp|edd|last)\b(?: (?:on|is|was|of birth|of death|of service))?[\s:=(]{0,4}$/i;
const unitAhead =
  /^ ?(?:mg|mcg|ug|g|kg|ml|l|mm|cm|%|units?|tabs?|x|doses?|mmol|meq|days?|weeks?|months?|years?|hours?|times|\/)\b/i;
const dayBefore =
  /(?:^|[^\d.])((?:\d{1,2}(?:st|nd|rd|th)?(?: ?[-–&] ?| and | to ))?\d{1,2}(?:st|nd|rd|th)?(?: day)?(?: of)?[\s.\-/]{0,2})$/i;
const dayAfter = /^[\s\-/]{0,2}(\d{1,2})(?:st|nd|rd|th)?(?!\d|\.\d)(?: ?[-–] ?\d{1,2}(?:st|nd|rd|th)?(?!\d))?/i;
const ordinal =
  '(?:(?:twenty|thirty)[- ])?(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth)|tenth|eleventh|twelfth|(?:thir|four|fif|six|seven|eigh|nine)teenth|twentieth|thirtieth';
/** "the third of May", "May the third" */
const ordinalBefore = new RegExp(`\\b(?:${ordinal})(?: day)? of $`, 'i');
const ordinalAfter = new RegExp(
  `^,? (?:the )?(?:${ordinal})\\b(?=[,.;:)?!\\n]|$| (?:of |at |in |for |with |and )?(?:19|20)\\d\\d| at | with )`,
  'i',
);
const yearAfter = /^(?: of)?[,.]?[\s\-/]{0,2}(?:of )?(?:((?:19|20)\d{2})(?!\d)|'\d{2}(?!\d))/i;
const monthLead = /\b(?:in|since|until|last|next|by|early|late|mid|this|from|through|during|before|after)[ -]{1,2}$/i;

// A day told by its distance from today, where somebody was dealt with on it; of how somebody feels it says nothing.
const relative =
  /(?:(?:day|week|night)s? (?:ago|earlier|prior)|(?:last|other) night|yesterday|tomorrow)\b(?: (?:morning|afternoon|evening|night))?/g;
const countBefore = /\b(?:\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten|a few|a couple of|several|a) $/;
const act =
  /\b(?:admitted|discharged|seen|evaluated|examined|hospitali[sz]ed|transferred|referred|operated on|underwent|delivered|born|died|deceased|expired|passed away|visited|presented|arrived|came in|was brought|brought in|intubated|extubated|replaced|implanted|removed|scheduled|called|spoke|met)\b[^.;\n]{0,48}$/i;
const dateAhead =
  /^,? (?:the )?(?:\d{1,2}[/.-]\d|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.? \d)/i;

export const findDate: Find = (text, emit) => {
  for (const match of matches(text, numeric)) {
    const lead = before(text, match.index, 2);
    if (/\d$|\d[-/.]$|[-.]$/.test(lead) && !/[^\d][-.]$/.test(lead)) continue;
    if (isCalendar(match[0])) emit(match.index, match.index + match[0].length, 'date');
  }
  for (const match of matches(text, compact)) {
    if (match[0].length > 8 || dateContext.test(before(text, match.index, 32))) {
      emit(match.index, match.index + match[0].length, 'date');
    }
  }
  for (const match of matches(text, partial)) {
    if (
      dateContext.test(before(text, match.index, 32)) &&
      !unitAhead.test(after(text, match.index + match[0].length, 8))
    ) {
      emit(match.index, match.index + match[0].length, 'date');
    }
  }
  for (const match of matches(text, monthYear)) emit(match.index, match.index + match[0].length, 'date');
  for (const match of matches(text, month)) named(text, match.index, match[0], emit);
  for (const match of matches(text, weekday)) {
    const start = match.index - (match[1]?.length ?? 0);
    const lead = /\b(?:last|next|this|past|on|coming|since)[ ,]{1,2}$/i.exec(before(text, start, 9))?.[0];
    // What follows begins within it, so that both become one.
    const ahead = dateAhead.exec(after(text, match.index + 3, 20))?.[0] ?? '';
    if (lead === undefined && ahead === '') continue;
    const isPart = lead !== undefined && !/^(?:on|since)/i.test(lead);
    emit(start - (isPart ? lead.length : 0), match.index + 3 + ahead.length, 'date');
  }
  for (const match of matches(text, relative)) {
    const isCounted = /(?:ago|earlier|prior)/.test(match[0]);
    const count = isCounted ? countBefore.exec(before(text, match.index, 14))?.[0] : '';
    if (count === undefined) continue;
    const start = match.index - count.length;
    if (act.test(before(text, start, 72))) emit(start, match.index + match[0].length, 'date');
  }
};

/** A month's name with a day or a year beside it, or alone where only a month can stand. */
function named(text: string, start: number, word: string, emit: Parameters<Find>[1]): void {
  let end = start + word.length;
  let from = start;
  const lead = dayBefore.exec(before(text, start, 24))?.[1];
  const tail = dayAfter.exec(after(text, end, 16));
  const isDay = (digits: string | undefined): boolean => Number(digits) >= 1 && Number(digits) <= 31;
  if (tail && isDay(tail[1]) && !unitAhead.test(after(text, end + tail[0].length, 8))) end += tail[0].length;
  else if (lead && isDay(/\d{1,2}/.exec(lead)?.[0])) from -= lead.length;
  else {
    from -= ordinalBefore.exec(before(text, start, 28))?.[0].length ?? 0;
    if (from === start) end += ordinalAfter.exec(after(text, end, 40))?.[0].length ?? 0;
  }
  const year =
    yearAfter.exec(after(text, end, 12)) ??
    (from < start ? /^[\s\-/.,]{1,2}\d{2}(?!\d)/.exec(after(text, end, 5)) : null);
  if (year) end += year[0].length;
  const certain = from < start || end > start + word.length;
  // "may" and "march" are verbs far more often than months.
  const name = /^(?:may|mar|march|dec|sun|jan|jun)\.?$/i.test(word)
    ? /^(?:May|March)$/.test(word)
    : /^[A-Z]/.test(word);
  if (
    certain
      ? !/^may$/.test(word) || year !== null || from < start
      : name && word.length > 3 && monthLead.test(before(text, start, 10))
  ) {
    emit(from, end, 'date');
  } else if (certain && /^may$/.test(word) && /\bon $/.test(before(text, start, 4))) emit(from, end, 'date');
}

/** Two of the parts can be month and day. Dots with a two-digit year are version numbers. */
function isCalendar(text: string): boolean {
  const [a = '', b = '', c = ''] = (/^[\d./-]+/.exec(text)?.[0] ?? '').split(/[-/.]/);
  if (text[a.length] === '.' && a.length < 4 && c.length < 4) return false;
  const [x, y] = a.length === 4 ? [Number(b), Number(c)] : [Number(a), Number(b)];
  return x >= 1 && y >= 1 && x <= 31 && y <= 31 && (x <= 12 || y <= 12);
}

export const aboutDate: About = {
  shapes: {
    date: [
      'on «03/14/2024»',
      '«1971-04-08»',
      '«2024-02-03T10:11:12Z»',
      '«13.07.1970»',
      '«3-Feb-2021»',
      '«April 12, 2023»',
      'the «15th of March»',
      'since «March 2021»',
      'due on «3/14» again',
      'DOB «19710408»',
      '«20230415103000»',
      'admitted «last Thursday»',
      'discharged «3 days ago»',
      'seen «last night»',
    ],
  },
  checks:
    'Two parts can be day and month. A year by itself is no date; a dotted number with a short year is a version.',
  context:
    'Day and month alone, eight digits alone: a word of dates. A month alone: a preposition. Relative days: an act on somebody in the same clause; how long something hurts stays.',
  misses: ['three weeks before «Easter»', 'on the «ides of March»', 'in the «summer of 2019»', 'he came «14/3»'],
};
