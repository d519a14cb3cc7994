// The page of a held request: for who is signed in, the act and the forms; nothing for anybody else, and no form from
// elsewhere is listened to.

import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { systemRandom } from '../../src/adapters/system/random.ts';
import { createApprovalPages } from '../../src/admin/approval-page.ts';
import { approvalPage, startOf, waitingPage } from '../../src/admin/approval-sheet.ts';
import { viewOf } from '../../src/admin/approval-view.ts';
import { createApprovalDesk } from '../../src/gateway/approval-desk.ts';
import type { BrowserSessions } from '../../src/ports/browser-sessions.ts';
import { type GateFixture, people, sessionsByName, startGate } from './gate-fixture.ts';

let gate: GateFixture;
before(async () => {
  gate = await startGate();
});
after(() => gate.close());

function pages(
  signIn: BrowserSessions | null = sessionsByName,
): (path: string, cookie?: string, form?: object) => Promise<Response> {
  const { log, store } = gate;
  const { approvals } = store;
  const desk = createApprovalDesk({ clock: systemClock, random: systemRandom, log, store: approvals });
  const app = createApprovalPages({
    clock: systemClock,
    approvals,
    desk,
    log,
    tools: gate.tools,
    toolReviewersOf: () => ['privacy'],
    readers: () => ({ auditors: ['auditors'], reviewers: ['privacy'] }),
    sessions: signIn,
    onError: (error) => {
      throw error;
    },
  });
  return async (path, cookie, form) =>
    app.fetch(
      new Request(`http://localhost${path}`, {
        headers: cookie === undefined ? {} : { cookie },
        ...(form ? { method: 'POST', body: new URLSearchParams({ ...form }).toString() } : {}),
      }),
    );
}

it('shows the act to a reviewer, escaped, and takes the verdict from its own form only', async () => {
  const open = pages();
  const id = await gate.hold(`DELETE FROM t WHERE note = '<script>alert(1)</script>\u202e'`);
  const path = `/approvals/${id}`;
  assert.equal((await open(path)).headers.get('location'), `/signin?return=${encodeURIComponent(path)}`);
  assert.equal((await open(path, 'bob')).status, 404, 'not for strangers');
  const shown = await open(path, 'pia');
  const html = await shown.text();
  assert.equal(shown.status, 200);
  assert.match(shown.headers.get('content-security-policy') ?? '', /default-src 'none'/);
  assert.match(html, /DELETE FROM t/);
  assert.ok(!html.includes('<script') && html.includes('\\u{202e}') && !html.includes('\u202e'));
  assert.match(html, /name="csrf" value="csrf-pia"/);
  assert.ok(gate.log.types().includes('audit.read'));
  const yes = { effect: 'approve', reason: 'seen' };
  assert.equal((await open(path, 'pia', yes)).status, 400, 'no token of the form');
  assert.equal((await open(path, 'pia', { ...yes, csrf: 'csrf-bob' })).status, 400);
  assert.equal(gate.store.approvals.get(id)?.status, 'requested');
  assert.equal((await open(path, 'pia', { ...yes, reason: ' ', csrf: 'csrf-pia' })).status, 400);
  const own = await (await open(path, 'ana')).text();
  assert.ok(!own.includes('value="approve"') && own.includes('value="withdraw"'));
  assert.equal((await open(path, 'ana', { ...yes, csrf: 'csrf-ana' })).status, 403);
  assert.match(await (await open('/approvals', 'pia')).text(), new RegExp(`${id}".*\\n.*, touches name\\. Asked`));
  assert.equal((await open(path, 'pia', { ...yes, csrf: 'csrf-pia' })).status, 303);
  assert.equal(gate.store.approvals.get(id)?.status, 'approved');
  assert.ok(!(await (await open('/approvals', 'pia')).text()).includes(id));
});

it('lets a reviewer, and nobody else, take back what was approved and is not used', async () => {
  const open = pages();
  const path = `/approvals/${await gate.hold('DELETE FROM u')}`;
  const back = 'Take the approval back';
  assert.ok(!(await (await open(path, 'pia')).text()).includes(back), 'nothing is approved yet');
  await open(path, 'pia', { effect: 'approve', reason: 'seen', csrf: 'csrf-pia' });
  assert.ok(!(await (await open(path, 'ana')).text()).includes(back));
  const html = await (await open(path, 'pia')).text();
  assert.ok(html.includes(back) && html.includes('value="deny"') && !html.includes('value="approve"'));
  assert.equal((await open(path, 'pia', { effect: 'deny', reason: 'a slip', csrf: 'csrf-pia' })).status, 303);
  const after = await (await open(path, 'pia')).text();
  assert.match(after, /<dt>Denied<\/dt><dd>pia, .*: a slip<\/dd>/);
  assert.ok(!after.includes(back));
});

it('names the command line where nobody can sign in with a browser, and nothing of the request', async () => {
  const id = await gate.hold('DELETE FROM secrets');
  const html = await (await pages(null)(`/approvals/${id}`)).text();
  assert.match(html, new RegExp(`chartgate approvals show ${id}`));
  assert.ok(!html.includes('secrets'));
  assert.equal((await pages(null)('/approvals/other')).status, 404);
});

it('names the command line for the list too, as the gate has requests to decide all the same', async () => {
  const listed = await pages(null)('/approvals');
  const html = await listed.text();
  assert.equal(listed.status, 200);
  assert.match(html, /chartgate approvals ls\nchartgate approvals show &lt;id&gt;/);
  assert.ok(!html.includes('There is no such request'));
});

it('lists what ends soonest first, a page at a time, and leads from one to the next', async () => {
  const id = await gate.hold('DELETE FROM wards');
  const one = gate.store.approvals.get(id);
  assert.ok(one);
  const now = one.requestedMs;
  const many = Array.from({ length: 201 }, (_, i) => ({ ...one, id: `a_${i}`, expiresMs: now + (i + 1) * 60_000 }));
  const pia = { subject: { ...one.act.subject, id: 'pia', groups: one.reviewers, aliases: [] }, local: false };
  const first = { caller: pia, now, from: 0, changes: [] };
  const rows = (from: string | undefined): readonly string[] =>
    [
      ...waitingPage(many, { caller: pia, now, from: startOf(from), changes: [] }).matchAll(
        /href="\/approvals\/(a_\d+)"/g,
      ),
    ].map(([, each = '']) => each);
  assert.deepEqual([rows(undefined)[0], rows(undefined).length, rows('200')], ['a_0', 200, ['a_200']]);
  assert.deepEqual(rows('-1'), rows(undefined), 'what is no number is the beginning');
  assert.match(waitingPage(many, first), /For you to decide \(201\)[^]*href="\/approvals\?from=200"/);
  assert.match(waitingPage([], first), /Nothing waits/);
  for (const description of ['a', 'b'])
    await gate.tools.see('ehr-tools', [{ tool: 'lookup', sha256: description, definition: { description } }]);
  const changed = /href="\/tools"><b>1 for you to decide/;
  assert.match(await (await pages()('/approvals', 'pia')).text(), changed);
  assert.doesNotMatch(await (await pages()('/approvals', 'bob')).text(), /href="\/tools"/);
  const later = await gate.hold('DELETE FROM beds');
  assert.match(await (await pages()(`/approvals/${later}`, 'pia')).text(), /The next one for you to decide/);
  // Enter in a line of text presses the first button of its form.
  assert.ok(!/<input type="text"/.test(await (await pages()(`/approvals/${later}`, 'pia')).text()));
});

it('shows arguments of several lines as lines too, and says what a definition is', async () => {
  const held = gate.store.approvals.get(await gate.hold('SELECT 1'));
  assert.ok(held);
  const pia = people['pia'];
  assert.ok(pia);
  const content = { tool: 'query', arguments: { sql: 'DELETE\nFROM "a<b"\u202e', limit: 5 }, definition: 'd30b' };
  const view = { ...viewOf(held, { subject: pia, local: false }, held.requestedMs), content };
  const html = approvalPage(
    view,
    { subject: pia, csrf: 'c' },
    { own: false, takesBack: false, now: held.requestedMs, next: null },
  );
  assert.match(html, /<h3>sql, line by line<\/h3>\n<pre>DELETE\nFROM &#34;a&#60;b&#34;\\u\{202e\}<\/pre>/);
  assert.equal(html.match(/line by line/g)?.length, 1, 'what is one line stands once');
  assert.match(html, /<h3>Definition of the tool \(SHA-256\)<\/h3>\n<pre>d30b<\/pre>/);
});
