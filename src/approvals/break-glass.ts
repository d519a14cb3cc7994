// One use of break-glass, as data, and how it moves. Pure and total; reads no clock.
// INVARIANT: nothing opens one without a person, a reason and an end; it is over at its end whether or not anybody wrote that
// down; and it is reviewed by somebody else, by every name they go under.

import { type BreakGlass, breakGlassRule } from '../core/decision.ts';
import { nameOf } from '../core/facts.ts';
import type { JsonObject } from '../core/json.ts';
import { fail, ok, type Refusal, type Result, refuse } from '../core/result.ts';
import type { Party } from './approval.ts';
import { namesOf, shareName } from './people.ts';
import { type ApprovalRecord, reasonOf } from './step.ts';

export interface Emergency {
  readonly id: string;
  readonly by: Party;
  readonly connection: string;
  /** A person's words: may contain PHI. */
  readonly reason: string;
  readonly policy: string;
  readonly openedMs: number;
  /** Absolute. */
  readonly untilMs: number;
  /** When it was over: at `untilMs`, or as the person closed it; null = not written down yet. */
  readonly endedMs: number | null;
  /** Groups whose members review it, those it was escalated to included. */
  readonly reviewers: readonly string[];
  readonly escalation: readonly string[];
  readonly reviewWithinMs: number;
  readonly overdue: boolean;
  readonly review: Review | null;
}

interface Review {
  readonly by: { readonly id: string; readonly issuer: string };
  readonly finding: Finding;
  readonly reason: string;
  readonly atMs: number;
}

const lookAtIt = 'Look at it: chartgate break-glass ls.';

export type Finding = 'justified' | 'unjustified';

export type EmergencyEvent =
  | {
      readonly kind: 'open';
      readonly id: string;
      readonly by: Party;
      readonly connection: string;
      readonly reason: string;
      readonly forMs: number;
      readonly policy: string;
      /** What the policy has for this person on this connection; null = nothing. */
      readonly terms: BreakGlass | null;
    }
  | { readonly kind: 'close'; readonly by: Party }
  | { readonly kind: 'review'; readonly by: Party; readonly finding: Finding; readonly reason: string }
  /** Time has passed: writes down an end, or that the review is overdue; else changes nothing. */
  | { readonly kind: 'tick' };

export interface EmergencyStep {
  readonly state: Emergency;
  readonly effects: readonly ApprovalRecord[];
}

/** @param now ms since the epoch */
export function stepEmergency(state: Emergency | undefined, event: EmergencyEvent, now: number): Result<EmergencyStep> {
  if (event.kind === 'open') {
    if (state) return refuse('approval_settled', 'A break-glass with this id exists already.');
    return open(event, now);
  }
  if (!state) return fail(unknown);
  switch (event.kind) {
    case 'close':
      return close(state, event.by, now);
    case 'review':
      return review(state, event, now);
    case 'tick':
      return ok(tick(state, now));
  }
}

/** Whether it opens anything at this moment. */
export function isLive({ endedMs, untilMs }: Emergency, now: number): boolean {
  return endedMs === null && now < untilMs;
}

/** When its review has to be done by, as far as is known now. */
export function reviewDueMs({ endedMs, untilMs, reviewWithinMs }: Emergency): number {
  return (endedMs ?? untilMs) + reviewWithinMs;
}

export function mayReview(state: Emergency, party: Party): boolean {
  return objectionToReview(state, party) === null;
}

const unknown: Refusal = {
  code: 'approval_not_found',
  text: 'There is no such break-glass for you.',
  next: 'List those you may see: chartgate break-glass ls.',
};

function open(event: Extract<EmergencyEvent, { kind: 'open' }>, now: number): Result<EmergencyStep> {
  const { id, by, connection, forMs, policy, terms } = event;
  if (!terms)
    return refuse('denied', 'The policy lets you break no glass on this connection.', {
      rule: breakGlassRule,
      next: "Ask the policy's owner: policy.break_glass names who may.",
    });
  if (by.kind !== 'person' || by.agent !== undefined)
    return refuse('denied', 'Only a person breaks the glass, and no agent in their name.', {
      rule: breakGlassRule,
      next: 'Run chartgate break-glass with a token of your own.',
    });
  const reason = reasonOf(event.reason);
  if (!reason.ok) return reason;
  if (!(forMs >= 60_000 && forMs <= terms.maxMs))
    return refuse('invalid_request', `It lasts from 1 to ${Math.floor(terms.maxMs / 60_000)} minutes.`, {
      rule: breakGlassRule,
      next: 'Ask for less time; it can be opened again.',
    });
  const state: Emergency = {
    id,
    by,
    connection,
    reason: reason.value,
    policy,
    openedMs: now,
    untilMs: now + forMs,
    endedMs: null,
    reviewers: terms.reviewers,
    escalation: terms.escalate,
    reviewWithinMs: terms.reviewWithinMs,
    overdue: false,
    review: null,
  };
  const data = { until: timeOf(state.untilMs), reviewers: [...terms.reviewers], policy };
  return ok({ state, effects: [recordOf(state, 'break_glass.opened', by, data, { reason: reason.value })] });
}

function close(state: Emergency, by: Party, now: number): Result<EmergencyStep> {
  if (by.id !== state.by.id || by.issuer !== state.by.issuer) return fail(unknown);
  if (!isLive(state, now)) return refuse('approval_settled', 'It is over already.', { next: lookAtIt });
  const next: Emergency = { ...state, endedMs: now };
  return ok({ state: next, effects: [recordOf(next, 'break_glass.ended', by, { reason: 'closed' })] });
}

function objectionToReview(state: Emergency, by: Party): Refusal | null {
  if (shareName(namesOf(state.by), namesOf(by))) return { code: 'own_request', text: 'Nobody reviews their own.' };
  const reviewer =
    by.kind === 'person' && by.agent === undefined && by.groups.some((each) => state.reviewers.includes(each));
  return reviewer ? null : { code: 'not_a_reviewer', text: 'You are not a reviewer of this break-glass.' };
}

function review(
  state: Emergency,
  event: Extract<EmergencyEvent, { kind: 'review' }>,
  now: number,
): Result<EmergencyStep> {
  const { by, finding } = event;
  const objection = objectionToReview(state, by);
  if (objection) return fail(objection);
  if (isLive(state, now))
    return refuse('approval_settled', 'It is not over yet.', { next: 'Review it when it has ended.' });
  if (state.review) return refuse('approval_settled', 'It has been reviewed already.', { next: lookAtIt });
  const reason = reasonOf(event.reason);
  if (!reason.ok) return reason;
  const { state: ended, effects } = state.endedMs === null ? tick(state, now) : { state, effects: [] };
  const next: Emergency = {
    ...ended,
    review: { by: { id: by.id, issuer: by.issuer }, finding, reason: reason.value, atMs: now },
  };
  const data = { finding, overdue: now >= reviewDueMs(ended) };
  const reviewed = recordOf(next, 'break_glass.reviewed', by, data, { reason: reason.value });
  return ok({ state: next, effects: [...effects, reviewed] });
}

function tick(state: Emergency, now: number): EmergencyStep {
  if (state.endedMs === null && now >= state.untilMs) {
    const next: Emergency = { ...state, endedMs: state.untilMs };
    return { state: next, effects: [recordOf(next, 'break_glass.ended', undefined, { reason: 'time' })] };
  }
  if (state.endedMs === null || state.review || state.overdue || now < reviewDueMs(state))
    return { state, effects: [] };
  const reviewers = [...new Set([...state.reviewers, ...state.escalation])];
  const next: Emergency = { ...state, overdue: true, reviewers };
  return { state: next, effects: [recordOf(next, 'break_glass.overdue', undefined, { reviewers })] };
}

function recordOf(
  { id, connection }: Emergency,
  type: ApprovalRecord['record']['type'],
  subject: Party | undefined,
  data: JsonObject,
  payload?: JsonObject,
): ApprovalRecord {
  const who = subject ? { subject: nameOf(subject) } : {};
  return { record: { type, ...who, connection, data: { ...data, break_glass: id } }, ...(payload ? { payload } : {}) };
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
