// Break-glass: who, how long, what it steps past and what not, and that nobody reviews their own.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { Party } from '../../src/approvals/approval.ts';
import { type Emergency, type EmergencyEvent, isLive, stepEmergency } from '../../src/approvals/break-glass.ts';
import { decide, glassFor, mayEnter } from '../../src/core/decide.ts';
import type { Policy } from '../../src/core/decision.ts';
import { allows, denies, factsWith, holds, policyOf } from '../policy/parts.ts';
import { glass as terms } from './glass.ts';

function person(id: string, groups: readonly string[] = ['privacy'], more: Partial<Party> = {}): Party {
  return { id, issuer: 'https://idp', kind: 'person', groups, ...more };
}

const cora = person('cora', ['care'], { aliases: ['cora@h.example'] });

function opening(more: Partial<Extract<EmergencyEvent, { kind: 'open' }>> = {}): EmergencyEvent {
  const said = { by: cora, connection: 'ehr', reason: 'ward 3', forMs: 300_000, policy: 'p', terms };
  return { kind: 'open', id: 'b_1', ...said, ...more };
}

function moved(state: Emergency | undefined, event: EmergencyEvent, now: number): Emergency {
  const outcome = stepEmergency(state, event, now);
  assert.ok(outcome.ok, event.kind);
  return outcome.value.state;
}

function codeOf(state: Emergency | undefined, event: EmergencyEvent, now: number): string {
  const outcome = stepEmergency(state, event, now);
  assert.ok(!outcome.ok, `${event.kind} was not refused`);
  return outcome.error.code;
}

const review = (by: Party): EmergencyEvent => ({ kind: 'review', by, finding: 'justified', reason: 'read it all' });

test('opening needs a person, a right, a reason and an end', () => {
  const cases: readonly [EmergencyEvent, string][] = [
    [opening({ terms: null }), 'denied'],
    [opening({ by: { ...cora, agent: 'claude' } }), 'denied'],
    [opening({ by: { ...cora, kind: 'workload' } }), 'denied'],
    [opening({ reason: ' ' }), 'reason_required'],
    [opening({ forMs: 600_001 }), 'invalid_request'],
    [opening({ forMs: 0 }), 'invalid_request'],
    [opening({ forMs: Number.NaN }), 'invalid_request'],
  ];
  for (const [event, code] of cases) assert.equal(codeOf(undefined, event, 0), code);
});

test('it ends by itself, is reviewed by somebody else, and an overdue review goes to others', () => {
  const open = moved(undefined, opening(), 0);
  assert.ok(isLive(open, 299_999) && !isLive(open, 300_000));
  assert.equal(codeOf(open, review(person('pia')), 299_999), 'approval_settled');
  const ended = moved(open, { kind: 'tick' }, 300_000);
  assert.equal(ended.endedMs, 300_000);
  assert.equal(codeOf(ended, review(cora), 300_001), 'own_request');
  const second = person('c-2', ['privacy'], { issuer: 'https://other', aliases: ['Cora+x@h.example'] });
  assert.equal(codeOf(ended, review(second), 300_001), 'own_request');
  assert.equal(codeOf(ended, review(person('bea', ['board'])), 300_001), 'not_a_reviewer');
  assert.equal(codeOf(ended, review(person('bot', ['privacy'], { kind: 'workload' })), 300_001), 'not_a_reviewer');
  const overdue = moved(ended, { kind: 'tick' }, 1_300_000);
  assert.ok(overdue.overdue);
  const signed = moved(overdue, review(person('bea', ['board'])), 1_300_001);
  assert.equal(signed.review?.finding, 'justified');
  assert.equal(codeOf(signed, review(person('pia')), 1_300_002), 'approval_settled');
});

test('a review records the end that nobody has written down yet, first', () => {
  const outcome = stepEmergency(moved(undefined, opening(), 0), review(person('pia')), 300_001);
  assert.ok(outcome.ok);
  assert.deepEqual(
    outcome.value.effects.map(({ record }) => record.type),
    ['break_glass.ended', 'break_glass.reviewed'],
  );
  assert.ok(!JSON.stringify(outcome.value.effects.map(({ record }) => record)).includes('read it all'));
});

test('it steps past holds and silence on its connection, never past a deny, nor for an agent', () => {
  const rules = [allows('reads', 'sql.reads'), holds('asks', 'sql.writes'), denies('no', 'sql.command == "DROP"')];
  const policy: Policy = { ...policyOf(rules), breakGlass: terms };
  const facts = (command: string, more: object = {}) => ({
    ...factsWith({
      connection: { name: 'ehr' },
      subject: { groups: ['care'] },
      sql: { command, writes: true, ...more },
    }),
    emergency: 'b_1',
  });
  const held = decide(facts('DELETE'), policy);
  assert.deepEqual(
    [held.effect, held.reasons[0].rule, held.obligations.unmask],
    ['allow', 'builtin:break-glass', 'all'],
  );
  assert.equal(held.emergency, 'b_1');
  assert.equal(decide(facts('COPY', { writes: false }), policy).effect, 'allow', 'no rule');
  assert.equal(decide(facts('DROP'), policy).effect, 'deny');
  assert.equal(decide(facts('X', { writes: null }), policy).effect, 'deny', 'an error stays a deny');
  const elsewhere = { ...facts('DELETE'), connection: { name: 'tools', type: 'mcp' } as const };
  assert.equal(decide(elsewhere, policy).effect, 'hold');
  assert.equal(
    decide({ ...facts('DELETE'), subject: { ...facts('').subject, agent: 'claude' } }, policy).effect,
    'hold',
  );
  assert.equal(decide({ ...facts('DELETE'), subject: { ...facts('').subject, groups: [] } }, policy).effect, 'hold');
  const { emergency: _, ...without } = facts('DELETE');
  assert.equal(decide(without, policy).effect, 'hold');
  assert.ok(mayEnter({ ...policyOf([]), breakGlass: terms }, cora, 'ehr'));
  assert.equal(
    glassFor({ ...policy, breakGlass: { ...terms, agents: true } }, { ...cora, agent: 'x' }, 'ehr')?.agents,
    true,
  );
});

test('model: never live past its end or its closing; signed off once, after it, by somebody else', () => {
  const people = [
    cora,
    person('pia'),
    person('bea', ['board']),
    person('cora-2', ['privacy'], { aliases: ['cora@h.example'] }),
  ];
  const event = fc.oneof(
    fc.record({ kind: fc.constant('close' as const), by: fc.constantFrom(...people) }),
    fc.constantFrom(...people).map(review),
    fc.constant({ kind: 'tick' as const }),
  );
  let reviews = 0;
  fc.assert(
    fc.property(fc.array(fc.tuple(event, fc.integer({ min: 0, max: 400_000 })), { maxLength: 20 }), (moves) => {
      let state = moved(undefined, opening(), 0);
      let [now, closed, signed] = [0, false, 0];
      for (const [each, passed] of moves) {
        now += passed;
        const outcome = stepEmergency(state, each, now);
        if (!outcome.ok) continue;
        state = outcome.value.state;
        if (each.kind === 'close') closed = true;
        if (each.kind === 'review') {
          signed++;
          assert.ok(!isLive(state, now) && !each.by.id.startsWith('cora'));
          assert.ok(each.by.id !== 'bea' || state.overdue);
        }
        assert.ok(!(isLive(state, now) && (closed || now >= 300_000)));
      }
      assert.ok(signed <= 1);
      reviews += signed;
    }),
    { numRuns: 2000 },
  );
  assert.ok(reviews > 100);
});
