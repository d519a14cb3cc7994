// The desks of approvals and of break-glass: what is in the store and in the log when, who is told, and what a claim is worth.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { Act, Approval } from '../../src/approvals/approval.ts';
import type { Emergency } from '../../src/approvals/break-glass.ts';
import type { HoldTerms } from '../../src/core/decision.ts';
import type { Subject } from '../../src/core/facts.ts';
import { type ApprovalDesk, type Claim, createApprovalDesk } from '../../src/gateway/approval-desk.ts';
import { type BreakGlassDesk, createBreakGlassDesk } from '../../src/gateway/break-glass-desk.ts';
import type { ApprovalStore } from '../../src/ports/approvals.ts';
import { LogUnavailable } from '../../src/ports/log.ts';
import { MemoryLog, subject } from '../admin/gate-fixture.ts';
import { policyOf } from '../policy/parts.ts';
import { glass } from './glass.ts';

const ana = subject('ana', ['care']);
const pia = subject('pia', ['privacy']);
const max = subject('max', ['privacy']);
const never = new AbortController().signal;

function countingIds(): (prefix: string) => string {
  let made = 0;
  return (prefix) => `${prefix}_${++made}`;
}

describe('approvals', () => {
  const terms: HoldTerms = { reviewers: ['privacy'], quorum: 1, waitMs: 0, expiresMs: 1000, grants: 'once' };
  const act: Act = { subject: ana, connection: 'ehr', content: { sql: 'DELETE FROM t' }, policy: 'p1' };
  const claim: Claim = { act, rule: 'r', terms, phi: [], session: 's_1', request: 'r_1' };

  class At {
    now = 0;
    readonly log = new MemoryLog();
    readonly moves: string[] = [];
    readonly kept = new Map<string, Approval>();
    readonly timers = new Set<{ readonly atMs: number; readonly callback: () => void }>();
    readonly desk: ApprovalDesk;

    constructor() {
      const newest = (): Approval[] => [...this.kept.values()].toReversed();
      const store: ApprovalStore = {
        update: (id, change) => {
          const { next, result } = change(this.kept.get(id));
          if (next) this.kept.set(id, next);
          return result;
        },
        get: (id) => this.kept.get(id),
        findByDigest: (digest) => newest().find((each) => each.digest === digest),
        list: newest,
      };
      const clock = {
        now: () => this.now,
        after: (ms: number, callback: () => void) => {
          const timer = { atMs: this.now + ms, callback };
          this.timers.add(timer);
          return () => void this.timers.delete(timer);
        },
      };
      this.desk = createApprovalDesk({
        clock,
        random: { bytes: (length) => new Uint8Array(length), id: countingIds() },
        log: this.log,
        store,
        onMove: ({ id, status }, move) => {
          assert.equal(this.kept.get(id)?.status, status, 'it is in the store before anybody is told');
          this.moves.push(`${id} ${move}`);
        },
      });
    }

    async claim(more: Partial<Claim> = {}): Promise<string> {
      const outcome = await this.desk.claim({ ...claim, ...more }, never);
      return outcome ? `${outcome.kind} ${outcome.approval}` : 'hung up';
    }

    async codeOf(done: Promise<{ readonly ok: boolean; readonly error?: { readonly code: string } }>): Promise<string> {
      const outcome = await done;
      return outcome.ok ? 'taken' : (outcome.error?.code ?? '');
    }
  }

  test('a claim joins what is open, spends what is approved, and begins again after that', async () => {
    const at = new At();
    assert.deepEqual([await at.claim(), await at.claim()], ['pending a_1', 'pending a_1']);
    await at.desk.verdict('a_1', pia, 'approve', 'seen');
    assert.deepEqual([await at.claim(), await at.claim()], ['granted a_1', 'pending a_2']);
    assert.deepEqual(at.log.types(), ['approval.requested', 'approval.decided', 'approval.used', 'approval.requested']);
    assert.deepEqual(
      at.log.stored.map((each) => each.payload !== undefined),
      [true, true, false, true],
      'words are encrypted where there are any',
    );
    assert.deepEqual(at.moves, ['a_1 requested', 'a_1 decided', 'a_2 requested']);
  });

  test('a no stands as long as a yes would have, and no longer', async () => {
    const at = new At();
    await at.claim();
    await at.desk.verdict('a_1', pia, 'deny', 'no');
    at.now = 999;
    assert.equal(await at.claim(), 'denied a_1');
    at.now = 1000;
    assert.equal(await at.claim(), 'pending a_2');
  });

  test('what has run out of time is worth nothing, whether or not anybody wrote that down', async () => {
    const at = new At();
    await at.claim();
    await at.desk.verdict('a_1', pia, 'approve', 'seen');
    at.now = 1000;
    assert.equal(await at.claim(), 'pending a_2');
    at.now = 2000;
    assert.equal(await at.claim(), 'pending a_3');
  });

  test('it is of one act and one subject', async () => {
    const at = new At();
    await at.claim();
    await at.desk.verdict('a_1', pia, 'approve', 'seen');
    assert.equal(await at.claim({ act: { ...act, content: { sql: 'DELETE FROM u' } } }), 'pending a_2');
    assert.equal(await at.claim({ act: { ...act, subject: { ...ana, agent: 'claude' } } }), 'pending a_3');
    assert.equal(await at.claim(), 'granted a_1');
  });

  test('whoever has hung up changes nothing', async () => {
    const at = new At();
    const gone = new AbortController();
    gone.abort();
    assert.equal(await at.desk.claim(claim, gone.signal), null);
    assert.deepEqual([at.kept.size, at.log.size], [0, 0]);
  });

  test('a verdict that is not on record is none; a use that is not on record is spent', async () => {
    const at = new At();
    await at.claim();
    at.log.open = false;
    await assert.rejects(at.desk.verdict('a_1', pia, 'approve', 'seen'), LogUnavailable);
    assert.equal(at.kept.get('a_1')?.status, 'requested');
    at.log.open = true;
    await at.desk.verdict('a_1', pia, 'approve', 'seen');
    at.log.open = false;
    await assert.rejects(at.claim(), LogUnavailable);
    assert.equal(at.kept.get('a_1')?.status, 'used');
    at.log.open = true;
    assert.equal(await at.claim(), 'pending a_2');
  });

  test('a verdict that was nobody’s to give is on record; a slip of the pen is not', async () => {
    const at = new At();
    await at.claim();
    assert.equal(
      await at.codeOf(at.desk.verdict('a_1', { ...ana, groups: ['privacy'] }, 'approve', 'x')),
      'own_request',
    );
    assert.equal(await at.codeOf(at.desk.verdict('a_1', subject('bob', []), 'deny', 'x')), 'not_a_reviewer');
    assert.equal(await at.codeOf(at.desk.verdict('a_1', pia, 'approve', ' ')), 'reason_required');
    assert.equal(await at.codeOf(at.desk.verdict('a_9', pia, 'approve', 'x')), 'approval_not_found');
    assert.deepEqual(
      at.log.stored.slice(1).map(({ type, approval, subject: who, data }) => [type, approval, who?.id, data]),
      [
        ['approval.refused', 'a_1', 'ana', { effect: 'approve', code: 'own_request' }],
        ['approval.refused', 'a_1', 'bob', { effect: 'deny', code: 'not_a_reviewer' }],
      ],
    );
  });

  test('another name of the requester is theirs at the desk too', async () => {
    const at = new At();
    await at.claim();
    const second: Subject = { ...subject('u-7', ['privacy']), aliases: ['Ana'] };
    assert.equal(await at.codeOf(at.desk.verdict('a_1', second, 'approve', 'x')), 'own_request');
  });

  test('who is sent away takes a yes along that nobody has used: it is asked for again, and told again', async () => {
    const at = new At();
    await at.claim();
    await at.claim({ act: { ...act, content: { sql: 'other' } } });
    for (const id of ['a_1', 'a_2']) await at.desk.verdict(id, pia, 'approve', 'seen');
    assert.equal(await at.claim(), 'granted a_1');
    at.moves.length = 0;
    await at.desk.recall('max', null);
    await at.desk.recall('pia', 'https://other');
    assert.deepEqual(at.moves, []);
    await at.desk.recall('pia', null);
    assert.deepEqual(at.moves, ['a_2 requested']);
    assert.deepEqual([at.kept.get('a_1')?.status, at.kept.get('a_2')?.status], ['used', 'requested']);
  });

  test('the requester takes it back or says why, and nobody else', async () => {
    const at = new At();
    await at.claim();
    assert.equal(await at.codeOf(at.desk.explain('a_1', pia, 'x')), 'approval_not_found');
    assert.equal(await at.codeOf(at.desk.explain('a_1', ana, 'ticket')), 'taken');
    assert.equal(await at.codeOf(at.desk.withdraw('a_1', pia)), 'approval_not_found');
    assert.equal(await at.codeOf(at.desk.withdraw('a_1', ana)), 'taken');
    assert.equal(await at.claim(), 'pending a_2');
    assert.deepEqual(at.moves, ['a_1 requested', 'a_1 decided', 'a_2 requested']);
  });

  test('time writes down what is over and escalates what nobody has decided, once', async () => {
    const at = new At();
    const escalating = { ...terms, escalate: { afterMs: 300, reviewers: ['board'] } };
    await at.claim({ terms: escalating });
    await at.claim({ terms: escalating, act: { ...act, content: { sql: 'other' } } });
    await at.desk.verdict('a_2', pia, 'approve', 'seen');
    at.moves.length = 0;
    const ticks: number[] = [];
    for (const now of [299, 300, 301, 999, 1000, 5000]) {
      at.now = now;
      ticks.push(await at.desk.tick());
    }
    assert.deepEqual(ticks, [0, 1, 0, 0, 2, 0]);
    assert.deepEqual(at.moves, ['a_1 escalated', 'a_2 expired', 'a_1 expired']);
    assert.deepEqual(at.kept.get('a_1')?.reviewers, ['privacy', 'board']);
    assert.deepEqual(at.kept.get('a_2')?.reviewers, ['privacy']);
  });

  test('what changes nothing ends nobody’s waiting', async () => {
    const at = new At();
    await at.claim({ terms: { ...terms, quorum: 2 } });
    await at.desk.verdict('a_1', pia, 'approve', 'seen');
    const ended: string[] = [];
    const waiting = at.desk.settled('a_1', 50, never).then(() => ended.push('over'));
    await at.desk.recall('max', null);
    await setImmediate();
    assert.deepEqual([ended, at.log.size], [[], 2]);
    await at.desk.verdict('a_1', max, 'approve', 'seen');
    await waiting;
  });

  test('waiting ends with the verdict, the time or the wish of whoever waits, and holds on to nothing', async () => {
    const at = new At();
    await at.claim();
    const gone = AbortSignal.abort();
    await Promise.all([
      at.desk.settled('a_1', 0, never),
      at.desk.settled('a_1', -1, never),
      at.desk.settled('a_1', 50, gone),
      at.desk.settled('a_9', 50, never),
    ]);
    assert.equal(at.timers.size, 0, 'nobody began to');

    const hanging = new AbortController();
    const ended: string[] = [];
    const all = [
      at.desk.settled('a_1', 50, never).then(() => ended.push('by time')),
      at.desk.settled('a_1', 90, hanging.signal).then(() => ended.push('by wish')),
      at.desk.settled('a_1', 90, never).then(() => ended.push('by verdict')),
    ] as const;
    assert.equal(at.timers.size, 3);
    for (const each of at.timers) if (each.atMs === 50) each.callback();
    await all[0];
    hanging.abort();
    await all[1];
    await at.desk.verdict('a_1', pia, 'approve', 'seen');
    await Promise.all(all);
    assert.deepEqual([ended, at.timers.size], [['by time', 'by wish', 'by verdict'], 0]);
    await at.desk.settled('a_1', 50, never);
    assert.equal(at.timers.size, 0, 'it is decided');
  });
});

describe('break-glass', () => {
  class At {
    now = 0;
    readonly log = new MemoryLog();
    readonly moves: string[] = [];
    readonly kept = new Map<string, Emergency>();
    desk: BreakGlassDesk = this.restarted();

    restarted(): BreakGlassDesk {
      return createBreakGlassDesk({
        clock: { now: () => this.now },
        random: { id: (prefix) => `${prefix}_${this.kept.size + 1}` },
        log: this.log,
        store: {
          list: () => [...this.kept.values()].toReversed(),
          save: (each) => void this.kept.set(each.id, each),
        },
        policy: () => ({ ...policyOf([]), breakGlass: glass }),
        isConnection: (name) => name !== 'nowhere',
        onMove: ({ id }, move) => this.moves.push(`${id} ${move}`),
      });
    }

    async open(by: Subject = ana, connection = 'ehr', reason = 'ward 3'): Promise<string> {
      const outcome = await this.desk.open(by, connection, reason, 300_000);
      return outcome.ok ? outcome.value.id : outcome.error.code;
    }
  }

  test('is in force from when it is on record, for whoever opened it, where and until when they said', async () => {
    const at = new At();
    assert.equal(at.desk.live(ana, 'ehr'), undefined);
    assert.equal(await at.open(), 'b_1');
    assert.equal(at.desk.live(ana, 'ehr'), 'b_1');
    assert.equal(at.desk.live(ana, 'other'), undefined);
    assert.equal(at.desk.live({ ...ana, issuer: 'https://other' }, 'ehr'), undefined);
    assert.equal(at.desk.live(pia, 'ehr'), undefined);
    at.now = 299_999;
    assert.deepEqual([at.desk.live(ana, 'ehr'), at.restarted().live(ana, 'ehr')], ['b_1', 'b_1']);
    at.now = 300_000;
    assert.deepEqual([at.desk.live(ana, 'ehr'), at.restarted().live(ana, 'ehr')], [undefined, undefined]);
    assert.deepEqual([at.log.types(), at.moves], [['break_glass.opened'], ['b_1 opened']]);
  });

  test('is open once at a time, and again when it is over', async () => {
    const at = new At();
    assert.deepEqual(await Promise.all([at.open(), at.open()]), ['b_1', 'approval_settled'], 'two at once');
    assert.deepEqual([await at.open(), at.log.types()], ['approval_settled', ['break_glass.opened']]);
    assert.ok((await at.desk.close('b_1', ana)).ok);
    assert.equal(await at.open(), 'b_2');
    at.now = 300_000;
    assert.equal(await at.open(), 'b_3', 'nobody has written down that the other is over');
    await at.desk.tick();
    assert.equal(at.desk.live(ana, 'ehr'), 'b_3', 'and that it is does not end this one');
    for (const desk of [at.desk, at.restarted()])
      assert.deepEqual(
        desk.list().map(({ id }) => id),
        ['b_3', 'b_2', 'b_1'],
      );
  });

  test('opens only on record, and is closed whatever becomes of the record', async () => {
    const at = new At();
    at.log.open = false;
    await assert.rejects(at.open(), LogUnavailable);
    assert.deepEqual([at.desk.live(ana, 'ehr'), at.kept.size], [undefined, 0]);
    at.log.open = true;
    const id = await at.open();
    at.log.open = false;
    await assert.rejects(at.desk.close(id, ana), LogUnavailable);
    assert.equal(at.desk.live(ana, 'ehr'), undefined);
  });

  test('that nobody may break is on record, with the connection if the policy names it', async () => {
    const at = new At();
    assert.equal(await at.open(pia), 'denied');
    assert.equal(await at.open(ana, 'other'), 'denied');
    assert.equal(await at.open(ana, 'nowhere'), 'unknown_connection');
    assert.equal(await at.open(ana, 'ehr', ' '), 'reason_required');
    assert.deepEqual(
      at.log.stored.map(({ type, connection, subject: who, data }) => [type, connection, who?.id, data]),
      [
        ['break_glass.refused', 'ehr', 'pia', { code: 'denied' }],
        ['break_glass.refused', undefined, 'ana', { code: 'denied' }],
        ['break_glass.refused', undefined, 'ana', { code: 'unknown_connection' }],
      ],
    );
    assert.equal(at.kept.size, 0);
  });

  test('is written down as over, and as overdue, once; and reviewed by somebody else', async () => {
    const at = new At();
    await at.open();
    const moves: string[] = [];
    for (const now of [299_999, 300_000, 300_001, 1_299_999, 1_300_000, 1_300_001]) {
      at.now = now;
      await at.desk.tick();
      moves.push(at.moves.splice(0).join());
    }
    assert.deepEqual(moves, ['b_1 opened', 'b_1 ended', '', '', 'b_1 overdue', '']);
    const own = await at.desk.review('b_1', { ...ana, groups: ['privacy'] }, 'justified', 'x');
    assert.ok(!own.ok && own.error.code === 'own_request');
    const last = at.log.stored.at(-1);
    assert.deepEqual([last?.type, last?.data], ['break_glass.refused', { break_glass: 'b_1', code: 'own_request' }]);
    assert.ok((await at.desk.review('b_1', max, 'justified', 'read it all')).ok);
    at.now = 9_000_000;
    await at.desk.tick();
    assert.deepEqual(at.moves, ['b_1 reviewed']);
  });
});
