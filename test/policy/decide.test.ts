// decide(): what holds for every policy and every request, then groups, explanations and the policy's own tests.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parsePolicy } from '../../src/config/policy-schema.ts';
import { decide, mayEnter } from '../../src/core/decide.ts';
import type { Policy } from '../../src/core/decision.ts';
import type { BreakGlassConfig, PolicyTestConfig, RuleConfig } from '../../src/core/policy-text.ts';
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

const glass: BreakGlassConfig = {
  subjects: { groups: ['care'], ids: [] },
  connections: null,
  agents: false,
  unmask: [],
  filter: [],
  rows: null,
  maxMs: 3_600_000,
  reviewers: ['privacy'],
  reviewWithinMs: 86_400_000,
  escalate: ['board'],
};

test('an alias stands for its groups where a hold goes to others, and in a break-glass', () => {
  const groups = { privacy: ['privacy-officers'], care: ['nurses'], board: ['directors'] };
  const held = holds('held', null);
  const escalate = { afterMs: 1, reviewers: ['board'] };
  const rules = held.effect.kind === 'hold' ? [{ ...held, effect: { ...held.effect, escalate } }] : [];
  const lookup = { mrn: { times: 5, perMs: 60_000 } };
  const compiled = compilePolicy({ groups, rules, tests: [], breakGlass: { ...glass, lookup } });
  assert.ok(compiled.ok);
  assert.deepEqual(decide(facts, compiled.value).hold?.escalate, { afterMs: 1, reviewers: ['directors'] });
  const { subjects, reviewers, escalate: escalated, obligations } = compiled.value.breakGlass ?? {};
  assert.deepEqual(obligations, { unmask: [], filter: [], rowsMax: null, lookup });
  assert.deepEqual([subjects?.groups, reviewers, escalated], [['nurses'], ['privacy-officers'], ['directors']]);
});

test('the digest is over what decides: rules, groups and break-glass, not tests', () => {
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
  assert.notEqual(digest({}), digest({ breakGlass: glass }));
  assert.notEqual(digest({ breakGlass: { ...glass, maxMs: 1 } }), digest({ breakGlass: glass }));
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

test('a policy with a condition that does not compile is none', () => {
  const bad = compilePolicy({ groups: {}, rules: [allows('a', null), denies('b', 'sql.(')], tests: [] });
  assert.ok(!bad.ok && bad.error.some(({ rule }) => rule === 'b'));
});

test('policy tests say what differs', () => {
  const grant = {
    kind: 'allow',
    unmask: ['name'],
    filter: ['date'],
    lookup: { mrn: { times: 60, perMs: 3_600_000 } },
    rows: 10,
  } as const;
  const policy = policyOf([allows('reads', 'sql.reads', { effect: grant }), holds('asks', 'sql.writes', ['officers'])]);
  const reading = { connection: { name: 'tools' }, sql: { reads: true } };
  const writing = { sql: { writes: true } };
  const cases: readonly [facts: object, expect: PolicyTestConfig['expect'], difference: RegExp | null][] = [
    [reading, { effect: 'allow', rule: 'reads', unmask: ['name'], filter: ['date'], rows: 10 }, null],
    [reading, { effect: 'allow', lookup: { mrn: { times: 60, perMs: 3_600_000 } } }, null],
    [writing, { effect: 'hold', reviewers: ['privacy'], rows: 'unlimited' }, null],
    [reading, { effect: 'hold' }, /^expected hold, the decision is allow by reads/],
    [{}, { effect: 'allow', rule: 'reads' }, /^expected allow, the decision is deny by builtin:closed/],
    [reading, { effect: 'allow', rule: 'other' }, /^expected rule other, it is reads$/],
    [reading, { effect: 'allow', unmask: ['ssn'] }, /^expected unmask ssn, it is name$/],
    [reading, { effect: 'allow', filter: [] }, /^expected filter nothing, it is date$/],
    [reading, { effect: 'allow', lookup: {} }, /^expected lookup nothing, it is mrn 60\/1h$/],
    [reading, { effect: 'allow', rows: 'unlimited' }, /^expected rows unlimited, it is 10$/],
    [writing, { effect: 'hold', reviewers: ['nurses'] }, /^expected reviewers nurses, it is officers$/],
  ];
  const tests = cases.map(([facts, expect], index) => ({ name: `${index}`, facts: { ...facts }, expect }));
  const results = runPolicyTests(policy, { tests, groups: { privacy: ['officers'] } }, { tools: { type: 'mcp' } });
  for (const [index, [, , difference]] of cases.entries()) {
    const { passed, differences } = results[index] ?? assert.fail();
    assert.equal(passed, difference === null, differences.join('; '));
    if (difference) assert.match(differences.join('; '), difference);
  }
});

test('a test states a time as people write it', () => {
  const parsed = parsePolicy({
    rules: [{ name: 'december', when: 'now >= timestamp("2026-12-01T00:00:00Z")', allow: true }],
    tests: [
      { facts: { now: '2026-12-01T00:00:00Z' }, expect: 'allow' },
      { facts: { now: '2026-12-01T00:30:00+01:00' }, expect: 'deny' },
      { facts: { now: Date.UTC(2026, 11, 1) }, expect: 'allow' },
    ],
  });
  assert.ok(parsed.ok, JSON.stringify(parsed));
  const compiled = compilePolicy(parsed.value);
  assert.ok(compiled.ok);
  for (const each of runPolicyTests(compiled.value, parsed.value, {}))
    assert.deepEqual(each.differences, [], each.name);
  assert.equal(parsePolicy({ tests: [{ facts: { now: 'tomorrow' }, expect: 'deny' }] }).ok, false);
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
