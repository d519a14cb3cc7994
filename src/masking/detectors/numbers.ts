// The long numbers of a text, read once for all detectors that go by digits alone: what they look through is these places and
// not the whole text. Never decides what a number is.

import { isDigit } from './words.ts';

export interface Numbers {
  /** The neighbourhoods of the numbers, one after the other, with signs between that no number has; empty where there are none. */
  readonly text: string;
  /** Where the unit at this offset of `text` stands in the whole text. */
  readonly at: (offset: number) => number;
  /** Where each run of digits of the whole text begins, the short ones too. */
  readonly runs: readonly number[];
  /** How many digits its longest run has. */
  readonly longest: number;
}

/** Fewer digits are no identifier by themselves, but for a day and a month. */
const digitsMin = 4;
/** What may stand before a number and belong to it: "xxx-xx-6789", "summer of 2019", "postal code: ". */
const aheadChars = 16;
/** What may follow: " p.m.", "+01:00". */
const behindChars = 8;
const signsMax = 3;
const border = '¤';

export function readNumbers(text: string): Numbers {
  const starts: number[] = [];
  const offsets: number[] = [];
  const runs: number[] = [];
  const pieces: string[] = [];
  let length = 0;
  let floor = 0;
  let longest = 0;
  digit.lastIndex = 0;
  while (digit.test(text)) {
    let at = digit.lastIndex - 1;
    const start = at;
    let digits = 0;
    let isFraction = false;
    for (;;) {
      runs.push(at);
      const run = at;
      while (isDigit(text.charCodeAt(at))) at++;
      digits += at - run;
      longest = Math.max(longest, at - run);
      const next = joint(text, at, digits);
      if (next === at) break;
      if (text.charCodeAt(at) === slash) isFraction = true;
      at = next;
    }
    digit.lastIndex = at;
    if (digits < digitsMin && !isFraction) continue;
    const from = Math.max(floor, start - aheadChars);
    let end = at;
    while (end < text.length && end - at < behindChars && !isDigit(text.charCodeAt(end))) end++;
    // A piece that touches the one before goes on with it.
    if (from > floor || starts.length === 0) {
      pieces.push(border);
      length += border.length;
      starts.push(from);
      offsets.push(length);
    }
    pieces.push(text.slice(from, end));
    length += end - from;
    floor = end;
    digit.lastIndex = end;
  }
  return {
    runs,
    longest,
    text: pieces.length === 0 ? '' : pieces.join('') + border,
    at: (offset) => {
      let [low, high] = [0, offsets.length];
      while (low < high) {
        const middle = (low + high) >>> 1;
        if ((offsets[middle] ?? 0) <= offset) low = middle + 1;
        else high = middle;
      }
      return low === 0 ? 0 : (starts[low - 1] ?? 0) + offset - (offsets[low - 1] ?? 0);
    },
  };
}

const slash = 47;
/** Skims what has none faster than a loop does. */
const digit = /\d/g;

/** Where the next digits of the same number begin; `at` itself if there are none. */
function joint(text: string, at: number, digits: number): number {
  let next = at;
  while (next - at < signsMax && isSign(text.charCodeAt(next))) next++;
  if (isDigit(text.charCodeAt(next))) return next;
  // "2024-02-03T10:11", "x22", "ext. 4"
  const unit = text.charCodeAt(next) | 32;
  if (unit !== 116 && unit !== 120 && unit !== 101) return at;
  return digits < 7 ? at : at + (extension.exec(text.slice(at, at + 14))?.[0].length ?? 0);
}

const extension = /^(?:T| {0,2}(?:x|ext\.?|extension) ?)(?=\d)/i;

/** Blank, newline and ( ) + , - . / : ° */
function isSign(unit: number): boolean {
  return unit === 32 || (unit >= 40 && unit <= 47 && unit !== 42) || unit === 58 || unit === 10 || unit === 0xb0;
}
