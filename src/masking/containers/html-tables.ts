// Which column of an HTML table a text stands in, and what the column's heading says of it.

import { labelClass } from '../packs/generic.ts';
import { type Header, headerOf } from '../packs/header.ts';

interface Table {
  /** The texts of its first row. */
  readonly names: string[];
  header: Header | null;
  row: number;
  column: number;
  /** The cell before, where it may name this one: a heading, or the first of two. */
  label: string;
  cell: string;
  /** Its first row is a name and a value. */
  isVertical: boolean;
}

export class HtmlTables {
  readonly #open: Table[] = [];

  start(element: string): void {
    if (element === 'table')
      this.#open.push({ names: [], header: null, row: -1, column: -1, label: '', cell: '', isVertical: false });
    const table = this.#open.at(-1);
    if (!table) return;
    if (element === 'tr') {
      table.row++;
      table.column = -1;
      table.label = '';
      if (table.row === 1 && !table.isVertical) table.header = headerOf(Array.from(table.names, (name) => name ?? ''));
    } else if (element === 'td' || element === 'th') {
      table.column++;
      table.cell = element;
    }
  }

  end(element: string): void {
    if (element === 'table') this.#open.pop();
  }

  /** What the heading of the column, or of the row, says of a text; null outside of tables. */
  columnOf(text: string): { readonly cls: Header['classes'][number]; readonly isOfPeople: boolean } | null {
    const table = this.#open.at(-1);
    if (!table || table.column < 0) return null;
    const label = table.cell === 'td' ? table.label : '';
    // A heading beside its value, or the first cell of a row nobody has headed.
    if (table.cell === 'th' || (table.column === 0 && (table.row === 0 || !isHeaded(table)))) table.label = text.trim();
    const isName = table.label !== '' && label === '';
    const besides = label === '' ? undefined : labelClass(label);
    if (table.row === 0) {
      table.names[table.column] = `${table.names[table.column] ?? ''}${text.trim()}`;
      if (besides !== undefined) {
        table.isVertical = true;
        return { cls: besides, isOfPeople: true };
      }
      return isName && labelClass(text.trim()) !== undefined ? { cls: 'clear', isOfPeople: false } : null;
    }
    const cls = table.header?.classes[table.column] ?? besides;
    if (!table.header && !table.isVertical) return null;
    return { cls, isOfPeople: table.isVertical || table.header?.isOfPeople === true };
  }
}

function isHeaded({ header }: Table): boolean {
  return header?.classes.some((cls) => cls !== undefined) === true;
}
