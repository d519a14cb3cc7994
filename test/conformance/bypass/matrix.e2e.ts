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
// What owners have written into definitions, and what their code says in errors, only the gate takes out.
const ofDatabases =
  /^(?!code and definitions of the DBA|probes of the catalog|words of the server|features of the documentation|held out)/;
runCorpus({ posture: 'enforced', version: '15', unknownQuestionsMax: 0, withoutGate: true, only: ofDatabases });
runCorpus({ posture: 'enforced', version: '18', unknownQuestionsMax: 0, withoutGate: true, only: ofDatabases });

// What nobody has classified is shown there by right: only what the clinic itself classifies is attacked.
const unclassified =
  /\b(?:child|parent|grandparent|visits_low|coded|people|Weird|text|long|checked|generated|ruled|guarded|late|ci|typed|keyed|referring|ranges|hard_default|noisy)\b/;

for (const unknownText of ['clear', 'scan'] as const) {
  describe(`bypass corpus, unknown_text: ${unknownText}`, () => {
    it('shows no value of a classified column', async (t) => {
      await using range = await openRange(families, {
        unknownText,
        classified: { 'public.patients.tags': 'other_id', 'public.patients.extra': 'other_id' },
      });
      const chosen = families
        .filter(
          ({ name }) =>
            !/objects|features|combinations|errors|catalogs|extension|ties|reached|places of rows|shapes|silent|more questions|words of|probes of|two readings|formats, st|held out|rows and stars|documents made/.test(
              name,
            ),
        )
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
