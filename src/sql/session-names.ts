// What a statement does to the prepared statements and cursors of its session. It names them; what they mean at the time is
// for the session to know.

import type { Node } from 'libpg-query';
import type { NameAct, StatementAnalysis } from './analysis.ts';

/** DECLARE's option bits: CURSOR_OPT_HOLD of nodes/parsenodes.h. */
const holdOption = 0x20;

/** `inner` analyses a statement within this one. */
export function nameActOf(node: Node, inner: (statement: Node) => StatementAnalysis): NameAct | null {
  if ('PrepareStmt' in node) {
    const { name = '', query } = node.PrepareStmt;
    return query ? { kind: 'prepare', name, inner: inner(query) } : null;
  }
  if ('ExecuteStmt' in node) {
    const { name = '', params = [] } = node.ExecuteStmt;
    return { kind: 'execute', name, inner: params.length > 0 ? inner(selectOf(params)) : null };
  }
  if ('DeclareCursorStmt' in node) {
    const { portalname: name = '', query, options = 0 } = node.DeclareCursorStmt;
    return query ? { kind: 'declare', name, inner: inner(query), hold: (options & holdOption) !== 0 } : null;
  }
  if ('FetchStmt' in node) return { kind: 'fetch', name: node.FetchStmt.portalname ?? '' };
  if ('DeallocateStmt' in node) return { kind: 'deallocate', name: node.DeallocateStmt.name ?? null };
  if ('ClosePortalStmt' in node) return { kind: 'close', name: node.ClosePortalStmt.portalname ?? null };
  if ('UpdateStmt' in node) return positioned(node.UpdateStmt.whereClause);
  if ('DeleteStmt' in node) return positioned(node.DeleteStmt.whereClause);
  if ('DiscardStmt' in node && node.DiscardStmt.target === 'DISCARD_ALL') return { kind: 'discard' };
  return null;
}

/** WHERE CURRENT OF is a condition of its own, never a part of one. */
function positioned(condition: Node | undefined): NameAct | null {
  if (!condition || !('CurrentOfExpr' in condition)) return null;
  return { kind: 'positioned', name: condition.CurrentOfExpr.cursor_name ?? '' };
}

/** The arguments of EXECUTE are expressions without a FROM list: a SELECT of them says all there is to say. */
function selectOf(expressions: readonly Node[]): Node {
  return {
    SelectStmt: {
      targetList: expressions.map((val) => ({ ResTarget: { val } })),
      limitOption: 'LIMIT_OPTION_DEFAULT',
      op: 'SETOP_NONE',
    },
  };
}
