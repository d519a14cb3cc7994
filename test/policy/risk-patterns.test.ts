// The ready-made conditions against what real statements are found to be, on a real catalog.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Facts } from '../../src/core/facts.ts';
import { type RiskPattern, riskPatternNames } from '../../src/core/risk-patterns.ts';
import { analyze } from '../../src/sql/analyze.ts';
import { loadParser, parseStatements } from '../../src/sql/parse.ts';
import { openWard, type Ward } from '../sql/ward.ts';
import { allows, factsWith, policyOf } from './parts.ts';

let ward: Ward;
before(async () => {
  await loadParser();
  ward = await openWard();
});
after(() => ward?.close());

const policies = new Map(
  riskPatternNames.map((name) => [name, policyOf([allows(name, null, { risk: [name] })])] as const),
);

function factsOf(sql: string, estimate: number | null): Facts {
  const parsed = parseStatements(sql);
  assert.ok(parsed.ok, sql);
  const [statement] = parsed.value;
  assert.ok(statement);
  const { facts } = analyze(statement, ward.catalog);
  return factsWith({ connection: { name: 'ehr' }, sql: { ...facts, estimated_rows: estimate } });
}

/** The patterns that speak of it. One that cannot be answered counts: it denies. */
function patternsOf(sql: string, estimate: number | null = 5): RiskPattern[] {
  const facts = factsOf(sql, estimate);
  return riskPatternNames.filter((name) => {
    const outcome = policies.get(name)?.rules[0]?.when(facts);
    return outcome?.kind === 'error' || outcome?.value === true;
  });
}

const cases: readonly (readonly [string, ...RiskPattern[]])[] = [
  ['SELECT id, title FROM wards WHERE beds > 3'],
  ['SELECT * FROM wards'],
  ['SELECT id, name FROM patients'],
  ['SELECT * FROM patients', 'all-columns'],
  ['SELECT p.* FROM patients p JOIN wards w ON w.id = p.bed', 'all-columns'],
  ['SELECT p FROM patients p', 'all-columns'],
  ['SELECT count(*) FROM patients'],
  ['DELETE FROM patients', 'unbounded-write'],
  ['DELETE FROM patients WHERE 1 = 1', 'unbounded-write'],
  ['DELETE FROM patients WHERE true OR id = 3', 'unbounded-write'],
  ['DELETE FROM patients WHERE id = id', 'unbounded-write'],
  ['UPDATE wards SET beds = 0', 'unbounded-write'],
  ['UPDATE wards SET beds = 0 WHERE id = 3'],
  ['DELETE FROM patients WHERE id = 3'],
  ['TRUNCATE wards', 'unbounded-write', 'truncate'],
  ['DROP TABLE wards', 'unbounded-write', 'drop', 'structure-change'],
  ['DROP VIEW patient_labels', 'unbounded-write', 'drop', 'structure-change'],
  ['DROP ROLE somebody', 'unbounded-write', 'drop', 'structure-change', 'role-change'],
  ['CREATE TABLE copies (id int)', 'structure-change'],
  ['ALTER TABLE wards ADD COLUMN floor int', 'structure-change'],
  ['GRANT SELECT ON wards TO public', 'grant'],
  ['REVOKE SELECT ON wards FROM public', 'grant'],
  ['GRANT gate TO somebody', 'grant', 'role-change'],
  ['CREATE ROLE somebody', 'structure-change', 'role-change'],
  ['ALTER ROLE gate SUPERUSER', 'structure-change', 'role-change'],
  ['COPY patients TO STDOUT', 'bulk-export', 'all-columns'],
  ['COPY (SELECT name FROM patients) TO STDOUT', 'bulk-export'],
  ['COPY wards TO STDOUT'],
];

test('each statement is what the patterns say of it', () => {
  for (const [sql, ...expected] of cases) assert.deepEqual(patternsOf(sql), expected, sql);
});

test('bulk export: what the planner expects decides, and what it cannot say counts as much', () => {
  const sql = 'SELECT name FROM patients';
  assert.deepEqual(patternsOf(sql, 10_000), []);
  assert.deepEqual(patternsOf(sql, 10_001), ['bulk-export']);
  assert.deepEqual(patternsOf(sql, null), ['bulk-export']);
  assert.deepEqual(patternsOf('SELECT title FROM wards', null), []);
});

test('code nobody can see into is named, and no pattern about writing lets it pass', () => {
  assert.ok(patternsOf('DO $$ BEGIN DELETE FROM wards; END $$').includes('unseen-code'));
  assert.ok(patternsOf('DO $$ BEGIN DELETE FROM wards; END $$').includes('unbounded-write'));
});

test('`risk` beside `when`: both must hold, and a rule that speaks of the estimate says so', () => {
  const both = policyOf([allows('both', 'size(sql.phi) > 0', { risk: ['unbounded-write', 'truncate'] })]);
  const part = (sql: string): unknown => both.rules[0]?.when(factsOf(sql, null));
  assert.deepEqual(part('DELETE FROM patients'), { kind: 'value', value: true });
  assert.deepEqual(part('DELETE FROM wards'), { kind: 'value', value: false });
  assert.deepEqual(part('SELECT name FROM patients'), { kind: 'value', value: false });
  assert.equal(both.needsRowEstimate, false);
  assert.equal(policyOf([allows('bulk', null, { risk: ['bulk-export'] })]).needsRowEstimate, true);
  assert.equal(policyOf([allows('big', 'sql.estimated_rows > 5')]).needsRowEstimate, true);
});
