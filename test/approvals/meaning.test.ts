// The same words are another act where they mean something else: an approval is of a statement as its names were resolved,
// and of no session that has since changed what they mean.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Client, type DatabaseError } from 'pg';
import { type Clinic, startClinic } from '../parts/clinic.ts';

let clinic: Clinic;
const sessions: Client[] = [];

before(async () => {
  clinic = await startClinic();
  const { superuser, superuserPassword } = clinic.postgres;
  const owner = new Client({ connectionString: clinic.postgres.url(superuser, superuserPassword, 'ehr') });
  await owner.connect();
  await owner.query(
    'CREATE SCHEMA attic; CREATE TABLE attic.wards AS SELECT * FROM wards; GRANT USAGE ON SCHEMA attic TO PUBLIC; GRANT ALL ON attic.wards TO PUBLIC; GRANT TEMP ON DATABASE ehr TO PUBLIC',
  );
  await owner.end();
  await clinic.writeConfig((config) => config.replace('wait: 1s, expires: 10m', 'wait: 0s, expires: 5m'));
  await clinic.startGate();
});
after(async () => {
  for (const each of sessions) await each.end();
  await clinic.stop();
});

async function session(...first: readonly string[]): Promise<Client> {
  const client = await clinic.connect('dora');
  sessions.push(client);
  for (const sql of first) await client.query(sql);
  return client;
}

const statement = 'DELETE FROM wards';

async function held(client: Client): Promise<string> {
  const error = await client.query(statement).then(
    ({ rowCount }) => assert.fail(`it ran, on ${rowCount} rows`),
    (thrown: DatabaseError) => thrown,
  );
  return /a_[0-9A-Z]{26}/.exec(error.message)?.[0] ?? assert.fail(error.message);
}

async function approve(id: string): Promise<Record<string, unknown>> {
  const authorization = `Bearer ${await clinic.token('pia')}`;
  const body = JSON.stringify({ effect: 'approve', reason: 'fine' });
  const headers = { authorization, 'content-type': 'application/json' };
  const shown = await fetch(`${clinic.url}/api/v1/approvals/${id}`, { headers });
  const { content } = (await shown.json()) as { content: Record<string, unknown> };
  const answer = await fetch(`${clinic.url}/api/v1/approvals/${id}/verdict`, { method: 'POST', headers, body });
  assert.equal(answer.status, 200);
  return content;
}

test('approved in a plain session, it is held anew where names were changed, and runs where they were not', async () => {
  const id = await held(await session());
  assert.deepEqual((await approve(id))['relations'], ['public.wards']);
  const changed = await session('SET search_path = attic');
  const other = await held(changed);
  assert.notEqual(other, id);
  const content = await approve(other);
  assert.equal(content['relations'], null, 'the reviewer is told that nobody knows');
  assert.match(String(content['session']), /^s_/);
  assert.notEqual(await held(await session('SET search_path = attic')), other, 'what was approved is of one session');
  await changed.query('SET search_path = public, attic');
  assert.notEqual(await held(changed), other, 'and of one state of it');
  assert.equal((await (await session()).query(statement)).rowCount, 500);
});

test('what was approved with a temporary table in front of the real one does not run on the real one', async () => {
  const shadowed = await session('CREATE TEMP TABLE wards (id int)');
  const outcome = await shadowed.query(statement).then(
    () => 'ran',
    (error: DatabaseError) => /a_[0-9A-Z]{26}/.exec(error.message)?.[0] ?? error.message,
  );
  if (outcome.startsWith('a_')) await approve(outcome);
  const plain = await held(await session());
  assert.notEqual(plain, outcome);
});

test('who is revoked takes along what they approved and nobody has used', async () => {
  const id = await held(await session());
  await approve(id);
  const revoke = ['sessions', 'revoke', 'pia', '--reason', 'left', '-c', clinic.config];
  const { code, stderr } = await clinic.chartgate(revoke, 'pia');
  assert.equal(code, 0, stderr);
  assert.equal(await held(await session()), id, 'it waits for another reviewer');
});
