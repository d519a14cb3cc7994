// What the enforced posture has to know of a live database before it plans anything: its relations with their types, what
// the gate's login holds or held, and who gets at schemas by way of PUBLIC. Reads catalogs, and the gate's own record.

import { ok, type Result } from '../core/result.ts';
import { ownerRole, privateSchema } from './posture-names.ts';
import { identifier, literal } from './sql-text.ts';
import { type CatalogQuery, type QueryRows, rowsOfEach } from './upstream-query.ts';

/** What the login may do with one object; `column` null = all of it. */
export interface Held {
  readonly kind: 'table' | 'sequence' | 'schema';
  readonly schema: string;
  /** Empty for a schema. */
  readonly name: string;
  readonly column: string | null;
  readonly privilege: string;
  readonly grantable: boolean;
}

export interface PostureState {
  readonly database: string;
  readonly login: string;
  /** Schemas of the customer: neither PostgreSQL's nor the gate's. */
  readonly schemas: readonly string[];
  /** `relation OID.attnum` → the column's type, written as a cast is. */
  readonly castOf: ReadonlyMap<string, string>;
  /** Now, or before the gate took it away. */
  readonly held: readonly Held[];
  /** Held now: to be taken away. */
  readonly holds: readonly Held[];
  readonly byPublic: readonly { readonly schema: string; readonly privilege: string }[];
  /** Who keeps what PUBLIC loses: roles of others that are no superusers. */
  readonly bystanders: readonly string[];
  /** Quoted name of a relation → quoted names of the sequences its defaults draw from. */
  readonly sequences: ReadonlyMap<string, readonly string[]>;
  /** Functions and procedures the login may run by a grant of its own, as GRANT … ON ROUTINE names them; it keeps that. */
  readonly routines: readonly string[];
  /** Quoted names of relations with rules. */
  readonly ruled: ReadonlySet<string>;
  /** Publications of all tables: those the gate makes are in them, too. */
  readonly publications: readonly string[];
  /** Schemas of the gate, by name. */
  readonly ours: ReadonlySet<string>;
}

/** `login` is the role of the connection; whoever asks may be another one. Fails with what `query` fails with. */
export async function readState(query: CatalogQuery, connection: string, login: string): Promise<Result<PostureState>> {
  const record = `${identifier(privateSchema(connection))}.held`;
  const answers = await rowsOfEach(query, [
    'SELECT pg_catalog.current_database()',
    schemasSql(connection),
    castsSql,
    heldSql(login),
    byPublicSql,
    bystandersSql(connection, login),
    sequencesSql,
    ruledSql,
    routinesSql(login),
    'SELECT p.pubname FROM pg_catalog.pg_publication p WHERE p.puballtables ORDER BY 1',
    `SELECT pg_catalog.to_regclass(${literal(record)}) IS NOT NULL`,
  ]);
  if (!answers.ok) return answers;
  const [
    database = [],
    schemas = [],
    casts = [],
    holds = [],
    byPublic = [],
    bystanders = [],
    sequences = [],
    ruled = [],
    routines = [],
    publications = [],
    made = [],
  ] = answers.value;
  const before =
    made[0]?.[0] === 't'
      ? await query(`SELECT kind, schema, name, "column", privilege, grantable FROM ${record}`)
      : ok({ fields: [], rows: [] });
  if (!before.ok) return before;
  const ours = new Set(schemas.filter((row) => row[1] === 't').map(([name]) => name ?? ''));
  const isOurs = (schema: string): boolean => ours.has(schema);
  const now = holds.map(heldOf).filter((each) => !isOurs(each.schema));
  const openSchemas = byPublic
    .map(([schema, privilege]) => ({ schema: schema ?? '', privilege: privilege ?? '' }))
    .filter((each) => !isOurs(each.schema));
  const asAnybody = openSchemas.map(
    (each): Held => ({ kind: 'schema', name: '', column: null, grantable: false, ...each }),
  );
  const held = [...before.value.rows.map(heldOf), ...now, ...asAnybody];
  return ok({
    database: database[0]?.[0] ?? '',
    login,
    schemas: schemas.filter((row) => row[1] !== 't').map(([name]) => name ?? ''),
    castOf: new Map(casts.map(([oid, attnum, type]) => [`${oid}.${attnum}`, type ?? ''])),
    held: [...new Map(held.map((each) => [JSON.stringify(each), each])).values()],
    holds: now,
    byPublic: openSchemas,
    bystanders: bystanders.map(([name]) => name ?? ''),
    sequences: sequencesOf(sequences),
    ruled: new Set(ruled.map(([schema, name]) => identifier(schema ?? '', name ?? ''))),
    routines: routines.map(([signature]) => signature ?? ''),
    publications: publications.map(([name]) => name ?? ''),
    ours,
  });
}

function heldOf([kind, schema, name, column, privilege, grantable]: readonly (string | null)[]): Held {
  return {
    kind: kind === 'sequence' || kind === 'schema' ? kind : 'table',
    name: name ?? '',
    column: column === '' ? null : (column ?? null),
    grantable: grantable === 't',
    schema: schema ?? '',
    privilege: privilege ?? '',
  };
}

function sequencesOf(rows: QueryRows['rows']): PostureState['sequences'] {
  const byRelation = new Map<string, string[]>();
  for (const [schema = '', name = '', ofSchema = '', sequence = ''] of rows.map((row) =>
    row.map((each) => each ?? ''),
  )) {
    const relation = identifier(schema, name);
    byRelation.set(relation, [...(byRelation.get(relation) ?? []), identifier(ofSchema, sequence)]);
  }
  return byRelation;
}

const ofUsers = "n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'";

function schemasSql(connection: string): string {
  return `
  SELECT n.nspname, pg_catalog.pg_get_userbyid(n.nspowner) = ${literal(ownerRole(connection))}
  FROM pg_catalog.pg_namespace n WHERE ${ofUsers} ORDER BY 1`;
}

/** Domains are shown as what they are made of: their checks might refuse a mask. */
const castsSql = `
  WITH RECURSIVE typed(oid, attnum, type, typmod) AS (
    SELECT a.attrelid, a.attnum, a.atttypid, a.atttypmod FROM pg_catalog.pg_attribute a
    JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND ${ofUsers}
    UNION ALL SELECT d.oid, d.attnum, t.typbasetype, t.typtypmod
    FROM typed d JOIN pg_catalog.pg_type t ON t.oid = d.type AND t.typtype = 'd')
  SELECT d.oid, d.attnum, pg_catalog.format_type(d.type, d.typmod)
  FROM typed d JOIN pg_catalog.pg_type t ON t.oid = d.type AND t.typtype <> 'd'`;

/** What it was given itself; what it has by being a member of another role, nobody can take from it alone. */
function heldSql(login: string): string {
  const to = `(SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname = ${literal(login)})`;
  return `
  SELECT CASE c.relkind WHEN 'S' THEN 'sequence' ELSE 'table' END, n.nspname, c.relname, NULL, x.privilege_type, x.is_grantable
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace,
    pg_catalog.aclexplode(c.relacl) x
  WHERE x.grantee = ${to} AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND ${ofUsers}
  UNION ALL SELECT 'table', n.nspname, c.relname, a.attname, x.privilege_type, x.is_grantable
  FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace, pg_catalog.aclexplode(a.attacl) x
  WHERE x.grantee = ${to} AND NOT a.attisdropped AND ${ofUsers}
  UNION ALL SELECT 'schema', n.nspname, '', NULL, x.privilege_type, x.is_grantable
  FROM pg_catalog.pg_namespace n, pg_catalog.aclexplode(n.nspacl) x
  WHERE x.grantee = ${to} AND ${ofUsers}
  ORDER BY 1, 2, 3, 4, 5`;
}

const byPublicSql = `
  SELECT n.nspname, x.privilege_type FROM pg_catalog.pg_namespace n, pg_catalog.aclexplode(n.nspacl) x
  WHERE x.grantee = 0 AND ${ofUsers} ORDER BY 1, 2`;

function bystandersSql(connection: string, login: string): string {
  const mark = literal(`chartgate connection ${connection}`);
  return `
  SELECT r.rolname FROM pg_catalog.pg_roles r
  WHERE NOT r.rolsuper AND r.rolname !~ '^pg_' AND r.rolname <> ${literal(login)}
    AND pg_catalog.shobj_description(r.oid, 'pg_authid') IS DISTINCT FROM ${mark}
  ORDER BY 1`;
}

const sequencesSql = `
  SELECT DISTINCT n.nspname, c.relname, m.nspname, s.relname
  FROM pg_catalog.pg_attrdef f
  JOIN pg_catalog.pg_class c ON c.oid = f.adrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND d.objid = f.oid
    AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
  JOIN pg_catalog.pg_class s ON s.oid = d.refobjid AND s.relkind = 'S'
  JOIN pg_catalog.pg_namespace m ON m.oid = s.relnamespace ORDER BY 1, 2, 3, 4`;

/** Beside the one that makes a view a view. */
const ruledSql = `
  SELECT DISTINCT n.nspname, c.relname FROM pg_catalog.pg_rewrite w
  JOIN pg_catalog.pg_class c ON c.oid = w.ev_class JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE w.ev_type <> '1' AND ${ofUsers}`;

/** Without a schema in the search path every name but those of pg_catalog is written with it. */
function routinesSql(login: string): string {
  return `
  SELECT DISTINCT p.oid::pg_catalog.regprocedure::pg_catalog.text
  FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace, pg_catalog.aclexplode(p.proacl) x
  WHERE pg_catalog.pg_get_userbyid(x.grantee) = ${literal(login)} AND ${ofUsers} ORDER BY 1`;
}
