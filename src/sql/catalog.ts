// A snapshot of one database's catalog as the analysis needs it. Names are exact (case-sensitive, unquoted).

import type { Classification } from '../core/phi.ts';

export interface Column {
  readonly attnum: number;
  readonly name: string;
  readonly typeOid: number;
  /** `clear`, a PHI class, or `unknown` (nobody has decided). */
  readonly classification: Classification;
}

export interface Relation {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  /** pg_class.relkind: r table, p partitioned, v view, m materialized view, f foreign table, S sequence, … */
  readonly kind: string;
  readonly columns: readonly Column[];
  /** Part of pg_catalog or information_schema. */
  readonly system: boolean;
  /** Has a column whose classification is neither `clear` nor null-risk: reading it is reading PHI until proven otherwise. */
  readonly protected: boolean;
  /** Has triggers or rules that run code not declared safe. */
  readonly active: boolean;
}

export interface Catalog {
  /** Grows whenever the snapshot is read again. */
  readonly version: number;
  relation(schema: string, name: string): Relation | undefined;
  relationByOid(oid: number): Relation | undefined;
  relations(): readonly Relation[];
  /** Column by (table OID, attnum), as RowDescription names it. */
  column(tableOid: number, attnum: number): Column | undefined;
  /** Whether a function of this name exists outside pg_catalog (it could be called instead of the built-in one). */
  isUserFunction(name: string): boolean;
  isUserOperator(name: string): boolean;
  /** Whether a type of this name exists outside pg_catalog; enum types are harmless. */
  isUserType(name: string): boolean;
  isEnumType(name: string): boolean;
  /** Schemas searched for an unqualified name, in order, without pg_catalog (which always comes first). */
  readonly searchPath: readonly string[];
}
