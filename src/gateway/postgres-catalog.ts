// Reads the catalog of an upstream into the snapshot the analysis works on. Works as an ordinary role on PostgreSQL 14–18.
// It must never read a row of the customer's data.

import type { Classification } from '../core/phi.ts';
import type { PostgresType } from '../core/postgres-type.ts';
import { ok, type Result, refuse } from '../core/result.ts';
import {
  type ClassificationRules,
  type Classify,
  type ColumnType,
  classify,
  type Spoken,
  type SpokenPaths,
  spoken,
  spokenPaths,
} from '../masking/classification.ts';
import type { Catalog, Column, Relation } from '../sql/catalog.ts';
import { searchPath } from '../sql/settings.ts';
import { typesByOidSql, typeTable } from './postgres-types.ts';
import type { QueryRows } from './upstream-query.ts';

export type CatalogQuery = (sql: string) => Promise<Result<QueryRows>>;

/** Base types that cannot hold text, by whether they hold a date. */
const plainTypes: ReadonlySet<string> = new Set(
  'bool int2 int4 int8 oid float4 float8 numeric money time timetz interval uuid bit varbit pg_lsn tid xid xid8 cid'.split(
    ' ',
  ),
);
const temporalTypes: ReadonlySet<string> = new Set(['date', 'timestamp', 'timestamptz']);

/** Their columns are computed from anything, or lie elsewhere: only a person's word makes them clear. */
const computedKinds: ReadonlySet<string> = new Set(['v', 'm', 'f']);

/** Functions of users: all but those an extension brings in C, which are as known as the server itself. */
const userFunctionsSql = `
  SELECT p.oid FROM pg_catalog.pg_proc p
  JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
  JOIN pg_catalog.pg_language l ON l.oid = p.prolang
  WHERE n.nspname NOT IN ('pg_catalog', 'information_schema')
    AND NOT (l.lanname IN ('c', 'internal') AND EXISTS (
      SELECT FROM pg_catalog.pg_depend d
      WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = p.oid AND d.deptype = 'e'))`;

/** Relations whose writing runs code of users: triggers, rules, defaults. */
const activeSql = `
  SELECT g.tgrelid FROM pg_catalog.pg_trigger g
  WHERE NOT g.tgisinternal AND g.tgenabled <> 'D' AND g.tgfoid IN (${userFunctionsSql})
  UNION ALL SELECT r.ev_class FROM pg_catalog.pg_rewrite r WHERE r.ev_type <> '1'
  UNION ALL SELECT f.adrelid FROM pg_catalog.pg_attrdef f JOIN pg_catalog.pg_depend d ON d.objid = f.oid
    WHERE d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass
      AND d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.refobjid IN (${userFunctionsSql})`;

/** Types with a cast that is a function of users: reading a value of theirs as text or number may run it. */
const castSql = `
  SELECT k.castsource FROM pg_catalog.pg_cast k WHERE k.castfunc IN (${userFunctionsSql})
  UNION ALL SELECT k.casttarget FROM pg_catalog.pg_cast k WHERE k.castfunc IN (${userFunctionsSql})`;

const columnsSql = `
  SELECT c.oid, n.nspname, c.relname, c.relkind, c.oid IN (${activeSql}),
         a.attnum, a.attname, a.atttypid, a.attgenerated, t.typname,
         CASE WHEN t.oid IN (${castSql}) THEN '' ELSE t.typtype::pg_catalog.text END, tn.nspname
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_catalog.pg_namespace tn ON tn.oid = t.typnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND c.relpersistence <> 't' AND n.nspname !~ '^pg_toast'
  ORDER BY c.oid, a.attnum`;

/** Of views (column 0), and of generated columns. Their names are qualified unless the pinned search path finds them. */
const definitionsSql = `
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
const lockMs = 100;

const databaseSql = 'SELECT pg_catalog.current_database()';

const inheritsSql = 'SELECT i.inhrelid, i.inhparent FROM pg_catalog.pg_inherits i';

/** Whatever lies outside pg_catalog and could be meant instead of a built-in of the same name. */
const functionsSql = `SELECT DISTINCT f.proname FROM pg_catalog.pg_proc f WHERE f.oid IN (${userFunctionsSql})`;

const operatorsSql = `
  SELECT DISTINCT o.oprname FROM pg_catalog.pg_operator o
  JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace
  WHERE n.nspname <> 'pg_catalog' AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_depend d
    JOIN pg_catalog.pg_proc p ON p.oid = o.oprcode
    JOIN pg_catalog.pg_language l ON l.oid = p.prolang AND l.lanname IN ('c', 'internal')
    WHERE d.classid = 'pg_catalog.pg_operator'::pg_catalog.regclass AND d.objid = o.oid AND d.deptype = 'e')`;

/** Row types of relations are left out: pg_catalog comes first, and a cast to one is refused as not built in. */
const typesSql = `
  SELECT t.typname, pg_catalog.bool_and(t.typtype = 'e' AND t.oid NOT IN (${castSql})) FROM pg_catalog.pg_type t
  JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
  LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
  WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'
    AND (t.typrelid = 0 OR c.relkind = 'c') AND NOT (t.typelem <> 0 AND t.typname ~ '^_')
  GROUP BY t.typname`;

/**
 * A catalog row that changes gets the id of its transaction; a row that goes is missed in the count. INVARIANT: all ids count,
 * not the greatest alone, for a transaction may commit after one that began later.
 */
const versionSql = `SELECT pg_catalog.concat_ws(' ', ${[
  'pg_namespace',
  'pg_class',
  'pg_attribute',
  'pg_attrdef',
  'pg_rewrite',
  'pg_inherits',
  'pg_proc',
  'pg_operator',
  'pg_type',
  'pg_cast',
  'pg_trigger',
  'pg_auth_members',
]
  .map(
    (table) =>
      `(SELECT pg_catalog.concat(pg_catalog.count(*), ':', pg_catalog.sum(xmin::pg_catalog.text::pg_catalog.int8)) FROM pg_catalog.${table})`,
  )
  .join(', ')})`;

/** A text that is another one whenever the catalog may have changed since. A few milliseconds. */
export async function catalogVersion(query: CatalogQuery): Promise<Result<string>> {
  const answer = await query(versionSql);
  if (!answer.ok) return answer;
  const version = answer.value.rows[0]?.[0];
  // INVARIANT: an answer that says nothing is never the same as the one before.
  return version ? ok(version) : refuse('upstream_protocol', 'The upstream does not say what its catalog holds.');
}

/** A new snapshot. Fails with what `query` fails with. */
export async function loadCatalog(
  query: CatalogQuery,
  rules: ClassificationRules | undefined,
  previousVersion: number,
): Promise<Result<Catalog>> {
  const answers: QueryRows['rows'][] = [];
  for (const sql of [
    columnsSql,
    inheritsSql,
    functionsSql,
    operatorsSql,
    typesSql,
    typesByOidSql,
    databaseSql,
    `SET lock_timeout = ${lockMs}`,
  ]) {
    const answer = await query(sql);
    if (!answer.ok) return answer;
    answers.push(answer.value.rows);
  }
  const [columns = [], inherits = [], functions = [], operators = [], types = [], typesByOid = [], database] = answers;
  const definitions = await query(definitionsSql);
  const reset = await query('RESET lock_timeout');
  if (!reset.ok) return reset;
  const drafts = draftsOf(columns, definitionsOf(definitions.ok ? definitions.value.rows : []), {
    word: spoken(rules),
    paths: spokenPaths(rules),
    byType: classify(rules),
  });
  shareWithinFamilies(drafts, inherits);
  return ok(
    new Snapshot([...drafts.values()].map(relationOf), {
      version: previousVersion + 1,
      complete: definitions.ok,
      database: database?.[0]?.[0] ?? '',
      functions: new Set(functions.map(([name]) => name ?? '')),
      operators: new Set(operators.map(([name]) => name ?? '')),
      types: new Map(types.map(([name, isEnum]) => [name ?? '', isEnum === 't'])),
      typesByOid,
    }),
  );
}

interface DraftColumn {
  readonly column: Omit<Column, 'classification'>;
  classification: Classification;
  /** Somebody's word, not what the type alone suggests. */
  readonly decided: boolean;
}

interface Draft {
  readonly relation: Omit<Relation, 'columns' | 'protected' | 'active'>;
  active: boolean;
  readonly columns: DraftColumn[];
}

interface Classifier {
  readonly word: Spoken;
  readonly paths: SpokenPaths;
  readonly byType: Classify;
}

/** Relation's OID and column's number (0 = the relation itself) → SQL. */
type Definitions = ReadonlyMap<string, string>;

function definitionsOf(rows: QueryRows['rows']): Definitions {
  return new Map(
    rows.flatMap(([oid, attnum, sql]) => (typeof sql === 'string' ? [[`${oid}.${attnum}`, sql] as const] : [])),
  );
}

function draftsOf(rows: QueryRows['rows'], definitions: Definitions, classifier: Classifier): Map<string, Draft> {
  const drafts = new Map<string, Draft>();
  for (const row of rows) {
    const [oid = '', schema = '', name = '', kind = '', active, attnum, attname, typeOid, generated, ...type] = row.map(
      (each) => each ?? '',
    );
    let draft = drafts.get(oid);
    if (!draft) {
      const system = schema === 'pg_catalog' || schema === 'information_schema';
      const definition = definitions.get(`${oid}.0`);
      const relation = { oid: Number(oid), schema, name, kind, system, definition };
      draft = { relation, active: active === 't', columns: [] };
      drafts.set(oid, draft);
    }
    if (attname === undefined || attname === '') continue;
    const jsonPaths = classifier.paths(schema, name, attname);
    const isComputed = !draft.relation.system && (computedKinds.has(kind) || generated !== '');
    const { classification, decided } = classified(draft.relation, attname, columnType(type), isComputed, classifier);
    const expression = generated === '' ? undefined : definitions.get(`${oid}.${attnum}`);
    const computed = !decided && (expression ?? draft.relation.definition) !== undefined;
    const column = { attnum: Number(attnum), name: attname, typeOid: Number(typeOid), jsonPaths, computed, expression };
    draft.columns.push({ column, classification, decided });
  }
  return drafts;
}

function columnType([name = '', kind = '', schema = '']: readonly string[]): ColumnType {
  const base = schema === 'pg_catalog' && kind === 'b';
  const temporal = base && temporalTypes.has(name);
  const plain = (base && plainTypes.has(name)) || kind === 'e';
  return { name, textual: !(plain || temporal), temporal };
}

function classified(
  relation: Draft['relation'],
  column: string,
  type: ColumnType,
  computed: boolean,
  { word, byType }: Classifier,
): Pick<DraftColumn, 'classification' | 'decided'> {
  if (relation.system || relation.kind === 'S') {
    // The one place of the catalog that holds rows: what a column added later has in the rows there were before.
    return { classification: column === 'attmissingval' ? 'unknown' : 'clear', decided: true };
  }
  const said = word(relation.schema, relation.name, column);
  if (said !== undefined) return { classification: said, decided: true };
  // INVARIANT: what a column is computed from is not known here, so no setting for unknown text makes it clear.
  if (computed) return { classification: 'unknown', decided: false };
  return { classification: byType(relation.schema, relation.name, column, type), decided: false };
}

/**
 * A parent shows its children's rows as its own columns: columns of one name in one inheritance tree share their class. Where
 * the words differ, the protecting one counts. What is written to the parent may land in a child, where its code runs.
 */
function shareWithinFamilies(drafts: ReadonlyMap<string, Draft>, inherits: QueryRows['rows']): void {
  const familyOf = new Map<string, Set<string>>();
  for (const [child = '', parent = ''] of inherits.map((row) => row.map((each) => each ?? ''))) {
    const family = new Set([child, parent, ...(familyOf.get(child) ?? []), ...(familyOf.get(parent) ?? [])]);
    for (const member of family) familyOf.set(member, family);
  }
  for (const family of new Set(familyOf.values())) {
    const byName = new Map<string, DraftColumn[]>();
    const members = [...family].flatMap((oid) => drafts.get(oid) ?? []);
    const active = members.some((each) => each.active);
    for (const each of members) each.active = active;
    for (const oid of family) {
      for (const each of drafts.get(oid)?.columns ?? []) {
        byName.set(each.column.name, [...(byName.get(each.column.name) ?? []), each]);
      }
    }
    for (const same of byName.values()) share(same);
  }
}

function share(columns: readonly DraftColumn[]): void {
  const decided = columns.filter((each) => each.decided);
  const words = (decided.length > 0 ? decided : columns).map((each) => each.classification);
  const word = words.find((each) => each !== 'clear') ?? 'clear';
  for (const each of columns) {
    if (!each.decided || each.classification === 'clear') each.classification = word;
  }
}

function relationOf({ relation, active, columns }: Draft): Relation {
  return {
    ...relation,
    active,
    // A word about another member of its family is a word about it.
    columns: columns.map(({ column, classification }) => ({
      ...column,
      classification,
      computed: column.computed === true && classification === 'unknown',
    })),
    protected: !relation.system && columns.some((each) => each.classification !== 'clear'),
  };
}

interface SnapshotFacts extends Pick<Catalog, 'version' | 'complete' | 'database'> {
  readonly functions: ReadonlySet<string>;
  readonly operators: ReadonlySet<string>;
  /** Name → whether every type of this name is an enum. */
  readonly types: ReadonlyMap<string, boolean>;
  /** The answer to `typesByOidSql`. */
  readonly typesByOid: QueryRows['rows'];
}

class Snapshot implements Catalog {
  readonly version: number;
  readonly complete: boolean;
  readonly database: string;
  readonly searchPath: readonly string[] = searchPath;
  readonly #byName = new Map<string, Relation>();
  readonly #byOid = new Map<number, Relation>();
  readonly #columns = new Map<Relation, ReadonlyMap<number, Column>>();
  readonly #facts: SnapshotFacts;
  readonly #typeOf: (oid: number) => PostgresType;

  constructor(relations: readonly Relation[], facts: SnapshotFacts) {
    this.version = facts.version;
    this.complete = facts.complete;
    this.database = facts.database;
    this.#facts = facts;
    for (const relation of relations) {
      this.#byName.set(`${relation.schema}\0${relation.name}`, relation);
      this.#byOid.set(relation.oid, relation);
      this.#columns.set(relation, new Map(relation.columns.map((column) => [column.attnum, column])));
    }
    this.#typeOf = typeTable(facts.typesByOid, (oid, attnum) => this.column(oid, attnum)?.classification);
  }

  relation(schema: string, name: string): Relation | undefined {
    return this.#byName.get(`${schema}\0${name}`);
  }

  relations(): readonly Relation[] {
    return [...this.#byOid.values()];
  }

  relationByOid(oid: number): Relation | undefined {
    return this.#byOid.get(oid);
  }

  column(tableOid: number, attnum: number): Column | undefined {
    const relation = this.#byOid.get(tableOid);
    return relation && this.#columns.get(relation)?.get(attnum);
  }

  type(oid: number): PostgresType {
    return this.#typeOf(oid);
  }

  isUserFunction(name: string): boolean {
    return this.#facts.functions.has(name);
  }

  isUserOperator(name: string): boolean {
    return this.#facts.operators.has(name);
  }

  isUserType(name: string): boolean {
    return this.#facts.types.has(name);
  }

  isEnumType(name: string): boolean {
    return this.#facts.types.get(name) === true;
  }
}
