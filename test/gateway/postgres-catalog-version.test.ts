// What the gate takes for a changed catalog. Two real transactions, the older one committing last.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import pg from 'pg';
import type { Result } from '../../src/core/result.ts';
import { CatalogReader, catalogVersion, loadCatalog } from '../../src/gateway/postgres-catalog.ts';
import type { QueryRows } from '../../src/gateway/upstream-query.ts';
import { startPostgres } from '../parts/postgres.ts';

test('the version of a catalog changes with it', async (t) => {
  const server = await startPostgres();
  const clients: pg.Client[] = [];
  t.after(async () => {
    for (const client of clients) await client.end();
    await server.stop();
  });
  const open = async (): Promise<pg.Client> => {
    const client = new pg.Client({
      host: server.host,
      port: server.port,
      user: server.superuser,
      password: server.superuserPassword,
      database: 'postgres',
    });
    await client.connect();
    clients.push(client);
    return client;
  };
  const [older, newer, gate] = [await open(), await open(), await open()];
  const query = (sql: string): Promise<Result<QueryRows>> => rowsOf(gate, sql);
  const read = async (): Promise<{ readonly version: string; readonly columns: readonly string[]; whole: boolean }> => {
    const version = await catalogVersion(query);
    const catalog = await loadCatalog(query, undefined, 0);
    assert.ok(version.ok && catalog.ok);
    const columns = catalog.value.relation('public', 'people')?.columns.map(({ name }) => name) ?? [];
    return { version: version.value, columns, whole: catalog.value.complete };
  };

  // The older transaction commits last, so that the greatest id says nothing.
  await newer.query('CREATE TABLE people (shown text, hidden text); CREATE TABLE other (a int)');
  await older.query('BEGIN');
  await older.query('ALTER TABLE people RENAME shown TO aside');
  await older.query('ALTER TABLE people RENAME hidden TO shown');
  await older.query('ALTER TABLE people RENAME aside TO hidden');
  await newer.query('ALTER TABLE other RENAME a TO b');
  const before = await read();
  await older.query('COMMIT');
  const after = await read();

  assert.deepEqual(
    [before.columns, after.columns],
    [
      ['shown', 'hidden'],
      ['hidden', 'shown'],
    ],
  );
  assert.ok(before.whole, 'nothing else would have it read again');
  assert.notEqual(after.version, before.version);

  await newer.query('CREATE SCHEMA apart; CREATE TABLE apart.inside (a int)');
  const apart = await read();
  await newer.query('ALTER SCHEMA apart RENAME TO elsewhere');
  assert.notEqual((await read()).version, apart.version, 'a schema was renamed');

  // What came with the server is read once, and again when it is no longer what it was.
  let asked = 0;
  const reader = new CatalogReader((sql) => {
    asked += 1;
    return query(sql);
  });
  const load = async (): Promise<{ readonly queries: number; readonly columns: number | undefined }> => {
    const before = asked;
    const catalog = await reader.load(undefined, 0);
    assert.ok(catalog.ok);
    const columns = catalog.value.relation('pg_catalog', 'pg_class')?.columns.length;
    return { queries: asked - before, columns };
  };
  const first = await load();
  assert.ok(first.columns, 'the columns of pg_class');
  const again = await load();
  assert.deepEqual(again, { queries: first.queries - 2, columns: first.columns });

  // A snapshot is another one only where something in it is.
  const snapshot = async (): Promise<unknown> => {
    const catalog = await reader.load(undefined, 0);
    assert.ok(catalog.ok);
    return catalog.value;
  };
  const known = await snapshot();
  await newer.query('CREATE TEMP TABLE passing (id int PRIMARY KEY, a int, b int, CHECK (a < b))');
  assert.equal(await snapshot(), known, 'a temporary table is in none');
  for (const change of [
    'ALTER TABLE other ADD UNIQUE (b)',
    'ALTER TABLE other ADD COLUMN c int GENERATED ALWAYS AS (b + 1) STORED',
    'CREATE VIEW shown AS SELECT b FROM other',
    'CREATE OR REPLACE VIEW shown AS SELECT c AS b FROM other',
    'ALTER TABLE other ADD CHECK (b < c)',
    'ALTER TABLE people ADD FOREIGN KEY (shown) REFERENCES named (name)',
    'CREATE TABLE younger () INHERITS (other)',
    "CREATE FUNCTION upper(x int) RETURNS text LANGUAGE sql AS 'SELECT 1::text'",
    'CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq)',
    "CREATE TYPE mood AS ENUM ('well')",
    'CREATE DOMAIN small AS int CHECK (VALUE < 10)',
    'ALTER TABLE other ENABLE ROW LEVEL SECURITY',
    'CREATE POLICY own ON other USING (b > c)',
    "ALTER TABLE other ALTER b SET DEFAULT current_setting('work_mem')::int",
  ]) {
    if (change.includes('REFERENCES')) await newer.query('CREATE TABLE named (name text PRIMARY KEY)');
    const before = await snapshot();
    await newer.query(change);
    assert.notEqual(await snapshot(), before, change);
  }

  await newer.query('SET allow_system_table_mods = on; GRANT SELECT (relname) ON pg_catalog.pg_class TO PUBLIC');
  assert.deepEqual(await load(), first);
  assert.deepEqual(await load(), again);
});

async function rowsOf(client: pg.Client, sql: string): Promise<Result<QueryRows>> {
  const text = { getTypeParser: () => (value: string | Buffer) => String(value) };
  const { rows } = await client.query<(string | null)[]>({ text: sql, rowMode: 'array', types: text });
  return { ok: true, value: { fields: [], rows } };
}
