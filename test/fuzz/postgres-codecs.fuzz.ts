// Mutated real conversations through both decoders, for as long as it is given: never another exception than a
// ProtocolError, never more memory than the input. `FUZZ_SEED` and `FUZZ_MS` repeat a run; both are printed.

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { fuzzLong, fuzzOnce } from './codecs.ts';

const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 1_000_000_000);
const forMs = Number(process.env['FUZZ_MS'] ?? 60_000);

it(`decodes or refuses (seed ${seed}, ${forMs} ms)`, { timeout: forMs + 60_000 }, (t) => {
  const until = Date.now() + forMs;
  let runs = 0;
  for (; Date.now() < until; runs++) {
    try {
      fuzzOnce(seed + runs);
      fuzzLong(seed + runs);
    } catch (error) {
      throw new Error(`FUZZ_SEED=${seed + runs}`, { cause: error });
    }
  }
  assert.ok(process.memoryUsage().rss < 1e9);
  t.diagnostic(`FUZZ_SEED=${seed} FUZZ_MS=${forMs}: ${runs} conversations`);
});
