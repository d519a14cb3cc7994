// What people are told of held requests and broken glass, in words.
// INVARIANT: nothing a person or a statement said goes into a notice: it leaves the gate for systems nobody has cleared for PHI.

import type { Approval } from '../approvals/approval.ts';
import { type Emergency, reviewDueMs } from '../approvals/break-glass.ts';
import { spokenNameOf } from '../core/facts.ts';
import type { Notice } from '../ports/notices.ts';
import type { ApprovalMove } from './approval-desk.ts';
import type { EmergencyMove } from './break-glass-desk.ts';

/** Null for what nobody has to be told. */
export function noticeOfApproval(approval: Approval, move: ApprovalMove, publicUrl: string): Notice | null {
  if (move !== 'requested' && move !== 'escalated') return null;
  const { id, act, rule, phi, reviewers, quorum, expiresMs } = approval;
  return {
    id: `${id}:${move}`,
    kind: `approval.${move}`,
    title:
      move === 'requested' ? 'A request waits for approval' : 'Nobody has decided yet: a request waits for approval',
    facts: [
      { label: 'Asked by', text: spokenNameOf(act.subject) },
      { label: 'On', text: act.connection },
      { label: 'Held by rule', text: rule },
      { label: 'PHI it touches', text: phi.join(', ') || 'none known' },
      { label: 'Reviewers', text: `${quorum} of ${reviewers.join(', ')}` },
      { label: 'Decide before', text: new Date(expiresMs).toISOString() },
    ],
    link: `${publicUrl}/approvals/${id}`,
    approval: id,
    reviewers,
  };
}

const titles: Readonly<Partial<Record<EmergencyMove, string>>> = {
  opened: 'The glass was broken',
  ended: 'A break-glass has ended: it has to be reviewed',
  overdue: 'The review of a break-glass is overdue',
};

/** Null for what nobody has to be told. */
export function noticeOfEmergency(emergency: Emergency, move: EmergencyMove, publicUrl: string): Notice | null {
  const title = titles[move];
  if (title === undefined) return null;
  const { id, by, connection, untilMs, endedMs, reviewers } = emergency;
  return {
    id: `${id}:${move}`,
    kind: `break_glass.${move}`,
    title,
    facts: [
      { label: 'By', text: spokenNameOf(by) },
      { label: 'On', text: connection },
      { label: 'Until', text: new Date(endedMs ?? untilMs).toISOString() },
      { label: 'Reviewers', text: reviewers.join(', ') },
      { label: 'Review due', text: new Date(reviewDueMs(emergency)).toISOString() },
      { label: 'Review it with', text: `chartgate break-glass review ${id} --reason "…"` },
    ],
    link: `${publicUrl}/break-glass/${id}`,
    approval: null,
    reviewers,
  };
}
