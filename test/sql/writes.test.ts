// Writes in the forms nobody thinks of first: a protected value that would be stored, what a conflict tells, and how far they reach.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { StatementAnalysis } from '../../src/sql/analysis.ts';
import { openWard, type Ward } from './ward.ts';

let ward: Ward;
before(async () => {
  ward = await openWard();
});
after(() => ward?.close());

const analysisOf = (sql: string): StatementAnalysis => ward.analysisOf(sql);

test('no protected value is stored, not even by where something else is', () => {
  for (const sql of [
    "UPDATE patients SET tags[weight] = 'x'",
    "UPDATE patients SET tags[1:weight] = '{x}'",
    "UPDATE patients SET tags[(SELECT length(ssn) FROM patients LIMIT 1)] = 'x'",
    "UPDATE patients SET tags[(SELECT length(leak('x')))] = 'x'",
    "UPDATE patients SET doc['copy'] = doc",
    "UPDATE patients SET doc['copy'] = to_jsonb(name)",
    'UPDATE patients SET ssn = name',
    'UPDATE wards SET title = (SELECT name FROM patients LIMIT 1)',
    'INSERT INTO messages (message) SELECT ssn FROM patients',
    'MERGE INTO wards w USING patients p ON w.id = p.id WHEN MATCHED THEN UPDATE SET title = p.name',
    'MERGE INTO wards w USING patients p ON w.id = p.id WHEN NOT MATCHED THEN INSERT (id, title) VALUES (9, p.name)',
  ]) {
    const codes = analysisOf(sql).refusals.map(({ code }) => code);
    assert.ok(codes.includes('not_provable'), `${sql}: ${codes.join()}`);
  }
});

test('what stays where it is, or says nothing protected, is stored', () => {
  for (const sql of [
    "UPDATE patients SET tags[1] = 'x' WHERE id = 1",
    "UPDATE patients SET tags[bed] = 'x' WHERE id = 1",
    "UPDATE patients SET doc['seen'] = 'true' WHERE id = 1",
    'UPDATE patients SET name = name, bed = bed + 1 WHERE id = 1',
    'INSERT INTO messages (message) SELECT title FROM wards',
  ])
    assert.deepEqual(analysisOf(sql).refusals, [], sql);
});

test('a conflict that is not named may be with any key, of any column that is written', () => {
  const filtered = (sql: string): readonly string[] => analysisOf(sql).filters.toSorted();
  const all = filtered("INSERT INTO patients VALUES (1, 'x', 'y') ON CONFLICT DO NOTHING");
  for (const cls of ['name', 'ssn', 'date', 'note']) assert.ok(all.includes(cls), cls);
  assert.deepEqual(filtered("INSERT INTO patients (id, ssn) VALUES (1, 'y') ON CONFLICT DO NOTHING"), ['ssn']);
  assert.deepEqual(filtered("INSERT INTO wards (id, title) VALUES (1, 'y') ON CONFLICT DO NOTHING"), []);
});

test('a column by which a view puts rows in order or tells them apart is written by who may filter by it', () => {
  const filtered = (sql: string): readonly string[] => analysisOf(sql).filters.toSorted();
  assert.deepEqual(filtered("INSERT INTO staff (id, hired) VALUES (9, '2001-01-01')"), ['date']);
  assert.deepEqual(filtered("UPDATE staff SET hired = '2001-01-01' WHERE id = 1"), ['date']);
  assert.deepEqual(filtered("INSERT INTO staff (id, surname) VALUES (9, 'x')"), ['name']);
  assert.deepEqual(filtered("INSERT INTO staff (id, ward, badge) VALUES (9, 1, 'A1')"), []);
  assert.deepEqual(filtered('UPDATE staff SET ward = 2 WHERE id = 1'), []);
});

test('a merge reaches as far as the conditions of each of its parts', () => {
  const isBounded = (sql: string): unknown => analysisOf(`MERGE INTO notes n USING wards w ${sql}`).facts.bounded;
  assert.equal(isBounded('ON true WHEN MATCHED THEN DELETE'), false);
  assert.equal(isBounded('ON true WHEN MATCHED AND n.id = 1 THEN DELETE'), true);
  assert.equal(isBounded('ON true WHEN MATCHED AND true THEN DELETE'), false);
  assert.equal(isBounded('ON n.id = w.id WHEN MATCHED THEN DELETE'), true);
  assert.equal(isBounded('ON true WHEN MATCHED THEN DO NOTHING'), true);
  assert.equal(isBounded('ON n.id = w.id WHEN MATCHED THEN DO NOTHING WHEN NOT MATCHED BY SOURCE THEN DELETE'), false);
});
