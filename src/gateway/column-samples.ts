// A few values of every column nobody computes, for `chartgate classify`. It reads and changes nothing, within the time it is
// given; the values go to whoever asked and nowhere else.

import type { PostgresType } from '../core/postgres-type.ts';
import { ok, type Result } from '../core/result.ts';
import type { Holds } from '../masking/column-evidence.ts';
import { nameOf, type SurveyedColumn } from '../masking/proposal.ts';
import type { Catalog, Relation } from '../sql/catalog.ts';
import { identifier } from './sql-text.ts';
import type { CatalogQuery } from './upstream-query.ts';

export interface Survey {
  readonly columns: readonly SurveyedColumn[];
  /** Every column there is, as `schema.table.column` in lower case: those of views and partitions too. */
  readonly names: ReadonlySet<string>;
  /** What was not looked into, and why; columns of views and generated columns are what they are computed from. */
  readonly notSampled: readonly string[];
}

/** `pg_partition` members are left out: their parent shows their rows, and a word about it is a word about them. */
const tablesSql = `
  SELECT c.oid, c.reltuples::pg_catalog.int8, c.relpages,
    (SELECT pg_catalog.string_agg(a.attnum::pg_catalog.text, ' ') FROM pg_catalog.pg_attribute a
      WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        AND pg_catalog.has_schema_privilege(c.relnamespace, 'USAGE')
        AND pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT'))
  FROM pg_catalog.pg_class c WHERE c.relkind IN ('r', 'p', 'f') AND NOT c.relispartition`;

/** INVARIANT: whatever a table's types, policies and triggers do, nothing is written and nothing waits. */
const settingsSql =
  "SET default_transaction_read_only = on; SET statement_timeout = '5s'; SET lock_timeout = '1s'; SET row_security = on";

interface Table {
  readonly relation: Relation;
  /** What the server believes; −1 = it has never counted. */
  readonly rows: number;
  readonly pages: number;
  readonly readable: ReadonlySet<number>;
}

/** At most `rowsMax` rows a table; after `isLate`, no table is begun. Fails with what `query` fails with. */
export async function surveyColumns(
  query: CatalogQuery,
  catalog: Catalog,
  rowsMax: number,
  isLate: () => boolean,
): Promise<Result<Survey>> {
  const set = await query(settingsSql);
  if (!set.ok) return set;
  const listed = await query(tablesSql);
  if (!listed.ok) return listed;
  const columns: SurveyedColumn[] = [];
  const notSampled: string[] = [];
  for (const [oid, rows, pages, readable] of listed.value.rows) {
    const relation = catalog.relationByOid(Number(oid));
    if (!relation || relation.system) continue;
    const table = {
      relation,
      rows: Number(rows),
      pages: Number(pages),
      readable: new Set((readable ?? '').split(' ').map(Number)),
    };
    const sampled = isLate() ? 'there was no time' : await sample(query, catalog, table, rowsMax);
    const said = typeof sampled === 'string' ? sampled : null;
    if (said !== null) notSampled.push(`${relation.schema}.${relation.name}: ${said}`);
    for (const column of relation.columns) {
      if (column.computed === true) continue;
      const { schema, name } = relation;
      const holds = holdsOf(catalog.type(column.typeOid));
      const samples = typeof sampled === 'string' ? null : (sampled.get(column.attnum) ?? null);
      const surveyed = { schema, table: name, column: column.name, holds, samples };
      columns.push(surveyed);
      if (said === null && samples === null && isSampled(holds))
        notSampled.push(`${nameOf(surveyed)}: the gate's login may not read it`);
    }
  }
  // The same order every time, so that two runs can be laid side by side.
  columns.sort((a, b) => byText(a.schema, b.schema) || byText(a.table, b.table));
  const names = catalog.relations().flatMap(({ schema, name, columns: all }) => {
    return all.map(({ name: column }) => nameOf({ schema, table: name, column }).toLowerCase());
  });
  return ok({ columns, names: new Set(names), notSampled });
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Values by attnum, or why there are none. */
async function sample(
  query: CatalogQuery,
  catalog: Catalog,
  table: Table,
  rowsMax: number,
): Promise<ReadonlyMap<number, readonly (string | null)[]> | string> {
  const wanted = table.relation.columns.filter((column) => isSampled(holdsOf(catalog.type(column.typeOid))));
  const columns = wanted.filter((column) => table.readable.has(column.attnum));
  if (columns.length === 0) return wanted.length === 0 ? new Map() : "the gate's login may not read it";
  const share = shareOf(table, rowsMax);
  const values = columns.map(({ name, typeOid }) => textSql(name, catalog.type(typeOid)));
  const read = (from: number | null) => query(sampleSql(table, values, rowsMax, from));
  let answer = await read(share);
  // A sample of pages may well be empty where the count was stale.
  if (answer.ok && answer.value.rows.length < rowsMax / 4 && share !== null) answer = await read(null);
  if (!answer.ok) return answer.error.text;
  const { rows } = answer.value;
  return new Map(columns.map(({ attnum }, at) => [attnum, rows.map((row) => row[at] ?? null)]));
}

/** Long enough to tell what it is; a document has to be seen further in. */
const charsMax = 2_000;

function textSql(column: string, type: PostgresType): string {
  const value = `t.${identifier(column)}`;
  const text = isArray(type) ? `pg_catalog.array_to_string(${value}, ' ')` : `${value}::pg_catalog.text`;
  return `pg_catalog.left(${text}, ${charsMax})`;
}

/** `share`: percent of the table's pages; null = all of it. */
function sampleSql({ relation }: Table, values: readonly string[], rowsMax: number, share: number | null): string {
  const of = share === null ? '' : ` TABLESAMPLE SYSTEM (${share})`;
  return `SELECT ${values.join(', ')} FROM ${identifier(relation.schema, relation.name)} t${of} LIMIT ${rowsMax}`;
}

const pagesMin = 20;

/** Percent of a large table's pages, so that its rows come from all over it; null = it is small, or no table. */
function shareOf({ relation, rows, pages }: Table, rowsMax: number): number | null {
  if (relation.kind !== 'r' || rows < rowsMax * 20 || pages < pagesMin * 10) return null;
  return Math.max((100 * rowsMax * 4) / rows, (100 * pagesMin) / pages);
}

const dates: ReadonlySet<string> = new Set(['date', 'timestamp', 'timestamptz']);
const texts: ReadonlySet<string> = new Set(['text', 'varchar', 'bpchar', 'name', 'citext']);
const documents: ReadonlySet<string> = new Set(['json', 'jsonb', 'xml']);
const numbers: ReadonlySet<string> = new Set(['int4', 'int8', 'numeric']);
const nets: ReadonlySet<string> = new Set(['inet', 'cidr', 'macaddr', 'macaddr8']);

/** What a column of these shows by itself says nothing of anybody, as long as its name does not. */
const plains: ReadonlySet<string> = new Set(
  'int2 oid float4 float8 money time timetz interval uuid bit varbit'.split(' '),
);

/** Types of users are not looked into: reading their values may run code of users. */
function holdsOf(type: PostgresType): Holds {
  switch (type.kind) {
    case 'domain':
      return held(holdsOf(type.base));
    case 'array':
      return held(holdsOf(type.element));
    case 'base':
      if (texts.has(type.name)) return 'text';
      if (documents.has(type.name)) return 'document';
      if (dates.has(type.name)) return 'date';
      if (numbers.has(type.name)) return 'number';
      if (plains.has(type.name)) return 'plain';
      if (type.name === 'bool') return 'flag';
      return nets.has(type.name) ? 'net' : 'opaque';
    case 'enum':
      return 'plain';
    case 'composite':
    case 'range':
    case 'multirange':
    case 'unknown':
      return 'opaque';
  }
}

/** A list of numbers, or a number of a type of somebody's own, is masked until somebody decides. */
function held(holds: Holds): Holds {
  return holds === 'number' || holds === 'plain' || holds === 'flag' ? 'opaque' : holds;
}

function isArray(type: PostgresType): boolean {
  return type.kind === 'array' || (type.kind === 'domain' && isArray(type.base));
}

/** Dates and addresses of machines say what they are. */
function isSampled(holds: Holds): boolean {
  return holds === 'text' || holds === 'document' || holds === 'number';
}
