// Which texts name nothing but ASCII: what a database in another encoding reads as the parser does.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { namesAreAscii } from '../../src/sql/other-encodings.ts';
import { loadParser, parseStatements } from '../../src/sql/parse.ts';

before(loadParser);

function reads(text: string): boolean {
  const parsed = parseStatements(text);
  assert.ok(parsed.ok);
  return namesAreAscii(text, parsed.value);
}

for (const text of [
  'SELECT a FROM b',
  "SELECT a FROM b WHERE c = 'Köln' AND d IN ('é', 'ß')",
  "INSERT INTO b VALUES ('漢字', $$ü$$)",
  "SELECT 1; SELECT 'é'",
])
  test(`is followed: ${text}`, () => assert.ok(reads(text)));

for (const text of [
  'SELECT é FROM b',
  'SELECT a AS "é" FROM b',
  'PREPARE é AS SELECT 1',
  'SELECT a FROM b -- é',
  'SELECT U&"\\00e9" FROM b',
  "SELECT u&'a' FROM b",
  "SELECT E'\\u00e9', é FROM b",
  "SELECT E'\\xc3\\xa9', é FROM b",
  // As many letters as its literals have, but one of them behind what the parser keeps of a name.
  `SELECT 'é', ${'a'.repeat(63)}é FROM b`,
])
  test(`is not followed: ${text}`, () => assert.equal(reads(text), false));
