// WITH queries → what their names mean. A recursive one is walked until its lineage stands still.

import type { CommonTableExpr, CTECycleClause, CTESearchClause, Node, WithClause } from 'libpg-query';
import { expression } from './expressions.ts';
import {
  as,
  either,
  formless,
  type Lineage,
  noColumns,
  nothing,
  type OutputColumn,
  renamed,
  type Scope,
  type Shape,
  shapeOf,
  unite,
} from './lineage.ts';
import { bytesGrown, isEndless, measured } from './sizes.ts';
import { impliedOperators, stringsOf, type Walk } from './walk.ts';

/** The classes are few, so that it soon stands still. */
const roundsMax = 8;
/** Of all recursive queries of a statement together: one within another is walked anew in each round of that one. */
const walksMax = 1_024;
const involved = 'The recursive query is too involved to be analysed.';

export function withQueries(walk: Walk, clause: WithClause | undefined, scope: Scope): void {
  const queries = (clause?.ctes ?? []).flatMap((each) => ('CommonTableExpr' in each ? [each.CommonTableExpr] : []));
  if (!clause?.recursive) {
    for (const query of queries) scope.name(query.ctename ?? '', rowsOf(walk, query, scope));
    return;
  }
  for (const query of queries) scope.name(query.ctename ?? '', formless(nothing));
  walk.rounds += 1;
  if (walk.rounds > walksMax) return walk.findings.refuse('not_provable', involved);
  for (const query of queries) scope.name(query.ctename ?? '', firstRows(walk, query, scope));
  const { rowsMade } = walk.findings;
  let grown = again(walk, queries, scope);
  for (let round = 0; grown === 'other'; round++) {
    if (round >= roundsMax || walk.rounds >= roundsMax * roundsMax)
      return walk.findings.refuse('not_provable', involved);
    grown = again(walk, queries, scope);
  }
  // How many rounds the server goes is not known: rows made in one are made in each.
  const isEndlessOne = ({ ctename = '', ctequery }: CommonTableExpr): boolean =>
    isRecursive(ctequery) && isEndless(ctename, ctequery);
  if (walk.findings.rowsMade > rowsMade || queries.some(isEndlessOne)) walk.findings.rowsMade = Infinity;
  if (grown === 'longer') grow(walk, queries, scope);
  for (const query of queries) {
    const shape = scope.query(query.ctename ?? '') ?? noColumns;
    scope.name(
      query.ctename ?? '',
      withCycle(walk, query.cycle_clause, withSearch(walk, query.search_clause, shape), scope),
    );
  }
}

function rowsOf(walk: Walk, query: CommonTableExpr, scope: Scope): Shape {
  const rows = query.ctequery ? walk.rows(query.ctequery, scope) : noColumns;
  return renamed(rows, stringsOf(query.aliascolnames));
}

/** The part that starts the recursion; without it, what later rounds find of the number of columns is nothing. */
function firstRows(walk: Walk, query: CommonTableExpr, scope: Scope): Shape {
  if (!query.ctequery || !('SelectStmt' in query.ctequery)) return formless(nothing);
  const { larg, withClause } = query.ctequery.SelectStmt;
  if (!larg || withClause) return formless(nothing);
  return renamed(walk.rows({ SelectStmt: larg }, scope), stringsOf(query.aliascolnames));
}

/** What a further round makes of them. */
function again(walk: Walk, queries: readonly CommonTableExpr[], scope: Scope): 'other' | 'longer' | 'same' {
  let grown: 'other' | 'longer' | 'same' = 'same';
  for (const query of queries) {
    const before = scope.query(query.ctename ?? '');
    const shape = rowsOf(walk, query, scope);
    scope.name(query.ctename ?? '', shape);
    if (written(shape) !== written(before)) grown = 'other';
    else if (grown === 'same' && sizesOf(shape) !== sizesOf(before)) grown = 'longer';
  }
  return grown;
}

/** Three rounds show whether a value grows with each, and whether by ever more; then all is walked with what it may come to. */
function grow(walk: Walk, queries: readonly CommonTableExpr[], scope: Scope): void {
  const round = (): (Shape | undefined)[] => {
    again(walk, queries, scope);
    return queries.map((query) => scope.query(query.ctename ?? ''));
  };
  const [before, now, after] = [round(), round(), round()];
  for (const [at, query] of queries.entries()) {
    const [first, second, third] = [before, now, after].map((shapes) => shapes[at]?.columns);
    if (!first || !second || !third) continue;
    const columns = third.map(({ name, lineage }, place) => {
      const bytes = bytesGrown(first[place]?.lineage ?? lineage, second[place]?.lineage ?? lineage, lineage);
      return { name, lineage: measured(walk, lineage, bytes) };
    });
    scope.name(query.ctename ?? '', shapeOf(columns));
  }
  for (const query of queries) rowsOf(walk, query, scope);
}

function isRecursive(query: Node | undefined): boolean {
  return query !== undefined && 'SelectStmt' in query && query.SelectStmt.rarg !== undefined;
}

function sizesOf(shape: Shape | undefined): string {
  return [...(shape?.columns ?? []).map(({ lineage }) => lineage.size), shape?.whole.size].join();
}

function written(shape: Shape | undefined): string {
  const lineage = ({ classes, columns, form, nullTells }: Lineage): unknown => [
    [...classes].sort(),
    [...columns].sort(),
    nullTells,
    form?.kind,
    form?.kind === 'column' && [form.cls, form.mixed, form.jsonPaths !== undefined],
  ];
  return JSON.stringify(
    shape && [lineage(shape.whole), shape.columns?.map((each) => [each.name, lineage(each.lineage)]) ?? null],
  );
}

/** SEARCH adds a column of the values it goes by. */
function withSearch(walk: Walk, clause: CTESearchClause | undefined, shape: Shape): Shape {
  if (!clause) return shape;
  const by = unite(namedIn(shape, stringsOf(clause.search_col_list)));
  walk.findings.mayTell(by);
  return added(shape, [{ name: clause.search_seq_column ?? '', lineage: by }]);
}

/** CYCLE compares the rows on its path, and adds a mark and the path. */
function withCycle(walk: Walk, clause: CTECycleClause | undefined, shape: Shape, scope: Scope): Shape {
  if (!clause) return shape;
  impliedOperators(walk, ['=']);
  const by = unite(namedIn(shape, stringsOf(clause.cycle_col_list)));
  walk.findings.stand(by);
  const marks = either([
    expression(walk, clause.cycle_mark_value, scope),
    expression(walk, clause.cycle_mark_default, scope),
  ]);
  return added(shape, [
    { name: clause.cycle_mark_column ?? '', lineage: as(unite([by, marks]), { kind: 'answer' }) },
    { name: clause.cycle_path_column ?? '', lineage: by },
  ]);
}

function namedIn(shape: Shape, names: readonly string[]): Lineage[] {
  if (!shape.columns) return [shape.whole];
  return shape.columns.filter((each) => names.includes(each.name)).map((each) => each.lineage);
}

function added(shape: Shape, columns: readonly OutputColumn[]): Shape {
  const whole = unite([shape.whole, ...columns.map((each) => each.lineage)]);
  return shape.columns ? { columns: [...shape.columns, ...columns], whole } : formless(whole);
}
