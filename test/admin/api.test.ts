// The admin API over real HTTP: who sees what, who decides, what is recorded before it is answered.

import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { z } from 'zod';
import {
  approvalView,
  checkpointView,
  credentialView,
  errorView,
  timelineView,
  whoamiView,
} from '../../src/admin/contract.ts';
import { evidenceView, logReviewView } from '../../src/admin/contract-log.ts';
import { type GateFixture, recordSessions, startGate } from './gate-fixture.ts';

let gate: GateFixture;

before(async () => {
  gate = await startGate();
  await recordSessions(gate.log);
});
after(() => gate.close());

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Headers;
}

async function get(path: string, who: string | null): Promise<Answer> {
  return call(path, who, {});
}

async function call(path: string, who: string | null, init: RequestInit): Promise<Answer> {
  const headers = { ...(who === null ? {} : { authorization: `Bearer ${who}` }), 'content-type': 'application/json' };
  const response = await fetch(`${gate.url}/api/v1${path}`, { ...init, headers });
  return { status: response.status, body: await response.json(), headers: response.headers };
}

function verdict(id: string, who: string | null, body: unknown): Promise<Answer> {
  return call(`/approvals/${id}/verdict`, who, { method: 'POST', body: JSON.stringify(body) });
}

function codeOf(answer: Answer): string {
  return errorView.parse(answer.body).error.code;
}

function idsOf(answer: Answer): string[] {
  assert.ok(Array.isArray(answer.body));
  return answer.body.map((each: { readonly id: string }) => each.id);
}

test('nobody without a good token; a refused one is recorded; nothing is cached', async () => {
  const none = await get('/approvals', null);
  assert.equal(none.status, 401);
  assert.equal(codeOf(none), 'token_missing');
  const wrong = await get('/approvals', 'mallory');
  assert.equal(codeOf(wrong), 'token_invalid');
  assert.match(wrong.headers.get('www-authenticate') ?? '', /invalid_token/);
  assert.equal(wrong.headers.get('cache-control'), 'no-store');
  assert.equal(wrong.headers.get('access-control-allow-origin'), null);
  assert.equal(gate.log.stored.at(-1)?.type, 'auth.refused');
  assert.equal(codeOf(await get('/nothing', 'ana')), 'not_found');
});

test('approvals: requester, reviewer and auditor see it, others do not; content is for who judges', async () => {
  const id = await gate.hold('DELETE FROM t');
  assert.deepEqual(idsOf(await get('/approvals', 'pia')), [id]);
  assert.deepEqual(idsOf(await get('/approvals', 'ana')), [id]);
  assert.deepEqual(idsOf(await get('/approvals', 'augusto')), [id]);
  assert.deepEqual(idsOf(await get('/approvals', 'bob')), []);
  assert.deepEqual(idsOf(await get('/approvals?status=used', 'pia')), []);
  assert.equal(codeOf(await get('/approvals?status=waiting', 'pia')), 'invalid_params');
  assert.equal(codeOf(await get(`/approvals/${id}`, 'bob')), 'approval_not_found');

  const reviewer = approvalView.parse((await get(`/approvals/${id}`, 'pia')).body);
  assert.deepEqual(reviewer.content, { sql: 'DELETE FROM t' });
  assert.equal(reviewer.yours, true);
  assert.equal(gate.log.stored.at(-1)?.type, 'audit.read');
  const auditor = approvalView.parse((await get(`/approvals/${id}`, 'augusto')).body);
  assert.equal(auditor.content, undefined);
  assert.equal(auditor.yours, false);
});

test('verdicts: never the own request, never without a reason, once, and in the log before the answer', async () => {
  const id = await gate.hold('DELETE FROM u');
  const yes = { effect: 'approve', reason: 'seen' };
  assert.equal(codeOf(await verdict(id, 'ana', yes)), 'own_request');
  assert.equal(codeOf(await verdict(id, 'bob', yes)), 'approval_not_found');
  assert.equal(codeOf(await verdict(id, 'augusto', yes)), 'not_a_reviewer');
  assert.equal(codeOf(await verdict(id, 'pia', { effect: 'approve', reason: ' ' })), 'reason_required');
  assert.equal(codeOf(await verdict(id, 'pia', { effect: 'maybe', reason: 'x' })), 'invalid_request');
  assert.equal(codeOf(await verdict(id, 'pia', { ...yes, extra: 1 })), 'invalid_request');
  assert.equal(codeOf(await verdict(id, 'pia', { ...yes, reason: 'x'.repeat(70_000) })), 'too_large');
  const done = await verdict(id, 'pia', yes);
  assert.equal(done.status, 200);
  assert.equal(gate.log.stored.at(-1)?.type, 'approval.decided');
  const again = await verdict(id, 'pia', yes);
  assert.equal(again.status, 409);
  assert.equal(codeOf(again), 'approval_settled');
});

test('sessions: own ones for everybody, all for auditors and reviewers; reading is recorded', async () => {
  assert.deepEqual(idsOf(await get('/sessions', 'ana')), ['s_child', 's_tool']);
  assert.equal(codeOf(await get('/sessions?subject=bob', 'ana')), 'not_an_auditor');
  assert.deepEqual(idsOf(await get('/sessions', 'augusto')), ['s_bob', 's_child', 's_tool']);
  assert.equal(gate.log.stored.at(-1)?.type, 'audit.read');
  assert.deepEqual(idsOf(await get('/sessions?subject=bob', 'pia')), ['s_bob']);
  assert.deepEqual(idsOf(await get('/sessions?decision=hold', 'pia')), ['s_child']);
  assert.deepEqual(idsOf(await get('/sessions?connection=ehr&limit=1', 'pia')), ['s_bob']);
  assert.deepEqual(idsOf(await get('/sessions?since=2030-01-01T00:00:00Z', 'pia')), []);
  assert.equal(codeOf(await get('/sessions?limit=0', 'pia')), 'invalid_request');
  assert.equal(codeOf(await get('/sessions?color=red', 'pia')), 'invalid_request');
  assert.equal(codeOf(await get('/sessions/s_bob', 'ana')), 'not_an_auditor');
  assert.equal(codeOf(await get('/sessions/s_none', 'ana')), 'not_an_auditor');
  assert.equal(codeOf(await get('/sessions/s_none', 'pia')), 'not_found');
});

test('replay: the tree with its payloads; others need a reason, which is recorded', async () => {
  assert.equal(codeOf(await get('/sessions/s_tool/replay', 'augusto')), 'reason_required');
  const before = gate.log.size;
  const answer = await get('/sessions/s_tool/replay?reason=review', 'augusto');
  const recorded = gate.log.stored[before];
  assert.equal(recorded?.type, 'audit.read');
  assert.equal(recorded?.session, 's_tool');
  const timeline = timelineView.parse(answer.body);
  const [child] = timeline.children;
  assert.equal(child?.session.parent?.request, 'r_tool');
  const response = child?.events.find((event) => event.type === 'response');
  assert.deepEqual(response?.answer, {
    columns: ['name'],
    rows: [['[NAME]\u001b'], [null]],
    notes: ['SELECT 2'],
  });
  const own = timelineView.parse((await get('/sessions/s_tool', 'ana')).body);
  assert.ok(
    own.events.every((event) => event.content === undefined),
    'without replay no payload is read',
  );
});

test('evidence: that it is made is recorded for an auditor, and nobody else makes it', async () => {
  const asking = (body: string) => ({ method: 'POST', body });
  const period = '{"from":"2026-10-01T00:00:00Z","to":"2026-11-01T00:00:00Z","seed":"7"}';
  const before = gate.log.size;
  assert.equal(codeOf(await call('/log/evidence', 'ana', asking(period))), 'not_an_auditor');
  assert.equal(codeOf(await call('/log/evidence', 'augusto', asking('{"from":"October"}'))), 'invalid_request');
  assert.equal(gate.log.size, before);
  const made = evidenceView.parse((await call('/log/evidence', 'augusto', asking(period))).body);
  const recorded = gate.log.stored[made.seq];
  assert.equal(recorded?.type, 'evidence.exported');
  assert.equal(recorded?.subject?.id, 'augusto');
  assert.deepEqual(recorded?.data, JSON.parse(period));
});

test('a review is signed off by a person among the auditors, under their own name, with a note that stays encrypted', async () => {
  const asking = (body: object) => ({ method: 'POST', body: JSON.stringify(body) });
  const review = {
    from: '2026-10-01T00:00:00Z',
    to: '2026-11-01T00:00:00Z',
    outcome: 'concern',
    note: 'asked pia why',
  };
  const before = gate.log.size;
  assert.equal(codeOf(await call('/log/reviews', 'ana', asking(review))), 'not_an_auditor');
  assert.equal(codeOf(await call('/log/reviews', 'augusto', asking({ ...review, note: ' ' }))), 'reason_required');
  const turned = { ...review, from: review.to, to: review.from };
  assert.equal(codeOf(await call('/log/reviews', 'augusto', asking(turned))), 'invalid_request');
  for (const wrong of [{ outcome: 'fine' }, { manifest: 'x' }, { from: 'October' }])
    assert.equal(codeOf(await call('/log/reviews', 'augusto', asking({ ...review, ...wrong }))), 'invalid_request');
  assert.equal(gate.log.size, before);
  const signed = logReviewView.parse((await call('/log/reviews', 'augusto', asking(review))).body);
  const recorded = gate.log.stored[signed.seq];
  assert.equal(recorded?.type, 'audit.reviewed');
  assert.equal(recorded?.subject?.id, 'augusto');
  assert.deepEqual(recorded?.data, { from: review.from, to: review.to, outcome: 'concern' });
});

test('whoami, checkpoint, credentials, OpenAPI', async () => {
  const me = whoamiView.parse((await get('/whoami', 'pia')).body);
  assert.equal(me.reviewer, true);
  assert.equal(me.auditor, false);
  const checkpoint = checkpointView.parse((await get('/checkpoint', 'ana')).body);
  assert.equal(checkpoint.origin, 'gate/test');
  const issued = await call('/connections/ehr/credentials', 'ana', { method: 'POST', body: '{"ttl":60}' });
  assert.equal(issued.status, 201);
  assert.equal(credentialView.parse(issued.body).expires, 'ana 60000');
  const unknown = await call('/connections/none/credentials', 'ana', { method: 'POST' });
  assert.equal(codeOf(unknown), 'unknown_connection');
  const document = JSON.stringify((await get('/openapi.json', null)).body);
  for (const part of ['"/approvals/{id}/verdict"', '"Timeline"', '"3.1.1"']) assert.ok(document.includes(part), part);
});

test('the local operator reads through the socket, which only its owner may open, and never decides', async () => {
  const path = join(gate.state, 'admin.sock');
  assert.equal(statSync(path).mode & 0o777, 0o600);
  const id = await gate.hold('DELETE FROM v');
  const local = (method: string, address: string, body = ''): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json', connection: 'close' };
      const outgoing = request({ socketPath: path, path: `/api/v1${address}`, method, headers }, (incoming) => {
        let text = '';
        incoming.on('data', (chunk) => {
          text += String(chunk);
        });
        incoming.on('end', () => resolve(JSON.parse(text)));
      });
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  const list = z.array(approvalView).parse(await local('GET', '/approvals'));
  assert.ok(list.some((each) => each.id === id));
  const shown = approvalView.parse(await local('GET', `/approvals/${id}`));
  assert.equal(shown.content, undefined);
  const refused = await local('POST', `/approvals/${id}/verdict`, '{"effect":"approve","reason":"me"}');
  assert.equal(errorView.parse(refused).error.code, 'not_a_reviewer');
  assert.match(errorView.parse(refused).error.next ?? '', /token of a reviewer/);
  for (const [what, body] of [
    ['withdraw', '{}'],
    ['reason', '{"reason":"me"}'],
  ]) {
    const own = await local('POST', `/approvals/${id}/${what}`, body);
    assert.match(errorView.parse(own).error.next ?? '', /token of who asked/, what);
  }
  assert.equal(gate.store.approvals.get(id)?.status, 'requested');
});

test('when the log is closed, so is everything that has to be recorded', async () => {
  gate.log.open = false;
  const answer = await get('/sessions/s_tool/replay?reason=review', 'augusto');
  gate.log.open = true;
  assert.equal(answer.status, 503);
  assert.equal(codeOf(answer), 'log_unavailable');
});
