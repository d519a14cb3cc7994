// A policy as its author wrote it, defaults filled in and conditions still text. policy/compile.ts makes it decide.

import type { Lookups, SubjectSet } from './decision.ts';
import type { ClassSet } from './phi.ts';
import type { RiskPattern } from './risk-patterns.ts';

export interface PolicyConfig {
  /** Alias → the IdP groups it stands for. */
  readonly groups: Readonly<Record<string, readonly string[]>>;
  readonly rules: readonly RuleConfig[];
  readonly tests: readonly PolicyTestConfig[];
  /** Absent: there is none. */
  readonly breakGlass?: BreakGlassConfig;
}

export interface BreakGlassConfig {
  readonly subjects: SubjectSet;
  readonly connections: readonly string[] | null;
  readonly agents: boolean;
  readonly unmask: ClassSet;
  readonly filter: ClassSet;
  readonly lookup?: Lookups;
  readonly rows: number | null;
  readonly maxMs: number;
  readonly reviewers: readonly string[];
  readonly reviewWithinMs: number;
  readonly escalate: readonly string[];
}

export interface RuleConfig {
  readonly name: string;
  readonly subjects: SubjectSet | null;
  readonly connections: readonly string[] | null;
  readonly when: string | null;
  /** Ready-made conditions, any of which is enough; with `when`, both must hold. */
  readonly risk: readonly RiskPattern[];
  readonly effect:
    | {
        readonly kind: 'allow';
        readonly unmask: ClassSet;
        readonly filter: ClassSet;
        readonly lookup?: Lookups;
        readonly rows: number | null;
      }
    | {
        readonly kind: 'hold';
        readonly reviewers: readonly string[];
        readonly quorum: number;
        readonly waitMs: number;
        readonly expiresMs: number;
        readonly grants: 'once' | number;
        readonly escalate?: { readonly afterMs: number; readonly reviewers: readonly string[] };
      }
    | { readonly kind: 'deny'; readonly text: string }
    /** A scope of `identity.step_up`. */
    | { readonly kind: 'step_up'; readonly scope: string };
}

export interface PolicyTestConfig {
  readonly name: string;
  /** Partial facts, laid over neutral ones. */
  readonly facts: Readonly<Record<string, unknown>>;
  /** What is left out may be anything. */
  readonly expect: {
    readonly effect: 'allow' | 'hold' | 'deny';
    readonly rule?: string;
    readonly unmask?: ClassSet;
    readonly filter?: ClassSet;
    readonly lookup?: Lookups;
    readonly rows?: number | 'unlimited';
    /** Groups that may decide about a hold, aliases resolved. */
    readonly reviewers?: readonly string[];
  };
}
