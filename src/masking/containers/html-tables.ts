// Which column of an HTML table a text stands in, and what the column's heading says of it.

import { type Header, headerOf } from '../packs/header.ts';

interface Table {
  /** The texts of its first row. */
  readonly names: string[];
  header: Header | null;
  row: number;
  column: number;
}

export class HtmlTables {
  readonly #open: Table[] = [];

  start(element: string): void {
    if (element === 'table') this.#open.push({ names: [], header: null, row: -1, column: -1 });
    const table = this.#open.at(-1);
    if (!table) return;
    if (element === 'tr') {
      table.row++;
      table.column = -1;
      if (table.row === 1) table.header = headerOf(Array.from(table.names, (name) => name ?? ''));
    } else if (element === 'td' || element === 'th') table.column++;
  }

  end(element: string): void {
    if (element === 'table') this.#open.pop();
  }

  /** What the heading of the column says of a text; null outside of tables and in their first rows. */
  columnOf(text: string): { readonly cls: Header['classes'][number]; readonly isOfPeople: boolean } | null {
    const table = this.#open.at(-1);
    if (!table || table.column < 0) return null;
    if (table.row === 0) {
      table.names[table.column] = `${table.names[table.column] ?? ''}${text.trim()}`;
      return null;
    }
    return table.header && { cls: table.header.classes[table.column], isOfPeople: table.header.isOfPeople };
  }
}
