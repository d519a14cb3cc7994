// decide(facts, policy) → decision. Pure, synchronous, total.
// INVARIANT: deny > hold > allow; no matching rule, an unknown fact or an evaluation error is a deny.

import {
  type BreakGlass,
  breakGlassRule,
  type CompiledRule,
  type Decision,
  type HoldTerms,
  type Obligations,
  type Policy,
  type Rate,
  type Reason,
  type SubjectSet,
} from './decision.ts';
import { errors } from './errors.ts';
import type { Facts, Party } from './facts.ts';
import { intersectionOf, phiClasses, unionOf } from './phi.ts';

const nothing: Obligations = { unmask: [], filter: [], rowsMax: null };

export function decide(facts: Facts, policy: Policy): Decision {
  const { denies, holds, allows } = spokenOf(facts, policy);
  const obligations = allows.map((each) => each.obligations).reduce(sum, undefined) ?? nothing;
  const base = { obligations, hold: null, policy: policy.digest };
  const glass = facts.emergency === undefined ? null : glassFor(policy, facts.subject, facts.connection.name);
  const [deny, ...otherDenies] = denies.toSorted((a, b) => weightOf(a) - weightOf(b));
  if (deny) return { ...base, effect: 'deny', reasons: [deny, ...otherDenies] };
  const [hold, ...otherHolds] = holds;
  // INVARIANT: break-glass steps past holds and silence, never past a deny.
  if (glass && facts.emergency !== undefined) {
    const granted = allows.length === 0 ? glass.obligations : sum(obligations, glass.obligations);
    const reason: Reason = { rule: breakGlassRule, code: 'allowed', text: 'Allowed under break-glass.' };
    const others = [...holds, ...allows].map((each) => each.reason);
    return { ...base, obligations: granted, effect: 'allow', reasons: [reason, ...others], emergency: facts.emergency };
  }
  if (hold) {
    return {
      ...base,
      effect: 'hold',
      reasons: [hold.reason, ...otherHolds.map((each) => each.reason)],
      hold: otherHolds.reduce((terms, each) => strictest(terms, each.terms), hold.terms),
    };
  }
  const [allow, ...otherAllows] = allows;
  if (allow) return { ...base, effect: 'allow', reasons: [allow.reason, ...otherAllows.map((each) => each.reason)] };
  return {
    ...base,
    effect: 'deny',
    reasons: [{ rule: 'builtin:closed', code: 'no_matching_rule', text: errors.no_matching_rule.text }],
  };
}

/** What the rules say that speak of a request. */
interface Spoken {
  readonly denies: readonly Reason[];
  readonly holds: readonly { readonly reason: Reason; readonly terms: HoldTerms }[];
  readonly allows: readonly { readonly reason: Reason; readonly obligations: Obligations }[];
}

function spokenOf(facts: Facts, policy: Policy): Spoken {
  const denies: Reason[] = [];
  const holds: { reason: Reason; terms: HoldTerms }[] = [];
  const allows: { reason: Reason; obligations: Obligations }[] = [];

  for (const rule of policy.rules) {
    if (!concerns(rule, facts.subject, facts.connection.name)) continue;
    const outcome = rule.when(facts);
    if (outcome.kind === 'error') {
      denies.push({ rule: rule.name, code: 'policy_error', text: outcome.text });
      continue;
    }
    if (!outcome.value) continue;
    switch (rule.effect.kind) {
      case 'deny':
        denies.push({ rule: rule.name, code: 'denied', text: rule.effect.text });
        break;
      case 'step_up':
        if (!facts.subject.scopes?.includes(rule.effect.scope)) denies.push(stepUpOf(rule.name, rule.effect.scope));
        break;
      case 'hold':
        holds.push({
          reason: { rule: rule.name, code: 'approval_required', text: errors.approval_required.text },
          terms: rule.effect.terms,
        });
        break;
      case 'allow':
        allows.push({
          reason: { rule: rule.name, code: 'allowed', text: 'Allowed.' },
          obligations: rule.effect.obligations,
        });
        break;
    }
  }

  return { denies, holds, allows };
}

/**
 * One decision for an act of several parts (the statements of one message): the worst effect decides, and only what
 * every part grants is granted.
 */
export function combine(decisions: readonly [Decision, ...Decision[]]): Decision {
  const [first, ...others] = decisions;
  return others.reduce((a, b) => {
    const worse = severity[b.effect] > severity[a.effect] ? b : a;
    const other = worse === a ? b : a;
    return {
      effect: worse.effect,
      reasons: [...worse.reasons, ...other.reasons] as [Reason, ...Reason[]],
      obligations: meet(a.obligations, b.obligations),
      hold: a.hold && b.hold ? strictest(a.hold, b.hold) : (a.hold ?? b.hold),
      policy: a.policy,
      ...(a.emergency === undefined ? {} : { emergency: a.emergency }),
    };
  }, first);
}

const severity = { allow: 0, hold: 1, deny: 2 } as const;

function stepUpOf(rule: string, scope: string): Reason {
  return { rule, code: 'insufficient_scope', text: `This asks for a stronger or newer sign-in (${scope}).`, scope };
}

/**
 * A rule that says no in its own words tells the caller more than one that could not be evaluated; a stronger sign-in is
 * asked for where nothing but that is lacking.
 */
function weightOf({ code }: Reason): number {
  return code === 'insufficient_scope' ? 2 : code === 'policy_error' ? 1 : 0;
}

/** Whether a rule speaks of this subject on this connection, whatever the request. */
export function concerns(rule: CompiledRule, subject: Party, connection: string): boolean {
  if (rule.connections && !rule.connections.includes(connection)) return false;
  return rule.subjects === null || isAmong(subject, rule.subjects);
}

function isAmong({ id, groups }: Party, subjects: SubjectSet): boolean {
  return subjects.ids.includes(id) || subjects.groups.some((group) => groups.includes(group));
}

/** Whether anything could ever be let through for this subject on this connection: else the door does not open. */
export function mayEnter(policy: Policy, subject: Party, connection: string): boolean {
  if (policy.rules.some((rule) => opens(rule) && concerns(rule, subject, connection))) return true;
  return glassFor(policy, subject, connection) !== null;
}

/** Whether it can let anything through. */
export function opens({ effect }: CompiledRule): boolean {
  return effect.kind === 'allow' || effect.kind === 'hold';
}

/** The break-glass this subject may use on this connection, open or not. */
export function glassFor(policy: Policy, subject: Party, connection: string): BreakGlass | null {
  const { breakGlass: glass } = policy;
  if (!glass || (subject.agent !== undefined && !glass.agents)) return null;
  if (glass.connections && !glass.connections.includes(connection)) return null;
  return isAmong(subject, glass.subjects) ? glass : null;
}

/** What this subject may see on this connection in whatever they ask: what rules without a condition unmask. */
export function alwaysUnmasked(policy: Policy, subject: Party, connection: string): Obligations['unmask'] {
  return policy.rules
    .flatMap((rule) => (rule.always && concerns(rule, subject, connection) ? [rule.effect] : []))
    .reduce<Obligations['unmask']>(
      (unmask, effect) => (effect.kind === 'allow' ? unionOf(unmask, effect.obligations.unmask) : unmask),
      [],
    );
}

/** Whether a rule could hold something of this subject's on this connection. */
export function mayBeHeld(policy: Policy, subject: Party, connection: string): boolean {
  return policy.rules.some((rule) => rule.effect.kind === 'hold' && concerns(rule, subject, connection));
}

function sum(a: Obligations | undefined, b: Obligations): Obligations {
  if (!a) return b;
  return {
    unmask: unionOf(a.unmask, b.unmask),
    filter: unionOf(a.filter, b.filter),
    ...lookupsOf(a, b, (one, other) => (one && other ? (oftener(one, other) ? one : other) : (one ?? other))),
    rowsMax: a.rowsMax === null || b.rowsMax === null ? null : Math.max(a.rowsMax, b.rowsMax),
  };
}

function meet(a: Obligations, b: Obligations): Obligations {
  return {
    unmask: intersectionOf(a.unmask, b.unmask),
    filter: intersectionOf(a.filter, b.filter),
    ...lookupsOf(a, b, (one, other) => one && other && (oftener(one, other) ? other : one)),
    rowsMax: a.rowsMax === null ? b.rowsMax : b.rowsMax === null ? a.rowsMax : Math.min(a.rowsMax, b.rowsMax),
  };
}

/** Absent where nothing is left. */
function lookupsOf(
  a: Obligations,
  b: Obligations,
  join: (one: Rate | undefined, other: Rate | undefined) => Rate | undefined,
): Pick<Obligations, 'lookup'> {
  if (!a.lookup && !b.lookup) return {};
  const joined = phiClasses.flatMap((cls) => {
    const rate = join(a.lookup?.[cls], b.lookup?.[cls]);
    return rate ? [[cls, rate] as const] : [];
  });
  return joined.length > 0 ? { lookup: Object.fromEntries(joined) } : {};
}

function oftener(a: Rate, b: Rate): boolean {
  return a.times / a.perMs > b.times / b.perMs;
}

/** Two holds at once: only people both name may decide, the larger quorum, the shorter times. */
function strictest(a: HoldTerms, b: HoldTerms): HoldTerms {
  return {
    reviewers: meetOf(a.reviewers, b.reviewers),
    quorum: Math.max(a.quorum, b.quorum),
    waitMs: Math.min(a.waitMs, b.waitMs),
    expiresMs: Math.min(a.expiresMs, b.expiresMs),
    grants: a.grants === 'once' || b.grants === 'once' ? 'once' : Math.min(a.grants, b.grants),
    ...(a.escalate && b.escalate
      ? {
          escalate: {
            afterMs: Math.max(a.escalate.afterMs, b.escalate.afterMs),
            reviewers: meetOf(a.escalate.reviewers, b.escalate.reviewers),
          },
        }
      : {}),
  };
}

function meetOf(a: readonly string[], b: readonly string[]): readonly string[] {
  return a.filter((group) => b.includes(group));
}
