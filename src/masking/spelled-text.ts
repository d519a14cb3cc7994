// Text written as the numbers of its characters: `80, 97, 116 …`, `50:61:74 …`, `0x50 0x61 …`, and signs nobody sees that stand
// for letters. Reads only; never decides whether it says something of anybody.

import { hasPackedRun } from './containers/encoded.ts';

export interface Spelled {
  readonly start: number;
  readonly end: number;
  /** What it spells. */
  readonly text: string;
}

/** Fewer numbers are measurements more often than they are a word. */
export const spelledMin = 8;

/** A letter of ASCII has a digit first, in decimal as in hexadecimal. */
const runs =
  /(?<![\w.])(?=(?:0x|\\x|&#x?)?\d)(?:(?:0x|\\x|&#x?)?[0-9a-f]{2,3}[\s,;:|-]{1,3}){7,}(?:0x|\\x|&#x?)?[0-9a-f]{2,3}(?![\w.])/gi;
/** What any run has, from the first digit on: what looks for that alone is quick. */
const mayHaveRuns = /\d[0-9a-fx]{1,4}(?:[\s,;:|-]{1,3}(?:0x|\\x|&#x?)?[0-9a-f]{2,3}){7}/i;
const item = /(?:0x|\\x|&#x)?[0-9a-f]{2,3}/gi;
/** Tag characters (U+E0020 …), and variation selectors one behind the other. */
const unseen = /[\u{e0020}-\u{e007e}]{2,}|[\ufe00-\ufe0f\u{e0100}-\u{e01ef}]{4,}/gu;

/** Letters, digits and signs of ASCII as hexadecimal digits in a row, and a word of a mail's header (RFC 2047). */
const packed = /(?<![\w+/=])(?:(?:[2-7][\da-f]){9,2000}(?![\w+/=])|=\?utf-8\?b\?([\w+/]{4,80}={0,2})\?=)/gi;

const packedMin = 18;

/** Linear. */
export function spelledText(text: string): readonly Spelled[] {
  const found: Spelled[] = [];
  const mayBePacked = text.length >= packedMin && (text.includes('=?') || hasPackedRun(text, packedMin));
  for (const { 0: run, 1: word, index } of mayBePacked ? text.matchAll(packed) : []) {
    const codes =
      word === undefined
        ? (run.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16))
        : Array.from(atob(word.length % 4 === 1 ? '' : word), (char) => char.charCodeAt(0));
    const spelled = textOfBytes(codes);
    if (spelled !== null) found.push({ start: index, end: index + run.length, text: spelled });
  }
  for (const { 0: run, index } of mayHaveRuns.test(text) ? text.matchAll(runs) : []) {
    const spelled = spelledBy(run.match(item) ?? []);
    if (spelled !== null) found.push({ start: index, end: index + run.length, text: spelled.text });
  }
  // oxlint-disable-next-line no-control-regex -- beyond ASCII
  if (/^[\u0000-\u007f]*$/.test(text)) return found;
  for (const { 0: run, index } of text.matchAll(unseen)) {
    const units = Array.from(run, (char) => unseenCode(char.codePointAt(0) ?? 0));
    const spelled = textOfBytes(units);
    if (spelled !== null) found.push({ start: index, end: index + run.length, text: spelled });
  }
  return found;
}

function unseenCode(point: number): number {
  if (point <= 0xfe0f) return point - 0xfe00;
  return point < 0xe0100 ? point - 0xe0000 : point - 0xe0100 + 16;
}

/** What numbers spell, in decimal or hexadecimal digits; null where it is no text. */
export function spelledBy(numbers: readonly string[]): { readonly text: string; readonly radix: 10 | 16 } | null {
  const plain = numbers.map((each) => each.replace(/^(?:0x|\\x|&#x)/i, ''));
  for (const radix of [10, 16] as const) {
    const digits = radix === 10 ? /^-?\d{1,7}$/ : /^[0-9a-f]{2,4}$/i;
    if (!plain.every((each) => digits.test(each))) continue;
    const text = textOfCodes(plain.map((each) => Number.parseInt(each, radix)));
    if (text !== null) return { text, radix };
  }
  return null;
}

/** What the numbers of characters spell, as bytes of UTF-8 (signed ones, too) or as code points; null where it is no text. */
export function textOfCodes(codes: readonly number[]): string | null {
  if (codes.length < spelledMin) return null;
  if (codes.every((code) => code >= -128 && code <= 255)) {
    const text = textOfBytes(codes.map((code) => (code + 256) % 256));
    if (text !== null) return text;
  }
  const isPoints = codes.every((code) => code >= 9 && code <= 0x10ffff);
  return isPoints ? asText(codes.map((code) => String.fromCodePoint(code)).join('')) : null;
}

function textOfBytes(bytes: readonly number[]): string | null {
  try {
    return asText(new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(bytes)));
  } catch {
    return null;
  }
}

/** A row of digits is a row of measurements. */
function asText(text: string): string | null {
  // oxlint-disable-next-line no-control-regex -- control characters are what text does not have
  return /[^\d\s]/.test(text) && !/[\u0000-\u0008\u000e-\u001a\u001c-\u001f\u007f-\u009f]/.test(text) ? text : null;
}
