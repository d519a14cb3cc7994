// chartgate classify on a real PostgreSQL: names that mislead in both directions, tables that are empty, huge or out of
// reach, columns that are shown and should not be. No value of the database is in anything it writes.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { after, before, test } from 'node:test';
import { Client } from 'pg';
import type { Io } from '../../src/cli/io.ts';
import { runCli } from '../../src/cli/program.ts';
import { refuse } from '../../src/core/result.ts';
import { surveyDatabase } from '../../src/live-check.ts';
import { parse } from '../config/parts.ts';
import { type PostgresServer, startPostgres } from '../parts/postgres.ts';
import { oddSchemas } from './odd-schemas.ts';

const schema = `
  CREATE ROLE gate LOGIN PASSWORD 'upstream-secret';
  CREATE TABLE encounters_x (
    ref_code text, who text, when_text text, reach varchar(40), tax bigint, counter bigint, seen timestamptz, host inet,
    remarks2 text, address text, status text, payload jsonb, doc jsonb, mails text[], snomed text, "Odd.name" text);
  INSERT INTO encounters_x SELECT
    format('%s-%s-%s', 200 + i, 10 + i % 80, 1000 + i), (ARRAY['Jane','Robert','Maria','Smith','Nguyen'])[1 + i % 5],
    to_char(date '1950-01-01' + i * 37, 'MM/DD/YYYY'), format('zq%s@canary.example', i), 211221000 + i * 7919, i, now(), '10.1.2.3',
    'The patient slept well after the second dose was given.', (ARRAY['left','right'])[1 + i % 2],
    (ARRAY['open','closed'])[1 + i % 2], jsonb_build_object('resourceType', 'Patient', 'id', i),
    jsonb_build_object('a', i), ARRAY[format('zq%s@canary.example', i)], (ARRAY['314529007','44054006','73211009'])[1 + i % 3], 'x'
  FROM generate_series(1, 120) i;
  CREATE TABLE cleared (safe text, town text);
  INSERT INTO cleared SELECT format('%s-%s-%s', 300 + i % 300, 10 + i % 80, 1000 + i), 'Boston' FROM generate_series(1, 80) i;
  CREATE TABLE nothing_yet (ssn text, body text, odd text);
  CREATE TABLE huge (label text, reach2 text);
  INSERT INTO huge SELECT repeat('x', 60), format('zq%s@canary.example', i) FROM generate_series(1, 300000) i;
  ANALYZE huge;
  CREATE TABLE locked_away (secret text);
  CREATE TABLE half (id int, phone text, hidden text);
  INSERT INTO half VALUES (1, '617-555-0142', 'zq@canary.example');
  CREATE TABLE parent (day date, mrn text) PARTITION BY RANGE (day);
  CREATE TABLE child PARTITION OF parent DEFAULT;
  CREATE VIEW shown AS SELECT ref_code AS code FROM encounters_x;
  GRANT SELECT ON encounters_x, cleared, nothing_yet, huge, parent, child, shown TO gate;
  GRANT SELECT (id, phone) ON half TO gate;
  CREATE TABLE behind (who text);
  INSERT INTO behind VALUES ('Jane Doe');
  ALTER TABLE behind ENABLE ROW LEVEL SECURITY;
  GRANT SELECT ON behind TO gate;`;

let postgres: PostgresServer;
let directory: string;

before(async () => {
  postgres = await startPostgres();
  await postgres.createDatabase('ehr');
  await postgres.query('ehr', schema);
  directory = mkdtempSync(join(tmpdir(), 'chartgate-classify-'));
});
after(async () => {
  await postgres.stop();
  rmSync(directory, { recursive: true, force: true });
});

const head = 'listen: { http: 127.0.0.1:0 }\n';
const connections = (database = 'ehr'): string =>
  `connections:\n  ehr: { type: postgres, url: "postgres://gate@127.0.0.1:${postgres.port}/${database}", password: "\${env:EHR}" }\n`;

interface Outcome {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

async function classify(classification: string, ...argv: readonly string[]): Promise<Outcome> {
  return classifyIn('ehr', classification, ...argv);
}

async function classifyIn(database: string, classification: string, ...argv: readonly string[]): Promise<Outcome> {
  const config = join(directory, 'chartgate.yaml');
  writeFileSync(config, head + connections(database) + classification);
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const io: Io = { env: { EHR: 'upstream-secret' }, cwd: directory, stdin: Readable.from([]), stdout, stderr };
  const exit = await runCli(['classify', ...argv], io, {
    serve: async () => 0,
    openHardening: async () => refuse('unknown_connection', 'There is no such connection.'),
    survey: surveyDatabase,
    version: '0.0.0',
  });
  const outcome = { exit, out: String(stdout.read() ?? ''), err: String(stderr.read() ?? '') };
  assert.doesNotMatch(
    outcome.out + outcome.err,
    /canary|zq|90377|\d{3}-\d\d-\d{4}|Jane|Nguyen|Boston|slept|211221/,
    'no value is written',
  );
  return outcome;
}

interface Told {
  readonly columns: readonly {
    readonly name: string;
    readonly said: unknown;
    readonly evidence: readonly string[];
    readonly exposed: boolean;
  }[];
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
  readonly unknown: readonly string[];
  readonly exposed: readonly string[];
  readonly not_sampled: readonly string[];
  readonly pack: { readonly name: string } | null;
}

async function told(classification: string, ...argv: readonly string[]): Promise<Told & { exit: number }> {
  return toldOf('ehr', classification, ...argv);
}

async function toldOf(
  database: string,
  classification: string,
  ...argv: readonly string[]
): Promise<Told & { exit: number }> {
  const { exit, out, err } = await classifyIn(database, classification, 'ehr', '--json', ...argv);
  assert.equal(err, '');
  return { ...JSON.parse(out), exit };
}

const of = ({ columns }: Told, name: string): unknown => columns.find((each) => each.name === `public.${name}`)?.said;

test('values speak where names do not, and names where values do not', async () => {
  const proposal = await told('');
  const expected: Readonly<Record<string, unknown>> = {
    'encounters_x.ref_code': 'ssn',
    'encounters_x.who': 'name',
    'encounters_x.when_text': 'date',
    'encounters_x.reach': 'email',
    'encounters_x.tax': 'ssn',
    'encounters_x.counter': undefined,
    'encounters_x.seen': 'date',
    'encounters_x.host': 'ip',
    'encounters_x.remarks2': 'note',
    'encounters_x.address': 'address',
    'encounters_x.status': null,
    'encounters_x.payload': 'note',
    'encounters_x.doc': 'note',
    'encounters_x.mails': 'email',
    'huge.reach2': 'email',
    'huge.label': null,
    'nothing_yet.ssn': 'ssn',
    'nothing_yet.body': 'note',
    'nothing_yet.odd': null,
    'locked_away.secret': null,
    'half.phone': 'phone',
    'half.hidden': null,
    'parent.mrn': 'mrn',
    'child.mrn': undefined,
    'shown.code': undefined,
    'behind.who': null,
  };
  for (const [name, said] of Object.entries(expected)) assert.equal(of(proposal, name), said, name);
  const evidence = (name: string): string =>
    proposal.columns.find((each) => each.name === `public.${name}`)?.evidence.join('; ') ?? '';
  assert.equal(evidence('encounters_x.ref_code'), '120 of 120 look like ssn');
  assert.equal(evidence('encounters_x.address'), 'name; 120 values, nothing found');
  assert.match(evidence('encounters_x.payload'), /120 of 120 are FHIR resources/);
  assert.match(evidence('huge.reach2'), /^200 of 200 look like email/);
  assert.equal(evidence('nothing_yet.ssn'), 'name; no values');
  assert.equal(evidence('locked_away.secret'), 'not sampled');
  assert.deepEqual(proposal.not_sampled, [
    "public.locked_away: the gate's login may not read it",
    "public.half.hidden: the gate's login may not read it",
  ]);
  assert.deepEqual(proposal.exposed, ['public.encounters_x.tax'], 'numbers nobody has classified are clear');
  assert.equal(proposal.exit, 1);
  assert.equal(proposal.pack, null);
});

test('a person has the last word, unless what is cleared is full of identifiers', async () => {
  const proposal = await told(`classification:
  ehr:
    columns:
      public.cleared.safe: clear
      public.cleared.town: clear
      public.encounters_x.tax: other_id
      public.encounters_x.snomed: clear
      public.encounters_x.doc: { /a: clear }
      public.shown.code: ssn
      public.gone.column: ssn
`);
  assert.equal(of(proposal, 'cleared.safe'), 'ssn');
  assert.equal(of(proposal, 'cleared.town'), 'clear', 'a town may be cleared after review');
  assert.equal(of(proposal, 'encounters_x.tax'), 'other_id');
  assert.equal(of(proposal, 'encounters_x.snomed'), 'clear', 'codes of nine digits are no numbers of people');
  assert.deepEqual(of(proposal, 'encounters_x.doc'), { '/a': 'clear' });
  assert.equal(of(proposal, 'shown.code'), 'ssn', 'what nobody looked into stays');
  assert.deepEqual(proposal.exposed, ['public.cleared.safe']);
  assert.deepEqual(proposal.changed, ['public.cleared.safe']);
  assert.deepEqual(proposal.removed, ['public.gone.column']);
  assert.equal(proposal.exit, 1);
});

test('what it writes is a classification: taken in, nothing is left to add', async () => {
  const first = await classify('', 'ehr', '-o', 'proposed.yaml');
  assert.equal(first.exit, 1);
  assert.match(first.out, /^\+ public\.encounters_x\.ref_code: ssn {2}\(120 of 120 look like ssn\)$/m);
  assert.match(first.out, /^\? public\.encounters_x\.status: unknown, stays masked/m);
  assert.match(first.out, /^LOOK {2}public\.encounters_x\.tax is shown/m);
  assert.match(first.out, /written to proposed\.yaml/);
  const yaml = readFileSync(join(directory, 'proposed.yaml'), 'utf8');
  assert.match(yaml, /^ {6}public\.encounters_x\.ref_code: ssn {2}# 120 of 120 look like ssn$/m);
  assert.match(yaml, /^ {4}# {3}public\.encounters_x\.Odd\.name: {2}#/m);
  const config = parse(head + connections() + yaml);
  assert.ok(config.ok, JSON.stringify(!config.ok && config.error));
  const again = await told(yaml);
  assert.deepEqual([again.added, again.changed, again.removed, again.exposed, again.exit], [[], [], [], [], 0]);
  const refused = await classify('', 'ehr', '-o', 'proposed.yaml');
  assert.deepEqual([refused.exit, refused.out], [64, '']);
});

test('a table that is locked is said, and keeps nobody waiting', async () => {
  const client = new Client({
    connectionString: postgres.url(postgres.superuser, postgres.superuserPassword, 'ehr'),
  });
  await client.connect();
  try {
    await client.query('BEGIN; LOCK TABLE cleared');
    const proposal = await told('');
    assert.ok(
      proposal.not_sampled.some((each) => /^public\.cleared: .*SQLSTATE 55P03/.test(each)),
      String(proposal.not_sampled),
    );
    assert.equal(of(proposal, 'cleared.safe'), null);
    assert.equal(of(proposal, 'huge.reach2'), 'email', 'the others are looked into');
  } finally {
    await client.end();
  }
});

test('without -o the YAML is the result, and the differences go beside it', async () => {
  const { out, err } = await classify('', 'ehr', '--sample', '50');
  assert.ok(parse(head + connections() + out).ok);
  assert.match(out, /ref_code: ssn {2}# 50 of 50/);
  assert.match(err, /^\+ public\.encounters_x\.ref_code: ssn/m);
});

test('a known schema is recognised by its tables', async () => {
  await postgres.createDatabase('cdm');
  await postgres.query(
    'cdm',
    ['person', 'visit_occurrence', 'measurement', 'drug_exposure', 'concept']
      .map((name) => `CREATE TABLE ${name} (person_id int, ${name}_source_value text, ${name}_date date);`)
      .join('') + 'GRANT SELECT ON ALL TABLES IN SCHEMA public TO gate',
  );
  const { exit, out: yaml } = await classifyIn('cdm', '', 'ehr');
  assert.equal(exit, 0, yaml);
  assert.match(yaml, /^ {4}pack: omop {2}# 5 of its tables are here$/m);
  assert.match(yaml, /public\.visit_occurrence\.person_id: other_id {2}# pack omop/);
});

async function odd(name: keyof typeof oddSchemas): Promise<void> {
  await postgres.createDatabase(name);
  await postgres.query(name, `${oddSchemas[name]} GRANT SELECT ON ALL TABLES IN SCHEMA public TO gate`);
}

/** What is proposed for each column of a table, as a person reads it: `name:class …`, `?` for unknown. */
function proposed(proposal: Told, table: string): string {
  return proposal.columns
    .filter(({ name }) => name.startsWith(`public.${table}.`))
    .map(({ name, said }) => `${name.split('.')[2]}:${typeof said === 'string' ? said : '?'}`)
    .join(' ');
}

test('FHIR in documents', async () => {
  await odd('fhir');
  const proposal = await toldOf('fhir', '');
  assert.equal(proposed(proposal, 'fhir_resources'), 'id:? resource_type:? resource:note last_updated:date');
  assert.equal(proposed(proposal, 'fhir_texts'), 'raw:note');
});

test('OMOP, and a column that appears in it later', async () => {
  await odd('omop');
  const proposal = await toldOf('omop', '');
  assert.equal(proposal.pack?.name, 'omop');
  assert.equal(
    proposed(proposal, 'person'),
    'person_id:other_id month_of_birth:date birth_datetime:date person_source_value:other_id gender_source_value:? location_id:other_id',
  );
  assert.equal(
    proposed(proposal, 'location'),
    'location_id:other_id address_1:address city:address zip:address county:address location_source_value:address',
  );
  assert.equal(proposed(proposal, 'provider'), 'provider_name:name npi:license dea:license specialty_source_value:?');
  assert.match(proposed(proposal, 'note'), /note_title:note note_text:note note_source_value:\?/);
  assert.equal(proposed(proposal, 'concept'), '');
  assert.equal(proposed(proposal, 'care_site'), 'care_site_name:address');
  const { out: yaml } = await classifyIn('omop', '', 'ehr');
  await postgres.query(
    'omop',
    'ALTER TABLE person ADD COLUMN nickname_x text; ALTER TABLE death ADD COLUMN email text',
  );
  const later = await toldOf('omop', yaml);
  assert.deepEqual([later.added, later.changed, later.removed], [['public.death.email'], [], []]);
  assert.ok(later.unknown.includes('public.person.nickname_x'), String(later.unknown));
});

test('Synthea', async () => {
  await odd('synthea');
  const proposal = await toldOf('synthea', '');
  assert.equal(proposal.pack?.name, 'synthea');
  const columns = proposed(proposal, 'patients');
  for (const each of 'id:other_id birthdate:date ssn:ssn drivers:license passport:other_id first:name last:name maiden:name address:address zip:address lat:address'.split(
    ' ',
  ))
    assert.ok(columns.split(' ').includes(each), `${each} in ${columns}`);
  assert.doesNotMatch(columns, /gender|race|expenses/);
  assert.equal(proposed(proposal, 'conditions'), 'start:date stop:date patient:other_id encounter:other_id');
});

test('tables in German and Spanish, and names that lie', async () => {
  await odd('home');
  const proposal = await toldOf('home', '');
  assert.equal(
    proposed(proposal, 'stammdaten'),
    'pat_nr:mrn Vorname:name nachname:name geb_datum:date Straße:address plz:address ort:address telefon:phone versichertennummer:health_plan hausarzt:name bemerkung:note status:? farbe:? kennz:email',
  );
  assert.equal(
    proposed(proposal, 'pacientes'),
    'expediente:mrn nombre:name primer_apellido:name segundo_apellido:name fecha_nacimiento:date domicilio:address correo_electronico:email movil:phone dni:ssn observaciones:note color:? codigo_cie:?',
  );
  assert.equal(proposed(proposal, 'lies'), 'color:ssn priority:name flags:date');
});

test('names that are abbreviated, numbers and uuids that are shown, types that are not looked into', async () => {
  await odd('short');
  const proposal = await toldOf('short', '');
  assert.equal(
    proposed(proposal, 'pat_mstr'),
    'PAT_ID:other_id PAT_LST_NM:name DOB_DT:date HOME_PH:phone SSN_NBR:ssn PCP_PROV_NM:name ZIP_CD:address patient_uuid:other_id lat:address mrn:mrn nm:? raw:? parts:? last:email item_name:?',
  );
  const shown = ['HOME_PH', 'SSN_NBR', 'mrn'].map((name) => `public.pat_mstr.${name}`);
  assert.deepEqual(proposal.exposed, shown, 'what is called so, and shown today');
  assert.equal(proposal.exit, 1);
  assert.ok(proposal.unknown.includes('public.pat_mstr.last.name'), 'nothing can be said of it');
  assert.equal(proposal.columns[0]?.name, 'public.a_last.city', 'in the same order every time');
  const { out } = await classifyIn('short', '', 'ehr');
  assert.match(out, /# {3}public\.pat_mstr\.last\.name: {2}# .*a dot in its name/);
  const again = await toldOf('short', out);
  assert.deepEqual([again.added, again.changed, again.removed, again.exposed, again.exit], [[], [], [], [], 0]);
});

test('what harden keeps for itself in the database is left out', async () => {
  await postgres.createDatabase('hardened');
  const kept =
    'CREATE SCHEMA chartgate_ehr; CREATE TABLE chartgate_ehr.changes (undo text); CREATE TABLE visits (ssn text)';
  await postgres.query('hardened', `${kept}; GRANT SELECT ON visits TO gate`);
  const proposal = await toldOf('hardened', '');
  assert.deepEqual(
    proposal.columns.map(({ name }) => name),
    ['public.visits.ssn'],
  );
  assert.deepEqual(proposal.not_sampled, []);
});

test('two thousand columns, in the time and memory of a coffee', async () => {
  await odd('wide');
  const started = process.cpuUsage();
  const before = process.memoryUsage().rss;
  const proposal = await toldOf('wide', '', '--sample', '20');
  const used = process.cpuUsage(started);
  const grown = (process.memoryUsage().rss - before) / 1_048_576;
  assert.equal(proposal.columns.length, 2_000);
  assert.deepEqual(proposal.not_sampled, []);
  assert.ok((used.user + used.system) / 1e6 < 10, `${(used.user + used.system) / 1e6} s of CPU`);
  assert.ok(grown < 400, `${grown.toFixed(0)} MB`);
});

test('mistakes: what, and the exit code of the table', async () => {
  assert.equal((await classify('', 'nowhere')).exit, 68);
  for (const rows of ['0', '10001', 'many']) assert.equal((await classify('', 'ehr', '--sample', rows)).exit, 64, rows);
  assert.equal((await classify('masks: { ssn: last5 }\n', 'ehr')).exit, 78);
  writeFileSync(join(directory, 'mine.yaml'), 'worked on');
  // Said before the database is asked, which is none that is there.
  const there = await classifyIn('nowhere', '', 'ehr', '-o', 'mine.yaml');
  assert.deepEqual([there.exit, readFileSync(join(directory, 'mine.yaml'), 'utf8')], [64, 'worked on']);
  assert.match(there.err, /mine\.yaml is there already, and stays as it is\.\nName another file with -o/);
  const nowhere = await classify('', 'ehr', '-o', 'no/such/place.yaml');
  assert.equal(nowhere.exit, 64);
  assert.match(nowhere.err, /no\/such\/place\.yaml cannot be written\.\nName a file in a directory that is there/);
});
