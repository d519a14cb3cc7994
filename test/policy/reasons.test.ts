// Why a decision was made, in full and the decisive reason first: it is what the caller is told and what the record says.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { combine, decide } from '../../src/core/decide.ts';
import type { BreakGlass, Decision, Policy } from '../../src/core/decision.ts';
import type { RuleConfig } from '../../src/core/policy-text.ts';
import { allows, denies, factsWith, holds, policyOf } from './parts.ts';

const facts = factsWith({
  subject: { id: 'ana', groups: ['care'] },
  connection: { name: 'ehr' },
  sql: { reads: true, writes: null },
});

const strong: RuleConfig = { ...denies('strong', null), effect: { kind: 'step_up', scope: 'strong' } };
const unknown = allows('unknown', 'sql.writes');

const glass: BreakGlass = {
  subjects: { ids: ['ana'], groups: [] },
  connections: null,
  agents: false,
  obligations: { unmask: ['name'], filter: [], lookup: { mrn: { times: 1, perMs: 1 } }, rowsMax: 100 },
  maxMs: 1,
  reviewers: [],
  reviewWithinMs: 1,
  escalate: [],
};

function saying(policy: Policy, more: object = {}): readonly (readonly [string, string])[] {
  return decide({ ...facts, ...more }, policy).reasons.map(({ rule, code }) => [rule, code] as const);
}

describe('of several denies the one that helps most comes first', () => {
  const no = denies('no', null);
  const orders: readonly (readonly RuleConfig[])[] = [
    [no, unknown, strong],
    [strong, unknown, no],
    [unknown, strong, no],
  ];
  for (const rules of orders) {
    test(rules.map(({ name }) => name).join(', '), () => {
      assert.deepEqual(saying(policyOf(rules)), [
        ['no', 'denied'],
        ['unknown', 'policy_error'],
        ['strong', 'insufficient_scope'],
      ]);
      const others = policyOf(rules.filter((each) => each !== no));
      assert.equal(decide(facts, others).reasons[0].code, 'policy_error');
    });
  }
});

test('an allow and a hold say all the rules that speak', () => {
  assert.deepEqual(
    saying(policyOf([allows('one', null), denies('no', 'sql.command == "DROP"'), allows('two', null)])),
    [
      ['one', 'allowed'],
      ['two', 'allowed'],
    ],
  );
  assert.deepEqual(saying(policyOf([holds('one', null), allows('reads', null), holds('two', null)])), [
    ['one', 'approval_required'],
    ['two', 'approval_required'],
  ]);
});

test('what break-glass stepped past stands beside it, and what it grants is added to the rest', () => {
  const reads = allows('reads', null, {
    effect: { kind: 'allow', unmask: ['date'], filter: ['date'], lookup: { ssn: { times: 2, perMs: 1 } }, rows: 10 },
  });
  const policy: Policy = { ...policyOf([holds('asks', null), reads]), breakGlass: glass };
  const emergency = { emergency: 'b_1' };
  assert.deepEqual(saying(policy, emergency), [
    ['builtin:break-glass', 'allowed'],
    ['asks', 'approval_required'],
    ['reads', 'allowed'],
  ]);
  const { unmask, filter, lookup, rowsMax } = decide({ ...facts, ...emergency }, policy).obligations;
  assert.deepEqual([new Set(unmask), filter, rowsMax], [new Set(['name', 'date']), ['date'], 100]);
  assert.deepEqual(lookup, { mrn: { times: 1, perMs: 1 }, ssn: { times: 2, perMs: 1 } });
  assert.equal(decide(facts, policy).emergency, undefined);
});

test('what is granted without a limit, or to look up by, is kept whatever else is granted', () => {
  const free = allows('free', null, {
    effect: { kind: 'allow', unmask: [], filter: [], lookup: { ssn: { times: 2, perMs: 1 } }, rows: null },
  });
  const few = allows('few', null, { effect: { kind: 'allow', unmask: [], filter: [], rows: 10 } });
  for (const rules of [
    [free, few],
    [few, free],
  ]) {
    const { lookup, rowsMax } = decide(facts, policyOf(rules)).obligations;
    assert.deepEqual([lookup, rowsMax], [{ ssn: { times: 2, perMs: 1 } }, null]);
  }
});

test('an open break-glass that the policy has no more, or not here, lets nothing through', () => {
  const emergency = { emergency: 'b_1' };
  assert.deepEqual(saying(policyOf([holds('asks', null)]), emergency), [['asks', 'approval_required']]);
  const elsewhere: Policy = { ...policyOf([]), breakGlass: { ...glass, connections: ['tools'] } };
  assert.deepEqual(saying(elsewhere, emergency), [['builtin:closed', 'no_matching_rule']]);
});

describe('of a message of several statements', () => {
  const holding = (rule: string): Decision => decide(facts, policyOf([holds(rule, null)]));

  test('the first of the worst speaks first', () => {
    const { reasons } = combine([decide(facts, policyOf([allows('reads', null)])), holding('one'), holding('two')]);
    assert.deepEqual(
      reasons.map(({ rule }) => rule),
      ['one', 'reads', 'two'],
    );
    assert.ok(!('emergency' in combine([holding('one'), holding('two')])));
  });
});
