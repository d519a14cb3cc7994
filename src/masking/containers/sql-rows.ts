// Rows as SQL writes them: INSERT … VALUES and COPY … FROM stdin, as dumps and scripts hold them. What stands around them is
// read as text.

import { headerOf } from '../packs/header.ts';
import { type Container, isDate, type Leaf } from './leaf.ts';

const beginning =
  /\b(?:INSERT\s+INTO|COPY|REPLACE\s+INTO)\s+(?:[\w."`[\]$-]{1,140})\s*(?:\(([^()]{1,8000})\)\s*)?(VALUES\s*(?=\()|FROM\s+stdin[^\n;]{0,200};\r?\n)/gi;

export const readSqlRows: Container = (text) => {
  if (!/\b(?:INSERT|COPY|REPLACE)\b/i.test(text)) return null;
  const leaves: Leaf[] = [];
  let at = 0;
  beginning.lastIndex = 0;
  for (let match = beginning.exec(text); match; match = beginning.exec(text)) {
    const rows = match.index + match[0].length;
    addText(text, at, match.index, leaves);
    const names = (match[1] ?? '').split(',').map((name) => name.replace(/["`[\]\s]/g, ''));
    const read = /^F/i.test(match[2] ?? '') ? copied : inserted;
    at = read(text, rows, new Columns(match[1] === undefined ? [] : names), leaves);
    beginning.lastIndex = at;
  }
  if (leaves.length === 0) return null;
  addText(text, at, text.length, leaves);
  return leaves;
};

class Columns {
  readonly #classes: readonly Leaf['cls'][];

  constructor(names: readonly string[]) {
    this.#classes = headerOf(names).classes;
  }

  leaf(at: number, value: string, place: Pick<Leaf, 'start' | 'end' | 'encode' | 'offsets'>): Leaf {
    const cls = this.#classes[at] ?? (isDate(value) && value.length > 6 ? 'date' : undefined);
    return { ...place, value, cls, reads: 'record' };
  }
}

function addText(text: string, start: number, end: number, leaves: Leaf[]): void {
  const value = text.slice(start, end);
  if (/[\p{L}\p{N}]/u.test(value))
    leaves.push({ start, end, value, offsets: null, cls: undefined, reads: 'prose', encode: (each) => each ?? '' });
}

const token = /\s*(?:([EeNnBbXx]?'(?:[^']|'')*'?)|([(),;])|([^'(),;\s][^'(),;]*))/y;

/** From the first parenthesis to what ends the statement. */
function inserted(text: string, start: number, columns: Columns, leaves: Leaf[]): number {
  let [at, column, depth] = [start, 0, 0];
  for (;;) {
    token.lastIndex = at;
    const match = token.exec(text);
    if (!match) return at;
    const [whole, quoted, sign, bare] = match;
    const end = at + whole.length;
    if (sign === '(' && depth++ === 0) column = 0;
    else if (sign === ')') depth--;
    else if (sign === ',' && depth === 1) column++;
    else if (sign === ';' || (depth === 0 && bare !== undefined)) return at;
    if (quoted !== undefined) leaves.push(stringLeaf(quoted, end - quoted.length, column, columns));
    else if (bare !== undefined && /^-?\d/.test(bare))
      leaves.push(numberLeaf(bare.trimEnd(), end - bare.length, column, columns));
    at = end;
  }
}

function stringLeaf(quoted: string, start: number, column: number, columns: Columns): Leaf {
  const lead = quoted.indexOf("'") + 1;
  const raw = quoted.slice(lead, quoted.length > lead && quoted.endsWith("'") ? -1 : undefined);
  const from = start + lead;
  const encode = (each: string | null): string => (each ?? '').replaceAll("'", "''");
  const place = { start: from, end: from + raw.length, encode };
  if (!raw.includes("''")) return columns.leaf(column, raw, { ...place, offsets: null });
  const offsets: number[] = [];
  let value = '';
  for (let at = 0; at < raw.length; at++) {
    offsets.push(from + at);
    value += raw.charAt(at);
    if (raw.charAt(at) === "'") at++;
  }
  return columns.leaf(column, value, { ...place, offsets: [...offsets, from + raw.length] });
}

/** A number that is somebody's becomes NULL. */
function numberLeaf(bare: string, start: number, column: number, columns: Columns): Leaf {
  const encode = (each: string | null): string => (each === bare ? bare : 'NULL');
  const leaf = columns.leaf(column, bare, { start, end: start + bare.length, encode, offsets: null });
  const isLong = bare.replace(/\D.*$/, '').length >= 6;
  return { ...leaf, cls: leaf.cls ?? (isLong ? 'other_id' : 'clear') };
}

/** Lines of cells between tabs, to the line that is `\.` (PostgreSQL's COPY, text format). */
function copied(text: string, start: number, columns: Columns, leaves: Leaf[]): number {
  let at = start;
  while (at < text.length) {
    const close = text.indexOf('\n', at);
    const end = close === -1 ? text.length : close;
    const line = text.slice(at, end);
    if (/^\\\.\s*$/.test(line)) return at;
    let from = at;
    line.split('\t').forEach((value, column) => {
      const place = {
        start: from,
        end: from + value.length,
        offsets: null,
        encode: (each: string | null) => each ?? '\\N',
      };
      if (value.trim() !== '' && value !== '\\N') leaves.push(columns.leaf(column, value, place));
      from += value.length + 1;
    });
    at = end + 1;
  }
  return text.length;
}
