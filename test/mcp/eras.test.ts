// What a server asks of a client when the two speak different versions of MCP: elicitation, sampling and roots, with sessions
// and without, masked both ways, in each of the four combinations.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { inputRequired, McpServer } from '@modelcontextprotocol/server';
import { eventually } from '../parts/eventually.ts';
import { answering } from './answering.ts';
import { phiText, type ServedFixture, serveFixture, ssn } from './fixture-server.ts';
import { at, connect, connectStateless, openGate, type TestGate } from './gate.ts';
import { post } from './raw-client.ts';

const noPhi = new RegExp(`${ssn}|John Smith|john\\.smith@`);
const readOnly = { annotations: { readOnlyHint: true } };
const said = (text: string) => ({ content: [{ type: 'text' as const, text }] });
const schema = { type: 'object', properties: { comment: { type: 'string' } } } as const;
const words = { role: 'user' as const, content: { type: 'text' as const, text: phiText } };

/** What the server was answered, as it got it. */
const heard: unknown[] = [];

/** Asks in requests of its own. */
function createAsking(): McpServer {
  const server = new McpServer({ name: 'asking', version: '1' });
  server.registerTool('elicit', readOnly, async ({ mcpReq }) => {
    heard.push(await mcpReq.elicitInput({ message: `Whose chart is ${ssn}?`, requestedSchema: schema }));
    return said('asked');
  });
  server.registerTool('sample', readOnly, async ({ mcpReq }) => {
    heard.push(await mcpReq.requestSampling({ messages: [words], maxTokens: 9 }));
    return said('asked');
  });
  server.registerTool('roots', readOnly, async ({ mcpReq }) => {
    heard.push(await mcpReq.send({ method: 'roots/list' }));
    return said('asked');
  });
  server.registerTool('twice', readOnly, async ({ mcpReq }) => {
    for (const step of ['first', 'second']) {
      heard.push(await mcpReq.elicitInput({ message: step, requestedSchema: schema }));
    }
    return said('asked');
  });
  server.registerTool('both', readOnly, async ({ mcpReq }) => {
    const ask = (message: string) => mcpReq.elicitInput({ message, requestedSchema: schema });
    heard.push(...(await Promise.all([ask('left'), ask('right')])));
    return said('asked');
  });
  server.registerTool('wipe_asking', { annotations: { destructiveHint: true } }, async ({ mcpReq }) => {
    heard.push(await mcpReq.elicitInput({ message: 'Sure?', requestedSchema: schema }));
    return said('wiped');
  });
  return server;
}

/** Requires input in its results. */
function createRequiring(): McpServer {
  const server = new McpServer({ name: 'requiring', version: '1' });
  const legs = {
    elicit: () => inputRequired.elicit({ message: `Whose chart is ${ssn}?`, requestedSchema: schema }),
    sample: () => inputRequired.createMessage({ messages: [words], maxTokens: 9 }),
    roots: () => inputRequired.listRoots(),
  };
  for (const [name, ask] of Object.entries(legs)) {
    server.registerTool(name, readOnly, ({ mcpReq }) => {
      const answer = mcpReq.inputResponses?.[name];
      if (answer === undefined) return inputRequired({ inputRequests: { [name]: ask() }, requestState: `of ${ssn}` });
      assert.equal(mcpReq.requestState(), `of ${ssn}`);
      heard.push(answer);
      return said('asked');
    });
  }
  server.registerTool('twice', readOnly, ({ mcpReq }) => {
    const state = mcpReq.requestState();
    if (mcpReq.inputResponses) heard.push(Object.values(mcpReq.inputResponses)[0]);
    if (state === 'second') return said('asked');
    const requestState = state === 'first' ? 'second' : 'first';
    const one = inputRequired.elicit({ message: requestState, requestedSchema: schema });
    return inputRequired({ inputRequests: { one }, requestState });
  });
  server.registerTool('both', readOnly, ({ mcpReq }) => {
    const { left, right } = mcpReq.inputResponses ?? {};
    if (left && right) {
      heard.push(left, right);
      return said('asked');
    }
    const ask = (message: string) => inputRequired.elicit({ message, requestedSchema: schema });
    return inputRequired({ inputRequests: { left: ask('left'), right: ask('right') } });
  });
  server.registerTool('wipe_asking', { annotations: { destructiveHint: true } }, ({ mcpReq }) => {
    if (mcpReq.inputResponses?.['sure']) return said('wiped');
    return inputRequired({
      inputRequests: { sure: inputRequired.elicit({ message: 'Sure?', requestedSchema: schema }) },
    });
  });
  return server;
}

const capabilities = { elicitation: { form: {} }, sampling: {}, roots: {} };

const clients = [
  { client: 'a client with sessions', open: connect },
  { client: 'a client without', open: connectStateless },
];
const servers = [
  { server: 'a server with sessions', stateless: false, create: createAsking },
  { server: 'a server without', stateless: true, create: createRequiring },
];

for (const { server, stateless, create } of servers) {
  describe(`${server} asks`, () => {
    let remote: ServedFixture;
    let gate: TestGate;
    before(async () => {
      remote = await serveFixture({ stateless, create });
      gate = await openGate({ httpUpstream: remote.url });
    });
    after(async () => {
      await gate.close();
      await remote.close();
    });

    for (const { client: kind, open } of clients) {
      it(`${kind} for input, sampling and roots, masked both ways and recorded`, async () => {
        await using client = await open(gate, 'remote', 'ana', capabilities);
        const asked: string[] = [];
        answering(client, asked);
        heard.length = 0;
        for (const name of ['elicit', 'sample', 'roots']) {
          const { content } = await client.callTool({ name });
          assert.equal(at(content, 0, 'text'), 'asked', name);
        }
        assert.equal(asked.length, 2);
        for (const each of asked) assert.doesNotMatch(each, noPhi);
        assert.match(asked[0] ?? '', /Whose chart is/);
        assert.equal(heard.length, 3);
        for (const each of heard) assert.doesNotMatch(JSON.stringify(each), noPhi);
        assert.match(String(at(heard[0], 'content', 'comment')), /^it is .*\[/);
        assert.equal(at(heard[1], 'model'), 'model-1');
        assert.equal(at(heard[2], 'roots', 0, 'uri'), 'file:///srv/charts');
        assert.ok(gate.ledger.of('response').some((record) => record.text?.includes('Whose chart is')));
      });

      it(`${kind} one question after the other, and two at once`, async () => {
        await using client = await open(gate, 'remote', 'ana', capabilities);
        const asked: string[] = [];
        answering(client, asked);
        heard.length = 0;
        for (const name of ['twice', 'both']) {
          assert.equal(at((await client.callTool({ name })).content, 0, 'text'), 'asked', name);
        }
        assert.deepEqual(
          asked.map((each) => String(at(JSON.parse(each), 'message'))).toSorted((a, b) => a.localeCompare(b)),
          ['first', 'left', 'right', 'second'],
        );
        assert.equal(heard.length, 4);
      });

      it(`${kind} nothing that it does not offer to answer`, async () => {
        await using client = await open(gate, 'remote', 'ana', { roots: {} });
        const outcome = await client.callTool({ name: 'elicit' }).then(
          (result) => JSON.stringify(result),
          (error: unknown) => String(error),
        );
        assert.match(outcome, /does not (?:offer|support)|requires .*capabilit|do not declare/i);
      });

      it(`${kind} about a call that people approved, without asking them again`, async () => {
        await using client = await open(gate, 'remote', 'ana', capabilities);
        answering(client, []);
        assert.equal((await client.callTool({ name: 'wipe_asking' })).isError, true);
        const act = gate.ledger.of('request').findLast((record) => record.rule === 'wipe-held')?.text ?? '';
        gate.ledger.approve(act);
        assert.equal(at((await client.callTool({ name: 'wipe_asking' })).content, 0, 'text'), 'wiped');
        assert.equal(gate.ledger.approved.size, 0, 'the approval is spent');
      });
    }
  });
}

const version = '2026-07-28';
const meta = {
  'io.modelcontextprotocol/protocolVersion': version,
  'io.modelcontextprotocol/clientInfo': { name: 'raw', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': capabilities,
};

async function call(gate: TestGate, name: string, more: object = {}, person = 'ana'): Promise<unknown> {
  const message = { id: 1, method: 'tools/call', params: { _meta: meta, name, ...more } };
  const headers = { 'mcp-protocol-version': version, 'mcp-method': 'tools/call', 'mcp-name': name };
  const response = await post(gate.url('remote'), message, { person, headers });
  return response.json();
}

describe('requestState', () => {
  const accepted = { action: 'accept', content: { comment: 'fine' } };

  it('of a request that waits at a server is good for its subject and its act, and once', async () => {
    const remote = await serveFixture({ create: createAsking });
    const gate = await openGate({ httpUpstream: remote.url });
    try {
      const first = await call(gate, 'elicit');
      const requestState = at(first, 'result', 'requestState');
      assert.doesNotMatch(JSON.stringify(first), noPhi);
      const answer = { requestState, inputResponses: { 'input-1': accepted } };
      assert.equal(at(await call(gate, 'elicit', answer, 'bob'), 'error', 'code'), -32602, 'somebody else');
      heard.length = 0;
      const right = await call(gate, 'elicit', answer);
      assert.equal(at(right, 'result', 'content', 0, 'text'), 'asked');
      assert.deepEqual(heard, [accepted]);
      assert.equal(at(await call(gate, 'elicit', answer), 'error', 'code'), -32602, 'a second time');
      const again = at(await call(gate, 'elicit'), 'result', 'requestState');
      const other = await call(gate, 'sample', { requestState: again, inputResponses: { 'input-1': accepted } });
      assert.equal(at(other, 'error', 'code'), -32602, 'for another tool');
    } finally {
      await gate.close();
      await remote.close();
    }
  });

  it('expires, and cannot be altered', async () => {
    const remote = await serveFixture({ stateless: true, create: createRequiring });
    let skew = 0;
    const { systemClock } = await import('../../src/adapters/system/clock.ts');
    const clock = { ...systemClock, now: () => systemClock.now() + skew, after: systemClock.after.bind(systemClock) };
    const gate = await openGate({ httpUpstream: remote.url, clock });
    try {
      const state = String(at(await call(gate, 'elicit'), 'result', 'requestState'));
      for (const at of [0, 20, state.length >> 1, state.length - 3]) {
        const flipped = state.slice(0, at) + (state[at] === 'A' ? 'B' : 'A') + state.slice(at + 1);
        const answer = { requestState: flipped, inputResponses: { 'input-1': accepted } };
        assert.match(JSON.stringify(await call(gate, 'elicit', answer)), /-32602/);
      }
      skew = 600_001;
      const late = await call(gate, 'elicit', { requestState: state, inputResponses: { 'input-1': accepted } });
      assert.equal(at(late, 'error', 'code'), -32602);
    } finally {
      await gate.close();
      await remote.close();
    }
  });

  it('of a server without sessions outlives the gate; of one with, it is refused by name', async () => {
    for (const { stateless, create } of servers) {
      const remote = await serveFixture({ stateless, create });
      const opened = [await openGate({ httpUpstream: remote.url })];
      const reopened = async (): Promise<TestGate> => {
        await opened.pop()?.close();
        const gate = await openGate({ httpUpstream: remote.url });
        opened.push(gate);
        return gate;
      };
      try {
        const requestState = at(await call(await reopened(), 'elicit'), 'result', 'requestState');
        const got = await call(await reopened(), 'elicit', {
          requestState,
          inputResponses: { [stateless ? 'elicit' : 'input-1']: accepted },
        });
        if (stateless) assert.equal(at(got, 'result', 'content', 0, 'text'), 'asked');
        else assert.match(String(at(got, 'error', 'message')), /does not wait for this input any more/);
      } finally {
        await opened.pop()?.close();
        await remote.close();
      }
    }
  });

  it('is not answered: the call ends when the server gives up, and nothing is left of it', async () => {
    const remote = await serveFixture({ create: createAsking });
    const gate = await openGate({ httpUpstream: remote.url });
    try {
      const requestState = at(await call(gate, 'elicit'), 'result', 'requestState');
      await gate.door.closeWhere(({ id }) => id === 'ana', 'revoked');
      await eventually(() => gate.ledger.of('session.end').length > 0, 'the session ends');
      const late = await call(gate, 'elicit', { requestState, inputResponses: { 'input-1': accepted } });
      assert.match(String(at(late, 'error', 'message')), /does not wait/);
    } finally {
      await gate.close();
      await remote.close();
    }
  });
});
