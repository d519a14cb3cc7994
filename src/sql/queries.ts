// SELECT, VALUES and FROM lists → the shape and lineage of their rows, with everything that filters noted on the way.

import type { Alias, JoinExpr, Node, RangeFunction, RangeVar, SelectStmt, WithClause } from 'libpg-query';
import { expression, filtering, filteringAll, insideJson, sortKey, window } from './expressions.ts';
import {
  anyName,
  formless,
  type Lineage,
  noColumns,
  nothing,
  type OutputColumn,
  renamed,
  Scope,
  type Shape,
  type Source,
  shapeOf,
  shapeOfRelation,
  stacked,
  unite,
  untraced,
} from './lineage.ts';
import { isStar, starShape } from './names.ts';
import { impliedOperators, kindOf, relationOf, stringOf, stringsOf, typeOf, type Walk } from './walk.ts';

/** A recursive query is walked until its lineage stands still; the classes are few, so that is soon. */
const roundsMax = 8;

export function select(walk: Walk, query: SelectStmt, around: Scope | null): Shape {
  const scope = new Scope(around);
  withQueries(walk, query.withClause, scope);
  if (query.intoClause) {
    walk.findings.writes = true;
    walk.findings.refuse('not_provable', 'SELECT INTO would store rows where nothing masks them.');
  }
  const shape = query.op && query.op !== 'SETOP_NONE' ? setOperation(walk, query, scope) : plain(walk, query, scope);
  const rows = query.valuesLists ? values(walk, query.valuesLists, scope) : shape;
  for (const item of query.sortClause ?? []) {
    if ('SortBy' in item) outputKey(walk, sortKey(walk, item.SortBy), rows, scope, query.op !== 'SETOP_NONE');
  }
  filtering(walk, query.limitOffset, scope);
  filtering(walk, query.limitCount, scope);
  return rows;
}

function plain(walk: Walk, query: SelectStmt, scope: Scope): Shape {
  fromList(walk, query.fromClause, scope);
  filtering(walk, query.whereClause, scope);
  const shape = targetList(walk, query.targetList, scope);
  groupList(walk, query.groupClause, shape, scope);
  filtering(walk, query.havingClause, scope);
  for (const each of query.windowClause ?? []) if ('WindowDef' in each) window(walk, each.WindowDef, scope);
  for (const each of query.distinctClause ?? []) {
    if (kindOf(each)) outputKey(walk, each, shape, scope, false);
    else walk.findings.filter(shape.whole);
  }
  return shape;
}

function setOperation(walk: Walk, query: SelectStmt, scope: Scope): Shape {
  walk.findings.originsTrusted = false;
  const [left, right] = [query.larg, query.rarg].map((side) => (side ? select(walk, side, scope) : noColumns));
  const shape = stacked(left ?? noColumns, right ?? noColumns);
  // All but UNION ALL compare whole rows.
  if (!(query.op === 'SETOP_UNION' && query.all)) walk.findings.filter(shape.whole);
  return shape;
}

function values(walk: Walk, lists: readonly Node[], scope: Scope): Shape {
  return lists
    .map((list) => {
      const items = 'List' in list ? (list.List.items ?? []) : [];
      return shapeOf(items.map((item, at) => ({ name: `column${at + 1}`, lineage: expression(walk, item, scope) })));
    })
    .reduce(stacked);
}

/** The output columns of a SELECT or RETURNING list. */
export function targetList(walk: Walk, targets: readonly Node[] | undefined, scope: Scope): Shape {
  const columns: OutputColumn[] = [];
  const loose: Lineage[] = [];
  for (const target of targets ?? []) {
    if (!('ResTarget' in target)) continue;
    const { val, name } = target.ResTarget;
    if (isStar(val)) {
      const lineage = expression(walk, val, scope);
      const star = val && 'ColumnRef' in val ? starShape(walk, val.ColumnRef.fields ?? [], scope) : formless(lineage);
      if (star.columns && !scope.merged) columns.push(...star.columns);
      else loose.push(lineage);
    } else {
      columns.push({ name: name ?? outputName(val), lineage: expression(walk, val, scope) });
    }
  }
  const shape = shapeOf(columns);
  return loose.length > 0 ? formless(unite([shape.whole, ...loose])) : shape;
}

/** FigureColname of parse_target.c, as far as a name can be referred to. */
function outputName(node: Node | undefined): string {
  if (!node) return anyName;
  if ('ColumnRef' in node) return stringOf(node.ColumnRef.fields?.at(-1)) ?? '?column?';
  if ('FuncCall' in node) return stringOf(node.FuncCall.funcname?.at(-1)) ?? '?column?';
  if ('A_Indirection' in node) {
    const field = node.A_Indirection.indirection?.map(stringOf).findLast((each) => each !== undefined);
    return field ?? outputName(node.A_Indirection.arg);
  }
  if ('TypeCast' in node) {
    const inner = outputName(node.TypeCast.arg);
    return inner === '?column?' ? (stringOf(node.TypeCast.typeName?.names?.at(-1)) ?? inner) : inner;
  }
  if ('CollateClause' in node) return outputName(node.CollateClause.arg);
  return anyName;
}

/** ORDER BY, DISTINCT ON: a position, an output column's name, or an expression over the input. */
function outputKey(walk: Walk, key: Node | undefined, shape: Shape, scope: Scope, outputsOnly: boolean): void {
  const { findings } = walk;
  if (key && 'A_Const' in key && key.A_Const.ival) {
    findings.filter(shape.columns?.[(key.A_Const.ival.ival ?? 0) - 1]?.lineage ?? shape.whole);
    return;
  }
  const name =
    key && 'ColumnRef' in key && key.ColumnRef.fields?.length === 1 ? stringOf(key.ColumnRef.fields[0]) : undefined;
  if (name === undefined) {
    filtering(walk, key, scope);
    return;
  }
  const outputs = shape.columns?.filter((each) => each.name === name || each.name === anyName);
  findings.filter(outputs ? unite(outputs.map((each) => each.lineage)) : shape.whole);
  const isOutput = outputs?.length !== 0;
  const isInput = [...scope.visible()].some(
    (source) => source.shape.columns?.some((each) => each.name === name) ?? true,
  );
  if (!outputsOnly && (isInput || !isOutput)) filtering(walk, key, scope);
}

/** GROUP BY: as ORDER BY, within grouping sets too. */
function groupList(walk: Walk, items: readonly Node[] | undefined, shape: Shape, scope: Scope): void {
  for (const item of items ?? []) {
    if ('GroupingSet' in item) groupList(walk, item.GroupingSet.content, shape, scope);
    else if ('List' in item) groupList(walk, item.List.items, shape, scope);
    else outputKey(walk, item, shape, scope, false);
  }
}

export function withQueries(walk: Walk, clause: WithClause | undefined, scope: Scope): void {
  const queries = (clause?.ctes ?? []).flatMap((each) => ('CommonTableExpr' in each ? [each.CommonTableExpr] : []));
  const name = (): boolean => {
    let grown = false;
    for (const query of queries) {
      if (query.search_clause || query.cycle_clause) {
        walk.findings.refuse('not_provable', 'SEARCH and CYCLE clauses cannot be analysed.');
      }
      const before = scope.query(query.ctename ?? '');
      const rows = query.ctequery ? walk.rows(query.ctequery, scope) : noColumns;
      const shape = renamed(rows, stringsOf(query.aliascolnames));
      scope.name(query.ctename ?? '', shape);
      grown ||= sizeOf(shape) !== sizeOf(before);
    }
    return grown;
  };
  if (!clause?.recursive) {
    name();
    return;
  }
  walk.findings.originsTrusted = false;
  for (const query of queries) scope.name(query.ctename ?? '', formless(nothing));
  walk.rounds += 1;
  for (let round = 0; name(); round++) {
    if (round < roundsMax && walk.rounds < roundsMax * roundsMax) continue;
    walk.findings.refuse('not_provable', 'The recursive query is too involved to be analysed.');
    return;
  }
}

/** Grows with every class or column that is found. */
function sizeOf(shape: Shape | undefined): number {
  if (!shape) return -1;
  const parts = shape.columns?.map((each) => each.lineage.classes.size + each.lineage.columns.size) ?? [];
  return parts.reduce((a, b) => a + b, shape.whole.classes.size + shape.whole.columns.size) + parts.length;
}

/** Adds the sources of a FROM list to the scope, from left to right, as LATERAL sees them. */
export function fromList(walk: Walk, items: readonly Node[] | undefined, scope: Scope): void {
  for (const item of items ?? []) fromItem(walk, item, scope);
}

/** @returns the sources it added. */
function fromItem(walk: Walk, item: Node, scope: Scope): readonly Source[] {
  if ('RangeVar' in item) return add(scope, rangeVar(walk, item.RangeVar, scope));
  if ('RangeSubselect' in item) {
    const { subquery, lateral, alias } = item.RangeSubselect;
    const shape = subquery ? walk.rows(subquery, lateral ? scope : scope.aside()) : noColumns;
    return add(scope, sourceOf(alias, shape));
  }
  if ('RangeFunction' in item) return add(scope, rangeFunction(walk, item.RangeFunction, scope));
  if ('JoinExpr' in item) return join(walk, item.JoinExpr, scope);
  if ('RangeTableSample' in item) {
    const { relation, method, args, repeatable } = item.RangeTableSample;
    const name = stringsOf(method)
      .join('.')
      .replace(/^pg_catalog\./, '');
    if (name !== 'system' && name !== 'bernoulli') {
      walk.findings.hide('The statement samples by a method that is not built in.');
    }
    filteringAll(walk, args, scope);
    filtering(walk, repeatable, scope);
    return relation ? fromItem(walk, relation, scope) : [];
  }
  if ('JsonTable' in item) {
    const lineage = insideJson(walk, item.JsonTable, scope);
    walk.findings.filter(lineage);
    return add(scope, sourceOf(item.JsonTable.alias, formless(lineage)));
  }
  walk.findings.refuse('not_provable', `The statement reads from what cannot be analysed (${kindOf(item)}).`);
  return add(scope, { name: null, relation: null, shape: formless(untraced) });
}

function add(scope: Scope, source: Source): readonly Source[] {
  scope.sources.push(source);
  return [source];
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
  const shape = relation ? shapeOfRelation(relation) : formless(untraced);
  const { name } = sourceOf(range.alias, shape);
  return {
    name: name ?? range.relname ?? null,
    relation: relation ?? null,
    shape: renamed(shape, stringsOf(range.alias?.colnames)),
  };
}

function rangeFunction(walk: Walk, range: RangeFunction, scope: Scope): Source {
  const found: Lineage[] = [];
  for (const each of range.functions ?? []) {
    const [func, definitions] = 'List' in each ? (each.List.items ?? []) : [each];
    found.push(filtering(walk, func, scope));
    if (definitions && 'List' in definitions) columnTypes(walk, definitions.List.items);
  }
  columnTypes(walk, range.coldeflist);
  const [first] = range.functions ?? [];
  const func = first && 'List' in first ? first.List.items?.[0] : first;
  const named = func && 'FuncCall' in func ? stringOf(func.FuncCall.funcname?.at(-1)) : undefined;
  const name = range.alias?.aliasname ?? named ?? null;
  const defined = [...(range.coldeflist ?? [])].flatMap((each) =>
    'ColumnDef' in each && each.ColumnDef.colname ? [each.ColumnDef.colname] : [],
  );
  const fields = [...stringsOf(range.alias?.colnames), ...defined, ...(name === null ? [] : [name])];
  if (range.ordinality) fields.push('ordinality');
  return { ...sourceOf(range.alias, formless(unite(found))), name, fields };
}

function columnTypes(walk: Walk, definitions: readonly Node[] | undefined): void {
  for (const each of definitions ?? []) if ('ColumnDef' in each) typeOf(walk, each.ColumnDef.typeName);
}

function join(walk: Walk, node: JoinExpr, scope: Scope): readonly Source[] {
  const left = node.larg ? fromItem(walk, node.larg, scope) : [];
  const right = node.rarg ? fromItem(walk, node.rarg, scope) : [];
  filtering(walk, node.quals, scope);
  const using = stringsOf(node.usingClause);
  if (node.isNatural || using.length > 0) {
    impliedOperators(walk, ['=']);
    scope.merged = true;
    for (const source of [...left, ...right])
      walk.findings.filter(compared(source, node.isNatural ? [...left, ...right] : null, using));
  }
  const joined = [...left, ...right];
  const alias = node.alias ?? node.join_using_alias;
  if (!alias) return joined;
  const columns = joined.flatMap((source) => source.shape.columns ?? []);
  const whole = unite(joined.map((source) => source.shape.whole));
  const known = joined.every((source) => source.shape.columns) && !scope.merged && !alias.colnames?.length;
  const source = sourceOf(alias, known ? { columns, whole } : formless(whole));
  return [...joined, ...add(scope, source)];
}

/** The columns of a source that a join compares: those named, or for NATURAL those whose names others have too. */
function compared(source: Source, natural: readonly Source[] | null, using: readonly string[]): Lineage {
  const { columns, whole } = source.shape;
  if (!columns || natural?.some((each) => !each.shape.columns)) return whole;
  const isCompared = natural
    ? (name: string): boolean =>
        natural.some((each) => each !== source && each.shape.columns?.some((column) => column.name === name))
    : (name: string): boolean => using.includes(name);
  return unite(columns.filter((each) => isCompared(each.name)).map((each) => each.lineage));
}
