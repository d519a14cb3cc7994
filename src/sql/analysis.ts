// What the analysis of a statement says. `Refused` is for whoever is not fully unmasked; facts are for the policy.

import type { CopyFormat } from '../core/copy-format.ts';
import type { ErrorCode } from '../core/errors.ts';
import type { SqlFacts } from '../core/facts.ts';
import type { PhiClass } from '../core/phi.ts';
import type { Lineage } from './lineage.ts';

/**
 * - `query`, `dml`: may return rows.
 * - `ddl`, `utility`: everything else that acts on the database.
 * - `transaction`, `setting`, `show`, `prepare`, `deallocate`: the session's housekeeping, let through without a rule.
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
  | 'prepare'
  | 'deallocate'
  | 'empty';

/**
 * What a statement does to the session's prepared statements and cursors, which SQL and the protocol name alike. `inner` is
 * what PREPARE and DECLARE give a name to, and for EXECUTE its arguments, as the SELECT of them. Name null = all of them.
 */
export type NameAct =
  | { readonly kind: 'prepare'; readonly name: string; readonly inner: StatementAnalysis }
  | { readonly kind: 'execute'; readonly name: string; readonly inner: StatementAnalysis | null }
  | { readonly kind: 'declare'; readonly name: string; readonly inner: StatementAnalysis; readonly hold: boolean }
  | { readonly kind: 'fetch'; readonly name: string }
  /** UPDATE and DELETE … WHERE CURRENT OF. */
  | { readonly kind: 'positioned'; readonly name: string }
  | { readonly kind: 'deallocate' | 'close'; readonly name: string | null }
  | { readonly kind: 'discard' };

/** How the rows of a COPY TO STDOUT are written, and what their columns are. */
export interface CopyOut {
  readonly format: CopyFormat;
  /** Of `COPY table`: its columns in order. Null = a query, whose columns the server alone knows the types of. */
  readonly columns: readonly { readonly tableOid: number; readonly attnum: number; readonly typeOid: number }[] | null;
}

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
  /** Classes it looks up by a value it gives, once for each comparison: each needs a `lookup` grant, or `filter`. */
  readonly lookups: readonly (PhiClass | 'unknown')[];
  /** What each output column is made of, in order; null = their number is not known, so that only the origin counts. */
  readonly outputs: readonly Lineage[] | null;
  /** What it puts out may hold columns that came after the catalog was read: to be confirmed before anything leaves. */
  readonly wholeRows: boolean;
  /** A view may have been replaced since the catalog was read: to be confirmed before the statement runs. */
  readonly readsViews: boolean;
  /** A view it reads runs code that cannot be seen into: from then on a setting may hold anything. */
  readonly runsUnseen: boolean;
  /** It shows settings that could hold it. */
  readonly readsSettings: boolean;
  /** Numbers of the parameters that name a setting it reads: each must be one of the server's own (`isServerSetting`). */
  readonly settingParams: readonly number[];
  /** DDL that makes the catalog snapshot stale. */
  readonly invalidatesCatalog: boolean;
  /** Null = it names no prepared statement and no cursor. */
  readonly names: NameAct | null;
  /** COPY … TO STDOUT; null also where its options are not understood. */
  readonly copy: CopyOut | null;
  /** For kind `setting`: what it sets. */
  readonly setting: { readonly name: string; readonly value: string | null } | null;
}
