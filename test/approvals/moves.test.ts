// Which move of an approval is taken, from which state, by whom and until when; and what its record says of it.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Act, Approval, ApprovalStatus, Party } from '../../src/approvals/approval.ts';
import {
  type ApprovalEvent,
  bindingOf,
  digestOf,
  isReviewer,
  objectionToJudge,
  type Step,
  statusAt,
  step,
} from '../../src/approvals/step.ts';
import type { HoldTerms } from '../../src/core/decision.ts';

const terms: HoldTerms = { reviewers: ['privacy'], quorum: 1, waitMs: 0, expiresMs: 1000, grants: 'once' };

function person(id: string, groups: readonly string[] = ['privacy']): Party {
  return { id, issuer: 'https://idp', kind: 'person', groups };
}

const ana = person('ana', ['analysts']);
const pia = person('pia');
const max = person('max');
const act: Act = { subject: ana, connection: 'ehr', content: { sql: 'DELETE FROM t' }, policy: 'p1' };
const shaped: Act = { ...act, shape: { fingerprint: 'f00' } };

function request(more: Partial<HoldTerms> = {}, of: Act = act): ApprovalEvent {
  const asking = { kind: 'request', id: 'a_1', act: of, rule: 'r', phi: [], session: 's_1', request: 'r_1' } as const;
  return { ...asking, terms: { ...terms, ...more } };
}

function verdict(by: Party, effect: 'approve' | 'deny' = 'approve', reason = 'seen'): ApprovalEvent {
  return { kind: 'verdict', by, effect, reason };
}

function use(of: Act = act, subject: Party = of.subject, grants: HoldTerms['grants'] = 'once'): ApprovalEvent {
  return { kind: 'use', digest: bindingOf(of, 'r', { grants }), subject, session: 's_2', request: 'r_2' };
}

const withdraw = (by: Party = ana): ApprovalEvent => ({ kind: 'withdraw', by });
const explain = (by: Party = ana): ApprovalEvent => ({ kind: 'explain', by, reason: 'ticket 4711' });
const tick: ApprovalEvent = { kind: 'tick' };

function stepped(state: Approval | undefined, event: ApprovalEvent, now: number): Step {
  const outcome = step(state, event, now);
  assert.ok(outcome.ok, `${event.kind} at ${now}`);
  return outcome.value;
}

function made(...[first, ...others]: readonly [ApprovalEvent, ...(readonly [ApprovalEvent, number])[]]): Approval {
  return others.reduce((state, [event, now]) => stepped(state, event, now).state, stepped(undefined, first, 0).state);
}

function codeOf(state: Approval, event: ApprovalEvent, now: number): string {
  const outcome = step(state, event, now);
  assert.ok(!outcome.ok, `${event.kind} was not refused`);
  return outcome.error.code;
}

function dataOf({ effects }: Step): unknown {
  assert.equal(effects.length, 1);
  return effects[0]?.record.data;
}

const states: Readonly<Record<ApprovalStatus, Approval>> = {
  requested: made(request()),
  approved: made(request(), [verdict(pia), 10]),
  denied: made(request(), [verdict(pia, 'deny'), 10]),
  expired: made(request(), [tick, 1000]),
  used: made(request(), [verdict(pia), 10], [use(), 11]),
  withdrawn: made(request(), [withdraw(), 10]),
};

/** Taken while nobody has decided, and never again. */
const whileRequested: Readonly<Record<ApprovalStatus, string>> = {
  requested: 'taken',
  approved: 'approval_settled',
  denied: 'approval_settled',
  expired: 'approval_settled',
  used: 'approval_settled',
  withdrawn: 'approval_settled',
};

describe('from which state', () => {
  const moves: readonly [string, ApprovalEvent, Readonly<Record<ApprovalStatus, string>>][] = [
    [
      'it is asked for once',
      request(),
      {
        requested: 'approval_settled',
        approved: 'approval_settled',
        denied: 'approval_settled',
        expired: 'approval_settled',
        used: 'approval_settled',
        withdrawn: 'approval_settled',
      },
    ],
    ['a yes is given where none is needed any more', verdict(max), whileRequested],
    [
      'a no takes back what has not run',
      verdict(max, 'deny'),
      {
        requested: 'taken',
        approved: 'taken',
        denied: 'approval_settled',
        expired: 'approval_settled',
        used: 'approval_settled',
        withdrawn: 'approval_settled',
      },
    ],
    [
      'the act runs',
      use(),
      {
        requested: 'approval_required',
        approved: 'taken',
        denied: 'approval_denied',
        expired: 'approval_expired',
        used: 'approval_settled',
        withdrawn: 'approval_settled',
      },
    ],
    [
      'the requester takes it back',
      withdraw(),
      {
        requested: 'taken',
        approved: 'taken',
        denied: 'approval_settled',
        expired: 'approval_settled',
        used: 'approval_settled',
        withdrawn: 'approval_settled',
      },
    ],
    ['the requester says why', explain(), whileRequested],
  ];
  for (const [name, event, expected] of moves) {
    test(name, () => {
      const found = Object.entries(states).map(([status, state]) => {
        const outcome = step(state, event, 20);
        return [status, outcome.ok ? 'taken' : outcome.error.code];
      });
      assert.deepEqual(Object.fromEntries(found), expected);
    });
  }

  test('time alone changes only what waits for it', () => {
    for (const status of ['denied', 'used', 'withdrawn'] as const) {
      assert.equal(statusAt(states[status], 5000), status);
      assert.deepEqual(stepped(states[status], tick, 5000), { state: states[status], effects: [] });
    }
    assert.equal(statusAt(states.requested, 999), 'requested');
    assert.equal(statusAt(states.approved, 999), 'approved');
  });

  test('what is over is not taken back, and no reason is given for it', () => {
    for (const state of [states.requested, states.approved])
      assert.equal(codeOf(state, withdraw(), 1000), 'approval_expired');
    assert.equal(codeOf(states.requested, explain(), 1000), 'approval_expired');
  });
});

describe('by whom', () => {
  test('what was approved is used by whom it was approved for, through the same agent', () => {
    const byAgent: Act = { ...act, subject: { ...ana, agent: 'claude' } };
    const approved = made(request({}, byAgent), [verdict(pia), 10]);
    const others: readonly Party[] = [
      { ...byAgent.subject, id: 'bob' },
      { ...byAgent.subject, issuer: 'https://other' },
      { ...byAgent.subject, agent: 'cursor' },
      ana,
    ];
    for (const other of others)
      assert.equal(codeOf(approved, use(byAgent, other), 20), 'approval_not_found', JSON.stringify(other));
    assert.equal(stepped(approved, use(byAgent), 20).state.status, 'used');
  });

  test('the same name of another issuer is not the requester', () => {
    const other = { ...ana, issuer: 'https://other' };
    for (const event of [withdraw(other), explain(other)])
      assert.equal(codeOf(states.requested, event, 5), 'approval_not_found');
  });

  test('one group of those that may decide is enough', () => {
    const two = made(request({ reviewers: ['board', 'privacy'] }));
    assert.ok(isReviewer(two, person('pia', ['staff', 'privacy'])));
    assert.ok(!isReviewer(two, person('pia', ['staff'])));
  });

  test('a verdict kept without the names of whose it is counts by its id', () => {
    const one = made(request({ quorum: 2 }), [verdict(pia), 10]);
    const kept: Approval = { ...one, verdicts: one.verdicts.map(({ names: _names, ...each }) => each) };
    assert.equal(codeOf(kept, verdict(pia), 11), 'approval_settled');
    assert.equal(stepped(kept, verdict(max), 11).state.status, 'approved');
  });

  test('whoever may not judge is told what they are', () => {
    assert.equal(objectionToJudge(pia), null);
    assert.match(objectionToJudge({ ...pia, agent: 'claude' })?.text ?? '', /agent/);
    assert.match(objectionToJudge({ ...pia, kind: 'workload' })?.text ?? '', /^Only a person/);
  });

  test('who is sent away takes only their own yes along, while it is good for something', () => {
    const recall = (id: string, issuer: string | null = null): ApprovalEvent => ({ kind: 'recall', id, issuer });
    const back = stepped(states.approved, recall('pia', 'https://idp'), 20);
    assert.deepEqual(
      [back.state.status, dataOf(back)],
      ['requested', { effect: 'recall', status: 'requested', approvals: 0 }],
    );
    assert.deepEqual(stepped(states.approved, recall('pia', 'https://other'), 20).effects, []);
    assert.deepEqual(stepped(states.requested, recall('pia'), 20).effects, []);
    assert.deepEqual(stepped(states.approved, recall('pia'), 1000), { state: states.approved, effects: [] });
    const two = made(request({ quorum: 3 }), [verdict(pia), 10], [verdict(max), 11]);
    const one = stepped(two, recall('max'), 20);
    assert.deepEqual(
      [one.state.status, dataOf(one)],
      ['requested', { effect: 'recall', status: 'requested', approvals: 1 }],
    );
  });
});

describe('for how long', () => {
  test('what is granted once is bound to the act, whatever shape it has', () => {
    assert.equal(bindingOf(shaped, 'r', { grants: 'once' }), digestOf(shaped));
    assert.equal(bindingOf(act, 'r', { grants: 500 }), digestOf(act));
    assert.notEqual(bindingOf(shaped, 'r', { grants: 500 }), digestOf(shaped));
    const approved = made(request({}, shaped), [verdict(pia), 10]);
    const alike: Act = { ...shaped, content: { sql: 'DELETE FROM t WHERE id = 2' } };
    assert.equal(codeOf(approved, use(alike), 20), 'approval_required');
    assert.equal(stepped(approved, use(shaped), 20).state.status, 'used');
  });

  test('only the yes that settles it begins a grant', () => {
    const asked = request({ quorum: 2, grants: 5000 }, shaped);
    const one = made(asked, [verdict(pia), 10]);
    assert.equal(one.expiresMs, 1000);
    assert.equal(stepped(one, verdict(max, 'deny'), 11).state.expiresMs, 1000);
    assert.equal(stepped(one, verdict(max), 11).state.expiresMs, 5011);
    assert.equal(codeOf(one, verdict(max), 1000), 'approval_expired');
  });

  test('an escalation adds reviewers to what nobody has decided, and to nothing else', () => {
    const asked = request({ escalate: { afterMs: 300, reviewers: ['board'] } });
    assert.deepEqual(stepped(made(asked), tick, 300).state.reviewers, ['privacy', 'board']);
    for (const settled of [made(asked, [verdict(pia), 10]), made(asked, [verdict(pia, 'deny'), 10])])
      assert.deepEqual(stepped(settled, tick, 300), { state: settled, effects: [] });
  });

  test('a reason is whole text of a length there is a limit to', () => {
    const reasons: readonly [string, string][] = [
      ['x'.repeat(2000), 'taken'],
      ['x'.repeat(2001), 'invalid_request'],
      ['half \ud83d', 'invalid_request'],
    ];
    for (const [reason, expected] of reasons) {
      const outcome = step(states.requested, verdict(pia, 'approve', reason), 10);
      assert.equal(outcome.ok ? 'taken' : outcome.error.code, expected);
    }
  });
});

test('the record of a move says who made it, what came of it, and until when it is good', () => {
  const once = stepped(undefined, request(), 0);
  assert.deepEqual(dataOf(once), {
    rule: 'r',
    reviewers: ['privacy'],
    quorum: 1,
    phi: [],
    policy: 'p1',
    expires: '1970-01-01T00:00:01.000Z',
  });
  const grant = stepped(undefined, request({ quorum: 2, grants: 5000 }, shaped), 0);
  assert.deepEqual(dataOf(grant), { ...(dataOf(once) as object), quorum: 2, grant_seconds: 5 });
  const first = stepped(grant.state, verdict(pia), 10);
  assert.deepEqual(dataOf(first), {
    effect: 'approve',
    status: 'requested',
    approvals: 1,
    until: '1970-01-01T00:00:01.000Z',
  });
  const second = stepped(first.state, verdict(max), 11);
  assert.deepEqual(dataOf(second), {
    effect: 'approve',
    status: 'approved',
    approvals: 2,
    until: '1970-01-01T00:00:05.011Z',
  });
  const no = stepped(first.state, verdict(max, 'deny'), 11);
  assert.deepEqual(dataOf(no), {
    effect: 'deny',
    status: 'denied',
    approvals: 1,
    until: '1970-01-01T00:00:01.000Z',
  });
  assert.deepEqual(dataOf(stepped(states.requested, verdict(pia), 10)), {
    effect: 'approve',
    status: 'approved',
    approvals: 1,
  });
  assert.deepEqual(second.effects[0]?.record.subject, { id: 'max', issuer: 'https://idp', kind: 'person' });
  assert.equal(stepped(states.requested, tick, 1000).effects[0]?.record.subject, undefined);
});
