// Held calls: they wait, they say so, they run once when exactly they were approved, and never for a client that left.

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { eventually } from '../parts/eventually.ts';
import { at, connect, connectStateless, openGate, type TestGate } from './gate.ts';
import { greet, post } from './raw-client.ts';

describe('a held tools/call', () => {
  let gate: TestGate;
  let act = '';
  before(async () => {
    gate = await openGate();
  });
  after(() => gate.close());
  beforeEach(() => {
    gate.ledger.spent.length = 0;
    gate.ledger.approved.clear();
    gate.ledger.patienceMs = 400;
  });

  const held = (): string | undefined =>
    gate.ledger.of('request').findLast((record) => record.rule === 'wipe-held')?.text;

  it('ends as a result that names the approval, when nobody decides', async () => {
    await using client = await connect(gate, 'tools');
    const result = await client.callTool({ name: 'wipe_charts' });
    assert.equal(result.isError, true);
    assert.match(JSON.stringify(result.content), /a_1.*approvals\/a_1.*same arguments/);
    act = held() ?? '';
    assert.deepEqual(Object.keys(JSON.parse(act)), ['arguments', 'definition', 'tool']);
  });

  it('tells a client with a progress token what it waits for, and runs once approved', async () => {
    await using client = await connect(gate, 'tools');
    gate.ledger.patienceMs = 60_000;
    const messages: (string | undefined)[] = [];
    const call = client.callTool({ name: 'wipe_charts' }, { onprogress: ({ message }) => messages.push(message) });
    await eventually(() => messages.length > 0, 'progress while held');
    assert.match(messages[0] ?? '', /a_1.*approvals\/a_1/);
    gate.ledger.approve(act);
    const result = await call;
    assert.deepEqual(result.content, [{ type: 'text', text: 'wiped' }]);
    assert.deepEqual(gate.ledger.spent, [act]);
  });

  it('runs on a retry with the same arguments, once, and not with others', async () => {
    await using client = await connect(gate, 'tools');
    gate.ledger.approve(act);
    const other = await client.callTool({ name: 'wipe_charts', arguments: { all: true } });
    assert.equal(other.isError, true);
    assert.equal((await client.callTool({ name: 'wipe_charts' })).isError, undefined);
    assert.equal((await client.callTool({ name: 'wipe_charts' })).isError, true);
    assert.equal(gate.ledger.spent.length, 1);
  });

  it('is a URL for a client that shows people URLs, which hears of the decision', async () => {
    await using client = await connect(gate, 'tools', 'ana', { elicitation: { url: {} } });
    const complete: string[] = [];
    client.setNotificationHandler('notifications/elicitation/complete', ({ params }) => {
      complete.push(params.elicitationId);
    });
    await assert.rejects(
      client.callTool({ name: 'wipe_charts' }),
      (error: Error & { code?: number; data?: unknown }) => {
        assert.equal(error.code, -32042);
        const [elicitation] = [at(error.data, 'elicitations', 0)];
        assert.equal(at(elicitation, 'mode'), 'url');
        assert.equal(at(elicitation, 'elicitationId'), 'a_1');
        assert.equal(at(elicitation, 'url'), `${gate.origin}/approvals/a_1`);
        return true;
      },
    );
    assert.deepEqual(complete, []);
    // Copilot without a terminal says "was not accepted", and no more, to its agent: which calls again.
    const again = await client.callTool({ name: 'wipe_charts' });
    assert.equal(again.isError, true);
    assert.match(JSON.stringify(again.content), /a_1.*approvals\/a_1.*same arguments.*approval_status/);
    gate.ledger.approve(act);
    await eventually(() => complete.length > 0, 'the notification');
    assert.deepEqual(complete, ['a_1']);
    assert.deepEqual((await client.callTool({ name: 'wipe_charts' })).content, [{ type: 'text', text: 'wiped' }]);
  });

  it('is no URL in a version that has none, whatever the client declares', async () => {
    // As Codex 0.169 introduces itself.
    const { headers } = await greet(gate.url('tools'), '2025-06-18', {
      capabilities: { elicitation: { form: {}, url: {} } },
      clientInfo: { name: 'codex-mcp-client', version: '0.169.0' },
    });
    const call = { id: 1, method: 'tools/call', params: { name: 'wipe_charts' } };
    const called = await post(gate.url('tools'), call, { headers });
    const { result } = (await called.json()) as { readonly result: unknown };
    assert.equal(at(result, 'isError'), true);
    assert.match(JSON.stringify(at(result, 'content')), /a_1.*approvals\/a_1.*same arguments/);
  });

  // Claude Code without a terminal answers `cancel` by itself; others open the page and come again at once. Each gives up
  // after ten rounds, with an error of its own.
  for (const action of ['cancel', 'decline', 'accept'] as const) {
    it(`2026-07-28: asks for its page once; after ${action}, the result names the approval`, async () => {
      await using client = await connectStateless(gate, 'tools', 'ana', { elicitation: { url: {} } });
      const asked: unknown[] = [];
      client.setRequestHandler('elicitation/create', ({ params }) => {
        asked.push(at(params, 'url'));
        // From now on nobody could wait for long; whoever put the page away does not wait at all.
        gate.ledger.patienceMs = action === 'accept' ? 100 : 60_000;
        return { action };
      });
      const result = await client.callTool({ name: 'wipe_charts' });
      assert.deepEqual(asked, [`${gate.origin}/approvals/a_1`]);
      assert.equal(result.isError, true);
      assert.match(JSON.stringify(result.content), /a_1.*approvals\/a_1.*same arguments/);
      assert.equal(at(result, '_meta', 'chartgate', 'approval'), 'a_1');
      assert.deepEqual(gate.ledger.spent, []);
      gate.ledger.approve(act);
      assert.deepEqual((await client.callTool({ name: 'wipe_charts' })).content, [{ type: 'text', text: 'wiped' }]);
      assert.equal(asked.length, 1);
    });
  }

  it('2026-07-28: runs while its person is on the page', async () => {
    await using client = await connectStateless(gate, 'tools', 'ana', { elicitation: { url: {} } });
    client.setRequestHandler('elicitation/create', () => {
      gate.ledger.approve(act);
      return { action: 'accept' };
    });
    assert.deepEqual((await client.callTool({ name: 'wipe_charts' })).content, [{ type: 'text', text: 'wiped' }]);
    assert.deepEqual(gate.ledger.spent, [act]);
  });

  it('can be asked about by whoever made it, without a call that runs', async () => {
    await using client = await connect(gate, 'tools');
    const { tools } = await client.listTools();
    assert.ok(tools.some(({ name, annotations }) => name === 'approval_status' && annotations?.readOnlyHint));
    const ask = async (by = client) => by.callTool({ name: 'approval_status', arguments: { approval: 'a_1' } });
    assert.deepEqual((await ask()).structuredContent, { status: 'requested' });
    gate.ledger.approve(act);
    const approved = await ask();
    assert.deepEqual(approved.structuredContent, { status: 'approved' });
    assert.match(JSON.stringify(approved.content), /Call the held tool again with exactly the same arguments/);
    await using other = await connect(gate, 'tools', 'bob');
    assert.equal((await ask(other)).isError, true, 'of somebody else');
    assert.equal(gate.ledger.of('request').at(-1)?.rule, 'builtin:approval_status');
    assert.deepEqual(gate.ledger.spent, []);
  });

  it('never runs after the client canceled', async () => {
    await using client = await connect(gate, 'tools');
    gate.ledger.patienceMs = 60_000;
    const canceled = gate.ledger.canceled;
    const before = gate.ledger.calls('wipe_charts');
    const controller = new AbortController();
    const call = client.callTool({ name: 'wipe_charts' }, { signal: controller.signal });
    await eventually(() => gate.ledger.calls('wipe_charts') > before, 'the hold');
    controller.abort();
    await assert.rejects(call);
    // The client gives up at once; its word has to arrive.
    await eventually(() => gate.ledger.canceled > canceled, 'the end of the hold');
    gate.ledger.approve(act);
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.deepEqual(gate.ledger.spent, []);
  });

  it('never runs after the client hung up', async () => {
    await using client = await connect(gate, 'tools');
    const session = client.transport?.sessionId ?? '';
    gate.ledger.patienceMs = 60_000;
    const canceled = gate.ledger.canceled;
    const before = gate.ledger.calls('wipe_charts');
    const controller = new AbortController();
    const call = post(
      gate.url('tools'),
      { id: 'raw', method: 'tools/call', params: { name: 'wipe_charts' } },
      { headers: { 'mcp-session-id': session }, signal: controller.signal },
    );
    await eventually(() => gate.ledger.calls('wipe_charts') > before, 'the hold');
    controller.abort();
    await assert.rejects(call);
    await eventually(() => gate.ledger.canceled > canceled, 'the end of the hold');
    gate.ledger.approve(act);
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.deepEqual(gate.ledger.spent, []);
  });
});
