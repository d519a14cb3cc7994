// Telephone and fax numbers: North American shapes anywhere, international and short ones by sign or by context.

import { type About, before, type Find, matchesIn } from './detector.ts';
import { lookedFor } from './letter-pairs.ts';

const northAmerican =
  /(?:\+?1[-. ]?)?(?:\(\d{3}\) ?|\d{3}[-. /])\d{3}(?:[-. ]| - )\d{4}(?!\d)(?: {0,2}(?:x|ext\.?|extension) ?\d{1,6}|,,\d{4,12}#?)?/gi;
const international = /\+\d(?:[-. ()]{0,2}\d){6,14}(?!\d)(?:,,\d{4,12}#?)?/g;
const grouped = /\b0\d{1,3}(?:[ .]\d{2,4}){2,4}(?![\d])/g;
/** "(02) 5550 1234", "(0)20 7946 0018" */
const trunk = /\(0\d{0,3}\) ?\d{2,4}(?:[ -]?\d{2,4}){1,3}(?!\d)/g;
/** "at ext. 4471" */
const extensionOnly = /(?<!\d )\bext(?:ension|\.)? ?#?(\d{2,6})\b/gi;
/** "pager 88-2210" */
const pager = /\b(?:pager|pgr|beeper)(?: (?:number|no\.?|is))?[\s:#]{1,3}(\d{2,4}[- ]?\d{2,4})(?![\w/.-])/gi;
/** "LCSW x5541", behind somebody who is found already. */
const extensionOf = /(?<=¤,? {0,2})x(\d{3,6})\b/g;
/** "call me at 503, 555, 0142", as it is heard. */
const heard = /(?<!\d)\d{3}, \d{3}, \d{4}(?!\d)/g;
const loose = /\(?\d(?:[-. ()/]{0,2}\d){6,14}(?!\d)(?: ?(?:x|ext\.?) ?\d{1,6})?/g;
const label =
  /\b(?:tele)?(?:phone|tel|telephone|mobile|mobil|m[oó]vil|celular|telefone|telefoon|tel[eé]fono|telefon|tlf|handy|puhelin|cell|call(?:ed|ing)?|contact|reach(?:ed)?|fax|f|pager|beeper|dial|text|ph|whatsapp|sms|#)(?:(?: |_)(?:number|no\.?|num|me|him|her|us|them|is|at|on|him at|her at|me at|back at|number is))?[\s:.#=(]{0,4}(?:at |on |is )?$/i;
/** The same in scripts that have no blanks between words, or other letters. */
const otherLabel =
  /(?:電話(?:番号)?|携帯|电话|手机|전화(?:번호)?|휴대폰|телефон|тел|τηλέφωνο|τηλ|هاتف|טלפון)[\s:.№]{0,4}$/iu;
/** "can't reach him at 5055550147" */
const reached =
  /\b(?:reach(?:ed)?|call(?:ed)?|text|phoned?|contact(?:ed)?|dial)\b[^.\d\n]{1,36} (?:(?:at|on) |back (?:at |on )?\(?)$/i;
const fax = /\bfax[^\d\n]{0,20}$/i;
const mayBeFax = lookedFor('fax');
const mayBeExtension = lookedFor('ext');
const mayBePager = lookedFor('pager pgr beeper');

export const findPhone: Find = (text, emit, _words, numbers, pairs) => {
  const found = (start: number, end: number): void =>
    emit(start, end, mayBeFax(pairs) && fax.test(before(text, start, 28)) ? 'fax' : 'phone');
  for (const match of matchesIn(numbers, northAmerican)) {
    if (!/[\d\w]$|\d[-.]$/.test(before(text, match.index, 2))) found(match.index, match.index + match[0].length);
  }
  for (const match of numbers.text.includes('+') ? matchesIn(numbers, international) : [])
    found(match.index, match.index + match[0].length);
  for (const match of matchesIn(numbers, grouped)) {
    if (match[0].replace(/\D/g, '').length >= 9) found(match.index, match.index + match[0].length);
  }
  for (const match of numbers.text.includes('(0') ? matchesIn(numbers, trunk) : []) {
    if (match[0].replace(/\D/g, '').length >= 9) found(match.index, match.index + match[0].length);
  }
  for (const match of mayBeExtension(pairs) ? matchesIn(numbers, extensionOnly) : []) {
    const end = match.index + match[0].length;
    emit(end - (match[1]?.length ?? 0), end, 'phone');
  }
  for (const pattern of mayBePager(pairs) ? [pager, extensionOf] : [extensionOf]) {
    for (const match of matchesIn(numbers, pattern)) {
      const end = match.index + match[0].length;
      emit(end - (match[1]?.length ?? 0), end, 'phone');
    }
  }
  for (const pattern of numbers.text.includes(', ') ? [loose, heard] : [loose]) {
    for (const match of matchesIn(numbers, pattern)) {
      const lead = before(text, match.index, 48);
      if (label.test(lead) || reached.test(lead) || otherLabel.test(lead))
        found(match.index, match.index + match[0].length);
    }
  }
};

export const aboutPhone: About = {
  shapes: {
    phone: [
      '«617-555-0142»',
      '«(617) 555-0142»',
      '«617.555.0142 x22»',
      '«+44 20 7946 0958»',
      'call «6175550142»',
      'pager «555-0142»',
      'celular «(11) 91234-5678»',
    ],
    fax: ['fax «617-555-0143»'],
  },
  checks: 'North American shapes, and any number of 7 to 15 digits behind a plus sign.',
  context: 'Other shapes need a word for telephones before them. Behind the word fax the class is `fax`.',
  misses: ['«555-0142» is hers', '«1-800-CLINICS»'],
};
