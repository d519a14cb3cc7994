// What the admin API needs of the gate. Only the composition root fills it in.

import type { Subject } from '../core/facts.ts';
import type { Result } from '../core/result.ts';
import type { ApprovalDesk } from '../gateway/approval-desk.ts';
import type { BreakGlassDesk } from '../gateway/break-glass-desk.ts';
import type { PatientNaming } from '../gateway/patient-names.ts';
import type { RetentionDesk } from '../gateway/retention-desk.ts';
import type { ToolDesk } from '../gateway/tool-desk.ts';
import type { ApprovalStore } from '../ports/approvals.ts';
import type { Clock } from '../ports/clock.ts';
import type { KeyRotation } from '../ports/key-rotation.ts';
import type { Log, LogReader } from '../ports/log.ts';
import type { SessionIndex } from '../ports/sessions.ts';
import type { Readers } from './access.ts';
import type { CredentialView } from './contract.ts';

export interface AdminDeps {
  readonly clock: Clock;
  readonly approvals: Pick<ApprovalStore, 'get' | 'list'>;
  readonly log: Log;
  readonly reader: LogReader;
  readonly index: SessionIndex;
  /** Keyed names of patients, and the kinds of identifiers the configuration in force knows. */
  readonly patients: PatientNaming;
  readonly publicUrl: string;
  /** Of the policy and configuration in force now. */
  readonly readers: () => Readers;
  readonly authenticate: (token: string) => Promise<Result<Subject>>;
  /** Each steps the approval and has that in the log before it resolves; wakes whoever waits for it. */
  readonly desk: Pick<ApprovalDesk, 'verdict' | 'withdraw' | 'explain'>;
  readonly breakGlass: Pick<BreakGlassDesk, 'open' | 'close' | 'review' | 'list'>;
  readonly tools: Pick<ToolDesk, 'changes' | 'verdict'>;
  readonly retention: RetentionDesk;
  readonly rotation: KeyRotation;
  /** Ends sign-ins, credentials, sessions and the tokens made until now; `issuer` null = at every issuer. */
  readonly endSubject: (ending: {
    readonly id: string;
    readonly issuer: string | null;
    readonly by: string;
    readonly reason: string;
  }) => Promise<{ readonly signIns: number }>;
  /** Groups that decide about the tools of a connection. */
  readonly toolReviewersOf: (connection: string) => readonly string[];
  /** Makes and records a short-lived database credential; `ttlMs` is a wish, cut to what the gate allows. */
  readonly issueCredential: (
    subject: Subject,
    connection: string,
    ttlMs: number | null,
  ) => Promise<Result<CredentialView>>;
  /** Connections at least one rule could let this subject use. */
  readonly connectionsFor: (subject: Subject) => readonly string[];
  /** A bug: for the operator's log. The caller learns nothing of it. */
  readonly onError: (error: unknown) => void;
}
