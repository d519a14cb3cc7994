// Notices, with real receivers: each way says what waits and where, nothing of what was asked; what is not taken is sent
// again, after a restart too; what will never be taken is not.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, it } from 'node:test';
import { email } from '../../src/adapters/notify/email.ts';
import { slackBot, slackDialogs, slackWebhook } from '../../src/adapters/notify/slack.ts';
import { teamsWebhook } from '../../src/adapters/notify/teams.ts';
import { webhook, webhookKeys } from '../../src/adapters/notify/webhook.ts';
import { openStore, type Store } from '../../src/adapters/sqlite-store/store.ts';
import { systemRandom } from '../../src/adapters/system/random.ts';
import { answerSlack, type SlackDeps } from '../../src/admin/slack.ts';
import { type Claim, createApprovalDesk } from '../../src/gateway/approval-desk.ts';
import { noticeOfApproval } from '../../src/gateway/notice-text.ts';
import { createNotificationDesk, type NotificationDesk } from '../../src/gateway/notification-desk.ts';
import type { NoticeQueue, Notifier } from '../../src/ports/notices.ts';
import { MemoryLog } from '../admin/gate-fixture.ts';
import { type HttpReceiver, httpReceiver, type SmtpReceiver, smtpReceiver } from './receiver.ts';

const secrets = ['123-45-6789', 'Quartermain', 'because of Zebulon'];
const secretKey = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const bot = { token: 'xoxb-1', channel: 'C1', buttons: true };

let directory: string;
let http: HttpReceiver;
let smtp: SmtpReceiver;
let store: Store;
let log: MemoryLog;
let now = 1_700_000_000_000;
const clock = {
  now: () => now,
  after: (ms: number, call: () => void): (() => void) => {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
};

before(async () => {
  directory = mkdtempSync(join(tmpdir(), 'chartgate-notices-'));
  http = await httpReceiver();
  smtp = await smtpReceiver();
  reopen();
});
after(async () => {
  store.close();
  await http.close();
  await smtp.close();
  rmSync(directory, { recursive: true, force: true });
});
beforeEach(() => {
  http.received.length = 0;
  http.next.length = 0;
  log = new MemoryLog();
});

function reopen(): void {
  const opened = openStore(join(directory, 'store.db'), new Uint8Array(32));
  assert.ok(opened.ok);
  store = opened.value;
}

function ways(): readonly Notifier[] {
  const keys = webhookKeys([secretKey]);
  assert.ok(keys.ok);
  return [
    slackWebhook({ name: 'slack-1', groups: null }, `${http.url}/slack`),
    slackBot({ name: 'slack-2', groups: null }, { ...bot, api: `${http.url}/api` }),
    teamsWebhook({ name: 'teams-3', groups: null }, `${http.url}/teams`),
    webhook({ name: 'webhook-4', groups: null }, `${http.url}/hook`, keys.value),
    email(
      { name: 'email-5', groups: null },
      {
        host: '127.0.0.1',
        port: smtp.port,
        tls: false,
        loopback: true,
        login: null,
        from: 'gate@h.example',
        to: ['privacy@h.example'],
      },
    ),
    webhook({ name: 'webhook-6', groups: ['board'] }, `${http.url}/board`, keys.value),
  ];
}

function deskOf(notifiers: readonly Notifier[]): NotificationDesk {
  return createNotificationDesk({ clock, log, queue: store.notices, notifiers, onFailure: () => {} });
}

/** Ana asks; returns the approval's id. */
async function hold(notifications: NotificationDesk | null): Promise<string> {
  const desk = approvalDesk((approval, move) => {
    const notice = noticeOfApproval(approval, move, 'https://gate.example');
    if (notice) notifications?.tell(notice);
  });
  const sql = `DELETE FROM patients WHERE ssn = '${secrets[0]}' OR last = '${secrets[1]}' -- ${now}`;
  const ana = { id: 'ana', issuer: 'https://idp', kind: 'person', groups: ['analysts'] } as const;
  const claim: Claim = {
    act: { subject: ana, connection: 'ehr', content: { sql }, known: { reason: secrets[2] ?? '' }, policy: 'p' },
    rule: 'unbounded-write',
    terms: { reviewers: ['privacy'], quorum: 1, waitMs: 0, expiresMs: 600_000, grants: 'once' },
    phi: ['ssn'],
    session: 's_1',
    request: 'r_1',
  };
  const claimed = await desk.claim(claim, new AbortController().signal);
  return claimed?.approval ?? assert.fail();
}

function approvalDesk(
  onMove?: Parameters<typeof createApprovalDesk>[0]['onMove'],
): ReturnType<typeof createApprovalDesk> {
  const parts = { clock, random: systemRandom, log, store: store.approvals };
  return createApprovalDesk(onMove ? { ...parts, onMove } : parts);
}

it('a queue that cannot be read is told of, and read again the next time', async () => {
  const told: string[] = [];
  let isBroken = true;
  const queue: NoticeQueue = {
    ...store.notices,
    due: (at) => (isBroken ? assert.fail('the disk is gone') : store.notices.due(at)),
  };
  const onFailure = (text: string): void => void told.push(text);
  const desk = createNotificationDesk({ clock, log, queue, notifiers: ways(), onFailure });
  await desk.deliver();
  assert.deepEqual(told, ['The notices that wait could not be read or written.']);
  isBroken = false;
  await desk.deliver();
  assert.equal(told.length, 1);
});

it('every way says what waits and where, and nothing of what was asked', async () => {
  const notifications = deskOf(ways());
  const id = await hold(notifications);
  await notifications.deliver();
  const got = http.received.toSorted((a, b) => a.path.localeCompare(b.path));
  assert.deepEqual(
    got.map(({ path }) => path),
    ['/api/chat.postMessage', '/hook', '/slack', '/teams'],
  );
  assert.equal(smtp.mails.length, 1);
  const all = [...got.map(({ body }) => body), ...smtp.mails.map((mail) => mail.replaceAll('=\r\n', ''))];
  for (const each of all) {
    assert.match(each, new RegExp(`https://gate.example/approvals/${id}`));
    assert.match(each, /unbounded-write/);
    for (const secret of secrets) assert.ok(!each.includes(secret), each);
  }
  const [message, hook] = got;
  assert.equal(message?.headers['authorization'], 'Bearer xoxb-1');
  assert.match(message?.body ?? '', /"action_id":"approve","value":"a_/);
  const { 'webhook-id': hookId, 'webhook-timestamp': at, 'webhook-signature': signature } = hook?.headers ?? {};
  const key = Buffer.from(secretKey.slice(6), 'base64');
  const expected = createHmac('sha256', key)
    .update(`${String(hookId)}.${String(at)}.${hook?.body}`)
    .digest('base64');
  assert.equal(signature, `v1,${expected}`);
  assert.equal(log.types().filter((type) => type === 'notification.sent').length, 5);
});

it('what is not taken is sent again, after a restart too, and in the end given up', async () => {
  const [, , teams] = ways();
  assert.ok(teams);
  http.next.push([503, 'later'], [429, 'slower']);
  now += 1;
  const first = deskOf([teams]);
  await hold(first);
  await first.deliver();
  assert.equal(http.received.length, 1);
  await first.deliver();
  assert.equal(http.received.length, 1, 'not before its time');
  store.close();
  reopen();
  const second = deskOf([teams]);
  now += 5_000;
  await second.deliver();
  now += 10_000;
  await second.deliver();
  assert.equal(http.received.length, 3);
  assert.deepEqual(log.stored.at(-1)?.data, {
    notice: `${log.stored.at(-1)?.approval}:requested`,
    way: 'teams-3',
    attempts: 3,
  });
  http.next.push([503, 'later'], [503, 'never']);
  now += 1;
  await hold(second);
  await second.deliver();
  now += 86_400_000;
  await second.deliver();
  assert.equal(log.types().at(-1), 'notification.failed');
});

it('what will never be taken is not sent again; no redirect is followed', async () => {
  const [, , teams, , mail] = ways();
  assert.ok(teams && mail);
  http.next.push([404, 'gone']);
  smtp.refuse.push(550);
  const notifications = deskOf([teams, mail]);
  now += 1;
  await hold(notifications);
  await notifications.deliver();
  assert.deepEqual(
    log.types().filter((type) => type.startsWith('notification')),
    ['notification.failed', 'notification.failed'],
  );
  http.next.push([302, '']);
  const sent = await teams.send(
    { id: 'x', kind: 'approval.requested', title: 't', facts: [], link: 'l', approval: null, reviewers: [] },
    now,
  );
  assert.ok(!sent.ok);
  assert.ok(!http.received.some(({ path }) => path === '/elsewhere'));
});

const turnedAway: string[] = [];

function slack(): SlackDeps {
  const pia = { id: 'pia', issuer: 'https://idp', kind: 'person', groups: ['privacy'], aliases: [] } as const;
  const ana = { ...pia, id: 'ana' } as const;
  return {
    clock,
    refusals: { record: async ({ code }) => void turnedAway.push(code) },
    desk: approvalDesk(),
    apps: [
      {
        signingSecret: 'sign',
        dialogs: slackDialogs({ ...bot, api: `${http.url}/api` }),
        personOf: (user) => (user === 'U1' ? pia : user === 'U2' ? ana : null),
      },
    ],
    onFailure: () => {},
  };
}

function signed(payload: object, options: { readonly secret?: string; readonly ageMs?: number } = {}): Request {
  const body = new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
  const at = String(Math.floor((now - (options.ageMs ?? 0)) / 1000));
  const hash = createHmac('sha256', options.secret ?? 'sign')
    .update(`v0:${at}:${body}`)
    .digest('hex');
  const headers = { 'x-slack-request-timestamp': at, 'x-slack-signature': `v0=${hash}` };
  return new Request('http://gate/slack/interactivity', { method: 'POST', headers, body });
}

it('a button in Slack asks for a reason, and is a verdict of the person that user is', async () => {
  now += 1;
  const id = await hold(null);
  const press = {
    type: 'block_actions',
    user: { id: 'U1' },
    trigger_id: 't1',
    actions: [{ action_id: 'approve', value: id }],
  };
  for (const forged of [
    signed(press, { secret: 'other' }),
    signed(press, { ageMs: 301_000 }),
    signed(press, { ageMs: -301_000 }),
  ])
    assert.equal((await answerSlack(slack(), forged)).status, 401);
  const flood = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(65_536)) });
  const endless = new Request('http://gate/slack/interactivity', { method: 'POST', body: flood, duplex: 'half' });
  assert.equal((await answerSlack(slack(), endless)).status, 401, 'what is too long is not read');
  const changed = signed(press);
  const tampered = new Request(changed, { body: (await changed.text()).replace('approve', 'deny'), method: 'POST' });
  assert.equal((await answerSlack(slack(), tampered)).status, 401);
  assert.deepEqual(
    turnedAway,
    Array.from({ length: 5 }, () => 'token_invalid'),
  );
  assert.equal(http.received.length, 0);
  assert.equal((await answerSlack(slack(), signed(press))).status, 200);
  const opened = JSON.parse(http.received[0]?.body ?? '');
  assert.equal(http.received[0]?.path, '/api/views.open');
  assert.equal(opened.trigger_id, 't1');
  assert.equal(store.approvals.get(id)?.status, 'requested', 'nothing is decided without a reason');
  const send = async (user: string, value: string | null): Promise<string> => {
    const state = { values: { why: { reason: { value } } } };
    const view = { private_metadata: opened.view.private_metadata, state };
    const answer = await answerSlack(slack(), signed({ type: 'view_submission', user: { id: user }, view }));
    return answer.text();
  };
  assert.match(await send('U9', 'yes'), /nobody the gate knows/);
  assert.equal(turnedAway.at(-1), 'not_a_reviewer');
  assert.match(await send('U2', 'yes'), /own request/);
  assert.match(await send('U1', null), /reason is required/i);
  assert.match(await send('U1', 'seen, fine'), /clear/);
  const decided = store.approvals.get(id);
  assert.equal(decided?.status, 'approved');
  assert.equal(decided?.verdicts[0]?.by.id, 'pia');
  assert.match(await send('U1', 'again'), /already/);
});

it('a webhook has one secret or several, each of them one', () => {
  const [one, other] = [secretKey, `whsec_${Buffer.alloc(64, 1).toString('base64')}\n`];
  const keys = webhookKeys([one, other]);
  assert.deepEqual(keys.ok && keys.value.map(({ length }) => length), [24, 64]);
  for (const bad of [
    '',
    'whsec_',
    'whsec_c2hvcnQ=',
    `${one} ${other}`,
    `whsec_${'A'.repeat(100)}`,
    one.replace('9', '-'),
  ])
    assert.equal(webhookKeys([one, bad]).ok, false, bad);
});
