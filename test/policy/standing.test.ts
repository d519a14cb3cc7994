// What a policy means for a subject before they ask for anything: whether a door opens, what they see whatever they ask, and
// whether anything of theirs could be held.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { alwaysUnmasked, concerns, mayBeHeld, mayEnter, opens } from '../../src/core/decide.ts';
import type { ClassSet } from '../../src/core/phi.ts';
import type { RuleConfig } from '../../src/core/policy-text.ts';
import { allows, denies, factsWith, holds, policyOf } from './parts.ts';

const { subject: ana } = factsWith({ subject: { id: 'ana', groups: ['analysts', 'staff'] } });

const ofAnalysts: Partial<RuleConfig> = { subjects: { groups: ['nurses', 'analysts'], ids: [] } };
const ofNurses: Partial<RuleConfig> = { subjects: { groups: ['nurses'], ids: [] } };
const atTools: Partial<RuleConfig> = { connections: ['tools'] };

const rulesOf = (...rules: readonly RuleConfig[]) => policyOf(rules);

function asks(more: Partial<RuleConfig>): RuleConfig {
  return { ...holds('asks', null), ...more };
}

function sees(unmask: ClassSet, when: string | null, more: Partial<RuleConfig> = {}): RuleConfig {
  return allows('sees', when, { effect: { kind: 'allow', unmask, filter: [], rows: null }, ...more });
}

const stepUp: RuleConfig = { ...denies('strong', null), effect: { kind: 'step_up', scope: 'strong' } };

describe('a door opens', () => {
  test('for whom a rule may let something through on that connection', () => {
    const entering: readonly [string, RuleConfig, boolean][] = [
      ['an allow', allows('reads', null), true],
      ['an allow under a condition', allows('reads', 'sql.reads'), true],
      ['a hold', asks({}), true],
      ['a deny', denies('no', null), false],
      ['a stronger sign-in', stepUp, false],
      ['of one of their groups', allows('reads', null, ofAnalysts), true],
      ['of others', allows('reads', null, ofNurses), false],
      ['by their id', allows('reads', null, { subjects: { groups: [], ids: ['ana'] } }), true],
      ['by the id of another', allows('reads', null, { subjects: { groups: [], ids: ['bob'] } }), false],
      ['elsewhere', allows('reads', null, atTools), false],
      ['here too', allows('reads', null, { connections: ['tools', 'ehr'] }), true],
    ];
    for (const [name, rule, expected] of entering) assert.equal(mayEnter(rulesOf(rule), ana, 'ehr'), expected, name);
    assert.equal(mayEnter(rulesOf(), ana, 'ehr'), false, 'no rule');
    assert.equal(mayEnter(rulesOf(denies('no', null), allows('reads', null)), ana, 'ehr'), true, 'one of two');
  });

  test('by nothing that can only refuse', () => {
    const { rules } = rulesOf(allows('a', null), asks({}), denies('no', null), stepUp);
    assert.deepEqual(rules.map(opens), [true, true, false, false]);
    assert.deepEqual(
      rules.map((rule) => concerns(rule, ana, 'ehr')),
      [true, true, true, true],
    );
  });
});

test('what is seen whatever is asked is what rules without a condition unmask', () => {
  const always = (...rules: readonly RuleConfig[]): ClassSet => alwaysUnmasked(rulesOf(...rules), ana, 'ehr');
  assert.deepEqual(always(sees(['name'], null)), ['name']);
  assert.deepEqual(always(sees(['name'], null), sees(['date'], null, ofAnalysts)), ['name', 'date']);
  assert.deepEqual(always(sees(['name'], 'sql.reads')), [], 'a condition');
  assert.deepEqual(always(sees(['name'], 'true')), [], 'any condition');
  assert.deepEqual(always(sees(['name'], null, ofNurses), sees(['name'], null, atTools)), [], 'of others, elsewhere');
  assert.deepEqual(always(asks({}), denies('no', null), sees(['date'], null)), ['date'], 'what grants nothing');
  assert.equal(always(sees('all', null)), 'all');
});

test('something could be held where a hold speaks of them, under whatever condition', () => {
  const held = (...rules: readonly RuleConfig[]): boolean => mayBeHeld(rulesOf(...rules), ana, 'ehr');
  assert.equal(held(asks({})), true);
  assert.equal(held(allows('reads', null), asks({ when: 'sql.writes' })), true);
  assert.equal(held(asks(ofNurses)), false);
  assert.equal(held(asks(atTools)), false);
  assert.equal(held(allows('reads', null), denies('no', null), stepUp), false);
  assert.equal(held(), false);
});
