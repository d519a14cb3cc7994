// What one message of a PostgreSQL client means to do: its facts, the exact act, and why a subject with given obligations
// may not do it. Pure: nothing is decided or recorded here.

import type { Decision } from '../core/decision.ts';
import { errors } from '../core/errors.ts';
import { type Facts, noMcp, noSql, partyOf } from '../core/facts.ts';
import type { Json, JsonObject } from '../core/json.ts';
import { covers } from '../core/phi.ts';
import type { Refusal } from '../core/result.ts';
import type { Clock } from '../ports/clock.ts';
import type { StatementAnalysis } from '../sql/analysis.ts';
import { settingAllowed } from '../sql/settings.ts';
import type { BindMessage } from '../wire/postgres/extended.ts';
import type { AuditedSession, Intent } from './enforce.ts';
import type { Analysed, PostgresTarget } from './postgres-target.ts';

export interface PostgresMessage {
  readonly clock: Clock;
  readonly audited: AuditedSession;
  readonly target: PostgresTarget;
  readonly applicationName: string;
  readonly sql: string;
  readonly analysed: Analysed;
  /** Bound values: text as it is, binary as `{base64}`. */
  readonly parameters: readonly Json[];
}

const housekeeping: ReadonlySet<StatementAnalysis['kind']> = new Set([
  'transaction',
  'setting',
  'show',
  'deallocate',
  'empty',
]);

export function intentOf(message: PostgresMessage): Omit<Intent, 'signal'> {
  const { analysed, sql, parameters } = message;
  const { analyses } = analysed;
  const acting = analyses.filter((each) => !housekeeping.has(each.kind));
  const [first, ...others] = acting.map((each) => factsOf(message, { ...each.facts, params: textsOf(parameters) }));
  return {
    facts: first ?? factsOf(message, noSql),
    also: others,
    content: { sql, params: [...parameters] },
    data: dataOf(analyses),
    // COMMIT included: what it makes lasting was on record before it ran.
    overlap: acting.every((each) => each.facts.reads === true),
    ...(first ? {} : { builtin: `builtin:${analyses[0]?.kind ?? 'empty'}` }),
    check: (decision) => objectionTo(analyses, decision),
  };
}

function factsOf(
  { clock, audited, applicationName, target, analysed, parameters }: PostgresMessage,
  sql: Facts['sql'],
): Facts {
  return {
    now: clock.now(),
    subject: partyOf(audited.subject),
    connection: { name: audited.connection, type: 'postgres' },
    client: { name: applicationName },
    request: { door: 'postgres', phi: target.classesIn(analysed, textsOf(parameters)) },
    sql,
    mcp: noMcp,
  };
}

function textsOf(parameters: readonly Json[]): (string | null)[] {
  return parameters.map((each) => (typeof each === 'string' ? each : null));
}

/** Why a subject with these obligations may not run these statements, if so. */
function objectionTo(analyses: readonly StatementAnalysis[], decision: Decision): Refusal | null {
  // INVARIANT: how text is read, and whose names are found first, is pinned for everybody.
  const pinned = analyses.find(({ setting }) => setting && !settingAllowed(setting.name, setting.value))?.setting;
  if (pinned)
    return {
      code: 'unsafe_setting',
      text: `The setting ${pinned.name} is pinned by the gate.`,
      rule: 'builtin:pins',
      next: errors.unsafe_setting.next,
    };
  const { unmask, filter, rowsMax } = decision.obligations;
  const rule = decision.reasons[0].rule;
  if (rowsMax !== null && analyses.some((each) => each.facts.command === 'COPY TO')) {
    return {
      code: 'denied',
      text: `COPY TO knows no row limit, and rule ${rule} sets one.`,
      rule,
      next: 'Use SELECT.',
    };
  }
  if (unmask === 'all') return null;
  for (const analysis of analyses) {
    const [refusal] = analysis.refusals;
    if (refusal)
      return { code: refusal.code, text: refusal.text, rule: 'builtin:closed-world', next: errors[refusal.code].next };
    for (const cls of analysis.filters) {
      // Who sees a class as it is learns nothing new by filtering on it.
      const granted = cls === 'unknown' ? filter === 'all' : covers(filter, cls) || covers(unmask, cls);
      if (!granted) {
        const what = cls === 'unknown' ? 'a column nobody has classified' : `a column of class ${cls}`;
        return {
          code: 'filter_not_granted',
          text: `The statement filters, joins, groups or sorts by ${what}, which rule ${rule} does not grant.`,
          rule,
          next: errors.filter_not_granted.next,
        };
      }
    }
  }
  return null;
}

/** Names only, for the part of the entry that is not encrypted. */
function dataOf(analyses: readonly StatementAnalysis[]): JsonObject {
  const known = analyses.map((each) => each.facts);
  return {
    command: known
      .map((facts) => facts.command)
      .join('; ')
      .slice(0, 200),
    relations: [...new Set(known.flatMap((facts) => facts.relations ?? []))].slice(0, 50),
  };
}

export function parametersOf(message: BindMessage): Json[] {
  return message.parameters.map((value, position) => {
    if (value === null) return null;
    const format =
      message.parameterFormats.length === 1 ? message.parameterFormats[0] : message.parameterFormats[position];
    return format === 1
      ? { base64: value.toString('base64') }
      : new TextDecoder('utf-8', { fatal: true }).decode(value);
  });
}
