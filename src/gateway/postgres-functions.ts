// Functions of users that a person has read and declared safe: by name, argument types and the digest of their definition, so
// that what holds is the text that was read. It reads definitions from the catalog; it never calls anything.

import { ok, type Result } from '../core/result.ts';
import { literal } from './sql-text.ts';
import type { CatalogQuery } from './upstream-query.ts';

/** `schema.name(type, type)` → `sha256:` and 64 hex digits, or `review` for what nobody has read yet. */
export type DeclaredFunctions = Readonly<Record<string, string>>;

/** What the database says of one that is declared. */
export interface DeclaredFunction {
  /** As it was declared. */
  readonly name: string;
  /** 0 where the database has no such function. */
  readonly oid: number;
  /** Why it is not taken for safe; null = it is. */
  readonly problem: string | null;
}

export interface SafeFunctions {
  readonly declared: readonly DeclaredFunction[];
  /** Of those that are taken for safe. */
  readonly oids: readonly number[];
  /** What a call may say, `schema.name` or `name`, that can mean none but safe functions that write nothing. */
  readonly calls: ReadonlySet<string>;
}

const noSafeFunctions: SafeFunctions = { declared: [], oids: [], calls: new Set() };

interface Found {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly types: string;
  /** It may write, or say something else each time. PostgreSQL keeps the others from writing. */
  readonly volatile: boolean;
  /** `sha256:…`; null for what has no definition to be read: aggregates, window functions, procedures. */
  readonly digest: string | null;
}

/** Whatever has one of these names, wherever it comes from: a call by name may mean any of them. */
const functionsSql = (names: readonly string[]): string => `
  SELECT p.oid, n.nspname, p.proname,
    (SELECT pg_catalog.string_agg(pg_catalog.format_type(a.type, NULL), ', ' ORDER BY a.at)
      FROM pg_catalog.unnest(p.proargtypes::pg_catalog.oid[]) WITH ORDINALITY a(type, at)),
    p.provolatile = 'v',
    CASE WHEN p.prokind = 'f' THEN pg_catalog.encode(pg_catalog.sha256(
      pg_catalog.convert_to(pg_catalog.pg_get_functiondef(p.oid), 'UTF8')), 'hex') END
  FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
  WHERE p.proname IN (${names.map(literal).join(', ')})`;

/** Fails with what the query fails with. */
export async function readSafeFunctions(
  query: CatalogQuery,
  rules: DeclaredFunctions = {},
): Promise<Result<SafeFunctions>> {
  const wanted = Object.entries(rules);
  if (wanted.length === 0) return ok(noSafeFunctions);
  // Definitions are written down with every name qualified, whatever the session's own path.
  const path = await query('SET search_path = pg_catalog');
  if (!path.ok) return path;
  const answer = await query(functionsSql([...new Set(wanted.map(([name]) => partsOf(name).name))]));
  const back = await query('RESET search_path');
  if (!answer.ok) return answer;
  if (!back.ok) return back;
  const found = answer.value.rows.map(
    ([oid, schema, name, types, volatile, digest]): Found => ({
      oid: Number(oid),
      schema: schema ?? '',
      name: name ?? '',
      types: types ?? '',
      volatile: volatile === 't',
      digest: digest ? `sha256:${digest}` : null,
    }),
  );
  const declared = wanted.map(([name, digest]) => judge(name, digest, found));
  const oids = declared.flatMap(({ oid, problem }) => (problem === null ? [oid] : []));
  return ok({ declared, oids, calls: callsOf(found, oids) });
}

function judge(name: string, digest: string, found: readonly Found[]): DeclaredFunction {
  const wanted = partsOf(name);
  const it = found.find(
    (each) => each.schema === wanted.schema && each.name === wanted.name && each.types === wanted.types,
  );
  return { name, oid: it?.oid ?? 0, problem: problemOf(it, digest) };
}

function problemOf(it: Found | undefined, digest: string): string | null {
  if (!it) return 'the database has no such function';
  if (it.digest === null) return 'aggregates, window functions and procedures cannot be declared safe';
  if (digest === it.digest) return null;
  const was =
    digest === 'review' ? 'nobody has read its definition yet' : 'its definition is not the one that was read';
  return `${was}; once it has been read, declare it as ${it.digest}`;
}

/** INVARIANT: every function a name can mean is safe, and none of them may write. */
function callsOf(found: readonly Found[], safe: readonly number[]): ReadonlySet<string> {
  const calls = new Set(found.flatMap(({ schema, name }) => [name, `${schema}.${name}`]));
  for (const { oid, schema, name, volatile } of found) {
    if (safe.includes(oid) && !volatile) continue;
    calls.delete(name);
    calls.delete(`${schema}.${name}`);
  }
  return calls;
}

/** What people call types that `format_type` writes otherwise. */
const aliases: ReadonlyMap<string, string> = new Map([
  ['int', 'integer'],
  ['int2', 'smallint'],
  ['int4', 'integer'],
  ['int8', 'bigint'],
  ['bool', 'boolean'],
  ['float4', 'real'],
  ['float8', 'double precision'],
  ['decimal', 'numeric'],
  ['varchar', 'character varying'],
  ['timestamp', 'timestamp without time zone'],
  ['timestamptz', 'timestamp with time zone'],
  ['time', 'time without time zone'],
  ['timetz', 'time with time zone'],
]);

function partsOf(declared: string): Pick<Found, 'schema' | 'name' | 'types'> {
  const {
    schema = '',
    name = '',
    types = '',
  } = /^(?<schema>[^.]+)\.(?<name>[^(]+)\((?<types>.*)\)$/.exec(declared)?.groups ?? {};
  const each = types.split(',').map((type) => {
    const [, plain = '', array = ''] = /^\s*(.*?)((?:\[\])*)\s*$/.exec(type) ?? [];
    return (aliases.get(plain) ?? plain) + array;
  });
  return { schema, name, types: each.join(', ') };
}
