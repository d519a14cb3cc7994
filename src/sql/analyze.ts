// A parsed statement + the catalog → what it does and what it may reveal. Pure and total: whatever it cannot vouch for
// is a refusal. It must never let pass what it does not understand.

import type { Node } from 'libpg-query';
import type { StatementAnalysis, StatementKind } from './analysis.ts';
import type { Catalog } from './catalog.ts';
import { Findings } from './findings.ts';
import { isProtected, noColumns, type Scope, type Shape } from './lineage.ts';
import { isStar } from './names.ts';
import type { ParsedStatement } from './parse.ts';
import { select } from './queries.ts';
import { type Utility, utility } from './utility.ts';
import type { Walk } from './walk.ts';
import { insert, merge, remove, update } from './writes.ts';

export function analyze(statement: ParsedStatement, catalog: Catalog): StatementAnalysis {
  const findings = new Findings();
  const walk: Walk = { catalog, findings, rows: (node, around) => rows(walk, node, around), rounds: 0 };
  const { node } = statement;
  const command = queryCommands[Object.keys(node)[0] ?? ''];
  let shape: Shape | null = null;
  let what: Utility;
  if (command === undefined) {
    what = utility(walk, node);
  } else {
    shape = rows(walk, node, null);
    const kind: StatementKind = command === 'SELECT' && !findings.writes ? 'query' : 'dml';
    what = { kind, command };
  }
  const { opaque, writes } = findings;
  return {
    kind: what.kind,
    facts: {
      command: what.command,
      reads: opaque ? null : !writes && what.kind !== 'utility' ? true : !writes && what.command === 'EXPLAIN',
      writes: opaque ? null : writes,
      bounded: opaque ? null : findings.bounded,
      relations: [...findings.relations],
      columns: [...findings.columns],
      filters: [...findings.filters],
      functions: [...findings.functions],
      phi: [...findings.phi],
      opaque,
      params: [],
    },
    start: statement.start,
    end: statement.end,
    touchesProtected: findings.touchesProtected,
    refusals: findings.refusals,
    filters: [...findings.filterClasses],
    harmlessOutputs: shape && harmless(node, shape),
    originsTrusted: findings.originsTrusted,
    invalidatesCatalog: what.kind === 'ddl' || what.command === 'DO' || what.command === 'CALL',
    deallocates: what.deallocates ?? null,
    setting: what.setting ?? null,
  };
}

const queryCommands: Readonly<Record<string, string>> = {
  SelectStmt: 'SELECT',
  InsertStmt: 'INSERT',
  UpdateStmt: 'UPDATE',
  DeleteStmt: 'DELETE',
  MergeStmt: 'MERGE',
};

function rows(walk: Walk, node: Node, around: Scope | null): Shape {
  if ('SelectStmt' in node) return select(walk, node.SelectStmt, around);
  if ('InsertStmt' in node) return insert(walk, node.InsertStmt, around);
  if ('UpdateStmt' in node) return update(walk, node.UpdateStmt, around);
  if ('DeleteStmt' in node) return remove(walk, node.DeleteStmt, around);
  if ('MergeStmt' in node) return merge(walk, node.MergeStmt, around);
  walk.findings.hide('The statement contains a query of a kind that cannot be analysed.');
  return noColumns;
}

/** By position, where the output columns are written out one by one in a single SELECT. */
function harmless(node: Node, shape: Shape): readonly boolean[] | null {
  if (!('SelectStmt' in node) || !shape.columns) return null;
  const { op, targetList = [] } = node.SelectStmt;
  if (op !== 'SETOP_NONE' || targetList.length !== shape.columns.length) return null;
  if (targetList.some((each) => 'ResTarget' in each && isStar(each.ResTarget.val))) return null;
  return shape.columns.map((column) => !isProtected(column.lineage));
}
