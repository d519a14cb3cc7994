// Social security and taxpayer numbers. Any 3-2-4 shape counts: a number that was never issued still names someone here.

import { type About, after, before, type Find, matchesIn } from './detector.ts';
import { lookedFor } from './letter-pairs.ts';

const shape = /\d{3}([-. ])\d{2}\1\d{4}(?![\d]|[-.]\d)/g;
/** Whatever stands between its parts, behind its label. */
const parted = /(?<!\d)\d{3}([^\p{L}\p{N}]{1,3})\d{2}\1\d{4}(?!\d)/gu;
const bare = /(?<!\d)\d{9}(?!\d)/g;
const label =
  /\b(?:ssn|ss ?#|itin|tin|social(?: security)?|soc\.? sec\.?)(?: (?:number|no\.?|num))?(?: (?:is|was))?[\s:#=]{0,4}$/i;
const four = /(?<!\d)\d{4}(?!\d)/g;
const lastFourOf =
  /\b(?:(?:ssn|social security)[^\d\n]{0,30}|social (?:ends|ending) (?:in|with) |last (?:four|4)(?: digits)?(?: of (?:(?:the|his|her|their|my) )?(?:social|ssn))?(?: (?:is|are))?[\s:#=(]{1,3})$/i;
const counted = /^ ?(?:mg|mcg|ml|g|kg|%|units?|days?|weeks?|months?|years?|times|doses)\b/i;
/** All but the last four crossed out. */
const crossedOut = /\bx{3}[- ]?x{2}[- ]?\d{4}\b/gi;

const mayBeCrossedOut = lookedFor('xxx');

export const findSsn: Find = (text, emit, _words, numbers, pairs) => {
  for (const match of matchesIn(numbers, shape)) {
    if (!/[\d]$|\d[-.]$/.test(before(text, match.index, 2))) emit(match.index, match.index + match[0].length, 'ssn');
  }
  for (const match of numbers.longest >= 9 ? matchesIn(numbers, bare) : []) {
    if (label.test(before(text, match.index, 32))) emit(match.index, match.index + 9, 'ssn');
  }
  for (const match of matchesIn(numbers, parted)) {
    if (label.test(before(text, match.index, 32))) emit(match.index, match.index + match[0].length, 'ssn');
  }
  for (const match of mayBeCrossedOut(pairs) ? matchesIn(numbers, crossedOut) : [])
    emit(match.index, match.index + match[0].length, 'ssn');
  for (const match of matchesIn(numbers, four)) {
    const end = match.index + 4;
    // "last 4 Q7719": veterans' begin with the letter of their name.
    const start = match.index - Number(/(?:^|[^A-Za-z])[A-Z]$/.test(before(text, match.index, 2)));
    if (lastFourOf.test(before(text, start, 46)) && !counted.test(after(text, end, 10))) emit(start, end, 'ssn');
  }
};

export const aboutSsn: About = {
  shapes: {
    ssn: [
      '«123-45-6789»',
      '«987 65 4321»',
      'SSN «123456789»',
      'ITIN «912-70-1234»',
      'last four of SSN «6789»',
      '«xxx-xx-6789»',
      'his social ends in «6789»',
      'last 4: «Q6789»',
    ],
  },
  checks:
    'Three, two and four digits with the same separator. Numbers that were never issued count too: here they still stand for somebody.',
  context: 'Nine digits without separators, and the last four alone, need their label.',
  misses: ['«123456789» was written down', 'it ends in «6789»'],
};
