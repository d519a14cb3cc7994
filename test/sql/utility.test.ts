// Statements that are not queries, in the forms nobody thinks of first: what each is, what it does, and what is refused of it.

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

const refusalsOf = (sql: string): readonly string[] => analysisOf(sql).refusals.map(({ code }) => code);

test('what ends or changes nothing but the session’s own state is let through as that', () => {
  const kinds: readonly [string, string, string][] = [
    ['UNLISTEN *', 'transaction', 'UNLISTEN'],
    ['UNLISTEN news', 'transaction', 'UNLISTEN'],
    ['CLOSE ALL', 'transaction', 'CLOSE CURSOR'],
    ['DEALLOCATE ALL', 'deallocate', 'DEALLOCATE'],
    ['SET CONSTRAINTS ALL DEFERRED', 'transaction', 'SET CONSTRAINTS'],
    ['SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY', 'transaction', 'SET SESSION CHARACTERISTICS'],
    ['SET TRANSACTION READ ONLY', 'transaction', 'SET TRANSACTION'],
    ['RESET ALL', 'setting', 'RESET ALL'],
    ['DISCARD ALL', 'setting', 'DISCARD'],
  ];
  for (const [sql, kind, command] of kinds) {
    const { kind: found, facts, refusals } = analysisOf(sql);
    assert.deepEqual([found, facts.command, refusals], [kind, command, []], sql);
  }
});

test('a setting is read as the server reads it', () => {
  const settings: readonly [string, string, string | null][] = [
    ['SET jit = off', 'jit', 'off'],
    ['SET JIT TO true', 'jit', 'true'],
    ['SET extra_float_digits = -1', 'extra_float_digits', '-1'],
    ['SET seed = 0.5', 'seed', '0.5'],
    ["SET datestyle = iso, 'dmy'", 'datestyle', 'iso, dmy'],
    ["SET TIME ZONE INTERVAL '1' HOUR", 'timezone', ''],
    ['SET search_path TO DEFAULT', 'search_path', null],
    ['RESET search_path', 'search_path', null],
    ['SET LOCAL role = x', 'role', 'x'],
  ];
  for (const [sql, name, value] of settings) assert.deepEqual(analysisOf(sql).setting, { name, value }, sql);
});

test('COPY is of a table there is, and of its columns', () => {
  assert.deepEqual(refusalsOf('COPY wards TO STDOUT'), []);
  assert.deepEqual(refusalsOf('COPY wards (id, title) TO STDOUT'), []);
  for (const sql of ['COPY nowhere TO STDOUT', 'COPY wards (id, nothing) TO STDOUT', 'COPY nowhere FROM STDIN'])
    assert.ok(refusalsOf(sql).includes('unknown_relation'), sql);
  for (const sql of [
    "COPY wards TO '/tmp/x'",
    "COPY wards TO PROGRAM 'cat'",
    "COPY wards FROM '/tmp/x'",
    "COPY wards FROM PROGRAM 'cat'",
    "COPY (SELECT 1) TO PROGRAM 'cat'",
  ])
    assert.ok(refusalsOf(sql).includes('not_provable'), sql);
});

test('EXPLAIN does what its statement does only where it runs it', () => {
  const doing = (options: string): readonly boolean[] => {
    const { facts } = analysisOf(`EXPLAIN ${options} DELETE FROM wards`);
    return [facts.writes === true, facts.bounded === true];
  };
  for (const options of ['', '(ANALYZE false)', '(ANALYZE off)', '(ANALYZE 0)', '(VERBOSE false)', '(COSTS)'])
    assert.deepEqual(doing(options), [false, true], options);
  for (const options of ['ANALYZE', '(ANALYZE)', '(ANALYZE true)', '(ANALYZE 1)', '(ANALYZE off, ANALYZE on)'])
    assert.deepEqual(doing(options), [true, false], options);
  const unseen = analysisOf('EXPLAIN DELETE FROM wards WHERE title = leak(title)');
  assert.deepEqual([unseen.facts.writes, unseen.facts.opaque], [null, true], 'planning may run code');
});

test('what changes rights is called what it is', () => {
  for (const command of ['GRANT', 'REVOKE']) {
    const { kind, facts, refusals } = analysisOf(
      `${command} SELECT ON wards ${command === 'GRANT' ? 'TO' : 'FROM'} gate`,
    );
    assert.deepEqual([kind, facts.command, facts.relations, refusals.length], ['ddl', command, ['public.wards'], 1]);
  }
});
