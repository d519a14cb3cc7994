// Schemas by other names: only where a relation or column is named with one, wherever that is in the statement.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { loadParser, parseStatements } from '../../src/sql/parse.ts';
import { withSchemas } from '../../src/sql/schema-names.ts';

const now = new Map([
  ['public', '"masked__public"'],
  ['Lab "A"', '"masked__lab"'],
]);

before(loadParser);

function renamed(text: string): string {
  const parsed = parseStatements(text);
  assert.ok(parsed.ok, text);
  return withSchemas(text, parsed.value, now);
}

const cases: readonly (readonly [string, string])[] = [
  ['SELECT * FROM patients', 'SELECT * FROM patients'],
  ['SELECT * FROM public.patients', 'SELECT * FROM "masked__public".patients'],
  ['TABLE "public" . patients', 'TABLE "masked__public" . patients'],
  [
    'SELECT PUBLIC.patients.ssn FROM Public.patients',
    'SELECT "masked__public".patients.ssn FROM "masked__public".patients',
  ],
  [
    'SELECT \'public.x\', é.public FROM public."é" é -- public.y',
    'SELECT \'public.x\', é.public FROM "masked__public"."é" é -- public.y',
  ],
  ['SELECT 1; SELECT public.t.* FROM public.t', 'SELECT 1; SELECT "masked__public".t.* FROM "masked__public".t'],
  [
    'WITH a AS (SELECT * FROM public.t) SELECT * FROM a',
    'WITH a AS (SELECT * FROM "masked__public".t) SELECT * FROM a',
  ],
  ['INSERT INTO public.t SELECT * FROM other.t', 'INSERT INTO "masked__public".t SELECT * FROM other.t'],
  [
    'UPDATE public.t SET a = 1 WHERE public.t.b = 2',
    'UPDATE "masked__public".t SET a = 1 WHERE "masked__public".t.b = 2',
  ],
  ['PREPARE p AS DELETE FROM public.t', 'PREPARE p AS DELETE FROM "masked__public".t'],
  ['SELECT * FROM "Lab ""A""".t', 'SELECT * FROM "masked__lab".t'],
  ['SELECT public.f(1), x::public.kind FROM t', 'SELECT public.f(1), x::public.kind FROM t'],
  ['COPY public.t TO STDOUT', 'COPY "masked__public".t TO STDOUT'],
  // Not read here, so it stays, and the server refuses it.
  ['SELECT * FROM U&"publi\\0063".t', 'SELECT * FROM U&"publi\\0063".t'],
  ['SELECT * FROM ehr.public.t', 'SELECT * FROM ehr.public.t'],
];

for (const [text, expected] of cases) {
  test(text, () => assert.equal(renamed(text), expected));
}
