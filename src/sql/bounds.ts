// Whether a WHERE limits what a statement changes. Not a proof: it sees through constants, tautologies, comparisons of a thing with
// itself, and conditions that say nothing of the row that is changed: the ways in which "all rows" is usually written.

import type { Node } from 'libpg-query';
import { treeText } from './tree-text.ts';
import { stringOf } from './walk.ts';

/** Whose rows are changed, as the condition can speak of them. */
export interface Changed {
  /** What its columns may be qualified with; null = nothing. */
  readonly name: string | null;
  /** Those it may name without that; null = any. */
  readonly columns: ReadonlySet<string> | null;
}

/** Pairs of comparisons one of which is always true. */
const complements: Readonly<Record<string, string>> = {
  '=': '<>',
  '<>': '=',
  '<': '>=',
  '>=': '<',
  '>': '<=',
  '<=': '>',
};

/** False for no condition at all. */
export function bounds(condition: Node | undefined, changed: Changed, negated = false): boolean {
  if (!condition) return false;
  if ('BoolExpr' in condition) {
    const { boolop, args = [] } = condition.BoolExpr;
    if (boolop === 'NOT_EXPR') return bounds(args[0], changed, !negated);
    const every = (boolop === 'OR_EXPR') !== negated;
    if (!every) return args.some((each) => bounds(each, changed, negated));
    return args.every((each) => bounds(each, changed, negated)) && !exhaustive(args);
  }
  if ('CurrentOfExpr' in condition) return !negated;
  if ('NullTest' in condition)
    return (condition.NullTest.nulltesttype === 'IS_NULL') !== negated && mentions(condition, changed);
  if ('SubLink' in condition && condition.SubLink.subLinkType === 'EXISTS_SUBLINK') {
    const query = condition.SubLink.subselect;
    if (!query || !('SelectStmt' in query)) return false;
    const { whereClause, fromClause } = query.SelectStmt;
    return bounds(whereClause, within(fromClause, changed));
  }
  if ('A_Expr' in condition) {
    const { kind, lexpr, rexpr } = condition.A_Expr;
    if (same(lexpr, rexpr)) return false;
    if (kind === 'AEXPR_IN' && rexpr && 'List' in rexpr && rexpr.List.items?.some((each) => same(each, lexpr)))
      return false;
    if ((kind === 'AEXPR_LIKE' || kind === 'AEXPR_ILIKE') && isAnything(rexpr)) return false;
  }
  return mentions(condition, changed);
}

/** A subquery speaks of the row outside by its name alone, unless something of its own has that. */
function within(from: readonly Node[] | undefined, { name }: Changed): Changed {
  return { name: name !== null && isNamed(from, name) ? null : name, columns: new Set() };
}

/** Whether something in FROM, or below it, has this name. */
function isNamed(node: unknown, name: string): boolean {
  if (typeof node !== 'object' || node === null) return false;
  const own = 'aliasname' in node ? node.aliasname : 'relname' in node && !('alias' in node) ? node.relname : undefined;
  return own === name || Object.values(node).some((each) => isNamed(each, name));
}

function exhaustive(args: readonly Node[]): boolean {
  const comparisons = args.flatMap((each) => ('A_Expr' in each ? [each.A_Expr] : []));
  return comparisons.some((a) =>
    comparisons.some(
      (b) =>
        complements[stringOf(a.name?.[0]) ?? ''] === stringOf(b.name?.[0]) &&
        same(a.lexpr, b.lexpr) &&
        same(a.rexpr, b.rexpr),
    ),
  );
}

function isAnything(pattern: Node | undefined): boolean {
  return pattern !== undefined && 'A_Const' in pattern && /^%+$/.test(pattern.A_Const.sval?.sval ?? '');
}

function same(a: Node | undefined, b: Node | undefined): boolean {
  return a !== undefined && b !== undefined && treeText(a) === treeText(b);
}

/** Whether it reads the row that is changed. */
function mentions(node: unknown, changed: Changed): boolean {
  if (typeof node !== 'object' || node === null) return false;
  if (isColumn(node)) {
    const { fields = [] } = node.ColumnRef;
    const [first] = fields.slice(-2).map(stringOf);
    if (fields.length > 1) return changed.name !== null && first === changed.name;
    return changed.columns === null || changed.columns.has(first ?? '') || first === changed.name;
  }
  if (isQuery(node)) {
    const query = node.SelectStmt;
    return Object.values(query).some((each) => mentions(each, within(query.fromClause, changed)));
  }
  return Object.values(node).some((each) => mentions(each, changed));
}

function isColumn(node: object): node is Extract<Node, { ColumnRef: unknown }> {
  return 'ColumnRef' in node;
}

function isQuery(node: object): node is Extract<Node, { SelectStmt: unknown }> {
  return 'SelectStmt' in node;
}
