// Random kill -9 under load: FUZZ_KILLS of them (1,000, about ten minutes), over one log, from FUZZ_SEED.

import { test } from 'node:test';
import { killRounds } from '../fault/kill-rounds.ts';

const kills = Number(process.env['FUZZ_KILLS'] ?? 1_000);
const seed = Number(process.env['FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

void test(`${kills} times kill -9 under load lose nothing that was acknowledged (seed ${seed})`, async (t) => {
  const acknowledged = await killRounds(kills, seed);
  t.diagnostic(`${acknowledged} records acknowledged, 0 missing`);
});
