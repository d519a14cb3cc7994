// Which unmask sets a policy can add up to, and which one a subject has: the upper bound of what any statement is granted.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { CompiledRule, Policy } from '../../src/core/decision.ts';
import type { Facts } from '../../src/core/facts.ts';
import { type ClassSet, covers, phiClasses } from '../../src/core/phi.ts';
import { unmaskSetOf, unmaskSets, unmaskSetsMax } from '../../src/policy/unmask-sets.ts';

function allow(unmask: ClassSet, more: Partial<CompiledRule> = {}): CompiledRule {
  return {
    name: 'allow',
    subjects: null,
    connections: null,
    when: () => ({ kind: 'value', value: true }),
    effect: { kind: 'allow', obligations: { unmask, filter: [], rowsMax: null } },
    ...more,
  };
}

function policyOf(...rules: readonly CompiledRule[]): Policy {
  return { digest: '', rules, needsRowEstimate: false };
}

function subject(...groups: readonly string[]): Facts['subject'] {
  return { id: 'ana', issuer: 'https://ci.example', kind: 'person', groups };
}

const inGroup = (group: string): Pick<CompiledRule, 'subjects'> => ({ subjects: { groups: [group], ids: [] } });

test('a subject has the sum of what its rules allow, whatever their conditions', () => {
  const never = () => ({ kind: 'value', value: false }) as const;
  const policy = policyOf(
    allow(['mrn'], inGroup('care')),
    allow(['date', 'name'], { ...inGroup('research'), when: never }),
    allow('all', { connections: ['other'] }),
    allow(['ssn'], inGroup('billing')),
  );
  assert.deepEqual(unmaskSetOf(policy, subject('care', 'research'), 'ehr'), ['name', 'date', 'mrn']);
  assert.deepEqual(unmaskSetOf(policy, subject(), 'ehr'), []);
  assert.equal(unmaskSetOf(policy, subject('care'), 'other'), 'all');
});

test('deny and hold rules grant nothing', () => {
  const deny: CompiledRule = { ...allow([]), effect: { kind: 'deny', text: 'no' } };
  assert.deepEqual(unmaskSetOf(policyOf(deny), subject(), 'ehr'), []);
  assert.deepEqual(unmaskSets(policyOf(deny), 'ehr'), { ok: true, value: [[]] });
});

test('the sets of a connection are closed under union, and the empty one is always there', () => {
  const sets = unmaskSets(policyOf(allow(['name']), allow(['date']), allow('all', { connections: ['other'] })), 'ehr');
  assert.deepEqual(sets, { ok: true, value: [[], ['name'], ['date'], ['name', 'date']] });
});

test('whatever the groups of a subject, its set is among those of the connection', () => {
  const rule = fc.record({
    unmask: fc.oneof(
      { weight: 1, arbitrary: fc.constant('all' as const) },
      { weight: 4, arbitrary: fc.subarray(phiClasses.slice(0, 4)) },
    ),
    group: fc.constantFrom('a', 'b', 'c'),
  });
  fc.assert(
    fc.property(fc.array(rule, { maxLength: 6 }), fc.subarray(['a', 'b', 'c']), (rules, groups) => {
      const policy = policyOf(...rules.map(({ unmask, group }) => allow(unmask, inGroup(group))));
      const own = unmaskSetOf(policy, subject(...groups), 'ehr');
      const all = unmaskSets(policy, 'ehr');
      assert.ok(all.ok && all.value.some((each) => JSON.stringify(each) === JSON.stringify(own)));
      for (const { unmask, group } of rules) {
        if (!groups.includes(group)) continue;
        assert.ok(unmask === 'all' ? own === 'all' : unmask.every((cls) => covers(own, cls)));
      }
    }),
  );
});

test('more sets than anybody can review are refused', () => {
  const rules = phiClasses.slice(0, 6).map((cls) => allow([cls]));
  const sets = unmaskSets(policyOf(...rules), 'ehr');
  assert.ok(!sets.ok && sets.error.code === 'config_invalid');
  assert.match(sets.error.text, new RegExp(`more than ${unmaskSetsMax} `));
});
