// Asks two databases that differ in protected values alone what the chapters of PostgreSQL's documentation made somebody think of:
// `node --test test/conformance/twins/chapters.e2e.ts`.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { notInstalled, type PostgresVersion } from '../../parts/postgres.ts';
import type { Chapter } from './chapters/chapter.ts';
import { expressions } from './chapters/expressions.ts';
import { queries } from './chapters/queries.ts';
import { statements } from './chapters/statements.ts';
import { types } from './chapters/types.ts';
import { patients } from './patients.ts';
import { openWorlds, type World, type Worlds } from './worlds.ts';

const chapters: readonly Chapter[] = [...expressions, ...types, ...queries, ...statements];
/** Whoever is granted all of it, is not kept waiting by these. */
const harmless = /^(?:comparisons|formats|dates|enums|shapes|addresses|arrays|ranges)/;
const versions: readonly PostgresVersion[] = ['18', '15'];

for (const version of versions) {
  describe(`two clinics, PostgreSQL ${version}`, { skip: notInstalled(version) }, () => {
    let worlds: Worlds;
    before(async () => {
      worlds = await openWorlds([patients], version);
    });
    after(() => worlds?.[Symbol.asyncDispose]());

    for (const { name, attacks } of chapters) {
      it(`${name}: ${attacks.length} attacks are answered alike`, async (t) => {
        const told: string[] = [];
        let answered = 0;
        for (const attack of attacks) {
          const tame = await worlds.ask('tame', attack);
          if (tame.code === null) answered++;
          const difference = await worlds.difference(attack, tame);
          if (difference !== null) told.push(difference);
        }
        t.diagnostic(`${answered} answered`);
        assert.deepEqual(told, []);
      });
    }

    it('would be told apart: the databases themselves answer most of the questions otherwise', async (t) => {
      const asked = [...expressions, ...types]
        .filter(({ name }) => harmless.test(name))
        .flatMap(({ attacks }) => attacks.filter((steps) => steps.length === 1));
      let told = 0;
      for (const [sql = ''] of asked) {
        const [tame, wild] = await Promise.all([answerOf(worlds, 'tame', sql), answerOf(worlds, 'wild', sql)]);
        if (tame !== wild) told++;
      }
      t.diagnostic(`${told} of ${asked.length} tell the two apart`);
      assert.ok(told > asked.length / 2);
    });
  });
}

/** What the superuser is told. */
async function answerOf({ clinic }: Worlds, world: World, sql: string): Promise<string> {
  try {
    return JSON.stringify(await clinic.postgres.query(world, sql));
  } catch (error) {
    return String(error);
  }
}
