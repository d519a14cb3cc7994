// What ties the columns and relations of a database to one another: constraints, keys, policies, partitions, and the code that
// runs when a row is written. Works as an ordinary role on PostgreSQL 14–18; it locks nothing and reads no row.

import type { Reference, Ties, Together } from '../sql/catalog.ts';
import { isOfHalf, unseenFunctionsSql } from './postgres-catalog-queries.ts';
import type { QueryRows } from './upstream-query.ts';

const catalogOf = (name: string): string => `'pg_catalog.${name}'::pg_catalog.regclass`;

/** The columns (as d) and functions an object depends on. */
const dependsOn = (catalog: string, object: string, on: 'pg_class' | 'pg_proc'): string =>
  `pg_catalog.pg_depend d ON d.classid = ${catalogOf(catalog)} AND d.objid = ${object} AND d.refclassid = ${catalogOf(on)}`;

const named = (relation: string, number: string): string =>
  `pg_catalog.pg_attribute a ON a.attrelid = ${relation} AND a.attnum = ${number} AND NOT a.attisdropped`;

/**
 * One row a column: the relation, the tie, whose column it is and its name, and the generated column that is made of it.
 * CHECK constraints, unique and exclusion indexes with what they compute, what the others compute, policies, generated columns.
 */
export const togetherSql: string = `
  SELECT k.conrelid, pg_catalog.concat('c', k.oid), k.conrelid, a.attname, NULL::pg_catalog.name
  FROM pg_catalog.pg_constraint k CROSS JOIN pg_catalog.unnest(k.conkey) u(at) JOIN ${named('k.conrelid', 'u.at')}
  WHERE k.contype = 'c' AND k.conrelid <> 0 AND pg_catalog.cardinality(k.conkey) > 1
  UNION SELECT i.indrelid, pg_catalog.concat('i', i.indexrelid), i.indrelid, a.attname, NULL
  FROM pg_catalog.pg_index i CROSS JOIN pg_catalog.unnest(i.indkey) WITH ORDINALITY u(at, nth) JOIN ${named('i.indrelid', 'u.at')}
  WHERE (i.indisunique OR i.indisexclusion) AND u.nth <= i.indnkeyatts AND NOT ${isOfHalf('i.indrelid', 'built-in')}
  UNION SELECT i.indrelid, pg_catalog.concat('i', i.indexrelid), i.indrelid, a.attname, NULL
  FROM pg_catalog.pg_index i JOIN ${dependsOn('pg_class', 'i.indexrelid', 'pg_class')} AND d.refobjid = i.indrelid
  JOIN ${named('i.indrelid', 'd.refobjsubid')}
  WHERE (i.indisunique OR i.indisexclusion) AND (i.indexprs IS NOT NULL OR i.indpred IS NOT NULL)
  UNION SELECT i.indrelid, pg_catalog.concat('i', i.indexrelid, e.part), i.indrelid, a.attname, NULL
  FROM pg_catalog.pg_index i
  CROSS JOIN LATERAL (VALUES ('e', i.indexprs::pg_catalog.text), ('p', i.indpred::pg_catalog.text)) e(part, tree)
  CROSS JOIN LATERAL pg_catalog.regexp_matches(e.tree, ':varattno (\\d+) ', 'g') v(at)
  JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum > 0 AND NOT a.attisdropped
    AND v.at[1]::pg_catalog.int4 IN (0, a.attnum)
  WHERE NOT (i.indisunique OR i.indisexclusion)
  UNION SELECT l.polrelid, pg_catalog.concat('p', l.oid), d.refobjid, a.attname, NULL
  FROM pg_catalog.pg_policy l JOIN ${dependsOn('pg_policy', 'l.oid', 'pg_class')} JOIN ${named('d.refobjid', 'd.refobjsubid')}
  WHERE d.refobjsubid > 0
  UNION SELECT g.attrelid, pg_catalog.concat('g', g.attrelid, '.', g.attnum), g.attrelid, a.attname, g.attname
  FROM pg_catalog.pg_attribute g
  JOIN pg_catalog.pg_attrdef f ON f.adrelid = g.attrelid AND f.adnum = g.attnum
  JOIN pg_catalog.pg_depend d ON d.refclassid = ${catalogOf('pg_class')} AND d.refobjid = g.attrelid
    AND ((d.classid = ${catalogOf('pg_attrdef')} AND d.objid = f.oid)
      OR (d.classid = ${catalogOf('pg_class')} AND d.objid = g.attrelid AND d.objsubid = g.attnum))
  JOIN ${named('g.attrelid', 'd.refobjsubid')}
  WHERE g.attgenerated <> '' AND d.refobjsubid > 0 AND d.refobjsubid <> g.attnum`;

/** One row a pair of columns: the key, the relation and column pointed at, those that point, and what a change does there. */
export const referencesSql: string = `
  SELECT k.oid, k.confrelid, t.attname, k.conrelid, a.attname, k.confdeltype, k.confupdtype
  FROM pg_catalog.pg_constraint k CROSS JOIN pg_catalog.unnest(k.conkey) WITH ORDINALITY u(at, nth)
  JOIN ${named('k.conrelid', 'u.at')}
  JOIN pg_catalog.pg_attribute t ON t.attrelid = k.confrelid AND t.attnum = k.confkey[u.nth]
  WHERE k.contype = 'f'`;

/** The columns that say in which partition a row lies. */
export const placesSql: string = `
  SELECT p.partrelid, a.attname FROM pg_catalog.pg_partitioned_table p CROSS JOIN pg_catalog.unnest(p.partattrs) u(at)
  JOIN ${named('p.partrelid', 'u.at')}
  UNION SELECT p.partrelid, a.attname FROM pg_catalog.pg_partitioned_table p
  JOIN ${dependsOn('pg_class', 'p.partrelid', 'pg_class')} AND d.objsubid = 0 AND d.refobjid = p.partrelid
  JOIN ${named('p.partrelid', 'd.refobjsubid')}
  WHERE p.partexprs IS NOT NULL`;

/** A domain and what it is made over. */
const domainsSql = `
  WITH RECURSIVE k(type, domain) AS (
    SELECT t.oid, t.oid FROM pg_catalog.pg_type t WHERE t.typtype = 'd'
    UNION SELECT t.oid, k.domain FROM k JOIN pg_catalog.pg_type t ON t.typbasetype = k.type OR t.typelem = k.type
      AND t.typcategory = 'A')
  SELECT k.type, k.domain FROM k`;

/**
 * Relations whose rows code of users is run for, and whether it answers or makes what is written: in CHECK constraints of tables and
 * domains, and defaults of domains; in indexes and partition keys, which take what is immutable, where it might write; not in policies.
 */
export const codeSql = (safe: readonly number[]): string => `
  SELECT c.relation, pg_catalog.bool_or(coalesce(c.acts, p.provolatile = 'v')) FROM (
    SELECT k.conrelid, d.refobjid, true FROM pg_catalog.pg_constraint k JOIN ${dependsOn('pg_constraint', 'k.oid', 'pg_proc')}
      WHERE k.contype = 'c' AND k.conrelid <> 0
    UNION ALL SELECT a.attrelid, d.refobjid, true FROM pg_catalog.pg_constraint k
      JOIN ${dependsOn('pg_constraint', 'k.oid', 'pg_proc')}
      JOIN (${domainsSql}) o ON o.domain = k.contypid
      JOIN pg_catalog.pg_attribute a ON a.atttypid = o.type WHERE k.contypid <> 0
    UNION ALL SELECT a.attrelid, d.refobjid, true FROM (${domainsSql}) o
      JOIN ${dependsOn('pg_type', 'o.domain', 'pg_proc')}
      JOIN pg_catalog.pg_attribute a ON a.atttypid = o.type
    UNION ALL SELECT i.indrelid, d.refobjid, NULL FROM pg_catalog.pg_index i JOIN ${dependsOn('pg_class', 'i.indexrelid', 'pg_proc')}
    UNION ALL SELECT t.partrelid, d.refobjid, NULL FROM pg_catalog.pg_partitioned_table t
      JOIN ${dependsOn('pg_class', 't.partrelid', 'pg_proc')}
    UNION ALL SELECT l.polrelid, d.refobjid, false FROM pg_catalog.pg_policy l JOIN ${dependsOn('pg_policy', 'l.oid', 'pg_proc')}
  ) c(relation, function, acts) JOIN pg_catalog.pg_proc p ON p.oid = c.function
  WHERE p.oid IN (${unseenFunctionsSql(safe)})
  GROUP BY c.relation`;

/** Relations with a default that is a setting: `current_setting` has had these numbers since 7.3 and 9.6. */
export const settingDefaultsSql: string = `
  SELECT f.adrelid FROM pg_catalog.pg_attrdef f WHERE f.adbin::pg_catalog.text ~ ':funcid (2077|3294) '`;

export interface TieRows {
  readonly together: QueryRows['rows'];
  readonly references: QueryRows['rows'];
  readonly places: QueryRows['rows'];
  readonly code: QueryRows['rows'];
  readonly settings: QueryRows['rows'];
  /** Child and parent. */
  readonly inherits: QueryRows['rows'];
}

/** `active`: what is done with a row there is decided, or might write elsewhere, unseen. */
export type KnownTies = Ties & { readonly active: boolean };

/** Relation's OID, as text → what it is tied by. Whatever is in one inheritance tree is tied alike. */
export function tiesOf(rows: TieRows, familyOf: (oid: string) => ReadonlySet<string>): (oid: string) => KnownTies {
  const together = grouped(rows.together, ([owner, tie]) => `${owner}\0${tie}`);
  const togetherOf = grouped([...together.values()], ([first = []]) => first[0] ?? '');
  const references = grouped(rows.references, ([oid]) => oid ?? '');
  const referencesTo = grouped([...references.values()], ([first = []]) => first[1] ?? '');
  const placesOf = grouped(rows.places, ([oid]) => oid ?? '');
  const codeOf = new Map(rows.code.map(([oid, acts]) => [oid ?? '', acts === 't']));
  const settings = new Set(rows.settings.map(([oid]) => oid ?? ''));
  const children = new Set(rows.inherits.map(([child]) => child ?? ''));
  return (oid) => {
    const family = [...familyOf(oid)];
    const of = <T>(map: ReadonlyMap<string, readonly T[]>): T[] => family.flatMap((member) => map.get(member) ?? []);
    const placedBy = [...new Set(of(placesOf).map(([, name]) => name ?? ''))];
    return {
      together: of(togetherOf).map((columns) => togetherFrom(columns, family)),
      referenced: of(referencesTo).map(referenceFrom),
      family: family.flatMap((member) => (member === oid ? [] : Number(member))),
      placedBy,
      isPart: placedBy.length > 0 && children.has(oid),
      runsCode: family.some((member) => codeOf.has(member)),
      active: family.some((member) => codeOf.get(member) === true),
      readsSettings: family.some((member) => settings.has(member)),
    };
  };
}

function togetherFrom(rows: QueryRows['rows'], family: readonly string[]): Together {
  const [first = []] = rows;
  const own = rows.filter(([, , relation]) => family.includes(relation ?? ''));
  const others = rows.filter((row) => !own.includes(row));
  return {
    columns: [...new Set(own.map(([, , , name]) => name ?? ''))],
    elsewhere: others.map(([, , relation, name]) => ({ relation: Number(relation), column: name ?? '' })),
    makes: first[4] ?? null,
  };
}

function referenceFrom(rows: QueryRows['rows']): Reference {
  const [[, , , from = '0', , onDelete = '', onUpdate = ''] = []] = rows;
  return {
    columns: rows.map(([, , column]) => column ?? ''),
    from: Number(from),
    by: rows.map(([, , , , column]) => column ?? ''),
    onDelete: actionOf(onDelete),
    onUpdate: actionOf(onUpdate),
  };
}

/** pg_constraint.confdeltype and confupdtype. */
function actionOf(letter: string | null): Reference['onDelete'] {
  if (letter === 'c') return 'cascade';
  return letter === 'n' || letter === 'd' ? 'set' : 'refuse';
}

function grouped<T>(rows: readonly T[], keyOf: (row: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const group = groups.get(keyOf(row));
    if (group) group.push(row);
    else groups.set(keyOf(row), [row]);
  }
  return groups;
}
