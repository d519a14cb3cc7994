// Masks in the row path, through a real gate: arrays, ranges, documents by path, limited text; in text and in binary.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Client, QueryConfig } from 'pg';
import { type Clinic, startClinic } from '../parts/clinic.ts';

let clinic: Clinic;
let ana: Client;
let cora: Client;

before(async () => {
  clinic = await startClinic();
  await clinic.postgres.query(
    'ehr',
    `CREATE TABLE charts (id int, ids text[], stay daterange, code varchar(6), doc jsonb, born date);
     INSERT INTO charts VALUES (1, '[2:3]={123-45-6789,987-65-4320}', '[2020-03-01,2020-03-04)', 'Zebulo',
       '{"n": 1.50, "patient": {"name": "Zebulon Quartermain", "ward": "north"}, "ids": [{"value": "123-45-6789"}], "Ophelia": 7}',
       '1931-07-13');
     GRANT SELECT ON charts TO gate`,
  );
  await clinic.writeConfig((config) =>
    config.replace(
      'public.patients.first: name',
      `public.patients.first: name
      public.charts.id: clear
      public.charts.ids: ssn
      public.charts.stay: date
      public.charts.code: account
      public.charts.born: date
      public.charts.doc: { /n: clear, /patient/name: name, /patient/ward: clear, /ids/*/value: ssn }`,
    ),
  );
  await clinic.startGate();
  ana = await clinic.connect('ana');
  cora = await clinic.connect('cora');
});

after(async () => {
  await ana.end();
  await cora.end();
  await clinic.stop();
});

const masked = {
  id: 1,
  ids: ['***-**-6789', '***-**-4320'],
  stay: '[2020-01-01,2021-01-01)',
  code: '[ACCOU',
  born: null,
};

describe('a masked row', () => {
  it('keeps every type and shape', async () => {
    const { rows } = await ana.query('SELECT id, ids, stay, code, born FROM charts');
    assert.deepEqual(rows, [masked]);
  });

  it('is the same in binary', async () => {
    const query: QueryConfig & { binary: boolean } = { text: 'SELECT id, ids, code, born FROM charts', binary: true };
    const { rows } = await ana.query(query);
    const { stay: _, ...others } = masked;
    assert.deepEqual(rows, [others]);
  });

  it('shows of a document what its paths allow, to each as granted', async () => {
    const analyst = await ana.query('SELECT doc FROM charts');
    assert.match(analyst.rows[0].doc.patient.name, /^Person-[0-9a-f]{8}$/);
    assert.deepEqual(analyst.rows[0].doc, {
      n: 1.5,
      patient: { name: analyst.rows[0].doc.patient.name, ward: 'north' },
      ids: [{ value: '***-**-6789' }],
      '[MASKED]': null,
    });
    const care = await cora.query('SELECT doc FROM charts');
    assert.equal(care.rows[0].doc.patient.name, 'Zebulon Quartermain');
    assert.deepEqual(care.rows[0].doc.ids, [{ value: '***-**-6789' }]);
  });

  it('is masked alike within a document that the statement makes', async () => {
    const made = `jsonb_build_object('all', jsonb_build_array(doc), 'id', id)`;
    const { rows } = await ana.query(`SELECT doc, ${made} AS made, to_jsonb(c) AS whole FROM charts c`);
    const [{ doc, made: object, whole } = { doc: null, made: null, whole: null }] = rows;
    assert.deepEqual(object, { all: [doc], id: 1 });
    assert.ok(whole === null || !/Quartermain|6789-|123-45/.test(JSON.stringify(whole)));
  });

  it('says nothing of a document once it is computed with', async () => {
    for (const expression of [
      "doc->'patient'",
      "doc#>>'{patient,name}'",
      'jsonb_array_length(jsonb_build_array(doc))',
      'doc::text',
      'jsonb_build_array(doc)->>0',
    ]) {
      const answer = await ana.query(`SELECT ${expression} AS v FROM charts`).then(
        ({ rows }) => rows[0].v,
        () => null,
      );
      assert.ok(answer === null || answer === '[MASKED]', `${expression}: ${JSON.stringify(answer)}`);
    }
  });
});
