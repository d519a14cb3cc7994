// Step-up: what a sign-in has to be for a scope that asks more of it than being there (MCP authorization, "Step-Up
// Authorization Flow"; OpenID Connect Core 1.0 §2, `acr` and `auth_time`). Pure. INVARIANT: what is not said counts as not met.

import type { Subject } from '../core/facts.ts';
import { limits } from '../core/limits.ts';

export interface StepUp {
  /** Authentication contexts that are enough. */
  readonly acr: readonly string[];
  /** How long ago the person may have proven themselves. */
  readonly withinMs: number;
}

/** By scope. */
export type StepUps = ReadonlyMap<string, StepUp>;

type Proven = Pick<Subject, 'acr' | 'authenticatedMs'>;

/** How long from now it is met; 0 or less = not. */
export function msLeft({ acr, withinMs }: StepUp, subject: Proven, now: number): number {
  const { acr: proven, authenticatedMs: at } = subject;
  if (proven === undefined || !acr.includes(proven)) return 0;
  return at === undefined || at > now + limits.clockSkewMs ? 0 : at + withinMs - now;
}

/** Those of these scopes that this subject meets now, and until when; ms since the epoch. */
export function scopesMet(
  scopes: Iterable<string>,
  stepUps: StepUps,
  subject: Proven,
  now: number,
): Readonly<Record<string, number>> {
  return Object.fromEntries(
    [...scopes].flatMap((scope) => {
      const stepUp = stepUps.get(scope);
      const ms = stepUp ? msLeft(stepUp, subject, now) : 0;
      return ms > 0 ? [[scope, now + ms]] : [];
    }),
  );
}

/** What meets all of them; null for none. No context may be enough for each. */
export function strictestOf(wanted: readonly StepUp[]): StepUp | null {
  return wanted.reduce<StepUp | null>(
    (a, b) =>
      a ? { acr: a.acr.filter((each) => b.acr.includes(each)), withinMs: Math.min(a.withinMs, b.withinMs) } : b,
    null,
  );
}
