// The approval machine: what moves it, what does not, and a model check that no sequence of events runs an act without a
// live, distinct, matching approval, nor twice.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { Act, Approval, Party } from '../../src/approvals/approval.ts';
import { type ApprovalEvent, bindingOf, digestOf, statusAt, step } from '../../src/approvals/step.ts';

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
    ['a workload', verdict({ ...person('bot'), kind: 'workload' }), 'not_a_reviewer'],
    ['a reviewer through an agent', verdict(person('pia', ['privacy'], 'cursor')), 'not_a_reviewer'],
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

test('an account is not a person: aliases make the requester, and two approvers, one', () => {
  const ana: Party = { ...person('ana', ['analysts']), aliases: ['Ana@Clinic.example'] };
  const asked = requested(2, { ...act, subject: ana });
  const second: Party = { ...person('u-17'), issuer: 'https://other', aliases: ['ana+2@clinic.example'] };
  assert.equal(codeOf(asked, verdict(second), 10), 'own_request');
  const pia: Party = { ...person('pia'), aliases: ['pia@clinic.example'] };
  const piaAgain: Party = { ...person('0042'), issuer: 'https://other', aliases: ['PIA@clinic.example'] };
  const one = after(asked, [verdict(pia), 10]);
  assert.equal(codeOf(one, verdict(piaAgain), 11), 'approval_settled');
  assert.equal(one.status, 'requested');
});

test('what was approved can be taken back until it is used', () => {
  const approved = after(requested(), [verdict(person('pia')), 10]);
  const back = after(approved, [verdict(person('max'), 'deny', 'wrong ward'), 11]);
  assert.equal(codeOf(back, use, 12), 'approval_denied');
  assert.equal(codeOf(after(approved, [use, 11]), verdict(person('max'), 'deny'), 12), 'approval_settled');
});

test('who is sent away takes their yes along, and nothing else', () => {
  const recall = (id: string, issuer: string | null = null): ApprovalEvent => ({ kind: 'recall', id, issuer });
  const approved = after(requested(), [verdict(person('pia')), 10]);
  const back = after(approved, [recall('pia'), 11]);
  assert.equal(back.status, 'requested');
  assert.equal(codeOf(back, use, 12), 'approval_required');
  assert.equal(after(back, [verdict(person('max')), 12], [use, 13]).status, 'used');
  assert.equal(after(approved, [recall('max'), 11], [recall('pia', 'https://other'), 11]).status, 'approved');
  assert.equal(after(approved, [use, 11], [recall('pia'), 12]).status, 'used', 'what has run has run');
  const three = after(requested(2), [verdict(person('pia')), 10], [recall('pia'), 11], [verdict(person('max')), 12]);
  assert.equal(three.status, 'requested', 'of a quorum, one is left');
  const denied = after(requested(), [verdict(person('pia'), 'deny'), 10], [recall('pia'), 11]);
  assert.equal(denied.status, 'denied', 'a no stays');
});

test('a chain of actors is part of who asks, and each of them is no second pair of eyes', () => {
  const chain: Party = { ...person('ana', ['analysts'], 'claude'), actors: ['claude', 'desk'] };
  assert.notEqual(digestOf({ ...act, subject: chain }), digestOf(act));
  assert.equal(codeOf(requested(1, { ...act, subject: chain }), verdict(person('desk')), 10), 'own_request');
});

const shaped: Act = { ...act, shape: { fingerprint: 'f00', facts: ['t'] } };

function granted(grants: number | 'once', of: Act = shaped): Approval {
  const asking = { kind: 'request', id: 'a_1', act: of, rule: 'r', phi: [], session: 's_1', request: 'r_1' } as const;
  const outcome = step(undefined, { ...asking, terms: { ...terms, grants } }, 0);
  assert.ok(outcome.ok);
  return after(outcome.value.state, [verdict(person('pia')), 10]);
}

test('a grant is for every act of its shape and rule, as long as it lasts', () => {
  const other: Act = { ...shaped, content: { sql: 'DELETE FROM t WHERE id = 2', params: [] } };
  const elsewhere: Act = { ...shaped, shape: { fingerprint: 'f01', facts: ['u'] } };
  const bound = { ...terms, grants: 500 };
  const of = (target: Act, rule = 'r'): ApprovalEvent => ({ ...use, digest: bindingOf(target, rule, bound) });
  const grant = granted(500);
  const twice = after(grant, [of(shaped), 20], [of(other), 30]);
  assert.equal(twice.status, 'approved');
  assert.equal(twice.uses, 2);
  assert.equal(codeOf(grant, of(elsewhere), 20), 'approval_required');
  assert.equal(codeOf(grant, of(shaped, 'another rule'), 20), 'approval_required');
  assert.equal(codeOf(grant, of({ ...shaped, policy: 'p2' }), 20), 'approval_required');
  assert.equal(codeOf(grant, use, 20), 'approval_required', 'nor does it stand for the act alone');
  assert.ok(step(grant, of(shaped), 509).ok, 'counted from the approval');
  assert.equal(codeOf(twice, of(shaped), 510), 'approval_expired', 'use does not prolong it');
  const revoked = after(twice, [verdict(person('max'), 'deny', 'enough'), 40]);
  assert.equal(codeOf(revoked, of(shaped), 41), 'approval_denied');
});

test('what has no shape is granted once', () => {
  assert.equal(after(granted(500, act), [use, 20]).status, 'used');
});

test('nobody answers: others may decide too, what was said counts', () => {
  const asking = { kind: 'request', id: 'a_1', act, rule: 'r', phi: [], session: 's_1', request: 'r_1' } as const;
  const escalating = { ...terms, quorum: 2, escalate: { afterMs: 300, reviewers: ['board'] } };
  const outcome = step(undefined, { ...asking, terms: escalating }, 0);
  assert.ok(outcome.ok);
  const one = after(outcome.value.state, [verdict(person('pia')), 10]);
  const board = verdict(person('bea', ['board']));
  assert.deepEqual(after(one, [{ kind: 'tick' }, 299]), one);
  assert.equal(codeOf(one, board, 299), 'not_a_reviewer');
  const ticked = step(one, { kind: 'tick' }, 300);
  assert.ok(ticked.ok);
  assert.deepEqual(ticked.value.effects[0]?.record.data, { reviewers: ['board'] });
  const { state } = ticked.value;
  assert.deepEqual(after(state, [{ kind: 'tick' }, 301]), state, 'once');
  assert.equal(after(state, [board, 302]).status, 'approved');
  assert.equal(codeOf(state, verdict(person('ana', ['board'])), 302), 'own_request');
});

test('the requester says why, and nobody else', () => {
  const said = after(requested(), [{ kind: 'explain', by: act.subject, reason: ' ticket 4711 ' }, 5]);
  assert.deepEqual(said.act.known, { reason: 'ticket 4711' });
  assert.equal(said.digest, requested().digest);
  assert.equal(codeOf(requested(), { kind: 'explain', by: person('pia'), reason: 'x' }, 5), 'approval_not_found');
  assert.equal(codeOf(requested(), { kind: 'explain', by: act.subject, reason: ' ' }, 5), 'reason_required');
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
        by: fc.constantFrom(
          ...reviewers,
          ...people,
          person('ana', ['privacy']),
          person('pia', ['privacy'], 'claude'),
          person('max', ['privacy'], 'cursor'),
          { ...person('bot'), kind: 'workload' as const },
          { ...person('u-1'), aliases: ['ana@x'] },
          { ...person('u-2'), aliases: ['PIA'] },
          person('bea', ['board']),
        ),
        effect: fc.constantFrom<'approve' | 'deny'>(
          ...Array.from({ length: 7 }, () => 'approve' as const),
          'deny' as const,
        ),
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
    fc.record({ kind: fc.constant('explain' as const), by: fc.constantFrom(...people), reason: fc.constant('why') }),
    fc.constant({ kind: 'tick' as const }),
  );
  const moves = fc.array(fc.tuple(anyEvent, fc.constantFrom(0, 1, 1, 1, 50, 400)), { maxLength: 25 });
  let runsSeen = 0;
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 }), fc.boolean(), moves, (quorum, isGrant, sequence) => {
      const asked: Act = { ...act, subject: { ...act.subject, aliases: ['ana@x'] }, shape: { fingerprint: 'f00' } };
      const bound = { ...terms, quorum, grants: isGrant ? 300 : ('once' as const) };
      const escalate = { afterMs: 400, reviewers: ['board'] };
      const asking = {
        kind: 'request',
        id: 'a_1',
        act: asked,
        rule: 'r',
        phi: [],
        session: 's',
        request: 'r',
      } as const;
      const opened = step(undefined, { ...asking, terms: { ...bound, escalate } }, 0);
      assert.ok(opened.ok);
      let { state } = opened.value;
      const digests: ReadonlyMap<string, string> = new Map([[digestOf(act), bindingOf(asked, 'r', bound)]]);
      let approvedAt = Infinity;
      let escalated = false;
      let now = 0;
      let runs = 0;
      // The model keeps its own account of who said yes, straight from what was accepted.
      const yes = new Set<string>();
      let refused = false;
      for (const [drawn, passed] of sequence) {
        now += passed;
        const event = drawn.kind === 'use' ? { ...drawn, digest: digests.get(drawn.digest) ?? drawn.digest } : drawn;
        const outcome = step(state, event, now);
        if (!outcome.ok) continue;
        if (event.kind === 'tick' && now >= 400) escalated = true;
        if (event.kind === 'verdict' && event.effect === 'approve') {
          assert.equal(event.by.kind, 'person');
          assert.equal(event.by.agent, undefined, 'nobody decides through an agent');
          assert.ok(event.by.id !== 'bea' || escalated, 'only who was asked');
          yes.add(event.by.aliases?.[0] === 'PIA' ? 'pia' : event.by.id);
          if (yes.size >= quorum) approvedAt = Math.min(approvedAt, now);
        }
        if ((event.kind === 'verdict' && event.effect === 'deny') || event.kind === 'withdraw') refused = true;
        if (event.kind === 'use') {
          runs++;
          assert.ok(isGrant ? now < approvedAt + 300 : now < 1000, 'it was live');
          assert.ok(!refused, 'nobody had said no');
          assert.ok(yes.size >= quorum, 'the quorum is of distinct people');
          assert.ok(
            !['ana', 'claude', 'bob', 'bot', 'u-1'].some((id) => yes.has(id)),
            'only reviewers, never the requester',
          );
          assert.equal(event.digest, bindingOf(asked, 'r', bound), 'it is the very act, or its shape');
          assert.equal(event.subject, act.subject, 'it is the very subject');
        }
        state = outcome.value.state;
      }
      assert.ok(isGrant || runs <= 1, 'it ran once');
      runsSeen += runs;
    }),
    { numRuns: 4000 },
  );
  assert.ok(runsSeen > 100, 'the model reached a run');
});
