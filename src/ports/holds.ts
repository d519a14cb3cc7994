// Legal holds: what must not be destroyed, whatever its age. A handful, kept until somebody releases them.

import type { Subject } from '../core/facts.ts';

export interface LegalHold {
  readonly id: string;
  readonly kind: 'session' | 'subject' | 'patient';
  /** A session's id, a subject's id, or a digest of a patient's identifiers: never these themselves. */
  readonly target: string;
  /**
   * Of a patient: the identifiers that were given, from which names are made again under every key. In no record, and in no
   * answer. Absent in holds of an older version, which keep every session.
   */
  readonly patient?: readonly string[];
  readonly by: Pick<Subject, 'id' | 'issuer' | 'kind' | 'agent'>;
  readonly reason: string;
  /** ms since the epoch. */
  readonly sinceMs: number;
}

/** What the log says of a hold that nobody has released. */
export type RecordedHold = Omit<LegalHold, 'patient' | 'reason'>;

export interface HoldStore {
  /** Oldest first. */
  list(): readonly LegalHold[];
  /** Durable when it returns. */
  save(hold: LegalHold): void;
  remove(id: string): void;
}
