// chartgate approvals ls|show|approve|deny: held requests, and the people who decide them.

import { type ApprovalView, approvalView } from '../admin/contract.ts';
import { findGate } from './gate.ts';
import { complain, type Io, plain, print, printJson } from './io.ts';
import { renderTable } from './table.ts';

export interface ApprovalsOptions {
  readonly config: string;
  readonly json?: boolean;
}

/** The log wants words with every verdict; these are no better than they sound. */
const noReason = 'no reason given';

export async function listApprovals(io: Io, options: ApprovalsOptions & { readonly status?: string }): Promise<number> {
  const gate = findGate(io, options.config);
  if (!gate.ok) return complain(io, gate.error);
  const query = options.status === undefined ? '' : `?status=${encodeURIComponent(options.status)}`;
  const answer = await gate.value.call(`/approvals${query}`, approvalView.array());
  if (!answer.ok) return complain(io, answer.error);
  if (options.json) {
    printJson(io, answer.value);
  } else if (answer.value.length === 0) {
    io.stderr.write('Nothing is held.\n');
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
  options: ApprovalsOptions & { readonly reason?: string },
): Promise<number> {
  const gate = findGate(io, options.config);
  if (!gate.ok) return complain(io, gate.error);
  if (options.reason === undefined) io.stderr.write(`No --reason: the record will say "${noReason}".\n`);
  const body = { effect, reason: options.reason ?? noReason };
  const answer = await gate.value.call(`/approvals/${encodeURIComponent(id)}/verdict`, approvalView, body);
  if (!answer.ok) return complain(io, answer.error);
  return present(io, answer.value, options);
}

function present(io: Io, approval: ApprovalView, options: ApprovalsOptions): number {
  if (options.json) {
    printJson(io, approval);
    return 0;
  }
  const { id, status, rule, subject, connection, reviewers, quorum, phi, session, requested, expires } = approval;
  const by = subject.agent === undefined ? '' : ` through ${subject.agent}`;
  const lines: [string, string][] = [
    ['approval', `${id} (${status})`],
    ['asked by', `${subject.id}${by}, ${requested}, session ${session}`],
    ['for', connection],
    ['held by', `rule ${rule}`],
    ['touches', phi.join(', ') || 'no PHI the gate knows of'],
    ['reviewers', `${quorum} of ${reviewers.join(', ')}`],
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
  return 0;
}
