// Whether a WHERE limits what a statement changes. Not a proof: it sees through constants, tautologies and comparisons of a
// thing with itself, the ways in which "all rows" is usually written.

import type { Node } from 'libpg-query';
import { stringOf } from './walk.ts';

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
export function bounds(condition: Node | undefined, negated = false): boolean {
  if (!condition) return false;
  if ('BoolExpr' in condition) {
    const { boolop, args = [] } = condition.BoolExpr;
    if (boolop === 'NOT_EXPR') return bounds(args[0], !negated);
    const every = (boolop === 'OR_EXPR') !== negated;
    if (!every) return args.some((each) => bounds(each, negated));
    return args.every((each) => bounds(each, negated)) && !exhaustive(args);
  }
  if ('CurrentOfExpr' in condition) return !negated;
  if ('NullTest' in condition)
    return (condition.NullTest.nulltesttype === 'IS_NULL') !== negated && mentionsColumn(condition);
  if ('SubLink' in condition && condition.SubLink.subLinkType === 'EXISTS_SUBLINK') {
    const query = condition.SubLink.subselect;
    return query !== undefined && 'SelectStmt' in query && bounds(query.SelectStmt.whereClause);
  }
  if ('A_Expr' in condition) {
    const { kind, lexpr, rexpr } = condition.A_Expr;
    if (same(lexpr, rexpr)) return false;
    if (kind === 'AEXPR_IN' && rexpr && 'List' in rexpr && rexpr.List.items?.some((each) => same(each, lexpr)))
      return false;
    if ((kind === 'AEXPR_LIKE' || kind === 'AEXPR_ILIKE') && isAnything(rexpr)) return false;
  }
  return mentionsColumn(condition);
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
  return a !== undefined && b !== undefined && written(a) === written(b);
}

function written(node: Node): string {
  return JSON.stringify(node, (key, value) =>
    /(?:^|_)location$|^(?:list|rexpr_list)_(?:start|end)$/.test(key) ? undefined : value,
  );
}

function mentionsColumn(node: unknown): boolean {
  if (typeof node !== 'object' || node === null) return false;
  if ('ColumnRef' in node) return true;
  return Object.values(node).some(mentionsColumn);
}
