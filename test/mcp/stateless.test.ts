// MCP 2026-07-28 at the door: clients without sessions, in front of servers with them. The same decisions, masks and records.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Client } from '@modelcontextprotocol/client';
import { inputRequired, McpServer } from '@modelcontextprotocol/server';
import { eventually } from '../parts/eventually.ts';
import { phiText, type ServedFixture, serveFixture, ssn } from './fixture-server.ts';
import { at, connect, connectStateless, giveUp, openGate, type TestGate } from './gate.ts';
import { post as postTo } from './raw-client.ts';

const version = '2026-07-28';
const meta = {
  'io.modelcontextprotocol/protocolVersion': version,
  'io.modelcontextprotocol/clientInfo': { name: 'raw', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
};

/** One POST, its headers repeating its body unless told otherwise. */
async function post(
  gate: TestGate,
  method: string,
  params: Readonly<Record<string, unknown>>,
  headers: Readonly<Record<string, string>> = {},
  connection = 'tools',
): Promise<{ readonly status: number; readonly answer: unknown }> {
  const name = params['name'] ?? params['uri'];
  const message = { id: 1, method, params: { _meta: meta, ...params } };
  const response = await postTo(gate.url(connection), message, {
    headers: {
      'mcp-protocol-version': version,
      'mcp-method': method,
      ...(typeof name === 'string' ? { 'mcp-name': name } : {}),
      ...headers,
    },
  });
  return { status: response.status, answer: await response.json() };
}

/** Of the fixture, by each of its methods; each is on record as it was told. */
async function answersAreMasked(gate: TestGate, client: Client): Promise<void> {
  const answers = [
    await client.callTool({ name: 'read_chart' }),
    await client.callTool({ name: 'structured' }),
    await client.callTool({ name: 'tool_error' }),
    await client.readResource({ uri: 'chart://one' }),
    await client.getPrompt({ name: 'summarize', arguments: { who: 'him' } }),
  ];
  for (const answer of answers) {
    assert.doesNotMatch(JSON.stringify(answer), /219-09-9999|123-4567|john\.smith/);
    const told = at(answer, 'content') ?? at(answer, 'contents') ?? at(answer, 'messages');
    assert.ok(gate.ledger.of('response').some((record) => record.text?.includes(JSON.stringify(told))));
  }
  assert.equal(at(answers[1], 'structuredContent', 'visits'), 3);
  const { tools } = await client.listTools();
  assert.ok(tools.some((tool) => tool.name === 'read_chart'));
  assert.ok(!tools.some((tool) => tool.name === 'secret_export'));
}

describe('a client without sessions', () => {
  let gate: TestGate;
  let remote: ServedFixture;
  before(async () => {
    remote = await serveFixture();
    gate = await openGate({ httpUpstream: remote.url });
  });
  after(async () => {
    await gate.close();
    await remote.close();
  });

  for (const connection of ['tools', 'remote']) {
    it(`sees masked answers of ${connection}, each recorded before it left`, async () => {
      await using client = await connectStateless(gate, connection);
      assert.equal(client.getProtocolEra(), 'modern');
      assert.equal(client.getServerVersion()?.name, 'fixture');
      await answersAreMasked(gate, client);
      await assert.rejects(client.callTool({ name: 'secret_export' }), /No rule/);
    });
  }

  it('shares one server among the requests of one client, and with nobody else', async () => {
    const pid = async (person: string): Promise<unknown> => {
      await using client = await connectStateless(gate, 'tools', person);
      const [one, two] = await Promise.all([client.callTool({ name: 'pid' }), client.callTool({ name: 'pid' })]);
      assert.deepEqual(one.content, two.content);
      return at(one.content, 0, 'text');
    };
    const [ana, bob] = [await pid('ana'), await pid('bob')];
    assert.notEqual(ana, bob);
    assert.equal(await pid('ana'), ana, 'a client that comes again finds it');
    await assert.rejects(connectStateless(gate, 'tools', 'eve'));
    await gate.door.closeWhere(({ id }) => id === 'ana', 'revoked');
    assert.notEqual(await pid('ana'), ana, 'and after a revocation, a new one');
  });

  it('names the version, capabilities and lifetime of what it answers', async () => {
    const { answer } = await post(gate, 'server/discover', {});
    assert.deepEqual(at(answer, 'result', 'supportedVersions', 0), version);
    assert.equal(at(answer, 'result', 'resultType'), 'complete');
    assert.equal(at(answer, 'result', 'instructions'), 'Ask kindly.');
    assert.equal(at(answer, 'result', 'capabilities', 'tools', 'listChanged'), true);
    const list = await post(gate, 'tools/list', {});
    assert.equal(at(list.answer, 'result', 'cacheScope'), 'private');
    assert.equal(at(list.answer, 'result', '_meta', 'io.modelcontextprotocol/serverInfo', 'name'), 'fixture');
  });

  const faults: [string, number, number, () => ReturnType<typeof post>][] = [
    ['another method in the header', 400, -32020, () => post(gate, 'tools/list', {}, { 'mcp-method': 'tools/call' })],
    ['another tool in the header', 400, -32020, () => post(gate, 'tools/call', { name: 'pid' }, { 'mcp-name': 'die' })],
    [
      'a name that cannot be read',
      400,
      -32020,
      () => post(gate, 'tools/call', { name: 'pid' }, { 'mcp-name': '=?base64?_?=' }),
    ],
    [
      'another version in the header',
      400,
      -32020,
      () => post(gate, 'tools/list', {}, { 'mcp-protocol-version': '2025-11-25' }),
    ],
    ['no envelope', 400, -32602, () => post(gate, 'tools/list', { _meta: {} })],
    [
      'no capabilities',
      400,
      -32602,
      () => post(gate, 'tools/list', { _meta: { ...meta, 'io.modelcontextprotocol/clientCapabilities': undefined } }),
    ],
    [
      'a version nobody speaks',
      400,
      -32022,
      () =>
        post(
          gate,
          'tools/list',
          { _meta: { ...meta, 'io.modelcontextprotocol/protocolVersion': '2031-01-01' } },
          { 'mcp-protocol-version': '2031-01-01' },
        ),
    ],
    ['a method that went with the session', 404, -32601, () => post(gate, 'ping', {})],
    ['initialize', 404, -32601, () => post(gate, 'initialize', {})],
  ];
  for (const [what, status, code, send] of faults) {
    it(`is refused ${what}`, async () => {
      const got = await send();
      assert.deepEqual([got.status, at(got.answer, 'error', 'code')], [status, code], JSON.stringify(got.answer));
    });
  }

  it('reads a name that a header can only carry encoded', async () => {
    const name = 'grüße';
    const encoded = `=?base64?${Buffer.from(name).toString('base64')}?=`;
    const { answer } = await post(gate, 'tools/call', { name }, { 'mcp-name': encoded });
    assert.equal(at(answer, 'error', 'data', 'code'), 'unknown_tool');
  });

  it('is told the versions there are', async () => {
    const [envelope, header] = [{ ...meta, 'io.modelcontextprotocol/protocolVersion': '2031-01-01' }, '2031-01-01'];
    const { answer } = await post(gate, 'tools/list', { _meta: envelope }, { 'mcp-protocol-version': header });
    assert.deepEqual(at(answer, 'error', 'data', 'supported'), [version, '2025-11-25', '2025-06-18', '2025-03-26']);
  });

  it('repeats in headers the arguments a tool declares, or is refused', async () => {
    const params = { name: 'by_header', arguments: { ward: 'Ost ä' } };
    for (const said of [undefined, 'West', '=?base64?%?=']) {
      const got = await post(gate, 'tools/call', params, said === undefined ? {} : { 'mcp-param-ward': said });
      assert.deepEqual([got.status, at(got.answer, 'error', 'code')], [400, -32020]);
      assert.match(String(at(got.answer, 'error', 'message')), /Mcp-Param-ward/);
    }
    const right = `=?base64?${Buffer.from('Ost ä').toString('base64')}?=`;
    const { answer } = await post(gate, 'tools/call', params, { 'mcp-param-ward': right });
    assert.equal(at(answer, 'result', 'content', 0, 'text'), 'ward Ost ä');
  });

  it('has no stream and no session to end', async () => {
    for (const method of ['GET', 'DELETE']) {
      const headers = { authorization: 'Bearer ana', 'mcp-protocol-version': version };
      assert.equal((await fetch(gate.url('tools'), { method, headers })).status, 405);
    }
  });

  it('gets progress and, where it asks, log messages; masked', async () => {
    await using client = await connectStateless(gate, 'tools');
    const seen: unknown[] = [];
    client.setNotificationHandler('notifications/message', ({ params }) => void seen.push(params));
    await client.callTool({ name: 'progress' }, { onprogress: (progress) => void seen.push(progress) });
    assert.equal(seen.length, 3, 'no log message was asked for');
    assert.doesNotMatch(JSON.stringify(seen), new RegExp(ssn));
  });

  it('cancels by hanging up', async () => {
    await using client = await connectStateless(gate, 'tools');
    const ended = gate.ledger.of('end').length;
    await giveUp(gate, client, { name: 'slow', arguments: { ms: 120_000 } });
    await eventually(
      () =>
        gate.ledger
          .of('end')
          .slice(ended)
          .some((record) => record.status === 'canceled'),
      'the call is recorded as canceled',
    );
  });

  it('lives beside clients with sessions', async () => {
    await using stateless = await connectStateless(gate, 'tools');
    await using session = await connect(gate, 'tools');
    assert.equal(session.getProtocolEra(), 'legacy');
    const pids = await Promise.all([stateless, session].map(async (client) => client.callTool({ name: 'pid' })));
    assert.notDeepEqual(pids[0]?.content, pids[1]?.content);
  });

  it('is held and let go as any other', async () => {
    await using client = await connectStateless(gate, 'tools');
    const held = await client.callTool({ name: 'wipe_charts' });
    assert.equal(held.isError, true);
    const act = gate.ledger.of('request').findLast((record) => record.rule === 'wipe-held')?.text ?? '';
    gate.ledger.approve(act);
    assert.equal(at((await client.callTool({ name: 'wipe_charts' })).content, 0, 'text'), 'wiped');
  });
});

describe('a server without sessions', () => {
  let gate: TestGate;
  let remote: ServedFixture;
  before(async () => {
    remote = await serveFixture({ stateless: true });
    gate = await openGate({ httpUpstream: remote.url });
  });
  after(async () => {
    await gate.close();
    await remote.close();
  });

  const clients = [
    { name: 'a client with sessions', open: () => connect(gate, 'remote') },
    { name: 'a client without', open: () => connectStateless(gate, 'remote') },
  ];
  for (const { name, open } of clients) {
    it(`answers ${name}, masked and recorded`, async () => {
      await using client = await open();
      assert.equal(client.getServerVersion()?.name, 'fixture');
      assert.equal(client.getInstructions(), 'Ask kindly.');
      await answersAreMasked(gate, client);
      const progress: unknown[] = [];
      await client.callTool({ name: 'progress' }, { onprogress: (each) => void progress.push(each) });
      assert.equal(progress.length, 3);
      assert.doesNotMatch(JSON.stringify(progress), new RegExp(ssn));
    });
  }

  it('is sent headers that repeat the body, the credential of the gate, and nothing of the caller', async () => {
    await using client = await connect(gate, 'remote');
    await client.callTool({ name: 'pid' });
    const headers = remote.seen.findLast((each) => each['mcp-method'] === 'tools/call');
    assert.equal(headers?.['mcp-name'], 'pid');
    assert.equal(headers?.['mcp-protocol-version'], version);
    assert.equal(headers?.['mcp-session-id'], undefined);
    await client.callTool({ name: 'by_header', arguments: { ward: 'Nord' } });
    assert.equal(remote.seen.at(-1)?.['mcp-param-ward'], 'Nord');
    assert.equal(headers?.['authorization'], 'Bearer of-the-gate');
    assert.ok(!remote.seen.some((each) => each['mcp-method'] === 'initialize'));
  });

  it('learns that a call is canceled by the end of its connection', async () => {
    await using client = await connect(gate, 'remote');
    const ended = gate.ledger.of('end').length;
    await giveUp(gate, client, { name: 'slow', arguments: { ms: 120_000 } });
    await eventually(
      () =>
        gate.ledger
          .of('end')
          .slice(ended)
          .some((record) => record.status === 'canceled'),
      'the call is recorded as canceled',
    );
    assert.ok(!remote.seen.some((each) => each['mcp-method'] === 'notifications/cancelled'));
  });
});

describe('what a server speaks', () => {
  it('is found out over stdio too, for clients with sessions and without', async () => {
    const program = fileURLToPath(new URL('stateless-process.ts', import.meta.url));
    const gate = await openGate({ command: [process.execPath, program] });
    try {
      for (const open of [connect, connectStateless]) {
        await using client = await open(gate, 'other');
        assert.equal(client.getServerVersion()?.name, 'fixture');
        const answer = await client.callTool({ name: 'read_chart' });
        assert.match(JSON.stringify(answer.content), /Patient/);
        assert.doesNotMatch(JSON.stringify(answer.content), new RegExp(ssn));
      }
    } finally {
      await gate.close();
    }
  });

  it('is asked once for a connection, not for every session', async () => {
    const remote = await serveFixture();
    const gate = await openGate({ httpUpstream: remote.url });
    try {
      for (let session = 0; session < 3; session++) {
        await using client = await connectStateless(gate, 'remote', session === 1 ? 'bob' : 'ana');
        await client.callTool({ name: 'pid' });
        await gate.door.closeWhere(() => true, 'again');
      }
      assert.equal(remote.seen.filter((each) => each['mcp-method'] === 'server/discover').length, 1);
    } finally {
      await gate.close();
      await remote.close();
    }
  });
});

describe('a server that asks for input', () => {
  /** What it was told, and the state it got back. */
  const heard: unknown[] = [];
  const create = (): McpServer => {
    const server = new McpServer({ name: 'asker', version: '1' });
    server.registerTool('confirm', { annotations: { readOnlyHint: true } }, ({ mcpReq }) => {
      const answer = mcpReq.inputResponses?.['of John Smith'];
      if (answer === undefined) {
        return inputRequired({
          inputRequests: {
            'of John Smith': inputRequired.elicit({
              message: `Is it ${ssn}?`,
              requestedSchema: { type: 'object', properties: { note: { type: 'string' } } },
            }),
          },
          requestState: `state of ${ssn}`,
        });
      }
      heard.push(answer, mcpReq.requestState());
      return { content: [{ type: 'text', text: 'confirmed' }] };
    });
    return server;
  };
  let gate: TestGate;
  let remote: ServedFixture;
  before(async () => {
    remote = await serveFixture({ stateless: true, create });
    gate = await openGate({ httpUpstream: remote.url });
  });
  after(async () => {
    await gate.close();
    await remote.close();
  });

  const elicits = { ...meta, 'io.modelcontextprotocol/clientCapabilities': { elicitation: { form: {} } } };
  const ask = (more: Readonly<Record<string, unknown>> = {}): ReturnType<typeof post> =>
    post(gate, 'tools/call', { name: 'confirm', _meta: elicits, ...more }, {}, 'remote');
  const response = { action: 'accept', content: { note: phiText } };

  it('is answered by a client without sessions, masked both ways', async () => {
    await using client = await connectStateless(gate, 'remote', 'ana', { elicitation: { form: {} } });
    const asked: string[] = [];
    client.setRequestHandler('elicitation/create', ({ params }) => {
      asked.push(params.message);
      return response as { action: 'accept'; content: { note: string } };
    });
    assert.equal(at((await client.callTool({ name: 'confirm' })).content, 0, 'text'), 'confirmed');
    assert.equal(asked.length, 1);
    assert.doesNotMatch(JSON.stringify(asked), new RegExp(ssn));
    assert.doesNotMatch(JSON.stringify(heard[0]), /219-09-9999|john\.smith/);
    assert.equal(at(heard[0], 'action'), 'accept');
    assert.equal(heard[1], `state of ${ssn}`, 'the server gets its state back as it was');
  });

  it('has its state and its names kept by the gate, good once and for the same request', async () => {
    const { answer } = await ask();
    assert.doesNotMatch(JSON.stringify(answer), /219-09-9999|John Smith/);
    const requestState = at(answer, 'result', 'requestState');
    const inputResponses = { 'input-1': response };
    const altered = await ask({ requestState, inputResponses, arguments: { other: 1 } });
    assert.equal(at(altered.answer, 'error', 'code'), -32602);
    const spent = await ask({ requestState, inputResponses });
    assert.equal(at(spent.answer, 'error', 'code'), -32602, 'a token that was tried elsewhere is gone');
    const again = at((await ask()).answer, 'result', 'requestState');
    const unasked = await ask({ requestState: again, inputResponses: { 'input-2': response } });
    assert.equal(at(unasked.answer, 'result', 'resultType'), 'input_required', 'an answer to no question is none');
    const third = at((await ask()).answer, 'result', 'requestState');
    const stranger = await post(
      gate,
      'tools/call',
      { name: 'confirm', _meta: elicits, requestState: third, inputResponses },
      { authorization: 'Bearer bob' },
      'remote',
    );
    assert.equal(at(stranger.answer, 'error', 'code'), -32602, 'a token is for its subject');
    const right = await ask({ requestState: third, inputResponses });
    assert.equal(at(right.answer, 'result', 'content', 0, 'text'), 'confirmed');
  });

  it('is not answered for a client that did not offer to, or that has a session', async () => {
    for (const open of [connectStateless, connect]) {
      await using client = await open(gate, 'remote');
      const result = await client.callTool({ name: 'confirm' }).then(
        (each) => each.isError === true,
        () => true,
      );
      assert.equal(result, true);
    }
  });
});
