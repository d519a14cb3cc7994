// Held acts and time: an approval that is not used in time is worth nothing, and one that is not decided in time is over.

import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import type { Client, DatabaseError } from 'pg';
import type { ApprovalView } from '../../src/admin/contract.ts';
import { type Clinic, startClinic } from '../parts/clinic.ts';
import { eventually } from '../parts/eventually.ts';

let clinic: Clinic;
let ana: Client;
before(async () => {
  clinic = await startClinic();
  await clinic.writeConfig((config) => config.replace('wait: 1s, expires: 10m', 'wait: 0s, expires: 3s'));
  await clinic.startGate();
  ana = await clinic.connect('ana');
});
after(async () => {
  await ana.end();
  await clinic.stop();
});

async function held(): Promise<string> {
  const error = await ana.query('DELETE FROM wards').then(
    () => assert.fail('it ran'),
    (thrown: DatabaseError) => thrown,
  );
  assert.equal(error.code, '42501');
  return /a_[0-9A-Z]{26}/.exec(error.message)?.[0] ?? assert.fail(error.message);
}

/** By the API: starting the command line may take longer than what is held lives. */
const decide = async (id: string): Promise<Response> =>
  fetch(`${clinic.url}/api/v1/approvals/${id}/verdict`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await clinic.token('pia')}`, 'content-type': 'application/json' },
    body: JSON.stringify({ effect: 'approve', reason: 'fine' }),
  });

async function expired(id: string): Promise<void> {
  const status = async (): Promise<string> => {
    const view: ApprovalView = JSON.parse((await clinic.get(`/api/v1/approvals/${id}`, 'pia')).text);
    return view.status;
  };
  await eventually(async () => (await status()) === 'expired', 'its time is over');
}

it('an approval that was not used in time runs nothing', async () => {
  const id = await held();
  assert.equal((await decide(id)).status, 200);
  await expired(id);
  const next = await held();
  assert.notEqual(next, id);
});

it('a request that was not decided in time cannot be approved any more', async () => {
  const id = await held();
  await expired(id);
  const late = await decide(id);
  assert.equal(late.ok, false);
  assert.match(await late.text(), /over|expired/);
  const { rows } = await ana.query('SELECT count(*) FROM wards');
  assert.equal(rows[0].count, '500');
});
