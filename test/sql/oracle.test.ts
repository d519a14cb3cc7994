// The server as the oracle of the lineage: what a view of the same query depends on (pg_depend) is what the analysis must
// have found, and rows masked by what it found must hold no canary. Random queries; the seed is printed.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Client } from 'pg';
import type { StatementAnalysis } from '../../src/sql/analysis.ts';
import { analyze } from '../../src/sql/analyze.ts';
import { loadParser, parseStatements } from '../../src/sql/parse.ts';
import { randomFrom } from '../fuzz/codecs.ts';
import { RandomQueries } from './random-queries.ts';
import { filtering, plain } from './statements.ts';
import { canaryIn, openWard, visibleCells, type Ward } from './ward.ts';

const seed = Number(process.env['ORACLE_SEED'] ?? Date.now() % 1_000_000);
const runs = Number(process.env['ORACLE_RUNS'] ?? 400);
/** So many are run with the analysis blinded as well: some of them have to show a canary, or the queries ask for none. */
const controls = 100;

let ward: Ward;
let oracle: Client;
before(async () => {
  await loadParser();
  ward = await openWard();
  oracle = new Client({ connectionString: ward.server.url('gate', 'gate', 'ward'), options: '-c search_path=public' });
  await oracle.connect();
});
after(async () => {
  await oracle?.end();
  await ward?.close();
});

function analysisOf(sql: string): StatementAnalysis | null {
  const parsed = parseStatements(sql);
  assert.ok(parsed.ok, sql);
  const [statement, ...others] = parsed.value;
  return statement && others.length === 0 ? analyze(statement, ward.catalog) : null;
}

interface Dependencies {
  /** `schema.table.column`, of user tables. */
  readonly columns: readonly string[];
  /** Relations it needs as a whole. */
  readonly relations: readonly string[];
}

/** Null = the server does not take it for a view. */
async function dependencies(sql: string): Promise<Dependencies | null> {
  await oracle.query('BEGIN');
  try {
    await oracle.query(`CREATE TEMP VIEW oracle_view AS ${sql}`);
    const { rows } = await oracle.query<{ relation: string; attname: string | null }>(`
      SELECT DISTINCT n.nspname || '.' || c.relname AS relation, a.attname
      FROM pg_rewrite r
      JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass
      JOIN pg_class c ON c.oid = d.refobjid JOIN pg_namespace n ON n.oid = c.relnamespace
      LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid AND d.refobjsubid > 0
      WHERE r.ev_class = 'oracle_view'::regclass AND n.nspname = 'public'`);
    return {
      columns: rows.flatMap(({ relation, attname }) => (attname === null ? [] : [`${relation}.${attname}`])),
      relations: rows.map((each) => each.relation),
    };
  } catch {
    return null;
  } finally {
    await oracle.query('ROLLBACK');
  }
}

async function missed(
  sql: string,
  analysis: StatementAnalysis,
): Promise<{ missed: string[]; needless: number } | null> {
  const needs = await dependencies(sql);
  if (!needs) return null;
  const { columns, relations } = analysis.facts;
  const found = new Set([...(columns ?? []), ...(relations ?? [])]);
  const named = new Set([...needs.columns, ...needs.relations]);
  return {
    missed: [...named].filter((each) => !found.has(each)),
    needless: [...found].filter((each) => !named.has(each)).length,
  };
}

describe('lineage and the server', () => {
  it('agree on written queries', async (t) => {
    let [asked, needless] = [0, 0];
    for (const sql of [...plain.map((each) => each.sql), ...filtering.map(([each]) => each)]) {
      // A constant that names a relation makes a view depend on it, though nothing of it is read.
      if (!/^\s*(?:SELECT|WITH|VALUES|TABLE)\b/i.test(sql) || sql.includes("'::reg")) continue;
      const analysis = analysisOf(sql);
      const answer = analysis && (await missed(sql, analysis));
      if (!answer) continue;
      asked += 1;
      needless += answer.needless;
      assert.deepEqual(answer.missed, [], sql);
    }
    t.diagnostic(`${asked} queries; ${needless} columns and relations named that no view of them depends on`);
    assert.ok(asked > 120, String(asked));
  });

  it(`agree on random queries, whose masked rows hold no canary (ORACLE_SEED=${seed})`, async (t) => {
    const queries = new RandomQueries(randomFrom(seed));
    let [ran, compared, refused, needless, seen] = [0, 0, 0, 0, 0];
    for (let run = 0; run < runs; run++) {
      const sql = queries.next();
      const analysis = analysisOf(sql);
      if (!analysis) continue;
      if (analysis.refusals.length > 0) refused += 1;
      const answer = await missed(sql, analysis);
      if (answer) {
        compared += 1;
        needless += answer.needless;
        assert.deepEqual(answer.missed, [], sql);
      }
      if (analysis.refusals.length > 0) continue;
      const cells = await visibleCells(ward, sql, analysis).catch(() => null);
      if (!cells) continue;
      ran += 1;
      for (const cell of cells) assert.equal(canaryIn(cell), undefined, `${sql}\nshows ${cell}`);
      if (ran > controls) continue;
      const unmasked = await visibleCells(ward, sql, { ...analysis, outputs: null, touchesProtected: false });
      if (unmasked.some((cell) => canaryIn(cell) !== undefined)) seen += 1;
    }
    t.diagnostic(
      `${runs} queries: ${compared} compared, ${ran} run, ${refused} refused, ${needless} needless names, ${seen} of ${controls} leak when blinded`,
    );
    assert.ok(compared > runs / 2 && ran > runs / 2, `${compared} compared, ${ran} run of ${runs}`);
    assert.ok(seen > controls / 10, `${seen} of ${controls} show a canary to a blind analysis`);
    assert.ok(refused < runs / 10, `${refused} of ${runs} refused`);
  });
});
