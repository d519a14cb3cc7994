// Names whose words stand in two places of a record, one behind the other: a given name in one cell, the family name in the next.

import type { Leaf } from './containers/leaf.ts';
import { detect } from './detect.ts';
import type { Find } from './detectors/detector.ts';
import { isClinical } from './lexicon/clinical-words.ts';
import { englishWords } from './lexicon/english-words.ts';
import type { Span } from './mask.ts';
import { notNames } from './names.ts';

/** Whole, with a blank between. `own`: as for detect. */
export function partedNames(leaves: readonly Leaf[], own: readonly Find[]): readonly string[] {
  const names: string[] = [];
  let before = '';
  for (const { value, cls, keyOf } of leaves) {
    if (keyOf !== undefined || value.trim() === '') continue;
    const isRead = cls === undefined || cls === 'note';
    const first = isRead && before !== '' ? (nameAhead.exec(value)?.[0] ?? '') : '';
    const whole = `${before} ${first}`;
    if (first !== '' && first !== before && !isOrdinary(before) && !isOrdinary(first)) {
      const isName = ({ start, end, type }: Span): boolean => type === 'name' && end - start === whole.length;
      if (detect(whole, false, own).some(isName)) names.push(whole);
    }
    before = isRead ? (nameBehind.exec(value.slice(-nameBehindChars))?.[0] ?? '') : '';
  }
  return names;
}

function isOrdinary(word: string): boolean {
  const key = word.toLowerCase();
  return englishWords.has(key, 0, key.length) || isClinical(key) || notNames.has(key);
}

const nameBehind = /(?<![\p{L}\p{N}])\p{Lu}\p{Ll}[\p{L}'’-]{1,30}(?=\s{0,4}$)/u;
/** What it takes at most, with what stands around it. */
const nameBehindChars = 48;
const nameAhead = /(?<=^\s{0,4})\p{Lu}\p{Ll}[\p{L}'’-]{1,30}(?![\p{L}\p{N}])/u;
