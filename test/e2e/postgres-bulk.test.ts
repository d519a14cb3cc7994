// Results of many chunks: nothing is lost, doubled or out of order where chunks are masked while others are on their way to
// disk, and what the client was given is what the log holds.

import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { type Clinic, canaries, startClinic } from '../parts/clinic.ts';
import { eventually } from '../parts/eventually.ts';

let clinic: Clinic;
const rows = 3_000;

before(async () => {
  clinic = await startClinic();
  await clinic.postgres.query(
    'ehr',
    `CREATE TABLE visits AS SELECT n AS id, repeat('.', 640) AS label, '123-45-6789'::text AS ssn FROM generate_series(1, ${rows}) n;
     GRANT SELECT ON visits TO gate;`,
  );
  await clinic.writeConfig((config) =>
    config
      .replace('public.wards.label: clear', 'public.wards.label: clear\n      public.visits.label: clear')
      .replace('public.patients.ssn: ssn', 'public.patients.ssn: ssn\n      public.visits.ssn: ssn'),
  );
  await clinic.startGate();
});

after(() => clinic.stop());

for (const [person, ssn] of [
  ['cora', '***-**-6789'],
  ['dora', '123-45-6789'],
] as const)
  it(`${rows} rows of 650 bytes for ${person}, with another statement behind them`, async () => {
    const client = await clinic.connect(person);
    const [all, next] = await Promise.all([
      client.query('SELECT id, label, ssn FROM visits ORDER BY id'),
      client.query('SELECT 1 AS one'),
    ]);
    await client.end();
    assert.deepEqual(
      all.rows.map((row) => row.id),
      Array.from({ length: rows }, (_, n) => n + 1),
    );
    assert.deepEqual(new Set(all.rows.map((row) => row.ssn)), new Set([ssn]));
    assert.ok(all.rows.every((row) => row.label === '.'.repeat(640)));
    assert.deepEqual(next.rows, [{ one: 1 }]);
    if (person === 'cora') assert.ok(!JSON.stringify(all.rows).includes(canaries[0]));

    let session = (await clinic.sessions({ subject: person }))[0];
    await eventually(async () => {
      session = (await clinic.sessions({ subject: person }))[0];
      return typeof session?.ended === 'string';
    }, 'the end of the session is on record');
    const { events } = await clinic.replay(session?.id ?? assert.fail());
    const question =
      events.find(({ content }) => JSON.stringify(content ?? '').includes('FROM visits')) ?? assert.fail();
    const answer = events.filter(({ request, type }) => request === question.request && type !== 'request');
    assert.ok(answer.length > 2, `it came in ${answer.length} chunks`);
    assert.deepEqual(
      answer.map(({ type }) => type),
      [...answer.slice(1).map(() => 'response'), 'request.end'],
    );
    assert.deepEqual(
      answer.flatMap((event) => (event.answer?.rows ?? []).map((row) => row[0])),
      all.rows.map((row) => String(row.id)),
    );
  });
