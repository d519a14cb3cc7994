// Numbers as people say them: "five five five, eight six seven, five three oh nine". So many digits in a row are somebody's; a
// count, which goes up or down by one, is only where it says so. And names, as people spell them.

import type { PhiClass } from '../../core/phi.ts';
import { type About, after, before, type Find, matches } from './detector.ts';
import { type LetterPairs, lookedFor } from './letter-pairs.ts';

const digit = '(?:zero|oh|one|two|three|four|five|six|seven|eight|nine)';
const spoken = new RegExp(
  `(?<![\\w-])(?:\\d{3}[ ,.-]{1,3})?${digit}(?:[ ,.-]{1,3}(?:and )?${digit}){3,29}(?![\\w-])`,
  'gi',
);
/** In every text that has three of them in a row, and in few others. */
const threeDigits = new RegExp(`${digit}[ ,.-]{1,3}${digit}[ ,.-]{1,3}${digit}`, 'i');

const fourLetters = /\b[A-Z](?:-[A-Z]){3}/;
/** "spelled Q-U-I-G-G" */
const spelledName = /\b(?:spell|spelt|name\b|surname\b)[^.\n\d]{0,24}?\b([A-Z](?:-[A-Z]){3,20})(?![\w-])/gi;

const words = 'zero one two three four five six seven eight nine';
const mayHaveDigit = lookedFor(`oh ${words}`);

export function mayBeSpoken(text: string, pairs: LetterPairs): boolean {
  return (mayHaveDigit(pairs) && threeDigits.test(text)) || fourLetters.test(text);
}

const digits: readonly string[] = words.split(' ');

const labels: readonly (readonly [PhiClass, RegExp])[] = [
  ['ssn', /\b(?:ssn|social security)\b[^\n]{0,24}$/i],
  ['mrn', /\b(?:mrn|medical record|chart)\b[^\n]{0,24}$/i],
  ['phone', /\b(?:phone|call|cell|mobile|telephone|dial|reach)\b[^\n]{0,24}$/i],
  ['account', /\b(?:account|policy|member|card)\b[^\n]{0,24}$/i],
];
const socialAhead = /^,? (?:of|in|on|is|are) (?:her|his|their|my|your|the) (?:social|ssn)\b/i;
/** Without a label, as many as a telephone number has. */
const bareMin = 7;

export const findSpokenNumber: Find = (text, emit) => {
  for (const { 0: whole, 1: name = '', index } of fourLetters.test(text) ? matches(text, spelledName) : [])
    emit(index + whole.length - name.length, index + whole.length, 'name');
  for (const { 0: run, index } of matches(text, spoken)) {
    const values = (run.toLowerCase().match(/[a-z]+/g) ?? [])
      .filter((word) => word !== 'and')
      .map((word) => (word === 'oh' ? 0 : digits.indexOf(word)));
    const lead = before(text, index, 48);
    const isSocial = socialAhead.test(after(text, index + run.length, 32));
    const cls = isSocial ? 'ssn' : labels.find(([, label]) => label.test(lead))?.[0];
    if (cls !== undefined || (values.length >= bareMin && !isCount(values)))
      emit(index, index + run.length, cls ?? 'other_id');
  }
};

function isCount(values: readonly number[]): boolean {
  const steps = values.slice(1).map((value, at) => value - (values[at] ?? 0));
  return steps.every((step) => step === 1) || steps.every((step) => step === -1);
}

export const aboutSpokenNumber: About = {
  shapes: {
    ssn: ['her social security number is «three nine two, five one, eight eight oh four»'],
    mrn: ['MRN is «zero zero four eight two nine»'],
    phone: ['call me at «five five five eight six seven five three oh nine»'],
    name: ['the last name is spelled «Q-U-I-G-G»'],
    other_id: ['it says «four four one seven, two nine eight three» on the back'],
  },
  checks:
    'Words for single digits, one behind the other. Without a label, what goes up or down by one throughout is a count.',
  context: 'Four digits or more behind a label; seven or more without one.',
  misses: ['forty-four seventeen, «twenty-nine eighty-three»'],
};
