// A policy against what really happened: recorded facts are decided again, and every decision that would differ is counted.
// INVARIANT: what comes out names rules, people and commands; no value of a request, so that a report can be passed on.

import { combine, decide } from '../core/decide.ts';
import type { Decision, Lookups, Policy, Rate } from '../core/decision.ts';
import type { Facts } from '../core/facts.ts';
import { type ClassSet, phiClasses } from '../core/phi.ts';
import { explain } from './explain.ts';

/** One request as the log has it. */
export interface RecordedRequest {
  readonly session: string;
  readonly request: string;
  /** RFC 3339. */
  readonly time: string;
  /** Of each statement of the message. */
  readonly facts: readonly [Facts, ...Facts[]];
  readonly decision: Decision;
}

/** What a decision comes down to. */
export interface Outcome {
  readonly effect: Decision['effect'];
  readonly rule: string;
  readonly unmask: ClassSet;
  readonly filter: ClassSet;
  readonly lookup: Lookups;
  /** Null = without limit. */
  readonly rows: number | null;
  /** Who has to approve; null where nobody has to. */
  readonly approval: { readonly reviewers: readonly string[]; readonly quorum: number } | null;
}

export interface SimulatedChange {
  readonly was: Outcome;
  readonly is: Outcome;
  /** `looser` lets more pass or shows more; `mixed` both more and less; `reason` only another rule decides. */
  readonly direction: 'looser' | 'stricter' | 'mixed' | 'reason';
  readonly count: number;
  /** The latest few. */
  readonly examples: readonly {
    readonly session: string;
    readonly request: string;
    readonly time: string;
    readonly subject: string;
    readonly connection: string;
    /** SQL command, or MCP method and tool. */
    readonly what: string;
  }[];
}

export interface SimulationReport {
  readonly requests: number;
  readonly unchanged: number;
  /** The most frequent first. */
  readonly changes: readonly SimulatedChange[];
  /** Rules of the new policy that no request met. */
  readonly unused: readonly string[];
}

const examplesMax = 3;

export class Simulation {
  readonly #policy: Policy;
  readonly #met = new Set<string>();
  readonly #changes = new Map<string, SimulatedChange>();
  #requests = 0;
  #unchanged = 0;

  constructor(policy: Policy) {
    this.#policy = policy;
  }

  add({ session, request, time, facts, decision }: RecordedRequest): void {
    this.#requests++;
    const [first, ...others] = facts;
    for (const each of facts)
      for (const { rule, part } of explain(each, this.#policy).rules) if (part === 'true') this.#met.add(rule);
    const policy = this.#policy;
    const [was, is] = [decision, combine([decide(first, policy), ...others.map((each) => decide(each, policy))])].map(
      outcomeOf,
    );
    if (!was || !is || JSON.stringify(was) === JSON.stringify(is)) {
      this.#unchanged++;
      return;
    }
    const key = JSON.stringify([was, is]);
    const known = this.#changes.get(key);
    const example = {
      session,
      request,
      time,
      subject: first.subject.id,
      connection: first.connection.name,
      what: whatOf(first),
    };
    this.#changes.set(key, {
      was,
      is,
      direction: directionOf(was, is),
      count: (known?.count ?? 0) + 1,
      examples: [example, ...(known?.examples ?? [])].slice(0, examplesMax),
    });
  }

  report(): SimulationReport {
    return {
      requests: this.#requests,
      unchanged: this.#unchanged,
      changes: [...this.#changes.values()].toSorted((a, b) => b.count - a.count),
      unused: this.#policy.rules.map(({ name }) => name).filter((name) => !this.#met.has(name)),
    };
  }
}

/** What a denied request would have been granted is of no consequence. */
function outcomeOf({ effect, reasons, obligations, hold }: Decision): Outcome {
  const rule = reasons[0].rule;
  if (effect === 'deny') return { effect, rule, unmask: [], filter: [], lookup: {}, rows: null, approval: null };
  const { unmask, filter, lookup = {}, rowsMax } = obligations;
  const asked = effect === 'hold' ? hold : null;
  return {
    effect,
    rule,
    unmask: sorted(unmask),
    filter: sorted(filter),
    lookup: Object.fromEntries(phiClasses.flatMap((cls) => (lookup[cls] ? [[cls, lookup[cls]]] : []))),
    rows: rowsMax,
    approval: asked && { reviewers: asked.reviewers.toSorted(), quorum: asked.quorum },
  };
}

function sorted(set: ClassSet): ClassSet {
  return set === 'all' ? set : [...set].toSorted();
}

const ease = { deny: 0, hold: 1, allow: 2 } as const;

function directionOf(was: Outcome, is: Outcome): SimulatedChange['direction'] {
  const moves = [Math.sign(ease[is.effect] - ease[was.effect])];
  if (was.effect !== 'deny' && is.effect !== 'deny') {
    moves.push(...growth(was.unmask, is.unmask), ...growth(was.filter, is.filter));
    moves.push(Math.sign((is.rows ?? Infinity) - (was.rows ?? Infinity)) || 0);
    moves.push(...phiClasses.map((cls) => Math.sign(oftenness(is.lookup[cls]) - oftenness(was.lookup[cls]))));
  }
  if (was.approval && is.approval) {
    moves.push(Math.sign(was.approval.quorum - is.approval.quorum));
    moves.push(...growth(was.approval.reviewers, is.approval.reviewers));
  }
  const [more, less] = [moves.includes(1), moves.includes(-1)];
  if (more && less) return 'mixed';
  return more ? 'looser' : less ? 'stricter' : 'reason';
}

function oftenness(rate: Rate | undefined): number {
  return rate ? rate.times / rate.perMs : 0;
}

function growth(was: readonly string[] | 'all', is: readonly string[] | 'all'): number[] {
  if (was === 'all' || is === 'all') return [Number(is === 'all') - Number(was === 'all')];
  return [is.some((cls) => !was.includes(cls)) ? 1 : 0, was.some((cls) => !is.includes(cls)) ? -1 : 0];
}

function whatOf({ sql, mcp }: Facts): string {
  if (mcp.method === '') return sql.command.slice(0, 100);
  return mcp.tool.name === '' ? mcp.method : `${mcp.method} ${mcp.tool.name}`;
}
