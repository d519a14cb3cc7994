// The state of one approval, as data. See step.ts for how it moves.

import type { Subject } from '../core/facts.ts';
import type { JsonObject } from '../core/json.ts';
import type { PhiClass } from '../core/phi.ts';

export type ApprovalStatus = 'requested' | 'approved' | 'denied' | 'expired' | 'used' | 'withdrawn';

/** The exact act that is held. Its digest is over subject, connection, content and policy: change one, and it is another act. */
export interface Act {
  readonly subject: Pick<Subject, 'id' | 'issuer' | 'kind' | 'groups' | 'agent'>;
  readonly connection: string;
  /** What is to be done, as a reviewer reads it: `{sql, params}` or `{tool, arguments, definition}`. May contain PHI. */
  readonly content: JsonObject;
  /** What is known of it besides, for the reviewer to see (`{estimated_rows}`). It may change: no part of the digest. */
  readonly known?: JsonObject;
  readonly policy: string;
}

export interface Verdict {
  readonly by: { readonly id: string; readonly issuer: string };
  readonly effect: 'approve' | 'deny';
  readonly reason: string;
  readonly atMs: number;
}

export interface Approval {
  readonly id: string;
  readonly status: ApprovalStatus;
  /** SHA-256 (hex) of the canonical act. */
  readonly digest: string;
  readonly act: Act;
  readonly rule: string;
  readonly reviewers: readonly string[];
  readonly quorum: number;
  readonly phi: readonly PhiClass[];
  /** The session and request that asked. */
  readonly session: string;
  readonly request: string;
  readonly requestedMs: number;
  readonly expiresMs: number;
  readonly verdicts: readonly Verdict[];
  readonly usedBy: { readonly session: string; readonly request: string; readonly atMs: number } | null;
}
