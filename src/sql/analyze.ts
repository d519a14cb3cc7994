// A parsed statement + the catalog → what it does and what it may reveal. Pure and total: whatever it cannot vouch for
// is a refusal. It must never let pass what it does not understand.

import type { Node } from 'libpg-query';
import type { StatementAnalysis, StatementKind } from './analysis.ts';
import type { Catalog } from './catalog.ts';
import { readingOf } from './definitions.ts';
import { expression } from './expressions.ts';
import { Findings } from './findings.ts';
import { noColumns, type Scope, type Shape } from './lineage.ts';
import type { ParsedStatement } from './parse.ts';
import { select } from './queries.ts';
import { nameActOf } from './session-names.ts';
import { type Utility, utility } from './utility.ts';
import type { Walk } from './walk.ts';
import { insert, merge, remove, update } from './writes.ts';

/** `searchPath`: schemas an unqualified name is looked for in, after pg_catalog. */
export function analyze(
  statement: ParsedStatement,
  catalog: Catalog,
  searchPath: readonly string[] = catalog.searchPath,
): StatementAnalysis {
  const findings = new Findings();
  const walk = walkOf(catalog, searchPath, findings, statement.end - statement.start);
  const { node } = statement;
  const command = queryCommands[Object.keys(node)[0] ?? ''];
  let shape: Shape | null = null;
  let what: Utility;
  if (command === undefined) {
    what = utility(walk, node);
    shape = what.shape ?? null;
  } else {
    shape = rows(walk, node, null);
    const kind: StatementKind = command === 'SELECT' && !findings.writes ? 'query' : 'dml';
    what = { kind, command };
  }
  findings.settle();
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
      star: findings.star,
      estimated_rows: null,
      params: [],
    },
    start: statement.start,
    end: statement.end,
    touchesProtected: findings.touchesProtected,
    refusals: findings.refusals,
    filters: [...findings.filterClasses],
    lookups: findings.lookups,
    outputs: shape?.columns?.map((column) => column.lineage) ?? null,
    wholeRows: findings.wholeRows,
    readsViews: findings.readsViews,
    runsUnseen: findings.unseen,
    readsSettings: findings.readsSettings,
    settingParams: [...findings.settingParams],
    invalidatesCatalog: what.kind === 'ddl' || what.command === 'DO' || what.command === 'CALL',
    names: nameActOf(node, (inner) => analyze({ ...statement, node: inner }, catalog, searchPath)),
    copy: what.copy ?? null,
    setting: what.setting ?? null,
  };
}

/** Of a text nobody could read here: nothing is known of it, so that only who sees everything may send it on. */
export function unread(refusal: StatementAnalysis['refusals'][number]): StatementAnalysis {
  return {
    kind: 'utility',
    facts: {
      command: 'UNKNOWN',
      reads: null,
      writes: null,
      bounded: null,
      relations: null,
      columns: null,
      filters: null,
      functions: null,
      phi: null,
      opaque: true,
      star: null,
      estimated_rows: null,
      params: [],
    },
    start: 0,
    end: 0,
    touchesProtected: true,
    refusals: [refusal],
    filters: [],
    lookups: [],
    outputs: null,
    wholeRows: false,
    readsViews: true,
    runsUnseen: true,
    readsSettings: true,
    settingParams: [],
    invalidatesCatalog: true,
    names: null,
    copy: null,
    setting: null,
  };
}

const queryCommands: Readonly<Record<string, string>> = {
  SelectStmt: 'SELECT',
  InsertStmt: 'INSERT',
  UpdateStmt: 'UPDATE',
  DeleteStmt: 'DELETE',
  MergeStmt: 'MERGE',
};

function walkOf(catalog: Catalog, searchPath: readonly string[], findings: Findings, textBytes = 0): Walk {
  const walk: Walk = {
    catalog,
    searchPath,
    findings,
    // What is in the catalog was written down with the pinned path in force.
    read: (relation) => readingOf(relation, catalog, () => walkOf(catalog, catalog.searchPath, new Findings())),
    value: (node, scope) => expression(walk, node, scope),
    rows: (node, around) => rows(walk, node, around),
    textBytes,
    rounds: 0,
  };
  return walk;
}

function rows(walk: Walk, node: Node, around: Scope | null): Shape {
  if ('SelectStmt' in node) return select(walk, node.SelectStmt, around);
  if ('InsertStmt' in node) return insert(walk, node.InsertStmt, around);
  if ('UpdateStmt' in node) return update(walk, node.UpdateStmt, around);
  if ('DeleteStmt' in node) return remove(walk, node.DeleteStmt, around);
  if ('MergeStmt' in node) return merge(walk, node.MergeStmt, around);
  walk.findings.hide('The statement contains a query of a kind that cannot be analysed.');
  return noColumns;
}
