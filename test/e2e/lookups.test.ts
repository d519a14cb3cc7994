// Equality with a given value, where filtering is not granted: what counts as looking up, and how often it may be done.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Client } from 'pg';
import { type Clinic, startClinic } from '../parts/clinic.ts';

let clinic: Clinic;
let ana: Client;

before(async () => {
  clinic = await startClinic();
  await clinic.writeConfig((config) =>
    config.replace(
      'allow: { rows: 100, filter: [date] }',
      'allow: { rows: 100, filter: [date], lookup: { ssn: 6/1h, name: 100/1h } }',
    ),
  );
  await clinic.startGate();
  ana = await clinic.connect('ana');
});

after(async () => {
  await ana.end();
  await clinic.stop();
});

const filters = { code: '42501', message: /filters, joins, groups or sorts by a column of class/ };

describe('a rule that lets classes be looked up', () => {
  it('answers who has one given value, masked as ever', async () => {
    const { rows } = await ana.query('SELECT id, last, ssn FROM patients WHERE ssn = $1', ['123-45-6789']);
    assert.equal(rows.length, 1);
    assert.equal(rows[0]?.id, 1);
    assert.equal(rows[0]?.ssn, '***-**-6789');
    assert.notEqual(rows[0]?.last, 'Quartermain');
    const none = await ana.query("SELECT id FROM patients WHERE '000-00-0000' = ssn AND visits > 1");
    assert.equal(none.rows.length, 0);
  });

  it('grants no other way of filtering', async () => {
    for (const condition of [
      "ssn LIKE '123%'",
      "ssn > '1'",
      "ssn <> '1'",
      "ssn IN ('1', '2')",
      "ssn = ANY('{1,2}')",
      "ssn = '1' OR ssn = '2'",
      "NOT ssn = '1'",
      "(ssn = '1') IS NOT TRUE",
      "substr(ssn, 1, 1) = '1'",
      "ssn || '' = '1'",
      'ssn = last',
      "ssn = (SELECT '1')",
      "ssn = upper('1')",
      "ssn IS DISTINCT FROM '1'",
      "(ssn, id) = ('1', 1)",
      "CASE WHEN ssn = '1' THEN true END",
    ])
      await assert.rejects(ana.query(`SELECT id FROM patients WHERE ${condition}`), filters, condition);
    await assert.rejects(ana.query("SELECT ssn = '1' FROM patients"), filters);
    await assert.rejects(ana.query("SELECT id FROM patients GROUP BY id HAVING min(ssn) = '1'"), filters);
    await assert.rejects(ana.query("SELECT a.id FROM patients a JOIN patients b ON a.ssn = '1'"), filters);
    await assert.rejects(
      ana.query("SELECT v.s FROM (VALUES ('1'), ('2')) v(s), patients p WHERE p.ssn = v.s"),
      filters,
    );
    await assert.rejects(ana.query("SELECT id FROM patients WHERE city = 'Springfield'"), filters);
    await assert.rejects(ana.query("SELECT id FROM patients WHERE ssn = '1' ORDER BY ssn"), filters);
  });

  it('counts every comparison, and refuses when there have been enough', async () => {
    // Two have been made. Each arm is one.
    const arm = (value: string) => `SELECT id FROM patients WHERE ssn = '${value}'`;
    await assert.rejects(ana.query(['1', '2', '3', '4', '5'].map(arm).join(' UNION ALL ')), {
      code: '53300',
      message: /lets 6 values of class ssn be looked up in 3600 seconds/,
    });
    await ana.query(['1', '2', '3'].map(arm).join(' UNION ALL '));
    // Another session of the same person goes on counting.
    const again = await clinic.connect('ana');
    await again.query({ name: 'one', text: arm('4') });
    await assert.rejects(again.query({ name: 'one', text: arm('4') }), { code: '53300' });
    await again.end();
    const named = await ana.query("SELECT id FROM patients WHERE last = 'Quartermain'");
    assert.deepEqual(named.rows, [{ id: 1 }]);
  });

  it('is no limit for who may filter', async () => {
    const dora = await clinic.connect('dora');
    for (let i = 0; i < 8; i++) await dora.query("SELECT id FROM patients WHERE ssn = '1'");
    await dora.end();
  });

  it('says so', async () => {
    const { stdout } = await clinic.chartgate(
      ['policy', 'explain', '-c', clinic.config, '--subject', 'ana', '--groups', 'analysts'],
      null,
      {
        EHR_PASSWORD: 'upstream-secret',
      },
    );
    assert.match(stdout, /looks up by name 100\/1h, ssn 6\/1h/);
  });
});
