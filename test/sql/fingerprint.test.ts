// Which statements a grant for some time takes for alike: those that differ in their values, and no others.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { fingerprintOf } from '../../src/sql/fingerprint.ts';
import { loadParser } from '../../src/sql/parse.ts';

before(loadParser);

const one = 'UPDATE wards SET beds = 1 WHERE id = 1';

test('statements that differ in constants and parameters alone are alike', () => {
  for (const alike of [
    'update wards\n set beds = 20  where id = -7',
    'UPDATE wards SET beds = $1 WHERE id = $2',
    "UPDATE wards SET beds = NULL WHERE id = '1'",
  ])
    assert.equal(fingerprintOf(alike), fingerprintOf(one), alike);
});

test('statements that differ in anything else are not', () => {
  for (const other of [
    'UPDATE wards SET beds = 1 WHERE id IN (1)',
    'UPDATE wards SET beds = 1 WHERE id IN (1, 2, 3)',
    'UPDATE wards SET beds = 1 WHERE id = ANY($1)',
    'UPDATE wards SET beds = 1 WHERE id >= 1',
    'UPDATE wards SET beds = 1 WHERE id = 1::int',
    'UPDATE wards SET beds = beds WHERE id = 1',
    'UPDATE wards_2 SET beds = 1 WHERE id = 1',
    'UPDATE ONLY wards SET beds = 1 WHERE id = 1',
    `${one} RETURNING id`,
    `${one}; ${one}`,
  ])
    assert.notEqual(fingerprintOf(other), fingerprintOf(one), other);
  for (const [few, many] of [
    ['INSERT INTO wards VALUES (1)', 'INSERT INTO wards VALUES (1), (2)'],
    ['DELETE FROM wards WHERE (id, beds) = (1, 2)', 'DELETE FROM wards WHERE (id, beds) IN ((1, 2), (3, 4))'],
    ['SELECT id FROM wards LIMIT 1', 'SELECT id FROM wards'],
    ['SELECT lower($1)', 'SELECT lower($1, $2)'],
  ] as const)
    assert.notEqual(fingerprintOf(few), fingerprintOf(many), many);
  assert.equal(fingerprintOf('SELEC'), null);
});
