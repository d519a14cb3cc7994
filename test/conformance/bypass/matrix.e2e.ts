// The combinations of the bypass corpus that are too many for every test run: `node --test test/conformance/bypass/matrix.e2e.ts`.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runCorpus } from './battle.ts';
import { families } from './corpus.ts';
import { openRange } from './harness.ts';

runCorpus({ posture: 'inline', version: '18', unknownQuestionsMax: 16 });
runCorpus({ posture: 'inline', version: '15', unknownQuestionsMax: 45 });
runCorpus({ posture: 'enforced', version: '15', unknownQuestionsMax: 0 });
runCorpus({ posture: 'enforced', version: '18', unknownQuestionsMax: 0 });
runCorpus({ posture: 'enforced', version: '15', unknownQuestionsMax: 0, withoutGate: true });
runCorpus({ posture: 'enforced', version: '18', unknownQuestionsMax: 0, withoutGate: true });

// What nobody has classified is shown there by right: only what the clinic itself classifies is attacked.
const unclassified =
  /\b(?:child|parent|grandparent|visits_low|coded|people|Weird|text|long|checked|generated|ruled|guarded|late|ci|typed|keyed|noisy)\b/;

for (const unknownText of ['clear', 'scan'] as const) {
  describe(`bypass corpus, unknown_text: ${unknownText}`, () => {
    it('shows no value of a classified column', async (t) => {
      await using range = await openRange(families, {
        unknownText,
        classified: { 'public.patients.tags': 'other_id', 'public.patients.extra': 'other_id' },
      });
      const chosen = families
        .filter(({ name }) => !/objects|errors|catalogs|extensions/.test(name))
        .flatMap((family) => family.attacks.filter(({ name }) => !unclassified.test(name)));
      const wrong: string[] = [];
      for (const attack of chosen) {
        const { leaks, refused } = await range.play(attack, 'ana');
        if (leaks.length > 0 || (attack.oracle && !refused)) wrong.push(`${attack.name} ${leaks.join('; ')}`);
      }
      t.diagnostic(`${chosen.length} attacks`);
      assert.deepEqual(wrong, []);
    });
  });
}
