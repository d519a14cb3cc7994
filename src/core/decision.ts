// A decision, and what the policy has to offer for one to be made. Plain data but for the compiled conditions.

import type { ErrorCode } from './errors.ts';
import type { Facts } from './facts.ts';
import type { ClassSet, PhiClass } from './phi.ts';

/** How often within any such time. */
export interface Rate {
  readonly times: number;
  readonly perMs: number;
}

/** Classes that may be compared with a value the caller gives, and how often. */
export type Lookups = Readonly<Partial<Record<PhiClass, Rate>>>;

/** What an allow carries with it. Several matching allows add up. */
export interface Obligations {
  /** Classes this subject sees as they are. */
  readonly unmask: ClassSet;
  /** Classes this subject may filter, join, group or sort by. */
  readonly filter: ClassSet;
  /** What this subject may look up by equality alone, where it may not filter. Absent = nothing. */
  readonly lookup?: Lookups;
  /** Rows per request; null = no limit. */
  readonly rowsMax: number | null;
}

export interface HoldTerms {
  /** Groups whose members may decide, already resolved through policy.groups. */
  readonly reviewers: readonly string[];
  /** Distinct people who have to approve. */
  readonly quorum: number;
  /** How long the request waits in place for a decision, ms. */
  readonly waitMs: number;
  /** How long an approval stays usable after it was requested, ms. */
  readonly expiresMs: number;
  /** What an approval is good for: one run of exactly that act, or every act of its shape for so long, ms. */
  readonly grants: 'once' | number;
  /** Who may decide too when nobody has after so long, ms. */
  readonly escalate?: { readonly afterMs: number; readonly reviewers: readonly string[] };
}

export interface Reason {
  /** The rule's name, or `builtin:…`. */
  readonly rule: string;
  readonly code: ErrorCode | 'allowed';
  /** Public text; the rule's own words for a deny. */
  readonly text: string;
  /** Of a stronger or newer sign-in, which would let it pass. */
  readonly scope?: string;
}

export interface Decision {
  readonly effect: 'allow' | 'hold' | 'deny';
  /** The decisive reason first. */
  readonly reasons: readonly [Reason, ...Reason[]];
  /** Obligations in force if it is let through (an approved hold included). */
  readonly obligations: Obligations;
  readonly hold: HoldTerms | null;
  /** SHA-256 of the canonical policy, hex. */
  readonly policy: string;
  /** The break-glass it was made under. */
  readonly emergency?: string;
}

/** Outcome of one condition over facts. An unknown fact or an evaluation error is `error`, never false. */
export type ConditionOutcome =
  | { readonly kind: 'value'; readonly value: boolean }
  | { readonly kind: 'error'; readonly text: string; readonly unknownFact?: string };

/** Subjects by any of their groups, or by their id. */
export interface SubjectSet {
  readonly groups: readonly string[];
  readonly ids: readonly string[];
}

export interface CompiledRule {
  readonly name: string;
  /** Null = everybody. The groups are resolved. */
  readonly subjects: SubjectSet | null;
  /** Null = every connection. */
  readonly connections: readonly string[] | null;
  /** Pure and total. A rule without `when` gives true. */
  readonly when: (facts: Facts) => ConditionOutcome;
  /** It has no `when`: it speaks of every request. */
  readonly always?: true;
  readonly effect:
    | { readonly kind: 'allow'; readonly obligations: Obligations }
    | { readonly kind: 'hold'; readonly terms: HoldTerms }
    | { readonly kind: 'deny'; readonly text: string }
    /** A deny, while the sign-in does not meet this scope of `identity.step_up`. */
    | { readonly kind: 'step_up'; readonly scope: string };
}

/** Who may step past holds and silence for a short time, to see what; always reviewed afterwards. */
export interface BreakGlass {
  readonly subjects: SubjectSet;
  /** Null = every connection. */
  readonly connections: readonly string[] | null;
  /** Whether it covers what an agent does in the person's name. */
  readonly agents: boolean;
  readonly obligations: Obligations;
  readonly maxMs: number;
  /** Groups that are told at once and review it afterwards. */
  readonly reviewers: readonly string[];
  readonly reviewWithinMs: number;
  /** Groups that may review too, and are told, once the review is overdue. */
  readonly escalate: readonly string[];
}

export interface Policy {
  readonly digest: string;
  readonly rules: readonly CompiledRule[];
  /** Absent: there is none. */
  readonly breakGlass?: BreakGlass;
  /** A condition speaks of `sql.estimated_rows`, so that it is worth asking the planner. */
  readonly needsRowEstimate: boolean;
  /**
   * No condition reads what may differ between two requests of one session for one statement: the time, the parameters,
   * the planner's estimate. Absent = not known to be so.
   */
  readonly repeatable?: boolean;
  /** The same for two calls of one tool: nor does any read their arguments. Absent = not known to be so. */
  readonly repeatableCalls?: boolean;
}

/** What lets a request through under a break-glass; the one built-in rule that answers a question somebody asked. */
export const breakGlassRule = 'builtin:break-glass';

/** Whether a recorded request is part of every session (BEGIN, initialize), let through without a rule of anybody's. */
export function isHousekeeping(effect: unknown, rule: unknown): boolean {
  return effect === 'allow' && typeof rule === 'string' && rule.startsWith('builtin:') && rule !== breakGlassRule;
}
