// chartgate harden against one PostgreSQL: made, made again, verified, found broken when it is, and undone so that not one
// privilege is another than before; by a superuser, and by an owner who is none.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Clinic, canaries, startClinic } from '../parts/clinic.ts';
import { notInstalled, type PostgresVersion } from '../parts/postgres.ts';
import { everything } from './privileges.ts';

/** What a hospital's database has beside tables: other roles, columns granted singly, sequences, a second schema. */
const surroundings = `
  CREATE ROLE reporting LOGIN PASSWORD 'x';
  CREATE SCHEMA lab;
  GRANT USAGE ON SCHEMA lab TO PUBLIC;
  CREATE TABLE lab.patients (id serial PRIMARY KEY, ssn varchar(11) NOT NULL, taken timestamptz);
  INSERT INTO lab.patients (ssn, taken) VALUES ('123-45-6789', '1961-07-23');
  GRANT SELECT, INSERT ON lab.patients TO gate;
  GRANT USAGE ON SEQUENCE lab.patients_id_seq TO gate;
  GRANT SELECT ON lab.patients TO reporting;
  CREATE FUNCTION lab.tested(text DEFAULT 'all') RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM lab.patients';
  REVOKE EXECUTE ON FUNCTION lab.tested FROM PUBLIC;
  GRANT EXECUTE ON FUNCTION lab.tested TO gate;
  CREATE TABLE staff (id int, phone text, note text);
  GRANT SELECT (id, phone) ON staff TO gate;
  CREATE MATERIALIZED VIEW by_city AS SELECT city, count(*) FROM patients GROUP BY city;
  GRANT SELECT ON by_city TO gate WITH GRANT OPTION;`;

const harm = `
  GRANT USAGE ON SCHEMA public TO PUBLIC;
  GRANT SELECT (ssn) ON patients TO chartgate_ehr_masked;
  GRANT SELECT ON patients TO gate;
  GRANT chartgate_ehr_owner TO reporting;
  CREATE OR REPLACE VIEW chartgate_ehr_masked__public.wards AS SELECT id, label, beds FROM public.wards WHERE true;`;

const givenToOwner = `
  CREATE ROLE dba LOGIN CREATEROLE PASSWORD 'dba-secret';
  ALTER DATABASE ehr OWNER TO dba; ALTER SCHEMA public OWNER TO dba; ALTER SCHEMA lab OWNER TO dba; ALTER FUNCTION lab.tested OWNER TO dba;
  DO $$ DECLARE each record; BEGIN
    FOR each IN SELECT c.oid::regclass AS name FROM pg_class c
        WHERE c.relnamespace IN ('public'::regnamespace, 'lab'::regnamespace) AND c.relkind IN ('r', 'v', 'm') LOOP
      EXECUTE format('ALTER TABLE %s OWNER TO dba', each.name);
    END LOOP;
  END $$;`;

async function openWard(version: PostgresVersion): Promise<Clinic> {
  const clinic = await startClinic({ posture: 'enforced', postgresVersion: version });
  await clinic.postgres.query('ehr', surroundings);
  await clinic.writeConfig((config) =>
    config.replace('    columns:\n', '    columns:\n      lab.patients.ssn: ssn\n      public.by_city.city: address\n'),
  );
  return clinic;
}

export function hardenOn(version: PostgresVersion): void {
  describe(`chartgate harden, PostgreSQL ${version}`, { skip: notInstalled(version) }, () => {
    let clinic: Clinic;
    let untouched: unknown;
    before(async () => {
      clinic = await openWard(version);
      untouched = await clinic.postgres.query('ehr', everything);
    });
    after(() => clinic?.stop());

    it('is made, and holds', async () => {
      const made = await clinic.harden('--apply');
      assert.equal(made.code, 0, made.stderr);
      for (const each of [...canaries, 'upstream-secret']) assert.ok(!made.stderr.includes(each), each);
      assert.match(made.stderr, /left out {2}public\.patients: nobody has classified tags, extra/);
      assert.match(made.stderr, /left out {2}public\.staff: gate may not read it/);
      const held = await clinic.harden('--verify');
      assert.equal(held.code, 0, held.stdout);
      const run = (role: string): Promise<unknown> =>
        clinic.postgres.query('ehr', `SET SESSION AUTHORIZATION ${role}; SELECT lab.tested()::int AS n`);
      assert.deepEqual(await run('chartgate_ehr_all'), [{ n: 1 }]);
      await assert.rejects(run('chartgate_ehr_masked'), /permission denied for schema/);
    });

    it('is found broken when it is, and repaired', async () => {
      await clinic.postgres.query('ehr', harm);
      const broken = await clinic.harden('--verify', '--json');
      assert.equal(broken.code, 1);
      const wrong = (JSON.parse(broken.stdout) as { findings: { ok: boolean; text: string }[] }).findings
        .filter((each) => !each.ok)
        .map((each) => each.text)
        .join('\n');
      for (const each of [
        /chartgate_ehr_masked, public: it may use/,
        /chartgate_ehr_masked, public\.patients: it has been granted rights/,
        /reporting: this role may become the owner/,
        /chartgate_ehr_masked__public\.wards has been changed by hand/,
        /gate still has rights on it/,
      ])
        assert.match(wrong, each);
      await clinic.postgres.query('ehr', 'REVOKE chartgate_ehr_owner FROM reporting');
      const repaired = await clinic.harden('--apply');
      assert.equal(repaired.code, 0, repaired.stderr);
      const held = await clinic.harden('--verify');
      assert.equal(held.code, 0, held.stdout);
    });

    it('is undone, and every privilege is what it was', async () => {
      const undone = await clinic.harden('--undo');
      assert.equal(undone.code, 0, undone.stderr);
      assert.deepEqual(await clinic.postgres.query('ehr', everything), untouched);
    });

    it('can be made and undone by who owns the database and may make roles', async () => {
      await clinic.postgres.query('ehr', givenToOwner);
      const before = await clinic.postgres.query('ehr', everything);
      const admin = ['--admin', `postgres://dba@127.0.0.1:${clinic.postgres.port}/ehr`, '-c', clinic.config];
      const secrets = { CHARTGATE_ADMIN_PASSWORD: 'dba-secret', EHR_PASSWORD: 'upstream-secret' };
      for (const asked of ['--apply', '--apply', '--verify', '--undo']) {
        const done = await clinic.chartgate(['harden', 'ehr', asked, ...admin], null, secrets);
        assert.equal(done.code, 0, `${asked}: ${done.stdout}${done.stderr}`);
      }
      assert.deepEqual(await clinic.postgres.query('ehr', everything), before);
    });
  });
}
