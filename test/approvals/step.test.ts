// The approval machine: what moves it, what does not, and a model check that no sequence of events runs an act without a
// live, distinct, matching approval, nor twice.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { Act, Approval } from '../../src/approvals/approval.ts';
import { type ApprovalEvent, digestOf, type Party, statusAt, step } from '../../src/approvals/step.ts';

const terms = { reviewers: ['privacy'], quorum: 1, waitMs: 0, expiresMs: 1000, grants: 'once' } as const;

function person(id: string, groups: readonly string[] = ['privacy'], agent?: string): Party {
  return { id, issuer: 'https://idp', kind: 'person', groups, ...(agent === undefined ? {} : { agent }) };
}

const act: Act = {
  subject: person('ana', ['analysts'], 'claude'),
  connection: 'ehr',
  content: { sql: 'DELETE FROM t', params: [] },
  policy: 'p1',
};

function requested(quorum = 1, of: Act = act): Approval {
  const event: ApprovalEvent = {
    kind: 'request',
    id: 'a_1',
    act: of,
    rule: 'unbounded-write',
    terms: { ...terms, quorum },
    phi: ['name'],
    session: 's_1',
    request: 'r_1',
  };
  const outcome = step(undefined, event, 0);
  assert.ok(outcome.ok);
  return outcome.value.state;
}

function after(state: Approval, ...events: readonly [ApprovalEvent, number][]): Approval {
  let at = state;
  for (const [event, now] of events) {
    const outcome = step(at, event, now);
    assert.ok(outcome.ok, `${event.kind} at ${now}`);
    at = outcome.value.state;
  }
  return at;
}

function codeOf(state: Approval | undefined, event: ApprovalEvent, now: number): string {
  const outcome = step(state, event, now);
  assert.ok(!outcome.ok, `${event.kind} was not refused`);
  return outcome.error.code;
}

function verdict(by: Party, effect: 'approve' | 'deny' = 'approve', reason = 'seen'): ApprovalEvent {
  return { kind: 'verdict', by, effect, reason };
}

const use: ApprovalEvent = {
  kind: 'use',
  digest: digestOf(act),
  subject: act.subject,
  session: 's_2',
  request: 'r_2',
};

test('a reviewer approves, the identical act runs once', () => {
  const approved = after(requested(), [verdict(person('pia')), 10]);
  assert.equal(approved.status, 'approved');
  const used = after(approved, [use, 20]);
  assert.deepEqual(used.usedBy, { session: 's_2', request: 'r_2', atMs: 20 });
  assert.equal(codeOf(used, use, 21), 'approval_settled');
});

test('who may not decide, and what a verdict needs', () => {
  const state = requested();
  const cases: readonly [string, ApprovalEvent, string][] = [
    ['the requester', verdict(person('ana')), 'own_request'],
    ['the same id from another issuer', verdict({ ...person('ana'), issuer: 'https://other' }), 'own_request'],
    ["the requester's agent itself", verdict(person('claude')), 'own_request'],
    ['somebody through the same agent', verdict(person('pia', ['privacy'], 'claude')), 'own_request'],
    ['no reviewer', verdict(person('bob', ['analysts'])), 'not_a_reviewer'],
    ['no reason', verdict(person('pia'), 'approve', '  '), 'reason_required'],
    ['a novel', verdict(person('pia'), 'approve', 'x'.repeat(5000)), 'invalid_request'],
  ];
  for (const [name, event, code] of cases) assert.equal(codeOf(state, event, 10), code, name);
  assert.equal(codeOf(undefined, verdict(person('pia')), 10), 'approval_not_found');
});

test('a quorum is of distinct people; one no is enough', () => {
  const one = after(requested(2), [verdict(person('pia')), 10]);
  assert.equal(one.status, 'requested');
  assert.equal(codeOf(one, verdict(person('pia')), 11), 'approval_settled');
  assert.equal(codeOf(one, verdict({ ...person('pia'), issuer: 'https://other' }), 11), 'approval_settled');
  assert.equal(after(one, [verdict(person('max')), 12]).status, 'approved');
  assert.equal(after(one, [verdict(person('max'), 'deny'), 12]).status, 'denied');
  assert.equal(after(one, [verdict(person('pia'), 'deny'), 12]).status, 'denied', 'a yes may become a no');
});

test('time ends it, before and after approval, at the very millisecond', () => {
  const approved = after(requested(), [verdict(person('pia')), 10]);
  assert.equal(codeOf(requested(), verdict(person('pia')), 1000), 'approval_expired');
  assert.equal(codeOf(approved, use, 1000), 'approval_expired');
  assert.ok(step(approved, use, 999).ok);
  assert.equal(statusAt(approved, 1000), 'expired');
  const expired = after(approved, [{ kind: 'tick' }, 1000]);
  assert.equal(expired.status, 'expired');
  assert.deepEqual(after(requested(), [{ kind: 'tick' }, 999]), requested());
});

test('only the requester withdraws', () => {
  assert.equal(codeOf(requested(), { kind: 'withdraw', by: person('pia') }, 5), 'approval_not_found');
  const gone = after(requested(), [{ kind: 'withdraw', by: act.subject }, 5]);
  assert.equal(codeOf(gone, verdict(person('pia')), 6), 'approval_settled');
  assert.equal(codeOf(gone, use, 6), 'approval_settled');
});

test('the digest is of everything, whatever the order of keys and groups', () => {
  const reordered: Act = { ...act, content: { params: [], sql: 'DELETE FROM t' } };
  assert.equal(digestOf(reordered), digestOf(act));
  const twoGroups = (groups: string[]): Act => ({ ...act, subject: { ...act.subject, groups } });
  assert.equal(digestOf(twoGroups(['a', 'b'])), digestOf(twoGroups(['b', 'a'])));
  const others: Act[] = [
    { ...act, connection: 'ehr2' },
    { ...act, policy: 'p2' },
    { ...act, content: { sql: 'DELETE FROM t ', params: [] } },
    { ...act, content: { sql: 'DELETE FROM t', params: ['1'] } },
    { ...act, subject: { ...act.subject, id: 'bob' } },
    { ...act, subject: { ...act.subject, issuer: 'https://other' } },
    { ...act, subject: person('ana', ['analysts']) },
    twoGroups(['analysts', 'x']),
  ];
  assert.equal(new Set([act, ...others].map(digestOf)).size, others.length + 1);
});

test('records carry no PHI in clear: the words are payload', () => {
  const outcome = step(requested(), verdict(person('pia'), 'deny', 'Mrs Smith said no'), 10);
  assert.ok(outcome.ok);
  const [effect] = outcome.value.effects;
  assert.equal(effect?.record.type, 'approval.decided');
  assert.ok(!JSON.stringify(effect?.record).includes('Smith'));
  assert.deepEqual(effect?.payload, { reason: 'Mrs Smith said no' });
});

test('model: no sequence of events runs an act without a live, distinct, matching approval, nor twice', () => {
  const people = ['ana', 'pia', 'max', 'bob', 'claude'].map((id) =>
    person(id, id === 'bob' || id === 'ana' ? ['analysts'] : ['privacy']),
  );
  const tampered = digestOf({ ...act, content: { sql: 'DELETE FROM u', params: [] } });
  // Weighted so that quorums are reached, and by the same person twice, before time or a no ends it.
  const reviewers = [person('pia'), person('pia'), person('max')];
  const anyEvent: fc.Arbitrary<ApprovalEvent> = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('verdict' as const),
        by: fc.constantFrom(...reviewers, ...people, person('ana', ['privacy']), person('pia', ['privacy'], 'claude')),
        effect: fc.constantFrom(...Array.from({ length: 7 }, () => 'approve' as const), 'deny' as const),
        reason: fc.constantFrom('seen', 'seen', 'seen', ''),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('use' as const),
        digest: fc.constantFrom(digestOf(act), digestOf(act), tampered),
        subject: fc.constantFrom(act.subject, act.subject, person('pia'), person('ana')),
        session: fc.constant('s_2'),
        request: fc.constant('r_2'),
      }),
    },
    fc.record({ kind: fc.constant('withdraw' as const), by: fc.constantFrom(...people) }),
    fc.constant({ kind: 'tick' as const }),
  );
  const moves = fc.array(fc.tuple(anyEvent, fc.constantFrom(0, 1, 1, 1, 50, 400)), { maxLength: 25 });
  let runsSeen = 0;
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 }), moves, (quorum, sequence) => {
      let state = requested(quorum);
      let now = 0;
      let runs = 0;
      // The model keeps its own account of who said yes, straight from what was accepted.
      const yes = new Set<string>();
      let refused = false;
      for (const [event, passed] of sequence) {
        now += passed;
        const outcome = step(state, event, now);
        if (!outcome.ok) continue;
        if (event.kind === 'verdict' && event.effect === 'approve') yes.add(event.by.id);
        if ((event.kind === 'verdict' && event.effect === 'deny') || event.kind === 'withdraw') refused = true;
        if (event.kind === 'use') {
          runs++;
          assert.ok(now < 1000, 'it was live');
          assert.ok(!refused, 'nobody had said no');
          assert.ok(yes.size >= quorum, 'the quorum is of distinct people');
          assert.ok(!yes.has('ana') && !yes.has('claude') && !yes.has('bob'), 'only reviewers, never the requester');
          assert.equal(event.digest, digestOf(act), 'it is the very act');
          assert.equal(event.subject, act.subject, 'it is the very subject');
        }
        state = outcome.value.state;
      }
      assert.ok(runs <= 1, 'it ran once');
      runsSeen += runs;
    }),
    { numRuns: 4000 },
  );
  assert.ok(runsSeen > 100, 'the model reached a run');
});
