// Rows of text as an aligned table. On a terminal long cells are cut and headings stand out; into a file nothing is lost.

import { type Io, plain } from './io.ts';

const cellWidthMax = 48;

export function renderTable(io: Io, headings: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const terminal = io.stdout.isTTY === true;
  const cut = (text: string): string => {
    const characters = Array.from(plain(text));
    return terminal && characters.length > cellWidthMax
      ? `${characters.slice(0, cellWidthMax - 1).join('')}…`
      : characters.join('');
  };
  const cells = rows.map((row) => row.map(cut));
  const titles = headings.map(cut);
  const widths = titles.map((title, column) =>
    Math.max(widthOf(title), ...cells.map((row) => widthOf(row[column] ?? ''))),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - widthOf(cell))))
      .join('  ')
      .trimEnd();
  const title = line(titles);
  return [terminal && io.env['NO_COLOR'] === undefined ? `\u001b[1m${title}\u001b[0m` : title, ...cells.map(line)];
}

function widthOf(text: string): number {
  return Array.from(text).length;
}
