// Social security and taxpayer numbers. Any 3-2-4 shape counts: a number that was never issued still names someone here.

import { before, type Find } from './detector.ts';

const shape = /\d{3}([-. ])\d{2}\1\d{4}(?![\d]|[-.]\d)/g;
const bare = /(?<!\d)\d{9}(?!\d)/g;
const label =
  /\b(?:ssn|ss ?#|itin|tin|social security|soc\.? sec\.?)(?: (?:number|no\.?|num))?(?: (?:is|was))?[\s:#=]{0,4}$/i;
const lastFour = /\b(?:ssn|social security)[^\d\n]{0,30}?(\d{4})(?!\d)/gi;

export const findSsn: Find = (text, emit) => {
  for (const match of text.matchAll(shape)) {
    if (!/[\d]$|\d[-.]$/.test(before(text, match.index, 2))) emit(match.index, match.index + match[0].length, 'ssn');
  }
  for (const match of text.matchAll(bare)) {
    if (label.test(before(text, match.index, 32))) emit(match.index, match.index + 9, 'ssn');
  }
  for (const match of text.matchAll(lastFour)) {
    emit(match.index + match[0].length - 4, match.index + match[0].length, 'ssn');
  }
};
