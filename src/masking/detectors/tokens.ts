// The words, numbers and codes of a text, in order. A code of letters and digits in turn is one token, and no word: what stands in
// it is nobody's name. Linear.

import { matches } from './detector.ts';
import { isDigit } from './words.ts';

/** A word may have apostrophes, a number up to two letters behind it (`23rd`, `5mg`). */
export type TokenKind = 'word' | 'number' | 'code';

export type EachToken = (start: number, end: number, kind: TokenKind) => boolean;

/** Beyond ASCII, and what says what the scan below has to find. */
const tokenPattern =
  /(?<![\p{L}\p{N}_])[\p{L}\p{N}_]*(?:\p{N}\p{L}+\p{N}|\p{L}\p{N}+\p{L})[\p{L}\p{N}_]*|\p{L}[\p{L}\p{M}]*(?:'\p{L}+)*|\d+(?:\p{L}{1,2}(?!\p{L}))?/gu;

/** Offsets are UTF-16 code units; `each` says whether to go on. */
export function eachToken(text: string, each: EachToken): void {
  // What is covered is no part of a token.
  // oxlint-disable-next-line no-control-regex -- beyond ASCII
  if (/^[\u0000-\u007f¤]*$/.test(text)) scan(text, each);
  else eachMatch(text, each);
}

/** The same by the pattern, for any text. */
export function eachMatch(text: string, each: EachToken): void {
  for (const { 0: token, index } of matches(text, tokenPattern)) {
    const isNumber = isDigit(token.charCodeAt(0)) && /^\d+\p{L}{0,2}$/u.test(token);
    const kind = isNumber ? 'number' : /\d/.test(token) ? 'code' : 'word';
    if (!each(index, index + token.length, kind)) return;
  }
}

const underscore = 95;
const apostrophe = 39;

function scan(text: string, each: EachToken): void {
  for (let at = 0; at < text.length; at++) {
    if (!isWordUnit(text.charCodeAt(at))) continue;
    let end = at + 1;
    /** From letters to digits or back, without an underscore between. */
    let turns = 0;
    let isCode = false;
    for (; isWordUnit(text.charCodeAt(end)); end++) {
      const [before, unit] = [text.charCodeAt(end - 1), text.charCodeAt(end)];
      if (before === underscore || unit === underscore) turns = 0;
      else if (isDigit(before) !== isDigit(unit) && ++turns === 2) isCode = true;
    }
    if (!isCode) end = parts(text, at, end, each);
    else if (!each(at, end, 'code')) return;
    if (end < 0) return;
    at = end;
  }
}

/** Words and numbers from `from` to `to`, and on to where the last of them ends; -1 = no further. */
function parts(text: string, from: number, to: number, each: EachToken): number {
  let at = from;
  let limit = to;
  while (at < limit) {
    const start = at;
    const unit = text.charCodeAt(at);
    if (unit === underscore) {
      at++;
    } else if (isDigit(unit)) {
      while (isDigit(text.charCodeAt(at))) at++;
      const letters = lettersEnd(text, at) - at;
      if (letters < 3) at += letters;
      if (!each(start, at, 'number')) return -1;
    } else {
      at = lettersEnd(text, at);
      while (text.charCodeAt(at) === apostrophe && isLetter(text.charCodeAt(at + 1))) at = lettersEnd(text, at + 1);
      if (!each(start, at, 'word')) return -1;
    }
    // Behind an apostrophe the next run has begun.
    if (at > limit) for (limit = at; isWordUnit(text.charCodeAt(limit)); ) limit++;
  }
  return limit;
}

function lettersEnd(text: string, from: number): number {
  let at = from;
  while (isLetter(text.charCodeAt(at))) at++;
  return at;
}

/** Of ASCII. */
function isLetter(unit: number): boolean {
  const lower = unit | 32;
  return lower >= 97 && lower <= 122;
}

function isWordUnit(unit: number): boolean {
  return isLetter(unit) || isDigit(unit) || unit === underscore;
}
