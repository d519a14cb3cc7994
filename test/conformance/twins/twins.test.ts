// The quick part of the two worlds: ordinary readings of columns of every type are answered, and alike; what told is refused.
// Everything else: twins.e2e.ts.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { readings, told } from './readings.ts';
import { types } from './types.ts';
import { openWorlds, type Worlds } from './worlds.ts';

describe('two worlds that differ in protected values alone', () => {
  let worlds: Worlds;
  before(async () => {
    worlds = await openWorlds([types]);
  });
  after(() => worlds?.[Symbol.asyncDispose]());

  it('are answered alike, and answered', async () => {
    const wrong: string[] = [];
    for (const sql of readings) {
      const tame = await worlds.ask('tame', [sql]);
      const difference = await worlds.difference([sql], tame);
      if (difference !== null) wrong.push(difference);
      if (tame.code !== null) wrong.push(`${tame.code}: ${sql}`);
    }
    assert.deepEqual(wrong, []);
  });

  it('are not told apart by what fails, is NULL or grows', async () => {
    const wrong: string[] = [];
    for (const sql of told) {
      const tame = await worlds.ask('tame', [sql]);
      if (tame.code !== '42501') wrong.push(`${tame.code}: ${sql}`);
    }
    assert.deepEqual(wrong, []);
  });

  it('would be told apart: unmasked, nothing is alike', async () => {
    const { postgres } = worlds.clinic;
    const texts = await Promise.all(
      (['tame', 'wild'] as const).map((world) => postgres.query(world, 'SELECT s::text FROM subjects s ORDER BY id')),
    );
    assert.notDeepEqual(texts[0], texts[1]);
  });
});
