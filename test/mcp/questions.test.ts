// What a server asks of a client (sampling, elicitation, roots) and what the client answers: masked both ways. And content
// that is not text: withheld, unless it is text after all.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Client } from '@modelcontextprotocol/client';
import { McpServer } from '@modelcontextprotocol/server';
import { eventually } from '../parts/eventually.ts';
import { answering } from './answering.ts';
import { phiText, type ServedFixture, serveFixture, ssn } from './fixture-server.ts';
import { at, connect, connectStateless, openGate, type TestGate } from './gate.ts';

const readOnlyHint = { annotations: { readOnlyHint: true } };
const text = (content: string) => ({ content: [{ type: 'text' as const, text: content }] });
const base64 = (content: string): string => Buffer.from(content).toString('base64');

/** What the server was answered, as it got it. */
const heard: unknown[] = [];

function createAsker(): McpServer {
  const server = new McpServer({ name: 'asker', version: '1' });
  server.registerTool('elicit', readOnlyHint, async ({ mcpReq }) => {
    heard.push(
      await mcpReq.elicitInput({
        message: `Whose chart is ${ssn}?`,
        requestedSchema: { type: 'object', properties: { comment: { type: 'string', default: ssn } } },
      }),
    );
    return text('asked');
  });
  server.registerTool('sample', readOnlyHint, async ({ mcpReq }) => {
    const message = { role: 'user' as const, content: { type: 'text' as const, text: phiText } };
    heard.push(await mcpReq.requestSampling({ messages: [message], systemPrompt: `Chart ${ssn}`, maxTokens: 9 }));
    return text('sampled');
  });
  server.registerTool('roots', readOnlyHint, async ({ mcpReq }) => {
    heard.push(await mcpReq.send({ method: 'roots/list' }));
    return text('listed');
  });
  server.registerTool('attachments', readOnlyHint, () => ({
    content: [
      { type: 'resource', resource: { uri: 'chart://note', mimeType: 'text/plain', blob: base64(phiText) } },
      { type: 'resource', resource: { uri: 'chart://bin', mimeType: 'image/png', blob: base64('\u0000\u0001PNG') } },
      { type: 'audio', mimeType: 'audio/wav', data: base64(phiText) },
      { type: 'text', text: JSON.stringify({ attachment: base64(phiText) }) },
    ],
  }));
  return server;
}

let upstream: ServedFixture;
let gate: TestGate;
before(async () => {
  upstream = await serveFixture({ create: createAsker });
  gate = await openGate({ httpUpstream: upstream.url });
});
after(async () => {
  await gate.close();
  await upstream.close();
});

const noPhi = new RegExp(`${ssn}|John Smith|john\\.smith@`);

test('questions of a server and answers of a client are masked on their way', async () => {
  await using client = await connect(gate, 'remote', 'ana', { elicitation: {}, sampling: {}, roots: {} });
  const asked: string[] = [];
  answering(client, asked);
  for (const name of ['elicit', 'sample', 'roots']) {
    assert.equal((await client.callTool({ name })).isError, undefined, name);
  }
  assert.equal(asked.length, 2);
  for (const each of asked) assert.doesNotMatch(each, noPhi);
  assert.match(asked[0] ?? '', /Whose chart is/);
  assert.equal(heard.length, 3);
  for (const each of heard) assert.doesNotMatch(JSON.stringify(each), noPhi);
  assert.equal(at(heard[0], 'action'), 'accept');
  assert.match(String(at(heard[0], 'content', 'comment')), /^it is .*\[/);
  assert.equal(at(heard[1], 'model'), 'model-1');
  assert.match(String(at(heard[1], 'content', 'text')), /^I read: /);
  assert.equal(at(heard[2], 'roots', 0, 'uri'), 'file:///srv/charts');
});

test('a blob that is text leaves as masked text; what is no text is withheld; base64 within text is masked', async () => {
  await using client = await connect(gate, 'remote');
  const { content } = await client.callTool({ name: 'attachments' });
  const [note, binary, audio, json] = [0, 1, 2, 3].map((index) => at(content, index));
  assert.equal(at(note, 'resource', 'blob'), undefined);
  assert.match(String(at(note, 'resource', 'text')), /^Patient .*SSN \[SSN\]/);
  assert.equal(at(note, 'resource', 'mimeType'), 'text/plain');
  assert.match(String(at(binary, 'resource', 'text')), /withheld/);
  assert.match(String(at(audio, 'text')), /audio withheld/);
  const inner = Buffer.from(JSON.parse(String(at(json, 'text'))).attachment, 'base64').toString();
  assert.match(inner, /SSN \[SSN\]/);
  assert.doesNotMatch(JSON.stringify(content) + inner, noPhi);
  assert.ok(!JSON.stringify(content).includes(base64(phiText).slice(0, 24)), 'nor in base64');
});

test('where a connection lets binary content pass, it leaves as it is; text in base64 does not', async () => {
  const lenient = await openGate({ httpUpstream: upstream.url, binary: 'pass' });
  try {
    await using client = await connect(lenient, 'remote');
    const { content } = await client.callTool({ name: 'attachments' });
    assert.match(String(at(content, 0, 'resource', 'text')), /^Patient .*SSN \[SSN\]/);
    assert.equal(at(content, 1, 'resource', 'blob'), base64('\u0000\u0001PNG'));
    assert.match(String(at(content, 2, 'text')), /audio withheld/, 'what calls itself audio and is text');
    assert.doesNotMatch(JSON.stringify(content), noPhi);
  } finally {
    await lenient.close();
  }
});

test('over stdio a question is about the call that runs alone, and of nobody where several do', async () => {
  const form = { elicitation: { form: {} } };
  const asked: string[] = [];
  const answer = async (client: Client): Promise<unknown> => {
    client.setRequestHandler('elicitation/create', ({ params }) => {
      asked.push(JSON.stringify(params));
      return { action: 'accept', content: { sure: true } };
    });
    return client.callTool({ name: 'ask' });
  };
  await using one = await connectStateless(gate, 'tools', 'ana', form);
  assert.match(JSON.stringify(await answer(one)), /answer: accept/);
  const before = gate.ledger.calls('slow');
  const enough = new AbortController();
  const slow = one.callTool({ name: 'slow', arguments: { ms: 60_000 } }, { signal: enough.signal });
  await eventually(() => gate.ledger.calls('slow') > before, 'the slow call');
  const refused = await one.callTool({ name: 'ask' });
  assert.equal(refused.isError, true);
  assert.match(JSON.stringify(refused.content), /cannot be told which of several/);
  assert.equal(asked.length, 1);
  enough.abort();
  await assert.rejects(slow);
  await using two = await connect(gate, 'tools', 'bob', form);
  const beside = two.callTool({ name: 'slow', arguments: { ms: 500 } });
  assert.match(JSON.stringify(await answer(two)), /answer: accept/, 'one person sits before one session');
  assert.doesNotMatch(asked.join(' '), noPhi);
  await beside;
});
