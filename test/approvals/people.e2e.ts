// People and held acts, through a real database and gate: what a reviewer sees, what a grant covers, what two connections
// at once can spend, and what a restart forgets (nothing).

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import type { Client, DatabaseError } from 'pg';
import type { ApprovalView } from '../../src/admin/contract.ts';
import { type HttpReceiver, httpReceiver } from '../notify/receiver.ts';
import { type Clinic, type Gate, startClinic } from '../parts/clinic.ts';
import { eventually } from '../parts/eventually.ts';

let clinic: Clinic;
let gate: Gate;
let receiver: HttpReceiver;
before(async () => {
  clinic = await startClinic();
  receiver = await httpReceiver();
  await writeFile(join(clinic.directory, 'hook'), 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', { mode: 0o600 });
  await clinic.writeConfig((config) =>
    config
      .replace('wait: 1s', 'wait: 0s')
      .concat(
        `approvals:\n  notify:\n    - { type: webhook, url: '${receiver.url}/hook', secret: '\${file:./hook}' }\n    - { type: slack, bot: '\${file:./hook}', channel: C1, api: '${receiver.url}/api', signing_secret: '\${file:./hook}', users: { U1: { id: pia, issuer: 'https://ci.example', groups: [privacy-officers] } } }\n`,
      )
      .replace(
        '  rules:',
        `  break_glass:
    subjects: { groups: [care-team] }
    connections: [ehr]
    max: 1h
    allow: { unmask: all, filter: all }
    reviewers: [privacy]
  rules:`,
      )
      .replace(
        '    - name: no-drops',
        `    - name: bounded-write\n      subjects: { groups: [analysts] }\n      when: sql.writes && sql.bounded\n      hold: { reviewers: [privacy], wait: 0s, grants: 10m }\n    - name: no-drops`,
      ),
  );
  gate = await clinic.startGate();
});
after(async () => {
  await clinic.stop();
  await receiver.close();
});

async function heldBy(client: Client, sql: string, values?: readonly unknown[]): Promise<string> {
  const error = await client.query(sql, values && [...values]).then(
    () => assert.fail('it ran'),
    (thrown: DatabaseError) => thrown,
  );
  return /a_[0-9A-Z]{26}/.exec(error.message)?.[0] ?? assert.fail(error.message);
}

function approvals(person: string, ...args: readonly string[]): ReturnType<Clinic['chartgate']> {
  return clinic.chartgate(['approvals', ...args, '-c', clinic.config], person);
}

async function shown(id: string): Promise<ApprovalView & { content: Record<string, unknown> }> {
  return JSON.parse((await approvals('pia', 'show', id, '--json')).stdout);
}

it('a reviewer sees the statement, why it is asked, how many rows, and what was asked before; a reason is required', async () => {
  const ana = await clinic.connect('ana');
  const id = await heldBy(ana, '/* reason: closing ward 9 */ DELETE FROM wards');
  const seen = await shown(id);
  assert.deepEqual(seen.content['reason'], 'closing ward 9');
  assert.ok(Number(seen.content['estimated_rows']) > 0);
  assert.match(String(seen.content['sql']), /DELETE FROM wards/);
  assert.equal((await approvals('pia', 'approve', id)).code, 64, 'without a reason');
  assert.match((await approvals('pia', 'approve', id, '--reason', ' ')).stderr, /reason/i);
  assert.equal((await approvals('pia', 'explain', id, '--reason', 'not mine')).code, 66);
  assert.equal((await approvals('ana', 'explain', id, '--reason', 'ward 9 is closed, ticket 4711')).code, 0);
  assert.equal((await shown(id)).content['reason'], 'ward 9 is closed, ticket 4711');
  assert.equal((await approvals('ana', 'withdraw', id)).code, 0);
  const next = await heldBy(ana, 'DELETE FROM wards');
  assert.deepEqual(
    (await shown(next)).history?.map((each) => [each.id, each.status]),
    [[id, 'withdrawn']],
  );
  await ana.end();
});

it('a grant lets statements of the same shape pass, and no other', async () => {
  const ana = await clinic.connect('ana');
  const id = await heldBy(ana, 'UPDATE wards SET beds = 1 WHERE id = $1', [1]);
  assert.equal((await approvals('pia', 'approve', id, '--reason', 'moving beds')).code, 0);
  for (const ward of [1, 2, 3]) await ana.query('UPDATE wards SET beds = 1 WHERE id = $1', [ward]);
  await heldBy(ana, 'UPDATE wards SET beds = beds WHERE label = $1', ['ward 4']);
  await heldBy(ana, 'UPDATE patients SET visits = 1 WHERE id = $1', [1]);
  assert.equal((await shown(id)).uses, 3);
  assert.equal((await approvals('piet', 'deny', id, '--reason', 'that is enough')).code, 0);
  const error = await ana.query('UPDATE wards SET beds = 1 WHERE id = $1', [4]).catch((thrown: unknown) => thrown);
  assert.match(String(error), /refused/);
  await ana.end();
});

it('survives kill -9; two connections at once spend one approval once', async () => {
  const ana = await clinic.connect('ana');
  const sql = 'UPDATE wards SET beds = beds + 1';
  const id = await heldBy(ana, sql);
  assert.equal((await approvals('pia', 'approve', id, '--reason', 'one more bed each')).code, 0);
  await gate.kill();
  gate = await clinic.startGate();
  const clients = await Promise.all(Array.from({ length: 4 }, () => clinic.connect('ana')));
  const before = await clients[0]?.query('SELECT sum(beds) AS beds FROM wards');
  const outcomes = await Promise.allSettled(clients.map((each) => each.query(sql)));
  assert.equal(outcomes.filter((each) => each.status === 'fulfilled').length, 1);
  const now = await clients[0]?.query('SELECT sum(beds) AS beds FROM wards');
  assert.equal(Number(now?.rows[0].beds) - Number(before?.rows[0].beds), 500);
  assert.equal((await shown(id)).status, 'used');
  for (const each of clients) await each.end();
});

it('verdicts at once: one of them wins', async () => {
  const ana = await clinic.connect('ana');
  const id = await heldBy(ana, 'DELETE FROM notes');
  const verdicts = await Promise.all([
    approvals('pia', 'approve', id, '--reason', 'yes'),
    approvals('piet', 'approve', id, '--reason', 'yes'),
  ]);
  assert.equal(verdicts.filter(({ code }) => code === 0).length, 1);
  await ana.end();
});

it('break-glass: opens held and masked data of a running session, is flagged, ends, and is reviewed by somebody else', async () => {
  const glass = (person: string, ...args: readonly string[]): ReturnType<Clinic['chartgate']> =>
    clinic.chartgate(['break-glass', ...args, '-c', clinic.config], person);
  const cora = await clinic.connect('cora');
  const masked = await cora.query('SELECT ssn FROM patients WHERE id = 1');
  assert.equal(masked.rows[0].ssn, '***-**-6789');
  const reason = 'cardiac arrest in ward 3';
  assert.equal((await glass('ana', 'ehr', '--reason', reason)).code, 77, 'not for everybody');
  assert.equal((await glass('cora', 'ehr', '--reason', ' ')).code, 64);
  assert.equal(
    (await glass('cora', 'ehr', '--reason', reason, '--for', '2h')).code,
    65,
    'longer than the policy allows',
  );
  const opened = await glass('cora', 'ehr', '--reason', reason, '--for', '30m', '--json');
  assert.equal(opened.code, 0, opened.stderr);
  const { id } = JSON.parse(opened.stdout);
  const alerted = (): string | undefined =>
    receiver.received.find(({ path, body }) => path === '/hook' && body.includes(id))?.body;
  await eventually(() => alerted() !== undefined, 'the reviewers are told');
  const alert = alerted() ?? '';
  assert.match(alert, /"type":"break_glass.opened"/, 'reviewers are told at once');
  assert.ok(!alert.includes(reason));
  assert.equal((await cora.query('SELECT ssn FROM patients WHERE id = 1')).rows[0].ssn, '123-45-6789');
  await cora.query('DELETE FROM notes');
  await assert.rejects(cora.query('DROP TABLE notes'), /dropped/, 'a deny stays');
  assert.equal((await glass('pia', 'review', id, '--reason', 'early')).code, 65, 'it is not over');
  // What was begun under it ends with it.
  await cora.query('BEGIN');
  await cora.query('DECLARE seen CURSOR FOR SELECT ssn FROM patients ORDER BY id');
  assert.equal((await cora.query('FETCH 1 FROM seen')).rows[0].ssn, '123-45-6789');
  assert.equal((await glass('cora', 'close', id)).code, 0);
  const fetched = await cora.query('FETCH 1 FROM seen').then(
    ({ rows }) => JSON.stringify(rows),
    (error: unknown) => String(error),
  );
  assert.ok(!fetched.includes('987-65-4320'), fetched);
  await cora.query('ROLLBACK');
  assert.equal((await cora.query('SELECT ssn FROM patients WHERE id = 1')).rows[0].ssn, '***-**-6789');
  assert.equal((await glass('cora', 'review', id, '--reason', 'I was right')).code, 77, 'not their own');
  assert.match((await glass('pia', 'ls')).stdout, new RegExp(`${id} .*to review.*yes`));
  assert.equal((await glass('pia', 'review', id, '--reason', 'the patient was in ward 3')).code, 0);
  assert.match((await glass('augusto', 'ls')).stdout, new RegExp(`${id} .*justified`));
  const [session] = await clinic.sessions({ subject: 'cora' });
  const { events } = await clinic.replay(session?.id ?? '');
  const flagged = events.filter(({ data }) => JSON.stringify(data ?? null).includes(id));
  const commands = flagged.map(({ data }) => JSON.stringify(data));
  assert.equal(commands.length, 6, commands.join('\n'));
  await cora.end();
});

it('a new policy is tried on what was recorded, by an auditor, and shows no value', async () => {
  const stricter = `rules:
  - { name: analysts-nothing, subjects: { groups: [analysts] }, deny: Not any more. }
  - { name: care-team-sees-names, subjects: { groups: [care-team] }, when: sql.reads, allow: { unmask: [name] } }
  - { name: never, connections: [ehr-tools], allow: true }
`;
  await writeFile(join(clinic.directory, 'new.yaml'), stricter);
  const simulate = (person: string, ...args: readonly string[]): ReturnType<Clinic['chartgate']> =>
    clinic.chartgate(['policy', 'simulate', 'new.yaml', '-c', clinic.config, ...args], person);
  assert.equal((await simulate('ana')).code, 77, 'not for everybody');
  const told = await simulate('augusto', '--since', '1h');
  assert.equal(told.code, 0, told.stderr);
  assert.match(told.stdout, /stricter +hold by unbounded-write .* → +deny by analysts-nothing/);
  assert.match(told.stdout, /stricter +allow by builtin:break-glass .* → +(deny|allow) by/);
  assert.match(told.stdout, /warning: rule never was met by no request/);
  for (const value of ['123-45-6789', 'ward 4', 'label =']) assert.ok(!told.stdout.includes(value));
  await writeFile(join(clinic.directory, 'new.yaml'), 'rules: [ { name: x, when: "sql.nonsense", allow: true } ]');
  assert.equal((await simulate('augusto')).code, 78);
});

it('a verdict from Slack is one like any other; what Slack has not signed is nothing', async () => {
  const ana = await clinic.connect('ana');
  const id = await heldBy(ana, 'TRUNCATE notes');
  const send = (payload: object, secret: string): Promise<Response> => {
    const body = new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
    const at = String(Math.floor(Date.now() / 1000));
    const hash = createHmac('sha256', secret).update(`v0:${at}:${body}`).digest('hex');
    const headers = { 'x-slack-request-timestamp': at, 'x-slack-signature': `v0=${hash}` };
    return fetch(`${clinic.url}/slack/interactivity`, { method: 'POST', headers, body });
  };
  const view = {
    private_metadata: JSON.stringify({ approval: id, effect: 'approve' }),
    state: { values: { why: { reason: { value: 'seen in Slack' } } } },
  };
  const submission = { type: 'view_submission', user: { id: 'U1' }, view };
  assert.equal((await send(submission, 'another')).status, 401);
  assert.equal((await shown(id)).status, 'requested');
  assert.match(await (await send(submission, 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')).text(), /clear/);
  assert.equal((await shown(id)).verdicts[0]?.reason, 'seen in Slack');
  assert.ok(receiver.received.some(({ path, body }) => path === '/api/chat.postMessage' && body.includes(id)));
  assert.ok(!receiver.received.some(({ body }) => body.includes('TRUNCATE')));
  await ana.end();
});
