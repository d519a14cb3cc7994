// The bypass corpus against a real gate: a masked analyst with full DML tries everything, and every byte that comes back is
// searched for the values nobody may see. Positive controls prove that the search sees them where they are.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { notInstalled, type PostgresVersion } from '../../parts/postgres.ts';
import type { Attack } from './attack.ts';
import { benign } from './benign.ts';
import { families } from './corpus.ts';
import { computed, renamed, sets, wholeRow } from './families/expressions.ts';
import { places } from './families/precise.ts';
import { rowsAndStars } from './families/rows-and-stars.ts';
import { copies, encodings } from './families/session.ts';
import { openRange, type Person, type Range, type Verdict } from './harness.ts';

/** One combination of the corpus. */
export interface Battle {
  readonly posture: 'inline' | 'enforced';
  readonly version: PostgresVersion;
  /** Questions that stay unanswered though every filter is granted: the server's grammar does not know them. */
  readonly unknownQuestionsMax: number;
  /** The database alone, in the role of the masked: PostgreSQL is the proof, the gate the second line. */
  readonly withoutGate?: boolean;
  /** Of families, by name; default all. */
  readonly only?: RegExp;
  /** Those of them that are played with every filter granted as well; default all. */
  readonly granted?: RegExp;
}

/**
 * What the database itself lets out to who is masked, so that the gate alone stops it: it runs what the owners of its objects
 * made, whose errors and notices say values, and its catalog keeps the constants of ALTER TABLE … ADD … DEFAULT, of what is published, of
 * aggregates, collations and foreign servers; EXPLAIN VERBOSE shows defaults.
 */
const onlyTheGateStops =
  /\b(?:shouting|failing|failing_oid|guarded|database_to_xml|pg_publication_tables|pg_aggregate|pg_collation|pg_foreign_server)\b|attmissingval|atthasmissing|VERBOSE\) INSERT/;

/** Messages only a gate answers, and statistics and numbers of backends that happen to hold the digits 1 to 9 in order. */
const notForDatabases =
  /^messages of servers$|^SELECT (?:\*|s::text) FROM (?:pg_catalog\.)?pg_stats(?: s)?$|pg_stat_get_backend_idset/;

const attacks = families.flatMap((family) => family.attacks);

const leaks = (_: Attack, verdict: Verdict): string | null =>
  verdict.leaks.length > 0 ? verdict.leaks.slice(0, 4).join('; ') : null;

const answers = (_: Attack, verdict: Verdict): string | null => (verdict.refused ? null : 'it was answered');

export function runCorpus(battle: Battle): void {
  const { posture, version, unknownQuestionsMax, withoutGate = false, only = /^/, granted = /^/ } = battle;
  const played = families.filter(({ name }) => only.test(name));
  const what = withoutGate ? `${posture}, without the gate` : posture;
  describe(`bypass corpus, ${what}, PostgreSQL ${version}`, { skip: notInstalled(version) }, () => {
    let range: Range;
    before(async () => {
      range = await openRange(families, { version, posture, withoutGate });
    });
    after(() => range?.[Symbol.asyncDispose]());

    it('holds more than a thousand attacks, each with its own name', () => {
      assert.ok(attacks.length > 1000, `${attacks.length}`);
      const names = families.flatMap((family) => family.attacks.map((attack) => `${family.name}\0${attack.name}`));
      assert.equal(new Set(names).size, attacks.length);
    });

    for (const family of played) {
      const values = family.attacks.filter((attack) => !attack.oracle);
      const questions = family.attacks.filter((attack) => attack.oracle);
      it(`${family.name}: ${family.attacks.length} attacks, without any filter grant`, async (t) => {
        const left = withoutGate ? values.filter(({ name }) => !notForDatabases.test(name)) : values;
        const leaking = await all(range, left, 'ana', leaks);
        const known = leaking.filter((each) => withoutGate && onlyTheGateStops.test(each));
        if (known.length > 0) t.diagnostic(`${known.length} attacks that only the gate stops`);
        assert.deepEqual(
          leaking.filter((each) => !known.includes(each)),
          [],
        );
        // Where the database masks, a question is about the mask, and may be answered.
        if (posture === 'inline') assert.deepEqual(await all(range, questions, 'ana', answers), []);
      });
      if (values.length === 0 || withoutGate || !granted.test(family.name)) continue;
      it(`${family.name}: values, with every filter grant`, async () => {
        assert.deepEqual(await all(range, values, 'cora', leaks), []);
      });
    }

    it('would see a leak: unmasked, the same attacks show the values', async (t) => {
      // Those that only read: unmasked, the others would change the clinic, lock it or fall asleep in it.
      const controls = [renamed, wholeRow, computed, sets, places, copies, encodings, rowsAndStars]
        .filter((family) => played.includes(family))
        .flatMap((family) => family.attacks);
      const blind = await all(range, controls, 'dora', (_, { leaks }) => (leaks.length > 0 ? null : 'nothing seen'));
      const seen = controls.length - blind.length;
      t.diagnostic(`${attacks.length} attacks; unmasked, ${seen} of ${controls.length} controls show a value`);
      assert.ok(blind.length < controls.length / 4, blind.join('\n'));
    });

    // What nobody has classified does not exist in the enforced posture: there is less to ask, and less ordinary work.
    if (posture === 'enforced') return;

    it('asks questions that have an answer: with every filter grant they are let through', async (t) => {
      const questions = attacks.filter((attack) => attack.oracle);
      const unanswered = await all(range, questions, 'cora', (_, { refused }) => (refused ? 'refused' : null));
      t.diagnostic(`${questions.length - unanswered.length} of ${questions.length} questions are answered`);
      assert.ok(unanswered.length <= unknownQuestionsMax, unanswered.join('\n'));
    });

    it('leaves the gate alive, and ordinary work possible', async (t) => {
      const asked = benign.map((sql) => ({ name: sql, sql: [sql] }));
      const refused = await all(range, asked, 'ana', (_, verdict) => (verdict.failed ? 'refused' : null));
      const clean = asked.filter(
        ({ name }) => !/\b(?:first|last|ssn|birthdate|body|now|xid)\b|\* FROM patients/.test(name),
      );
      const masked = await all(range, clean, 'ana', (_, { rows }) => (rows.some(isMasked) ? 'masked' : null));
      t.diagnostic(`${refused.length} of ${benign.length} benign statements needlessly refused: ${refused.join(' ')}`);
      t.diagnostic(
        `${masked.length} of ${clean.length} without a protected column needlessly masked: ${masked.join(' ')}`,
      );
      assert.ok(refused.length + masked.length <= 1);
    });
  });
}

/** Plays them four at a time; what the judge objects to, or never came to an end. */
async function all(
  range: Range,
  chosen: readonly Attack[],
  person: Person,
  judge: (attack: Attack, verdict: Verdict) => string | null,
): Promise<string[]> {
  const wrong: string[] = [];
  const waiting = [...chosen];
  const lane = async (): Promise<void> => {
    for (let attack = waiting.shift(); attack; attack = waiting.shift()) {
      const verdict = await range.play(attack, person);
      const objection = verdict.silent ? 'the gate fell silent' : judge(attack, verdict);
      if (objection !== null) wrong.push(`${attack.name.slice(0, 200)}\n    ${objection}`);
    }
  };
  await Promise.all([lane(), lane(), lane(), lane()]);
  return wrong;
}

/** Where ana's whole cell is a token or gone. */
function isMasked(cell: string | null): boolean {
  return cell === null || cell === '[MASKED]';
}
