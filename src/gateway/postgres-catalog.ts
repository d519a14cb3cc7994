// Reads the catalog of an upstream into the snapshot the analysis works on. Works as an ordinary role on PostgreSQL 14–18.
// It must never read a row of the customer's data.

import { createHash } from 'node:crypto';
import type { Classification } from '../core/phi.ts';
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
import type { Catalog, Column, Relation, Ties } from '../sql/catalog.ts';
import {
  builtInVersionSql,
  codedTypesSql,
  columnsSql,
  databaseSql,
  definitionsSql,
  functionsSql,
  inheritsSql,
  lockMs,
  operatorsSql,
  typesSql,
  versionSql,
} from './postgres-catalog-queries.ts';
import { CatalogSnapshot, RelationTable } from './postgres-catalog-snapshot.ts';
import { readSafeFunctions, type SafeFunctions } from './postgres-functions.ts';
import {
  codeSql,
  type KnownTies,
  placesSql,
  referencesSql,
  settingDefaultsSql,
  type TieRows,
  tiesOf,
  togetherSql,
} from './postgres-ties.ts';
import { typesByOidSql } from './postgres-types.ts';
import { type CatalogQuery, type QueryRows, rowsOfEach } from './upstream-query.ts';

/** Base types that cannot hold text, by whether they hold a date. */
const plainTypes: ReadonlySet<string> = new Set(
  'bool int2 int4 int8 oid float4 float8 numeric money time timetz interval uuid bit varbit pg_lsn tid xid xid8 cid'.split(
    ' ',
  ),
);
const temporalTypes: ReadonlySet<string> = new Set(['date', 'timestamp', 'timestamptz']);

/** Their columns are computed from anything, or lie elsewhere: only a person's word makes them clear. */
const computedKinds: ReadonlySet<string> = new Set(['v', 'm', 'f']);

/** A text that is another one whenever the catalog may have changed since. A few milliseconds. */
export async function catalogVersion(query: CatalogQuery): Promise<Result<string>> {
  const answer = await query(versionSql);
  if (!answer.ok) return answer;
  const version = answer.value.rows[0]?.[0];
  // INVARIANT: an answer that says nothing is never the same as the one before.
  return version ? ok(version) : refuse('upstream_protocol', 'The upstream does not say what its catalog holds.');
}

/** What came with the server: it is most of a catalog, and only a new release of the server changes it. */
interface BuiltIn {
  readonly version: string;
  readonly relations: RelationTable;
  /** The answer to `typesByOidSql`. */
  readonly types: QueryRows['rows'];
}

/** All that a snapshot is made of. */
interface Said {
  readonly rules: ClassificationRules | undefined;
  readonly safe: SafeFunctions;
  readonly builtIn: BuiltIn;
  /** Null = what defines views and generated columns could not be read in time. */
  readonly definitions: QueryRows['rows'] | null;
  readonly columns: QueryRows['rows'];
  readonly types: QueryRows['rows'];
  readonly names: Record<'functions' | 'operators' | 'types' | 'casts' | 'database', QueryRows['rows']>;
  readonly ties: TieRows;
}

/** Reads one database's catalog again and again. */
export class CatalogReader {
  readonly #query: CatalogQuery;
  #builtIn: BuiltIn | null = null;
  #last: (Pick<Said, 'rules' | 'builtIn'> & { readonly digest: string; readonly catalog: Catalog }) | null = null;

  constructor(query: CatalogQuery) {
    this.#query = query;
  }

  /**
   * A snapshot: the very one of before where nothing in it is another, as temporary tables come and go and are in none. Fails
   * with what the query fails with.
   */
  async load(rules: ClassificationRules | undefined, previousVersion: number): Promise<Result<Catalog>> {
    const asked = await this.#ask(rules);
    if (!asked.ok) return asked;
    const { builtIn } = asked.value;
    const digest = digestOf(asked.value);
    const last = this.#last;
    if (last && last.rules === rules && last.builtIn === builtIn && last.digest === digest) return ok(last.catalog);
    const catalog = snapshotOf(asked.value, previousVersion + 1);
    this.#last = { rules, builtIn, digest, catalog };
    return ok(catalog);
  }

  async #ask(rules: ClassificationRules | undefined): Promise<Result<Said>> {
    const safe = await readSafeFunctions(this.#query, rules?.functions);
    if (!safe.ok) return safe;
    const { oids } = safe.value;
    const answers = await rowsOfEach(this.#query, [
      builtInVersionSql,
      columnsSql('made', oids),
      inheritsSql,
      functionsSql,
      operatorsSql,
      typesSql,
      typesByOidSql('made'),
      databaseSql,
      codedTypesSql(oids),
      togetherSql,
      referencesSql,
      placesSql,
      codeSql(oids),
      settingDefaultsSql,
      `SET lock_timeout = ${lockMs}`,
    ]);
    if (!answers.ok) return answers;
    const [
      builtInVersion,
      columns = [],
      inherits = [],
      functions = [],
      operators = [],
      typeNames = [],
      types = [],
      database = [],
      casts = [],
      together = [],
      references = [],
      places = [],
      code = [],
      settings = [],
    ] = answers.value;
    const [definitions, reset, builtIn] = await Promise.all([
      this.#query(definitionsSql),
      this.#query('RESET lock_timeout'),
      this.#builtInHalf(builtInVersion?.[0]?.[0] ?? ''),
    ]);
    if (!reset.ok) return reset;
    if (!builtIn.ok) return builtIn;
    return ok({
      rules,
      safe: safe.value,
      builtIn: builtIn.value,
      definitions: definitions.ok ? definitions.value.rows : null,
      columns,
      types,
      names: { functions, operators, types: typeNames, casts, database },
      ties: { together, references, places, code, settings, inherits },
    });
  }

  /** `version`: what it was before it is read. */
  async #builtInHalf(version: string): Promise<Result<BuiltIn>> {
    if (version !== '' && this.#builtIn?.version === version) return ok(this.#builtIn);
    const answers = await rowsOfEach(this.#query, [columnsSql('built-in'), typesByOidSql('built-in')]);
    if (!answers.ok) return answers;
    const [columns = [], types = []] = answers.value;
    const classifier = { word: spoken(undefined), paths: spokenPaths(undefined), byType: classify(undefined) };
    const relations = [...draftsOf(columns, new Map(), classifier).values()].map(relationOf);
    this.#builtIn = { version, relations: new RelationTable(relations), types };
    return ok(this.#builtIn);
  }
}

function snapshotOf(
  { rules, safe, builtIn, definitions, columns, types, names, ties }: Said,
  version: number,
): Catalog {
  const classifier = { word: spoken(rules), paths: spokenPaths(rules), byType: classify(rules) };
  const drafts = draftsOf(columns, definitionsOf(definitions ?? []), classifier);
  const families = familiesOf(ties.inherits);
  const tiedBy = tiesOf(ties, families);
  for (const [oid, draft] of drafts) tie(draft, tiedBy(oid));
  shareWithinFamilies(drafts, families);
  return new CatalogSnapshot([builtIn.relations, new RelationTable([...drafts.values()].map(relationOf))], {
    version,
    complete: definitions !== null,
    database: names.database[0]?.[0] ?? '',
    utf8: names.database[0]?.[1] === 'UTF8',
    safe,
    functions: new Set(names.functions.map(([name]) => name ?? '')),
    operators: new Set(names.operators.map(([name]) => name ?? '')),
    types: new Map(names.types.map(([name, isEnum]) => [name ?? '', isEnum === 't'])),
    castTypes: new Set(names.casts.flatMap(([oid, name]) => (name ? [Number(oid), name] : [Number(oid)]))),
    typesByOid: [...builtIn.types, ...types],
  });
}

/** Of all that the database said of relations in the snapshot and their families. */
function digestOf({ safe, definitions, columns, types, names, ties }: Said): string {
  const known = new Set(ties.inherits.flat());
  for (const [oid] of columns) known.add(oid ?? null);
  const of = (rows: QueryRows['rows'], at: number): QueryRows['rows'] =>
    rows.filter((row) => known.has(row[at] ?? null));
  const { together, references, places, code, settings, inherits } = ties;
  const unordered = [
    ...Object.values(names),
    definitions ?? [],
    inherits,
    of(together, 0),
    of(references, 1),
    of(places, 0),
    of(code, 0),
    of(settings, 0),
  ].map((rows) => rows.map((row) => JSON.stringify(row)).toSorted());
  const hash = createHash('sha256');
  for (const each of [safe.declared, safe.oids, [...safe.calls], definitions === null, columns, types, unordered])
    hash.update(JSON.stringify(each));
  return hash.digest('base64');
}

/** A snapshot of a database that is asked once. */
export function loadCatalog(
  query: CatalogQuery,
  rules: ClassificationRules | undefined,
  previousVersion: number,
): Promise<Result<Catalog>> {
  return new CatalogReader(query).load(rules, previousVersion);
}

interface DraftColumn {
  readonly column: Omit<Column, 'classification'>;
  classification: Classification;
  /** Somebody's word, not what the type alone suggests. */
  readonly decided: boolean;
  key: Column['key'];
}

interface Draft {
  readonly relation: Omit<Relation, 'columns' | 'protected' | 'active' | 'ties'>;
  active: boolean;
  /** Of what came with the server: none. */
  ties: Ties | undefined;
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
    const [oid = '', schema = '', name = '', kind = '', active, attnum, attname, typeOid, generated, ...more] = row.map(
      (each) => each ?? '',
    );
    const [typeName, typeKind, typeSchema, key, policed] = more;
    const type = [typeName ?? '', typeKind ?? '', typeSchema ?? ''];
    let draft = drafts.get(oid);
    if (!draft) {
      const system = schema === 'pg_catalog' || schema === 'information_schema';
      const definition = definitions.get(`${oid}.0`);
      const relation = { oid: Number(oid), schema, name, kind, system, definition, policed: policed === 't' };
      draft = { relation, active: active === 't', ties: undefined, columns: [] };
      drafts.set(oid, draft);
    }
    if (attname === undefined || attname === '') continue;
    const jsonPaths = classifier.paths(schema, name, attname);
    const isComputed = !draft.relation.system && (computedKinds.has(kind) || generated !== '');
    const { classification, decided } = classified(draft.relation, attname, columnType(type), isComputed, classifier);
    const expression = generated === '' ? undefined : definitions.get(`${oid}.${attnum}`);
    const computed = !decided && (expression ?? draft.relation.definition) !== undefined;
    const own = { attnum: Number(attnum), name: attname, typeOid: Number(typeOid), virtual: generated === 'v' };
    const column = { ...own, jsonPaths, computed, expression };
    draft.columns.push({
      column,
      classification,
      decided,
      key: key === 'writes' || key === 'updates' ? key : undefined,
    });
  }
  return drafts;
}

function columnType([name = '', kind = '', schema = '']: readonly string[]): ColumnType & { readonly cast: boolean } {
  const base = schema === 'pg_catalog' && kind === 'b';
  const temporal = base && temporalTypes.has(name);
  const plain = (base && plainTypes.has(name)) || kind === 'e';
  return { name, textual: !(plain || temporal), temporal, cast: kind === '' && name !== '' };
}

function classified(
  relation: Draft['relation'],
  column: string,
  type: ReturnType<typeof columnType>,
  computed: boolean,
  { word, byType }: Classifier,
): Pick<DraftColumn, 'classification' | 'decided'> {
  if (relation.system || relation.kind === 'S') {
    // The one place of the catalog that holds rows: what a column added later has in the rows there were before.
    return { classification: column === 'attmissingval' ? 'unknown' : 'clear', decided: true };
  }
  const said = word(relation.schema, relation.name, column);
  // A value that functions of users turn into text may come out as any other.
  if (said === 'clear' && type.cast) return { classification: 'unknown', decided: true };
  if (said !== undefined) return { classification: said, decided: true };
  // INVARIANT: what a column is computed from is not known here, so no setting for unknown text makes it clear.
  if (computed) return { classification: 'unknown', decided: false };
  return { classification: byType(relation.schema, relation.name, column, type), decided: false };
}

/** The members of a relation's inheritance tree, itself included. */
function familiesOf(inherits: QueryRows['rows']): (oid: string) => ReadonlySet<string> {
  const familyOf = new Map<string, Set<string>>();
  for (const [child = '', parent = ''] of inherits.map((row) => row.map((each) => each ?? ''))) {
    const family = new Set([child, parent, ...(familyOf.get(child) ?? []), ...(familyOf.get(parent) ?? [])]);
    for (const member of family) familyOf.set(member, family);
  }
  return (oid) => familyOf.get(oid) ?? new Set([oid]);
}

function tie(draft: Draft, { active, ...ties }: KnownTies): void {
  draft.active ||= active;
  draft.ties = ties;
}

/**
 * A parent shows its children's rows as its own columns: columns of one name in one inheritance tree share their class. Where
 * the words differ, the protecting one counts. What is written to the parent may land in a child, where its code runs.
 */
function shareWithinFamilies(drafts: ReadonlyMap<string, Draft>, familyOf: (oid: string) => ReadonlySet<string>): void {
  for (const family of new Set([...drafts.keys()].map(familyOf))) {
    if (family.size === 1) continue;
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
  const keys = columns.map((each) => each.key);
  const key = keys.find((each) => each === 'writes') ?? keys.find((each) => each);
  for (const each of columns) {
    each.key = key;
    if (!each.decided || each.classification === 'clear') each.classification = word;
  }
}

function relationOf({ relation, active, ties, columns }: Draft): Relation {
  return {
    ...relation,
    active,
    ...(ties && { ties }),
    // A word about another member of its family is a word about it.
    columns: columns.map(({ column, classification, key }) => ({
      ...column,
      ...(key && { key }),
      classification,
      computed: column.computed === true && classification === 'unknown',
    })),
    protected: !relation.system && columns.some((each) => each.classification !== 'clear'),
  };
}
