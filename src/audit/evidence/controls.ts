// The control matrix of the evidence package: what of 45 CFR 164 Subpart C a gate in the data path shows, and what it cannot see.
// It claims nothing the records do not show: what happens outside the gate is the customer's duty, and is called so.

import type { RecordType } from '../../core/record.ts';

/** `met`: by what the gate does in its path; `partial`: it contributes; `duty`: it sees nothing of it. */
export type ControlStatus = 'met' | 'partial' | 'duty';

export interface Control {
  /** Of 45 CFR, as the regulation numbers it. */
  readonly section: string;
  readonly title: string;
  readonly status: ControlStatus;
  readonly says: string;
  /** Whose records stand behind it. */
  readonly records: readonly RecordType[];
}

const breakGlass = [
  'break_glass.opened',
  'break_glass.ended',
  'break_glass.overdue',
  'break_glass.reviewed',
] as const satisfies RecordType[];

const approvals = [
  'approval.requested',
  'approval.decided',
  'approval.expired',
  'approval.used',
] as const satisfies RecordType[];

export const controls: readonly Control[] = [
  control('164.308(a)(1)(ii)(A)', 'Risk analysis', 'duty', 'The gate analyses no risk of the organisation.'),
  control(
    '164.308(a)(1)(ii)(B)',
    'Risk management',
    'partial',
    'One measure among others: policy and masking on this path.',
    ['policy.changed', 'config.changed'],
  ),
  control(
    '164.308(a)(1)(ii)(C)',
    'Sanction policy',
    'duty',
    'Sanctions are the employer’s; refusals and reviews are on record.',
  ),
  control(
    '164.308(a)(1)(ii)(D)',
    'Information system activity review',
    'partial',
    'Readings of the log and reviews of emergencies are recorded; that somebody reviews regularly is the customer’s duty.',
    ['audit.read', 'evidence.exported', 'break_glass.reviewed'],
  ),
  control('164.308(a)(2)', 'Assigned security responsibility', 'duty', 'Who is responsible is not said to the gate.'),
  control(
    '164.308(a)(3)(ii)(A)',
    'Authorization and/or supervision',
    'partial',
    'Each act is decided by a rule, or by people named as reviewers; who belongs to which group is the customer’s directory.',
    ['request', ...approvals],
  ),
  control('164.308(a)(3)(ii)(B)', 'Workforce clearance procedure', 'duty', 'Before anybody reaches the gate.'),
  control(
    '164.308(a)(3)(ii)(C)',
    'Termination procedures',
    'partial',
    'Sign-ins can be ended and are then refused; that a leaver is removed from the directory is the customer’s duty.',
    ['auth.signed_out'],
  ),
  control('164.308(a)(4)(ii)(B)', 'Access authorization', 'partial', 'By the policy in force, on this path only.', [
    'request',
    'policy.changed',
  ]),
  control(
    '164.308(a)(4)(ii)(C)',
    'Access establishment and modification',
    'partial',
    'Changes of policy and configuration are recorded; why they were made is in the customer’s change management.',
    ['policy.changed', 'config.changed', 'tool.decided'],
  ),
  control('164.308(a)(5)(i)', 'Security awareness and training', 'duty', 'Training happens outside the gate.'),
  control(
    '164.308(a)(5)(ii)(C)',
    'Log-in monitoring',
    'partial',
    'Sign-ins and refusals at the gate; not those elsewhere.',
    ['auth.accepted', 'auth.refused', 'auth.signed_out'],
  ),
  control(
    '164.308(a)(6)(ii)',
    'Response and reporting',
    'partial',
    'Refusals, emergencies and their notices are on record; to find and handle an incident is the customer’s duty.',
    ['auth.refused', 'notification.sent', 'notification.failed', ...breakGlass],
  ),
  control(
    '164.308(a)(7)(ii)(A)',
    'Data backup plan',
    'partial',
    'Of the log, where an archive is configured; not of the data behind the gate.',
    ['audit.archived'],
  ),
  control(
    '164.308(a)(7)(ii)(C)',
    'Emergency mode operation plan',
    'partial',
    'Break-glass is a way in for emergencies; the plan is the customer’s.',
    [...breakGlass],
  ),
  control('164.308(a)(8)', 'Evaluation', 'duty', 'This package may be used in an evaluation; it is none.'),
  control('164.308(b)(1)', 'Business associate contracts', 'duty', 'Contracts are not seen by the gate.'),
  control('164.310(a)(1)', 'Facility access controls', 'duty', 'Premises are not seen by the gate.'),
  control('164.310(b)', 'Workstation use', 'duty', 'Workstations are not seen by the gate.'),
  control('164.310(c)', 'Workstation security', 'duty', 'Workstations are not seen by the gate.'),
  control(
    '164.310(d)(2)(i)',
    'Disposal',
    'partial',
    'Payloads of the log are destroyed by destroying their keys, on record; media are the customer’s duty.',
    ['retention.shredded'],
  ),
  control(
    '164.312(a)(2)(i)',
    'Unique user identification',
    'partial',
    'Each act carries the subject its credential names; that an account belongs to one person is the customer’s duty.',
    ['session.start', 'request'],
  ),
  control(
    '164.312(a)(1)',
    'Access control',
    'met',
    'On this path: no matching rule is a refusal, and each decision is recorded.',
    ['request', 'request.end'],
  ),
  control(
    '164.312(a)(2)(ii)',
    'Emergency access procedure',
    'partial',
    'Opened with a reason, limited in time, reviewed afterwards; where configured.',
    [...breakGlass],
  ),
  control('164.312(a)(2)(iii)', 'Automatic logoff', 'partial', 'Of sessions at the gate; not of workstations.', [
    'session.end',
  ]),
  control(
    '164.312(a)(2)(iv)',
    'Encryption and decryption',
    'partial',
    'Payloads of the log are encrypted, keys can be replaced; the databases behind the gate are the customer’s duty.',
    ['key.rotated', 'retention.shredded'],
  ),
  control(
    '164.312(b)',
    'Audit controls',
    'met',
    'On this path: the intent is recorded before the effect, what left before it leaves. Ways around the gate are the customer’s duty to close.',
    ['session.start', 'request', 'response', 'request.end', 'outcome_unknown', 'session.end', 'disclosure'],
  ),
  control(
    '164.312(c)(1)',
    'Integrity',
    'partial',
    'Of the record, by the tree this package proves; of the data behind the gate only as far as policy refuses writes.',
    ['request', 'key.rotated'],
  ),
  control(
    '164.312(d)',
    'Person or entity authentication',
    'partial',
    'Credentials of trusted issuers are verified; how people prove themselves to those is the customer’s duty.',
    ['auth.accepted', 'auth.refused', 'session.start', 'credential.issued'],
  ),
  control(
    '164.312(e)(1)',
    'Transmission security',
    'partial',
    'TLS on both legs where configured; records do not show it.',
  ),
  control(
    '164.316(b)(1)',
    'Documentation',
    'partial',
    'Of acts and decisions at the gate; policies and procedures are the customer’s.',
    ['policy.changed', 'config.changed'],
  ),
  control(
    '164.316(b)(2)(i)',
    'Time limit (six years)',
    'partial',
    'Entries are kept as long as the log is; payloads as long as retention says. That the log is kept is the customer’s duty.',
    ['audit.archived', 'retention.held', 'retention.released', 'retention.shredded'],
  ),
];

function control(
  section: string,
  title: string,
  status: ControlStatus,
  says: string,
  records: readonly RecordType[] = [],
): Control {
  return { section, title, status, says, records };
}
