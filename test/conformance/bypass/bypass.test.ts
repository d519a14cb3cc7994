// The bypass corpus against a real gate: a masked analyst with full DML tries everything, and every byte that comes back is
// searched for the values nobody may see. Positive controls prove that the search sees them where they are.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Attack, Family } from './attack.ts';
import { benign } from './benign.ts';
import { families } from './corpus.ts';
import { computed, renamed, sets, wholeRow } from './families/expressions.ts';
import { copies, encodings } from './families/session.ts';
import { openRange, type Person, type Range, type Verdict } from './harness.ts';

let range: Range;
before(async () => {
  range = await openRange(families);
});
after(() => range?.[Symbol.asyncDispose]());

const attacks = families.flatMap((family) => family.attacks);

async function all(
  chosen: readonly Attack[],
  person: Person,
  judge: (attack: Attack, verdict: Verdict) => string | null,
): Promise<string[]> {
  const wrong: string[] = [];
  const waiting = [...chosen];
  const lane = async (): Promise<void> => {
    for (let attack = waiting.shift(); attack; attack = waiting.shift()) {
      const objection = judge(attack, await range.play(attack, person));
      if (objection !== null) wrong.push(`${attack.name.slice(0, 200)}\n    ${objection}`);
    }
  };
  await Promise.all([lane(), lane(), lane(), lane()]);
  return wrong;
}

const leaks = (_: Attack, verdict: Verdict): string | null =>
  verdict.leaks.length > 0 ? verdict.leaks.slice(0, 4).join('; ') : null;

function nothingLeaks(family: Family): void {
  it(`${family.name}: ${family.attacks.length} attacks, without any filter grant`, async () => {
    const values = family.attacks.filter((attack) => !attack.oracle);
    assert.deepEqual(await all(values, 'ana', leaks), []);
    const questions = family.attacks.filter((attack) => attack.oracle);
    const answered = (_: Attack, verdict: Verdict): string | null => (verdict.refused ? null : 'it was answered');
    assert.deepEqual(await all(questions, 'ana', answered), []);
  });

  it(`${family.name}: values, with every filter grant`, async () => {
    assert.deepEqual(
      await all(
        family.attacks.filter((attack) => !attack.oracle),
        'cora',
        leaks,
      ),
      [],
    );
  });
}

describe('bypass corpus', () => {
  it('holds at least two hundred attacks, each with its own name', () => {
    assert.ok(attacks.length >= 200, `${attacks.length}`);
    assert.equal(
      new Set(families.flatMap((family) => family.attacks.map((attack) => `${family.name}\0${attack.name}`))).size,
      attacks.length,
    );
  });

  for (const family of families) nothingLeaks(family);

  it('would see a leak: unmasked, the same attacks show the values', async () => {
    // Those that only read: unmasked, the others would change the clinic, lock it or fall asleep in it.
    const controls = [renamed, wholeRow, computed, sets, copies, encodings].flatMap((family) => family.attacks);
    const blind: string[] = await all(controls, 'dora', (_, verdict) =>
      verdict.leaks.length > 0 ? null : 'nothing seen',
    );
    console.log(
      `# ${attacks.length} attacks; unmasked, ${controls.length - blind.length} of ${controls.length} show a value`,
    );
    assert.ok(blind.length < controls.length / 4, blind.join('\n'));
  });

  it('asks questions that have an answer: with every filter grant they are let through', async () => {
    const questions = attacks.filter((attack) => attack.oracle);
    const unanswered = await all(questions, 'cora', (_, verdict) => (verdict.refused ? 'refused' : null));
    assert.ok(unanswered.length <= 3, unanswered.join('\n'));
  });

  it('leaves the gate alive, and ordinary work possible', async () => {
    const asked = benign.map((sql) => ({ name: sql, sql: [sql] }));
    const refused = await all(asked, 'ana', (_, verdict) => (verdict.failed ? 'refused' : null));
    const clean = asked.filter(
      ({ name }) => !/\b(?:first|last|ssn|birthdate|body|now|xid)\b|\* FROM patients/.test(name),
    );
    const masked = await all(clean, 'ana', (_, verdict) => (verdict.rows.some(isMasked) ? 'masked' : null));
    report(`of ${benign.length} benign statements needlessly refused`, refused);
    report(`of ${clean.length} without a protected column needlessly masked`, masked);
    assert.ok(refused.length + masked.length <= benign.length / 10);
  });
});

/** Where ana's whole cell is a token or gone. */
function isMasked(cell: string | null): boolean {
  return cell === null || cell === '[MASKED]';
}

function report(what: string, which: readonly string[]): void {
  console.log(`# ${which.length} ${what}${which.map((each) => `\n#   ${each.split('\n')[0]}`).join('')}`);
}
