// Statements that are not queries: what each kind is, and whether it may run where data is masked. Closed world: a kind
// that is not named here is DDL, and refused.

import type {
  CopyStmt,
  DefElem,
  ExplainStmt,
  Node,
  TransactionStmt,
  TruncateStmt,
  VariableSetStmt,
  VariableShowStmt,
} from 'libpg-query';
import type { CopyOut, StatementAnalysis, StatementKind } from './analysis.ts';
import type { Column, Relation } from './catalog.ts';
import { filtering } from './conditions.ts';
import { copyFormatOf } from './copy-options.ts';
import { relationSource } from './from.ts';
import { nothing, Scope, type Shape, shapeOf, untraced } from './lineage.ts';
import { isFixedSetting, isServerSetting, settingOfUsers } from './settings.ts';
import { mayChange, mayInsert, mayTruncate } from './ties.ts';
import { kindOf, relationOf, stringOf, stringsOf, typeOf, type Walk } from './walk.ts';

export interface Utility {
  readonly kind: StatementKind;
  readonly command: string;
  readonly setting?: NonNullable<StatementAnalysis['setting']>;
  readonly copy?: CopyOut;
  /** What it puts out, where that is rows. */
  readonly shape?: Shape;
}

export function utility(walk: Walk, node: Node): Utility {
  const { findings } = walk;
  if ('TransactionStmt' in node) return transaction(walk, node.TransactionStmt);
  if ('VariableSetStmt' in node) return setting(walk, node.VariableSetStmt);
  if ('VariableShowStmt' in node) return show(walk, node.VariableShowStmt);
  if ('PrepareStmt' in node) {
    for (const each of node.PrepareStmt.argtypes ?? []) if ('TypeName' in each) typeOf(walk, each.TypeName);
    return { kind: 'prepare', command: 'PREPARE' };
  }
  if ('DeallocateStmt' in node) return { kind: 'deallocate', command: 'DEALLOCATE' };
  if ('ClosePortalStmt' in node) return { kind: 'transaction', command: 'CLOSE CURSOR' };
  if ('ConstraintsSetStmt' in node) return { kind: 'transaction', command: 'SET CONSTRAINTS' };
  if ('UnlistenStmt' in node) return { kind: 'transaction', command: 'UNLISTEN' };
  if ('CopyStmt' in node) return copy(walk, node.CopyStmt);
  if ('ExplainStmt' in node) return explain(walk, node.ExplainStmt);
  if ('TruncateStmt' in node) {
    findings.writes = true;
    findings.bounded = false;
    truncated(walk, node.TruncateStmt);
    return { kind: 'dml', command: 'TRUNCATE TABLE' };
  }
  if ('LockStmt' in node) {
    relations(walk, node.LockStmt.relations);
    return { kind: 'utility', command: 'LOCK TABLE' };
  }
  // The pins are the session's defaults (they came with its startup message), so this goes back to them.
  if ('DiscardStmt' in node) return { kind: 'setting', command: 'DISCARD' };
  return refused(walk, node);
}

function show(walk: Walk, node: VariableShowStmt): Utility {
  if (!isServerSetting(node.name ?? '')) walk.findings.refuse('not_provable', settingOfUsers);
  walk.findings.readsSettings = !isFixedSetting(node.name ?? '');
  return { kind: 'show', command: 'SHOW' };
}

function relations(walk: Walk, nodes: readonly Node[] | undefined): void {
  for (const each of nodes ?? []) {
    if ('RangeVar' in each) walk.findings.use(relationSource(walk, each.RangeVar).shape.whole);
  }
}

function truncated(walk: Walk, { relations: named, behavior }: TruncateStmt): void {
  for (const each of named ?? []) {
    if (!('RangeVar' in each)) continue;
    const { relation, shape } = relationSource(walk, each.RangeVar);
    walk.findings.use(shape.whole);
    mayTruncate(walk, relation, behavior === 'DROP_CASCADE');
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
  if (node.kind !== 'VAR_SET_MULTI') return { kind: 'setting', command: 'RESET ALL' };
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
    const names = stringsOf(node.attlist);
    mayInsert(walk, target?.relation ?? null, names.length > 0 ? names : null);
    const scope = new Scope(null);
    if (target) scope.sources.push(target);
    filtering(walk, node.whereClause, scope);
    return { kind: 'copy', command: 'COPY FROM' };
  }
  const format = copyFormatOf(node.options ?? []);
  if (!format) findings.refuse('not_provable', 'COPY TO STDOUT with these options cannot be masked.');
  if (node.query) {
    const shape = walk.rows(node.query, null);
    return { kind: 'copy', command: 'COPY TO', shape, ...(format ? { copy: { format, columns: null } } : {}) };
  }
  const { relation } = target ?? {};
  if (!relation) return { kind: 'copy', command: 'COPY TO' };
  const columns = columnsOf(walk, relation, stringsOf(node.attlist));
  const lineages = walk.read(relation).shape.columns ?? [];
  const outputs = columns.map(({ name }) => lineages.find((each) => each.name === name) ?? { name, lineage: untraced });
  for (const { lineage } of outputs) findings.use(lineage);
  return {
    kind: 'copy',
    command: 'COPY TO',
    shape: shapeOf(outputs),
    ...(format
      ? {
          copy: {
            format,
            columns: columns.map(({ attnum, typeOid }) => ({ tableOid: relation.oid, attnum, typeOid })),
          },
        }
      : {}),
  };
}

/** Of COPY table: those it names, or all of them. */
function columnsOf(walk: Walk, relation: Relation, names: readonly string[]): readonly Column[] {
  if (names.length === 0) {
    walk.findings.star = true;
    return relation.columns;
  }
  const named = names.flatMap((name) => relation.columns.find((each) => each.name === name) ?? []);
  if (named.length < names.length) {
    walk.findings.refuse('unknown_relation', 'The statement names a column that is not in the catalog.');
  }
  return named;
}

function explain(walk: Walk, node: ExplainStmt): Utility {
  const { findings } = walk;
  const options = new Set(
    (node.options ?? []).map((each) =>
      'DefElem' in each && isOn(each.DefElem) ? each.DefElem.defname?.toLowerCase() : '',
    ),
  );
  const runs = options.has('analyze');
  const query = node.query;
  if (query && isQuery(query)) walk.rows(query, null);
  else if (query) refused(walk, query);
  // A plan that is run counts the rows of each partition, and the bytes of what it sorts, keeps and sends.
  if (runs) {
    for (const each of findings.places) findings.filter(each);
    if (findings.used.size > 0) findings.filter({ classes: findings.used, columns: findings.columns });
  }
  if (findings.says || (options.has('verbose') && findings.writes)) {
    findings.refuse(
      'not_provable',
      'EXPLAIN would show what is written into the views, policies or defaults that this statement uses.',
    );
  }
  if (!runs && !findings.opaque) {
    findings.writes = false;
    findings.bounded = true;
  }
  // What a plan says beyond its statement are estimates: of filters and groups, which are granted or not as in the
  // statement itself, and of widths and row counts.
  return { kind: 'utility', command: 'EXPLAIN', shape: shapeOf([{ name: 'QUERY PLAN', lineage: nothing }]) };
}

/** An option without a value is on (defGetBoolean). One that is given twice counts as on. */
function isOn({ arg }: DefElem): boolean {
  if (arg && 'Integer' in arg) return (arg.Integer.ival ?? 0) !== 0;
  return !/^(?:false|off)$/i.test(stringOf(arg) ?? '');
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
  DeclareCursorStmt: 'DECLARE CURSOR: it is analysed by what it declares',
  FetchStmt: 'FETCH: no cursor of this name is known',
  ListenStmt: 'LISTEN: what others notify comes from anywhere, and nothing could mask it',
  NotifyStmt: 'NOTIFY: it would carry text to sessions that nobody decides about here',
  CheckPointStmt: 'CHECKPOINT: it acts on the whole server',
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
    if (kind === 'FetchStmt' || kind === 'DeclareCursorStmt') findings.touchesProtected = true;
    if ('DeclareCursorStmt' in node && node.DeclareCursorStmt.query) walk.rows(node.DeclareCursorStmt.query, null);
    findings.refuse('not_provable', `${session}.`);
    return { kind: 'utility', command: session.replace(/:.*/, '') };
  }
  const command = ddlCommand(node, kind);
  findings.writes = true;
  if (unbounded.has(kind)) findings.bounded = false;
  named(walk, node);
  findings.refuse('not_provable', `${command} changes the database's structure or rights.`);
  return { kind: 'ddl', command };
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
  if ('ViewStmt' in node && node.ViewStmt.query && isQuery(node.ViewStmt.query)) walk.rows(node.ViewStmt.query, null);
  if ('CreateTableAsStmt' in node && node.CreateTableAsStmt.query && isQuery(node.CreateTableAsStmt.query)) {
    walk.rows(node.CreateTableAsStmt.query, null);
  }
}

function note(walk: Walk, range: Parameters<typeof relationOf>[1]): void {
  const { catalog } = walk;
  const schemas = range.schemaname === undefined ? catalog.searchPath : [range.schemaname];
  if (schemas.some((schema) => catalog.relation(schema, range.relname ?? ''))) relationOf(walk, range);
}
