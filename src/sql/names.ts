// Column references → lineage. Conservative: a name counts for everything in sight that it could mean, and what it means
// nowhere is refused.

import type { ColumnRef, Node } from 'libpg-query';
import { isRecordField } from './functions.ts';
import {
  anyName,
  type Lineage,
  nothing,
  type OutputColumn,
  type Scope,
  type Shape,
  type Source,
  unite,
  untraced,
} from './lineage.ts';
import { settingOfUsers } from './settings.ts';
import { mayCall, stringOf, type Walk } from './walk.ts';

const systemColumns: ReadonlySet<string> = new Set(['ctid', 'xmin', 'xmax', 'cmin', 'cmax', 'tableoid']);

export function isStar(node: Node | undefined): boolean {
  if (!node) return false;
  if ('A_Star' in node) return true;
  if ('ColumnRef' in node) return isStar(node.ColumnRef.fields?.at(-1));
  return 'A_Indirection' in node && isStar(node.A_Indirection.indirection?.at(-1));
}

/** The lineage of a column or whole-row reference. What it reads is noted. */
export function columnReference(walk: Walk, ref: ColumnRef, scope: Scope): Lineage {
  const lineage = resolve(walk, ref, scope);
  walk.findings.use(lineage);
  return lineage;
}

function resolve(walk: Walk, ref: ColumnRef, scope: Scope): Lineage {
  const fields = ref.fields ?? [];
  if (isStar(fields.at(-1))) return starShape(walk, fields, scope).whole;
  const names = fields.map((field) => stringOf(field) ?? '');
  if (names.length === 1) return unqualified(walk, names[0] ?? '', scope);
  return qualified(walk, names, scope);
}

function unqualified(walk: Walk, name: string, scope: Scope): Lineage {
  const found: Lineage[] = [];
  for (const source of scope.visible()) {
    const column = inShape(source.shape, name);
    if (column) found.push(column);
    // `p` alone is the whole row.
    if (source.name === name) found.push(source.shape.whole);
    if (systemColumns.has(name) && source.relation) found.push(nothing);
  }
  return found.length > 0 ? unite(found) : unknownName(walk);
}

/** `table.column`, `schema.table.column`, `database.schema.table.column`; or `table.function`, a call on the whole row. */
function qualified(walk: Walk, names: readonly string[], scope: Scope): Lineage {
  const column = names.at(-1) ?? '';
  const sources = sourcesOf(names.slice(0, -1), scope);
  if (sources.length === 0) return unknownName(walk);
  return unite(sources.map((source) => memberOf(walk, source, column)));
}

function memberOf(walk: Walk, source: Source, name: string): Lineage {
  if (source.fields) {
    if (!source.fields.includes(name)) fieldOrCall(walk, name);
    return source.shape.whole;
  }
  const column = inShape(source.shape, name);
  // The row of a subquery is a bare record, which only polymorphic functions take: the built-in ones are harmless.
  const isColumn = source.shape.columns?.some((each) => each.name === name);
  if (!isColumn && walk.catalog.isUserFunction(name)) fieldOrCall(walk, name);
  if (column) return column;
  if (systemColumns.has(name) && source.relation) return nothing;
  fieldOrCall(walk, name);
  return source.shape.whole;
}

/** Whether `(row).field` is a column of a whole row in sight, and `row` can mean nothing else. */
export function isFieldOfRow(row: Node | undefined, field: string, scope: Scope): boolean {
  if (!row || !('ColumnRef' in row) || row.ColumnRef.fields?.length !== 1) return false;
  const name = stringOf(row.ColumnRef.fields[0]) ?? '';
  const sources = [...scope.visible()];
  const rows = sources.filter((source) => source.name === name);
  return (
    rows.length > 0 &&
    rows.every((source) => source.shape.columns?.some((column) => column.name === field)) &&
    sources.every((source) => source.shape.columns?.every((column) => column.name !== name))
  );
}

/** INVARIANT: a name after a dot that is no column may be a function; only safe ones pass. */
export function fieldOrCall(walk: Walk, name: string): void {
  if (name === 'current_setting') walk.findings.refuse('not_provable', settingOfUsers);
  if (mayCall(walk, name) || (isRecordField(name) && !walk.catalog.isUserFunction(name))) return;
  walk.findings.hide('The statement reads a field that could be a call of a function not known to be safe.');
}

function unknownName(walk: Walk): Lineage {
  walk.findings.refuse('unknown_relation', 'The statement names a column that is not in the catalog.');
  return untraced;
}

function inShape(shape: Shape, name: string): Lineage | undefined {
  if (!shape.columns) return shape.whole;
  const same = shape.columns.filter((each) => each.name === name || each.name === anyName);
  return same.length > 0 ? unite(same.map((each) => each.lineage)) : undefined;
}

/** Sources a qualifier may mean. `schema.table` is only good for a relation, but its schema may be searched. */
function sourcesOf(qualifier: readonly string[], scope: Scope): Source[] {
  const name = qualifier.at(-1);
  const schema = qualifier.at(-2);
  return [...scope.visible()].filter((source) =>
    schema === undefined ? source.name === name : source.relation?.name === name && source.relation?.schema === schema,
  );
}

/** What `*` or `table.*` stands for, in the FROM list of this very query; outer ones only when qualified. */
export function starShape(walk: Walk, fields: readonly Node[], scope: Scope): Shape {
  const qualifier = fields.slice(0, -1).map((field) => stringOf(field) ?? '');
  const sources = qualifier.length === 0 ? scope.sources : sourcesOf(qualifier, scope);
  if (qualifier.length > 0 && sources.length === 0) return { columns: null, whole: unknownName(walk) };
  const whole = unite(sources.map((source) => source.shape.whole));
  const columns: OutputColumn[] = [];
  for (const source of sources) {
    if (!source.shape.columns || (qualifier.length > 0 && sources.length > 1)) return { columns: null, whole };
    columns.push(...source.shape.columns);
  }
  return { columns, whole };
}
