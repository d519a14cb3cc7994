// What a masked subject can still do: the catalog queries of tools and the questions of analysts, compared with what the
// database itself answers to the same role. Prints what is needlessly refused or masked; the figures may only fall.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Client, type QueryArrayResult } from 'pg';
import { openRange, type Range } from '../bypass/harness.ts';
import { questions } from './analyst.ts';
import { type CatalogQuery, catalogQueries } from './catalogs.ts';
import { schemas } from './schemas.ts';

/** What is known to be refused or masked without need, as docs/reference/utility.md has it. A rise is a fault. */
const known = { catalog: 5, analyst: 0 };

let range: Range;
before(async () => {
  range = await openRange([schemas]);
});
after(() => range?.[Symbol.asyncDispose]());

/** Somebody masked, and the database's own role, in sessions of their own. */
class Pair implements AsyncDisposable {
  readonly masked: Client;
  readonly direct: Client;

  private constructor(masked: Client, direct: Client) {
    this.masked = masked;
    this.direct = direct;
  }

  static async connect(): Promise<Pair> {
    const { clinic } = range;
    const direct = new Client({ connectionString: clinic.postgres.url('gate', 'upstream-secret', 'ehr') });
    direct.on('error', () => {});
    await direct.connect();
    return new Pair(await clinic.connect('ana'), direct);
  }

  /** What is wrong with the gate's answer, if anything is. */
  async compare(query: CatalogQuery): Promise<string | null> {
    const there = await ask(this.direct, query);
    const here = await ask(this.masked, query);
    // A tool older than the server asks for what is not there, gate or not.
    if ('code' in here) return 'code' in there ? null : `refused (${here.code}): ${here.message.split('\n')[0]}`;
    if ('code' in there) return `the database refuses it (${there.code}): ${there.message}`;
    const same = there.rows === here.rows || volatile.test(query.sql);
    if (query.expected === 'masked') return same ? 'not masked' : null;
    return same ? null : 'masked';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.masked.end(), this.direct.end()]);
  }
}

type Outcome = { readonly rows: string } | { readonly code: string; readonly message: string };

async function ask(client: Client, { sql, parameters }: CatalogQuery): Promise<Outcome> {
  try {
    const answer: unknown = await client.query({
      text: sql,
      rowMode: 'array',
      ...(parameters && { values: [...parameters] }),
      types: { getTypeParser: () => (value: string) => value },
    });
    const results = [answer].flat() as QueryArrayResult<unknown[]>[];
    return {
      rows: results
        .map(({ rows }) =>
          rows
            .map((row) => JSON.stringify(row))
            .sort()
            .join('\n'),
        )
        .join('\n\n'),
    };
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    return { code: code ?? '', message };
  } finally {
    await client.query('ROLLBACK').catch(() => {});
  }
}

/** What differs from session to session, or says which settings the gate has pinned. */
const volatile = /\bage\(|pg_locks|pg_stat|total_rel_size|pg_postmaster|application_name|pg_settings where/;

const line = (sql: string): string => sql.replace(/\s+/g, ' ').slice(0, 160);

describe('utility for a masked subject', () => {
  it('lets tools read the catalogs', async (t) => {
    let wrong = 0;
    let asked = 0;
    for (const [tool, queries] of Object.entries(catalogQueries)) {
      await using pair = await Pair.connect();
      const faults: string[] = [];
      for (const query of queries) {
        const fault = await pair.compare(query);
        if (fault !== null) faults.push(`  ${query.command ?? ''} ${fault}\n     ${line(query.sql)}`);
      }
      asked += queries.length;
      wrong += faults.length;
      t.diagnostic(
        [`${tool}: ${faults.length} of ${queries.length} needlessly refused or masked`, ...faults].join('\n'),
      );
    }
    t.diagnostic(`catalogs: ${wrong} of ${asked} needlessly refused or masked (known: ${known.catalog})`);
    assert.ok(wrong <= known.catalog, `${wrong} of ${asked}, ${known.catalog} are known`);
  });

  it('answers what analysts ask', async (t) => {
    await using pair = await Pair.connect();
    const faults: string[] = [];
    for (const { sql, expected } of questions) {
      const fault = await pair.compare(expected === 'masked' ? { sql, expected } : { sql });
      if (fault !== null) faults.push(`  ${fault}\n     ${line(sql)}`);
    }
    t.diagnostic(
      [
        `analysts: ${faults.length} of ${questions.length} needlessly refused or masked (known: ${known.analyst})`,
        ...faults,
      ].join('\n'),
    );
    assert.ok(faults.length <= known.analyst, faults.join('\n'));
  });
});
