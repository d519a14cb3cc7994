// The bypass corpus where the database's encoding is not UTF-8: its server cuts, folds and compares names in bytes that the
// gate does not see. Two names that are one to the one and two to the other must not carry a value.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodeSync } from '../../../src/wire/postgres/extended.ts';
import { type Clinic, startClinic } from '../../parts/clinic.ts';
import { secretsIn } from './canaries.ts';
import { bind, errorIn, execute, parse, Wire } from './wire.ts';

/** 62 bytes of UTF-8, 31 of LATIN1: behind it, names differ to the server and not to the parser. */
const long = 'é'.repeat(31);
const secret = 'SELECT upper(last) AS label FROM patients';
const clean = 'SELECT label FROM wards';

const tables = `
  CREATE TABLE patients (id int PRIMARY KEY, first text, last text, ssn text, birthdate date, city text);
  INSERT INTO patients VALUES (1, 'Zebulon', 'Quartermain', '123-45-6789', '1961-07-23', 'Springfield');
  CREATE TABLE notes (id int PRIMARY KEY, body text);
  CREATE TABLE wards (id int PRIMARY KEY, label text);
  INSERT INTO wards VALUES (1, 'ward 1'), (2, chr(233) || ' 123-45-6789 ' || chr(233));
  GRANT USAGE ON SCHEMA public TO gate;
  GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO gate;`;

const attacks: readonly (readonly string[])[] = [
  [`PREPARE "${long}éb" AS ${secret}`, `PREPARE "${long}éa" AS ${clean}`, `EXECUTE "${long}éb"`],
  ['BEGIN', `DECLARE "${long}éb" CURSOR FOR ${secret}`, `DECLARE "${long}éa" CURSOR FOR ${clean}`, `FETCH "${long}éb"`],
  [`WITH "${long}éb" AS (${secret}) SELECT * FROM (WITH "${long}éa" AS (${clean}) SELECT * FROM "${long}éb") q`],
  [
    `SELECT (SELECT "${long}éb" FROM (SELECT 1 AS "${long}éa") i) FROM (SELECT upper(last) AS "${long}éb" FROM patients) o`,
  ],
  [
    `SELECT (SELECT "${long}éb".x FROM (SELECT 1 AS x) "${long}éa") FROM (SELECT upper(last) AS x FROM patients) "${long}éb"`,
  ],
  ['PREPARE Ä AS SELECT label FROM wards', 'DEALLOCATE ä', `PREPARE ä AS ${secret}`, 'EXECUTE Ä'],
  [`WITH ä AS (${clean}) SELECT * FROM (WITH Ä AS (${secret}) SELECT label FROM ä) q`],
  [`SELECT U&"\\00e4" FROM (SELECT upper(last) AS Ä FROM patients) q`],
  // An escape that stands for a letter which is written elsewhere.
  [`SELECT E'\\u00e9', é FROM (SELECT upper(last) AS é FROM patients) q`],
  [`SELECT label FROM wards WHERE label = 'é' /* é */`, `SELECT upper(last) AS "a/*é*/" FROM patients`],
];

async function clinicIn(encoding: string): Promise<Clinic> {
  const clinic = await startClinic();
  await clinic.postgres.query('postgres', 'ALTER DATABASE ehr RENAME TO ehr_utf8');
  await clinic.postgres.query(
    'postgres',
    `CREATE DATABASE ehr TEMPLATE template0 ENCODING '${encoding}' LC_COLLATE 'C' LC_CTYPE 'C'`,
  );
  await clinic.postgres.query('ehr', tables);
  await clinic.writeConfig((config) =>
    config.replace(
      /^policy:[^]*$/m,
      `policy:
  rules:
    - { name: masked, subjects: { groups: [analysts] }, allow: { filter: all } }
    - { name: sees-all, subjects: { groups: [admins] }, allow: { unmask: all, filter: all } }
`,
    ),
  );
  await clinic.startGate();
  return clinic;
}

for (const encoding of ['LATIN1', 'SQL_ASCII']) {
  describe(`bypass corpus, a database in ${encoding}`, () => {
    it('no name of another letter carries a value, by SQL or by the protocol', async () => {
      const clinic = await clinicIn(encoding);
      try {
        for (const attack of attacks) {
          const wire = await Wire.signIn(clinic.postgresPort, 'ana', await clinic.token('ana'));
          for (const sql of attack) await wire.query(sql);
          assert.deepEqual(secretsIn(wire.frames), [], attack.join('; '));
          wire.close();
        }
        const wire = await Wire.signIn(clinic.postgresPort, 'ana', await clinic.token('ana'));
        wire.send(parse(secret, `${long}ac`), encodeSync(), parse(clean, `${long}ab`), encodeSync());
        await wire.until('Z');
        await wire.until('Z');
        wire.send(bind(`${long}ac`), execute(), encodeSync(), parse(secret), bind('', 'é'), execute('é'), encodeSync());
        await wire.until('Z');
        await wire.until('Z');
        assert.deepEqual(secretsIn(wire.frames), []);
        // Ordinary work, with letters in literals, goes on.
        const rows = await wire.query(`SELECT label, 'é' AS mark FROM wards WHERE label <> 'é'`);
        assert.ok(encoding === 'SQL_ASCII' || errorIn(rows) === null, errorIn(rows) ?? '');
        assert.equal(errorIn(await wire.query('SELECT label FROM wards WHERE id = 1')), null);
        wire.close();
        // The harness would see it.
        const dora = await Wire.signIn(clinic.postgresPort, 'dora', await clinic.token('dora'));
        for (const sql of attacks[2] ?? []) await dora.query(sql);
        assert.ok(encoding === 'SQL_ASCII' || secretsIn(dora.frames).length > 0);
        dora.close();
      } finally {
        await clinic.stop();
      }
    });
  });
}
