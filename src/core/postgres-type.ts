// What the gate knows of one PostgreSQL type: enough to find every value inside a value, in text and binary format.

import type { Classification } from './phi.ts';

export interface CompositeField {
  readonly name: string;
  readonly type: PostgresType;
  /** pg_attribute.atttypmod; −1 = none. */
  readonly typmod: number;
  /** Of the table's column, for the row type of a table; `unknown` for any other composite type. */
  readonly classification: Classification;
}

/** FirstNormalObjectId (src/include/access/transam.h): what has a smaller OID came with the server. */
export const firstNormalOid = 16_384;

export type PostgresType =
  /** `name` is pg_type.typname: of pg_catalog, or `citext` or `hstore`, which known extensions bring. */
  | { readonly kind: 'base'; readonly name: string }
  | { readonly kind: 'domain'; readonly base: PostgresType; readonly typmod: number }
  | { readonly kind: 'enum' }
  /** `delimiter` stands between elements in text: a comma for all types but box. */
  | { readonly kind: 'array'; readonly element: PostgresType; readonly delimiter: string }
  | { readonly kind: 'composite'; readonly fields: readonly CompositeField[] }
  | { readonly kind: 'range'; readonly subtype: PostgresType }
  | { readonly kind: 'multirange'; readonly subtype: PostgresType }
  /** Nothing is known: a value of it is shown whole or not at all. */
  | { readonly kind: 'unknown' };

export const unknownType: PostgresType = { kind: 'unknown' };
