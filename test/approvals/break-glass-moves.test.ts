// Which move of a break-glass is taken, by whom and until when; and what its record says of it.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Party } from '../../src/approvals/approval.ts';
import {
  type Emergency,
  type EmergencyEvent,
  type EmergencyStep,
  isLive,
  mayReview,
  reviewDueMs,
  stepEmergency,
} from '../../src/approvals/break-glass.ts';
import { glass as terms } from './glass.ts';

function person(id: string, groups: readonly string[] = ['privacy']): Party {
  return { id, issuer: 'https://idp', kind: 'person', groups };
}

const cora = person('cora', ['care']);
const pia = person('pia');
const tick: EmergencyEvent = { kind: 'tick' };

function open(forMs = 300_000): EmergencyEvent {
  return { kind: 'open', id: 'b_1', by: cora, connection: 'ehr', reason: 'ward 3', forMs, policy: 'p', terms };
}

function review(by: Party = pia, reason = 'read it all'): EmergencyEvent {
  return { kind: 'review', by, finding: 'justified', reason };
}

const close = (by: Party = cora): EmergencyEvent => ({ kind: 'close', by });

function stepped(state: Emergency | undefined, event: EmergencyEvent, now: number): EmergencyStep {
  const outcome = stepEmergency(state, event, now);
  assert.ok(outcome.ok, `${event.kind} at ${now}`);
  return outcome.value;
}

function codeOf(state: Emergency | undefined, event: EmergencyEvent, now: number): string {
  const outcome = stepEmergency(state, event, now);
  assert.ok(!outcome.ok, `${event.kind} was not refused`);
  return outcome.error.code;
}

function payloadsOf({ effects }: EmergencyStep): unknown {
  return effects.map(({ payload }) => payload);
}

function recordsOf({ effects }: EmergencyStep): unknown {
  return effects.map(({ record: { type, subject, data } }) => [type, subject?.id, data]);
}

const live = stepped(undefined, open(), 0).state;
const closed = stepped(live, close(), 100_000).state;
const ended = stepped(live, tick, 300_000).state;

describe('opening', () => {
  test('is from one minute to what the policy says, both included', () => {
    for (const forMs of [60_000, 600_000]) assert.equal(stepped(undefined, open(forMs), 5).state.untilMs, 5 + forMs);
    for (const forMs of [59_999, 600_001]) assert.equal(codeOf(undefined, open(forMs), 5), 'invalid_request');
  });

  test('is once under one name, and whatever else needs one that is open', () => {
    assert.equal(codeOf(live, open(), 1), 'approval_settled');
    for (const event of [close(), review(), tick]) assert.equal(codeOf(undefined, event, 1), 'approval_not_found');
  });

  test('says who, until when and to whom it goes', () => {
    assert.deepEqual(recordsOf(stepped(undefined, open(), 0)), [
      [
        'break_glass.opened',
        'cora',
        { until: '1970-01-01T00:05:00.000Z', reviewers: ['privacy'], policy: 'p', break_glass: 'b_1' },
      ],
    ]);
  });
});

test('what people say goes along with the record, apart from it', () => {
  assert.deepEqual(payloadsOf(stepped(undefined, open(), 0)), [{ reason: 'ward 3' }]);
  assert.deepEqual(payloadsOf(stepped(ended, review(), 300_001)), [{ reason: 'read it all' }]);
  assert.deepEqual(payloadsOf(stepped(live, close(), 1)), [undefined]);
});

describe('closing', () => {
  test('is for whoever opened it, and at once', () => {
    assert.deepEqual([closed.endedMs, isLive(closed, 100_000)], [100_000, false]);
    assert.deepEqual(recordsOf(stepped(live, close(), 100_000)), [
      ['break_glass.ended', 'cora', { reason: 'closed', break_glass: 'b_1' }],
    ]);
    for (const other of [pia, { ...cora, issuer: 'https://other' }, { ...cora, id: 'cara' }]) {
      assert.equal(codeOf(live, close(other), 100_000), 'approval_not_found');
      assert.equal(codeOf(closed, close(other), 100_001), 'approval_not_found');
    }
  });

  test('is of what is open', () => {
    assert.equal(codeOf(closed, close(), 100_001), 'approval_settled');
    assert.equal(codeOf(ended, close(), 300_001), 'approval_settled');
    assert.equal(codeOf(live, close(), 300_000), 'approval_settled', 'nobody has written down that it is over');
    assert.equal(stepped(live, close(), 299_999).state.endedMs, 299_999);
  });
});

describe('its end', () => {
  test('is written down when it has come, not before', () => {
    assert.deepEqual(stepped(live, tick, 299_999), { state: live, effects: [] });
    assert.deepEqual(recordsOf(stepped(live, tick, 300_000)), [
      ['break_glass.ended', undefined, { reason: 'time', break_glass: 'b_1' }],
    ]);
    assert.equal(stepped(live, tick, 400_000).state.endedMs, 300_000, 'it was over then');
  });

  test('is what the time to review counts from', () => {
    assert.deepEqual([live, ended, closed].map(reviewDueMs), [1_300_000, 1_300_000, 1_100_000]);
    assert.deepEqual(stepped(closed, tick, 1_099_999).effects, []);
    const overdue = stepped(closed, tick, 1_100_000);
    assert.deepEqual(recordsOf(overdue), [
      ['break_glass.overdue', undefined, { reviewers: ['privacy', 'board'], break_glass: 'b_1' }],
    ]);
    assert.deepEqual(stepped(overdue.state, tick, 1_100_001).effects, [], 'once');
  });
});

describe('the review', () => {
  test('is for people in one of the groups, not for an agent, nor for whoever opened it', () => {
    assert.ok(mayReview(ended, person('pia', ['staff', 'privacy'])));
    const nobody: readonly Party[] = [
      person('bea', ['board']),
      { ...pia, agent: 'claude' },
      { ...pia, kind: 'workload' },
      { ...cora, groups: ['privacy'] },
    ];
    for (const other of nobody) assert.ok(!mayReview(ended, other), JSON.stringify(other));
  });

  test('comes when it is over, once, with a reason', () => {
    assert.equal(codeOf(live, review(), 299_999), 'approval_settled');
    assert.equal(codeOf(ended, review(pia, ' '), 300_001), 'reason_required');
    const reviewed = stepped(ended, review(), 300_001);
    assert.deepEqual(reviewed.state.review, {
      by: { id: 'pia', issuer: 'https://idp' },
      finding: 'justified',
      reason: 'read it all',
      atMs: 300_001,
    });
    assert.equal(codeOf(reviewed.state, review(person('max')), 300_002), 'approval_settled');
    assert.deepEqual(stepped(reviewed.state, tick, 9_000_000).effects, [], 'it is overdue no more');
  });

  test('says whether it came too late, and that alone where nobody has written that down', () => {
    const overdueIn = (now: number): unknown => recordsOf(stepped(ended, review(), now));
    const reviewed = (overdue: boolean): unknown => [
      ['break_glass.reviewed', 'pia', { finding: 'justified', overdue, break_glass: 'b_1' }],
    ];
    assert.deepEqual(overdueIn(1_299_999), reviewed(false));
    assert.deepEqual(overdueIn(1_300_000), reviewed(true));
  });
});
