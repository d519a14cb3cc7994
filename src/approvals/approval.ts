// The state of one approval, as data. See step.ts for how it moves.

import type { Party as Asker } from '../core/facts.ts';
import type { JsonObject } from '../core/json.ts';
import type { PhiClass } from '../core/phi.ts';

export const approvalStatuses = ['requested', 'approved', 'denied', 'expired', 'used', 'withdrawn'] as const;
export type ApprovalStatus = (typeof approvalStatuses)[number];

/** Who asks or acts. `aliases` are the other names of the same person, by which a second account of theirs is known. */
export type Party = Asker & {
  readonly aliases?: readonly string[];
};

/** The exact act that is held. Its digest is over subject, connection, content and policy: change one, and it is another act. */
export interface Act {
  readonly subject: Party;
  readonly connection: string;
  /** What is to be done, as a reviewer reads it: `{sql, params}` or `{tool, arguments, definition}`. May contain PHI. */
  readonly content: JsonObject;
  /** What is known of it besides, for the reviewer to see (`{estimated_rows, reason}`). It may change: no part of the digest. */
  readonly known?: JsonObject;
  /** What acts of its kind have in common, free of values: what a grant for some time is bound to in place of the content. */
  readonly shape?: JsonObject;
  readonly policy: string;
}

export interface Verdict {
  readonly by: { readonly id: string; readonly issuer: string };
  /** All names of that person: a quorum is of people, not of accounts. */
  readonly names?: readonly string[];
  readonly effect: 'approve' | 'deny';
  readonly reason: string;
  readonly atMs: number;
}

export interface Approval {
  readonly id: string;
  readonly status: ApprovalStatus;
  /** SHA-256 (hex) of the canonical act; of its shape and rule where it is a grant. */
  readonly digest: string;
  readonly act: Act;
  readonly rule: string;
  /** Groups that may decide, those it was escalated to included. */
  readonly reviewers: readonly string[];
  readonly quorum: number;
  readonly phi: readonly PhiClass[];
  /** Once approved it is good for so long, for every act of the shape; null or absent = for one run. */
  readonly grantMs?: number | null;
  /** Whom it goes to as well at that time, unless it is decided; null or absent = nobody, or done. */
  readonly escalation?: { readonly atMs: number; readonly reviewers: readonly string[] } | null;
  /** The session and request that asked. */
  readonly session: string;
  readonly request: string;
  readonly requestedMs: number;
  /** Absolute: the end of the time to decide and to use; of a grant, once it is given, the end of the grant. */
  readonly expiresMs: number;
  readonly verdicts: readonly Verdict[];
  /** The latest use. */
  readonly usedBy: { readonly session: string; readonly request: string; readonly atMs: number } | null;
  /** How often a grant was used. */
  readonly uses?: number;
}
