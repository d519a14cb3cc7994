// Which conditions limit what a statement changes, and which only look like it.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { bounds } from '../../src/sql/bounds.ts';
import { loadParser, parseStatements } from '../../src/sql/parse.ts';

before(loadParser);

function isBounded(condition: string): boolean {
  const parsed = parseStatements(`DELETE FROM t WHERE ${condition}`);
  assert.ok(parsed.ok, condition);
  const node = parsed.value[0]?.node;
  assert.ok(node && 'DeleteStmt' in node, condition);
  return bounds(node.DeleteStmt.whereClause, { name: 't', columns: new Set(['id', 'kind', 'name']) });
}

test('a condition on a column limits', () => {
  for (const condition of [
    'id = 1',
    'id > 5 OR id <= 3',
    'id > 5 OR kind <= 5',
    'id > 5 OR kind = 1 OR id <= 3',
    'id > 5 AND id <= 5',
    'NOT (id > 5 OR id <= 5)',
    'id IS NULL',
    'NOT (id IS NOT NULL)',
    'id = 1 AND true',
    "name = '%'",
    "name LIKE 'a%'",
    "name ILIKE '%a'",
    'id IN (1, 2)',
    'id BETWEEN 1 AND 2',
    'EXISTS (SELECT FROM u WHERE u.id = t.id)',
    'id = ANY (SELECT id FROM u)',
    'EXISTS (SELECT FROM u WHERE u.a = 1 AND u.id = t.id)',
    '(SELECT count(*) FROM u WHERE u.id = t.id) > 1',
    't = (1, 2)',
    'clinic.t.id = 1',
    'CURRENT OF c',
  ])
    assert.equal(isBounded(condition), true, condition);
});

test('what holds for every row does not, nor what nobody can see into', () => {
  for (const condition of [
    'true',
    '1 = 1',
    '$1 = 1',
    'NULL IS NULL',
    '1 IS NULL',
    'NOT (1 IS NOT NULL)',
    'id = id',
    'id IS NOT NULL',
    'NOT (id IS NULL)',
    'id IN (1, id)',
    "name LIKE '%'",
    "name ILIKE '%%'",
    'id > 5 OR id <= 5',
    'kind = 1 OR id > 5 OR id <= 5',
    'id > 5 OR id <= 5 OR kind = 1',
    'id = 1 OR id <> 1',
    'id = 1 OR true',
    'NOT (id = 1 AND false)',
    'NOT (id > 5 AND id <= 5)',
    'EXISTS (SELECT id FROM u)',
    'EXISTS (SELECT id FROM u WHERE true)',
    'EXISTS (SELECT 1 FROM u WHERE u.id = u.id)',
    'EXISTS (SELECT FROM u WHERE u.id = 1)',
    'EXISTS (SELECT FROM u WHERE id = 1)',
    'EXISTS (SELECT FROM u t WHERE t.id = 1)',
    'EXISTS (SELECT FROM other.t WHERE t.id = 1)',
    '1 = (SELECT max(u.id) FROM u)',
    '1 IN (SELECT id FROM u)',
    'u.id = 1',
    'u.id = u.other',
    'of_another = 1',
  ])
    assert.equal(isBounded(condition), false, condition);
  assert.equal(bounds(undefined, { name: 't', columns: null }), false);
});
