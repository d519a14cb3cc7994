// The places of a statement where a value decides which rows there are, in which order, or whether it fails: what is asked
// there is noted as filtering.

import type { Node, SortBy, WindowDef } from 'libpg-query';
import { type Lineage, type Scope, unite } from './lineage.ts';
import { isConstant, operatorOf, type Walk } from './walk.ts';

/** A condition, a sort key, a group: it decides which rows there are. */
export function filtering(walk: Walk, node: Node | undefined, scope: Scope): Lineage {
  const lineage = walk.value(node, scope);
  walk.findings.filter(lineage);
  return lineage;
}

/**
 * A WHERE. Of the conditions that all have to hold, one that holds a column against a value the statement gives looks it up: it
 * tells of that value alone whether it is there.
 */
export function selecting(walk: Walk, node: Node | undefined, scope: Scope): void {
  if (node && 'BoolExpr' in node && node.BoolExpr.boolop === 'AND_EXPR') {
    for (const each of node.BoolExpr.args ?? []) selecting(walk, each, scope);
    return;
  }
  const column = node && lookedUp(walk, node, scope);
  if (column) walk.findings.lookUp(column);
  else filtering(walk, node, scope);
}

/** `column = value` or `value = column`, of a protected column as it is and the built-in operator. */
function lookedUp(walk: Walk, node: Node, scope: Scope): Lineage | undefined {
  if (!('A_Expr' in node) || node.A_Expr.kind !== 'AEXPR_OP') return undefined;
  const { name, lexpr, rexpr } = node.A_Expr;
  const [column, value] = isConstant(rexpr) ? [lexpr, rexpr] : [rexpr, lexpr];
  if (!column || !('ColumnRef' in column) || !value || !isConstant(value) || operatorOf(walk, name) !== '=')
    return undefined;
  walk.value(value, scope);
  const lineage = walk.value(column, scope);
  return lineage.form?.kind === 'column' && !lineage.form.jsonPaths ? lineage : undefined;
}

export function filteringAll(walk: Walk, nodes: readonly Node[] | undefined, scope: Scope): Lineage {
  return unite((nodes ?? []).map((node) => filtering(walk, node, scope)));
}

/** ORDER BY inside a call or a window, where neither positions nor output names count. */
export function sorting(walk: Walk, nodes: readonly Node[] | undefined, scope: Scope): Lineage {
  const keys = (nodes ?? []).map((node) => ('SortBy' in node ? sortKey(walk, node.SortBy) : node));
  return unite(keys.map((key) => standing(walk, key, scope)));
}

/** A sort key or a group: filtering that holds rows against one another. */
function standing(walk: Walk, node: Node | undefined, scope: Scope): Lineage {
  const lineage = walk.value(node, scope);
  walk.findings.stand(lineage);
  return lineage;
}

export function sortKey(walk: Walk, sort: SortBy): Node | undefined {
  if (sort.useOp?.length) operatorOf(walk, sort.useOp);
  return sort.node;
}

export function window(walk: Walk, def: WindowDef, scope: Scope): Lineage {
  return unite([
    ...(def.partitionClause ?? []).map((node) => standing(walk, node, scope)),
    sorting(walk, def.orderClause, scope),
    filtering(walk, def.startOffset, scope),
    filtering(walk, def.endOffset, scope),
  ]);
}

/** Its parts decide by failing: a protected one is filtered by. */
export function telling(walk: Walk, nodes: readonly (Node | undefined)[], scope: Scope): Lineage {
  const lineage = unite(nodes.map((node) => walk.value(node, scope)));
  walk.findings.mayTell(lineage);
  return lineage;
}
