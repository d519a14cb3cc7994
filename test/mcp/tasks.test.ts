// Held calls as tasks (MCP 2025-11-25, Tasks): offered where something could be held, never mistaken for anything else
// where not, and bound to the session like any other request.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { eventually } from '../parts/eventually.ts';
import { type ServedFixture, serveFixture } from './fixture-server.ts';
import { at, openGate, type TestGate } from './gate.ts';
import { greet, heardOn, listen, messagesIn, post } from './raw-client.ts';

let gate: TestGate;
let upstream: ServedFixture;
before(async () => {
  upstream = await serveFixture();
  gate = await openGate({ httpUpstream: upstream.url });
});
after(async () => {
  await gate.close();
  await upstream.close();
});

interface Session {
  readonly capabilities: unknown;
  ask(method: string, params?: object): Promise<unknown>;
  /** Answers a request of the gate. */
  reply(id: unknown, result: object): Promise<void>;
  /** Opens the GET stream: what has come on it, while it comes. */
  listen(): Promise<readonly unknown[]>;
}

/** A client that speaks raw JSON-RPC: the SDK of today knows no tasks. */
async function enter(person: string, protocolVersion = '2025-11-25', offered: object = {}): Promise<Session> {
  const url = gate.url('remote');
  const { headers, answer } = await greet(url, protocolVersion, { person, capabilities: offered });
  const said = { person, headers };
  let id = 0;
  return {
    capabilities: at(answer, 'result', 'capabilities'),
    async ask(method, params = {}) {
      const message = messagesIn(await (await post(url, { id: ++id, method, params }, said)).text()).at(-1);
      return at(message, 'result') ?? at(message, 'error');
    },
    async reply(id, result) {
      await (await post(url, { id, result }, said)).text();
    },
    listen: async () => heardOn(await listen(url, said)),
  };
}

const wipe = { name: 'wipe_charts', arguments: {} };

test('a held call is a task: asked for, waited for, decided, fetched once it has run', async () => {
  const ana = await enter('ana');
  assert.deepEqual(at(ana.capabilities, 'tasks'), { list: {}, cancel: {}, requests: { tools: { call: {} } } });
  const { tools } = (await ana.ask('tools/list')) as { tools: object[] };
  const echo = tools.find((tool) => at(tool, 'name') === 'echo');
  assert.equal(at(echo, 'execution', 'taskSupport'), 'optional');

  const created = await ana.ask('tools/call', { ...wipe, task: { ttl: 60_000 } });
  const taskId = String(at(created, 'task', 'taskId'));
  assert.match(taskId, /^[\w-]{32}$/);
  assert.equal(at(created, 'task', 'status'), 'working');
  assert.equal(at(created, 'task', 'ttl'), 60_000);
  await eventually(() => gate.ledger.of('request').some(({ rule }) => rule === 'wipe-held'), 'the held request');
  const waiting = await ana.ask('tasks/get', { taskId });
  assert.match(String(at(waiting, 'statusMessage')), /Waiting for approval a_1: http/);

  const bob = await enter('bob');
  assert.equal(at(await bob.ask('tasks/get', { taskId }), 'code'), -32602, 'nobody else has it');
  assert.equal(at(await (await enter('ana')).ask('tasks/result', { taskId }), 'code'), -32602, 'nor another session');

  const result = ana.ask('tasks/result', { taskId });
  gate.ledger.approve('{"arguments":{},"definition":"' + definitionHeld() + '","tool":"wipe_charts"}');
  const answer = await result;
  assert.equal(at(answer, 'content', 0, 'text'), 'wiped');
  assert.deepEqual(at(answer, '_meta', 'io.modelcontextprotocol/related-task'), { taskId });
  assert.equal(at(await ana.ask('tasks/get', { taskId }), 'status'), 'completed');
  assert.deepEqual(await ana.ask('tasks/result', { taskId }), answer, 'and can be fetched again');
  assert.equal(at(await ana.ask('tasks/cancel', { taskId }), 'code'), -32602, 'what has ended is not canceled');
  assert.equal(at(await ana.ask('tasks/list'), 'tasks', 0, 'taskId'), taskId);
  assert.equal(gate.ledger.spent.length, 1);
});

/** As the held request has it on record. */
function definitionHeld(): string {
  const held = gate.ledger.of('request').findLast(({ rule }) => rule === 'wipe-held');
  return /"definition":"(\w+)"/.exec(held?.text ?? '')?.[1] ?? '';
}

test('a task that is canceled, or not approved in its time, never runs', async () => {
  const spent = gate.ledger.spent.length;
  const ana = await enter('ana');
  const canceled = String(at(await ana.ask('tools/call', { ...wipe, task: {} }), 'task', 'taskId'));
  assert.equal(at(await ana.ask('tasks/cancel', { taskId: canceled }), 'status'), 'cancelled');
  assert.equal(at(await ana.ask('tasks/result', { taskId: canceled }), 'data', 'code'), 'canceled');
  const late = String(at(await ana.ask('tools/call', { ...wipe, task: { ttl: 5_300 } }), 'task', 'taskId'));
  const refused = await ana.ask('tasks/result', { taskId: late });
  assert.equal(at(refused, '_meta', 'chartgate', 'code'), 'approval_required');
  assert.equal(at(await ana.ask('tasks/get', { taskId: late }), 'status'), 'failed');
  const masked = String(at(await ana.ask('tools/call', { name: 'read_chart', task: {} }), 'task', 'taskId'));
  assert.doesNotMatch(JSON.stringify(await ana.ask('tasks/result', { taskId: masked })), /219-09-9999/);
  const brief = String(at(await ana.ask('tools/call', { name: 'read_chart', task: { ttl: 0 } }), 'task', 'taskId'));
  await eventually(() => gate.ledger.spent.length === spent, 'nothing was spent');
  const over = async (): Promise<boolean> => at(await ana.ask('tasks/get', { taskId: brief }), 'code') === -32602;
  await eventually(over, 'its time is over');
  for (let n = 0; n < 20; n++) await ana.ask('tools/call', { name: 'pid', task: {} });
  assert.equal(at(await ana.ask('tools/call', { name: 'pid', task: {} }), 'code'), -32005, 'so many and no more');
});

test('a task whose answer has been fetched makes room for the next, and one that has not stays', async () => {
  const ana = await enter('ana');
  const begin = async (): Promise<string> =>
    String(at(await ana.ask('tools/call', { name: 'pid', task: {} }), 'task', 'taskId'));
  const unfetched = await begin();
  const fetched: string[] = [];
  for (let n = 0; n < 40; n++) {
    const taskId = await begin();
    assert.match(String(at(await ana.ask('tasks/result', { taskId }), 'content', 0, 'text')), /^\d+$/);
    fetched.push(taskId);
  }
  assert.equal(at(await ana.ask('tasks/get', { taskId: fetched[0] ?? '' }), 'code'), -32602, 'the oldest is forgotten');
  assert.match(String(at(await ana.ask('tasks/result', { taskId: unfetched }), 'content', 0, 'text')), /^\d+$/);
});

test('a tool whose calls are never held is offered as it is', async () => {
  const ana = await enter('ana');
  const { tools } = (await ana.ask('tools/list')) as { tools: object[] };
  const supportOf = (name: string): unknown =>
    at(
      tools.find((tool) => at(tool, 'name') === name),
      'execution',
      'taskSupport',
    );
  assert.equal(supportOf('wipe_charts'), 'optional');
  assert.equal(supportOf('read_chart'), undefined);
});

test('what a task says before its answer goes out on the GET stream, masked, and what it becomes', async () => {
  const ana = await enter('ana', '2025-11-25', { elicitation: {} });
  const heard = await ana.listen();
  const asking = String(at(await ana.ask('tools/call', { name: 'ask', task: {} }), 'task', 'taskId'));
  await eventually(() => heard.some((each) => at(each, 'method') === 'elicitation/create'), 'the question');
  const question = heard.find((each) => at(each, 'method') === 'elicitation/create');
  assert.equal(at(question, 'params', 'message'), 'Is it [SSN]?');
  const related = ['params', '_meta', 'io.modelcontextprotocol/related-task', 'taskId'] as const;
  assert.equal(at(question, ...related), asking);
  await ana.reply(at(question, 'id'), { action: 'accept', content: { sure: true } });
  assert.match(JSON.stringify(await ana.ask('tasks/result', { taskId: asking })), /answer: accept/);

  const call = { name: 'progress', task: {}, _meta: { progressToken: 'mine' } };
  const moving = String(at(await ana.ask('tools/call', call), 'task', 'taskId'));
  const statusOf =
    (taskId: string) =>
    (each: unknown): boolean =>
      at(each, 'method') === 'notifications/tasks/status' && at(each, 'params', 'taskId') === taskId;
  await eventually(() => heard.some(statusOf(moving)), 'its end');
  assert.equal(at(heard.find(statusOf(moving)), 'params', 'status'), 'completed');
  const progress = heard.filter((each) => at(each, 'params', 'progressToken') === 'mine');
  assert.equal(progress.length, 3);
  assert.ok(progress.every((each) => at(each, ...related) === moving));
  assert.doesNotMatch(JSON.stringify(heard), /219-09-9999/);

  const held = String(at(await ana.ask('tools/call', { ...wipe, task: {} }), 'task', 'taskId'));
  await eventually(() => heard.some(statusOf(held)), 'that it waits');
  assert.match(String(at(heard.find(statusOf(held)), 'params', 'statusMessage')), /Waiting for approval a_1: http/);
  await ana.ask('tasks/cancel', { taskId: held });
});

test('where no tasks are spoken the wish is ignored, and their methods are unknown', async () => {
  const older = await enter('ana', '2025-06-18');
  assert.equal(at(older.capabilities, 'tasks'), undefined);
  assert.equal(at(await older.ask('tools/call', { name: 'pid', task: {} }), 'content', 0, 'type'), 'text');
  assert.equal(at(await older.ask('tasks/list'), 'code'), -32601);
});
