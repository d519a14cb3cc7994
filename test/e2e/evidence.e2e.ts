// An evidence package of a real gate before a real database: it is recorded, it says who asked and what was masked, it verifies
// with the key alone, and nothing of a patient is in any of its files.

import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { canaries, startClinic } from '../parts/clinic.ts';

void test('evidence of a running gate', { timeout: 120_000 }, async (t) => {
  const clinic = await startClinic();
  t.after(() => clinic.stop());
  await clinic.writeConfig();
  await clinic.startGate();
  const ana = await clinic.connect('ana');
  const { rows } = await ana.query('SELECT first, last, ssn, birthdate FROM patients');
  assert.equal(rows.length, 2);
  await assert.rejects(ana.query('DROP TABLE patients'));
  await ana.end();

  const dir = join(clinic.directory, 'package');
  const period = ['--from', '2020-01-01', '--to', '2090-01-01'];
  const env = { EHR_PASSWORD: 'upstream-secret' };
  const refused = await clinic.chartgate(['evidence', ...period, '-o', dir, '-c', clinic.config], 'ana', env);
  assert.match(refused.stderr, /auditor/);
  const made = await clinic.chartgate(['evidence', ...period, '-o', dir, '-c', clinic.config], 'augusto', env);
  assert.equal(made.code, 0, made.stderr);
  const key = join(clinic.state, 'log/log.vkey');
  const verified = await clinic.chartgate(['verify-evidence', dir, '--key', key], null);
  assert.equal(verified.code, 0, verified.stdout);

  const { making, scope, tallies } = JSON.parse(await readFile(join(dir, 'report.json'), 'utf8'));
  assert.equal(tallies.types['evidence.exported'], 1);
  assert.equal(making.recorded, scope.size - 1);
  const who = Object.keys(tallies.identities).find((each) => each.startsWith('ana '));
  assert.ok(who !== undefined);
  assert.equal(tallies.identities[who].rows, 2);
  assert.equal(tallies.identities[who].deny, 1);
  assert.ok(Object.keys(tallies.masked).length > 0, JSON.stringify(tallies.masked));
  assert.deepEqual(Object.keys(tallies.policies), scope.policies);
  for (const each of await readdir(dir, { recursive: true, withFileTypes: true })) {
    if (!each.isFile()) continue;
    const bytes = await readFile(join(each.parentPath, each.name), 'latin1');
    for (const canary of canaries) assert.ok(!bytes.includes(canary), `${each.name} holds ${canary}`);
  }
});
