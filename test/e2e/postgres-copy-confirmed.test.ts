// COPY of a table to a masked subject while other tables come and go, as temporary tables of others always do.

import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { encodeQuery } from '../../src/wire/postgres/query.ts';
import { type Clinic, startClinic } from '../parts/clinic.ts';
import { hear, say, signedInAt } from '../parts/scripted-postgres.ts';

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
