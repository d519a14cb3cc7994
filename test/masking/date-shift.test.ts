// Dates that move by patient: in a FHIR or HL7 v2 document about one, and in the database's own masks; by tenant where nobody
// is named.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { patientOf } from '../../src/masking/document-patient.ts';
import { maskJson } from '../../src/masking/json.ts';
import { patientShiftDays, tenantShiftDays } from '../../src/masking/operators.ts';
import { scanText } from '../../src/masking/text.ts';
import { startClinic } from '../parts/clinic.ts';
import { viewOf } from './view.ts';

const view = viewOf({ byClass: { date: 'shift' } });

function movedBy(date: string, days: number): string {
  return new Date(Date.parse(date) + days * 86_400_000).toISOString().slice(0, 10);
}

test('a FHIR resource: its dates move by the days of its patient, wherever it is', () => {
  const resource = (id: string): object => ({
    resourceType: 'Observation',
    subject: { reference: `Patient/${id}` },
    effectiveDateTime: '2024-02-28',
  });
  const shifted = (id: string): string => movedBy('2024-02-28', patientShiftDays(view.key, id));
  assert.notEqual(shifted('a1'), shifted('b2'));
  for (const id of ['a1', 'b2']) {
    assert.match(scanText(JSON.stringify(resource(id)), view), new RegExp(`"${shifted(id)}"`));
    const inside = maskJson({ content: [{ type: 'text', text: JSON.stringify(resource(id)) }] }, view);
    assert.ok(JSON.stringify(inside).includes(shifted(id)));
  }
  const both = scanText(JSON.stringify([resource('a1'), resource('b2')]), view);
  assert.match(both, new RegExp(movedBy('2024-02-28', tenantShiftDays(view.key))));
});

test('an HL7 v2 message: the date of birth in its own form, by PID-3', () => {
  const message = 'MSH|^~\\&|LAB|H|EHR|H|20240228101500||ORU^R01|1|P|2.5\rPID|1||M-77^^^H^MR||DOE^ANN||19710408|F\r';
  const days = patientShiftDays(view.key, 'm-77 ');
  const masked = scanText(message, view);
  assert.ok(masked.includes(`|${movedBy('1971-04-08', days).replaceAll('-', '')}|F`), masked);
  assert.ok(masked.includes(`${movedBy('2024-02-28', days).replaceAll('-', '')}101500`), masked);
});

test('nobody in particular, or two, or one without a number: no patient', () => {
  assert.equal(patientOf('seen on 2024-02-28'), null);
  assert.equal(patientOf('{"resourceType":"Patient","id":"a1"} {"reference":"Patient/a1"}'), 'a1');
  assert.equal(patientOf('{"resourceType":"Patient","name":[]} {"reference":"Patient/a1"}'), null);
  assert.equal(patientOf('{"reference":"Patient/a1"}{"reference":"Patient/b2"}'), null);
});

test('a shift is never none, never beyond half a year, and keeps the days between two dates', () => {
  fc.assert(
    fc.property(fc.string(), (patient) => {
      const days = patientShiftDays(view.key, patient);
      assert.ok(Number.isInteger(days) && days !== 0 && Math.abs(days) <= 182);
    }),
  );
});

test('the database masks alike: each row by its own patient, no date for a row of nobody', async () => {
  const clinic = await startClinic({ posture: 'enforced' });
  try {
    await clinic.writeConfig((config) =>
      config
        .replace('date: year', 'date: shift')
        .replace(
          '    columns:\n',
          '    patient: { columns: { public.patients.id: id, public.stays.who: id } }\n    columns:\n',
        )
        .replace('      public.patients.birthdate: date\n', '$&      public.stays.who: other_id\n'),
    );
    await clinic.postgres.query(
      'ehr',
      `CREATE TABLE stays (who text, began date, ended timestamptz); GRANT SELECT ON stays TO gate;
       INSERT INTO stays VALUES ('1', '2024-02-28', '2024-03-09 10:00Z'), (' 2 ', '2024-02-28', NULL), (NULL, '2024-02-28', NULL)`,
    );
    const made = await clinic.harden('--apply');
    assert.equal(made.code, 0, made.stderr);
    const key = await clinic.postgres.query('ehr', `SELECT encode(inner_pad, 'hex') AS pad FROM chartgate_ehr.keys`);
    const pad = Buffer.from((key as { pad: string }[])[0]?.pad ?? '', 'hex');
    const maskKey = pad.map((byte) => byte ^ 0x36);
    const rows = await clinic.postgres.query(
      'ehr',
      `SELECT began::text, to_char(ended AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS ended FROM chartgate_ehr_masked__public.stays ORDER BY 2, 1 NULLS LAST`,
    );
    const [one, two] = ['1', '2'].map((patient) => patientShiftDays(maskKey, patient));
    const expected = [
      { began: movedBy('2024-02-28', one ?? 0), ended: movedBy('2024-03-09', one ?? 0) },
      { began: movedBy('2024-02-28', two ?? 0), ended: null },
      { began: null, ended: null },
    ];
    assert.deepEqual(rows, expected);
  } finally {
    await clinic.stop();
  }
});
