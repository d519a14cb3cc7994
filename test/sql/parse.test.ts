// Parsing: offsets, limits, and texts made to break the parser or to be read differently by the server.

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { array, constantFrom, assert as holds, nat, property, tuple } from 'fast-check';
import { analyze } from '../../src/sql/analyze.ts';
import type { Catalog } from '../../src/sql/catalog.ts';
import { emptyCatalog } from '../../src/sql/empty-catalog.ts';
import { loadParser, parseStatements, StatementCache } from '../../src/sql/parse.ts';
import { settingAllowed } from '../../src/sql/settings.ts';
import { boundedWrites, filtering, plain, refused, unboundedWrites } from './statements.ts';

before(() => loadParser());

function codeOf(sql: string): string {
  const parsed = parseStatements(sql);
  return parsed.ok ? 'ok' : parsed.error.code;
}

describe('parse', () => {
  test('statements lie where their bytes are', () => {
    const text = "SELECT 'é—😀'; ;\n UPDATE t SET a = 'ü' ;SELECT 2";
    const parsed = parseStatements(text);
    assert.ok(parsed.ok);
    const bytes = Buffer.from(text);
    const slices = parsed.value.map(({ start, end }) => bytes.subarray(start, end).toString().trim());
    assert.deepEqual(slices, ["SELECT 'é—😀'", "UPDATE t SET a = 'ü'", 'SELECT 2']);
  });

  test('nothing to run', () => {
    for (const text of ['', '  ', ';;', '-- x', '/* a /* b */ c */']) {
      const parsed = parseStatements(text);
      assert.ok(parsed.ok, text);
      assert.equal(parsed.value.length, 0);
    }
  });

  test('what the server would read differently is refused', () => {
    assert.equal(codeOf('SELECT 1\0; DROP TABLE x'), 'malformed');
    assert.equal(codeOf("SELECT '\ud800'"), 'malformed');
  });

  test('a syntax error names a place and no text', () => {
    const parsed = parseStatements("SELECT 'Quillfeather' FORM x y z");
    assert.ok(!parsed.ok);
    assert.equal(parsed.error.code, 'syntax');
    assert.doesNotMatch(parsed.error.text, /Quill|FORM|"/);
    assert.match(parsed.error.text, /at character \d+/);
  });

  test('depth and number are limited before the parser sees them, and it lives on', () => {
    for (const n of [600, 20_000, 200_000]) {
      const deep = [
        `SELECT ${'('.repeat(n)}1${')'.repeat(n)}`,
        `SELECT ${'array['.repeat(n)}1${']'.repeat(n)}`,
        `SELECT ${'CASE WHEN '.repeat(n)}1${' THEN 1 END'.repeat(n)}`,
        `SELECT '${')'.repeat(n)}' ${'('.repeat(n)}`,
        `SELECT $a$${')'.repeat(n)}$a$ ${'('.repeat(n)}`,
        `SELECT /* ${')'.repeat(n)} /* */ */ ${'('.repeat(n)}`,
        `SELECT "${')'.repeat(n)}" ${'('.repeat(n)}`,
      ];
      for (const sql of deep) assert.equal(codeOf(sql), 'too_large', sql.slice(0, 40));
    }
    for (const n of [10_000, 100_000]) {
      const chains = ['+1', '::text', ' UNION SELECT 1', ' CROSS JOIN a'].map(
        (each) => `SELECT 1 FROM a WHERE 1${each.repeat(n)}`,
      );
      const prefixes = ['NOT ', '- '].map((each) => `SELECT ${each.repeat(n)} 1`);
      for (const sql of [...chains, ...prefixes]) assert.notEqual(codeOf(sql), 'ok', sql.slice(0, 40));
    }
    const left = `SELECT ${'('.repeat(20)}1${`${'+1'.repeat(3_000)})`.repeat(20)}`;
    assert.equal(codeOf(left), 'too_large');
    assert.equal(codeOf('SELECT 1;'.repeat(101)), 'too_many');
    assert.equal(codeOf('SELECT 1'), 'ok');
  });

  test('long and flat is fine', () => {
    assert.equal(
      codeOf(`INSERT INTO t VALUES ${Array.from({ length: 20_000 }, (_, i) => `(${i}, '(x')`).join()}`),
      'ok',
    );
    assert.equal(codeOf(`SELECT * FROM t WHERE id IN (${Array.from({ length: 20_000 }, (_, i) => i).join()})`), 'ok');
    assert.equal(codeOf(`SELECT ${'(1), '.repeat(2_000)} 1`), 'ok');
  });

  test('the cache answers the same and stays bounded', () => {
    const cache = new StatementCache(2);
    const first = cache.parse('SELECT 1');
    assert.equal(cache.parse('SELECT 1'), first);
    cache.parse('SELECT 2');
    cache.parse('SELECT 1');
    cache.parse('SELECT 3');
    assert.equal(cache.parse('SELECT 1'), first);
  });
});

test('settings', () => {
  const allowed = [
    ['DateStyle', 'ISO, MDY'],
    ['client_encoding', 'UTF8'],
    ['TimeZone', 'Europe/Paris'],
    ['search_path', 'public'],
    ['timezone', null],
    ['IntervalStyle', 'iso_8601'],
    ['bytea_output', 'escape'],
    ['enable_seqscan', 'off'],
    ['role', null],
    ['session_authorization', null],
  ] as const;
  const pinned = [
    ['DateStyle', 'German'],
    ['client_encoding', 'SJIS'],
    ['search_path', '"$user", public'],
    ['search_path', 'public, evil'],
    ['search_path', 'public\nx'],
    ['role', 'x'],
    ['role', ''],
    ['role', 'none'],
    ['session_authorization', 'x'],
    ['session_replication_role', 'replica'],
    ['standard_conforming_strings', 'off'],
    ['client_min_messages', 'debug1'],
    ['row_security', 'off'],
    ['my.setting', 'x'],
  ] as const;
  for (const [name, value] of allowed) assert.equal(settingAllowed(name, value), true, name);
  for (const [name, value] of pinned) assert.equal(settingAllowed(name, value), false, name);
});

/** A database in which every name exists and is protected: the more there is to resolve, the more can go wrong. */
const everything: Catalog = {
  ...emptyCatalog,
  relation: (schema, name) =>
    schema === 'public'
      ? {
          oid: 1,
          schema,
          name,
          kind: 'r',
          system: false,
          protected: true,
          active: false,
          columns: ['id', 'name', 'ssn', 'bed', 'doc', 'tags'].map((column, at) => ({
            attnum: at + 1,
            name: column,
            typeOid: 25,
            classification: 'name' as const,
          })),
        }
      : undefined,
};

test('no text makes the analysis throw', () => {
  const corpus = [
    ...plain.map((each) => each.sql),
    ...filtering.map(([sql]) => sql),
    ...refused,
    ...unboundedWrites,
    ...boundedWrites,
  ];
  const words = [...new Set(corpus.flatMap((sql) => sql.split(/\b/)))];
  const mutant = tuple(
    constantFrom(...corpus),
    array(tuple(nat(), nat({ max: 3 }), constantFrom(...words)), { maxLength: 3 }),
  ).map(([sql, edits]) => {
    const parts = sql.split(/\b/);
    for (const [at, removed, word] of edits) parts.splice(at % parts.length, removed, word);
    return parts.join('');
  });
  holds(
    property(mutant, (sql) => {
      const parsed = parseStatements(sql);
      if (parsed.ok) for (const each of parsed.value) analyze(each, everything);
    }),
    { numRuns: 20_000 },
  );
});
