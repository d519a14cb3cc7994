// Tables as text: CSV, TSV and the like with a header row, psql's aligned output, markdown. The header says what a column holds.

import { labelClass } from '../packs/generic.ts';
import { areNames, headerOf, isPersonalValue } from '../packs/header.ts';
import { asWritten, type Container, isDate, type Leaf, type Reading } from './leaf.ts';

interface Cell {
  readonly start: number;
  readonly end: number;
  readonly value: string;
  readonly isQuoted: boolean;
}

/** Lines of a table that hold no cells. */
const rule = /^[\s|:+=│├┼┤┌┬┐└┴┘╞╪╡─═-]*$/;

export const readDelimited: Container = (text) => {
  const first = firstLine(text);
  const separator = [',', '\t', '|', '│', ';'].find((each) => first.split(each).length >= 2);
  const ruled = separator === undefined ? simpleRule.exec(text.slice(0, ruleWithin))?.[0] : undefined;
  if (separator === undefined && ruled === undefined && !/\S {2,}\S.* {2,}\S/.test(first)) return null;
  const rows =
    separator !== undefined
      ? rowsOf(text, separator)
      : ruled !== undefined
        ? ruledRows(text, ruled)
        : alignedRows(text);
  const [header, ...body] = rows.filter((row) => !row.every((cell) => rule.test(cell.value)));
  if (!header || body.length === 0) return null;
  const { classes, isOfPeople } = headerOf(isHeader(header) ? header.map((cell) => cell.value.trim()) : []);
  if (classes.every((cls) => cls === undefined)) return labelled([header, ...body]) ?? withoutHeader([header, ...body]);
  // Rows that do not fit the header are not what it speaks of.
  const fitting = body.filter((row) => row.length === header.length);
  if (fitting.length * 2 < body.length) return null;
  // Two columns and a comma are as often a sentence.
  if (header.length === 2 && separator !== '|' && fitting.length < body.length) return null;
  const reads = isOfPeople ? 'record' : 'value';
  const leaves: Leaf[] = [];
  for (const row of body) {
    row.forEach((cell, at) => {
      if (cell.value.trim() !== '')
        leaves.push(leafOf(cell, row.length === header.length ? classes[at] : undefined, reads));
    });
  }
  return leaves;
};

/** The first line that is no rule, with its end; '' where the text has but one line. */
function firstLine(text: string): string {
  let at = 0;
  for (let lines = 0; lines < 5; lines++) {
    const line = /^[^\r\n]*[\r\n]+/.exec(text.slice(at, at + 100_000))?.[0] ?? '';
    if (line === '' || !rule.test(line)) return line;
    at += line.length;
  }
  return '';
}

/** Columns that two blanks or more keep apart. */
function alignedRows(text: string): readonly (readonly Cell[])[] {
  return Array.from(text.matchAll(/[^\r\n]+/g), ({ 0: line, index }) =>
    Array.from(line.matchAll(/\S+(?: \S+)*/g), ({ 0: value, index: at }): Cell => {
      return { start: index + at, end: index + at + value.length, value, isQuoted: false };
    }),
  ).filter((row) => row.length > 0);
}

const simpleRule = /^[ \t]*={2,}(?: +={2,})+[ \t]*$/m;
const ruleWithin = 2_000;

/** Columns as wide as the rule above them says (reStructuredText's simple tables); the last goes on to the line's end. */
function ruledRows(text: string, ruled: string): readonly (readonly Cell[])[] {
  const columns = Array.from(ruled.matchAll(/=+/g), ({ 0: column, index }) => [index, index + column.length] as const);
  return Array.from(text.matchAll(/[^\r\n]+/g), ({ 0: line, index }) =>
    columns.map(([from, to], at): Cell => {
      const raw = line.slice(from, at === columns.length - 1 ? line.length : to);
      const start = index + from + (raw.length - raw.trimStart().length);
      return { start, end: start + raw.trim().length, value: raw.trim(), isQuoted: false };
    }),
  );
}

/** What a column or a row may be called; with anything else in it, it holds a value besides. */
const heading = /^[\s\uFEFF]*(?:[\p{L}_][\p{L}\p{N}_ ./#()-]{0,48})?\s*$/u;

function isHeader(cells: readonly Cell[]): boolean {
  return cells.every((cell) => heading.test(cell.value)) && cells.filter((cell) => cell.value.trim() !== '').length > 1;
}

/** Two columns, of which the first names what stands in the second, in rows enough to tell. */
function labelled(rows: readonly (readonly Cell[])[]): readonly Leaf[] | null {
  if (rows.some((row) => row.length !== 2)) return null;
  const names = rows.map(([name]) => name?.value.replace(/[?:*]+\s*$/, '').trim() ?? '');
  const classes = names.map((name) => (heading.test(name) ? labelClass(name) : undefined));
  if (classes.filter((cls) => cls !== undefined).length < labelsMin) return null;
  return rows.flatMap(([name, value], at) => [
    ...(name && classes[at] === undefined ? [leafOf(name, undefined, 'record')] : []),
    ...(value && value.value.trim() !== '' ? [leafOf(value, classes[at], 'record')] : []),
  ]);
}

const labelsMin = 2;
const columnsMin = 4;
/** Rows nobody has named the columns of, when one of those is a day, a number or an address of somebody's in every row. */
function withoutHeader(rows: readonly (readonly Cell[])[]): readonly Leaf[] | null {
  const columns = rows[0]?.length ?? 0;
  if (columns < columnsMin || rows.some((row) => row.length !== columns)) return null;
  const speaks = Array.from({ length: columns }, (_each, at) =>
    rows.every((row) => isPersonalValue(row[at]?.value ?? '')),
  );
  if (!speaks.includes(true)) return null;
  const names = Array.from({ length: columns }, (_each, at) => areNames(rows.map((row) => row[at]?.value ?? '')));
  return rows.flatMap((row) =>
    row.flatMap((cell, at) => {
      if (cell.value === '') return [];
      const isNumber = /^\d{5,}(?:-\d+)?$/.test(cell.value) && !isDate(cell.value);
      return leafOf(cell, isNumber ? 'other_id' : names[at] ? 'name' : undefined, 'record');
    }),
  );
}

function leafOf(cell: Cell, said: Leaf['cls'], reads: Reading): Leaf {
  const { start, end, value, isQuoted } = cell;
  const isYoung = said === 'age' && Number(value) < 90;
  const cls = isYoung ? 'clear' : said === undefined && isDate(value) ? 'date' : said;
  const encode = isQuoted ? (each: string | null): string => (each ?? '').replaceAll('"', '""') : asWritten;
  return { start, end, value, offsets: null, cls, reads, encode };
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
