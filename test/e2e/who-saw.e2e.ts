// Who saw this patient: found by what stood in the masked answer, by what the question named, through an agent's tool too;
// plainly counted where an answer did not say; never the number itself on disk; the same after the index is read anew.

import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { WhoSawView } from '../../src/admin/contract-who-saw.ts';
import type { PatientAccess } from '../../src/audit/evidence/tally.ts';
import { type Clinic, canaries, startClinic } from '../parts/clinic.ts';
import { eventually } from '../parts/eventually.ts';

const number = 'MRN-77-2041-KAPPA';

let clinic: Clinic;

before(async () => {
  clinic = await startClinic();
  await clinic.postgres.query(
    'ehr',
    `ALTER TABLE patients ADD COLUMN mrn text; UPDATE patients SET mrn = CASE id WHEN 1 THEN '${number}' ELSE 'mrn-2' END`,
  );
  const keys = '{ public.patients.id: id, public.patients.mrn: mrn, public.notes.patient: id }';
  await clinic.writeConfig((text) => {
    const patient = text.replace('    posture: inline\n', `    posture: inline\n    patient: { columns: ${keys} }\n`);
    const classified = patient.replace(
      'public.patients.ssn: ssn',
      'public.patients.ssn: ssn\n      public.patients.mrn: mrn',
    );
    return `${classified}audit: { export: [{ type: ndjson, path: ./sent.ndjson }] }\n`;
  });
  await clinic.startGate();
});
after(() => clinic.stop());

async function ask(person: string, sql: string, params: unknown[] = []): Promise<unknown[]> {
  const client = await clinic.connect(person);
  try {
    return (await client.query(sql, params)).rows;
  } finally {
    await client.end();
  }
}

async function whoSaw(patient: string, more: object = {}): Promise<WhoSawView> {
  const response = await fetch(`${clinic.url}/api/v1/who-saw`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await clinic.token('augusto')}`, 'content-type': 'application/json' },
    body: JSON.stringify({ patients: [patient], reason: 'the patient asks', ...more }),
  });
  assert.equal(response.status, 200);
  return (await response.json()) as WhoSawView;
}

function said({ disclosures }: WhoSawView): unknown[] {
  return disclosures.map(({ recipient, by, what, shown, masked }) => [
    recipient.id,
    by,
    what.join(),
    shown.join(),
    masked.join(),
  ]);
}

test('each answer about a patient is found by every way it can name them, and no other', async () => {
  const [row] = (await ask('ana', '/* reason: audit 12 */ SELECT mrn, ssn FROM patients ORDER BY id LIMIT 1')) as {
    mrn: string;
  }[];
  assert.notEqual(row?.mrn, number, 'the analyst sees no number');
  const cora = await clinic.connect('cora');
  await cora.query({ text: 'SELECT first FROM patients WHERE id = $1', values: [1] });
  await cora.query("SELECT first FROM patients p WHERE p.mrn = 'mrn-2'");
  await cora.query("SELECT first FROM patients WHERE mrn = 'nobody'");
  await cora.query('SELECT id, label FROM wards WHERE id = 1');
  await cora.end();
  await ask('dora', 'SELECT count(*) FROM patients');
  const copied = await clinic.connect('dora');
  await copied.query('SELECT id FROM patients WHERE id = 2');
  await copied.end();

  const byNumber = await whoSaw(`mrn:${number.toLowerCase()} `);
  assert.deepEqual(said(byNumber), [['ana', 'row', 'public.patients', '', 'mrn,ssn']]);
  assert.equal(byNumber.disclosures[0]?.purpose, 'audit 12');
  assert.match(byNumber.label, /164\.528/);
  assert.equal(byNumber.unnamed, 1, 'a count is about patients and names none');
  assert.deepEqual(said(await whoSaw('id:1')), [['cora', 'asked', 'public.patients', 'name', '']]);
  assert.deepEqual(said(await whoSaw('mrn-2')), [['cora', 'asked', 'public.patients', 'mrn,name', '']]);
  assert.deepEqual(said(await whoSaw('id:2')), [['dora', 'row', 'public.patients', '', '']]);
  assert.deepEqual(said(await whoSaw('mrn:nobody')), [], 'there was no such row');
  assert.deepEqual((await whoSaw(`mrn:${number}`, { until: '2020-01-01T00:00:00Z' })).disclosures, []);
});

test("an agent's tool call that asks the database is found with its cause", async () => {
  const agent = await clinic.agent('ana');
  await agent.callTool({ name: 'query', arguments: { sql: 'SELECT id, ssn FROM patients WHERE id < 2' } });
  await agent.close();
  const [found] = (await whoSaw('id:1')).disclosures;
  assert.deepEqual([found?.recipient.id, found?.by, found?.door], ['ana', 'row', 'postgres']);
  const sessions = await clinic.sessions({ connection: 'ehr-tools', tool: 'query' });
  assert.equal(sessions.length, 1);
});

test('the lookup is for auditors, needs a reason, and is on record', async () => {
  const zed = await clinic.chartgate(['who-saw', 'id:1', '--reason', 'curious', '-c', clinic.config], 'zed');
  assert.match(zed.stderr, /needs an auditor/);
  const silent = await clinic.chartgate(['who-saw', 'id:1', '--reason', ' ', '-c', clinic.config], 'augusto');
  assert.match(silent.stderr, /needs a reason/);
  const kind = await clinic.chartgate(['who-saw', 'id:1', '--reason', 'x', '-c', clinic.config], 'augusto');
  assert.match(kind.stdout, /asked for/);
  const mistyped = await clinic.chartgate(['who-saw', 'ids:1', '--reason', 'x', '-c', clinic.config], 'augusto');
  assert.equal(mistyped.code, 65, mistyped.stdout);
  assert.match(mistyped.stderr, /no kind of identifier here; there are: id, mrn\./);
});

test('an evidence package lists who saw the patient, and says in no file who that is', async () => {
  const folder = join(clinic.directory, 'case-77');
  const period = ['--from', '2020-01-01', '--to', '2090-01-01'];
  const asked = ['evidence', ...period, '-o', folder, '--patient', 'id:1', `mrn:${number}`, '-c', clinic.config];
  assert.equal((await clinic.chartgate(asked, 'augusto')).code, 64, 'without a reason');
  const because = [...asked, '--reason', 'case 77'];
  assert.match((await clinic.chartgate(because, 'zed')).stderr, /needs an auditor/);
  const made = await clinic.chartgate(because, 'augusto');
  assert.equal(made.code, 0, made.stderr);
  const verified = await clinic.chartgate(['verify-evidence', folder], null);
  assert.equal(verified.code, 0, verified.stdout);
  const { making, tallies } = JSON.parse(await readFile(join(folder, 'report.json'), 'utf8'));
  const { disclosures, unnamed } = await whoSaw('id:1', { patients: ['id:1', `mrn:${number}`] });
  const entries = disclosures.map(({ seq }) => seq).toReversed();
  assert.deepEqual(making.patient, { entries, unnamed, shredded: 0 });
  const seen = tallies.patient.map(({ who, shown, masked }: PatientAccess) => [who, shown.join(), masked.join()]);
  assert.deepEqual(seen, [
    ['ana (https://ci.example)', '', 'mrn,ssn'],
    ['cora (https://ci.example)', 'name', ''],
    ['ana (https://ci.example)', '', 'ssn'],
  ]);
  for (const each of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!each.isFile()) continue;
    const content = await readFile(join(each.parentPath, each.name), 'latin1');
    assert.ok(!content.toLowerCase().includes(number.toLowerCase()), each.name);
  }
});

test('a text search finds what was said and shown, and nothing that was masked', async () => {
  await ask('ana', 'SELECT first, last, mrn, ssn FROM patients /* canary-question */');
  const search = async (text: string): Promise<number> => {
    const response = await fetch(`${clinic.url}/api/v1/sessions/search`, {
      method: 'POST',
      headers: { authorization: `Bearer ${await clinic.token('augusto')}`, 'content-type': 'application/json' },
      body: JSON.stringify({ text, reason: 'test', filter: { subject: 'ana', limit: 100 } }),
    });
    assert.equal(response.status, 200, await response.clone().text());
    return ((await response.json()) as { readonly sessions: readonly unknown[] }).sessions.length;
  };
  assert.equal(await search('canary-question'), 1);
  for (const canary of [...canaries, number]) assert.equal(await search(canary), 0, canary);
});

test('a word that is mistyped does not read as if nothing had happened', async () => {
  const run = (...args: string[]) => clinic.chartgate([...args, '-c', clinic.config], 'augusto');
  const nobody = await run('sessions', 'ls', '--subject', 'anna', '--connection', 'ehr', '--json');
  assert.deepEqual([nobody.code, nobody.stdout, nobody.stderr], [0, '[]\n', '']);
  const unknown = await run('sessions', 'ls', '--subject', 'anna', '--connection', 'ehr', '--tool', 'qery');
  assert.match(unknown.stderr, /^No session matches\. None .* has --subject anna, nor --tool qery, at any time\.$/m);
  const early = await run('sessions', 'ls', '--subject', 'ana', '--until', '2020-01-01');
  assert.equal(early.stderr, 'No session matches.\n');
  const hold = ['audit', 'hold', 'add', '--reason', 'case 77'];
  assert.equal((await run(...hold, '--session', 's_nobody')).code, 66);
  assert.match((await run(...hold, '--subject', 'anna')).stderr, /No session of anna is on record/);
  assert.equal((await run(...hold, '--subject', 'ana')).stderr, '');
});

test('the index read anew says the same, and no file knows the number', async () => {
  const args = ['audit', 'reindex', '--json', '-c', clinic.config];
  const { code, stdout, stderr } = await clinic.chartgate(args, 'augusto');
  assert.equal(code, 0, stderr);
  assert.equal(JSON.parse(stdout).same, true);
  assert.equal((await whoSaw(`mrn:${number}`)).disclosures.length, 2);
  let files = 0;
  for (const each of await readdir(clinic.state, { recursive: true, withFileTypes: true })) {
    if (!each.isFile()) continue;
    // The gate runs: a part of a tile goes when it has grown into a larger one.
    const content = await readFile(join(each.parentPath, each.name), 'latin1').catch(() => null);
    if (content === null) continue;
    files++;
    assert.ok(!content.toLowerCase().includes(number.toLowerCase()), each.name);
  }
  assert.ok(files > 5);
});

test('the gate sends its log on, and gives out a stretch of it', async () => {
  const given = await clinic.chartgate(['audit', 'export', '--format', 'ocsf', '-c', clinic.config], 'augusto');
  assert.equal(given.code, 0, given.stderr);
  const lines = given.stdout.trimEnd().split('\n');
  const uids = lines.map((line): string => JSON.parse(line).metadata.uid);
  assert.ok(uids.length > 20);
  const sent = join(clinic.directory, 'sent.ndjson');
  const linesSent = async (): Promise<string[]> => (await readFile(sent, 'utf8')).trimEnd().split('\n');
  await eventually(async () => (await linesSent()).length >= uids.length, 'all of it arrives');
  const arrived = await linesSent();
  assert.deepEqual(
    arrived.slice(0, uids.length).map((line): string => JSON.parse(line).metadata.uid),
    uids,
  );
  assert.doesNotMatch(given.stdout, /Zebulon|KAPPA|SELECT mrn/);
});
