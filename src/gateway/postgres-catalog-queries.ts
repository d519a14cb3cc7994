// What the gate asks a database about its catalog. Works as an ordinary role on PostgreSQL 14–18. It must never ask for a
// row of the customer's data, and names everything by its schema, as the session's search path may be anything.

import { firstNormalOid } from '../core/postgres-type.ts';

/** Half of a catalog: what came with the server, or what was made since. */
export type Half = 'built-in' | 'made';

export function isOfHalf(oid: string, half: Half): string {
  return `${oid} ${half === 'built-in' ? '<' : '>='} ${firstNormalOid}`;
}

/**
 * Functions of users: all but those an extension brings in C, which are as known as the server itself. Of citext, which gives
 * `replace` and its like another meaning, those in SQL are known too.
 */
const userFunctionsSql: string = `
  SELECT p.oid FROM pg_catalog.pg_proc p
  JOIN pg_catalog.pg_language l ON l.oid = p.prolang
  WHERE p.oid >= ${firstNormalOid} AND NOT EXISTS (
      SELECT FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
      WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = p.oid AND d.deptype = 'e'
        AND (l.lanname IN ('c', 'internal') OR (l.lanname = 'sql' AND e.extname = 'citext')))`;

/** Those of them that nobody has declared safe. `safe`: OIDs. */
export const unseenFunctionsSql = (safe: readonly number[]): string =>
  safe.length === 0 ? userFunctionsSql : `${userFunctionsSql} AND p.oid NOT IN (${safe.join(', ')})`;

/** Relations whose writing runs code of users, but for what is declared safe: triggers, rules, defaults. */
const activeSql = (safe: readonly number[]): string => `
  SELECT g.tgrelid FROM pg_catalog.pg_trigger g
  WHERE NOT g.tgisinternal AND g.tgenabled <> 'D' AND g.tgfoid IN (${unseenFunctionsSql(safe)})
  UNION ALL SELECT r.ev_class FROM pg_catalog.pg_rewrite r WHERE r.ev_type <> '1'
  UNION ALL SELECT f.adrelid FROM pg_catalog.pg_attrdef f JOIN pg_catalog.pg_depend d ON d.objid = f.oid
    WHERE d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass
      AND d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.refobjid IN (${unseenFunctionsSql(safe)})`;

/** Types on either side of a cast that is a function of users. */
const castEndsSql = `
  SELECT k.castsource FROM pg_catalog.pg_cast k WHERE k.castfunc IN (${userFunctionsSql})
  UNION ALL SELECT k.casttarget FROM pg_catalog.pg_cast k WHERE k.castfunc IN (${userFunctionsSql})`;

/** Types such a cast begins at, unless it only leads from a built-in type to one of users. */
const castSourcesSql = `
  SELECT k.castsource FROM pg_catalog.pg_cast k WHERE k.castfunc IN (${userFunctionsSql})
    AND (k.castsource >= ${firstNormalOid} OR k.casttarget < ${firstNormalOid})`;

/** The same, with arrays and domains of them: reading such a value as text or number may run code of users. */
const castSql = `
  SELECT k.oid FROM pg_catalog.pg_type k
  WHERE k.oid IN (${castSourcesSql}) OR k.typelem IN (${castSourcesSql}) OR k.typbasetype IN (${castSourcesSql})`;

/** Domains that functions of users check what is made one of them by, and what has such a domain inside. */
const checkedSql = (safe: readonly number[]): string => `
  WITH RECURSIVE k(type) AS (
    SELECT n.contypid FROM pg_catalog.pg_constraint n JOIN pg_catalog.pg_depend d ON d.objid = n.oid
    WHERE d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND n.contypid <> 0
      AND d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.refobjid IN (${unseenFunctionsSql(safe)})
    UNION SELECT o.type FROM k JOIN (
      SELECT t.oid, t.typbasetype FROM pg_catalog.pg_type t WHERE t.typtype = 'd'
      UNION ALL SELECT t.oid, t.typelem FROM pg_catalog.pg_type t WHERE t.typcategory = 'A'
      UNION ALL SELECT t.oid, a.atttypid FROM pg_catalog.pg_type t JOIN pg_catalog.pg_attribute a ON a.attrelid = t.typrelid
        WHERE t.typrelid <> 0 AND a.attnum > 0 AND NOT a.attisdropped
      UNION ALL SELECT r.rngtypid, r.rngsubtype FROM pg_catalog.pg_range r
    ) o(type, part) ON o.part = k.type
  ) SELECT k.type FROM k`;

/** By OID, and by name what came with the server. `safe`: OIDs of functions that are declared safe. */
export const codedTypesSql = (safe: readonly number[]): string => `
  SELECT t.oid, CASE WHEN ${isOfHalf('t.oid', 'built-in')} THEN t.typname ELSE '' END
  FROM pg_catalog.pg_type t WHERE t.oid IN (${castSql}) OR t.oid IN (${checkedSql(safe)})`;

/** What the indexes of which this is so hold, compute of and ask. */
const indexedSql = (such: string): string => `
  SELECT i.indrelid, k.attnum::pg_catalog.int4 FROM pg_catalog.pg_index i, pg_catalog.unnest(i.indkey) k(attnum) WHERE ${such}
  UNION ALL SELECT d.refobjid, d.refobjsubid FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = i.indexrelid
    AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = i.indrelid AND d.refobjsubid > 0
  WHERE (i.indexprs IS NOT NULL OR i.indpred IS NOT NULL) AND (${such})`;

/**
 * What an unused value is told from a used one by: unique keys, exclusion constraints, foreign keys; and a trigger that drops an
 * update which changes nothing. And what is in an index with other columns: rows that are read by those come in its order, one's own
 * among them. The other indexes tell of updates alone: statistics count those that leave all of an index as it was (heapam.c,
 * HeapDetermineColumnsInfo).
 */
const keysSql = `
  SELECT k.conrelid, pg_catalog.unnest(k.conkey)::pg_catalog.int4 FROM pg_catalog.pg_constraint k
  WHERE k.contype IN ('p', 'u', 'x', 'f')
  UNION ALL ${indexedSql('i.indisunique OR i.indisexclusion OR i.indnatts > 1')}
  UNION ALL SELECT g.tgrelid, a.attnum FROM pg_catalog.pg_trigger g JOIN pg_catalog.pg_attribute a ON a.attrelid = g.tgrelid
  WHERE g.tgfoid = 'pg_catalog.suppress_redundant_updates_trigger'::pg_catalog.regproc`;

/** One row a column; one with nulls for a relation without columns. `safe`: OIDs of functions that are declared safe. */
export const columnsSql = (half: Half, safe: readonly number[] = []): string => `
  SELECT c.oid, n.nspname, c.relname, c.relkind, c.oid IN (${activeSql(safe)}),
         a.attnum, a.attname, a.atttypid, a.attgenerated, t.typname,
         CASE WHEN t.oid IN (${castSql}) THEN '' ELSE t.typtype::pg_catalog.text END, tn.nspname,
         CASE WHEN (c.oid, a.attnum::pg_catalog.int4) IN (${keysSql}) THEN 'writes'
              WHEN (c.oid, a.attnum::pg_catalog.int4) IN (${indexedSql('true')}) THEN 'updates' ELSE '' END, c.relrowsecurity
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_catalog.pg_namespace tn ON tn.oid = t.typnamespace
  WHERE ${isOfHalf('c.oid', half)} AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND c.relpersistence <> 't'
    AND n.nspname !~ '^pg_toast'
  ORDER BY c.oid, a.attnum`;

/** Of views (column 0), and of generated columns. Their names are qualified unless the pinned search path finds them. */
export const definitionsSql: string = `
  SELECT c.oid, 0, pg_catalog.pg_get_viewdef(c.oid) FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('v', 'm') AND c.relpersistence <> 't' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
  UNION ALL
  SELECT d.adrelid, d.adnum, pg_catalog.pg_get_expr(d.adbin, d.adrelid) FROM pg_catalog.pg_attrdef d
  JOIN pg_catalog.pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum AND a.attgenerated <> ''`;

/**
 * What is defined is locked to be written down. INVARIANT: whoever holds such a lock may be waiting for this very snapshot
 * (DDL and then a statement in one transaction), so that the lock is not waited for.
 */
export const lockMs = 100;

export const databaseSql: string = 'SELECT pg_catalog.current_database(), pg_catalog.getdatabaseencoding()';

export const inheritsSql: string = 'SELECT i.inhrelid, i.inhparent FROM pg_catalog.pg_inherits i';

/** Whatever could be meant instead of a built-in of the same name; what lies in pg_catalog itself with that before it too. */
export const functionsSql: string = `
  SELECT DISTINCT f.proname FROM pg_catalog.pg_proc f WHERE f.oid IN (${userFunctionsSql})
  UNION SELECT 'pg_catalog.' || f.proname FROM pg_catalog.pg_proc f
  WHERE f.oid IN (${userFunctionsSql}) AND f.pronamespace = 'pg_catalog'::pg_catalog.regnamespace`;

export const operatorsSql: string = `
  SELECT DISTINCT o.oprname FROM pg_catalog.pg_operator o
  WHERE o.oid >= ${firstNormalOid} AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_depend d
    JOIN pg_catalog.pg_proc p ON p.oid = o.oprcode
    JOIN pg_catalog.pg_language l ON l.oid = p.prolang AND l.lanname IN ('c', 'internal')
    WHERE d.classid = 'pg_catalog.pg_operator'::pg_catalog.regclass AND d.objid = o.oid AND d.deptype = 'e')`;

/** Row types of relations are left out: pg_catalog comes first, and a cast to one is refused as not built in. */
export const typesSql: string = `
  SELECT t.typname, pg_catalog.bool_and(t.typtype = 'e' AND t.oid NOT IN (${castEndsSql})) FROM pg_catalog.pg_type t
  JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
  LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
  WHERE t.oid >= ${firstNormalOid}
    AND n.nspname !~ '^pg_(toast|temp)' AND (t.typrelid = 0 OR c.relkind = 'c') AND NOT (t.typelem <> 0 AND t.typname ~ '^_')
  GROUP BY t.typname`;

const rowsAndTransactions =
  "pg_catalog.concat(pg_catalog.count(*), ':', pg_catalog.sum(xmin::pg_catalog.text::pg_catalog.int8))";

/**
 * A catalog row that changes gets the id of its transaction; a row that goes is missed in the count. INVARIANT: all ids count,
 * not the greatest alone, for a transaction may commit after one that began later.
 */
export const versionSql: string = `SELECT pg_catalog.concat_ws(' ', ${[
  'pg_namespace',
  'pg_class',
  'pg_attribute',
  'pg_attrdef',
  'pg_rewrite',
  'pg_inherits',
  'pg_proc',
  'pg_language',
  'pg_operator',
  'pg_type',
  'pg_cast',
  'pg_trigger',
  'pg_auth_members',
  'pg_constraint',
  'pg_index',
  'pg_policy',
]
  .map((table) => `(SELECT ${rowsAndTransactions} FROM pg_catalog.${table})`)
  .join(', ')})`;

/** The same of what the built-in half is read from. */
export const builtInVersionSql: string = `SELECT pg_catalog.concat_ws(' ', pg_catalog.version(), ${[
  ['pg_class', 'oid'],
  ['pg_attribute', 'attrelid'],
  ['pg_type', 'oid'],
  ['pg_rewrite', 'ev_class'],
]
  .map(
    ([table, oid]) =>
      `(SELECT ${rowsAndTransactions} FROM pg_catalog.${table} WHERE ${isOfHalf(oid ?? '', 'built-in')})`,
  )
  .join(
    ', ',
  )}, (SELECT pg_catalog.string_agg(k.castsource::pg_catalog.text, ',' ORDER BY k.castsource) FROM (${castEndsSql}) k))`;
