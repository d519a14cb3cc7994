// Rows of cells in a tree of values: what the columns hold, by a list of names, by the first row, or by the cells themselves.

import { plainWord } from '../packs/generic.ts';
import { areNames, type Header, headerOf, isPersonalValue } from '../packs/header.ts';
import { type JsonNode, memberOf, stringOf } from './json-node.ts';
import { arePairs } from './told.ts';

const columnKeys = new Set(
  'columns fields header headers columnnames names cols columnmetadata columninfo schema metadata'.split(' '),
);
export const rowKeys: ReadonlySet<string> = new Set(
  'rows data values records result results items rowset rowdata datarows tuples'.split(' '),
);

/** Of `{"columns": […], "rows": [[…], …]}`: what the columns hold. */
export function columnsOf(node: JsonNode): Header | null {
  for (const { key, node: member } of node.kind === 'object' ? node.members : []) {
    if (!columnKeys.has(plainWord(key.value))) continue;
    const list = member.kind === 'object' ? (memberOf(member, 'fields') ?? memberOf(member, 'columns')) : member;
    const names = list?.kind === 'array' ? namesOf(list.items) : null;
    if (names) return headerOf(names);
  }
  return null;
}

const columnNames = ['name', 'label', 'title', 'column', 'columnName', 'column_name', 'field', 'id'] as const;

function namesOf(items: readonly JsonNode[]): readonly string[] | null {
  const names = items.flatMap((item) => {
    const bare = cellOf(item);
    if (bare.kind === 'string') return bare.value;
    const called = columnNames.find((each) => stringOf(item, each) !== undefined);
    return called === undefined ? [] : (stringOf(item, called) ?? []);
  });
  return names.length > 0 && names.length === items.length ? names : null;
}

/** The cells of a row: a list, or an object with nothing but a list (`{"f": […]}`). */
export function cellsOf(node: JsonNode): readonly JsonNode[] | null {
  if (node.kind === 'array') return node.items;
  const only = node.kind === 'object' && node.members.length === 1 ? node.members[0]?.node : undefined;
  return only?.kind === 'array' ? only.items : null;
}

/** A cell's value, where it is wrapped (`{"stringValue": …}`). */
export function cellOf(node: JsonNode): JsonNode {
  const only = node.kind === 'object' && node.members.length === 1 ? node.members[0]?.node : undefined;
  return only?.kind === 'string' || only?.kind === 'scalar' ? only : node;
}

/** Of rows of cells: the first, if it names what the others hold. */
export function headerAbove(items: readonly JsonNode[]): Header | null {
  const [first, ...others] = items;
  const cells = first && cellsOf(first);
  if (!cells || others.length === 0 || others.some((each) => !cellsOf(each)) || arePairs(items.map(cellsOf)))
    return null;
  const names = cells.every((item) => cellOf(item).kind === 'string') ? namesOf(cells) : null;
  const header = names && headerOf(names);
  return header?.classes.some((cls) => cls !== undefined) === true ? header : null;
}

const rowsMin = 2;
const columnsMin = 4;

/** Of rows that nobody has named the columns of, about people: which hold names. */
export function unnamedColumns(items: readonly JsonNode[]): Header | null {
  const rows = items.map(cellsOf);
  const columns = rows[0]?.length ?? 0;
  if (rows.length < rowsMin || columns < columnsMin || rows.some((row) => row?.length !== columns)) return null;
  const values = Array.from({ length: columns }, (_each, at) => rows.map((row) => valueOf(row?.[at])));
  if (!values.some((column) => column.every(isPersonalValue))) return null;
  const classes = values.map((column) => (areNames(column) ? 'name' : undefined));
  return { names: [], classes, isOfPeople: true };
}

function valueOf(node: JsonNode | undefined): string {
  const cell = node && cellOf(node);
  return cell?.kind === 'string' ? cell.value : '';
}
