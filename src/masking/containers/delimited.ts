// Tables as text: CSV, TSV and the like with a header row, psql's aligned output, markdown. The header says what a column holds.

import { fieldClass, genericColumn } from '../packs/generic.ts';
import { syntheaHeader } from '../packs/synthea.ts';
import { asWritten, type Container, isDate, type Leaf } from './leaf.ts';

interface Cell {
  readonly start: number;
  readonly end: number;
  readonly value: string;
  readonly isQuoted: boolean;
}

export const readDelimited: Container = (text) => {
  const first = /^[^\r\n]*[\r\n]/.exec(text)?.[0] ?? '';
  const separator = [',', '\t', '|', ';'].find((each) => first.split(each).length >= (each === '|' ? 2 : 3));
  if (separator === undefined) return null;
  const rows = rowsOf(text, separator);
  const [header, ...body] = rows.filter((row) => !row.every((cell) => /^[\s:+-]*$/.test(cell.value)));
  if (!header || body.length === 0 || !isHeader(header)) return null;
  const names = header.map((cell) => cell.value.trim());
  const classes = classesOf(names);
  if (classes.every((cls) => cls === undefined)) return null;
  // Rows that do not fit the header are not what it speaks of.
  const fitting = body.filter((row) => row.length === header.length);
  if (fitting.length * 2 < body.length) return null;
  const leaves: Leaf[] = [];
  for (const row of body) {
    row.forEach((cell, at) => {
      if (cell.value.trim() !== '') leaves.push(leafOf(cell, row.length === header.length ? classes[at] : undefined));
    });
  }
  return leaves;
};

function isHeader(cells: readonly Cell[]): boolean {
  return (
    cells.every((cell) => /^\s*(?:[A-Za-z_][\w ./#()-]{0,48})?\s*$/.test(cell.value)) &&
    cells.filter((cell) => cell.value.trim() !== '').length > 1
  );
}

function classesOf(names: readonly string[]): readonly Leaf['cls'][] {
  const synthea = syntheaHeader(names);
  return names.map((name, at) => synthea?.[at] ?? fieldClass(name) ?? noNote(genericColumn(name)));
}

function noNote(cls: Leaf['cls']): Leaf['cls'] {
  return cls === 'note' ? undefined : cls;
}

function leafOf(cell: Cell, said: Leaf['cls']): Leaf {
  const { start, end, value, isQuoted } = cell;
  const isYoung = said === 'age' && Number(value) < 90;
  const cls = isYoung ? 'clear' : said === undefined && isDate(value) ? 'date' : said;
  const encode = isQuoted ? (each: string | null): string => (each ?? '').replaceAll('"', '""') : asWritten;
  return { start, end, value, offsets: null, cls, prose: false, encode };
}

/** RFC 4180, with any separator; offsets are those of the cell without its quotes and outer blanks. */
function rowsOf(text: string, separator: string): readonly (readonly Cell[])[] {
  const rows: Cell[][] = [];
  let row: Cell[] = [];
  for (let at = 0; at <= text.length; ) {
    let cell: Cell;
    if (text.charAt(at) === '"') {
      let end = at + 1;
      while (end < text.length && (text.charAt(end) !== '"' || text.charAt(end + 1) === '"'))
        end += text.charAt(end) === '"' ? 2 : 1;
      cell = { start: at + 1, end, value: text.slice(at + 1, end), isQuoted: true };
      at = end + 1;
    } else {
      let end = at;
      while (
        end < text.length &&
        text.charAt(end) !== separator &&
        text.charAt(end) !== '\n' &&
        text.charAt(end) !== '\r'
      )
        end++;
      const raw = text.slice(at, end);
      const lead = raw.length - raw.trimStart().length;
      cell = { start: at + lead, end: at + lead + raw.trim().length, value: raw.trim(), isQuoted: false };
      at = end;
    }
    row.push(cell);
    const next = text.charAt(at);
    if (next === separator) {
      at++;
      continue;
    }
    if (row.length > 1 || row[0]?.value !== '') rows.push(row);
    row = [];
    at += next === '\r' && text.charAt(at + 1) === '\n' ? 2 : 1;
  }
  return rows;
}
