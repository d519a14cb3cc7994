// Rich Text Format (RTF 1.9.1): its words as one text, without the controls between them.

import type { Container, Leaf } from './leaf.ts';

const begins = /^\s*\{\\rtf\d?/;
/** A control word with its number and blank, a character by its code, a control symbol, a bracket, an end of line that does not count. */
const control = /\\u(-?\d{1,6})\??|\\'([\da-f]{2})|\\([a-z]{1,32})(-?\d{1,10})? ?|\\([^a-z])|[{}]|\r?\n/gi;
/** What a control word or symbol stands for; all others say how the text looks. */
const signs: Readonly<Record<string, string>> = {
  par: '\n',
  line: '\n',
  sect: '\n',
  page: '\n',
  row: '\n',
  cell: '\t',
  tab: '\t',
  emdash: '—',
  endash: '–',
  lquote: '‘',
  rquote: '’',
  ldblquote: '“',
  rdblquote: '”',
  '~': ' ',
  _: '-',
  '{': '{',
  '}': '}',
  '\\': '\\',
};

export const readRtf: Container = (text) => {
  if (!begins.test(text)) return null;
  const offsets: number[] = [];
  let value = '';
  let at = 0;
  const put = (plain: string, from: number, isRun: boolean): void => {
    for (let unit = 0; unit < plain.length; unit++) offsets.push(isRun ? from + unit : from);
    value += plain;
  };
  for (const { 0: whole, 1: unit, 2: byte, 3: word, 5: symbol, index } of text.matchAll(control)) {
    put(text.slice(at, index), at, true);
    const code = unit === undefined ? Number.parseInt(byte ?? '', 16) : (Number(unit) + 65_536) % 65_536;
    put(Number.isNaN(code) ? (signs[word ?? symbol ?? ''] ?? '') : String.fromCharCode(code), index, false);
    at = index + whole.length;
  }
  put(text.slice(at), at, true);
  offsets.push(text.length);
  const leaf: Leaf = { start: 0, end: text.length, value, offsets, cls: undefined, reads: 'prose', encode: escaped };
  return [leaf];
};

function escaped(replacement: string | null): string {
  return (replacement ?? '').replace(/[\\{}]/g, '\\$&');
}
