// Who may see what through the admin API. Pure; every route asks here.

import type { Approval } from '../approvals/approval.ts';
import { isRequester, isReviewer, objectionToJudge, statusAt } from '../approvals/step.ts';
import type { Subject } from '../core/facts.ts';

/** `local`: came through the state directory's own socket. The operator lists and reads, and never decides. */
export interface Caller {
  readonly subject: Subject;
  readonly local: boolean;
}

export interface Readers {
  /** Groups named under audit.readers, and groups that review in some rule. */
  readonly auditors: readonly string[];
  readonly reviewers: readonly string[];
}

/** Whoever proved who they are, by a token or a sign-in. */
export function callerBy(subject: Subject): Caller {
  return { subject, local: false };
}

export const localOperator: Caller = {
  subject: { id: 'operator', issuer: 'local', kind: 'person', groups: [], aliases: [] },
  local: true,
};

export function isAuditor(caller: Caller, readers: Readers): boolean {
  return caller.local || caller.subject.groups.some((group) => readers.auditors.includes(group));
}

export function isAnyReviewer(caller: Caller, readers: Readers): boolean {
  return caller.subject.groups.some((group) => readers.reviewers.includes(group));
}

/** Everybody's sessions; others see their own. */
export function readsAllSessions(caller: Caller, readers: Readers): boolean {
  return isAuditor(caller, readers) || isAnyReviewer(caller, readers);
}

export function isOwn(caller: Caller, subject: { readonly id: string; readonly issuer: string }): boolean {
  return !caller.local && caller.subject.id === subject.id && caller.subject.issuer === subject.issuer;
}

export function seesApproval(caller: Caller, approval: Approval, readers: Readers): boolean {
  return seesContent(caller, approval) || isAuditor(caller, readers);
}

/** The words of a held act are for those who have to judge it, and for who wrote them. */
export function seesContent(caller: Caller, approval: Approval): boolean {
  return !caller.local && (isOwn(caller, approval.act.subject) || isReviewer(approval, caller.subject));
}

export function mayDecide(caller: Caller, approval: Approval, now: number): boolean {
  return statusAt(approval, now) === 'requested' && mayJudge(caller, approval);
}

/** A no ends what was approved and is not used up. */
export function mayTakeBack(caller: Caller, approval: Approval, now: number): boolean {
  return statusAt(approval, now) === 'approved' && mayJudge(caller, approval);
}

function mayJudge(caller: Caller, approval: Approval): boolean {
  return (
    !caller.local &&
    objectionToJudge(caller.subject) === null &&
    isReviewer(approval, caller.subject) &&
    !isRequester(approval, caller.subject)
  );
}
