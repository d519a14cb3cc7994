// Dates more precise than a year, in the shapes people and machines write them. A bare year is not one.

import { after, before, type Find } from './detector.ts';

const numeric =
  /(?:\d{4}([-/.])\d{1,2}\1\d{1,2}|\d{1,2}([-/.])\d{1,2}\2(?:\d{4}|\d{2}))(?!\d|[-/]\d|\.\d)(?:[T ]{1,2}\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?: ?[AaPp]\.?[Mm]\.?)?(?:Z|[+-]\d{2}:?\d{2})?)?/g;
const compact = /(?<!\d)(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])(?:[0-2]\d[0-5]\d(?:[0-5]\d)?)?(?![\d])/g;
const partial = /(?<![\d/.-])(?:0?[1-9]|1[0-2])\/(?:[0-2]?\d|3[01])(?![\d/.-]|\s?%)/g;
const monthYear = /(?<![\d/.-])(?:0?[1-9]|1[0-2])[/-](?:19|20)\d{2}(?![\d/.-])/g;
const month =
  /\b(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?/gi;
const weekday = /\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b/gi;

const dateContext =
  /\b(?:on|since|until|till|from|by|before|after|date|dated|dob|d\.o\.b\.?|born|birth ?date|birthday|seen|visit(?:ed)?|admit(?:ted)?|discharged?|died|dod|dos|due|next|return|f\/u|recheck|lmp|edd|last)\b(?: (?:on|is|was|of birth|of death|of service))?[\s:=(]{0,4}$/i;
const unitAhead =
  /^ ?(?:mg|mcg|ug|g|kg|ml|l|mm|cm|%|units?|tabs?|x|doses?|mmol|meq|days?|weeks?|months?|years?|hours?|times|\/)\b/i;
const dayBefore =
  /(?:^|[^\d.])((?:\d{1,2}(?:st|nd|rd|th)?(?: ?[-–&] ?| and | to ))?\d{1,2}(?:st|nd|rd|th)?(?: day)?(?: of)?[\s.\-/]{0,2})$/i;
const dayAfter = /^[\s\-/]{0,2}(\d{1,2})(?:st|nd|rd|th)?(?!\d|\.\d)(?: ?[-–] ?\d{1,2}(?:st|nd|rd|th)?(?!\d))?/i;
const yearAfter = /^(?: of)?[,.]?[\s\-/]{0,2}(?:of )?(?:((?:19|20)\d{2})(?!\d)|'\d{2}(?!\d))/i;
const monthLead = /\b(?:in|since|until|last|next|by|early|late|mid|this|from|through|during|before|after)[ -]{1,2}$/i;

export const findDate: Find = (text, emit) => {
  for (const match of text.matchAll(numeric)) {
    const lead = before(text, match.index, 2);
    if (/\d$|\d[-/.]$|[-.]$/.test(lead) && !/[^\d][-.]$/.test(lead)) continue;
    if (isCalendar(match[0])) emit(match.index, match.index + match[0].length, 'date');
  }
  for (const match of text.matchAll(compact)) {
    if (match[0].length > 8 || dateContext.test(before(text, match.index, 32))) {
      emit(match.index, match.index + match[0].length, 'date');
    }
  }
  for (const match of text.matchAll(partial)) {
    if (
      dateContext.test(before(text, match.index, 32)) &&
      !unitAhead.test(after(text, match.index + match[0].length, 8))
    ) {
      emit(match.index, match.index + match[0].length, 'date');
    }
  }
  for (const match of text.matchAll(monthYear)) emit(match.index, match.index + match[0].length, 'date');
  for (const match of text.matchAll(month)) named(text, match.index, match[0], emit);
  for (const match of text.matchAll(weekday)) {
    const lead = /\b(?:last|next|this|past|on|coming|since)[ ,]{1,2}$/i.exec(before(text, match.index, 9));
    if (lead)
      emit(match.index - (/^(?:on|since)/i.test(lead[0]) ? 0 : lead[0].length), match.index + match[0].length, 'date');
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
