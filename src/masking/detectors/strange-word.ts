// A capitalised word that neither English nor medicine has, and no list names: somebody, or some place, when its neighbours
// say so. Never enough by itself.

import { isClinical } from '../lexicon/clinical-words.ts';
import { englishWords } from '../lexicon/english-words.ts';
import { lists, type Word } from './words.ts';

/** One capital, or one more behind a hyphen, an apostrophe or a prefix of names; a brand is often written otherwise. */
const asName = /^\p{Lu}(?:\p{Ll}|'(?=\p{Lu})|-(?=\p{Lu})|(?<=['-]|Mc|Mac|De|Le|La|Di|Fitz)\p{Lu})+$/u;

const lettersMin = 4;

export function isStrange(text: string, { start, end, key, initial, lists: standing }: Word): boolean {
  if (initial || key.length < lettersMin || (standing & lists.notName) !== 0) return false;
  if (!asName.test(text.slice(start, end))) return false;
  return !key.split(/['-]/).some((part) => englishWords.has(part, 0, part.length) || isClinical(part));
}
