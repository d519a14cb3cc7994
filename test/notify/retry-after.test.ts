// A receiver of notices that asks for a pause: neither this notice nor another is sent to it before then, and those of other
// ways are.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { slackBot, slackWebhook } from '../../src/adapters/notify/slack.ts';
import { teamsWebhook } from '../../src/adapters/notify/teams.ts';
import { webhook } from '../../src/adapters/notify/webhook.ts';
import { openStore, type Store } from '../../src/adapters/sqlite-store/store.ts';
import { createNotificationDesk, type NotificationDesk } from '../../src/gateway/notification-desk.ts';
import type { Notice, Notifier } from '../../src/ports/notices.ts';
import { MemoryLog } from '../admin/gate-fixture.ts';
import { type HttpReceiver, httpReceiver } from './receiver.ts';

const directory = mkdtempSync(join(tmpdir(), 'chartgate-retry-after-'));
let http: HttpReceiver;
let store: Store;
let now = Date.UTC(2026, 0, 1);
const second = 1_000;

before(async () => {
  http = await httpReceiver();
  const opened = openStore(join(directory, 'store.db'), new Uint8Array(32));
  assert.ok(opened.ok);
  store = opened.value;
});
after(async () => {
  store.close();
  await http.close();
  rmSync(directory, { recursive: true, force: true });
});
beforeEach(() => {
  http.received.length = 0;
  http.next.length = 0;
  now += 86_400_000;
});

const way = { name: 'way-1', groups: null };
const ways: Readonly<Record<string, () => Notifier>> = {
  webhook: () => webhook(way, `${http.url}/hook`, [Buffer.alloc(32)]),
  teams: () => teamsWebhook(way, `${http.url}/teams`),
  slack: () => slackWebhook(way, `${http.url}/slack`),
  'slack, a bot': () => slackBot(way, { api: `${http.url}/api`, token: 't', channel: 'c', buttons: false }),
};

function deskOf(notifiers: readonly Notifier[]): NotificationDesk {
  const clock = { now: () => now };
  return createNotificationDesk({ clock, log: new MemoryLog(), queue: store.notices, notifiers, onFailure: () => {} });
}

function notice(id: string): Notice {
  return { id, kind: 'approval.requested', title: 't', facts: [], link: 'l', approval: null, reviewers: [] };
}

/** How many requests there are after `ms` more. */
async function requestsAfter(desk: NotificationDesk, ms: number): Promise<number> {
  now += ms;
  await desk.deliver();
  return http.received.length;
}

for (const [name, make] of Object.entries(ways)) {
  test(`${name}: no notice before the time it names, in seconds or by a date`, async () => {
    const desk = deskOf([make()]);
    const from = Date.parse('2031-05-06T07:08:09Z');
    const date = new Date(from).toUTCString();
    http.next.push(
      [429, '', { 'retry-after': '60' }],
      [503, '', { 'retry-after': new Date(from + 120 * second).toUTCString(), date }],
    );
    desk.tell(notice(`${name} one`));
    assert.equal(await requestsAfter(desk, 0), 1);
    desk.tell(notice(`${name} two`));
    assert.equal(await requestsAfter(desk, 59 * second), 1, 'nor another one');
    assert.equal(
      await requestsAfter(desk, 1 * second),
      3,
      'the one that was refused, and the one that had not been sent',
    );
    assert.equal(await requestsAfter(desk, 119 * second), 3);
    assert.equal(await requestsAfter(desk, 1 * second), 4);
    assert.equal(await requestsAfter(desk, 86_400 * second), 4, 'everything is told');
  });
}

test('what it asks for ends after an hour, and is nothing to other ways', async () => {
  const { webhook: hook = assert.fail(), teams = assert.fail() } = ways;
  const desk = deskOf([hook(), { ...teams(), name: 'way-2' }]);
  http.next.push([429, '', { 'retry-after': '999999' }]);
  desk.tell(notice('hour'));
  assert.equal(await requestsAfter(desk, 0), 2);
  assert.equal(await requestsAfter(desk, 3_599 * second), 2);
  assert.equal(await requestsAfter(desk, 1 * second), 3);
});
