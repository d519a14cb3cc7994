// The places of a statement where a value decides which rows there are, in which order, or whether it fails: what is asked
// there is noted as filtering.

import type { Node, SortBy, WindowDef } from 'libpg-query';
import { type Lineage, type Scope, unite } from './lineage.ts';
import { operatorOf, type Walk } from './walk.ts';

/** A condition, a sort key, a group: it decides which rows there are. */
export function filtering(walk: Walk, node: Node | undefined, scope: Scope): Lineage {
  const lineage = walk.value(node, scope);
  walk.findings.filter(lineage);
  return lineage;
}

export function filteringAll(walk: Walk, nodes: readonly Node[] | undefined, scope: Scope): Lineage {
  return unite((nodes ?? []).map((node) => filtering(walk, node, scope)));
}

/** ORDER BY inside a call or a window, where neither positions nor output names count. */
export function sorting(walk: Walk, nodes: readonly Node[] | undefined, scope: Scope): Lineage {
  return unite(
    (nodes ?? []).map((node) => filtering(walk, 'SortBy' in node ? sortKey(walk, node.SortBy) : node, scope)),
  );
}

export function sortKey(walk: Walk, sort: SortBy): Node | undefined {
  if (sort.useOp?.length) operatorOf(walk, sort.useOp);
  return sort.node;
}

export function window(walk: Walk, def: WindowDef, scope: Scope): Lineage {
  return unite([
    filteringAll(walk, def.partitionClause, scope),
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
