// Lines of "label: value", as forms, YAML and people write them, and `name=value` within a line, as programs do: what a label
// says of its value. Linear.

import type { PhiClass } from '../core/phi.ts';
import { matches } from './detectors/detector.ts';
import { isClinical } from './lexicon/clinical-words.ts';
import { englishWords } from './lexicon/english-words.ts';
import { programWords } from './lexicon/program-words.ts';
import type { Span } from './mask.ts';
import { ambiguousGivenNames, givenNames, surnames } from './names.ts';
import { findMaskTokens } from './operators.ts';
import { columnClass, fieldClass, labelClass, plainWord, valueClass } from './packs/generic.ts';

const line =
  /^[ \t]*(?:[-*+][ \t]+)?(?:\*\*|__)?["']?([A-Za-z_][\w ./#()'-]{0,48}?)["']?(?:\*\*|__)?[ \t]*[:=][ \t]*(?:\*\*|__)?[ \t]*(\S[^\n]*)$/gm;

/** Another label on the same line, blanks before it. */
const beside = /(?<=\S)[ \t]{3,}(?=[A-Za-z_][\w./#()'-]*(?: [\w./#()'-]+){0,3}:[ \t])/g;

/** The same behind a comma, where the label is a known one. */
const listed = /(?<=\S[,;]) (?=(\p{Lu}[\p{L}.]{1,24}(?: \p{L}{1,20})?):[ \t])/gu;
/** Quicker to look for, as it begins with what is rarer. */
const mayBeListed = /[,;] [^a-z\s][^,;:]{1,96}:[ \t]/;

export function labelledValues(text: string): readonly Span[] {
  const spans: Span[] = [];
  if (text.includes('\n')) addStacked(text, spans);
  if (!/[:=']/.test(text)) return spans;
  const apart = !/[ \t]{3}/.test(text) ? text : text.replace(beside, (blanks) => `\n${' '.repeat(blanks.length - 1)}`);
  const lines = mayBeListed.test(apart)
    ? apart.replace(listed, (blank, label: string) => (fieldClass(label) === undefined ? blank : '\n'))
    : apart;
  for (const match of matches(lines, line)) {
    const [whole, name = '', value = ''] = match;
    const type = fieldClass(name) ?? labelClass(name);
    // "Vorname: Heinz-Peter, geb.: …"
    const own = type === 'name' ? value.replace(/[,;] [\p{L}.]{2,24}:[ \t].*$/u, '') : value;
    if (
      type === undefined ||
      (own !== value && !fitsLabel(type, own)) ||
      !isValueOf(type, own) ||
      (type === 'name' && plainWord(name) === 'name' && isOfThing(own.trimEnd())) ||
      findMaskTokens(own).length > 0
    )
      continue;
    const bare = own.replace(/[\s"',;*_|]+$/, '');
    const start = match.index + whole.length - value.length + (/^["']/.test(bare) ? 1 : 0);
    const end = match.index + whole.length - value.length + bare.length;
    if (end > start) spans.push({ start, end, type });
  }
  if (/=|: ?['"]/.test(text)) addAssigned(text, spans);
  if (text.includes("'")) addCompared(text, spans);
  if (text.includes('{')) addBraced(text, spans);
  return spans;
}

const assigned =
  /(?<![\w.$-])([A-Za-z_][\w.]{1,48})(?:=| = | ?: ?(?=['"]))(?:'((?:[^'\n]|''){1,200})'|"([^"\n]{1,200})"|(?<==)([\p{L}\p{N}][^\s,;&'"()[\]{}<>|]{0,100}))/gu;
/** `{last_name: Vandersloot, mrn: A4829}`, as YAML and many a program write what they hold. */
const braced =
  /(?<=[{,][ \t]{0,4})([A-Za-z_][\w.-]{1,48}): ?([\p{L}\p{N}][^\s,{}'"()[\]<>|]{0,100})(?=[ \t]{0,4}[,}])/gu;
/** How PostgreSQL tells which row it was: `Key (ssn)=(…) already exists.` */
const detailed = /\bKey \(([\w", ]{1,300})\)=\(([^()\n]{1,500})\)/g;

/** A label on a line of its own, and its value on the next. */
const stacked =
  /^[ \t]*(?:[#>*-]{1,6}[ \t]+)?(?:\*\*|__)?([A-Za-z][\w ./#'-]{1,40}?)(?:\*\*|__)?[ \t]*:?[ \t]*\r?\n(?:[ \t]*\r?\n)?[ \t]*(?=(\S[^\n]{0,79})$)/gm;
/** Words that head a column or a list as often. */
const headings: ReadonlySet<string> = new Set('first last username displayname contactname mobile mail'.split(' '));

function addStacked(text: string, spans: Span[]): void {
  for (const { 0: lead, 1: name = '', 2: value = '', index } of text.matchAll(stacked)) {
    const type = headings.has(plainWord(name)) ? undefined : fieldClass(name);
    const bare = value.trimEnd();
    if (type === undefined || !fitsLabel(type, bare) || findMaskTokens(bare).length > 0) continue;
    spans.push({ start: index + lead.length, end: index + lead.length + bare.length, type });
  }
}

/** Whether a text can only be the value of the label of this class before it: no other label, and no words that say anything. */
export function fitsLabel(cls: PhiClass, value: string): boolean {
  if (!isValueOf(cls, value) || labelClass(value) !== undefined) return false;
  if (cls === 'address') return /\d/.test(value) || (/^\p{Lu}/u.test(value) && !isOrdinary(value));
  return cls !== 'name' || (fullName.test(value) && !isOrdinary(value));
}

const fullName = /^\p{Lu}[\p{L}.'’-]*(?:,? \p{Lu}[\p{L}.'’-]*){0,4}$/u;

/** "name: frontend", "name: web-app": words that nobody is called by, in the letters of programs. */
function isOfThing(value: string): boolean {
  if (!/^["']?[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*["']?$/.test(value)) return false;
  return (value.match(/[a-z]+/g) ?? []).every(
    (word) =>
      (isOrdinary(word) || programWords.has(word)) &&
      !givenNames.has(word) &&
      !surnames.has(word) &&
      !ambiguousGivenNames.has(word),
  );
}

function isOrdinary(value: string): boolean {
  const words = value.toLowerCase().match(/\p{L}+/gu) ?? [];
  return words.every((word) => englishWords.has(word, 0, word.length) || isClinical(word));
}

/** What a statement compares a column with: `last_name ILIKE 'quill%'`, `mrn IN ('44719', '44720')`. */
const compared =
  /(?<![\w$-])(?:\w{1,40}\.)?"?([A-Za-z_]\w{1,48})"? (?:not )?(?:i?like|in|~\*?|<>|!=|similar to|between) {0,2}\(? {0,2}(?='[^'\n]{1,200}'(?: ?, ?'[^'\n]{1,200}'| and '[^'\n]{1,200}'){0,50})/gi;
const quoted = / ?,? ?(?:and )?'([^'\n]{1,200})'/giy;

function addCompared(text: string, spans: Span[]): void {
  for (const { 0: lead, 1: name = '', index } of text.matchAll(compared)) {
    const type = valueClass(name);
    if (type === undefined) continue;
    quoted.lastIndex = index + lead.length;
    for (let match = quoted.exec(text); match; match = quoted.exec(text)) {
      const [whole, value = ''] = match;
      const end = match.index + whole.length - 1;
      if (isValueOf(type, value) && findMaskTokens(value).length === 0)
        spans.push({ start: end - value.length, end, type });
    }
  }
}

function addBraced(text: string, spans: Span[]): void {
  for (const { 0: whole, 1: name = '', 2: value = '', index } of text.matchAll(braced)) {
    const type = valueClass(name);
    if (type === undefined || !isValueOf(type, value) || !isBare(type, value) || findMaskTokens(value).length > 0)
      continue;
    spans.push({ start: index + whole.length - value.length, end: index + whole.length, type });
  }
}

function addAssigned(text: string, spans: Span[]): void {
  for (const match of text.matchAll(assigned)) {
    const [whole, name = '', single, double, bare] = match;
    const value = single ?? double ?? bare ?? '';
    const type = valueClass(name);
    if (type === undefined || !isValueOf(type, value) || (bare !== undefined && !isBare(type, value))) continue;
    const end = match.index + whole.length - (bare === undefined ? 1 : 0);
    if (findMaskTokens(value).length === 0) spans.push({ start: end - value.length, end, type });
  }
  for (const match of text.matchAll(detailed)) {
    const [whole, names = '', values = ''] = match;
    const columns = names.split(',');
    let start = match.index + whole.length - 1 - values.length;
    for (const [at, value] of values.split(',').entries()) {
      const bare = value.trim();
      const type = columnClass((columns[at] ?? '').replaceAll('"', ''));
      const from = start + value.length - value.trimStart().length;
      if (type !== undefined && bare !== '' && findMaskTokens(bare).length === 0)
        spans.push({ start: from, end: from + bare.length, type });
      start += value.length + 1;
    }
  }
}

/** Without quotes, a word that begins as a name does, or a value with a digit: no other name of a program's. */
function isBare(cls: PhiClass, value: string): boolean {
  return cls === 'name' || cls === 'address' ? /^\p{Lu}[\p{L}'’-]+$/u.test(value) : /\d/.test(value);
}

/** A value that fits its label, and not a sentence below a heading. Ages and days are told by the detectors. */
function isValueOf(cls: PhiClass, value: string): boolean {
  if (cls === 'age' || cls === 'photo' || cls === 'biometric' || value.length > 80 || /^[|>{[<]/.test(value))
    return false;
  if (/^(?:unknown|none|no|yes|n\/?a|not|null|same|see|deferred|pending|declined)\b/i.test(value)) return false;
  const words = value.split(/\s+/).length;
  if (cls === 'name') return words <= 5 && !/\d{3}/.test(value) && (words <= 3 || !/\s\p{Ll}{4}/u.test(value));
  if (cls === 'address') return words <= 12 && !/[.!?]\s/.test(value);
  return /\d|@/.test(value) && words <= 4;
}
