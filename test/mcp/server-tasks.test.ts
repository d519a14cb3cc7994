// A tool that runs as a task of its server and no other way, called by clients that know of no task.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { eventually } from '../parts/eventually.ts';
import { at, connect, connectStateless, openGate, type TestGate } from './gate.ts';

const ssn = '219-09-9999';
const related = 'io.modelcontextprotocol/related-task';

/** What is called, and what it is asked about tasks, it tells on stderr; a call without one it refuses. */
const script = `
  const say = (message) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\\n');
  const _meta = { '${related}': { taskId: 'theirs' } };
  const tool = (name) => ({ name, inputSchema: { type: 'object' }, annotations: { readOnlyHint: true }, execution: { taskSupport: 'required' } });
  let awaited, token, asked, late;
  const answer = (text) => say({ id: awaited, result: { content: [{ type: 'text', text }], _meta } });
  require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
    const { id, method, params, result } = JSON.parse(line);
    if (method === 'tools/call') process.stderr.write(method + ' ' + params.name + '\\n');
    if (method?.startsWith('tasks/')) process.stderr.write(method + ' ' + params.taskId + '\\n');
    if (method === 'initialize') say({ id, result: { protocolVersion: '2025-11-25', capabilities: { tools: {}, tasks: {} }, serverInfo: { name: 'x', version: '1' } } });
    else if (method === 'tools/list') say({ id, result: { tools: ['research', 'asks', 'lasts', 'fails', 'forgets', 'begins_late'].map(tool) } });
    else if (method === 'tools/call' && params.name === 'begins_late') late = id;
    else if (method === 'tools/call' && params.name === 'forgets') {
      if (late !== undefined) say({ id: late, result: { task: { taskId: 'late', status: 'working', ttl: 1, createdAt: '2026-01-01T00:00:00Z', lastUpdatedAt: '2026-01-01T00:00:00Z' } } });
      say({ id, result: { content: [{ type: 'text', text: 'no task' }] } });
    } else if (method === 'tools/call' && !params.task) say({ id, error: { code: -32601, message: 'as a task' } });
    else if (method === 'tools/call') {
      asked = params.name;
      token = params._meta?.progressToken;
      const task = { taskId: 'theirs', status: 'working', ttl: params.task.ttl, createdAt: '2026-01-01T00:00:00Z', lastUpdatedAt: '2026-01-01T00:00:00Z' };
      say({ id, result: { task } });
    } else if (method === 'tasks/result') {
      awaited = id;
      if (token !== undefined) say({ method: 'notifications/progress', params: { progressToken: token, progress: 1, message: 'row of ${ssn}', _meta } });
      if (asked === 'research') answer('SSN ${ssn}');
      if (asked === 'fails') say({ id, error: { code: -32000, message: 'no chart for ${ssn}' } });
      if (asked === 'asks') say({ id: 'q', method: 'elicitation/create', params: { message: 'Is it ${ssn}?', requestedSchema: { type: 'object', properties: {} }, _meta } });
    } else if (id === 'q') answer('answer: ' + result.action);
    else if (method === 'tasks/cancel') say({ id, result: {} });
  });`;

describe('a tool that its server runs as a task', () => {
  let gate: TestGate;
  before(async () => {
    gate = await openGate({ command: [process.execPath, '-e', script] });
  });
  after(() => gate.close());

  for (const [kind, enter] of Object.entries({ 'with a session': connect, 'without one': connectStateless })) {
    it(`is listed and called like any other, masked, by a client ${kind}`, async () => {
      await using client = await enter(gate, 'other');
      const { tools } = await client.listTools();
      const research = tools.find(({ name }) => name === 'research');
      assert.ok(research);
      assert.doesNotMatch(JSON.stringify(research), /required/);
      const messages: unknown[] = [];
      const onprogress = (said: object): void => void messages.push(at(said, 'message'));
      const result = await client.callTool({ name: 'research' }, { onprogress });
      assert.deepEqual(result.content, [{ type: 'text', text: 'SSN [SSN]' }]);
      assert.equal(at(result, '_meta', related), undefined, 'the task is none of the client');
      assert.deepEqual(messages, ['row of [SSN]']);
      assert.equal(at(await client.callTool({ name: 'forgets' }), 'content', 0, 'text'), 'no task');
      await assert.rejects(client.callTool({ name: 'fails' }), /no chart for \[SSN\]/);
    });
  }

  it('may ask its client', async () => {
    await using client = await connect(gate, 'other', 'ana', { elicitation: { form: {} } });
    let question: unknown;
    client.setRequestHandler('elicitation/create', ({ params }) => {
      question = params;
      return { action: 'decline' };
    });
    assert.equal(at(await client.callTool({ name: 'asks' }), 'content', 0, 'text'), 'answer: decline');
    assert.equal(at(question, 'message'), 'Is it [SSN]?');
    assert.equal(at(question, '_meta', related), undefined);
  });

  const told = (line: string): Promise<void> =>
    eventually(() => gate.ledger.stderr.some((each) => each.includes(line)), `the server told of ${line}`);

  it('is canceled with the call', async () => {
    await using client = await connect(gate, 'other');
    const patience = new AbortController();
    const call = client.callTool({ name: 'lasts' }, { signal: patience.signal });
    await told('tools/call lasts');
    patience.abort();
    await assert.rejects(call);
    await told('tasks/cancel theirs');
  });

  it('is canceled with the call that was given up before it had begun', async () => {
    await using client = await connect(gate, 'other');
    const patience = new AbortController();
    const call = client.callTool({ name: 'begins_late' }, { signal: patience.signal });
    await told('tools/call begins_late');
    patience.abort();
    await assert.rejects(call);
    const { request } = gate.ledger.of('request').findLast(({ text }) => text?.includes('begins_late')) ?? {};
    await eventually(
      () => gate.ledger.of('end').some((each) => each.request === request && each.status === 'canceled'),
      'the end of the call',
    );
    await client.callTool({ name: 'forgets' });
    await told('tasks/cancel late');
  });
});
