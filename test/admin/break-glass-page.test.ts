// The pages of break-glass: who may ask, what a form does, who reviews, and what nobody sees or does by a form of others.

import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { systemRandom } from '../../src/adapters/system/random.ts';
import { createBreakGlassPages } from '../../src/admin/break-glass-page.ts';
import { glassFor } from '../../src/core/decide.ts';
import type { Policy } from '../../src/core/decision.ts';
import { createBreakGlassDesk } from '../../src/gateway/break-glass-desk.ts';
import type { BrowserSessions } from '../../src/ports/browser-sessions.ts';
import { type GateFixture, people, startGate } from './gate-fixture.ts';

let gate: GateFixture;
type Form = Readonly<Record<string, string>>;
let visit: (signIn: BrowserSessions | null, path: string, person: string | null, form?: Form) => Promise<Response>;
const open = (path: string, person: string | null, form?: Form): Promise<Response> =>
  visit(sessions, path, person, form);

const policy: Policy = {
  digest: 'p',
  rules: [],
  needsRowEstimate: false,
  breakGlass: {
    subjects: { groups: ['analysts'], ids: [] },
    connections: ['ehr'],
    agents: false,
    obligations: { unmask: 'all', filter: 'all', rowsMax: null },
    maxMs: 3_600_000,
    reviewers: ['privacy'],
    reviewWithinMs: 86_400_000,
    escalate: [],
  },
};

/** The cookie is the name; the secret of a form is of that name. */
const sessions: BrowserSessions = {
  of: (cookie) => {
    const subject = people[cookie ?? ''];
    return subject && { subject, csrf: `csrf-${subject.id}` };
  },
  accepts: (session, csrf) => csrf === session.csrf,
  signInPath: (path) => `/signin?return=${encodeURIComponent(path)}`,
};

before(async () => {
  gate = await startGate();
  const { log, store } = gate;
  const breakGlass = createBreakGlassDesk({
    clock: systemClock,
    random: systemRandom,
    log,
    store: store.emergencies,
    policy: () => policy,
    isConnection: (name) => name !== 'nowhere',
  });
  const pagesOf = (signIn: BrowserSessions | null): { fetch(request: Request): Promise<Response> } =>
    createBreakGlassPages({
      clock: systemClock,
      breakGlass,
      log,
      readers: () => ({ auditors: ['auditors'], reviewers: ['privacy'] }),
      sessions: signIn,
      glassFor: (subject, connection) => glassFor(policy, subject, connection),
      connections: () => ['ehr', 'other'],
      onError: (error) => {
        throw error;
      },
    });
  visit = (signIn, path, person, form) =>
    pagesOf(signIn).fetch(
      new Request(`http://localhost${path}`, {
        headers: person === null ? {} : { cookie: person },
        ...(form ? { method: 'POST', body: new URLSearchParams(form).toString() } : {}),
      }),
    );
});
after(() => gate.close());

const asking = { connection: 'ehr', reason: '<b>ward 3</b> \u202elaitnedifnoc', minutes: '30', csrf: 'csrf-ana' };
const records = (): string[] =>
  gate.log.stored.map(({ type, data }) => {
    const code = data?.['code'];
    return typeof code === 'string' ? `${type} ${code}` : type;
  });

it('is asked for, closed and reviewed by forms alone, each by whom it may', async () => {
  assert.equal((await open('/break-glass', null)).headers.get('location'), '/signin?return=%2Fbreak-glass');
  const form = await (await open('/break-glass', 'ana')).text();
  assert.match(form, /value="ehr" required checked/);
  assert.ok(!form.includes('value="other"') && !form.includes('<script'));
  assert.match(await (await open('/break-glass', 'pia')).text(), /lets you break no glass/);

  const opened = await open('/break-glass', 'ana', asking);
  assert.equal(opened.status, 303);
  const path = opened.headers.get('location') ?? '';
  const own = await (await open(path, 'ana')).text();
  assert.match(own, /open until \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/);
  assert.match(own, /value="close"/);
  assert.ok(own.includes('&#60;b&#62;ward 3&#60;/b&#62; \\u{202e}laitnedifnoc'), own);
  assert.equal((await open(path, 'bob')).status, 404, 'a stranger');
  const early = await (await open(path, 'pia')).text();
  assert.ok(early.includes('You review it when it has ended.') && !early.includes('value="justified"'));
  assert.ok(!(await (await open(path, 'augusto')).text()).includes('ward 3'), 'the words are for who judges them');

  assert.equal((await open(path, 'pia', { effect: 'close', csrf: 'csrf-pia' })).status, 404, 'closed by who opened it');
  assert.equal((await open(path, 'ana', { effect: 'close', csrf: 'csrf-ana' })).status, 303);
  assert.match(await (await open('/break-glass', 'pia')).text(), /For you to review/);
  const verdict = { effect: 'justified', reason: 'seen', csrf: 'csrf-pia' };
  assert.equal((await open(path, 'pia', { ...verdict, reason: ' ' })).status, 400);
  assert.equal((await open(path, 'ana', { ...verdict, csrf: 'csrf-ana' })).status, 403, 'not their own');
  assert.equal((await open(path, 'pia', verdict)).status, 303);
  assert.match(await (await open(path, 'pia')).text(), /<dd>justified<\/dd>/);
  assert.equal((await open(path, 'pia', verdict)).status, 409, 'once');
  assert.deepEqual(
    records().filter((each) => each.startsWith('break_glass')),
    [
      'break_glass.opened',
      'break_glass.ended',
      'break_glass.refused own_request',
      'break_glass.reviewed',
      'break_glass.refused approval_settled',
    ],
  );
});

it('refuses forms of others, what the policy does not have, and what is no time', async () => {
  const cases: readonly (readonly [string, Readonly<Record<string, string>>, number, string])[] = [
    ['ana', { ...asking, csrf: '' }, 400, 'auth.refused invalid_request'],
    ['ana', { ...asking, csrf: 'csrf-bob' }, 400, 'auth.refused invalid_request'],
    ['pia', { ...asking, csrf: 'csrf-pia' }, 403, 'break_glass.refused denied'],
    ['ana', { ...asking, connection: 'other' }, 403, 'break_glass.refused denied'],
    ['ana', { ...asking, connection: 'nowhere' }, 404, 'break_glass.refused unknown_connection'],
  ];
  for (const [person, form, status, record] of cases) {
    assert.equal((await open('/break-glass', person, form)).status, status, record);
    assert.equal(records().at(-1), record);
  }
  for (const minutes of ['', '0', '-1', '61', 'x', '1e9', 'Infinity'])
    assert.equal((await open('/break-glass', 'ana', { ...asking, minutes })).status, 400, minutes);
  assert.equal((await open('/break-glass', 'ana', { ...asking, reason: '' })).status, 400);
  for (const path of [
    '/break-glass/b_1',
    '/break-glass/%00',
    '/break-glass/a/b',
    '/break-glass/b_01KAKAKAKAKAKAKAKAKAKAKAKA',
  ])
    assert.equal((await open(path, 'ana')).status, 404, path);
});

it('names the command line where nobody can sign in with a browser', async () => {
  const page = await visit(null, '/break-glass/b_01KAKAKAKAKAKAKAKAKAKAKAKA', null);
  assert.match(await page.text(), /chartgate break-glass review/);
});

it('says how long each page is by itself', async () => {
  const headers = [await open('/break-glass', 'ana'), await open('/break-glass', 'pia')].map((each) => each.headers);
  headers[0]?.set('content-length', '1');
  assert.equal(headers[1]?.get('content-length'), null);
  const again = await open('/break-glass', 'ana');
  assert.equal(again.headers.get('content-length'), null);
});
