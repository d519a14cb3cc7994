// What a masked subject reads of whole tables while tables come, go and change: it leaves only if they are as they were known.

import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { encodeQuery } from '../../src/wire/postgres/query.ts';
import { type Clinic, startClinic } from '../parts/clinic.ts';
import { hear, type Peer, say, signedInAt } from '../parts/scripted-postgres.ts';

let clinic: Clinic;
before(async () => {
  clinic = await startClinic();
  await clinic.startGate();
});
after(() => clinic?.stop());

it('is answered after a table came that it does not read', async () => {
  const ana = await signedInAt(clinic, 'ana', {});
  for (const name of ['one', 'two', 'three']) {
    await ana.converse(say(encodeQuery('SELECT beds FROM wards WHERE id = 1')), hear('T D C Z'));
    await clinic.postgres.query('ehr', `CREATE TABLE ${name} (a int)`);
    await ana.converse(say(encodeQuery('COPY patients (id, ssn) TO STDOUT')), hear('H d d c C Z'));
  }
  assert.ok(Buffer.concat(ana.heard).includes('***-**-6789'));
  ana.close();
});

const wholeTables = ['COPY wards TO STDOUT', 'SELECT w FROM wards w', 'SELECT row_to_json(w) FROM wards w'];

/** Runs it once the table, which was locked while it was asked for, has been let go of by `meanwhile`. */
async function asked(sql: string, meanwhile: () => Promise<unknown>): Promise<Peer> {
  const ana = await signedInAt(clinic, 'ana', {});
  const lock = await clinic.lockWards();
  ana.send(encodeQuery(sql));
  await lock.wanted();
  await meanwhile();
  await lock.release();
  return ana;
}

for (const sql of wholeTables) {
  it(`${sql}: a temporary table that comes while it runs changes nothing`, async () => {
    const ana = await asked(sql, () =>
      clinic.postgres.query(
        'ehr',
        'CREATE TEMP TABLE passing (id int PRIMARY KEY, a int, b int, CHECK (a < b)); CREATE TEMP TABLE of_it () INHERITS (passing)',
      ),
    );
    await ana.converse(hear(sql.startsWith('COPY') ? 'H d+ c N C Z' : 'T D+ N C Z'));
    assert.match(Buffer.concat(ana.heard).toString(), /ward 1/);
    ana.close();
  });

  it(`${sql}: a column that came before it ran, and after it was understood, does not leave`, async () => {
    const ana = await signedInAt(clinic, 'ana', {});
    const lock = await clinic.lockWards();
    const changed = clinic.postgres.query(
      'ehr',
      "ALTER TABLE wards ADD COLUMN IF NOT EXISTS remark text; UPDATE wards SET remark = 'Zebulon Quartermain'",
    );
    await lock.wanted();
    ana.send(encodeQuery(sql));
    await lock.wanted(2);
    await lock.release();
    await changed;
    await ana.converse(hear('E:42501 !'));
    assert.ok(!Buffer.concat(ana.heard).includes('Zebulon'));
    await clinic.postgres.query('ehr', 'ALTER TABLE wards DROP COLUMN remark');
  });
}
