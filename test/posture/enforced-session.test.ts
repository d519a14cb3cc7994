// Sessions of the enforced posture: each subject in the role of its unmask set, the same work as in the inline posture, and
// a database that has to hold before anybody is let in.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DatabaseError } from 'pg';
import { type Clinic, startClinic } from '../parts/clinic.ts';
import { eventually } from '../parts/eventually.ts';

let clinic: Clinic;
before(async () => {
  clinic = await startClinic({ posture: 'enforced' });
  await clinic.postgres.query('ehr', 'ALTER TABLE wards ADD note text');
  await clinic.startGate();
});
after(() => clinic?.stop());

async function ask(person: string, ...statements: readonly string[]): Promise<unknown[][]> {
  const client = await clinic.connect(person);
  try {
    const answers: unknown[][] = [];
    for (const sql of statements) answers.push((await client.query({ text: sql, rowMode: 'array' })).rows);
    return answers;
  } finally {
    await client.end();
  }
}

test('who is masked reads views under the names of the tables, in the role of its set', async () => {
  const [rows, who] = await ask('ana', 'SELECT * FROM patients ORDER BY id', 'SELECT current_user, session_user');
  assert.match(JSON.stringify(rows?.[0]), /^\[1,"Person-[0-9a-f]{8}","Person-[0-9a-f]{8}","\*{3}-\*{2}-6789",/);
  assert.deepEqual(who, [['chartgate_ehr_masked', 'chartgate_ehr_masked']]);
  const [seen] = await ask('cora', 'SELECT first, ssn, city FROM public.patients WHERE public.patients.id = 1');
  assert.deepEqual(seen, [['Zebulon', '***-**-6789', '[ADDRESS]']]);
  const [all, path] = await ask('dora', 'SELECT first, ssn, extra FROM patients WHERE id = 1', 'SHOW search_path');
  assert.deepEqual(all, [['Zebulon', '123-45-6789', { ssn: '123-45-6789' }]]);
  assert.deepEqual(path, [['public']]);
});

test('a masked value is the same one in both postures', async () => {
  const inline = await startClinic();
  try {
    const { cp } = await import('node:fs/promises');
    await cp(`${clinic.state}/kek`, `${inline.state}/kek`, { recursive: true });
    await inline.startGate();
    const client = await inline.connect('ana');
    const sql = 'SELECT id, first, last, ssn, birthdate, city, visits FROM patients ORDER BY id';
    const { rows } = await client.query({ text: sql, rowMode: 'array' });
    await client.end();
    assert.deepEqual(rows, (await ask('ana', sql))[0]);
    const check = await inline.chartgate(['check', '-c', inline.config], null, { EHR_PASSWORD: 'upstream-secret' });
    assert.match(check.stdout, /posture inline: \d+ columns, 6 classified as PHI/);
  } finally {
    await inline.stop();
  }
});

test('what would be held back in the inline posture is answered: the database has masked it already', async () => {
  const [rows, longest] = await ask(
    'ana',
    "SELECT count(*) FROM patients WHERE ssn LIKE '123%' GROUP BY upper(last)",
    'SELECT max(length(ssn)), row_to_json(p)::text FROM patients p GROUP BY 2 ORDER BY 2 LIMIT 1',
  );
  assert.deepEqual(rows, []);
  assert.doesNotMatch(JSON.stringify(longest), /123-45|Zebulon|Springfield/);
});

test('a column nobody has classified is not there', async () => {
  await assert.rejects(ask('ana', 'SELECT extra FROM patients'), /not in the catalog/);
  await assert.rejects(ask('ana', 'SELECT note FROM wards'), /not in the catalog/);
});

test('writes reach the table through the view, and only what is shown as it is', async () => {
  await ask(
    'cora',
    "UPDATE public.patients SET first = 'Zeb' WHERE id = 1",
    "UPDATE patients SET first = 'Zebulon' WHERE id = 1",
  );
  await assert.rejects(ask('cora', "UPDATE patients SET ssn = 'x' WHERE id = 1"), DatabaseError);
});

test('the record names the tables, not the views', async () => {
  await ask('ana', 'SELECT count(ssn) FROM patients');
  const [session] = await clinic.sessions({ subject: 'ana', limit: '1' });
  const timeline = JSON.stringify(await clinic.replay(session?.id ?? ''));
  assert.match(timeline, /public\.patients/);
  assert.doesNotMatch(timeline, /chartgate_ehr_masked__public/);
});

test('a role that may do too much lets nobody in, and says what to do', async () => {
  await clinic.postgres.query('ehr', 'GRANT USAGE ON SCHEMA public TO chartgate_ehr_masked');
  let refusal = '';
  await eventually(async () => {
    const client = await clinic.connect('ana').catch((error: unknown) => {
      refusal = String(error);
      return null;
    });
    await client?.end();
    return client === null;
  }, 'nobody is let in');
  assert.match(refusal, /does not enforce its masks: chartgate_ehr_masked, public/);
  const look = (): ReturnType<Clinic['chartgate']> =>
    clinic.chartgate(['check', '-c', clinic.config], null, { EHR_PASSWORD: 'upstream-secret' });
  const drifted = await look();
  assert.equal(drifted.code, 1);
  assert.match(drifted.stdout, /chartgate_ehr_masked, public: it may use or add to this schema/);
  assert.doesNotMatch(drifted.stdout, /checks hold/);
  await clinic.postgres.query('ehr', 'REVOKE USAGE ON SCHEMA public FROM chartgate_ehr_masked');
  const check = await look();
  assert.equal(check.code, 0, check.stderr);
  assert.match(check.stdout, /posture enforced: \d+ checks hold on the live server/);
});

test('a class that is classified after the views were made is masked by the gate', async () => {
  await clinic.writeConfig((config) => config.replace('public.wards.label: clear', 'public.wards.label: other_id'));
  const seen = async (): Promise<unknown> => (await ask('ana', 'SELECT label FROM wards ORDER BY id LIMIT 1'))[0]?.[0];
  await eventually(async () => JSON.stringify(await seen()) === '["[OTHER_ID]"]', 'the new class is in force');
});
