// What an attack of the bypass corpus is: data, so that it can be read, counted, and run against any gate.

import type { Wire } from './wire.ts';

export interface Attack {
  readonly name: string;
  /** Simple queries, one after the other; each is run again by the extended protocol with binary results. */
  readonly sql?: readonly string[];
  /** Raw frames. Everything that comes back is searched, whatever the script reads of it. */
  readonly wire?: (wire: Wire) => Promise<unknown>;
  /**
   * It asks a question about a protected value instead of asking for the value: whoever holds no `filter` has to be
   * refused. Not run for who does hold it.
   */
  readonly oracle?: true;
  /** What it writes must last over transactions; otherwise all is rolled back. */
  readonly commits?: true;
}

export interface Family {
  readonly name: string;
  /** What the DBA has made beforehand, as a superuser. */
  readonly setup?: string;
  /** What only servers from this version on can be made to hold. */
  readonly since?: readonly { readonly version: number; readonly setup: string }[];
  /** Columns the DBA has declared clear: `schema.table.column`. */
  readonly clear?: readonly string[];
  /** What the DBA has classified otherwise: `schema.table.column` → class. */
  readonly classified?: Readonly<Record<string, string>>;
  readonly attacks: readonly Attack[];
}

/** One attack a statement, named by it. */
export function each(...statements: readonly string[]): Attack[] {
  return statements.map((sql) => ({ name: sql, sql: [sql] }));
}

/** Steps of one session, named by the last. */
export function steps(...sql: readonly string[]): Attack {
  return { name: sql.join('; '), sql };
}

/** Questions that must be refused. */
export function oracles(...statements: readonly string[]): Attack[] {
  return statements.map((sql) => ({ name: sql, sql: [sql], oracle: true }));
}
