// Words of programs: names of constants, of types and of members, by how they are written. Nobody is called so.

import { englishWords } from '../lexicon/english-words.ts';
import { programWords } from '../lexicon/program-words.ts';
import { givenNames, surnames } from '../names.ts';
import { before } from './detector.ts';

/** A part of a constant's name, of which another is an English word that nobody is called: "MAX_FETCH_SIZE". */
export function isOfConstant(text: string, start: number, end: number): boolean {
  if (text.charAt(start - 1) !== '_' && text.charAt(end) !== '_') return false;
  const head = /[A-Z0-9_]*$/.exec(before(text, start, 40))?.[0] ?? '';
  const tail = /^[A-Z0-9_]*/.exec(text.slice(start, start + 40))?.[0] ?? '';
  const behind = text.charAt(start + tail.length);
  if (start + tail.length < end || /\w/.test(behind)) return false;
  if (behind === '=') return true;
  return `${head}${tail}`.split('_').some((part) => part.length > 2 && isKnown(part.toLowerCase()));
}

/** "ChartService" */
const humps = /^(?:\p{Lu}\p{Ll}{2,20}){2,5}$/u;

/** "apiVersion" */
const lowerHumps = /^\p{Ll}{2,20}(?:\p{Lu}\p{Ll}{1,20}){1,4}$/u;

function humpsOf(token: string): readonly string[] {
  return token.match(/\p{Lu}\p{Ll}+/gu)?.map((hump) => hump.toLowerCase()) ?? [];
}

function isKnown(word: string): boolean {
  return (
    (englishWords.has(word, 0, word.length) || programWords.has(word)) && !surnames.has(word) && !givenNames.has(word)
  );
}

/** "MoCA", "IgG", "PostgreSQL" */
const camel = /^\p{Lu}\p{Ll}{1,3}\p{Lu}|^\p{Lu}\p{Ll}{1,12}\p{Lu}{2,}$/u;

/** "ChartService", "apiVersion", "PostgreSQL", and not "McDonald". */
export function isCodeWord(token: string): boolean {
  return (
    (humps.test(token) && !givenNames.has(token.toLowerCase()) && humpsOf(token).every(isKnown)) ||
    (lowerHumps.test(token) && humpsOf(`${token.charAt(0).toUpperCase()}${token.slice(1)}`).every(isKnown)) ||
    (camel.test(token) && !/^(?:Ma?c|D[ei]|L[aeo]|V[ao]n|Fitz|San)\p{Lu}/u.test(token))
  );
}
