// What several rules, and several statements of one message, come to together: what rules grant adds up, what statements are
// granted is what each of them is, and of two holds the stricter terms count.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { combine, decide, glassFor, mayEnter } from '../../src/core/decide.ts';
import type { BreakGlass, Decision, HoldTerms, Obligations, Policy } from '../../src/core/decision.ts';
import { allows, factsWith, policyOf } from './parts.ts';

const facts = factsWith({ subject: { id: 'ana', groups: ['analysts'] }, connection: { name: 'ehr' } });
const ana = facts.subject;

const some: Obligations = {
  unmask: ['name', 'date'],
  filter: ['date', 'phone'],
  lookup: { mrn: { times: 5, perMs: 1_000 }, ssn: { times: 1, perMs: 1_000 } },
  rowsMax: 10,
};
const others: Obligations = {
  unmask: ['date', 'ssn'],
  filter: ['date', 'mrn'],
  lookup: { mrn: { times: 5, perMs: 10_000 } },
  rowsMax: 100,
};

function granting(obligations: Obligations, effect: Decision['effect'] = 'allow'): Decision {
  const code = effect === 'deny' ? 'denied' : 'allowed';
  return { effect, reasons: [{ rule: effect, code, text: '' }], obligations, hold: null, policy: 'p' };
}

test('a message is granted what each of its statements is, whichever comes first', () => {
  for (const parts of [
    [some, others],
    [others, some],
  ] as const) {
    const [first, second] = parts;
    const { unmask, filter, lookup, rowsMax } = combine([granting(first), granting(second)]).obligations;
    assert.deepEqual([unmask, filter, rowsMax], [['date'], ['date'], 10]);
    assert.deepEqual(lookup, { mrn: { times: 5, perMs: 10_000 } });
  }
  const unlimited: Obligations = { unmask: 'all', filter: 'all', rowsMax: null };
  for (const parts of [
    [granting(unlimited), granting(some)] as const,
    [granting(some), granting(unlimited)] as const,
  ]) {
    const { unmask, filter, lookup, rowsMax } = combine(parts).obligations;
    assert.deepEqual([unmask, filter, lookup, rowsMax], [some.unmask, some.filter, undefined, 10]);
  }
});

test('the worst of its statements decides, and says why first', () => {
  const [allow, hold, deny] = (['allow', 'hold', 'deny'] as const).map((effect) => granting(some, effect));
  assert.ok(allow && hold && deny);
  for (const [parts, worst] of [
    [[allow, hold], 'hold'],
    [[hold, deny], 'deny'],
    [[deny, allow], 'deny'],
    [[allow, deny, hold], 'deny'],
  ] as const) {
    const { effect, reasons } = combine(parts);
    assert.deepEqual([effect, reasons[0].rule, reasons.length], [worst, worst, parts.length]);
  }
  assert.equal(
    combine([
      { ...allow, emergency: 'b_1' },
      { ...allow, emergency: 'b_1' },
    ]).emergency,
    'b_1',
  );
});

const terms: HoldTerms = {
  reviewers: ['privacy', 'board'],
  quorum: 1,
  waitMs: 10,
  expiresMs: 2_000,
  grants: 5_000,
  escalate: { afterMs: 100, reviewers: ['board', 'night'] },
};
const stricter: HoldTerms = {
  reviewers: ['board', 'legal'],
  quorum: 2,
  waitMs: 20,
  expiresMs: 1_000,
  grants: 3_000,
  escalate: { afterMs: 200, reviewers: ['board'] },
};
const both: HoldTerms = {
  reviewers: ['board'],
  quorum: 2,
  waitMs: 10,
  expiresMs: 1_000,
  grants: 3_000,
  escalate: { afterMs: 200, reviewers: ['board'] },
};

test('of two holds the stricter terms count, of one statement and of two', () => {
  const holding = (...held: readonly HoldTerms[]): Policy => ({
    ...policyOf([]),
    rules: held.map((each, at) => ({
      name: `hold ${at}`,
      subjects: null,
      connections: null,
      when: () => ({ kind: 'value', value: true }),
      effect: { kind: 'hold', terms: each },
    })),
  });
  const { escalate: _, ...once } = { ...terms, grants: 'once' as const };
  for (const [a, b, expected] of [
    [terms, stricter, both],
    [stricter, terms, both],
    [once, stricter, { ...both, grants: 'once', escalate: undefined }],
    [stricter, once, { ...both, grants: 'once', escalate: undefined }],
  ] as const) {
    const oneByOne = combine([decide(facts, holding(a)), decide(facts, holding(b))]);
    for (const decision of [decide(facts, holding(a, b)), oneByOne]) {
      assert.equal(decision.effect, 'hold');
      assert.deepEqual({ ...decision.hold, escalate: decision.hold?.escalate }, expected);
    }
  }
  const allowed = granting(some);
  for (const parts of [
    [allowed, decide(facts, holding(terms))] as const,
    [decide(facts, holding(terms)), allowed] as const,
  ])
    assert.deepEqual(combine(parts).hold, terms);
});

test('what rules grant adds up', () => {
  const grant = (obligations: Obligations): Policy['rules'][number] => ({
    name: 'grant',
    subjects: null,
    connections: null,
    when: () => ({ kind: 'value', value: true }),
    effect: { kind: 'allow', obligations },
  });
  const granted = (...all: readonly Obligations[]): Obligations =>
    decide(facts, { ...policyOf([]), rules: all.map(grant) }).obligations;
  for (const { unmask, lookup, rowsMax } of [granted(some, others), granted(others, some)]) {
    assert.deepEqual(new Set(unmask), new Set(['name', 'date', 'ssn']));
    assert.deepEqual(lookup, some.lookup);
    assert.equal(rowsMax, 100);
  }
  assert.equal(granted(some, { ...others, rowsMax: null }).rowsMax, null);
});

test('a break-glass is for its subjects, on its connections, and for agents where it says so', () => {
  const glass: BreakGlass = {
    subjects: { ids: [], groups: ['analysts'] },
    connections: ['ehr'],
    agents: false,
    obligations: some,
    maxMs: 1,
    reviewers: [],
    reviewWithinMs: 1,
    escalate: [],
  };
  const policy: Policy = { ...policyOf([]), breakGlass: glass };
  const agents: Policy = { ...policy, breakGlass: { ...glass, agents: true, connections: null } };
  const agent = { ...ana, agent: 'claude' };
  assert.equal(glassFor(policy, ana, 'ehr'), glass);
  assert.equal(glassFor(policy, { ...ana, groups: [] }, 'ehr'), null);
  assert.equal(glassFor(policy, ana, 'tools'), null);
  assert.equal(glassFor(policy, agent, 'ehr'), null);
  assert.notEqual(glassFor(agents, agent, 'tools'), null);
  assert.deepEqual([mayEnter(policy, ana, 'ehr'), mayEnter(policy, agent, 'ehr')], [true, false]);
  const broken = { ...facts, emergency: 'b_1' };
  assert.deepEqual(decide(broken, policy).obligations, some);
  assert.equal(decide(facts, policy).effect, 'deny', 'nobody has broken it');
  const besides = policyOf([allows('few', null)]);
  const granted = decide(broken, { ...besides, breakGlass: glass });
  assert.deepEqual([granted.obligations.unmask, granted.emergency], [some.unmask, 'b_1']);
});
