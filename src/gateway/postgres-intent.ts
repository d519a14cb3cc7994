// What one message of a PostgreSQL client means to do: its facts, the exact act, and what the record says of it without values. Pure:
// nothing is decided or recorded here.

import { askerOf, type Facts, noMcp, noSql } from '../core/facts.ts';
import type { Json, JsonObject } from '../core/json.ts';
import type { PhiClass } from '../core/phi.ts';
import type { Refusal } from '../core/result.ts';
import type { Clock } from '../ports/clock.ts';
import type { StatementAnalysis } from '../sql/analysis.ts';
import type { Catalog } from '../sql/catalog.ts';
import { fingerprintOf } from '../sql/fingerprint.ts';
import { type KeyColumns, keyLookups } from '../sql/key-lookups.ts';
import { pinnedForAll, settingAllowed } from '../sql/settings.ts';
import type { AuditedSession, Intent } from './enforce.ts';
import { mayConcernPatients, type PatientRef } from './patients-seen.ts';
import { objectionTo } from './postgres-objection.ts';
import type { Resolved } from './postgres-resolution.ts';
import type { Standing } from './postgres-standing.ts';
import type { PostgresTarget } from './postgres-target.ts';
import { reasonInSql } from './stated-reason.ts';

export interface PostgresMessage {
  readonly session: {
    readonly clock: Clock;
    readonly audited: AuditedSession;
    readonly target: PostgresTarget;
    readonly applicationName: string;
  };
  readonly sql: string;
  readonly resolved: Resolved;
  /** Classes the detectors found in the text. */
  readonly phi: readonly PhiClass[];
  /** Bound values, as `parametersOf` reads them. */
  readonly parameters: readonly Json[];
  readonly standing: Standing;
  /** What the planner expects of the one statement there is; null = unknown, or nobody asked. */
  readonly estimatedRows: number | null;
  /** The text could not be read here: it is sent on only for who sees everything without asking anybody. */
  readonly unread: Refusal | null;
}

const housekeeping: ReadonlySet<StatementAnalysis['kind']> = new Set([
  'transaction',
  'setting',
  'show',
  'prepare',
  'deallocate',
  'empty',
]);

/** More than housekeeping: a rule decides. Housekeeping that only some may do is decided too. */
function isActing(analysis: StatementAnalysis): boolean {
  return !housekeeping.has(analysis.kind) || analysis.refusals.length > 0 || isFreed(analysis);
}

/** It changes a setting that is pinned for who is masked, but not for everybody. */
function isFreed({ setting }: StatementAnalysis): boolean {
  return setting !== null && !settingAllowed(setting.name, setting.value) && !pinnedForAll(setting.name);
}

/** What all messages of the same statements have in common. */
interface Common {
  readonly analyses: readonly StatementAnalysis[];
  /** Those a rule decides. */
  readonly acting: readonly Resolved['statements'][number][];
  readonly data: JsonObject;
  readonly onlyReads: boolean;
  readonly unknown: Pick<Intent, 'unknown'>;
}

const found = new WeakMap<Resolved, Common & { readonly catalog: Catalog; readonly keys: KeyColumns | null }>();

/** Found once for statements that come again and again, as prepared ones do. */
export function commonOf(resolved: Resolved, { catalog, patientKeys: keys }: PostgresTarget): Common {
  const before = found.get(resolved);
  if (before?.catalog === catalog && before.keys === keys) return before;
  const analyses = resolved.statements.map((each) => each.analysis);
  const acting = resolved.statements.filter((each) => isActing(each.analysis));
  const common = {
    analyses,
    acting,
    data: dataOf(analyses, keys, catalog),
    onlyReads: acting.every((each) => each.analysis.facts.reads === true),
    unknown: unknownOf(analyses),
    catalog,
    keys,
  };
  found.set(resolved, common);
  return common;
}

/** `waiting`: what the session adds to it. */
export function intentOf(
  message: PostgresMessage,
  waiting: Pick<Intent, 'parent' | 'signal' | 'onHold' | 'ifHeld'>,
): Intent {
  const { resolved, sql, parameters, estimatedRows, standing } = message;
  const { analyses, acting, data, onlyReads, unknown } = commonOf(resolved, message.session.target);
  const params = textsOf(parameters);
  const [first, ...others] = acting.map((each) =>
    factsOf(message, params, { ...standing.factsOf(each.analysis.facts), params, estimated_rows: estimatedRows }),
  );
  const [only] = acting;
  const continued = acting.length === 1 ? only?.cursor?.decision : undefined;
  const statement = only?.analysis.facts;
  const alone = resolved.statements.length === 1 && statement && standing.factsOf(statement) === statement;
  return {
    ...waiting,
    ...unknown,
    facts: first ?? factsOf(message, params, noSql),
    also: others,
    content:
      Object.keys(resolved.texts).length > 0
        ? { sql, params: parameters, names: resolved.texts }
        : { sql, params: parameters },
    known: { ...reasonInSql(sql), ...(estimatedRows === null ? {} : { estimated_rows: estimatedRows }) },
    meaning: () => meaningOf(message, acting),
    shape: () => shapeOf(message, acting),
    data,
    // COMMIT included: what it makes lasting was on record before it ran.
    overlap: onlyReads,
    ...(first ? {} : { builtin: `builtin:${analyses[0]?.kind ?? 'empty'}` }),
    ...(continued ? { continued } : {}),
    ...(alone && !continued ? { same: statement } : {}),
    check: (decision) => objectionTo(message, analyses, decision, acting.length > 0),
  };
}

/** What cannot be seen into leaves facts unknown. */
function unknownOf(analyses: readonly StatementAnalysis[]): Pick<Intent, 'unknown'> {
  const text = analyses.find(({ facts }) => facts.opaque)?.refusals[0]?.text;
  return text === undefined ? {} : { unknown: text };
}

function factsOf({ session, phi }: PostgresMessage, params: readonly (string | null)[], sql: Facts['sql']): Facts {
  const { clock, audited, applicationName, target } = session;
  const now = clock.now();
  return {
    now,
    subject: askerOf(audited.subject, now),
    connection: { name: audited.connection, type: 'postgres' },
    client: { name: applicationName },
    request: { door: 'postgres', phi: target.classesIn({ analyses: [], phi }, params) },
    sql,
    mcp: noMcp,
  };
}

/**
 * The same text is another act where its names mean something else: a temporary table in front of the real one, another
 * search_path, another role. What a session has changed that nobody can follow is told of that session alone.
 */
function meaningOf(
  { session, standing }: PostgresMessage,
  acting: readonly Resolved['statements'][number][],
): JsonObject {
  const named = acting.map(({ analysis }) => standing.factsOf(analysis.facts).relations);
  const relations = named.every((each) => each !== null) ? [...new Set(named.flat())].toSorted() : null;
  const { loose, changes } = standing;
  return { relations, ...(loose ? { session: session.audited.id, changes } : {}) };
}

/**
 * Statements that differ in their values alone have one shape: the same text but for its constants, and the same facts.
 * Null where a constant may say what is done (what cannot be seen into, names of prepared statements).
 */
function shapeOf(
  { sql, resolved, unread, standing }: PostgresMessage,
  acting: readonly Resolved['statements'][number][],
): JsonObject | null {
  const analyses = acting.map(({ analysis }) => analysis);
  const plain = analyses.every(
    ({ kind, names, facts }) =>
      (kind === 'query' || kind === 'dml') && names === null && !facts.opaque && facts.relations !== null,
  );
  const fingerprint =
    unread || !plain || standing.loose || Object.keys(resolved.texts).length > 0 ? null : fingerprintOf(sql);
  if (fingerprint === null) return null;
  const facts = analyses.map(({ facts: { params: _params, estimated_rows: _rows, ...known } }): JsonObject => {
    const said: Json = JSON.parse(JSON.stringify(known));
    return { said };
  });
  return { fingerprint, facts };
}

function textsOf(parameters: readonly Json[]): (string | null)[] {
  return parameters.map((each) => (typeof each === 'string' ? each : null));
}

/** The patients a text looks up by their keys. */
export function patientsAsked(
  sql: string,
  parameters: readonly Json[],
  analyses: readonly StatementAnalysis[],
  keys: KeyColumns | null,
): PatientRef[] {
  if (!keys || !analyses.some(({ facts }) => mayConcernPatients(facts, keys))) return [];
  return keyLookups(sql, textsOf(parameters), keys).map(({ key, value }) => ({ kind: key, value, by: 'asked' }));
}

/** Names only, for the part of the entry that is not encrypted. */
function dataOf(analyses: readonly StatementAnalysis[], keys: KeyColumns | null, catalog: Catalog): JsonObject {
  const known = analyses.map((each) => each.facts);
  const isAboutNobody = keys !== null && analyses.every((each) => concernsNobody(each, keys, catalog));
  return {
    command: known
      .map((facts) => facts.command)
      .join('; ')
      .slice(0, 200),
    relations: [...new Set(known.flatMap((facts) => facts.relations ?? []))].slice(0, 50),
    ...(isAboutNobody ? { patients: 0 } : {}),
  };
}

/** It is known in full, changes nothing, and reads tables alone that have neither patient keys nor PHI. */
function concernsNobody({ facts, refusals }: StatementAnalysis, keys: KeyColumns, catalog: Catalog): boolean {
  const { reads, opaque, phi, relations } = facts;
  const isKnown = reads === true && !opaque && relations !== null && refusals.length === 0;
  return (
    isKnown && phi?.length === 0 && !mayConcernPatients(facts, keys) && relations.every((each) => isBare(each, catalog))
  );
}

/** No view, and no partition of a table of patients either: whose rows they are is said elsewhere. */
function isBare(name: string, catalog: Catalog): boolean {
  const dot = name.indexOf('.');
  const relation = catalog.relation(name.slice(0, dot), name.slice(dot + 1));
  if (!relation || relation.system) return relation !== undefined;
  return relation.kind === 'r' && !relation.protected && relation.columns.every((each) => each.maskedAs === undefined);
}
