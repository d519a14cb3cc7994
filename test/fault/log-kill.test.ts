// A process that writes as fast as it can is killed again and again: what it said was durable is there. See test/fuzz for more.

import { test } from 'node:test';
import { killRounds } from './kill-rounds.ts';

void test('ten times kill -9 lose nothing that was acknowledged', async () => {
  await killRounds(10, 1121);
});
