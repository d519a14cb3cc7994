// The door as real clients meet it: the official SDK as client, the official SDK's servers behind, real HTTP between.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { eventually } from '../parts/eventually.ts';
import { type ServedFixture, serveFixture, ssn } from './fixture-server.ts';
import { at, connect, openGate, type TestGate } from './gate.ts';

describe('an MCP client at the door', () => {
  let gate: TestGate;
  let remote: ServedFixture;
  let json: ServedFixture;
  let jsonGate: TestGate;

  before(async () => {
    remote = await serveFixture();
    json = await serveFixture({ json: true });
    gate = await openGate({ httpUpstream: remote.url });
    jsonGate = await openGate({ httpUpstream: json.url });
  });
  after(async () => {
    await Promise.all([gate.close(), jsonGate.close()]);
    await Promise.all([remote.close(), json.close()]);
  });

  const legs = [
    { name: 'stdio', connection: 'tools', of: () => gate },
    { name: 'HTTP with event streams', connection: 'remote', of: () => gate },
    { name: 'HTTP with JSON replies', connection: 'remote', of: () => jsonGate },
  ];
  for (const leg of legs) {
    it(`sees masked answers of a server over ${leg.name}, each recorded before it left`, async () => {
      await using client = await connect(leg.of(), leg.connection);
      assert.equal(client.getServerVersion()?.name, 'fixture');
      assert.equal(client.getInstructions(), 'Ask kindly.');
      const answers = [
        await client.callTool({ name: 'read_chart' }),
        await client.callTool({ name: 'structured' }),
        await client.callTool({ name: 'json_text' }),
        await client.callTool({ name: 'tool_error' }),
        await client.readResource({ uri: 'chart://one' }),
        await client.getPrompt({ name: 'summarize', arguments: { who: 'him' } }),
      ];
      for (const answer of answers) {
        assert.doesNotMatch(JSON.stringify(answer), /219-09-9999|123-4567|john\.smith/);
        const { ledger } = leg.of();
        const key = JSON.stringify(
          (answer as Record<string, unknown>)['content'] ??
            (answer as Record<string, unknown>)['contents'] ??
            (answer as Record<string, unknown>)['messages'],
        );
        assert.ok(
          ledger.of('response').some((record) => record.text?.includes(key)),
          'the record holds what was released',
        );
      }
      assert.match(JSON.stringify(answers[0]), /Patient.*SSN/);
      assert.equal(at(answers[1], 'structuredContent', 'visits'), 3);
      assert.equal(at(answers[3], 'isError'), true);
    });
  }

  it('passes on the arguments, and what is harmless, as they are', async () => {
    await using client = await connect(gate, 'tools');
    const { content } = await client.callTool({ name: 'echo', arguments: { say: 'grüße 🎈 "quoted"' } });
    assert.deepEqual(content, [{ type: 'text', text: 'you said: grüße 🎈 "quoted"' }]);
  });

  it('lists what this subject may use, and no more', async () => {
    await using client = await connect(gate, 'tools');
    const tools = new Set((await client.listTools()).tools.map((tool) => tool.name));
    assert.ok(tools.has('read_chart'));
    assert.ok(tools.has('wipe_charts'), 'held tools are listed');
    assert.ok(tools.has('echo'), 'a rule that needs the arguments hides nothing');
    assert.ok(!tools.has('secret_export'));
    assert.deepEqual((await client.listResources()).resources.map((each) => each.uri).sort(), [
      'chart://one',
      'chart://scan',
    ]);
    assert.deepEqual(
      (await client.listResourceTemplates()).resourceTemplates.map((each) => each.uriTemplate),
      ['chart://{id}'],
    );
    assert.deepEqual(
      (await client.listPrompts()).prompts.map((each) => each.name),
      ['summarize'],
    );
  });

  it('refuses what policy denies, with the rule and without running it', async () => {
    await using client = await connect(gate, 'tools');
    await assert.rejects(client.callTool({ name: 'secret_export' }), { code: -32003 });
    await assert.rejects(client.callTool({ name: 'echo', arguments: { say: 'secret' } }), /No secrets\./);
    await assert.rejects(client.readResource({ uri: 'secret://one' }), { code: -32003 });
    await assert.rejects(client.getPrompt({ name: 'secret_prompt' }), { code: -32003 });
  });

  it('refuses a tool nobody offers, and writes that down', async () => {
    await using client = await connect(gate, 'tools');
    await assert.rejects(client.callTool({ name: 'no_such_tool' }));
    assert.ok(gate.ledger.of('refused').some((record) => record.code === 'unknown_tool'));
  });

  it('withholds binary content', async () => {
    await using client = await connect(gate, 'tools');
    const picture = JSON.stringify(await client.callTool({ name: 'picture' }));
    const scan = JSON.stringify(await client.readResource({ uri: 'chart://scan' }));
    for (const answer of [picture, scan]) assert.match(answer, /withheld by the gate/);
    assert.doesNotMatch(picture + scan, /iVBOR/);
  });

  it('carries progress and log messages, masked and recorded', async () => {
    await using client = await connect(gate, 'tools');
    const heard: string[] = [];
    client.setNotificationHandler(
      'notifications/message',
      (message) => void heard.push(JSON.stringify(message.params)),
    );
    const progress: unknown[] = [];
    await client.callTool({ name: 'progress' }, { onprogress: (each) => progress.push(each) });
    assert.equal(progress.length, 3);
    await eventually(() => heard.length === 1, 'the log message');
    assert.doesNotMatch(JSON.stringify([progress, heard]), new RegExp(ssn));
    assert.match(heard[0] ?? '', /"n":1/);
    assert.equal(
      gate.ledger.of('response').filter((record) => record.text?.includes('notifications/progress')).length,
      3,
    );
  });

  it('asks the client on behalf of the server, masked, and brings the answer back', async () => {
    await using client = await connect(gate, 'tools', 'ana', { elicitation: {} });
    let question = '';
    client.setRequestHandler('elicitation/create', (request) => {
      question = JSON.stringify(request.params);
      return { action: 'accept', content: { sure: true } };
    });
    const { content } = await client.callTool({ name: 'ask' });
    assert.match(question, /Is it/);
    assert.doesNotMatch(question, new RegExp(ssn));
    assert.deepEqual(content, [{ type: 'text', text: 'answer: accept {"sure":true}' }]);
  });

  it('does not ask a client that cannot answer', async () => {
    await using client = await connect(gate, 'tools');
    const answer = await client.callTool({ name: 'ask' });
    assert.equal(answer.isError, true);
  });

  it('gives the server a clean environment, and the remote server no token of the caller', async () => {
    await using client = await connect(gate, 'tools');
    const answer = await client.callTool({ name: 'environment' });
    const names: string[] = JSON.parse(String(at(answer.content, 0, 'text')));
    assert.ok(names.includes('CONFIGURED'));
    assert.deepEqual(
      names.filter((name) => !/^(CONFIGURED|PATH|HOME|LANG|TZ|TMPDIR|NODE.*)$/.test(name)),
      [],
    );
    await using other = await connect(gate, 'remote');
    await other.ping();
    assert.ok(remote.seen.length > 0);
    for (const headers of remote.seen) assert.equal(headers['authorization'], 'Bearer of-the-gate');
  });

  it('runs one request at a time where SQL has to be attributed, and names it', async () => {
    await using client = await connect(gate, 'serial');
    const session = gate.ledger.of('start').at(-1)?.session ?? '';
    const running = new Set<string>();
    const calls = [1, 2, 3].map(() => client.callTool({ name: 'slow', arguments: { ms: 80 } }));
    const watch = setInterval(() => running.add(gate.door.activeRequest(session) ?? ''), 5);
    await Promise.all(calls);
    clearInterval(watch);
    const asked = gate.ledger
      .of('request')
      .filter((record) => record.session === session && record.rule === 'read-tools');
    assert.deepEqual([...running].filter(Boolean).sort(), asked.map((record) => record.request ?? '').sort());
    assert.equal(gate.door.activeRequest(session), undefined);
  });

  it('keeps sessions and their processes apart', async () => {
    await using one = await connect(gate, 'tools', 'ana');
    await using two = await connect(gate, 'tools', 'bob');
    const [a, b] = [await one.callTool({ name: 'pid' }), await two.callTool({ name: 'pid' })];
    assert.notDeepEqual(a.content, b.content);
  });
});
