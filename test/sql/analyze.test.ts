// The analysis against a real server: what it lets through is run there, and what the gate's rule would leave as it is must
// hold no canary.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { StatementAnalysis } from '../../src/sql/analysis.ts';
import { analyze } from '../../src/sql/analyze.ts';
import { condensed } from '../../src/sql/condense.ts';
import { parseStatements } from '../../src/sql/parse.ts';
import { settingAllowed } from '../../src/sql/settings.ts';
import { boundedWrites, failing, filtering, plain, refused, unboundedWrites, withinLimits } from './statements.ts';
import { canaryIn, openWard, visibleCells, type Ward } from './ward.ts';

let ward: Ward;
before(async () => {
  ward = await openWard();
});
after(() => ward?.close());

const analysisOf = (sql: string): StatementAnalysis => ward.analysisOf(sql);

/** As the gate does: a pinned setting is refused even where housekeeping is not. */
function isRefused(analysis: StatementAnalysis): boolean {
  const { setting } = analysis;
  return analysis.refusals.length > 0 || (setting !== null && !settingAllowed(setting.name, setting.value));
}

const runnable = (analysis: StatementAnalysis): boolean => !/^(?:SET|SHOW)/.test(analysis.facts.command);

describe('recursive queries, one within another', () => {
  const nested = (depth: number): string => {
    let sql = 'SELECT id, name FROM patients';
    for (let at = 0; at < depth; at++)
      sql = `SELECT * FROM (WITH RECURSIVE r${at}(a, b) AS (${sql} UNION ALL SELECT a + 1, b || 'x' FROM r${at} WHERE a < 3) SELECT a, b FROM r${at}) q${at}`;
    return sql;
  };

  test('are walked so often and no more', () => {
    assert.deepEqual(analysisOf(nested(2)).refusals, []);
    assert.match(analysisOf(nested(20)).refusals[0]?.text ?? '', /too involved/);
  });

  test('make rows in each of their rounds', () => {
    const gathered = (series: string): string =>
      `WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r JOIN wards w ON w.id = r.n${series}) SELECT string_agg(p.name, '') FROM patients p JOIN r ON r.n = p.id`;
    const tells = (sql: string): boolean => analysisOf(sql).facts.filters?.includes('public.patients.name') ?? false;
    assert.ok(!tells(gathered('')));
    assert.ok(tells(gathered(', generate_series(1, 2)')));
  });
});

describe('long statements', () => {
  const many = (item: (n: number) => string, separator = ', '): string =>
    Array.from({ length: 50 }, (_, n) => item(n)).join(separator);
  const long = [
    `INSERT INTO messages (message, patient_id) VALUES ${many((n) => `('text ${n}', ${n})`)}`,
    `INSERT INTO messages (message, patient_id) VALUES ${many((n) => `('text ${n}', ${n})`)}, ((SELECT ssn FROM patients LIMIT 1), 3)`,
    `INSERT INTO messages (message, patient_id) VALUES ${many((n) => `('t', ${n})`)}, (DEFAULT, $1), (upper('x'), NULL), ('t', '7'::int)`,
    `SELECT id FROM wards WHERE id IN (${many(String)}, (SELECT weight FROM patients LIMIT 1))`,
    `SELECT id FROM patients WHERE name = ANY (ARRAY[${many((n) => `'n${n}'`)}]) OR weight IN (${many(String)})`,
    `SELECT * FROM (VALUES ${many((n) => `(${n}, 'a')`)}, (51, (SELECT name FROM patients LIMIT 1))) AS v (a, b)`,
    `DELETE FROM wards WHERE id IN (${many(String)}, ward.beds) OR true`,
    `SELECT ${many((n) => `'c${n}'`)}, name FROM patients`,
    `SELECT v.c, v.d FROM patients p, LATERAL (VALUES (1, 2, p.name, p.bed, ${many(String)})) AS v (a, b, c, d)`,
  ];

  test('mean what they mean, condensed', () => {
    let shorter = 0;
    for (const sql of long) {
      const parsed = parseStatements(sql);
      assert.ok(parsed.ok, sql);
      const before = JSON.stringify(parsed.value).length;
      const whole = parsed.value.map((each) => analyze(each, ward.catalog));
      const less = condensed(parsed.value);
      if (JSON.stringify(less).length < before / 2) shorter += 1;
      assert.deepEqual(
        less.map((each) => analyze(each, ward.catalog)),
        whole,
        sql,
      );
    }
    assert.equal(shorter, long.length - 2, 'the columns of a result all stay, and those of VALUES');
  });
});

describe('statements', () => {
  test('what is harmless passes, and shows what it may and no canary', async () => {
    for (const { sql, shows = [] } of plain) {
      const analysis = analysisOf(sql);
      assert.deepEqual(analysis.refusals, [], sql);
      assert.deepEqual(analysis.filters, [], sql);
      assert.equal(isRefused(analysis), false, sql);
      if (!runnable(analysis)) continue;
      const cells = await visibleCells(ward, sql, analysis);
      for (const cell of cells) assert.equal(canaryIn(cell), undefined, `${sql} shows ${cell}`);
      for (const value of shows) assert.ok(cells.includes(value), `${sql} should show ${value}, shows ${cells.join()}`);
    }
  });

  test('what filters by a protected column needs the grant, and leaks nothing with it', async () => {
    for (const [sql, ...classes] of filtering) {
      const analysis = analysisOf(sql);
      assert.deepEqual(analysis.refusals, [], sql);
      const asked: readonly string[] = [...analysis.filters, ...analysis.lookups];
      for (const cls of classes) assert.ok(asked.includes(cls), `${sql}: ${asked.join()}`);
      const cells = await visibleCells(ward, sql, analysis);
      for (const cell of cells) assert.equal(canaryIn(cell), undefined, `${sql} shows ${cell}`);
    }
  });

  test('what could come to a limit of the server, or to fields that cannot be compared, tells of what is beside it', () => {
    for (const sql of failing) {
      const analysis = analysisOf(sql);
      assert.deepEqual(analysis.refusals, [], sql);
      assert.ok(analysis.filters.includes('name'), sql);
    }
    for (const sql of withinLimits) {
      const analysis = analysisOf(sql);
      assert.deepEqual([...analysis.refusals, ...analysis.filters], [], sql);
    }
  });

  test('what cannot be vouched for is refused', () => {
    for (const sql of refused) assert.equal(isRefused(analysisOf(sql)), true, sql);
  });

  test('COPY FROM … WHERE asks of what the table puts into a row by itself', () => {
    for (const condition of ['given', 'coalesce(given, false)'])
      assert.deepEqual(analysisOf(`COPY consents (id) FROM STDIN WHERE ${condition}`).filters, ['other_id'], condition);
  });

  test('what is made of answers alone is an answer, and nothing else is', () => {
    const born = "birth_date < '1950-01-01'";
    const answers = [
      `sum(CASE WHEN ${born} THEN 1 ELSE 0 END)`,
      `coalesce(avg((${born})::int), 0)`,
      `array_agg(${born})`,
      `json_build_object('early', bool_or(${born}), 'n', count(*))`,
      `CASE WHEN bool_and(${born}) THEN 'early' ELSE 'late' END || '!'`,
    ];
    const shown = (sql: string): string | undefined =>
      analysisOf(`SELECT ${sql} FROM patients`).outputs?.[0]?.form?.kind;
    for (const sql of answers) assert.equal(shown(sql), 'answer', sql);
    const others = [
      `max(CASE WHEN ${born} THEN birth_date END)`,
      `concat(${born}, name)`,
      `sum(CASE WHEN ${born} THEN weight ELSE 0 END)`,
      'sum(weight)',
    ];
    for (const sql of others) assert.notEqual(shown(sql), 'answer', sql);
    assert.match(
      analysisOf(`UPDATE wards SET beds = (SELECT sum((${born})::int) FROM patients)`).refusals[0]?.text ?? '',
      /carries a protected value/,
    );
  });

  test('what adds up, or fills a value, until it fails, tells of what it is made of', () => {
    for (const sql of [
      'SELECT sum(s) FROM (SELECT sum(rate) AS s FROM staff) q, generate_series(1, 9)',
      'WITH RECURSIVE r(i, s) AS (SELECT 1, rate FROM staff UNION ALL SELECT i + 1, (SELECT sum(CASE WHEN g > 0 THEN r.s END) FROM generate_series(1, 9) g) FROM r WHERE i < 9) SELECT s FROM r',
      'SELECT sum(small) FROM staff',
      'SELECT sum(shift) FROM staff',
      'SELECT avg(shift) FROM staff',
      "SELECT sum(date_part('epoch', shift)) FROM staff",
      'SELECT a.vector || b.vector FROM staff a, staff b',
    ])
      assert.deepEqual(analysisOf(sql).filters, ['other_id'], sql);
    for (const sql of [
      'SELECT sum(rate), sum(coalesce(rate, 0)), avg(rate), sum(CASE WHEN id = 1 THEN rate END) FROM staff',
      'SELECT sum(s) FROM (SELECT rate AS s FROM staff) q',
      "SELECT vector || 'a', vector || vector FROM staff",
    ])
      assert.deepEqual(analysisOf(sql).filters, [], sql);
  });

  test('a day is made no instant: which year it lies in is for the zone to say, which the client sets', async () => {
    const crossing = [
      'SELECT day::timestamptz, stamp::timestamptz FROM births',
      'SELECT at::date::timestamptz FROM births',
      'SELECT day FROM births UNION ALL SELECT NULL::timestamptz',
      'SELECT array_agg(day) FROM births UNION ALL SELECT NULL::timestamptz[]',
    ];
    await ward.client.query("SET timezone = 'X-14'");
    try {
      for (const sql of crossing) assert.deepEqual(await visibleCells(ward, sql, analysisOf(sql)), [], sql);
    } finally {
      await ward.client.query('RESET timezone');
    }
  });

  test('the harness sees a leak: with the analysis blinded, canaries show', async () => {
    const leaky = [
      "SELECT id, ssn || '' FROM patients",
      'SELECT title FROM wards WHERE false UNION ALL SELECT ssn FROM patients',
      'SELECT row_to_json(p) FROM patients p',
      "SELECT encode(ssn::bytea, 'hex') FROM patients",
    ];
    for (const sql of leaky) {
      const blinded = { ...analysisOf(sql), touchesProtected: false, outputs: null };
      const cells = await visibleCells(ward, sql, blinded);
      assert.ok(
        cells.some((cell) => canaryIn(cell) !== undefined),
        sql,
      );
    }
  });
});

describe('facts', () => {
  test('bounded', () => {
    for (const sql of unboundedWrites) {
      const { facts } = analysisOf(sql);
      assert.equal(facts.bounded, false, sql);
      assert.equal(facts.writes, true, sql);
      assert.equal(facts.reads, false, sql);
    }
    for (const sql of boundedWrites) assert.equal(analysisOf(sql).facts.bounded, true, sql);
    assert.equal(analysisOf('SELECT * FROM patients').facts.bounded, true);
  });

  test('EXPLAIN writes what it runs, and runs it unless it is told not to', () => {
    for (const [options, runs] of [
      ['', false],
      ['ANALYZE', true],
      ['(ANALYZE)', true],
      ['(ANALYZE 1)', true],
      ['(ANALYZE off)', false],
      ['(ANALYZE FALSE, COSTS on)', false],
      ['(ANALYZE 0)', false],
    ] as const) {
      const { facts } = analysisOf(`EXPLAIN ${options} DELETE FROM wards`);
      assert.deepEqual([facts.writes, facts.bounded], [runs, !runs], options);
    }
  });

  test('a definition reads what it is a definition of', () => {
    for (const sql of ['CREATE VIEW v AS SELECT ssn FROM patients', 'CREATE TABLE v AS SELECT ssn FROM patients']) {
      const { relations, phi } = analysisOf(sql).facts;
      assert.deepEqual([relations, phi], [['public.patients'], ['ssn']], sql);
    }
  });

  test('what is read, filtered and of which class', () => {
    const { facts, kind } = analysisOf(
      "SELECT p.name FROM patients p JOIN notes n ON n.patient_id = p.id WHERE p.ssn = '1'",
    );
    assert.equal(kind, 'query');
    assert.equal(facts.reads, true);
    assert.deepEqual([...(facts.relations ?? [])].sort(), ['public.notes', 'public.patients']);
    assert.deepEqual([...(facts.phi ?? [])].sort(), ['name', 'ssn']);
    assert.deepEqual([...(facts.filters ?? [])].sort(), [
      'public.notes.patient_id',
      'public.patients.id',
      'public.patients.ssn',
    ]);
    assert.deepEqual(analysisOf('SELECT count(*) FROM patients').facts.phi, []);
    assert.equal(analysisOf('SELECT count(*) FROM patients').touchesProtected, true);
    assert.equal(analysisOf('SELECT * FROM wards').touchesProtected, false);
  });

  test('what cannot be seen into is unknown', () => {
    for (const sql of ['SELECT leak(title) FROM wards', 'CALL p()', "DO 'x'", 'EXECUTE x']) {
      const { facts } = analysisOf(sql);
      assert.deepEqual([facts.opaque, facts.reads, facts.writes, facts.bounded], [true, null, null, null], sql);
    }
  });

  test('kinds', () => {
    const kinds = [
      ['BEGIN', 'transaction'],
      ['SAVEPOINT a', 'transaction'],
      ['SET TRANSACTION READ ONLY', 'transaction'],
      ["SET timezone = 'UTC'", 'setting'],
      ['RESET timezone', 'setting'],
      ['SHOW ALL', 'show'],
      ['DEALLOCATE ALL', 'deallocate'],
      ['COPY wards FROM STDIN', 'copy'],
      ['COPY wards TO STDOUT', 'copy'],
      ['TRUNCATE wards', 'dml'],
      ['WITH d AS (DELETE FROM notes WHERE id = 1) SELECT 1', 'dml'],
      ['CREATE TABLE t ()', 'ddl'],
      ['LOCK wards', 'utility'],
    ] as const;
    for (const [sql, kind] of kinds) assert.equal(analysisOf(sql).kind, kind, sql);
    assert.equal(analysisOf('CREATE TABLE t ()').invalidatesCatalog, true);
    assert.deepEqual(analysisOf('SET DateStyle TO ISO, MDY').setting, {
      name: 'datestyle',
      value: 'ISO, MDY'.replace('ISO', 'iso').replace('MDY', 'mdy'),
    });
  });
});
