// What a capitalised word is by itself: somebody's name from a long list, or a word that neither English nor medicine has
// and that no list names, which is somebody or some place when its neighbours say so.

import { isClinical } from '../lexicon/clinical-words.ts';
import { englishWords } from '../lexicon/english-words.ts';
import { eponyms } from '../lexicon/eponyms.ts';
import { rareFamilyNames } from '../lexicon/family-names.ts';
import { rareGivenNames } from '../lexicon/given-names.ts';
import { medicines } from '../lexicon/medicines.ts';
import type { WordFilter } from '../lexicon/word-filter.ts';
import { lists, type Word } from './words.ts';

/** One capital, or one more behind a hyphen, an apostrophe or a prefix of names; a brand is often written otherwise. */
const asName = /^\p{Lu}(?:\p{Ll}|'(?=\p{Lu})|-(?=\p{Lu})|(?<=['-]|Mc|Mac|De|Le|La|Di|Fitz)\p{Lu})+$/u;

const lettersMin = 4;

export function isStrange(text: string, { start, end, key, initial, lists: standing }: Word): boolean {
  if (initial || key.length < lettersMin || (standing & lists.notName) !== 0) return false;
  if (!asName.test(text.slice(start, end))) return false;
  return !key
    .split(/['-]/)
    .some((part) => englishWords.has(part, 0, part.length) || isClinical(part) || isMedical(part));
}

/** Named after somebody, or a brand, an organism, a trial. */
export function isMedical(key: string): boolean {
  return eponyms.has(key) || medicines.has(key);
}

/** Somebody whom medicine named something after, or two of them: Weber, Lambert-Eaton, Charcot-Marie-Tooth. */
export function isEponym(key: string): boolean {
  return key.includes('-') ? key.split('-').filter((part) => eponyms.has(part)).length > 1 : eponyms.has(key);
}

/** A given name of any country that is no other word; `key` as of a Word. */
export function isRareGiven(key: string): boolean {
  return isIn(rareGivenNames, key);
}

export function isRareFamily(key: string): boolean {
  return isIn(rareFamilyNames, key);
}

/** The filter takes a few words more for its own; what is known to be something else is none of them. */
function isIn(filter: WordFilter, key: string): boolean {
  const joint = key.indexOf('-');
  const length = joint > 1 ? joint : key.length;
  if (!filter.has(key, 0, length)) return false;
  const part = key.slice(0, length);
  return !isMedical(part) && !isClinical(part);
}
