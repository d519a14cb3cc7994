// Look-ups that only one of two rules, or of two statements, is granted: what rules grant adds up, what statements are granted is
// what each of them is. Where nothing is left, the obligation is not there at all.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { combine, decide } from '../../src/core/decide.ts';
import type { Decision, Obligations, Policy } from '../../src/core/decision.ts';
import { factsWith, policyOf } from './parts.ts';

const facts = factsWith({ subject: { id: 'ana', groups: ['analysts'] }, connection: { name: 'ehr' } });
const none: Obligations = { unmask: [], filter: [], rowsMax: 10 };
const [often, seldom] = [
  { times: 6, perMs: 1_000 },
  { times: 300, perMs: 60_000 },
];
const byMrn: Obligations = { ...none, lookup: { mrn: often } };
const bySsn: Obligations = { ...none, lookup: { ssn: seldom } };

function granted(...all: readonly Obligations[]): Obligations {
  const rules = all.map((obligations, at): Policy['rules'][number] => ({
    name: `grant-${at}`,
    subjects: null,
    connections: null,
    when: () => ({ kind: 'value', value: true }),
    effect: { kind: 'allow', obligations },
  }));
  return decide(facts, { ...policyOf([]), rules }).obligations;
}

function ofEach(...all: readonly Obligations[]): Obligations {
  return combine(
    all.map(
      (obligations): Decision => ({
        effect: 'allow',
        reasons: [{ rule: 'r', code: 'allowed', text: '' }],
        obligations,
        hold: null,
        policy: 'p',
      }),
    ) as [Decision, ...Decision[]],
  ).obligations;
}

test('of rules, each adds what the others do not have', () => {
  for (const [one, other] of [
    [none, byMrn],
    [byMrn, none],
  ] as const)
    assert.deepEqual(granted(one, other).lookup, { mrn: often });
  assert.deepEqual(granted(byMrn, bySsn).lookup, { mrn: often, ssn: seldom });
  assert.deepEqual(granted(bySsn, none, byMrn).lookup, { mrn: often, ssn: seldom });
  assert.ok(!('lookup' in granted(none, none)));
});

test('of rules the quicker rate counts, of statements the slower one', () => {
  const [quick, slow] = [byMrn, { ...none, lookup: { mrn: seldom } }];
  for (const [one, other] of [
    [quick, slow],
    [slow, quick],
  ] as const) {
    assert.deepEqual(granted(one, other).lookup, { mrn: often });
    assert.deepEqual(ofEach(one, other).lookup, { mrn: seldom });
  }
});

test('of statements, nothing that one of them lacks is left', () => {
  for (const [one, other] of [
    [none, byMrn],
    [byMrn, none],
    [byMrn, bySsn],
    [none, none],
  ] as const)
    assert.ok(!('lookup' in ofEach(one, other)), JSON.stringify([one, other]));
});
