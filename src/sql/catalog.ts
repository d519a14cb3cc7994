// A snapshot of one database's catalog as the analysis needs it. Names are exact (case-sensitive, unquoted).

import type { Classification, JsonPaths, PhiClass } from '../core/phi.ts';
import type { PostgresType } from '../core/postgres-type.ts';

export interface Column {
  readonly attnum: number;
  readonly name: string;
  readonly typeOid: number;
  /** `clear`, a PHI class, or `unknown` (nobody has decided). */
  readonly classification: Classification;
  /** Of a document classified by path. Its `classification` is then `unknown`, or `clear` if all of it is. */
  readonly jsonPaths?: JsonPaths | undefined;
  /**
   * It is what its generation expression, or its view's definition, makes it, and nobody has said otherwise. Its
   * `classification` is then `unknown`: what it is, is known when that has been analysed.
   */
  readonly computed?: boolean;
  /** Of a generated column, as SQL. */
  readonly expression?: string | undefined;
  /** A generated column that is not stored: its expression is part of every plan that reads it. */
  readonly virtual?: boolean;
  /** The class the database itself masks it for; its `classification` is then `clear`. */
  readonly maskedAs?: PhiClass;
  /**
   * Part of a unique key, a foreign key, an exclusion constraint or an index with others: writing it tells whether a value is there,
   * or before which it comes. `updates`: of another index, so that updates alone tell whether they change it.
   */
  readonly key?: 'writes' | 'updates';
}

/** Columns that one constraint, key or policy looks at when a row is written, or that a generated column is made of. */
export interface Together {
  /** Of the relation itself, by name. */
  readonly columns: readonly string[];
  /** Of others, which a policy asks. */
  readonly elsewhere: readonly { readonly relation: number; readonly column: string }[];
  /** The generated column; null = none. */
  readonly makes: string | null;
}

/** A foreign key that points at this relation. */
export interface Reference {
  readonly columns: readonly string[];
  /** The relation that points, by OID, and its columns. */
  readonly from: number;
  readonly by: readonly string[];
  /** What becomes of the rows there; `set` = to NULL or a default. */
  readonly onDelete: 'refuse' | 'cascade' | 'set';
  readonly onUpdate: 'refuse' | 'cascade' | 'set';
}

/** What the server compares, reaches or runs by itself when rows of a relation are written. */
export interface Ties {
  readonly together: readonly Together[];
  readonly referenced: readonly Reference[];
  /** Whatever else is in its inheritance tree, by OID. */
  readonly family: readonly number[];
  /** Columns that say in which partition a row lies. */
  readonly placedBy: readonly string[];
  /** It is such a partition. */
  readonly isPart: boolean;
  /** Policies, constraints or indexes run code of users. */
  readonly runsCode: boolean;
  /** A default is what a setting holds. */
  readonly readsSettings: boolean;
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
  /** Has triggers, rules, defaults or constraints that run code not declared safe. */
  readonly active: boolean;
  /** Has row level security: what its policies say is part of every plan. */
  readonly policed?: boolean;
  /** None for what came with the server. */
  readonly ties?: Ties;
  /** The query of a view or materialized view, as SQL whose names are found by `searchPath`. */
  readonly definition?: string | undefined;
}

export interface Catalog {
  /** Grows whenever a snapshot is another one. */
  readonly version: number;
  /** False = views and generated columns are unknown, as what defines them could not be read in time. */
  readonly complete: boolean;
  /** The database's own name, which may stand before a schema's. */
  readonly database: string;
  /** Its encoding is UTF-8: the server tells names apart as the parser does. */
  readonly utf8: boolean;
  relation(schema: string, name: string): Relation | undefined;
  relationByOid(oid: number): Relation | undefined;
  relations(): readonly Relation[];
  /** Column by (table OID, attnum), as RowDescription names it. */
  column(tableOid: number, attnum: number): Column | undefined;
  /** As RowDescription names it; `unknown` for a type newer than the snapshot. */
  type(oid: number): PostgresType;
  /** Whether users have a function of this name, in pg_catalog itself for `pg_catalog.name`: it could be called for the built-in one. */
  isUserFunction(name: string): boolean;
  /** Whether a call of `name` or `schema.name` can mean only functions that a person has read and declared safe. */
  isDeclaredSafe(call: string): boolean;
  isUserOperator(name: string): boolean;
  /** Whether a type of this name exists outside pg_catalog; enum types are harmless. */
  isUserType(name: string): boolean;
  isEnumType(name: string): boolean;
  /** Whether functions of users cast values of a type, by OID or as a built-in by name, or check what is made one of it. */
  isCastByUsers(type: number | string): boolean;
  /** Schemas searched for an unqualified name, in order, without pg_catalog (which always comes first). */
  readonly searchPath: readonly string[];
}
