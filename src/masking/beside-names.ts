// What is somebody's for standing beside names that have been found: the other names of a list, and a number in brackets. Linear.

import { isClinical } from './lexicon/clinical-words.ts';
import { englishWords } from './lexicon/english-words.ts';
import { medicines } from './lexicon/medicines.ts';
import type { Span } from './mask.ts';
import { notNames } from './names.ts';

const list =
  /(?<![\p{L}\p{N}])\p{Lu}[\p{L}'’-]{2,30}(?:(?:, |; | ?& | and |, and | und | y | et | e )\p{Lu}[\p{L}'’-]{2,30}){2,40}(?![\p{L}\p{N}])/gu;
const item = /\p{Lu}[\p{L}'’-]{2,30}/gu;
/** "Quill, Zebulon (00447190)" */
const bracketed = /^ ?[([]#?(\d{6,12})[)\]]/;

/** `spans`: what else has been found in the text. */
export function besideNames(text: string, spans: readonly Span[]): readonly Span[] {
  const names = spans.filter(({ type }) => type === 'name');
  if (names.length === 0) return [];
  const numbers = names.flatMap(({ end }) => {
    const [whole = '', number = ''] = bracketed.exec(text.slice(end, end + 20)) ?? [];
    const from = end + whole.length - 1 - number.length;
    return number === '' ? [] : [{ start: from, end: from + number.length, type: 'other_id' } as const];
  });
  return names.length < 2 ? numbers : [...numbers, ...listed(text, names)];
}

/** Where most of a list are names, the others are as well, unless they are words. */
function listed(text: string, names: readonly Span[]): readonly Span[] {
  const lists = Array.from(text.matchAll(list));
  if (lists.length === 0) return [];
  const isName = new Uint8Array(text.length);
  for (const { start, end } of names) isName.fill(1, start, end);
  return lists.flatMap(({ 0: whole, index }) => {
    const items = Array.from(whole.matchAll(item), (match) => ({
      start: index + match.index,
      end: index + match.index + match[0].length,
      word: match[0].toLowerCase(),
    }));
    const isKnown = ({ start, end }: { readonly start: number; readonly end: number }): boolean =>
      isName[start] === 1 && isName[end - 1] === 1;
    const known = items.filter(isKnown).length;
    if (known < 2 || known * 2 < items.length) return [];
    return items
      .filter((each) => !isKnown(each) && !isWord(each.word))
      .map(({ start, end }): Span => ({ start, end, type: 'name' }));
  });
}

function isWord(word: string): boolean {
  return englishWords.has(word, 0, word.length) || isClinical(word) || medicines.has(word) || notNames.has(word);
}
