// The pages of changed definitions: for reviewers of the connection what differs and the form, for auditors that there is one,
// for anybody else nothing; no form from elsewhere is listened to, and what was read and decided is on record.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createToolChangePages } from '../../src/admin/tool-change-page.ts';
import { toolChangesPage } from '../../src/admin/tool-change-sheet.ts';
import { createToolChanges } from '../../src/admin/tool-changes.ts';
import type { JsonObject } from '../../src/core/json.ts';
import type { SeenTool } from '../../src/gateway/tool-desk.ts';
import { type GateFixture, people, sessionsByName, startGate, subject } from './gate-fixture.ts';

let gate: GateFixture;
before(async () => {
  gate = await startGate();
});
after(() => gate.close());

function deps(): Parameters<typeof createToolChanges>[0] {
  return {
    tools: gate.tools,
    toolReviewersOf: () => ['privacy'],
    readers: () => ({ auditors: ['auditors'], reviewers: ['privacy'] }),
    log: gate.log,
  };
}

function pages(signIn: typeof sessionsByName | null = sessionsByName) {
  const app = createToolChangePages({
    ...deps(),
    sessions: signIn,
    onError: (error) => {
      throw error;
    },
  });
  return async (path: string, cookie?: string, form?: Readonly<Record<string, string>>): Promise<Response> =>
    app.fetch(
      new Request(`http://localhost/tools${path}`, {
        headers: cookie === undefined ? {} : { cookie },
        ...(form ? { method: 'POST', body: new URLSearchParams(form).toString() } : {}),
      }),
    );
}

/** A server that shows `was` and then `is`; gives the id of the change. */
async function change(
  tool: string,
  was: JsonObject,
  is: JsonObject,
  kind: Pick<SeenTool, 'kind'> = {},
): Promise<string> {
  for (const definition of [was, is])
    await gate.tools.see('ehr-tools', [{ ...kind, tool, sha256: JSON.stringify(definition), definition }]);
  const found = gate.tools.changes().find((each) => each.tool === tool);
  assert.ok(found);
  return found.change.id;
}

test('shows a reviewer what differs, escaped and marked, and takes the verdict from its own form only', async () => {
  const open = pages();
  const id = await change(
    'lookup',
    { description: 'Looks up a ward', inputSchema: { limit: 5 }, title: 'Lookup' },
    { description: 'Looks up a ward<script>\u202e', inputSchema: { limit: 50, to: 'x' } },
  );
  assert.equal((await open(`/${id}`)).headers.get('location'), `/signin?return=${encodeURIComponent(`/tools/${id}`)}`);
  assert.equal((await open(`/${id}`, 'bob')).status, 404, 'not for strangers');
  assert.ok(!(await (await open('', 'bob')).text()).includes(id));
  assert.match(await (await open('', 'pia')).text(), new RegExp(`For you to decide \\(1\\)[^]*href="/tools/${id}"`));

  const reads = gate.log.types().filter((type) => type === 'audit.read').length;
  const shown = await open(`/${id}`, 'pia');
  const html = await shown.text();
  assert.match(shown.headers.get('content-security-policy') ?? '', /default-src 'none'/);
  assert.match(html, /<code>\/description<\/code>, as accepted<\/h3>\n<pre>Looks up a ward<\/pre>/);
  assert.match(html, /now<\/h3>\n<pre>Looks up a ward<mark>&#60;script&#62;\\u\{202e\}<\/mark><\/pre>/);
  assert.match(html, /<code>\/inputSchema\/limit<\/code>, as accepted<\/h3>\n<pre>5<\/pre>[^]*<pre>50<\/pre>/);
  assert.match(html, /<code>\/inputSchema\/to<\/code>, new<\/h3>\n<pre>x<\/pre>/);
  assert.match(html, /<code>\/title<\/code>, gone<\/h3>\n<pre>Lookup<\/pre>/);
  assert.equal(gate.log.types().filter((type) => type === 'audit.read').length, reads + 1);

  const auditors = await (await open(`/${id}`, 'augusto')).text();
  assert.ok(!auditors.includes('<pre>') && !auditors.includes('<form'));

  const yes = { effect: 'accept', reason: 'seen' };
  for (const [who, form, status] of [
    ['pia', yes, 400],
    ['pia', { ...yes, csrf: 'csrf-bob' }, 400],
    ['pia', { ...yes, effect: 'else', csrf: 'csrf-pia' }, 400],
    ['pia', { ...yes, reason: ' ', csrf: 'csrf-pia' }, 400],
    ['augusto', { ...yes, csrf: 'csrf-augusto' }, 403],
    ['bob', { ...yes, csrf: 'csrf-bob' }, 404],
  ] as const)
    assert.equal((await open(`/${id}`, who, form)).status, status, JSON.stringify([who, form]));
  assert.equal(gate.tools.changes()[0]?.change.status, 'pending');
  assert.equal(gate.log.types().filter((type) => type === 'auth.refused').length, 2, 'forms of elsewhere');

  const refused = await open(`/${id}`, 'pia', { effect: 'refuse', reason: 'sends data', csrf: 'csrf-pia' });
  assert.deepEqual([refused.status, refused.headers.get('location')], [303, `/tools/${id}`]);
  const shut = await (await open(`/${id}`, 'pia')).text();
  assert.ok(shut.includes('it stays shut') && shut.includes('value="accept"') && !shut.includes('value="refuse"'));
  const accepted = await open(`/${id}`, 'pia', { ...yes, csrf: 'csrf-pia' });
  assert.equal(accepted.headers.get('location'), '/tools?accepted');
  assert.match(await (await open('?accepted', 'pia')).text(), /role="status">Accepted/);
  assert.equal(gate.tools.changes().length, 0);
  const decided = gate.log.stored.filter(({ type }) => type === 'tool.decided');
  assert.deepEqual(
    decided.map(({ subject, data }) => [subject?.id, data?.['effect']]),
    [
      ['pia', 'refuse'],
      ['pia', 'accept'],
    ],
  );
  const over = await open(`/${id}`, 'pia', { ...yes, csrf: 'csrf-pia' });
  assert.equal(over.status, 404, 'a page that was open too long');
});

test('leads from one change to the next, and names what is no tool by its kind', async () => {
  const prompt = await change('sum', { description: 'a' }, { description: 'b' }, { kind: 'prompt' });
  const words = await change('instructions', { text: 'a' }, { text: 'b' }, { kind: 'instructions' });
  const open = pages();
  const html = await (await open(`/${prompt}`, 'pia')).text();
  assert.match(html, /<h1>Prompt sum of ehr-tools<\/h1>/);
  assert.match(html, new RegExp(`href="/tools/${words}">The next one for you to decide`));
  assert.match(await (await open(`/${words}`, 'pia')).text(), /<h1>Instructions of ehr-tools<\/h1>/);
  const [view] = createToolChanges(deps()).list({ subject: people['pia'] ?? subject('pia', []), local: false });
  assert.ok(view);
  const many = Array.from({ length: 201 }, (_, index) => ({ ...view, id: `t_${index}` }));
  const rows = (from: number): number =>
    [...toolChangesPage(many, { from, accepted: false }).matchAll(/href="\/tools\/t_\d+"/g)].length;
  assert.deepEqual([rows(0), rows(200)], [200, 1]);
  assert.match(toolChangesPage(many, { from: 0, accepted: false }), /href="\/tools\?from=200"/);
});

test('an agent decides nothing in the name of a reviewer, nor does a workload', async () => {
  const id = await change('agreed', { description: 'a' }, { description: 'b' });
  const changes = createToolChanges(deps());
  const pia = subject('pia', ['privacy']);
  for (const by of [
    { ...pia, agent: 'claude' },
    { ...pia, kind: 'workload' as const },
  ]) {
    const decided = await changes.decide({ subject: by, local: false }, id, { effect: 'accept', reason: 'fine' });
    assert.equal(decided.ok || decided.error.code, 'not_a_reviewer');
    assert.equal(changes.list({ subject: by, local: false }).find((each) => each.id === id)?.yours, false);
  }
  assert.ok(gate.tools.changes().some(({ change }) => change.id === id));
});

test('names the command line where nobody can sign in with a browser, and nothing of the changes', async () => {
  const id = await change('secretive', { description: 'a' }, { description: 'b' });
  for (const path of ['', `/${id}`]) {
    const html = await (await pages(null)(path)).text();
    assert.ok(html.includes('chartgate tools pending') && !html.includes('secretive'));
  }
});
