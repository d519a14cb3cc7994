// A real database full of canaries, its catalog as the analysis sees it, and the rule by which the gate masks: enough to see
// whether what the analysis lets through would leak.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Client } from 'pg';
import type { Classification } from '../../src/core/phi.ts';
import { ok, type Result } from '../../src/core/result.ts';
import { loadCatalog } from '../../src/gateway/postgres-catalog.ts';
import { planColumns } from '../../src/gateway/postgres-columns.ts';
import type { CatalogQuery } from '../../src/gateway/upstream-query.ts';
import type { MaskView } from '../../src/masking/mask.ts';
import type { StatementAnalysis } from '../../src/sql/analysis.ts';
import { analyze } from '../../src/sql/analyze.ts';
import type { Catalog } from '../../src/sql/catalog.ts';
import { loadParser, parseStatements } from '../../src/sql/parse.ts';
import { type PostgresServer, startPostgres } from '../parts/postgres.ts';

/** Values of protected columns: none may be seen, plain or encoded. */
export const canaries: readonly string[] = [
  'Quillfeather',
  '987-65-4321',
  '1931-07-13',
  '88417',
  'xanthoma-zebra',
  'peregrine-tag',
];

const schema = `
  CREATE TYPE ward_kind AS ENUM ('icu', 'er');
  CREATE DOMAIN code AS text;
  CREATE TABLE wards (id int PRIMARY KEY, title text, beds int);
  CREATE TABLE patients (id int PRIMARY KEY, name text, ssn text UNIQUE, birth_date date, weight int, ward ward_kind,
    bed int, doc jsonb, tags text[], cost numeric, digits int GENERATED ALWAYS AS (weight * 1) STORED);
  CREATE TABLE notes (id int, patient_id int, body text, kind text);
  CREATE TABLE messages (id int GENERATED ALWAYS AS IDENTITY, message text, patient_id int);
  CREATE TABLE visits (id int, day date, reason text) PARTITION BY RANGE (id);
  CREATE TABLE visits_low PARTITION OF visits FOR VALUES FROM (0) TO (100);
  CREATE TABLE base (id int, label text);
  CREATE TABLE derived (secret text) INHERITS (base);
  CREATE VIEW patient_labels AS SELECT id, name AS label, length(ssn) AS n, weight FROM patients;
  CREATE MATERIALIZED VIEW patient_copy AS SELECT id, ssn AS code FROM patients;
  CREATE FUNCTION leak(text) RETURNS text LANGUAGE sql AS 'SELECT $1';
  CREATE FUNCTION first_name(patients) RETURNS text LANGUAGE sql AS 'SELECT $1.name';
  CREATE FUNCTION lower(int) RETURNS text LANGUAGE sql AS 'SELECT name FROM patients WHERE id = $1';
  CREATE FUNCTION peek(int, int) RETURNS text LANGUAGE sql AS 'SELECT name FROM patients WHERE id = $1';
  CREATE OPERATOR @@@ (LEFTARG = int, RIGHTARG = int, FUNCTION = peek);
  CREATE FUNCTION is_new(text) RETURNS bool LANGUAGE sql STABLE AS 'SELECT NOT EXISTS (SELECT FROM public.patients WHERE name = $1)';
  CREATE DOMAIN new_name AS text CHECK (is_new(VALUE));
  CREATE TABLE requests (id int PRIMARY KEY, who new_name, others new_name[]);
  CREATE FUNCTION any_name() RETURNS text LANGUAGE sql STABLE AS 'SELECT name FROM public.patients LIMIT 1';
  CREATE DOMAIN some_name AS text DEFAULT any_name();
  CREATE TABLE tickets (id int PRIMARY KEY, who some_name);
  CREATE TABLE kept (id int PRIMARY KEY, title text, ssn text DEFAULT '987-65-4321', n int);
  CREATE TABLE consents (id int PRIMARY KEY, given bool DEFAULT true);
  CREATE TABLE births (id int, day date, stamp timestamp, at timestamptz);
  INSERT INTO births VALUES (1, '2001-01-01', '2001-01-01', '2001-01-01 00:00+00');
  CREATE TABLE staff (id int PRIMARY KEY, ward int, surname text, badge text, hired date, vector tsvector, rate float8, small float4, shift time);
  CREATE VIEW staff_list AS SELECT id FROM staff ORDER BY hired;
  CREATE VIEW staff_alike AS SELECT count(*) AS n FROM staff a JOIN staff b ON a.surname = b.surname;
  CREATE VIEW staff_badges AS SELECT id, badge LIKE 'A%' AS senior FROM staff ORDER BY ward;
  CREATE EXTENSION ltree;
  CREATE TABLE trees (id int, path ltree);
  INSERT INTO wards VALUES (1, 'North', 10), (2, 'South', 20);
  INSERT INTO patients VALUES (1, 'Quillfeather', '987-65-4321', '1931-07-13', 88417, 'icu', 7,
    '{"who": "Quillfeather", "id": "987-65-4321"}', '{Quillfeather,peregrine-tag}', 12.5);
  INSERT INTO patients VALUES (2, 'Quillfeather', '987-65-4321x', '1931-07-13', 88417, 'er', 8, '{}', '{}', 7);
  INSERT INTO notes VALUES (1, 1, 'xanthoma-zebra of Quillfeather', 'progress'), (2, 2, 'xanthoma-zebra', 'progress');
  INSERT INTO visits VALUES (1, '1931-07-13', 'xanthoma-zebra');
  INSERT INTO derived VALUES (1, 'Quillfeather', '987-65-4321');
  REFRESH MATERIALIZED VIEW patient_copy;
  CREATE ROLE gate LOGIN PASSWORD 'gate';
  GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA public TO gate;
  GRANT CREATE ON SCHEMA public TO gate;`;

const columns: Record<string, Exclude<Classification, 'unknown'>> = {
  'public.patients.name': 'name',
  'public.patients.ssn': 'ssn',
  'public.patients.birth_date': 'date',
  'public.patients.weight': 'other_id',
  'public.patients.doc': 'note',
  'public.patients.cost': 'clear',
  'public.births.day': 'date',
  'public.births.stamp': 'date',
  'public.births.at': 'date',
  'public.kept.title': 'clear',
  'public.consents.given': 'other_id',
  'public.requests.who': 'clear',
  'public.requests.others': 'clear',
  'public.tickets.who': 'clear',
  'public.trees.path': 'clear',
  'public.staff.surname': 'name',
  'public.staff.badge': 'other_id',
  'public.staff.hired': 'date',
  'public.staff.vector': 'other_id',
  'public.staff.rate': 'other_id',
  'public.staff.small': 'other_id',
  'public.staff.shift': 'other_id',
  'public.notes.body': 'note',
  'public.notes.kind': 'clear',
  'public.wards.title': 'clear',
  'public.messages.message': 'clear',
  'public.visits.reason': 'diagnosis',
  'public.base.label': 'clear',
  'public.derived.label': 'name',
  'public.patient_labels.id': 'clear',
};

export interface Ward {
  readonly server: PostgresServer;
  readonly client: Client;
  readonly catalog: Catalog;
  readonly query: CatalogQuery;
  /** Of the one statement of a text. */
  analysisOf(sql: string): StatementAnalysis;
  close(): Promise<void>;
}

export async function openWard(): Promise<Ward> {
  await loadParser();
  const server = await startPostgres();
  await server.createDatabase('ward');
  await server.query('ward', schema);
  const client = new Client({ connectionString: server.url('gate', 'gate', 'ward'), options: '-c search_path=public' });
  await client.connect();
  const query = queryOver(client);
  const loaded = await reload(query);
  return {
    server,
    client,
    catalog: loaded,
    query,
    analysisOf: (sql) => {
      const parsed = parseStatements(sql);
      assert.ok(parsed.ok, `${sql}: ${parsed.ok ? '' : parsed.error.text}`);
      const [statement] = parsed.value;
      assert.ok(statement);
      return analyze(statement, loaded);
    },
    close: async () => {
      await client.end();
      await server.stop();
    },
  };
}

export async function reload(
  query: CatalogQuery,
  version = 0,
  unknownText: 'mask' | 'clear' = 'mask',
): Promise<Catalog> {
  const loaded = await loadCatalog(query, { pack: null, columns, unknownText }, version);
  if (!loaded.ok) throw new Error(loaded.error.text);
  return loaded.value;
}

/** Text format, as the gate's own queries have it. */
export function queryOver(client: Client): CatalogQuery {
  return async (sql): Promise<Result<{ fields: string[]; rows: (string | null)[][] }>> => {
    const types = { getTypeParser: () => (value: string) => value };
    const result = await client.query<(string | null)[]>({ text: sql, rowMode: 'array', types });
    return ok({ fields: result.fields.map((field) => field.name), rows: result.rows });
  };
}

const strictest: MaskView = {
  rules: { byClass: { date: 'year', note: 'redact' }, default: 'redact' },
  unmask: [],
  key: Buffer.alloc(32, 7),
  now: Date.UTC(2026, 0, 1),
};

/** What would leave: every cell, masked for somebody who sees nothing protected. */
export async function visibleCells(ward: Ward, sql: string, analysis: StatementAnalysis): Promise<string[]> {
  const types = { getTypeParser: () => (value: string) => value };
  await ward.client.query('BEGIN');
  try {
    const result = await ward.client.query<(string | null)[]>({ text: sql, rowMode: 'array', types });
    const fields = result.fields.map((field) => ({
      tableOid: field.tableID,
      attnum: field.columnID,
      typeOid: field.dataTypeID,
      typeModifier: field.dataTypeModifier,
      format: 0 as const,
    }));
    const { maskers } = planColumns(fields, analysis, ward.catalog, strictest, {});
    return result.rows.flatMap((row) =>
      row.flatMap((cell, at) => {
        const masker = maskers[at] ?? null;
        const left = cell === null || masker === null ? cell : masker(Buffer.from(cell));
        return left === null ? [] : [Buffer.from(left).toString()];
      }),
    );
  } finally {
    await ward.client.query('ROLLBACK');
  }
}

/** The canary a text holds, plain or encoded. */
export function canaryIn(text: string): string | undefined {
  const low = text.toLowerCase();
  return canaries.find((canary) => forms(canary).some((form) => low.includes(form)));
}

function forms(canary: string): string[] {
  const bytes = Buffer.from(canary);
  const forms = [
    canary,
    canary.split('').reverse().join(''),
    bytes.toString('hex'),
    bytes.toString('base64').replace(/.{0,2}=*$/, ''),
    createHash('md5').update(canary).digest('hex'),
    createHash('sha256').update(canary).digest('hex'),
    canary.slice(0, 6),
    canary.slice(-6),
  ];
  return forms.map((each) => each.toLowerCase());
}
