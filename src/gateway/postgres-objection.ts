// Why a subject with the obligations of a decision may not run the statements of a message after all: what cannot be masked soundly,
// filters that are not granted, settings that are pinned. It must never let pass what the analysis could not vouch for.

import type { Decision } from '../core/decision.ts';
import { errors } from '../core/errors.ts';
import type { Json } from '../core/json.ts';
import { covers, type PhiClass } from '../core/phi.ts';
import type { Refusal } from '../core/result.ts';
import type { StatementAnalysis } from '../sql/analysis.ts';
import { isServerSetting, pinnedForAll, settingAllowed, settingOfUsers } from '../sql/settings.ts';
import type { AuditedSession } from './enforce.ts';
import type { Standing } from './postgres-standing.ts';
import type { PostgresTarget } from './postgres-target.ts';

/** What of a message there may be something against, besides its statements. */
interface Proposed {
  readonly session: { readonly audited: AuditedSession; readonly target: PostgresTarget };
  readonly standing: Standing;
  /** Bound values, as `parametersOf` reads them. */
  readonly parameters: readonly Json[];
  /** The text could not be read here: it is sent on only for who sees everything without asking anybody. */
  readonly unread: Refusal | null;
}

/** Null = nothing. `acting`: one of the statements is more than housekeeping. */
export function objectionTo(
  message: Proposed,
  analyses: readonly StatementAnalysis[],
  decision: Decision,
  acting: boolean,
): Refusal | null {
  const { unread, standing, parameters } = message;
  const { unmask, rowsMax } = decision.obligations;
  const rule = decision.reasons[0].rule;
  if (unread) return decision.effect === 'allow' && unmask === 'all' ? null : unread;
  // INVARIANT: how text is read is pinned for everybody; whose names are found first, wherever anything is masked.
  const pinned = analyses.find(
    ({ setting }) =>
      setting && !settingAllowed(setting.name, setting.value) && (pinnedForAll(setting.name) || unmask !== 'all'),
  )?.setting;
  if (pinned)
    return {
      code: 'unsafe_setting',
      text: `The setting ${pinned.name} is pinned by the gate.`,
      rule: 'builtin:pins',
      next: errors.unsafe_setting.next,
    };
  if (rowsMax !== null && analyses.some((each) => each.facts.command === 'COPY TO' && each.copy === null)) {
    return {
      code: 'denied',
      text: `COPY TO with these options knows no row limit, and rule ${rule} sets one.`,
      rule,
      next: 'Use SELECT.',
    };
  }
  if (unmask === 'all') return null;
  const standingIn = acting ? standing.objection(decision) : null;
  if (standingIn) return standingIn;
  for (const analysis of analyses) {
    const silence = standing.silence(analysis);
    if (silence) return silence;
    const [refusal = settingObjection(analysis, parameters)] = analysis.refusals;
    if (refusal)
      return { code: refusal.code, text: refusal.text, rule: 'builtin:closed-world', next: errors[refusal.code].next };
    for (const cls of analysis.filters) if (!mayFilter(cls, decision)) return filterRefused(cls, rule);
  }
  return lookupObjection(message, analyses, decision);
}

/** Who sees a class as it is learns nothing new by filtering on it. */
function mayFilter(cls: PhiClass | 'unknown', { obligations: { unmask, filter } }: Decision): boolean {
  return cls === 'unknown' ? filter === 'all' : covers(filter, cls) || covers(unmask, cls);
}

function filterRefused(cls: PhiClass | 'unknown', rule: string): Refusal {
  const what = cls === 'unknown' ? 'a column nobody has classified' : `a column of class ${cls}`;
  return {
    code: 'filter_not_granted',
    text: `The statement filters, joins, groups or sorts by ${what}, which rule ${rule} does not grant.`,
    rule,
    next: errors.filter_not_granted.next,
  };
}

/** INVARIANT: asked last, since what it lets through is counted. */
function lookupObjection(
  { session: { audited, target } }: Proposed,
  analyses: readonly StatementAnalysis[],
  decision: Decision,
): Refusal | null {
  const wanted = analyses.flatMap(({ lookups }) => lookups).filter((cls) => !mayFilter(cls, decision));
  if (wanted.length === 0) return null;
  const { lookup = {} } = decision.obligations;
  const rule = decision.reasons[0].rule;
  const classes: PhiClass[] = [];
  for (const cls of wanted) {
    if (cls === 'unknown' || !lookup[cls]) return filterRefused(cls, rule);
    classes.push(cls);
  }
  const tooOften = target.lookups.spend(`${audited.subject.issuer}\0${audited.subject.id}`, classes, lookup);
  if (tooOften === null) return null;
  const { times = 0, perMs = 0 } = lookup[tooOften] ?? {};
  return {
    code: 'too_many',
    text: `Rule ${rule} lets ${times} values of class ${tooOften} be looked up in ${perMs / 1_000} seconds, and so many have been.`,
    rule,
    next: 'Wait, or ask for a rule with more.',
  };
}

/** Settings named by a parameter have to be the server's own. What EXECUTE puts into one is not known here. */
function settingObjection(
  { settingParams, names }: StatementAnalysis,
  parameters: readonly Json[],
): StatementAnalysis['refusals'][number] | undefined {
  const isKnown = (number: number): boolean => {
    const name = names?.kind === 'execute' ? undefined : parameters[number - 1];
    return typeof name === 'string' && isServerSetting(name);
  };
  return settingParams.every(isKnown) ? undefined : { code: 'not_provable', text: settingOfUsers };
}
