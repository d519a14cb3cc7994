// What the DBA does past the gate while sessions are open: new columns, views that talk. A snapshot is believed for a second
// at most, and what nobody has classified yet is masked.

import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { type Clinic, startClinic } from '../parts/clinic.ts';

let clinic: Clinic;
let ana: Client;
before(async () => {
  clinic = await startClinic();
  await clinic.startGate();
  ana = await clinic.connect('ana');
});
after(async () => {
  await ana.end();
  await clinic.stop();
});

it('a column that comes in past the gate is unknown within a second, in every notation', async () => {
  const before = await ana.query('SELECT row_to_json(w) AS w FROM wards w LIMIT 1');
  assert.equal(before.rows[0].w.label, 'ward 1');
  await clinic.postgres.query('ehr', "ALTER TABLE wards ADD COLUMN patient text DEFAULT 'Zebulon Quartermain'");
  await sleep(1_100);
  const told = JSON.stringify([
    (await ana.query('SELECT row_to_json(w) AS w FROM wards w LIMIT 1')).rows,
    (await ana.query('SELECT w::text AS w FROM wards w LIMIT 1')).rows,
    (await ana.query('SELECT * FROM wards LIMIT 1')).rows,
    (await ana.query('SELECT patient FROM wards LIMIT 1')).rows,
  ]);
  assert.ok(!told.includes('Zebulon'), told);
  const copied: string[] = [];
  ana.connection.on('copyData', (message: { chunk: Buffer }) => copied.push(message.chunk.toString()));
  await ana.query('COPY wards TO STDOUT');
  assert.ok(copied.length > 0 && !copied.join().includes('Zebulon'), copied[0]);
});

it('a COPY of a table that has changed within the second is of the table as it is now', async () => {
  await ana.query('SELECT 1');
  await clinic.postgres.query('ehr', "ALTER TABLE wards ADD COLUMN remark text DEFAULT 'Zebulon Quartermain'");
  const copied: string[] = [];
  ana.connection.on('copyData', (message: { chunk: Buffer }) => copied.push(message.chunk.toString()));
  await ana.query('COPY wards TO STDOUT');
  assert.ok(copied.length > 0 && !copied.join().includes('Zebulon'), copied[0]);
});

it('a view that is replaced by another under the same names is read as the other at once, prepared before or not', async () => {
  const made = (what: string): Promise<unknown> =>
    clinic.postgres.query('ehr', `CREATE OR REPLACE VIEW changing AS ${what}; GRANT SELECT ON changing TO gate`);
  await made("SELECT id, 'ward ' || id AS shown FROM wards WHERE id < 3");
  await sleep(1_100);
  const ask = async (): Promise<string[]> => [
    JSON.stringify((await ana.query({ name: 'asked', text: 'SELECT id, shown FROM changing' })).rows),
    JSON.stringify((await ana.query('EXECUTE told')).rows),
    JSON.stringify((await ana.query("SELECT shown || '' AS shown FROM changing")).rows),
  ];
  await ana.query('PREPARE told AS SELECT shown FROM changing');
  for (const shown of await ask()) assert.match(shown, /ward 1/);
  await made('SELECT id, last AS shown FROM patients');
  for (const shown of await ask()) assert.ok(!shown.includes('Quartermain'), shown);
});

it('a view that puts a value into a setting tells nobody', async () => {
  await clinic.postgres.query(
    'ehr',
    "CREATE VIEW talker AS SELECT id, set_config('application_name', last, false) AS said FROM patients; GRANT SELECT ON talker TO gate",
  );
  await sleep(1_100);
  const heard: string[] = [];
  ana.connection.on('parameterStatus', (message: { parameterValue: string }) => heard.push(message.parameterValue));
  const { rows } = await ana.query('SELECT said FROM talker');
  assert.ok(!JSON.stringify([rows, heard]).includes('Quartermain'), JSON.stringify([rows, heard]));
});

it('a lock that somebody holds on what views are made of keeps nobody waiting, the holder least of all', async () => {
  await clinic.postgres.query(
    'ehr',
    'CREATE VIEW labels AS SELECT id, label FROM wards; GRANT SELECT ON labels TO gate',
  );
  await sleep(1_100);
  assert.equal((await ana.query('SELECT label FROM labels LIMIT 1')).rows.length, 1);
  const dora = await clinic.connect('dora');
  await dora.query('BEGIN');
  await dora.query('LOCK TABLE wards IN ACCESS EXCLUSIVE MODE');
  await clinic.postgres.query('ehr', 'CREATE TABLE unrelated (id int)');
  await sleep(1_100);
  assert.equal((await dora.query('SELECT count(*) FROM wards')).rows.length, 1);
  assert.equal((await ana.query('SELECT count(*) FROM patients')).rows.length, 1);
  await dora.query('COMMIT');
  await dora.end();
});

it('goes on when the upstream has been restarted in between', async () => {
  await clinic.postgres
    .query('ehr', "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'gate'")
    .catch(() => {});
  const cora = await clinic.connect('cora');
  assert.equal((await cora.query('SELECT 1 AS one')).rows[0].one, 1);
  await cora.end();
});
