// decide(): what holds for every policy and every request, then groups, explanations and the policy's own tests.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parsePolicy } from '../../src/config/policy-schema.ts';
import { decide, mayEnter } from '../../src/core/decide.ts';
import type { Policy } from '../../src/core/decision.ts';
import type { RuleConfig } from '../../src/core/policy-text.ts';
import { compilePolicy } from '../../src/policy/compile.ts';
import { explain, renderExplanation } from '../../src/policy/explain.ts';
import { effectiveGroups, resolveGroups } from '../../src/policy/groups.ts';
import { runPolicyTests } from '../../src/policy/test-cases.ts';
import { allows, denies, factsWith, holds, policyOf } from './parts.ts';

/** A condition, and what it gives over `facts`. */
const conditions = [
  ['sql.reads', true],
  [null, true],
  ['sql.opaque', false],
  ['sql.writes', 'error'],
  ['sql.writes || sql.reads', true],
  ['sql.writes && sql.opaque', false],
] as const;

const facts = factsWith({
  subject: { id: 'ana', groups: ['g1'] },
  connection: { name: 'ehr' },
  sql: { reads: true, writes: null, opaque: false },
});

interface Drawn {
  readonly kind: 'allow' | 'hold' | 'deny';
  readonly condition: (typeof conditions)[number];
  readonly subjects: RuleConfig['subjects'];
  readonly connections: RuleConfig['connections'];
}

const rule: fc.Arbitrary<Drawn> = fc.record({
  kind: fc.constantFrom('allow', 'hold', 'deny'),
  condition: fc.constantFrom(...conditions),
  subjects: fc.constantFrom(
    null,
    { groups: ['g1'], ids: [] },
    { groups: ['g2'], ids: [] },
    { groups: [], ids: ['ana'] },
  ),
  connections: fc.constantFrom(null, ['ehr'], ['tools']),
});

function made(drawn: Drawn, index: number): RuleConfig {
  const when = drawn.condition[0];
  const name = `r${index}`;
  const base =
    drawn.kind === 'allow' ? allows(name, when) : drawn.kind === 'deny' ? denies(name, when) : holds(name, when);
  return { ...base, subjects: drawn.subjects, connections: drawn.connections };
}

function speaks({ subjects, connections }: Drawn): boolean {
  const mine = subjects === null || subjects.groups.includes('g1') || subjects.ids.includes('ana');
  return mine && (connections === null || connections.includes('ehr'));
}

/** The specification: deny > hold > allow; nothing that matches, or an error, is a deny. */
function expected(rules: readonly Drawn[]): string {
  const speaking = rules.filter(speaks);
  if (speaking.some((each) => each.condition[1] === 'error')) return 'deny';
  const kinds = new Set(speaking.filter((each) => each.condition[1] === true).map((each) => each.kind));
  return kinds.has('deny') ? 'deny' : kinds.has('hold') ? 'hold' : kinds.has('allow') ? 'allow' : 'deny';
}

test('deny > hold > allow; no rule is a deny; an error is a deny', () => {
  fc.assert(
    fc.property(fc.array(rule, { maxLength: 6 }), (rules) => {
      assert.equal(decide(facts, policyOf(rules.map(made))).effect, expected(rules));
    }),
    { numRuns: 500 },
  );
});

test('the order of rules changes neither the effect nor what is granted', () => {
  fc.assert(
    fc.property(fc.array(rule, { minLength: 1, maxLength: 6 }), fc.infiniteStream(fc.nat()), (rules, weights) => {
      const ordered = rules.map(made);
      const shuffled = ordered
        .map((each) => ({ each, weight: weights.next().value ?? 0 }))
        .toSorted((a, b) => a.weight - b.weight)
        .map(({ each }) => each);
      const one = decide(facts, policyOf(ordered));
      const other = decide(facts, policyOf(shuffled));
      assert.equal(one.effect, other.effect);
      assert.deepEqual(one.obligations, other.obligations);
    }),
  );
});

test('a rule more may only forbid more, unless it allows', () => {
  const severity = { allow: 0, hold: 1, deny: 2 };
  fc.assert(
    fc.property(fc.array(rule, { maxLength: 5 }), rule, (rules, more) => {
      fc.pre(
        more.kind !== 'allow' &&
          rules.some((each) => each.kind === 'allow' && speaks(each) && each.condition[1] === true),
      );
      const before = decide(facts, policyOf(rules.map(made)));
      const after = decide(facts, policyOf([...rules, more].map(made)));
      assert.ok(severity[after.effect] >= severity[before.effect]);
    }),
  );
});

test('an error names the rule and the fact', () => {
  const decision = decide(facts, policyOf([allows('writers', 'sql.writes')]));
  assert.equal(decision.reasons[0].code, 'policy_error');
  assert.equal(decision.reasons[0].text, 'Rule "writers" depends on sql.writes, which is not known.');
});

test('an alias stands for its groups, in subjects, reviewers and conditions alike', () => {
  const groups = { privacy: ['privacy-officers'], care: ['care', 'nurses'] };
  assert.deepEqual(resolveGroups(['privacy', 'care', 'x'], groups), ['privacy-officers', 'care', 'nurses', 'x']);
  assert.deepEqual(effectiveGroups(['nurses', 'x'], groups), ['nurses', 'x', 'care']);
  // A provider's group that happens to be called like an alias does not belong to it.
  assert.deepEqual(effectiveGroups(['privacy'], groups), []);
  const mine: RuleConfig[] = [
    allows('by-subject', null, { subjects: { groups: ['care'], ids: [] } }),
    holds('by-condition', '"care" in subject.groups', ['privacy']),
  ];
  const decision = decide(factsWith({ subject: { groups: ['nurses'] } }), policyOf(mine, groups));
  assert.equal(decision.effect, 'hold');
  assert.deepEqual(decision.hold?.reviewers, ['privacy-officers']);
  assert.equal(decide(factsWith({ subject: { groups: ['privacy'] } }), policyOf(mine, groups)).effect, 'deny');
});

test('the digest is over what decides: rules and groups, not tests', () => {
  const config = { groups: {}, rules: [allows('a', 'sql.reads')], tests: [] };
  const digest = (more: object): string => {
    const compiled = compilePolicy({ ...config, ...more });
    return compiled.ok ? compiled.value.digest : '';
  };
  assert.match(digest({}), /^[0-9a-f]{64}$/);
  assert.equal(
    digest({}),
    digest({ tests: [{ name: 't', facts: {}, expect: { effect: 'deny', rule: null, unmask: null } }] }),
  );
  assert.notEqual(digest({}), digest({ groups: { a: ['b'] } }));
  assert.notEqual(digest({}), digest({ rules: [allows('a', 'sql.reads && true')] }));
});

test('an explanation gives every rule its part', () => {
  const { decision, rules } = explain(
    facts,
    policyOf([
      allows('reads', 'sql.reads'),
      allows('elsewhere', null, { connections: ['tools'] }),
      allows('others', null, { subjects: { groups: ['g2'], ids: [] } }),
      denies('opaque', 'sql.opaque'),
      holds('writes', 'sql.writes'),
    ]),
  );
  assert.equal(decision.effect, 'deny');
  assert.deepEqual(
    rules.map((each) => each.part),
    ['true', 'other_connection', 'other_subject', 'false', 'error'],
  );
  assert.match(renderExplanation({ decision, rules }).join('\n'), /writes +hold +denies: .*sql\.writes/);
});

test('policy tests say what differs', () => {
  const policy = policyOf([allows('reads', 'sql.reads')]);
  const stated = { connection: { name: 'tools' }, sql: { reads: true } };
  const results = runPolicyTests(
    policy,
    [
      { name: 'right', facts: stated, expect: { effect: 'allow', rule: 'reads', unmask: [] } },
      { name: 'effect', facts: stated, expect: { effect: 'hold', rule: null, unmask: null } },
      { name: 'rule', facts: {}, expect: { effect: 'deny', rule: 'reads', unmask: null } },
      { name: 'unmask', facts: stated, expect: { effect: 'allow', rule: null, unmask: ['ssn'] } },
    ],
    { tools: { type: 'mcp' } },
  );
  assert.deepEqual(
    results.map((each) => each.passed),
    [true, false, false, false],
  );
  assert.match(results[1]?.differences[0] ?? '', /expected hold/);
  assert.match(results[2]?.differences[0] ?? '', /builtin:closed/);
  assert.match(results[3]?.differences[0] ?? '', /expected unmask ssn/);
});

test('a step-up refuses until it is met, lets nobody in by itself, and is told where nothing else is lacking', () => {
  const policyFrom = (rules: readonly object[]): Policy => {
    const parsed = parsePolicy({ rules });
    assert.ok(parsed.ok, JSON.stringify(parsed));
    const compiled = compilePolicy(parsed.value);
    assert.ok(compiled.ok);
    return compiled.value;
  };
  const stepUp = { name: 'proof', step_up: 'strong' };
  const allow = { name: 'all', allow: true };
  const plain = factsWith({ subject: { id: 'ana' }, connection: { name: 'ehr' } });
  const strong = factsWith({ subject: { id: 'ana', scopes: ['strong'] }, connection: { name: 'ehr' } });
  const weak = decide(plain, policyFrom([stepUp, allow]));
  assert.deepEqual(
    [weak.effect, weak.reasons[0].code, weak.reasons[0].scope],
    ['deny', 'insufficient_scope', 'strong'],
  );
  assert.equal(decide(strong, policyFrom([stepUp, allow])).reasons[0].rule, 'all');
  assert.equal(decide(strong, policyFrom([stepUp])).reasons[0].code, 'no_matching_rule');
  assert.ok(!mayEnter(policyFrom([stepUp]), strong.subject, 'ehr'));
  const denied = decide(plain, policyFrom([stepUp, { name: 'no', deny: 'Never.' }, allow]));
  assert.equal(denied.reasons[0].rule, 'no', 'no sign-in would help');
  const held = decide(plain, policyFrom([stepUp, { name: 'ask', hold: { reviewers: ['privacy'] } }]));
  assert.equal(held.reasons[0].rule, 'proof', 'nobody is asked to review what could not run');
  assert.equal(policyFrom([stepUp, allow]).repeatable, false);
  assert.equal(policyFrom([{ ...allow, when: 'subject["sco" + "pes"] == []' }, allow]).repeatable ?? false, false);
});
