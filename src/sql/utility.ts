// Statements that are not queries: what each kind is, and whether it may run where data is masked. Closed world: a kind
// that is not named here is DDL, and refused.

import type { CopyStmt, ExplainStmt, Node, TransactionStmt, VariableSetStmt, VariableShowStmt } from 'libpg-query';
import type { StatementAnalysis, StatementKind } from './analysis.ts';
import { expression } from './expressions.ts';
import { Scope } from './lineage.ts';
import { relationSource } from './queries.ts';
import { isServerSetting, settingOfUsers } from './settings.ts';
import { kindOf, relationOf, stringOf, stringsOf, type Walk } from './walk.ts';
import { mayChange } from './writes.ts';

export interface Utility {
  readonly kind: StatementKind;
  readonly command: string;
  readonly setting?: NonNullable<StatementAnalysis['setting']>;
  readonly deallocates?: NonNullable<StatementAnalysis['deallocates']>;
}

export function utility(walk: Walk, node: Node): Utility {
  const { findings } = walk;
  if ('TransactionStmt' in node) return transaction(walk, node.TransactionStmt);
  if ('VariableSetStmt' in node) return setting(walk, node.VariableSetStmt);
  if ('VariableShowStmt' in node) return show(walk, node.VariableShowStmt);
  if ('DeallocateStmt' in node) {
    const { name } = node.DeallocateStmt;
    return { kind: 'deallocate', command: 'DEALLOCATE', deallocates: name === undefined ? 'all' : { name } };
  }
  if ('ClosePortalStmt' in node) return { kind: 'transaction', command: 'CLOSE CURSOR' };
  if ('ConstraintsSetStmt' in node) return { kind: 'transaction', command: 'SET CONSTRAINTS' };
  if ('UnlistenStmt' in node) return { kind: 'transaction', command: 'UNLISTEN' };
  if ('CopyStmt' in node) return copy(walk, node.CopyStmt);
  if ('ExplainStmt' in node) return explain(walk, node.ExplainStmt);
  if ('TruncateStmt' in node) {
    findings.writes = true;
    findings.bounded = false;
    relations(walk, node.TruncateStmt.relations);
    return { kind: 'dml', command: 'TRUNCATE TABLE' };
  }
  if ('LockStmt' in node) {
    relations(walk, node.LockStmt.relations);
    return { kind: 'utility', command: 'LOCK TABLE' };
  }
  if ('DiscardStmt' in node) {
    if (node.DiscardStmt.target === 'DISCARD_ALL') {
      findings.refuse('unsafe_setting', 'DISCARD ALL would undo what the gate has pinned for this session.');
    }
    return { kind: 'utility', command: 'DISCARD' };
  }
  return refused(walk, node);
}

function show(walk: Walk, node: VariableShowStmt): Utility {
  if (!isServerSetting(node.name ?? '')) walk.findings.refuse('not_provable', settingOfUsers);
  return { kind: 'show', command: 'SHOW' };
}

function relations(walk: Walk, nodes: readonly Node[] | undefined): void {
  for (const each of nodes ?? []) {
    if ('RangeVar' in each) walk.findings.use(relationSource(walk, each.RangeVar).shape.whole);
  }
}

function transaction(walk: Walk, node: TransactionStmt): Utility {
  const command = (node.kind ?? '').replace('TRANS_STMT_', '').replaceAll('_', ' ');
  if (/PREPARE/.test(command)) {
    walk.findings.refuse('not_provable', 'A prepared transaction would outlive its session.');
    return { kind: 'utility', command };
  }
  return { kind: 'transaction', command };
}

function setting(walk: Walk, node: VariableSetStmt): Utility {
  const name = (node.name ?? '').toLowerCase();
  if (node.kind === 'VAR_SET_VALUE') {
    return { kind: 'setting', command: 'SET', setting: { name, value: (node.args ?? []).map(written).join(', ') } };
  }
  if (node.kind === 'VAR_SET_DEFAULT' || node.kind === 'VAR_RESET') {
    const command = node.kind === 'VAR_RESET' ? 'RESET' : 'SET';
    return { kind: 'setting', command, setting: { name, value: null } };
  }
  if (node.kind !== 'VAR_SET_MULTI') {
    walk.findings.refuse('unsafe_setting', 'RESET ALL would undo what the gate has pinned for this session.');
    return { kind: 'utility', command: 'RESET ALL' };
  }
  if (name === 'transaction' || name === 'session characteristics') {
    return { kind: 'transaction', command: `SET ${name.toUpperCase()}` };
  }
  walk.findings.refuse('not_provable', 'A transaction may not take the snapshot of another.');
  return { kind: 'utility', command: 'SET' };
}

/** A setting's value as text; what is no plain constant (an interval) is empty. */
function written(node: Node): string {
  if (!('A_Const' in node)) return '';
  const { sval, ival, fval, boolval } = node.A_Const;
  if (sval) return sval.sval ?? '';
  if (ival) return String(ival.ival ?? 0);
  return fval?.fval ?? (boolval?.boolval ? 'on' : 'off');
}

function copy(walk: Walk, node: CopyStmt): Utility {
  const { findings } = walk;
  if (node.is_program || node.filename !== undefined) {
    findings.hide('COPY may not read or write files and programs of the server.');
  }
  const target = node.relation ? relationSource(walk, node.relation) : null;
  if (node.is_from) {
    findings.writes = true;
    findings.use(target?.shape.whole ?? { classes: new Set(), columns: new Set() });
    mayChange(walk, target?.relation ?? null);
    const scope = new Scope(null);
    if (target) scope.sources.push(target);
    expression(walk, node.whereClause, scope);
    return { kind: 'copy', command: 'COPY FROM' };
  }
  if (target) findings.use(target.shape.whole);
  if (node.query) walk.rows(node.query, null);
  if (findings.touchesProtected) findings.refuse('not_provable', 'COPY TO cannot mask protected columns.');
  return { kind: 'copy', command: 'COPY TO' };
}

function explain(walk: Walk, node: ExplainStmt): Utility {
  const { findings } = walk;
  const runs = (node.options ?? []).some(
    (each) => 'DefElem' in each && each.DefElem.defname?.toLowerCase() === 'analyze',
  );
  const query = node.query;
  if (query && isQuery(query)) walk.rows(query, null);
  else if (query) refused(walk, query);
  if (!runs && !findings.opaque) {
    findings.writes = false;
    findings.bounded = true;
  }
  if (findings.touchesProtected) {
    findings.refuse('not_provable', 'EXPLAIN would show estimates and constants of protected columns.');
  }
  return { kind: 'utility', command: 'EXPLAIN' };
}

function isQuery(node: Node): boolean {
  return ['SelectStmt', 'InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt'].includes(kindOf(node) ?? '');
}

const codeRunning: Readonly<Record<string, string>> = {
  DoStmt: 'DO',
  CallStmt: 'CALL',
  ExecuteStmt: 'EXECUTE',
  LoadStmt: 'LOAD',
};

const refusedUtilities: Readonly<Record<string, string>> = {
  PrepareStmt: 'PREPARE',
  DeclareCursorStmt: 'DECLARE CURSOR',
  FetchStmt: 'FETCH',
  ListenStmt: 'LISTEN',
  NotifyStmt: 'NOTIFY',
  CheckPointStmt: 'CHECKPOINT',
};

/** Statements that drop everything there is of something. */
const unbounded: ReadonlySet<string> = new Set([
  'DropStmt',
  'DropdbStmt',
  'DropRoleStmt',
  'DropOwnedStmt',
  'DropTableSpaceStmt',
]);

const ddlCommands: Readonly<Record<string, string>> = {
  CreateStmt: 'CREATE TABLE',
  CreateTableAsStmt: 'CREATE TABLE AS',
  ViewStmt: 'CREATE VIEW',
  IndexStmt: 'CREATE INDEX',
  RuleStmt: 'CREATE RULE',
  CreateTrigStmt: 'CREATE TRIGGER',
  RefreshMatViewStmt: 'REFRESH MATERIALIZED VIEW',
  GrantRoleStmt: 'GRANT ROLE',
  RenameStmt: 'ALTER … RENAME',
  DropdbStmt: 'DROP DATABASE',
  CreatedbStmt: 'CREATE DATABASE',
};

function refused(walk: Walk, node: Node): Utility {
  const { findings } = walk;
  const kind = kindOf(node) ?? '';
  const code = codeRunning[kind];
  if (code !== undefined) {
    findings.hide(`${code} runs code that cannot be seen into.`);
    return { kind: 'utility', command: code };
  }
  const session = refusedUtilities[kind];
  if (session !== undefined) {
    // What a cursor or prepared statement of this name returns is not known here.
    if (kind === 'FetchStmt' || kind === 'DeclareCursorStmt') distrust(walk);
    if ('DeclareCursorStmt' in node && node.DeclareCursorStmt.query) walk.rows(node.DeclareCursorStmt.query, null);
    if ('PrepareStmt' in node && node.PrepareStmt.query) walk.rows(node.PrepareStmt.query, null);
    findings.refuse('not_provable', `${session} cannot be followed by the gate: use the protocol's own statements.`);
    return { kind: 'utility', command: session };
  }
  const command = ddlCommand(node, kind);
  findings.writes = true;
  if (unbounded.has(kind)) findings.bounded = false;
  named(walk, node);
  findings.refuse('not_provable', `${command} changes the database's structure or rights.`);
  return { kind: 'ddl', command };
}

function distrust(walk: Walk): void {
  walk.findings.touchesProtected = true;
  walk.findings.originsTrusted = false;
}

function ddlCommand(node: Node, kind: string): string {
  if ('DropStmt' in node) return `DROP ${(node.DropStmt.removeType ?? '').replace('OBJECT_', '').replaceAll('_', ' ')}`;
  if ('GrantStmt' in node) return node.GrantStmt.is_grant ? 'GRANT' : 'REVOKE';
  const written = ddlCommands[kind];
  if (written !== undefined) return written;
  return kind
    .replace(/Stmt$/, '')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toUpperCase();
}

/** Notes the relations that DDL names, as far as they exist; it is refused whatever they are. */
function named(walk: Walk, node: Node): void {
  if ('AlterTableStmt' in node && node.AlterTableStmt.relation) note(walk, node.AlterTableStmt.relation);
  if ('IndexStmt' in node && node.IndexStmt.relation) note(walk, node.IndexStmt.relation);
  if ('GrantStmt' in node)
    for (const each of node.GrantStmt.objects ?? []) if ('RangeVar' in each) note(walk, each.RangeVar);
  if ('DropStmt' in node) {
    for (const each of node.DropStmt.objects ?? []) {
      const [name, schema] = 'List' in each ? stringsOf(each.List.items).toReversed() : [stringOf(each)];
      if (name !== undefined) note(walk, { relname: name, ...(schema === undefined ? {} : { schemaname: schema }) });
    }
  }
  if ('CreateTableAsStmt' in node && node.CreateTableAsStmt.query && isQuery(node.CreateTableAsStmt.query)) {
    walk.rows(node.CreateTableAsStmt.query, null);
  }
}

function note(walk: Walk, range: Parameters<typeof relationOf>[1]): void {
  const { catalog } = walk;
  const schemas = range.schemaname === undefined ? catalog.searchPath : [range.schemaname];
  if (schemas.some((schema) => catalog.relation(schema, range.relname ?? ''))) relationOf(walk, range);
}
