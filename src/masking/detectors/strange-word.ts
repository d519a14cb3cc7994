// What a capitalised word is by itself: somebody's name from a long list, or a word that neither English nor medicine has
// and that no list names, which is somebody or some place when its neighbours say so.

import { isClinical } from '../lexicon/clinical-words.ts';
import { englishWords } from '../lexicon/english-words.ts';
import { eponyms } from '../lexicon/eponyms.ts';
import { rareFamilyNames } from '../lexicon/family-names.ts';
import { rareGivenNames } from '../lexicon/given-names.ts';
import { medicines } from '../lexicon/medicines.ts';
import type { WordFilter } from '../lexicon/word-filter.ts';
import { after, before } from './detector.ts';
import { isMixed, lists, type Word } from './words.ts';

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
  if (eponyms.has(key)) return true;
  return key.includes('-') && key.split('-').filter((part) => eponyms.has(part)).length > 1;
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

/** Diseases that are called by their eponym alone. */
const diseases: ReadonlySet<string> = new Set(
  'addison alzheimer parkinson crohn hodgkin graves cushing down bell wilson huntington hashimoto raynaud barrett meniere still paget whipple wegener tourette asperger chagas pott bart cooley hirschsprung legionnaire'.split(
    ' ',
  ),
);

/** "Huber 20 G" */
const sized = /^ \d{1,4}(?:\.\d{1,2})? ?(?:G|Fr|F|mm|cm|mL|mg|mcg|%)(?!\w)/;

/** A disease, a test or a device that somebody's name stands for. */
export function isDisease(text: string, { start, end, key }: Word): boolean {
  const ahead = after(text, end, 12);
  if ((isEponym(key) && /^ \d/.test(ahead)) || sized.test(ahead)) return true;
  // "St. John's wort"
  if (/\b[Ss]t\.? $/.test(before(text, start, 5))) return true;
  return diseases.has(key) && text.charAt(end) === "'";
}

/** In capitals, and nobody's name that is listed. */
export function isAbbreviation(text: string, word: Word): boolean {
  if (word.initial || word.end - word.start > 5 || isMixed(text, word)) return false;
  if ((word.lists & (lists.given | lists.surname | lists.ambiguous)) !== 0) return false;
  if (/[a-zß-ɏ]/.test(text.slice(word.start, word.end))) return false;
  return word.end - word.start < 4 || (!isRareFamily(word.key) && !isRareGiven(word.key));
}

/** "PETTIBONE, Lucius" */
export function isFamilyInCapitals(text: string, { start, end, key, lists: standing }: Word): boolean {
  if (end - start < 5 || (standing & (lists.english | lists.notName)) !== 0 || isClinical(key) || isMedical(key))
    return false;
  return /^[A-ZÀ-Þ'-]+$/.test(text.slice(start, end));
}
