// Asks two databases that differ in protected values alone everything PostgreSQL can be asked about a column, and all that the
// documentation made us think of: `node --test test/conformance/twins/twins.e2e.ts`.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { notInstalled, type PostgresVersion } from '../../parts/postgres.ts';
import { type Asked, casts, expressionsOf, type Signature, signaturesSql, statementsOf } from './sweep.ts';
import { types } from './types.ts';
import { openWorlds, type Worlds } from './worlds.ts';

/** They say what the clock, the session or chance says. */
const restless =
  /random|uuid|clock|timeofday|pg_sleep|_xact|txid|backend|now\(|inet_client|inet_server|array_sample|array_shuffle/;

/** A value as it is, of an array or range: how many parts it has, and which are NULL, is told. */
const asItIs = /"(?:any_value|first_value|last_value|lag|lead|nth_value)"\((?:[^()]+, )?s\.(?:tb|ia|jba|coa|r|dr|mr)\b/;

/** Before PostgreSQL 17 it fails on what is infinite, and on nothing else (docs/guide/threat-model.md). */
const ageOfMoment = /"age"\([^()]*s\.(?:ts|tz|d)\b/;

const versions: readonly PostgresVersion[] = ['18', '15'];

for (const version of versions) {
  describe(`two worlds, PostgreSQL ${version}`, { skip: notInstalled(version) }, () => {
    let worlds: Worlds;
    before(async () => {
      worlds = await openWorlds([types], version);
    });
    after(() => worlds?.[Symbol.asyncDispose]());

    it('answers alike whatever function, operator or cast is applied to a protected value', async (t) => {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the query says so
      const signatures = (await worlds.clinic.postgres.query('tame', signaturesSql)) as unknown as Signature[];
      const asked = [...signatures.flatMap(expressionsOf), ...casts].filter(
        ({ sql }) => !restless.test(sql) && !asItIs.test(sql) && !(version === '15' && ageOfMoment.test(sql)),
      );
      assert.ok(asked.length > 10_000, `${asked.length}`);
      const told: string[] = [];
      const counts = { answered: 0, refused: 0, unknown: 0 };
      for (const each of asked) told.push(...(await differences(worlds, each, counts)));
      t.diagnostic(`${asked.length} expressions: ${JSON.stringify(counts)}`);
      assert.deepEqual(told, []);
    });
  });
}

async function differences(
  worlds: Worlds,
  asked: Asked,
  counts: { answered: number; refused: number; unknown: number },
): Promise<string[]> {
  const told: string[] = [];
  for (const sql of statementsOf(asked)) {
    const answer = await worlds.ask('tame', [sql]);
    const { code } = answer;
    // Refused for what it is, or for no such function: so are the others.
    if (code?.startsWith('42')) {
      counts[code === '42501' ? 'refused' : 'unknown']++;
      if (told.length === 0 && sql === statementsOf(asked)[0]) return told;
      continue;
    }
    counts.answered++;
    const difference = await worlds.difference([sql], answer);
    if (difference !== null) told.push(difference);
  }
  return told;
}
