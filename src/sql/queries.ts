// SELECT and VALUES → the shape and lineage of their rows, with everything that filters noted on the way.

import type { Node, ResTarget, SelectStmt } from 'libpg-query';
import { filtering, selecting, sortKey, window } from './conditions.ts';
import { expression } from './expressions.ts';
import { alike } from './failing.ts';
import { fromList } from './from.ts';
import {
  anyName,
  beside,
  formless,
  type Lineage,
  noColumns,
  Scope,
  type Shape,
  shapeOf,
  stacked,
  typed,
} from './lineage.ts';
import { isStar, rowOf, starShape } from './names.ts';
import { outputName } from './output-names.ts';
import { bytesListed, inRow, isUnjoined, measured } from './sizes.ts';
import { kindOf, stringOf, type Walk } from './walk.ts';
import { withQueries } from './with-queries.ts';

export function select(walk: Walk, query: SelectStmt, around: Scope | null): Shape {
  const scope = new Scope(around);
  withQueries(walk, query.withClause, scope);
  if (query.intoClause) {
    walk.findings.writes = true;
    walk.findings.refuse('not_provable', 'SELECT INTO would store rows where nothing masks them.');
  }
  const combines = query.op !== undefined && query.op !== 'SETOP_NONE';
  const shape = combines ? setOperation(walk, query, scope) : plain(walk, query, scope);
  const rows = query.valuesLists ? values(walk, query.valuesLists, scope) : shape;
  for (const item of query.sortClause ?? []) {
    if ('SortBy' in item) outputKey(walk, sortKey(walk, item.SortBy), rows, scope, combines ? 'outputs' : 'order');
  }
  filtering(walk, query.limitOffset, scope);
  filtering(walk, query.limitCount, scope);
  return rows;
}

function plain(walk: Walk, query: SelectStmt, scope: Scope): Shape {
  fromList(walk, query.fromClause, scope);
  if (isUnjoined(query)) walk.findings.rowsMade = Infinity;
  selecting(walk, query.whereClause, scope);
  const shape = targetList(walk, query.targetList, scope);
  groupList(walk, query.groupClause, shape, scope);
  filtering(walk, query.havingClause, scope);
  for (const each of query.windowClause ?? []) if ('WindowDef' in each) window(walk, each.WindowDef, scope);
  for (const each of query.distinctClause ?? []) {
    if (kindOf(each)) outputKey(walk, each, shape, scope, 'order');
    else apart(walk, shape);
  }
  return shape;
}

function setOperation(walk: Walk, query: SelectStmt, scope: Scope): Shape {
  const starBefore = walk.findings.star;
  const [left = noColumns, right = noColumns] = [query.larg, query.rarg].map((side) =>
    side ? select(walk, side, scope) : noColumns,
  );
  // The server vouches for no column of these, so that what a star stands for is only known from the catalog.
  if (walk.findings.star && !starBefore) walk.findings.wholeRows = true;
  const shape = oneBelow(walk, [left, right]);
  // All but UNION ALL compare whole rows.
  if (!(query.op === 'SETOP_UNION' && query.all)) apart(walk, shape);
  return query.op === 'SETOP_EXCEPT' ? asTyped(left, shape) : shape;
}

/** Rows of all of them, the columns of one place made one type. */
function oneBelow(walk: Walk, shapes: readonly Shape[]): Shape {
  const [first] = shapes;
  const isKnown = shapes.every(({ columns }) => columns && columns.length === first?.columns?.length);
  if (!isKnown)
    alike(
      walk,
      shapes.map(({ whole }) => whole),
    );
  for (const at of (isKnown && first?.columns?.keys()) || [])
    alike(
      walk,
      shapes.flatMap(({ columns }) => columns?.[at]?.lineage ?? []),
    );
  return shapes.reduce(stacked);
}

/** The columns of the one, of the types of the other. */
function asTyped(shape: Shape, types: Shape): Shape {
  if (!shape.columns) return shape;
  const columns = shape.columns.map(({ name, lineage }, at) => ({
    name,
    lineage: typed(lineage, types.columns?.[at]?.lineage.type),
  }));
  return { columns, whole: shape.whole };
}

/** Whole rows are told apart. */
function apart({ findings }: Walk, { columns, whole }: Shape): void {
  for (const each of columns?.map((column) => column.lineage) ?? [whole]) findings.sort(each);
}

function values(walk: Walk, lists: readonly Node[], scope: Scope): Shape {
  const rows = lists.map((list) => {
    const items = 'List' in list ? (list.List.items ?? []) : [];
    // The server names no origin of these columns.
    if (items.some(isStar)) walk.findings.wholeRows = true;
    return numbered(beside(items.map((item) => outputsOf(walk, { val: item }, scope))));
  });
  const { columns, whole } = oneBelow(walk, rows);
  const listed = (lineage: Lineage): Lineage => measured(walk, lineage, bytesListed(walk, [lineage]));
  return { columns: columns && columns.map(({ name, lineage }) => ({ name, lineage: listed(lineage) })), whole };
}

/** A star among VALUES is as many columns as it stands for (parse_target.c, transformExpressionList). */
function numbered({ columns, whole }: Shape): Shape {
  return { columns: columns && columns.map(({ lineage }, at) => ({ name: `column${at + 1}`, lineage })), whole };
}

/** The output columns of a SELECT or RETURNING list. */
export function targetList(walk: Walk, targets: readonly Node[] | undefined, scope: Scope): Shape {
  const shape = beside(
    (targets ?? []).flatMap((target) => ('ResTarget' in target ? [outputsOf(walk, target.ResTarget, scope)] : [])),
  );
  inRow(walk, shape.columns?.map((column) => column.lineage) ?? [shape.whole]);
  return shape;
}

function outputsOf(walk: Walk, { val, name }: ResTarget, scope: Scope): Shape {
  if (isStar(val)) return starOutputs(walk, val, scope);
  return shapeOf([{ name: name ?? outputName(val), lineage: expression(walk, val, scope) }]);
}

/** `*`, `table.*` and `(row).*`. */
function starOutputs(walk: Walk, val: Node | undefined, scope: Scope): Shape {
  if (val && 'ColumnRef' in val) {
    const shape = starShape(walk, val.ColumnRef.fields ?? [], scope);
    walk.findings.use(shape.whole);
    return shape;
  }
  if (val && 'A_Indirection' in val && val.A_Indirection.indirection?.length === 1) {
    const row = rowOf(val.A_Indirection.arg, scope);
    if (row) {
      walk.findings.star = true;
      walk.findings.use(row.shape.whole);
      return row.shape;
    }
  }
  return formless(expression(walk, val, scope));
}

/**
 * ORDER BY, DISTINCT ON, GROUP BY: a position, an output column's name, or an expression over the input. In `order` an
 * output's name comes first, in `group` that of an input column (parse_clause.c, findTargetlistEntrySQL92).
 */
function outputKey(
  walk: Walk,
  key: Node | undefined,
  shape: Shape,
  scope: Scope,
  names: 'order' | 'group' | 'outputs',
): void {
  const { findings } = walk;
  if (key && 'A_Const' in key && key.A_Const.ival) {
    findings.sort(shape.columns?.[(key.A_Const.ival.ival ?? 0) - 1]?.lineage ?? shape.whole);
    return;
  }
  const name =
    key && 'ColumnRef' in key && key.ColumnRef.fields?.length === 1 ? stringOf(key.ColumnRef.fields[0]) : undefined;
  if (name === undefined) {
    sorted(walk, key, scope);
    return;
  }
  const isInput = scope.sources.some(
    (source) => !source.qualifiedOnly && (source.shape.columns?.some((each) => each.name === name) ?? true),
  );
  const isCertain = scope.sources.every((source) => source.shape.columns);
  if (names === 'group' && isInput && isCertain) {
    sorted(walk, key, scope);
    return;
  }
  const outputs = shape.columns?.filter((each) => each.name === name || each.name === anyName);
  for (const each of outputs?.map((output) => output.lineage) ?? [shape.whole]) findings.sort(each);
  const isOutput = outputs?.some((each) => each.name === name) === true;
  if (names === 'outputs' || (isOutput && (names === 'order' || (!isInput && isCertain)))) return;
  sorted(walk, key, scope);
}

function sorted(walk: Walk, key: Node | undefined, scope: Scope): void {
  walk.findings.sort(expression(walk, key, scope));
}

/** GROUP BY: as ORDER BY, within grouping sets and between parentheses too (parse_clause.c, flatten_grouping_sets). */
function groupList(walk: Walk, items: readonly Node[] | undefined, shape: Shape, scope: Scope): void {
  for (const item of items ?? []) {
    if ('GroupingSet' in item) groupList(walk, item.GroupingSet.content, shape, scope);
    else if ('List' in item) groupList(walk, item.List.items, shape, scope);
    else if ('RowExpr' in item) groupList(walk, item.RowExpr.args, shape, scope);
    else outputKey(walk, item, shape, scope, 'group');
  }
}
