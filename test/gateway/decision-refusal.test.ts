// What a caller is told who is not let through: a rule's own words as they were written, which rule it was, and what to do next.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Decision, Reason } from '../../src/core/decision.ts';
import { refusalOf, refusalOfHold } from '../../src/gateway/decision-refusal.ts';

function refused(code: Reason['code'], text: string, more: Partial<Reason> = {}): Decision {
  const obligations = { unmask: [], filter: [], rowsMax: null };
  return { effect: 'deny', reasons: [{ rule: 'r', code, text, ...more }], obligations, hold: null, policy: 'p' };
}

const postgres = { door: 'postgres', connection: 'ehr' } as const;
const mcp = { door: 'mcp', connection: 'tools' } as const;

test('a deny is told in the words of its rule, ended as a sentence, with the name of the rule', () => {
  for (const [text, told] of [
    ['Weights never leave', 'Weights never leave. Rule: r.'],
    ['Weights never leave.', 'Weights never leave. Rule: r.'],
    ['Why would you?', 'Why would you? Rule: r.'],
  ] as const)
    assert.deepEqual(refusalOf(refused('denied', text), mcp), { code: 'denied', text: told, rule: 'r' });
});

test('what the gate says itself names the rule in passing, and why a fact is not known only where that was it', () => {
  const closed = refusalOf(refused('no_matching_rule', 'No rule allows this.'), mcp, 'It calls f().');
  assert.deepEqual(closed, { code: 'no_matching_rule', text: 'No rule allows this (rule r).', rule: 'r' });
  const unknown = refused('policy_error', 'Rule "r" depends on sql.reads, which is not known.');
  const why = 'Rule "r" depends on sql.reads, which is not known. It calls f() (rule r).';
  assert.equal(refusalOf(unknown, postgres, 'It calls f().').text, why);
  assert.doesNotMatch(refusalOf(unknown, postgres).text, /undefined/);
  assert.equal(
    refusalOf(refused('allowed', 'Allowed.'), mcp).code,
    'internal',
    'nothing that is let through is refused',
  );
});

test('a stronger sign-in is asked for by its scope, at the PostgreSQL door with the commands', () => {
  const decision = refused('insufficient_scope', 'This asks for more.', { scope: 'strong' });
  const [here, there] = [refusalOf(decision, postgres), refusalOf(decision, mcp)];
  assert.deepEqual([here.scope, there.scope, there.next], ['strong', 'strong', undefined]);
  assert.match(here.next ?? '', /chartgate login --scope strong.*chartgate connect ehr\./);
});

test('a hold says where it is decided, and nothing once it is granted', () => {
  const told = (kind: 'granted' | 'denied' | 'pending') =>
    refusalOfHold({ kind, approval: 'a_1' }, 'r', 'http://gate/a');
  assert.equal(told('granted'), null);
  assert.deepEqual([told('denied')?.code, told('pending')?.code], ['approval_denied', 'approval_required']);
  for (const each of [told('denied'), told('pending')]) {
    assert.deepEqual([each?.rule, each?.approval], ['r', 'a_1']);
    assert.match(each?.text ?? '', /a_1/);
    assert.match(each?.next ?? '', /http:\/\/gate\/a/);
  }
});
