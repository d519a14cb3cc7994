// step(state, event, now) → the next state and the records that tell of it. Pure and total; reads no clock.
// INVARIANT: an act runs once, only while an approval of exactly this act is live, and only if the quorum of distinct
// people said yes, none of whom (nor whose agent) is the requester. Everything else is a refusal that changes nothing.

import { createHash } from 'node:crypto';
import type { HoldTerms } from '../core/decision.ts';
import { nameOf, type Subject } from '../core/facts.ts';
import { canonicalJson, type JsonObject } from '../core/json.ts';
import type { PhiClass } from '../core/phi.ts';
import type { RecordInput } from '../core/record.ts';
import { ok, type Result, refuse } from '../core/result.ts';
import type { Act, Approval, ApprovalStatus, Verdict } from './approval.ts';

/** Who acts on an approval. */
export type Party = Pick<Subject, 'id' | 'issuer' | 'kind' | 'groups' | 'agent'>;

export type ApprovalEvent =
  | {
      readonly kind: 'request';
      readonly id: string;
      readonly act: Act;
      readonly rule: string;
      readonly terms: HoldTerms;
      readonly phi: readonly PhiClass[];
      readonly session: string;
      readonly request: string;
    }
  | { readonly kind: 'verdict'; readonly by: Party; readonly effect: Verdict['effect']; readonly reason: string }
  /** `digest` is that of the act about to run, computed afresh from the request at hand. */
  | {
      readonly kind: 'use';
      readonly digest: string;
      readonly subject: Party;
      readonly session: string;
      readonly request: string;
    }
  | { readonly kind: 'withdraw'; readonly by: Party }
  /** Time has passed: says so in the log if this approval's time is up, else changes nothing. */
  | { readonly kind: 'tick' };

/** A record for the log: `data` is free of PHI, `payload` (the act's words, a reviewer's reason) is to be encrypted. */
export interface ApprovalRecord {
  readonly record: RecordInput;
  readonly payload?: JsonObject;
}

export interface Step {
  readonly state: Approval;
  readonly effects: readonly ApprovalRecord[];
}

/** Longer reasons are refused: they go to the log with every verdict. */
const reasonLengthMax = 2000;

/** @param now ms since the epoch */
export function step(state: Approval | undefined, event: ApprovalEvent, now: number): Result<Step> {
  if (event.kind === 'request') {
    if (state) return refuse('approval_settled', 'An approval with this id exists already.');
    return request(event, now);
  }
  if (!state) return refuse('approval_not_found', 'There is no such approval.');
  switch (event.kind) {
    case 'verdict':
      return decide(state, event, now);
    case 'use':
      return use(state, event, now);
    case 'withdraw':
      return withdraw(state, event.by, now);
    case 'tick':
      break;
  }
  return ok(isOverdue(state, now) ? expire(state) : { state, effects: [] });
}

/** What the approval is worth at this moment: one whose time is up is expired, whether or not anybody wrote it down. */
export function statusAt(approval: Approval, now: number): ApprovalStatus {
  return isOverdue(approval, now) ? 'expired' : approval.status;
}

/**
 * SHA-256 (hex) of the act in canonical JSON: one changed byte anywhere is another act. The subject's groups count, in
 * any order: they decide which rule holds it.
 * @throws TypeError for content JSON has no word for
 */
export function digestOf(act: Act): string {
  const { id, issuer, kind, groups, agent } = act.subject;
  const canonical = canonicalJson({
    subject: { id, issuer, kind, groups: [...new Set(groups)].sort(), agent: agent ?? null },
    connection: act.connection,
    content: act.content,
    policy: act.policy,
  });
  return createHash('sha256').update(canonical, 'utf8').digest('hex');
}

/** Whether this party belongs to the people who may decide. Being the requester is another question: see `isRequester`. */
export function isReviewer(approval: Approval, party: Party): boolean {
  return party.groups.some((group) => approval.reviewers.includes(group));
}

/** The same id is the same person whatever issuer vouches for it; an agent is no second pair of eyes for whom it serves. */
export function isRequester(approval: Approval, party: Party): boolean {
  const asked = new Set([approval.act.subject.id, approval.act.subject.agent]);
  return [party.id, party.agent].some((name) => name !== undefined && asked.has(name));
}

function request(event: Extract<ApprovalEvent, { kind: 'request' }>, now: number): Result<Step> {
  const { id, act, rule, terms, phi, session, request } = event;
  const state: Approval = {
    id,
    status: 'requested',
    digest: digestOf(act),
    act,
    rule,
    reviewers: terms.reviewers,
    quorum: Math.max(1, terms.quorum),
    phi,
    session,
    request,
    requestedMs: now,
    expiresMs: now + terms.expiresMs,
    verdicts: [],
    usedBy: null,
  };
  const data = {
    rule,
    reviewers: [...state.reviewers],
    quorum: state.quorum,
    phi: [...phi],
    policy: act.policy,
    expires: new Date(state.expiresMs).toISOString(),
  };
  const content = { ...act.content, ...act.known };
  return ok({ state, effects: [recordOf(state, 'approval.requested', act.subject, data, { content })] });
}

function decide(state: Approval, event: Extract<ApprovalEvent, { kind: 'verdict' }>, now: number): Result<Step> {
  const { by, effect } = event;
  const reason = event.reason.trim();
  if (isRequester(state, by)) return refuse('own_request', 'Nobody approves their own request.');
  if (!isReviewer(state, by)) return refuse('not_a_reviewer', 'You are not a reviewer of this request.');
  if (isOverdue(state, now)) return refuse('approval_expired', 'The time to decide this approval is over.');
  if (state.status !== 'requested') return refuse('approval_settled', `This approval is ${state.status} already.`);
  if (reason === '') return refuse('reason_required', 'A verdict needs a reason.');
  if (reason.length > reasonLengthMax || !reason.isWellFormed())
    return refuse('invalid_request', `A reason is text of at most ${reasonLengthMax} characters.`);
  // One's own yes may still become a no, but it never counts twice: the quorum is of distinct people.
  const others = state.verdicts.filter((each) => each.by.id !== by.id);
  if (effect === 'approve' && others.length < state.verdicts.length)
    return refuse('approval_settled', 'You have approved this already; another reviewer has to decide too.');

  const verdicts = [...others, { by: { id: by.id, issuer: by.issuer }, effect, reason, atMs: now }];
  const status = effect === 'deny' ? 'denied' : verdicts.length >= state.quorum ? 'approved' : 'requested';
  const next: Approval = { ...state, status, verdicts };
  const data = { effect, status, approvals: verdicts.filter((each) => each.effect === 'approve').length };
  return ok({ state: next, effects: [recordOf(next, 'approval.decided', by, data, { reason })] });
}

function use(state: Approval, event: Extract<ApprovalEvent, { kind: 'use' }>, now: number): Result<Step> {
  const { digest, subject, session, request } = event;
  const asked = state.act.subject;
  if (subject.id !== asked.id || subject.issuer !== asked.issuer || subject.agent !== asked.agent)
    return refuse('approval_not_found', 'There is no such approval for this caller.');
  if (digest !== state.digest) return refuse('approval_required', 'This is not the act that was approved.');
  if (state.status === 'denied') return refuse('approval_denied', 'A reviewer refused this.');
  if (isOverdue(state, now) || state.status === 'expired')
    return refuse('approval_expired', 'The approval has expired.');
  if (state.status === 'used' || state.status === 'withdrawn')
    return refuse('approval_settled', `This approval is ${state.status}.`);
  if (state.status !== 'approved') return refuse('approval_required', 'A reviewer has to approve this first.');

  const next: Approval = { ...state, status: 'used', usedBy: { session, request, atMs: now } };
  const record: RecordInput = {
    type: 'approval.used',
    session,
    request,
    approval: state.id,
    subject: nameOf(subject),
    connection: state.act.connection,
    data: { asked_in: { session: state.session, request: state.request } },
  };
  return ok({ state: next, effects: [{ record }] });
}

function withdraw(state: Approval, by: Party, now: number): Result<Step> {
  if (by.id !== state.act.subject.id || by.issuer !== state.act.subject.issuer)
    return refuse('approval_not_found', 'Only the requester withdraws a request.');
  if (isOverdue(state, now)) return refuse('approval_expired', 'The approval has expired.');
  if (state.status !== 'requested' && state.status !== 'approved')
    return refuse('approval_settled', `This approval is ${state.status} already.`);
  const next: Approval = { ...state, status: 'withdrawn' };
  return ok({
    state: next,
    effects: [recordOf(next, 'approval.decided', by, { effect: 'withdraw', status: 'withdrawn' })],
  });
}

function expire(state: Approval): Step {
  const next: Approval = { ...state, status: 'expired' };
  return { state: next, effects: [recordOf(next, 'approval.expired', undefined, { was: state.status })] };
}

function isOverdue(state: Approval, now: number): boolean {
  return (state.status === 'requested' || state.status === 'approved') && now >= state.expiresMs;
}

/** Stands in the session that asked, so that its timeline tells the whole story. */
function recordOf(
  state: Approval,
  type: RecordInput['type'],
  subject: Party | undefined,
  data: JsonObject,
  payload?: JsonObject,
): ApprovalRecord {
  const { id: approval, session, request, act } = state;
  const who = subject ? { subject: nameOf(subject) } : {};
  return {
    record: { type, session, request, approval, ...who, connection: act.connection, data },
    ...(payload ? { payload } : {}),
  };
}
