// FROM lists → the sources names may mean, in the order in which `*` shows their columns (parse_clause.c).

import type { Alias, JoinExpr, JsonTable, Node, RangeFunction, RangeVar } from 'libpg-query';
import type { Relation } from './catalog.ts';
import { filtering, filteringAll } from './conditions.ts';
import { insideJson } from './expressions.ts';
import { columnsOfFunction } from './functions.ts';
import {
  commonType,
  either,
  formless,
  type Lineage,
  noColumns,
  nothing,
  type OutputColumn,
  renamed,
  type Scope,
  type Shape,
  type Source,
  shapeOf,
  typed,
  unite,
  untraced,
} from './lineage.ts';
import { placeOf } from './ties.ts';
import {
  impliedOperators,
  isDeclaredSafe,
  kindOf,
  relationOf,
  stringOf,
  stringsOf,
  typeOf,
  type Walk,
} from './walk.ts';

/** Adds the sources of a FROM list to the scope, from left to right, as LATERAL sees them. */
export function fromList(walk: Walk, items: readonly Node[] | undefined, scope: Scope): void {
  for (const item of items ?? []) fromItem(walk, item, scope);
}

function fromItem(walk: Walk, item: Node, scope: Scope): void {
  if ('RangeVar' in item) scope.sources.push(rangeVar(walk, item.RangeVar, scope));
  else if ('RangeSubselect' in item) {
    const { subquery, lateral, alias } = item.RangeSubselect;
    const shape = subquery ? walk.rows(subquery, lateral ? scope : scope.aside()) : noColumns;
    scope.sources.push(sourceOf(alias, shape));
  } else if ('RangeFunction' in item) scope.sources.push(rangeFunction(walk, item.RangeFunction, scope));
  else if ('JoinExpr' in item) join(walk, item.JoinExpr, scope);
  else if ('RangeTableSample' in item) {
    const { relation, method, args, repeatable } = item.RangeTableSample;
    const name = stringsOf(method)
      .join('.')
      .replace(/^pg_catalog\./, '');
    if (name !== 'system' && name !== 'bernoulli') {
      walk.findings.hide('The statement samples by a method that is not built in.');
    }
    filteringAll(walk, args, scope);
    filtering(walk, repeatable, scope);
    if (relation) fromItem(walk, relation, scope);
  } else if ('JsonTable' in item) scope.sources.push(jsonTable(walk, item.JsonTable, scope));
  else {
    walk.findings.refuse('not_provable', `The statement reads from what cannot be analysed (${kindOf(item)}).`);
    scope.sources.push({ name: null, relation: null, shape: formless(untraced) });
  }
}

function sourceOf(alias: Alias | undefined, shape: Shape): Source {
  return { name: alias?.aliasname ?? null, relation: null, shape: renamed(shape, stringsOf(alias?.colnames)) };
}

/** A WITH query in sight, or a relation. */
function rangeVar(walk: Walk, range: RangeVar, scope: Scope): Source {
  const name = range.relname ?? '';
  const query = range.schemaname === undefined ? scope.query(name) : undefined;
  if (query) return { ...sourceOf(range.alias, query), name: range.alias?.aliasname ?? name };
  return relationSource(walk, range);
}

/** The relation itself, as INSERT, UPDATE, DELETE and MERGE name it. */
export function relationSource(walk: Walk, range: RangeVar): Source {
  const relation = relationOf(walk, range);
  const shape = relation ? walk.read(relation).shape : formless(untraced);
  placed(walk, relation);
  return {
    name: range.alias?.aliasname ?? range.relname ?? null,
    relation: relation ?? null,
    shape: renamed(shape, stringsOf(range.alias?.colnames)),
  };
}

/** Which rows lie in a partition is what its bounds ask of their key. */
function placed(walk: Walk, relation: Relation | undefined): void {
  const places = placeOf(walk, relation ?? null);
  walk.findings.places.push(...places);
  if (relation?.ties?.isPart) for (const each of places) walk.findings.mayTell(each);
}

function rangeFunction(walk: Walk, range: RangeFunction, scope: Scope): Source {
  const parts = (range.functions ?? []).map((each): Shape => {
    const [func, definitions] = 'List' in each ? (each.List.items ?? []) : [each];
    const lineage = filtering(walk, func, scope);
    const own = definitions && 'List' in definitions ? definitions.List.items : undefined;
    columnTypes(walk, own);
    const alias = range.functions?.length === 1 ? range.alias?.aliasname : undefined;
    // What a function of users returns is not looked up: any name may be a column of it.
    if (func && 'FuncCall' in func && isDeclaredSafe(walk, func.FuncCall)) return formless(lineage);
    return functionShape(func, own?.length ? own : range.coldeflist, alias, lineage);
  });
  columnTypes(walk, range.coldeflist);
  const [first] = range.functions ?? [];
  const func = first && 'List' in first ? first.List.items?.[0] : first;
  const name = range.alias?.aliasname ?? functionName(func) ?? null;
  const known = parts.every((each) => each.columns);
  const columns = parts.flatMap((each) => each.columns ?? []);
  if (range.ordinality) columns.push({ name: 'ordinality', lineage: nothing });
  const shape = known ? shapeOf(columns) : formless(unite(parts.map((each) => each.whole)));
  const source = sourceOf(range.alias, shape);
  const defined = columns.map((each) => each.name);
  const fields = [...stringsOf(range.alias?.colnames), ...defined, ...(name === null ? [] : [name])];
  if (range.ordinality) fields.push('ordinality');
  return { ...source, name, fields };
}

function functionName(func: Node | undefined): string | undefined {
  return func && 'FuncCall' in func ? stringOf(func.FuncCall.funcname?.at(-1)) : undefined;
}

/** The columns of one function in FROM: those it is said to have, those it always has, or its value. */
function functionShape(
  func: Node | undefined,
  definitions: readonly Node[] | undefined,
  alias: string | undefined,
  lineage: Lineage,
): Shape {
  const each = unite([lineage]);
  const defined = (definitions ?? []).flatMap((def) => ('ColumnDef' in def ? [def.ColumnDef.colname ?? ''] : []));
  if (defined.length > 0) return shapeOf(defined.map((name): OutputColumn => ({ name, lineage: each })));
  const called = functionName(func) ?? '';
  const arrays = called === 'unnest' ? systemArrays(func, each) : 0;
  if (arrays > 0) return shapeOf(Array.from({ length: arrays }, () => ({ name: called, lineage: each })));
  const known = columnsOfFunction(called);
  if (known?.length) return shapeOf(known.map((name) => ({ name, lineage: each })));
  // An array of rows comes out as their columns; one that a column is known to hold does not.
  const isValue = known !== null || (called === 'unnest' && lineage.form?.kind === 'column');
  return isValue ? shapeOf([{ name: alias ?? called, lineage }]) : formless(each);
}

/** How many columns of system relations `unnest` is given, if nothing else: those are no arrays of rows. */
function systemArrays(func: Node | undefined, { columns }: Lineage): number {
  const args = func && 'FuncCall' in func ? (func.FuncCall.args ?? []) : [];
  const isSystem = columns.size > 0 && [...columns].every((each) => each.startsWith('pg_catalog.'));
  return isSystem && args.every((each) => 'ColumnRef' in each) ? args.length : 0;
}

function columnTypes(walk: Walk, definitions: readonly Node[] | undefined): void {
  for (const each of definitions ?? []) if ('ColumnDef' in each) typeOf(walk, each.ColumnDef.typeName);
}

function jsonTable(walk: Walk, table: JsonTable, scope: Scope): Source {
  const lineage = insideJson(walk, table, scope);
  walk.findings.filter(lineage);
  const names = jsonColumns(table.columns);
  return sourceOf(table.alias, shapeOf(names.map((name) => ({ name, lineage: unite([lineage]) }))));
}

/** Those of nested paths stand where the path does. */
function jsonColumns(columns: readonly Node[] | undefined): string[] {
  return (columns ?? []).flatMap((each) => {
    if (!('JsonTableColumn' in each)) return [];
    const { coltype, name, columns: nested } = each.JsonTableColumn;
    return coltype === 'JTC_NESTED' ? jsonColumns(nested) : [name ?? ''];
  });
}

function join(walk: Walk, node: JoinExpr, scope: Scope): void {
  const before = scope.sources.length;
  if (node.larg) fromItem(walk, node.larg, scope);
  const middle = scope.sources.length;
  if (node.rarg) fromItem(walk, node.rarg, scope);
  const [left, right] = [visible(scope.sources.slice(before, middle)), visible(scope.sources.slice(middle))];
  const [leftNames, rightNames] = [namesOf(left), namesOf(right)];
  const using = node.isNatural
    ? leftNames && rightNames && leftNames.filter((name) => rightNames.includes(name))
    : stringsOf(node.usingClause);
  if (node.isNatural) walk.findings.wholeRows = true;
  if (node.isNatural || using?.length) {
    impliedOperators(walk, ['=']);
    const sides = [...left, ...right].map((source) => compared(source, using));
    for (const lineage of sides) {
      walk.findings.use(lineage);
      walk.findings.filter(lineage);
    }
    walk.findings.compare(unite(sides));
    walk.findings.meet(sides);
  }
  const joined = scope.sources.splice(before);
  // ON sees what is joined here and the queries around, not the rest of the FROM list (parse_clause.c, transformJoinOnClause).
  filtering(walk, node.quals, scope.aside(joined));
  const shape = joinedShape(node, left, right, using);
  // An alias hides what is joined; without one its columns are still known by the names of their tables.
  if (!node.alias) scope.sources.push(...joined.map((source) => ({ ...source, qualifiedOnly: true })));
  if (node.join_using_alias) {
    const merged = shape.columns?.slice(0, using?.length ?? 0);
    const source = sourceOf(node.join_using_alias, merged ? shapeOf(merged) : formless(shape.whole));
    scope.sources.push({ ...source, qualifiedOnly: true });
  }
  scope.sources.push(sourceOf(node.alias, shape));
}

function visible(sources: readonly Source[]): Source[] {
  return sources.filter((source) => !source.qualifiedOnly);
}

function namesOf(sources: readonly Source[]): string[] | null {
  if (!sources.every((source) => source.shape.columns)) return null;
  return sources.flatMap((source) => source.shape.columns?.map((column) => column.name) ?? []);
}

/** The columns of a source that a join compares; `using` null = not known. */
function compared(source: Source, using: readonly string[] | null): Lineage {
  const { columns, whole } = source.shape;
  if (!columns || !using) return whole;
  return unite(columns.filter((each) => using.includes(each.name)).map((each) => each.lineage));
}

/** What both sides have in common comes first, once; then the rest of the left side, then of the right. */
function joinedShape(
  node: JoinExpr,
  left: readonly Source[],
  right: readonly Source[],
  using: readonly string[] | null,
): Shape {
  const sides = [left, right].map((sources) => sources.flatMap((source) => source.shape.columns ?? []));
  const [lefts = [], rights = []] = sides;
  const whole = unite([...left, ...right].map((source) => source.shape.whole));
  if (!using || ![...left, ...right].every((source) => source.shape.columns)) return formless(whole);
  const named = (columns: readonly OutputColumn[], name: string): Lineage =>
    columns.find((each) => each.name === name)?.lineage ?? nothing;
  const merged = using.map((name): OutputColumn => {
    const both = [named(lefts, name), named(rights, name)];
    const [left = nothing, right = nothing] = both;
    if (node.jointype === 'JOIN_LEFT') return { name, lineage: typed(left, commonType(both)) };
    if (node.jointype === 'JOIN_RIGHT') return { name, lineage: typed(right, commonType(both)) };
    return { name, lineage: either(both) };
  });
  const rest = (columns: readonly OutputColumn[]): OutputColumn[] =>
    columns.filter((each) => !using.includes(each.name));
  return { columns: [...merged, ...rest(lefts), ...rest(rights)], whole };
}
