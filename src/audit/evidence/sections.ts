// Sections and tables of the report, as data: what the page and the print are made of.

import type { Counts, Listed, ListName, Tallies } from './tally.ts';
import { typeWords } from './words.ts';

/** Rows of one table; what is beyond is counted. All of it is in report.json. */
export const rowsMax = 200;

export interface Table {
  readonly title: string;
  readonly headings: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface Section {
  readonly title: string;
  readonly text: readonly string[];
  readonly tables: readonly Table[];
}

export function section(title: string, text: readonly string[], tables: readonly (Table | null)[] = []): Section {
  const kept = tables.filter((each) => each !== null);
  const none = tables.length > 0 && kept.length === 0 ? ['None in the period.'] : [];
  return { title, text: [...text, ...none], tables: kept };
}

/** Null where there is nothing to show. */
export function table(title: string, headings: readonly string[], rows: readonly (readonly string[])[]): Table | null {
  if (rows.length === 0) return null;
  const more = rows.length - rowsMax;
  const shown = more > 0 ? [...rows.slice(0, rowsMax), [`… and ${more} more`]] : rows;
  return { title, headings, rows: shown };
}

/** What each name that is counted means, and the heading above that. */
export interface Meanings {
  readonly heading: string;
  readonly of: (name: string) => string;
}

export function countTable(title: string, heading: string, counts: Counts, meanings?: Meanings): Table | null {
  const rows = Object.entries(counts).map(([name, count]) => [
    name,
    ...(meanings ? [meanings.of(name)] : []),
    String(count),
  ]);
  return table(title, [heading, ...(meanings ? [meanings.heading] : []), 'count'], rows);
}

export function listTable(
  title: string,
  name: ListName,
  { lists, leftOut }: Pick<Tallies, 'lists' | 'leftOut'>,
): Table | null {
  return listedTable(title, lists[name], leftOut[name]);
}

export function listedTable(title: string, list: readonly Listed[], leftOut: number): Table | null {
  const rows = list.map(({ seq, time, type, who = '', says }) => [String(seq), time, typeWords[type], who, says]);
  const found = table(title, ['entry', 'time', 'what happened', 'who', 'what the record says'], rows);
  return found && leftOut > 0 ? { ...found, rows: [...found.rows, [`… and ${leftOut} more, counted only`]] } : found;
}
