// Social security and taxpayer numbers. Any 3-2-4 shape counts: a number that was never issued still names someone here.

import { type About, before, type Find, matches } from './detector.ts';

const shape = /\d{3}([-. ])\d{2}\1\d{4}(?![\d]|[-.]\d)/g;
const bare = /(?<!\d)\d{9}(?!\d)/g;
const label =
  /\b(?:ssn|ss ?#|itin|tin|social security|soc\.? sec\.?)(?: (?:number|no\.?|num))?(?: (?:is|was))?[\s:#=]{0,4}$/i;
const lastFour = /\b(?:ssn|social security)[^\d\n]{0,30}?(\d{4})(?!\d)/gi;
/** All but the last four crossed out. */
const crossedOut = /\bx{3}[- ]?x{2}[- ]?\d{4}\b/gi;

export const findSsn: Find = (text, emit) => {
  for (const match of matches(text, shape)) {
    if (!/[\d]$|\d[-.]$/.test(before(text, match.index, 2))) emit(match.index, match.index + match[0].length, 'ssn');
  }
  for (const match of matches(text, bare)) {
    if (label.test(before(text, match.index, 32))) emit(match.index, match.index + 9, 'ssn');
  }
  for (const match of matches(text, crossedOut)) emit(match.index, match.index + match[0].length, 'ssn');
  for (const match of matches(text, lastFour)) {
    emit(match.index + match[0].length - 4, match.index + match[0].length, 'ssn');
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
    ],
  },
  checks:
    'Three, two and four digits with the same sign between. Whether a number was ever issued is not asked: it may be somebody’s alias.',
  context: 'Nine digits without signs, four by themselves: their label.',
  misses: ['«123456789» was written down', 'it ends in «6789»'],
};
