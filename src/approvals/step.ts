// step(state, event, now) → the next state and the records that tell of it. Pure and total; reads no clock.
// INVARIANT: an act runs only while an approval of exactly this act (or a grant for its shape) is live, once (a grant: while
// it lasts), and only if the quorum of distinct people said yes, none of whom is the requester by any name, nor an agent
// or workload. Everything else is a refusal that changes nothing.

import { createHash } from 'node:crypto';
import type { HoldTerms } from '../core/decision.ts';
import { nameOf } from '../core/facts.ts';
import { canonicalJson, type JsonObject } from '../core/json.ts';
import type { PhiClass } from '../core/phi.ts';
import type { RecordInput } from '../core/record.ts';
import { fail, ok, type Refusal, type Result, refuse } from '../core/result.ts';
import type { Act, Approval, ApprovalStatus, Party, Verdict } from './approval.ts';
import { namesOf, shareName } from './people.ts';

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
  /** The requester says why, for the reviewers to read. */
  | { readonly kind: 'explain'; readonly by: Party; readonly reason: string }
  /** Somebody has been sent away: what they said yes to and is not used up needs somebody else's. `issuer` null: any. */
  | { readonly kind: 'recall'; readonly id: string; readonly issuer: string | null }
  /** Time has passed: expires what is over, escalates what nobody has decided; else changes nothing. */
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

type Escalation = NonNullable<Approval['escalation']>;

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
    case 'explain':
      return explain(state, event, now);
    case 'recall':
      return ok(recall(state, event, now));
    case 'tick':
      break;
  }
  if (isOverdue(state, now)) return ok(expire(state));
  return ok(isUnanswered(state, now) ? escalate(state, state.escalation) : { state, effects: [] });
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
  return digestOver(act, act.content);
}

/**
 * What an approval under these terms is bound to: the act, or for a grant the rule and the act's shape. What has no shape
 * is granted once only.
 */
export function bindingOf(act: Act, rule: string, { grants }: Pick<HoldTerms, 'grants'>): string {
  return grants === 'once' || !act.shape ? digestOf(act) : digestOver(act, { grant: { rule, shape: act.shape } });
}

function digestOver({ subject, connection, policy }: Act, content: JsonObject): string {
  const { id, issuer, kind, groups, agent, actors } = subject;
  const acting = { agent: agent ?? null, ...(actors === undefined ? {} : { actors: [...actors] }) };
  const canonical = canonicalJson({
    subject: { id, issuer, kind, groups: [...new Set(groups)].sort(), ...acting },
    connection,
    content,
    policy,
  });
  return createHash('sha256').update(canonical, 'utf8').digest('hex');
}

/** Whether this party belongs to the people who may decide. Being the requester is another question: see `isRequester`. */
export function isReviewer(approval: Approval, party: Party): boolean {
  return party.groups.some((group) => approval.reviewers.includes(group));
}

/** The same name is the same person whatever issuer vouches for it; an agent is no second pair of eyes for whom it serves. */
export function isRequester(approval: Approval, party: Party): boolean {
  return shareName(namesOf(approval.act.subject), namesOf(party));
}

/** Why this party may not decide about anything at all: judgement is a person's own. */
export function objectionToJudge({ kind, agent }: Party): Refusal | null {
  if (kind === 'person' && agent === undefined) return null;
  const text = kind === 'person' ? 'An agent does not decide in the name of a person.' : 'Only a person decides.';
  return { code: 'not_a_reviewer', text, next: 'Decide yourself, with a token of your own.' };
}

function request(event: Extract<ApprovalEvent, { kind: 'request' }>, now: number): Result<Step> {
  const { id, act, rule, terms, phi, session, request } = event;
  const state: Approval = {
    id,
    status: 'requested',
    digest: bindingOf(act, rule, terms),
    act,
    rule,
    reviewers: terms.reviewers,
    quorum: Math.max(1, terms.quorum),
    phi,
    grantMs: terms.grants === 'once' || !act.shape ? null : terms.grants,
    escalation: terms.escalate ? { atMs: now + terms.escalate.afterMs, reviewers: terms.escalate.reviewers } : null,
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
    ...(state.grantMs ? { grant_seconds: Math.round(state.grantMs / 1000) } : {}),
    expires: new Date(state.expiresMs).toISOString(),
  };
  const content = { ...act.content, ...act.known };
  return ok({ state, effects: [recordOf(state, 'approval.requested', act.subject, data, { content })] });
}

function decide(state: Approval, event: Extract<ApprovalEvent, { kind: 'verdict' }>, now: number): Result<Step> {
  const { by, effect } = event;
  const names = namesOf(by);
  const reason = reasonOf(event.reason);
  if (isRequester(state, by)) return refuse('own_request', 'Nobody approves their own request.');
  const objection = objectionToJudge(by);
  if (objection) return fail(objection);
  if (!isReviewer(state, by)) return refuse('not_a_reviewer', 'You are not a reviewer of this request.');
  if (isOverdue(state, now)) return refuse('approval_expired', 'The time to decide this approval is over.');
  // What was approved and not used up may still be taken back.
  const open = state.status === 'requested' || (state.status === 'approved' && effect === 'deny');
  if (!open) return refuse('approval_settled', `This approval is ${state.status} already.`);
  if (!reason.ok) return reason;
  // One's own yes may still become a no, but it never counts twice: the quorum is of distinct people.
  const others = state.verdicts.filter((each) => !shareName(each.names ?? [each.by.id], names));
  if (effect === 'approve' && others.length < state.verdicts.length)
    return refuse('approval_settled', 'You have approved this already; another reviewer has to decide too.');

  const verdict = { by: { id: by.id, issuer: by.issuer }, names, effect, reason: reason.value, atMs: now };
  const verdicts = [...others, verdict];
  const status = effect === 'deny' ? 'denied' : verdicts.length >= state.quorum ? 'approved' : 'requested';
  const expiresMs = status === 'approved' && state.grantMs ? now + state.grantMs : state.expiresMs;
  const next: Approval = { ...state, status, verdicts, expiresMs };
  const approvals = verdicts.filter((each) => each.effect === 'approve').length;
  const data = { effect, status, approvals, ...(state.grantMs ? { until: new Date(expiresMs).toISOString() } : {}) };
  return ok({ state: next, effects: [recordOf(next, 'approval.decided', by, data, { reason: reason.value })] });
}

/** A person's reason, trimmed. Refused: reason_required, invalid_request. */
export function reasonOf(text: string): Result<string> {
  const reason = text.trim();
  if (reason === '') return refuse('reason_required', 'A reason is required.');
  if (reason.length > reasonLengthMax || !reason.isWellFormed())
    return refuse('invalid_request', `A reason is text of at most ${reasonLengthMax} characters.`);
  return ok(reason);
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

  const next: Approval = {
    ...state,
    status: state.grantMs ? 'approved' : 'used',
    usedBy: { session, request, atMs: now },
    uses: (state.uses ?? 0) + 1,
  };
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
  if (!isSubject(state, by)) return refuse('approval_not_found', 'Only the requester withdraws a request.');
  if (isOverdue(state, now)) return refuse('approval_expired', 'The approval has expired.');
  if (state.status !== 'requested' && state.status !== 'approved')
    return refuse('approval_settled', `This approval is ${state.status} already.`);
  const next: Approval = { ...state, status: 'withdrawn' };
  return ok({
    state: next,
    effects: [recordOf(next, 'approval.decided', by, { effect: 'withdraw', status: 'withdrawn' })],
  });
}

function explain(state: Approval, event: Extract<ApprovalEvent, { kind: 'explain' }>, now: number): Result<Step> {
  const { by } = event;
  if (!isSubject(state, by)) return refuse('approval_not_found', 'Only the requester gives the reason of a request.');
  if (isOverdue(state, now)) return refuse('approval_expired', 'The time to decide this approval is over.');
  if (state.status !== 'requested') return refuse('approval_settled', `This approval is ${state.status} already.`);
  const reason = reasonOf(event.reason);
  if (!reason.ok) return reason;
  const next: Approval = { ...state, act: { ...state.act, known: { ...state.act.known, reason: reason.value } } };
  return ok({ state: next, effects: [recordOf(next, 'approval.explained', by, {}, { reason: reason.value })] });
}

function recall(state: Approval, { id, issuer }: Extract<ApprovalEvent, { kind: 'recall' }>, now: number): Step {
  const isTheirs = ({ by }: Verdict): boolean => by.id === id && (issuer === null || by.issuer === issuer);
  const verdicts = state.verdicts.filter((each) => !isTheirs(each));
  const open = (state.status === 'requested' || state.status === 'approved') && !isOverdue(state, now);
  if (!open || verdicts.length === state.verdicts.length) return { state, effects: [] };
  // Nobody says yes once the quorum is there: one less is one too few.
  const next: Approval = { ...state, verdicts, status: 'requested' };
  const data = { effect: 'recall', status: next.status, approvals: verdicts.length };
  return { state: next, effects: [recordOf(next, 'approval.decided', undefined, data)] };
}

function isSubject({ act }: Approval, { id, issuer }: Party): boolean {
  return id === act.subject.id && issuer === act.subject.issuer;
}

function isUnanswered(state: Approval, now: number): state is Approval & { escalation: Escalation } {
  return state.status === 'requested' && !!state.escalation && now >= state.escalation.atMs;
}

/** Others may decide as well; what has been said so far counts. */
function escalate(state: Approval, { reviewers }: Escalation): Step {
  const next: Approval = { ...state, reviewers: [...new Set([...state.reviewers, ...reviewers])], escalation: null };
  return { state: next, effects: [recordOf(next, 'approval.escalated', undefined, { reviewers: [...reviewers] })] };
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
