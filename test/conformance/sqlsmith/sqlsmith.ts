// Random SQL from sqlsmith, replayed through a gate by masked subjects, every backend message searched for canaries. sqlsmith
// reads the schema of a server of its own, where functions the gate refuses to everybody masked are hidden from it: else nearly
// every query would be refused for one of them, and prove nothing.

import { spawn, spawnSync } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { Client } from 'pg';
import { isAllowedFunction } from '../../../src/sql/functions.ts';
import { decodeNoticeFields } from '../../../src/wire/postgres/error-fields.ts';
import { encodeQuery } from '../../../src/wire/postgres/query.ts';
import { decodeDataRow } from '../../../src/wire/postgres/rows.ts';
import type { Family } from '../bypass/attack.ts';
import { secretsIn } from '../bypass/canaries.ts';
import { openRange, type Person, type Range } from '../bypass/harness.ts';
import type { Wire } from '../bypass/wire.ts';

/** Canaries in every shape a column has without types of one's own, and views that pass them on. */
const field: Family = {
  name: 'field of canaries',
  setup: `
    DELETE FROM wards WHERE id BETWEEN 3 AND 50;
    CREATE TABLE kinds (id int PRIMARY KEY, t text, v varchar(40), c char(20), n name, b bytea, d date, ts timestamp, tz timestamptz, num numeric,
      big bigint, j json, jb jsonb, ta text[], da date[], r daterange, tv tsvector, x xml, ok boolean, u uuid, ip inet);
    INSERT INTO kinds SELECT id, ssn, first, last, last, ssn::bytea, birthdate, birthdate, birthdate, replace(ssn, '-', '')::numeric,
      replace(ssn, '-', '')::bigint, to_json(p), to_jsonb(p), ARRAY[ssn, first], ARRAY[birthdate], daterange(birthdate, birthdate, '[]'),
      to_tsvector('simple', last), xmlelement(name a, ssn), true, gen_random_uuid(), '10.0.0.1' FROM patients p;
    CREATE TABLE events (id int, patient int, at date, what text, s text GENERATED ALWAYS AS (upper(what)) STORED) PARTITION BY RANGE (id);
    CREATE TABLE events_low PARTITION OF events FOR VALUES FROM (0) TO (50);
    CREATE TABLE events_rest PARTITION OF events DEFAULT;
    INSERT INTO events SELECT g, p.id, p.birthdate, p.last FROM patients p, generate_series(1, 60, 20) g;
    CREATE TABLE older (id int, label text);
    CREATE TABLE newer (who text) INHERITS (older);
    INSERT INTO newer SELECT id, ssn, first FROM patients;
    CREATE VIEW named AS SELECT id, first || ' ' || last AS label, birthdate AS day FROM patients;
    CREATE VIEW docs AS SELECT id, to_jsonb(p) AS doc, p.ssn AS key FROM patients p;
    CREATE VIEW joined AS SELECT w.id, w.label, p.first AS beds, n.body FROM wards w JOIN patients p USING (id) LEFT JOIN notes n ON n.patient = p.id;
    CREATE MATERIALIZED VIEW kept AS SELECT id, ssn AS label, birthdate FROM patients;`,
  clear: ['public.older.id', 'public.kinds.ok', 'public.kinds.u', 'public.kinds.ip'],
  attacks: [],
};

// Numbers and dates nobody classifies are clear by their type.
const classified = {
  'public.kinds.d': 'date',
  'public.kinds.ts': 'date',
  'public.kinds.tz': 'date',
  'public.kinds.da': 'date',
  'public.kinds.r': 'date',
  'public.kinds.num': 'ssn',
  'public.kinds.big': 'ssn',
  'public.events.at': 'date',
} as const;

export interface Tally {
  readonly queries: number;
  allowed: number;
  masked: number;
  rows: number;
  /** Positive control: queries that show a canary to somebody unmasked. */
  exposed: number;
  readonly refused: Map<string, number>;
  readonly upstreamErrors: Map<string, number>;
  readonly leaks: string[];
  /** Random numbers that had a canary's digits once, and never again. */
  chances: number;
  /** Connections that ended, or answers that never came, which no error explains. */
  readonly crashes: string[];
}

/** False, or the line that says how to get it. */
export function notInstalled(): string | false {
  return spawnSync('sqlsmith', ['--version']).error === undefined
    ? false
    : 'sqlsmith is not installed: run apt-get install sqlsmith';
}

/** Plays so many queries by turns as somebody without any filter grant and as somebody with every one. */
export async function playSqlsmith(queriesMax: number, seed: number): Promise<Tally> {
  await using range = await openRange([field], { classified });
  await range.clinic.postgres.query('ehr', "ALTER ROLE gate SET statement_timeout = '500ms'");
  const queries = await generate(range, queriesMax, seed);
  const tally: Tally = {
    queries: queries.length,
    allowed: 0,
    masked: 0,
    rows: 0,
    exposed: 0,
    refused: new Map(),
    upstreamErrors: new Map(),
    leaks: [],
    chances: 0,
    crashes: [],
  };
  const [waiting, unmasked] = [queries.values(), queries.values()];
  const lanes = (['cora', 'ana', 'cora'] as const).map((person) =>
    lane(range, person, waiting, tally, (query, wire) => note(tally, person, query, wire)),
  );
  const control = lane(range, 'dora', unmasked, tally, (_, wire) => {
    if (secretsIn(wire.frames).length > 0) tally.exposed++;
  });
  await Promise.all([...lanes, control]);
  return tally;
}

async function generate(range: Range, queriesMax: number, seed: number): Promise<string[]> {
  const { postgres } = range.clinic;
  await postgres.query('postgres', 'CREATE DATABASE smith TEMPLATE ehr');
  const client = new Client({
    connectionString: postgres.url(postgres.superuser, postgres.superuserPassword, 'smith'),
  });
  await client.connect();
  const { rows } = await client.query<{ name: string }>('SELECT DISTINCT proname AS name FROM pg_proc');
  const refused = rows.map(({ name }) => name).filter((name) => !isAllowedFunction(name));
  // sqlsmith leaves out what returns `internal`.
  await client.query("UPDATE pg_proc SET prorettype = 'internal'::regtype WHERE proname = ANY ($1)", [refused]);
  // It would name polymorphic types in casts, which is no SQL, and xml, which the gate refuses.
  const unnamed = "SELECT oid FROM pg_type WHERE typname ~ 'range$|^anyenum$|xml$' AND typname !~ '^(int|num|date|ts)'";
  await client.query(
    `UPDATE pg_proc SET prorettype = 'internal'::regtype WHERE proargtypes::oid[] && ARRAY(${unnamed})`,
  );
  await client.query(`DELETE FROM pg_operator WHERE oprleft IN (${unnamed}) OR oprright IN (${unnamed})`);
  await client.end();
  const target = `host=127.0.0.1 port=${postgres.port} user=${postgres.superuser} password=${postgres.superuserPassword} dbname=smith`;
  const smith = spawn(
    'sqlsmith',
    [`--target=${target}`, '--dry-run', '--exclude-catalog', `--max-queries=${queriesMax}`, `--seed=${seed}`],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  const printed = await text(smith.stdout);
  return printed
    .split(/;\s*\n/)
    .map((query) => query.trim())
    .filter((query) => query !== '');
}

/** Each query in a transaction of its own that is rolled back: what is deleted could not leak any more. */
async function lane(
  range: Range,
  person: Person,
  queries: Iterator<string>,
  tally: Tally,
  look: (query: string, wire: Wire) => void | Promise<void>,
): Promise<void> {
  let wire = await range.signIn(person);
  for (let next = queries.next(); !next.done; next = queries.next()) {
    const query = next.value;
    const silences = wire.silences;
    await ask(wire, query);
    await look(query, wire);
    if (wire.frames.at(-1)?.type === 'Z'.charCodeAt(0)) continue;
    if (wire.silences > silences) tally.crashes.push(`${person}: no answer: ${query}`);
    else if (errorOf(wire) === null) tally.crashes.push(`${person}: the connection ended: ${query}`);
    wire.close();
    wire = await range.signIn(person);
  }
  wire.close();
}

async function ask(wire: Wire, query: string): Promise<void> {
  wire.frames.length = 0;
  wire.send(encodeQuery('BEGIN'), encodeQuery(query), encodeQuery('ROLLBACK'));
  for (let answers = 0; answers < 3; answers++) await wire.until('Z');
}

/** Digits of a random number may be those of a date. A value that leaks is there again, since all is rolled back. */
async function isChance(wire: Wire, query: string): Promise<boolean> {
  if (!/\brandom\s*\(/.test(query)) return false;
  for (let times = 0; times < 20; times++) {
    await ask(wire, query);
    if (secretsIn(wire.frames).length > 0) return false;
  }
  return true;
}

async function note(tally: Tally, person: Person, query: string, wire: Wire): Promise<void> {
  const leaks = secretsIn(wire.frames);
  const state = errorOf(wire);
  if (state === null) tally.allowed++;
  else if (state[0] === '42501' || state[0] === '0A000') count(tally.refused, state[1]);
  else count(tally.upstreamErrors, state[0]);
  const cells = wire.frames
    .filter(({ type }) => type === 'D'.charCodeAt(0))
    .map(({ body }) => decodeDataRow(body).map((cell) => cell?.toString() ?? ''));
  tally.rows += cells.length;
  if (cells.some((row) => row.some((cell) => /^\[[A-Z_]+\]/.test(cell)))) tally.masked++;
  if (leaks.length === 0) return;
  if (await isChance(wire, query)) tally.chances++;
  else tally.leaks.push(`${person}: ${leaks.slice(0, 3).join('; ')}\n${query}`);
}

/** SQLSTATE and text of the first error. */
function errorOf(wire: Wire): readonly [string, string] | null {
  const error = wire.frames.find(({ type }) => type === 'E'.charCodeAt(0));
  if (!error) return null;
  const fields = decodeNoticeFields(error.body);
  return [fields.get('C') ?? '', fields.get('M') ?? ''];
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

export function report(tally: Tally, seed: number): string {
  const most = (counts: Map<string, number>): string =>
    [...counts]
      .sort(([, a], [, b]) => b - a)
      .slice(0, 12)
      .map(([what, times]) => `\n    ${times} × ${what}`)
      .join('');
  const sum = (counts: Map<string, number>): number => [...counts.values()].reduce((all, each) => all + each, 0);
  return [
    `sqlsmith: ${tally.queries} queries, seed ${seed}`,
    `  shown to somebody unmasked: ${tally.exposed} show a canary`,
    `  allowed: ${tally.allowed} (${tally.rows} rows; ${tally.masked} answers with masked cells)`,
    `  refused by the gate: ${sum(tally.refused)}${most(tally.refused)}`,
    `  errors of the database: ${sum(tally.upstreamErrors)}${most(tally.upstreamErrors)}`,
    `  leaks: ${tally.leaks.length} (${tally.chances} random numbers looked like one, once), crashes: ${tally.crashes.length}`,
  ].join('\n');
}
