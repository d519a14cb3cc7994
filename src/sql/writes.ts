// INSERT, UPDATE, DELETE and MERGE: what they write, from what, and how far they reach.
// INVARIANT: no protected value is stored anywhere: it would come back from there unmasked.

import type {
  DeleteStmt,
  InsertStmt,
  MergeStmt,
  MergeWhenClause,
  Node,
  OnConflictClause,
  ReturningClause,
  UpdateStmt,
} from 'libpg-query';
import { bounds, type Changed } from './bounds.ts';
import { filtering, selecting } from './conditions.ts';
import { expression, expressions } from './expressions.ts';
import { fromList, relationSource } from './from.ts';
import { isProtected, noColumns, nothing, Scope, type Shape, type Source, shapeOf } from './lineage.ts';
import { isStar } from './names.ts';
import { targetList } from './queries.ts';
import { mayChange, mayChangePart, mayDelete, mayInsert, mayUpdate } from './ties.ts';
import { stringsOf, type Walk } from './walk.ts';
import { withQueries } from './with-queries.ts';

export function insert(walk: Walk, node: InsertStmt, around: Scope | null): Shape {
  const scope = begin(walk, node.withClause, around);
  const target = targetOf(walk, node.relation);
  inserted(walk, target, node.cols, scope);
  const rows = node.selectStmt ? walk.rows(node.selectStmt, scope) : null;
  if (rows) walk.findings.carry(rows.whole);
  scope.sources.push(target);
  if (node.onConflictClause) {
    onConflict(walk, node.onConflictClause, target, node.cols, asGiven(target, givenNames(target, node, rows)), scope);
  }
  return returning(walk, node.returningClause, target, scope);
}

export function update(walk: Walk, node: UpdateStmt, around: Scope | null): Shape {
  const scope = begin(walk, node.withClause, around);
  const target = targetOf(walk, node.relation);
  scope.sources.push(target);
  fromList(walk, node.fromClause, scope);
  assigned(walk, node.targetList, target, scope);
  selecting(walk, node.whereClause, scope);
  if (!bounds(node.whereClause, changedOf(target))) walk.findings.bounded = false;
  return returning(walk, node.returningClause, target, scope);
}

export function remove(walk: Walk, node: DeleteStmt, around: Scope | null): Shape {
  const scope = begin(walk, node.withClause, around);
  const target = targetOf(walk, node.relation);
  removed(walk, target);
  scope.sources.push(target);
  fromList(walk, node.usingClause, scope);
  selecting(walk, node.whereClause, scope);
  if (!bounds(node.whereClause, changedOf(target))) walk.findings.bounded = false;
  return returning(walk, node.returningClause, target, scope);
}

export function merge(walk: Walk, node: MergeStmt, around: Scope | null): Shape {
  const scope = begin(walk, node.withClause, around);
  const target = targetOf(walk, node.relation);
  scope.sources.push(target);
  fromList(walk, node.sourceRelation ? [node.sourceRelation] : [], scope);
  filtering(walk, node.joinCondition, scope);
  for (const each of node.mergeWhenClauses ?? []) {
    if ('MergeWhenClause' in each) mergeWhen(walk, each.MergeWhenClause, node.joinCondition, target, scope);
  }
  // `*` shows what is merged in first (parse_merge.c), unlike FROM and USING of the others.
  const [, ...merged] = scope.sources;
  return returning(walk, node.returningClause, target, scope.aside([...merged, target]));
}

function mergeWhen(walk: Walk, when: MergeWhenClause, joined: Node | undefined, target: Source, scope: Scope): void {
  filtering(walk, when.condition, scope);
  if (when.commandType === 'CMD_INSERT') {
    inserted(walk, target, when.targetList, scope);
    walk.findings.carry(expressions(walk, when.values, scope));
    return;
  }
  if (when.commandType === 'CMD_UPDATE') assigned(walk, when.targetList, target, scope);
  if (when.commandType === 'CMD_DELETE') removed(walk, target);
  const changed = changedOf(target);
  const byJoin = when.matchKind === 'MERGE_WHEN_MATCHED' && bounds(joined, changed);
  if (when.commandType !== 'CMD_NOTHING' && !byJoin && !bounds(when.condition, changed)) walk.findings.bounded = false;
}

function begin(walk: Walk, clause: InsertStmt['withClause'], around: Scope | null): Scope {
  walk.findings.writes = true;
  const scope = new Scope(around);
  withQueries(walk, clause, scope);
  return scope;
}

function targetOf(walk: Walk, relation: InsertStmt['relation']): Source {
  if (!relation) return { name: null, relation: null, shape: noColumns };
  const target = relationSource(walk, relation);
  mayChange(walk, target.relation);
  return target;
}

/** By its columns, and by where a row lies. */
function changedOf({ name, shape: { columns } }: Source): Changed {
  return { name, columns: columns && new Set(['ctid', ...columns.map((each) => each.name)]) };
}

function removed(walk: Walk, target: Source): void {
  mayDelete(walk, target.relation);
  walk.findings.use(target.shape.whole);
}

function inserted(walk: Walk, target: Source, columns: readonly Node[] | undefined, scope: Scope): void {
  const names = namesIn(columns);
  mayInsert(walk, target.relation, names.length > 0 ? names : null);
  written(walk, target, columns, scope);
}

function namesIn(columns: readonly Node[] | undefined): string[] {
  return (columns ?? []).flatMap((each) => ('ResTarget' in each ? [each.ResTarget.name ?? ''] : []));
}

function isPart(target: Node): boolean {
  return 'ResTarget' in target && (target.ResTarget.indirection?.length ?? 0) > 0;
}

/** Notes the columns that are written; all of them where none is named. */
function written(walk: Walk, target: Source, columns: readonly Node[] | undefined, scope: Scope): void {
  if (!columns?.length) {
    walk.findings.use(target.shape.whole);
    return;
  }
  const only = new Scope(null);
  only.sources.push(target);
  for (const each of columns) {
    if (!('ResTarget' in each)) continue;
    const { name, indirection } = each.ResTarget;
    expression(walk, { ColumnRef: { fields: [{ String: { sval: name ?? '' } }] } }, only);
    // SET a[…] and SET a.b: the subscripts are expressions, the names are fields.
    for (const part of indirection ?? []) if ('A_Indices' in part) walk.findings.carry(expression(walk, part, scope));
  }
}

function assigned(walk: Walk, targets: readonly Node[] | undefined, target: Source, scope: Scope): void {
  mayUpdate(walk, target.relation, namesIn(targets));
  mayChangePart(walk, target.relation, namesIn(targets?.filter(isPart)));
  walk.findings.read(target.shape.whole);
  written(walk, target, targets, scope);
  for (const each of targets ?? []) {
    if (!('ResTarget' in each) || !each.ResTarget.val) continue;
    const { name, val } = each.ResTarget;
    const lineage = expression(walk, val, scope);
    const parts = 'CoalesceExpr' in val ? (val.CoalesceExpr.args ?? []) : [val];
    const stays = parts.every(
      (part) => isOwn(part, name ?? '', target, scope) || !isProtected(walk.value(part, scope)),
    );
    if (isPart(each) || !stays) walk.findings.carry(lineage);
  }
}

/** A column of the very row as it is: nothing of it goes anywhere. */
function isOwn(value: Node, column: string, target: Source, scope: Scope): boolean {
  if (!('ColumnRef' in value)) return false;
  const [name, qualifier, ...others] = stringsOf(value.ColumnRef.fields).toReversed();
  if (name !== column || others.length > 0) return false;
  return qualifier === undefined ? scope.sources.every((each) => each === target) : qualifier === target.name;
}

function onConflict(
  walk: Walk,
  clause: OnConflictClause,
  target: Source,
  columns: readonly Node[] | undefined,
  given: Shape,
  around: Scope,
): void {
  const scope = new Scope(around);
  // Any unique key may be the one that conflicts: no row in return says that the given value is there.
  if (!clause.infer) {
    const names = namesIn(columns);
    for (const { name, lineage } of target.shape.columns ?? []) {
      if (names.length === 0 || names.includes(name)) walk.findings.filter(lineage);
    }
  }
  for (const each of clause.infer?.indexElems ?? []) {
    if (!('IndexElem' in each)) continue;
    const { name, expr } = each.IndexElem;
    filtering(walk, expr ?? { ColumnRef: { fields: [{ String: { sval: name ?? '' } }] } }, scope);
  }
  filtering(walk, clause.infer?.whereClause, scope);
  if (clause.action !== 'ONCONFLICT_UPDATE') return;
  scope.sources.push({ name: 'excluded', relation: null, shape: given });
  assigned(walk, clause.targetList, target, scope);
  filtering(walk, clause.whereClause, scope);
}

/** The row as the client wants it: `carry` has seen to it that nothing protected is in it, but for what the table itself adds. */
function asGiven({ shape }: Source, given: ReadonlySet<string>): Shape {
  if (!shape.columns) return shape;
  return shapeOf(shape.columns.map((each) => (given.has(each.name) ? { name: each.name, lineage: nothing } : each)));
}

/** Columns that are given a value in every row, not a default of the table. `rows`: what is inserted, null = defaults alone. */
function givenNames(target: Source, { cols, selectStmt }: InsertStmt, rows: Shape | null): ReadonlySet<string> {
  const names = cols?.length ? namesIn(cols) : (target.shape.columns ?? []).map(({ name }) => name);
  const lists = selectStmt && 'SelectStmt' in selectStmt ? (selectStmt.SelectStmt.valuesLists ?? []) : [];
  const items = lists.map((list) => ('List' in list ? (list.List.items ?? []) : []));
  // Behind a star nobody can count where a default stands.
  const isDefault = (at: number): boolean =>
    items.some((all) => (all.some(isStar) ? all : all.slice(at, at + 1)).some((each) => 'SetToDefault' in each));
  return new Set(names.filter((_, at) => at < (rows?.columns?.length ?? 0) && !isDefault(at)));
}

function returning(walk: Walk, clause: ReturningClause | undefined, target: Source, scope: Scope): Shape {
  if (!clause) return noColumns;
  const names = (clause.options ?? []).map((each) =>
    'ReturningOption' in each ? each.ReturningOption.value : undefined,
  );
  const own = scope.aside(scope.sources);
  for (const name of ['old', 'new', ...names]) own.sources.push({ ...target, name: name ?? null, qualifiedOnly: true });
  return targetList(walk, clause.exprs, own);
}
