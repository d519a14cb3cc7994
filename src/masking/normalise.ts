// One plain form of a text for the detectors, with the way back: invisible characters out, compatibility forms and
// look-alikes to their plain letter, digits of any script to ASCII, spaced digits together, what an operator already wrote
// out of sight.

import { matches } from './detectors/detector.ts';
import { findMaskTokens } from './operators.ts';

export interface NormalText {
  readonly text: string;
  /** Offset in the original where the unit at this offset begins. */
  readonly toStart: (offset: number) => number;
  /** Offset in the original just after the unit before this offset. */
  readonly toEnd: (offset: number) => number;
}

/** Stands for each unit of a mask token: no letter, digit or blank, so that nothing is found in or across it; and one byte. */
const covered = '¤';

const invisible =
  /^(?:\p{Cf}|[\u0300-\u036F\u20D0-\u20F0]|[\uFE00-\uFE0F]|[\u115F\u1160\u17B4\u17B5\u180B-\u180F]|[\u{E0100}-\u{E01EF}])$/u;

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
  const plain = { text, toStart: same, toEnd: same };
  if (!mayHaveForms.test(text)) return plain;
  if (!mayHaveSigns.test(text)) return withoutCuts(plain, spacedDigitsIn(text));
  return closedUp(spelledOut(unquoted(simplified(text))));
}

/** A sign that anything below goes by, or a digit. */
// oxlint-disable-next-line no-control-regex -- ESC begins a colour (ECMA-48)
const mayHaveForms = /[\d[*=\\&_~`<\u001b\u0080-\uffff-]/;

/** Where none of these stands, there are only digits that may be spaced. */
// oxlint-disable-next-line no-control-regex -- the same
const mayHaveSigns = /[[*=\\&_~`<\u001b\u0080-\uffff]|-[\da-f]{8}|- {0,2}[\r\n]/;

/** Bytes as mail writes them where it writes blanks so, too, or the signs between digits (RFC 2045 §6.7). */
const quoted = /=([\dA-F]{2})((?:=[89AB][\dA-F])*)/g;
const mayBeQuoted = /=20[A-Za-z\d][^]*=20[A-Za-z\d]|\d=2[0DEF]\d/;

function unquoted(normal: NormalText): NormalText {
  if (!normal.text.includes('=2') || !mayBeQuoted.test(normal.text)) return normal;
  return withoutCuts(
    normal,
    Array.from(matches(normal.text, quoted)).flatMap((match) => {
      const char = percentChar(match[0].replaceAll('=', '%'));
      return char === null ? [] : [{ start: match.index, end: match.index + match[0].length, char }];
    }),
  );
}

/** Null for what is no one character of UTF-8, or none of a text. */
function percentChar(bytes: string): string | null {
  try {
    const char = decodeURIComponent(bytes);
    return char.length === 1 && char >= ' ' ? char : null;
  } catch {
    return null;
  }
}

/** A character in the escapes of programs and pages: `\\u0031`, `\\x31`, `\\061`, `&#49;`, `&ndash;`. */
const escape =
  /\\u\{([\da-f]{2,6})\}|\\u([\da-f]{4})|\\x([\da-f]{2})|&#x([\da-f]{2,5});|&#(\d{2,6});|\\([0-3][0-7]{2})|&(nbsp|ensp|emsp|thinsp|ndash|mdash|minus|hyphen|dash|shy|zwj|zwnj);/gi;
const pageSigns: Readonly<Record<string, string>> = {
  shy: '',
  zwj: '',
  zwnj: '',
  nbsp: ' ',
  ensp: ' ',
  emsp: ' ',
  thinsp: ' ',
};

function spelledOut(normal: NormalText): NormalText {
  if (!normal.text.includes('\\') && !normal.text.includes('&')) return normal;
  if (!/\\[ux0-3]|&[#a-z]/i.test(normal.text)) return normal;
  return withoutCuts(
    normal,
    Array.from(matches(normal.text, escape)).flatMap((match) => {
      const char = escaped(match);
      return char === null ? [] : [{ start: match.index, end: match.index + match[0].length, char }];
    }),
  );
}

/** Null for what is no sign of a text. */
function escaped([, braced, unit, byte, hex, decimal, octal, name]: RegExpExecArray): string | null {
  if (name !== undefined) return pageSigns[name.toLowerCase()] ?? '-';
  const digits = braced ?? unit ?? byte ?? hex;
  const code =
    digits === undefined
      ? Number.parseInt(decimal ?? octal ?? '', decimal === undefined ? 8 : 10)
      : Number.parseInt(digits, 16);
  if (code < 0x20 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return null;
  const char = String.fromCodePoint(code);
  const plain = plainForm(char, char, 0);
  return plain.length < 2 ? plain : null;
}

function simplified(text: string): NormalText {
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

/** Seven to thirty digits that each stand alone, as somebody spells out a number or hides it. */
const spacedDigits = /(?<![\d.,/-])\d(?:(?: {1,3}| ?[-./)] ?)\d(?!\d)){6,29}(?![\d])(?! ?[-./] ?\d)/g;
const spacing = / ?[-./)] ?| {1,3}/g;

/** What only a screen or a page makes of a text, amid a number: colours, emphasis, escapes, tags, line ends that do not count. */
const trimmings =
  // oxlint-disable-next-line no-control-regex -- ESC begins a colour (ECMA-48)
  /(?<=[\d-])(?:\u001b\[[\d;]{0,8}m|\*{1,3}|__|_(?=-)|(?<=-)_|~~|`|\\|<\/?[a-z][\w:-]{0,12}(?: [^<>]{0,80})?>|<!--.{0,40}?-->|=\r?\n|(?<=\d-) {0,2}\r?\n {0,8}){1,4}(?=[\d-])/gi;
/** Emphasis at the edges of words that begin with a capital: **Zebulon** _Quartermain_. */
const emphasis =
  /(?<=(?:^|[\s(:>]))(?:\*{1,3}|_{1,2})(?=\p{Lu}\p{L})|(?<=\p{Lu}[\p{L}'’. -]{1,60})(?:\*{1,3}|_{1,2})(?=[\s.,;:)]|$)/gu;
const mayHaveEmphasis = /\*|_(?![\w.])/;
// oxlint-disable-next-line no-control-regex -- the same
const mayHaveTrimmings = /[\d-][\u001b*_~`\\<=]|\d- {0,2}\r?\n/;

/** Numbers without what is put between their digits. */
function closedUp(normal: NormalText): NormalText {
  const plain = mayHaveEmphasis.test(normal.text) ? withoutCuts(normal, cutsOf(normal.text, emphasis)) : normal;
  const bare = mayHaveTrimmings.test(plain.text) ? withoutCuts(plain, cutsOf(plain.text, trimmings)) : plain;
  return withoutCuts(bare, spacedDigitsIn(bare.text));
}

interface Cut {
  readonly start: number;
  readonly end: number;
  /** What it says; nothing, if it is only in between. */
  readonly char?: string;
}

function cutsOf(text: string, pattern: RegExp): readonly Cut[] {
  return Array.from(matches(text, pattern), ({ 0: cut, index }) => ({ start: index, end: index + cut.length }));
}

/** Spaced digits together: "1 2 3 - 4 5 - 6 7 8 9" reads 123-45-6789. */
function spacedDigitsIn(text: string): readonly Cut[] {
  return Array.from(matches(text, spacedDigits), (match) => cutsIn(match[0], match.index)).flat();
}

function withoutCuts(normal: NormalText, cuts: readonly Cut[]): NormalText {
  const { text } = normal;
  if (cuts.length === 0) return normal;
  // Offset in the closed text where each cut was made, and what had been cut until then.
  const at: number[] = [];
  const removed: number[] = [];
  /** Where what stands for a cut itself ends in the text. */
  const ends = new Map<number, number>();
  let closed = '';
  let from = 0;
  for (const { start, end, char = '' } of cuts) {
    closed += text.slice(from, start) + char;
    from = end;
    if (char !== '') ends.set(closed.length - 1, end);
    at.push(closed.length);
    removed.push(end - closed.length);
  }
  const wide = (offset: number): number => {
    let [low, high] = [0, at.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((at[middle] ?? 0) <= offset) low = middle + 1;
      else high = middle;
    }
    return offset + (low === 0 ? 0 : (removed[low - 1] ?? 0));
  };
  return {
    text: closed + text.slice(from),
    toStart: (offset) => normal.toStart(wide(offset)),
    toEnd: (offset) => (offset === 0 ? 0 : normal.toEnd(ends.get(offset - 1) ?? wide(offset - 1) + 1)),
  };
}

/** The sign that stands most often between the digits goes; of another one only the blanks around it. */
function cutsIn(spelled: string, offset: number): readonly Cut[] {
  const gaps = Array.from(spelled.matchAll(spacing), (match) => ({ sign: match[0], start: offset + match.index }));
  const counts = new Map<string, number>();
  for (const { sign } of gaps) counts.set(sign, (counts.get(sign) ?? 0) + 1);
  const [usual] = [...counts].sort(([, a], [, b]) => b - a)[0] ?? [''];
  return gaps.flatMap(({ sign, start }) => {
    const end = start + sign.length;
    if (sign === usual) return [{ start, end }];
    const kept = start + Math.max(0, sign.search(/\S/));
    return [
      { start, end: kept },
      { start: kept + 1, end },
    ].filter((cut) => cut.end > cut.start);
  });
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
  if (/[\u00b2\u00b3\u00b9]/.test(char))
    return raised.test(text.slice(Math.max(0, at - 1), at + 2)) ? char.normalize('NFKC') : char;
  if (char <= '\u024F') return char;
  if (decimal.test(char)) return String(decimalValue(char));
  const compatible = char.normalize('NFKC');
  return /^[\x20-\x7e]{1,4}$/.test(compatible) ? compatible : char;
}

/** One alone is an exponent. */
const raised = /[\u00b2\u00b3\u00b9\u2070-\u2079]{2}/;
const decimal = /^\p{Nd}$/u;

/** Decimal digits come in rows of ten that begin at …0 or …6 of a row of sixteen (UnicodeData, type Nd). */
function decimalValue(char: string): number {
  const plain = char.normalize('NFKC');
  if (plain >= '0' && plain <= '9') return Number(plain);
  const point = char.codePointAt(0) ?? 0;
  const row = point & ~15;
  return point - (decimal.test(String.fromCodePoint(row)) ? row : row + 6);
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
