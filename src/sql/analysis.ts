// What the analysis of a statement says. `Refused` is for whoever is not fully unmasked; facts are for the policy.

import type { ErrorCode } from '../core/errors.ts';
import type { SqlFacts } from '../core/facts.ts';
import type { PhiClass } from '../core/phi.ts';

/**
 * - `query`, `dml`: may return rows.
 * - `ddl`, `utility`: everything else that acts on the database.
 * - `transaction`, `setting`, `show`, `deallocate`: the session's housekeeping, let through without a rule.
 * - `empty`: nothing to run.
 */
export type StatementKind =
  | 'query'
  | 'dml'
  | 'copy'
  | 'ddl'
  | 'utility'
  | 'transaction'
  | 'setting'
  | 'show'
  | 'deallocate'
  | 'empty';

export interface StatementAnalysis {
  readonly kind: StatementKind;
  readonly facts: SqlFacts;
  /** Byte offsets (UTF-8) of this statement in the message's text. */
  readonly start: number;
  readonly end: number;
  /** Reads, writes or filters by a relation with protected columns. Errors of such statements lose their values. */
  readonly touchesProtected: boolean;
  /** Why a subject who is not fully unmasked may not run it; empty = it may. First reason first. */
  readonly refusals: readonly { readonly code: ErrorCode; readonly text: string }[];
  /** Classes it filters, joins, groups or sorts by: each needs a `filter` grant. `unknown` needs `filter: all`. */
  readonly filters: readonly (PhiClass | 'unknown')[];
  /**
   * Which output columns are known to carry nothing (constants, count(*)), by position; null = the positions are not
   * known (a star, a set operation), so only the origin counts.
   */
  readonly harmlessOutputs: readonly boolean[] | null;
  /** False when the origin RowDescription reports proves nothing for this statement (set operation, recursion). */
  readonly originsTrusted: boolean;
  /** DDL that makes the catalog snapshot stale. */
  readonly invalidatesCatalog: boolean;
  /** For kind `deallocate`: which prepared statement it forgets; `all` = every one. */
  readonly deallocates: { readonly name: string } | 'all' | null;
  /** For kind `setting`: what it sets. */
  readonly setting: { readonly name: string; readonly value: string | null } | null;
}
