// A few random queries in every test run; the long run is `node test/conformance/sqlsmith/run.ts`.

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { notInstalled, playSqlsmith, report } from './sqlsmith.ts';

it('sqlsmith: random queries show no value and crash nothing', { skip: notInstalled() }, async (t) => {
  const seed = 1_000_000 + Math.floor(Math.random() * 1_000_000);
  const tally = await playSqlsmith(500, seed);
  t.diagnostic(report(tally, seed));
  assert.deepEqual(tally.leaks, []);
  assert.deepEqual(tally.crashes, []);
  assert.ok(tally.allowed > 100, 'nearly everything was refused: nothing was tried');
  assert.ok(tally.exposed > 0, 'the search saw nothing where there is something to see');
});
