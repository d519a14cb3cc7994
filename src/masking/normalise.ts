// One plain form of a text for the detectors, with the way back: invisible characters out, compatibility forms and
// look-alikes to their plain letter, what an operator already wrote out of sight.

import { findMaskTokens } from './operators.ts';

export interface NormalText {
  readonly text: string;
  /** Offset in the original where the unit at this offset begins. */
  readonly toStart: (offset: number) => number;
  /** Offset in the original just after the unit before this offset. */
  readonly toEnd: (offset: number) => number;
}

/** Stands for each unit of a mask token: no letter, no digit, no space, so that nothing is found in or across it. */
const covered = '\uFFFC';

const invisible =
  /^(?:[\u0300-\u036F]|[\uFE00-\uFE0F]|[\u00AD\u061C\u115F\u1160\u17B4\u17B5\u180B-\u180E\u200B-\u200F\u202A-\u202E\u2060-\u206F\uFEFF])$/;

// Letters of other scripts that look Latin. Only within a word that also has Latin letters or signs.
const lookAlikes: ReadonlyMap<string, string> = new Map([
  ...pairs('асеорхуіјѕԁһӏԛԝ', 'aceopxyijsdhlqw'),
  ...pairs('АВСЕНІЈКМОРЅТХУ', 'ABCEHIJKMOPSTXY'),
  ...pairs('οιανρτυκχ', 'oiavptukx'),
]);

function pairs(from: string, to: string): [string, string][] {
  return Array.from(from, (char, at) => [char, to.charAt(at)]);
}

export function normalise(text: string): NormalText {
  const plain = cover(text);
  if (!/[\u0080-\uFFFF]/.test(text)) return { text: plain, toStart: same, toEnd: same };
  const starts: number[] = [];
  const ends: number[] = [];
  let normal = '';
  let at = 0;
  for (const char of plain) {
    const next = at + char.length;
    const form = plainForm(char, plain, at);
    for (let unit = 0; unit < form.length; unit++) {
      starts.push(at);
      ends.push(next);
    }
    normal += form;
    at = next;
  }
  return {
    text: normal,
    toStart: (offset) => starts[offset] ?? text.length,
    toEnd: (offset) => (offset === 0 ? 0 : (ends[offset - 1] ?? text.length)),
  };
}

function same(offset: number): number {
  return offset;
}

function plainForm(char: string, text: string, at: number): string {
  if (char < '\x80') return char;
  if (invisible.test(char)) return '';
  if (/[\u00A0\u2000-\u200A\u202F\u205F\u3000]/.test(char)) return ' ';
  if (/[\u2010-\u2015\u2212\uFE58\uFE63\uFF0D]/.test(char)) return '-';
  if (/[\u2018\u2019\u02BC\u2032]/.test(char)) return "'";
  if (/[\u201C\u201D]/.test(char)) return '"';
  const alike = lookAlikes.get(char);
  if (alike !== undefined) return /[A-Za-z@]/.test(text.slice(Math.max(0, at - 12), at + 12)) ? alike : char;
  if (char <= '\u024F') return char;
  const compatible = char.normalize('NFKC');
  return /^[\x20-\x7e]{1,4}$/.test(compatible) ? compatible : char;
}

function cover(text: string): string {
  const tokens = findMaskTokens(text);
  return tokens.length === 0 ? text : coverSpans(text, tokens);
}

/** The text with these places out of sight; its length stays. Spans are sorted and do not overlap. */
export function coverSpans(text: string, tokens: readonly { readonly start: number; readonly end: number }[]): string {
  let covering = '';
  let from = 0;
  for (const { start, end } of tokens) {
    covering += text.slice(from, start) + covered.repeat(end - start);
    from = end;
  }
  return covering + text.slice(from);
}
