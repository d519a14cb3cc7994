// One approval as its readers see it: what everybody who may know of it sees, and the act itself, whose reading is recorded.

import type { Approval } from '../approvals/approval.ts';
import { statusAt } from '../approvals/step.ts';
import { nameOf } from '../core/facts.ts';
import { type Caller, mayDecide, seesContent } from './access.ts';
import type { ApprovalView } from './contract.ts';
import type { AdminDeps } from './deps.ts';

/** With the exact act for those who have to judge it and who asked; that they looked is in the log first. @throws LogUnavailable */
export async function lookAt(
  approval: Approval,
  caller: Caller,
  deps: Pick<AdminDeps, 'approvals' | 'clock' | 'log'>,
): Promise<ApprovalView> {
  const view = viewOf(approval, caller, deps.clock.now());
  if (!seesContent(caller, approval)) return view;
  await deps.log.append({
    type: 'audit.read',
    approval: approval.id,
    subject: nameOf(caller.subject),
    connection: approval.act.connection,
    data: { what: 'approval' },
  });
  return { ...view, ...contentOf(approval, deps) };
}

const historyMax = 10;

/** What a reviewer judges by: the exact act, what is known of it, and what became of the requester's latest requests. */
function contentOf(
  approval: Approval,
  { approvals, clock }: Pick<AdminDeps, 'approvals' | 'clock'>,
): Pick<ApprovalView, 'content' | 'history'> {
  const { id, issuer } = approval.act.subject;
  const history = approvals
    .list()
    .filter((each) => each.id !== approval.id && each.act.subject.id === id && each.act.subject.issuer === issuer)
    .slice(0, historyMax)
    .map((each) => ({
      id: each.id,
      status: statusAt(each, clock.now()),
      rule: each.rule,
      connection: each.act.connection,
      requested: timeOf(each.requestedMs),
    }));
  return { history, content: { ...approval.act.content, ...approval.act.known } };
}

export function viewOf(approval: Approval, caller: Caller, now: number): ApprovalView {
  const { id, act, rule, reviewers, quorum, phi, session, request, verdicts, usedBy } = approval;
  return {
    id,
    status: statusAt(approval, now),
    rule,
    subject: nameOf(act.subject),
    connection: act.connection,
    reviewers,
    quorum,
    phi,
    session,
    request,
    requested: timeOf(approval.requestedMs),
    expires: timeOf(approval.expiresMs),
    verdicts: verdicts.map(({ by, effect, reason, atMs }) => ({ by, effect, reason, at: timeOf(atMs) })),
    used: usedBy && { session: usedBy.session, request: usedBy.request, at: timeOf(usedBy.atMs) },
    yours: mayDecide(caller, approval, now),
    ...(approval.grantMs ? { grant: Math.round(approval.grantMs / 1000), uses: approval.uses ?? 0 } : {}),
  };
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
