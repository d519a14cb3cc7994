// chartgate harden where a database is not plain: names of every kind, other kinds of relations, replication, administrators
// who come at once, statements that fail half-way, and what is made after it.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Clinic, canaries, startClinic } from '../parts/clinic.ts';
import { everything } from './privileges.ts';

const oddSchema = `Łab "9" %s`;
const oddTable = `Pa'tient\\ %I`;
const odd = `"Łab ""9"" %s"."Pa'tient\\ %I"`;

const surroundings = `
  CREATE SCHEMA "Łab ""9"" %s";
  GRANT USAGE ON SCHEMA "Łab ""9"" %s" TO gate;
  CREATE TABLE ${odd} (id serial, "Größe ""cm""" int, "Name" text);
  INSERT INTO ${odd} ("Größe ""cm""", "Name") VALUES (170, 'Zebulon');
  GRANT SELECT, INSERT ON ${odd} TO gate;
  GRANT USAGE ON SEQUENCE "Łab ""9"" %s"."Pa'tient\\ %I_id_seq" TO gate;

  CREATE TABLE visits (id int, at date, ssn text) PARTITION BY RANGE (at);
  CREATE TABLE visits_1990 PARTITION OF visits FOR VALUES FROM ('1990-01-01') TO ('2000-01-01');
  INSERT INTO visits VALUES (1, '1991-02-03', '123-45-6789');
  CREATE MATERIALIZED VIEW by_name AS SELECT last, count(*) FROM patients GROUP BY last;
  CREATE VIEW names AS SELECT id, last FROM patients;
  CREATE FUNCTION all_names() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER AS 'SELECT last FROM public.patients';
  CREATE EXTENSION file_fdw;
  CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
  CREATE FOREIGN TABLE outside (id int, ssn text) SERVER files OPTIONS (filename '/dev/null');
  CREATE TABLE wide (${Array.from({ length: 300 }, (_, at) => `a_rather_long_column_name_${at} int`).join(', ')});
  GRANT SELECT (${Array.from({ length: 300 }, (_, at) => `a_rather_long_column_name_${at}`).join(', ')}) ON wide TO gate;
  GRANT SELECT ON visits, visits_1990, by_name, names, outside TO gate;
  CREATE PUBLICATION "all of it" FOR ALL TABLES;`;

const classified = [
  [`${oddSchema}.${oddTable}.Name`, 'name'],
  ['public.visits.ssn', 'ssn'],
  ['public.by_name.last', 'name'],
  ['public.names.last', 'name'],
  ['public.outside.id', 'clear'],
  ['public.outside.ssn', 'ssn'],
];

const configured = (config: string): string => {
  const lines = classified.map(([column, cls]) => `      ${JSON.stringify(column)}: ${cls}\n`).join('');
  return config.replace('    columns:\n', `    columns:\n${lines}`);
};

let clinic: Clinic;
let untouched: unknown;
before(async () => {
  clinic = await startClinic({ posture: 'enforced' });
  await clinic.postgres.query('ehr', surroundings);
  await clinic.writeConfig(configured);
  untouched = await clinic.postgres.query('ehr', everything);
});
after(() => clinic?.stop());

/** As the role of those who see nothing, past the gate: what the database itself lets it do. */
async function asMasked(sql: string): Promise<Record<string, unknown>[]> {
  return clinic.postgres.query(
    'ehr',
    `SET SESSION AUTHORIZATION chartgate_ehr_masked; SET search_path = chartgate_ehr_masked__public; ${sql}`,
  );
}

test('a statement that fails half-way leaves nothing', async () => {
  await clinic.postgres.query(
    'ehr',
    `CREATE FUNCTION no_view() RETURNS event_trigger LANGUAGE plpgsql AS $$
      BEGIN IF (SELECT count(*) FROM pg_views WHERE viewowner = 'chartgate_ehr_owner') > 5 THEN RAISE 'enough'; END IF; END $$;
     CREATE EVENT TRIGGER no_view ON ddl_command_start WHEN TAG IN ('CREATE VIEW') EXECUTE FUNCTION no_view()`,
  );
  const failed = await clinic.harden('--apply');
  assert.notEqual(failed.code, 0);
  assert.match(failed.stderr, /Nothing was changed/);
  await clinic.postgres.query('ehr', 'DROP EVENT TRIGGER no_view; DROP FUNCTION no_view');
  assert.deepEqual(await clinic.postgres.query('ehr', everything), untouched);
  const early = await clinic.harden('--verify');
  assert.equal(early.code, 1);
  assert.match(early.stdout, /FAILED {2}chartgate_ehr_owner is missing/);
});

test('an administrator who is refused is told whose password it was', async () => {
  const admin = ['--admin', `postgres://someone@127.0.0.1:${clinic.postgres.port}/ehr`, '-c', clinic.config];
  for (const [password, said] of [
    [{ CHARTGATE_ADMIN_PASSWORD: 'wrong' }, /refused the login of someone: the password is not that of the login/],
    [{}, /asks for a password, and the login of someone has been given none/],
  ] as const) {
    const env = { EHR_PASSWORD: 'upstream-secret', ...password };
    const refused = await clinic.chartgate(['harden', 'ehr', '--print', ...admin], null, env);
    assert.notEqual(refused.code, 0);
    assert.match(refused.stderr, said);
    assert.match(refused.stderr, /CHARTGATE_ADMIN_PASSWORD or PGPASSWORD/);
  }
});

test('administrators who come at once make one posture, and twice is once', async () => {
  const made = await Promise.all([1, 2, 3].map(() => clinic.harden('--apply')));
  for (const { code, stderr } of made) assert.equal(code, 0, stderr);
  assert.match(made[0]?.stderr ?? '', /publication all of it is of all tables/);
  const verified = await clinic.harden('--verify');
  assert.equal(verified.code, 0, verified.stdout);
  const once = await clinic.postgres.query('ehr', everything);
  assert.equal((await clinic.harden('--apply')).code, 0);
  assert.deepEqual(await clinic.postgres.query('ehr', everything), once);
});

test('the script is the same after it was run, and says no value', async () => {
  const print = async (): Promise<string> => {
    const { code, stdout, stderr } = await clinic.harden('--print');
    assert.equal(code, 0, stderr);
    return stdout.slice(stdout.indexOf('-- What the owner of the views'));
  };
  const script = await print();
  for (const each of [...canaries, 'upstream-secret']) assert.ok(!script.includes(each), each);
  await clinic.writeConfig((config) =>
    configured(config).replace('public.wards.label: clear', 'public.wards.label: other_id'),
  );
  const drifted = await clinic.harden('--verify');
  assert.match(drifted.stdout, /FAILED {2}chartgate_ehr_masked__public\.wards was made by other rules/);
  assert.equal((await clinic.harden('--apply')).code, 0);
  assert.notEqual(await print(), script);
  await clinic.writeConfig(configured);
  assert.equal((await clinic.harden('--apply')).code, 0);
  assert.equal(await print(), script);
});

test('every kind of relation is behind a view, whatever it is called', async () => {
  for (const [relation, rows] of [
    ['visits', [{ id: 1, ssn: '***-**-6789' }]],
    ['visits_1990', [{ id: 1, ssn: '***-**-6789' }]],
    ['outside', []],
  ] as const)
    assert.deepEqual(await asMasked(`SELECT id, ssn FROM ${relation}`), rows, relation);
  for (const relation of ['by_name', 'names', 'patients'])
    assert.match(JSON.stringify(await asMasked(`SELECT last FROM ${relation}`)), /^\[\{"last":"Person-/, relation);
  for (const hidden of [
    'public.visits',
    'public.visits_1990',
    'public.by_name',
    'public.outside',
    'public.all_names()',
    odd,
  ])
    await assert.rejects(asMasked(`SELECT * FROM ${hidden}`), /permission denied for schema/, hidden);
  for (const keys of ['keys', 'held', 'changes'])
    await assert.rejects(asMasked(`SELECT * FROM chartgate_ehr.${keys}`), /permission denied for schema/);
});

test('who may insert draws from the sequence', async () => {
  const [schema] = await clinic.postgres.query(
    'ehr',
    `SELECT quote_ident(n.nspname) AS name FROM pg_namespace n WHERE n.nspname LIKE 'chartgate_ehr_masked\\_\\_%9%'`,
  );
  const view = `${String(schema?.['name'])}."Pa'tient\\ %I"`;
  assert.deepEqual(await asMasked(`INSERT INTO ${view} ("Größe ""cm""") VALUES (180) RETURNING id`), [{ id: 2 }]);
  assert.match(
    JSON.stringify(await asMasked(`SELECT * FROM ${view} WHERE id = 1`)),
    /"Größe \\"cm\\"":170,"Name":"Person-/,
  );
  await assert.rejects(asMasked(`INSERT INTO ${view} ("Name") VALUES ('x')`), /cannot insert into column "Name"/);
});

test('what is made later is invisible until it is classified and harden has run', async () => {
  await clinic.postgres.query(
    'ehr',
    'CREATE TABLE later (id int, said text); ALTER TABLE visits ADD said text; GRANT SELECT ON later TO chartgate_ehr_owner',
  );
  await assert.rejects(asMasked('SELECT * FROM later'), /relation "later" does not exist/);
  await assert.rejects(asMasked('SELECT said FROM visits'), /column "said" does not exist/);
  await clinic.postgres.query('ehr', 'REVOKE SELECT ON later FROM chartgate_ehr_owner');
});

test('undo gives back what was there', async () => {
  await clinic.postgres.query('ehr', 'DROP TABLE later; ALTER TABLE visits DROP said');
  const undone = await clinic.harden('--undo');
  assert.equal(undone.code, 0, undone.stderr);
  assert.deepEqual(await clinic.postgres.query('ehr', everything), untouched);
  const again = await clinic.harden('--undo');
  assert.equal(again.code, 69);
  assert.match(again.stderr, /nothing in this database that harden has made for ehr.*\nIt has been undone already/);
});

test('a role of somebody else that is named like one of these is told, and left alone', async () => {
  await clinic.postgres.query('ehr', 'CREATE ROLE chartgate_ehr_masked LOGIN');
  const made = await clinic.harden('--apply');
  assert.equal(made.code, 69);
  assert.match(made.stderr, /chartgate_ehr….*is not of harden\.\nNothing was changed/);
  await clinic.postgres.query('ehr', 'DROP ROLE chartgate_ehr_masked');
  assert.deepEqual(await clinic.postgres.query('ehr', everything), untouched);
});
