// Random kill -9 under load: FUZZ_KILLS of them (1,000, about ten minutes), over one log, from FUZZ_SEED.
// It says every hundred how far it is.

import { test } from 'node:test';
import { killRounds } from '../fault/kill-rounds.ts';

const kills = Number(process.env['FUZZ_KILLS'] ?? 1_000);
const seed = Number(process.env['FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

void test(`${kills} times kill -9 under load lose nothing that was acknowledged (seed ${seed})`, async (t) => {
  const acknowledged = await killRounds(kills, seed, (done, said) => {
    if (done % 100 === 0) process.stdout.write(`seed ${seed}: ${done} kills, ${said} records acknowledged\n`);
  });
  t.diagnostic(`${kills} kills, ${acknowledged} records acknowledged, 0 missing`);
});
