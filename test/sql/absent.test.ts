// What is NULL although nothing it is made of is: that it is NULL says something of what is in there, and the analysis has to
// know. Against a real server, which says whether it can be.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openWard, type Ward } from './ward.ts';

let ward: Ward;
before(async () => {
  ward = await openWard();
});
after(() => ward?.close());

function nullTells(sql: string): boolean {
  const [output] = ward.analysisOf(sql).outputs ?? [];
  assert.ok(output, sql);
  return output.nullTells === true;
}

/** Each is NULL for the first patient, of whom nothing that it names is NULL. */
const absent: readonly string[] = [
  "doc -> 'none'",
  "doc ->> 'none'",
  "doc #> '{none}'",
  "doc #>> '{none}'",
  "json_extract_path(doc::json, 'none')",
  "json_extract_path_text(doc::json, 'none')",
  "jsonb_extract_path(doc, 'none')",
  "jsonb_extract_path_text(doc, 'none')",
  "substring(name FROM 'none')",
  'array_length(tags, 2)',
  'array_upper(tags, 2)',
  'array_lower(tags, 2)',
  "array_ndims(array_remove(array_remove(tags, 'Quillfeather'), 'peregrine-tag'))",
  "to_char(birth_date, '')",
  'tags[7]',
];

test('what may be absent is known to be', async () => {
  for (const expression of absent) {
    const sql = `SELECT ${expression} FROM patients WHERE id = 1`;
    const { rows } = await ward.query(sql).then((answer) => (answer.ok ? answer.value : assert.fail(sql)));
    assert.deepEqual(rows, [[null]], sql);
    assert.equal(nullTells(sql), true, sql);
  }
});

test('what is NULL only where what it is made of is, tells nothing by that', () => {
  for (const expression of ['name', 'upper(name)', 'substring(name FROM 1 FOR 2)', 'ssn || name', 'weight + 1'])
    assert.equal(nullTells(`SELECT ${expression} FROM patients WHERE id = 1`), false, expression);
});
