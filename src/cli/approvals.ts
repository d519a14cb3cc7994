// chartgate approvals ls|show|approve|deny: held requests, and the people who decide them.

import { type ApprovalView, approvalView } from '../admin/contract.ts';
import { spokenNameOf } from '../core/facts.ts';
import { findGate } from './gate.ts';
import { complain, type Io, plain, print, printJson } from './io.ts';
import { renderTable } from './table.ts';

export interface ApprovalsOptions {
  readonly config: string;
  readonly json?: boolean;
}

export async function listApprovals(io: Io, options: ApprovalsOptions & { readonly status?: string }): Promise<number> {
  const gate = findGate(io, options.config);
  if (!gate.ok) return complain(io, gate.error);
  const query = options.status === undefined ? '' : `?status=${encodeURIComponent(options.status)}`;
  const answer = await gate.value.call(`/approvals${query}`, approvalView.array());
  if (!answer.ok) return complain(io, answer.error);
  if (options.json) {
    printJson(io, answer.value);
  } else if (answer.value.length === 0) {
    io.stderr.write(options.status === undefined ? 'Nothing is held.\n' : `Nothing is ${options.status}.\n`);
  } else {
    const rows = answer.value.map((each) => [
      each.id,
      each.status,
      each.subject.id,
      each.connection,
      each.rule,
      each.phi.join(','),
      each.expires,
      each.yours ? 'yes' : '',
    ]);
    const headings = ['id', 'status', 'subject', 'connection', 'rule', 'phi', 'expires', 'yours to decide'];
    for (const line of renderTable(io, headings, rows)) print(io, line);
  }
  return 0;
}

export async function showApproval(io: Io, id: string, options: ApprovalsOptions): Promise<number> {
  const gate = findGate(io, options.config);
  if (!gate.ok) return complain(io, gate.error);
  const answer = await gate.value.call(`/approvals/${encodeURIComponent(id)}`, approvalView);
  if (!answer.ok) return complain(io, answer.error);
  return present(io, answer.value, options);
}

export async function decideApproval(
  io: Io,
  id: string,
  effect: 'approve' | 'deny',
  options: ApprovalsOptions & { readonly reason: string },
): Promise<number> {
  return post(io, id, 'verdict', { effect, reason: options.reason }, options);
}

/** What the requester does about a request of their own: takes it back, or says why they ask. */
export async function withdrawApproval(io: Io, id: string, options: ApprovalsOptions): Promise<number> {
  return post(io, id, 'withdraw', {}, options);
}

export async function explainApproval(
  io: Io,
  id: string,
  options: ApprovalsOptions & { readonly reason: string },
): Promise<number> {
  return post(io, id, 'reason', { reason: options.reason }, options);
}

async function post(io: Io, id: string, what: string, body: object, options: ApprovalsOptions): Promise<number> {
  const gate = findGate(io, options.config);
  if (!gate.ok) return complain(io, gate.error);
  const answer = await gate.value.call(`/approvals/${encodeURIComponent(id)}/${what}`, approvalView, body);
  if (!answer.ok) return complain(io, answer.error);
  return present(io, answer.value, options);
}

function present(io: Io, approval: ApprovalView, options: ApprovalsOptions): number {
  if (options.json) {
    printJson(io, approval);
    return 0;
  }
  const { id, status, rule, subject, connection, reviewers, quorum, phi, session, requested, expires } = approval;
  const lines: [string, string][] = [
    ['approval', `${id} (${status})`],
    ['asked by', `${spokenNameOf(subject)}, ${requested}, session ${session}`],
    ['for', connection],
    ['held by', `rule ${rule}`],
    ['touches', phi.join(', ') || 'no PHI the gate knows of'],
    ['reviewers', `${quorum} of ${reviewers.join(', ')}`],
    ['good for', approval.grant === undefined ? 'one run of exactly this' : grantText(approval)],
    ['expires', expires],
    ...approval.verdicts.map((each): [string, string] => [
      each.effect === 'approve' ? 'approved' : 'denied',
      `by ${each.by.id}, ${each.at}: ${each.reason}`,
    ]),
  ];
  if (approval.used) lines.push(['used', `${approval.used.at}, session ${approval.used.session}`]);
  for (const [label, text] of lines) print(io, `${label.padEnd(10)} ${plain(text)}`);
  if (approval.content !== undefined)
    for (const line of JSON.stringify(approval.content, null, 2).split('\n')) print(io, `  ${plain(line)}`);
  if (approval.history?.length) print(io, `latest requests of ${plain(subject.id)}`);
  for (const each of approval.history ?? [])
    print(
      io,
      plain(`  ${each.id}  ${each.status.padEnd(9)}  ${each.requested}  ${each.connection}  rule ${each.rule}`),
    );
  return 0;
}

function grantText({ grant = 0, uses = 0 }: ApprovalView): string {
  return `${Math.round(grant / 60)} minutes, whatever is alike but for its values (used ${uses} times)`;
}
