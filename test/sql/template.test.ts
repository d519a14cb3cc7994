// A text analysed by the template of another says the same as when it is analysed itself.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import type { StatementAnalysis } from '../../src/sql/analysis.ts';
import { analyze } from '../../src/sql/analyze.ts';
import { loadParser, type ParsedStatement, parseStatements } from '../../src/sql/parse.ts';
import { looksPastLiterals, templateOf } from '../../src/sql/template.ts';
import { openWard, type Ward } from './ward.ts';

let ward: Ward;
before(async () => {
  await loadParser();
  ward = await openWard();
});
after(() => ward?.close());

function parsed(sql: string): ParsedStatement | null {
  const result = parseStatements(sql);
  return result.ok && result.value.length === 1 ? (result.value[0] ?? null) : null;
}

/** What the template stands for, or null where the text has to speak for itself. */
function sharedKey(sql: string): string | null {
  const template = templateOf(sql);
  const statement = parsed(sql);
  return template && statement && looksPastLiterals(statement, template) ? template.key : null;
}

function meaning(sql: string): Omit<StatementAnalysis, 'start' | 'end'> {
  const statement = parsed(sql);
  assert.ok(statement, sql);
  const { start: _start, end: _end, ...rest } = analyze(statement, ward.catalog);
  return rest;
}

test('literals compared with a column do not matter', () => {
  const one = sharedKey('SELECT n FROM t WHERE id = 1234;');
  assert.ok(one !== null);
  assert.equal(sharedKey('SELECT n FROM t WHERE id = 5;'), one);
  assert.notEqual(sharedKey("SELECT n FROM t WHERE id = '5';"), one);
  assert.notEqual(sharedKey('SELECT m FROM t WHERE id = 5;'), one);
  assert.notEqual(sharedKey("SELECT n FROM t WHERE d = 'NULL'"), sharedKey("SELECT n FROM t WHERE d = 'x'"));
  assert.ok(sharedKey("UPDATE t SET n = m WHERE id = 5 AND name <> 'x y'") !== null);
});

test('literals that are equal stay equal: a tautology is no bound', () => {
  const key = sharedKey('DELETE FROM t WHERE id = 1 OR id <> 1');
  assert.ok(key !== null);
  assert.notEqual(sharedKey('DELETE FROM t WHERE id = 1 OR id <> 2'), key);
  assert.equal(sharedKey('DELETE FROM t WHERE id = 7 OR id <> 7'), key);
});

const exact: readonly string[] = [
  'SELECT 1',
  'SELECT n FROM t ORDER BY 1',
  'SELECT n FROM t LIMIT 5',
  'SELECT n FROM t WHERE 1 = 1',
  'UPDATE t SET n = 5 WHERE id = 7',
  "SELECT set_config('search_path', 'x', false)",
  "SELECT n FROM t WHERE name LIKE '%'",
  "SELECT n FROM t WHERE doc ->> 'a' = b",
  "SELECT n FROM t WHERE name = 'x'::regclass",
  "SELECT n FROM t WHERE name = E'x'",
  "SELECT n FROM t WHERE name = U&'x'",
  "SELECT n FROM t WHERE name = B'1'",
  "SELECT n FROM t WHERE name = 'it''s'",
  "SELECT n FROM t WHERE name = 'a'\n'b'",
  String.raw`SELECT n FROM t WHERE name = 'a\b'`,
  'SELECT n FROM t WHERE name = $$x$$',
  'SELECT n FROM t WHERE id = 0x1f',
  'SELECT n FROM t WHERE id = 1_000',
  'SELECT n FROM t WHERE id = 007',
  'SELECT n FROM t WHERE id = 5 -- c',
  'SELECT n FROM t WHERE id /* c */ = 5',
  "SELECT n FROM t WHERE name = 'é'",
  "SET x = 'y'",
  'EXPLAIN SELECT n FROM t WHERE id = 5',
];

test('whatever else a literal may mean, its text speaks for itself', () => {
  for (const sql of exact) assert.equal(sharedKey(sql), null, sql);
});

const literal = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 3 }).map(String) },
  fc.nat().map(String),
  fc.constantFrom(
    '1.5',
    '-3',
    '007',
    '0x1f',
    '2147483648',
    '99999999999',
    'NULL',
    'true',
    '$1',
    "E'a'",
    "'a' 'b'",
    "'%'",
    "'null'",
    "'DEFAULT'",
  ),
  fc.string({ unit: 'grapheme-ascii', maxLength: 4 }).map((text) => `'${text}'`),
  fc.constantFrom("'a'", "'b'", "''", "'2020-01-01'", "'{}'"),
);
const column = fc.constantFrom('id', 'name', 'ssn', '"name"');
const comparison = fc
  .tuple(column, fc.constantFrom('=', '<>', '<', '>=', '!=', ' = ', '->>', '||', ' LIKE '), literal)
  .chain(([left, operator, right]) => fc.constantFrom(`${left}${operator}${right}`, `${right}${operator}${left}`));
const condition = fc
  .array(fc.tuple(comparison, fc.constantFrom(' AND ', ' OR ', ' AND NOT ')), { minLength: 1, maxLength: 3 })
  .map((parts) => parts.map(([part, glue], at) => (at === 0 ? part : `${glue}${part}`)).join(''));
const frame = fc.constantFrom(
  (where: string, value: string) => `SELECT id, name FROM patients p WHERE ${where} ORDER BY ${value}`,
  (where: string) => `SELECT count(*) FROM patients p WHERE ${where}`,
  (where: string) => `DELETE FROM patients p WHERE ${where};`,
  (where: string, value: string) => `UPDATE patients p SET name = ${value} WHERE ${where}`,
  (where: string, value: string) => `SELECT ${value} FROM patients p WHERE ${where} LIMIT 2`,
);

test('random statements: one template, one analysis', () => {
  const byKey = new Map<string, string>();
  let shared = 0;
  fc.assert(
    fc.property(frame, condition, literal, (write, where, value) => {
      const sql = write(where, value);
      const key = sharedKey(sql);
      if (key === null) return;
      const first = byKey.get(key);
      if (first === undefined) byKey.set(key, sql);
      else if (first !== sql) {
        shared++;
        assert.deepEqual(meaning(sql), meaning(first), `${first} and ${sql}`);
      }
    }),
    { numRuns: 8_000 },
  );
  assert.ok(shared > 100, `only ${shared} texts were analysed by the template of another`);
});
