// What every detector is. A detector reads normalised text and must take time linear in it: bounded quantifiers only,
// context looked at through windows of fixed size.

import type { PhiClass } from '../../core/phi.ts';
import type { LetterPairs } from './letter-pairs.ts';
import type { Numbers } from './numbers.ts';
import type { Word } from './words.ts';

/** Offsets are UTF-16 code units of the text given to find; spans may overlap and come in any order. */
export type Emit = (start: number, end: number, type: PhiClass) => void;

/** `words`: the capitalised words of the text; `numbers`: the neighbourhoods of its numbers; `pairs`: those of its letters, or more. */
export type Find = (text: string, emit: Emit, words: readonly Word[], numbers: Numbers, pairs: LetterPairs) => void;

/** What the reference says of a detector (docs/reference/detectors.md). In the examples the identifier stands between « and ». */
export interface About {
  /** Class → its shapes, each by an example that is found as that class. */
  readonly shapes: Readonly<Partial<Record<PhiClass, readonly string[]>>>;
  /** What a candidate must pass by itself. */
  readonly checks: string;
  /** What has to stand around it. */
  readonly context: string;
  /** Known misses: examples of what is not found, or not all of it. */
  readonly misses: readonly string[];
}

const none: readonly RegExpExecArray[] = [];

/**
 * Every match of a global pattern, as matchAll gives them, without the copy of the pattern that matchAll makes: most texts are
 * short and have none. The pattern must not be used again before the matches have been taken.
 */
export function matches(text: string, pattern: RegExp): Iterable<RegExpExecArray> {
  pattern.lastIndex = 0;
  const first = pattern.exec(text);
  return first ? further(text, pattern, first) : none;
}

function* further(text: string, pattern: RegExp, first: RegExpExecArray): Generator<RegExpExecArray, void, void> {
  for (let match: RegExpExecArray | null = first; match !== null; match = pattern.exec(text)) {
    if (match[0] === '') pattern.lastIndex++;
    yield match;
  }
}

/** As `matches`, in the places of the numbers; `index` is that of the whole text. */
export function matchesIn(numbers: Numbers, pattern: RegExp): Iterable<RegExpExecArray> {
  if (numbers.text === '') return none;
  const found = matches(numbers.text, pattern);
  return found === none ? none : placed(found, numbers);
}

function* placed(found: Iterable<RegExpExecArray>, numbers: Numbers): Generator<RegExpExecArray, void, void> {
  for (const match of found) {
    match.index = numbers.at(match.index);
    yield match;
  }
}

/** The characters before `at`, for anchored context patterns. */
export function before(text: string, at: number, chars: number): string {
  return text.slice(Math.max(0, at - chars), at);
}

export function after(text: string, at: number, chars: number): string {
  return text.slice(at, at + chars);
}

/** Luhn's mod-10 check (ISO/IEC 7812-1 annex B) over a string of digits. */
export function luhn(digits: string): boolean {
  let sum = 0;
  for (let at = 0; at < digits.length; at++) {
    const digit = digits.charCodeAt(digits.length - 1 - at) - 48;
    const doubled = at % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
