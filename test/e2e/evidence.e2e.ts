// An evidence package of a real gate before a real database: it is recorded, it says who asked and what was masked, it verifies
// with the key alone, and nothing of a patient is in any of its files.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { canaries, startClinic } from '../parts/clinic.ts';

void test('evidence of a running gate', { timeout: 120_000 }, async (t) => {
  const clinic = await startClinic();
  t.after(() => clinic.stop());
  await clinic.writeConfig();
  const gate = await clinic.startGate();
  const ana = await clinic.connect('ana');
  const { rows } = await ana.query('SELECT first, last, ssn, birthdate FROM patients');
  assert.equal(rows.length, 2);
  await assert.rejects(ana.query('DROP TABLE patients'));
  await ana.end();

  const dir = join(clinic.directory, 'package');
  const period = ['--from', '2020-01-01', '--to', '2090-01-01'];
  // Whoever makes evidence need not know the secrets of the gate.
  const refused = await clinic.chartgate(['evidence', ...period, '-o', dir, '-c', clinic.config], 'ana');
  assert.match(refused.stderr, /auditor/);
  const made = await clinic.chartgate(['evidence', ...period, '-o', dir, '-c', clinic.config], 'augusto');
  assert.equal(made.code, 0, made.stderr);
  const key = join(clinic.state, 'log/log.vkey');
  const verified = await clinic.chartgate(['verify-evidence', dir, '--key', key], null);
  assert.equal(verified.code, 0, verified.stdout);
  assert.match(verified.stdout, /whole .*by entry \d+, the gate's record of this export/);

  // Signed off by an auditor under their own name; nobody else may, and a package that was touched is not signed off.
  const review = ['audit', 'review', '--package', dir, '--outcome', 'in-order', '-c', clinic.config];
  const note = ['--note', 'all of the sample replayed'];
  assert.equal((await clinic.chartgate([...review, ...note], 'augusto')).code, 0);
  assert.equal((await clinic.chartgate([...review, ...note], 'ana')).code, 77);
  assert.equal((await clinic.chartgate([...review, '--note', ' '], 'augusto')).code, 64);
  assert.equal((await clinic.chartgate([...review, '--from', '2020-01-01', ...note], 'augusto')).code, 64);
  const sampled = await clinic.chartgate(['verify-evidence', dir, '--key', key, '--sample', '--json'], null);
  assert.equal(sampled.code, 0, sampled.stdout);
  const drawn: readonly { readonly verdict: string }[] = JSON.parse(sampled.stdout).sample;
  assert.ok(drawn.length > 0 && drawn.every(({ verdict }) => verdict === 'agrees' || verdict === 'built in'));
  const second = join(clinic.directory, 'second');
  assert.equal((await clinic.chartgate(['evidence', ...period, '-o', second, '-c', clinic.config], 'augusto')).code, 0);
  const { lists, readings, methods } = JSON.parse(await readFile(join(second, 'report.json'), 'utf8')).tallies;
  assert.deepEqual(readings, { 'augusto (https://ci.example)': { 'evidence.exported': 2 } });
  assert.deepEqual(methods, { jwt: 1 });
  const manifest = createHash('sha256')
    .update(await readFile(join(dir, 'manifest.json')))
    .digest('hex');
  assert.equal(lists.reviews.length, 1);
  assert.match(lists.reviews[0].says, new RegExp(`outcome in_order.*manifest ${manifest}`));
  assert.match(lists.reviews[0].who, /^augusto /);
  assert.doesNotMatch(JSON.stringify(lists), /sample replayed/);

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

  // Another policy since: the words of both are in the package, and the sample is held against the one that was in force.
  await gate.stop();
  await clinic.writeConfig((text) => text.replaceAll('analysts-read-masked', 'analysts-read-less'));
  await clinic.startGate();
  const later = await clinic.connect('ana');
  await later.query('SELECT first FROM patients');
  await later.end();
  const third = join(clinic.directory, 'third');
  assert.equal((await clinic.chartgate(['evidence', ...period, '-o', third, '-c', clinic.config], 'augusto')).code, 0);
  assert.equal((await readdir(join(third, 'policies'))).length, 2);
  const both = await clinic.chartgate(['verify-evidence', third, '--sample', '--json'], null);
  const performed: readonly { readonly verdict: string; readonly rule: string }[] = JSON.parse(both.stdout).sample;
  assert.ok(
    performed.every(({ verdict }) => verdict === 'agrees' || verdict === 'built in'),
    both.stdout,
  );
  for (const rule of ['analysts-read-masked', 'analysts-read-less'])
    assert.ok(performed.some((each) => each.rule === rule));
});
