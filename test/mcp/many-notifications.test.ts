// Many notifications of one call: they share the writes of the log, leave in order and before the answer, each once it is on
// record; who reads slowly, or a log that does, makes the server wait.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { McpOutlet, type OpenCall } from '../../src/gateway/mcp-outlet.ts';
import { McpReply } from '../../src/gateway/mcp-reply.ts';
import { LogUnavailable } from '../../src/ports/log.ts';
import { eventually } from '../parts/eventually.ts';
import { type Answering, cannedServer } from './canned-server.ts';
import { openGate } from './gate.ts';
import { greet, post } from './raw-client.ts';

/** What waits for the log, oldest first: confirmed and refused by the test. */
interface Waiting {
  readonly text: string;
  readonly confirm: () => void;
  readonly refuse: () => void;
}

interface Line {
  readonly waiting: Waiting[];
  /** What the client has been sent, in order. */
  readonly sent: string[];
  readonly failures: unknown[];
  readonly reply: McpReply;
  /** While false a write to the client does not end. */
  reads: boolean;
  /** Of all that were relayed, how many have been accepted with room for more. */
  accepted: number;
  relay(words: string): void;
}

const turns = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** One call over an outlet, a log that confirms when it is told to, and a client that may not read. */
function openLine(): Line {
  const waiting: Waiting[] = [];
  const sent: string[] = [];
  const failures: unknown[] = [];
  const line = { waiting, sent, failures, reads: true, accepted: 0 };
  const write = async (text: string): Promise<boolean> => {
    sent.push(/"data":"([^"]*)"/.exec(text)?.[1] ?? text);
    if (!line.reads) await eventually(() => line.reads, 'a client that reads');
    return true;
  };
  const reply = new McpReply({
    method: 'POST',
    target: '/',
    remoteAddress: '127.0.0.1',
    loopback: true,
    signal: new AbortController().signal,
    header: () => undefined,
    body: () => Promise.reject(new Error('no body')),
    respond: (_status, _headers, body) => void sent.push(body),
    stream: () => ({ write, end: () => {} }),
  });
  const record = ({ bytes }: { readonly bytes: Uint8Array }): Promise<unknown> => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const refuse = (): void => reject(new LogUnavailable('broken by the test'));
    waiting.push({ text: new TextDecoder().decode(bytes), confirm: resolve, refuse });
    return promise;
  };
  const admission = { decision: { obligations: { unmask: [] } }, record };
  const call = { reply, admission } as unknown as OpenCall;
  const outlet = new McpOutlet(
    systemClock,
    async () => (value) => value,
    (error) => void failures.push(error),
  );
  outlet.add(call);
  const relay = (words: string): void => {
    const message = { kind: 'notification', method: 'notifications/message', params: { data: words } } as const;
    void outlet.relay(message, call).then(() => line.accepted++);
  };
  return Object.assign(line, { reply, relay });
}

const numbers = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, at) => `n${from + at}`);

describe('many notifications of one call', () => {
  it('wait for the log together, and none is sent before it and those before it are on record', async () => {
    const line = openLine();
    for (const words of numbers(0, 10)) line.relay(words);
    await eventually(() => line.waiting.length === 10, 'ten records under way at once');
    assert.deepEqual(
      line.waiting.map(({ text }) => /n\d/.exec(text)?.[0]),
      numbers(0, 10),
    );
    for (const { confirm } of line.waiting.slice(1, 5)) confirm();
    await turns();
    assert.deepEqual(line.sent, [], 'the first is not on record');
    line.waiting[0]?.confirm();
    await eventually(() => line.sent.length === 5, 'five');
    await turns();
    assert.deepEqual(line.sent, numbers(0, 5));
    for (const { confirm } of line.waiting) confirm();
    await eventually(() => line.sent.length === 10, 'all');
    assert.deepEqual(line.sent, numbers(0, 10));
  });

  it('come before the answer, whenever that is ready', async () => {
    const line = openLine();
    for (const words of numbers(0, 3)) line.relay(words);
    await eventually(() => line.waiting.length === 3, 'three records');
    const answered = line.reply.finish('{"answer":true}');
    await turns();
    assert.deepEqual(line.sent, []);
    for (const { confirm } of line.waiting) confirm();
    await answered;
    assert.deepEqual(line.sent.slice(0, 3), numbers(0, 3));
    assert.match(line.sent[3] ?? '', /answer/);
  });

  it('are bounded while the log is slow: the server waits', async () => {
    const line = openLine();
    for (const words of numbers(0, 64)) line.relay(words);
    await eventually(() => line.waiting.length === 64, 'as many as may wait');
    await turns();
    assert.equal(line.accepted, 63, 'of the last it is not said that there is room for more');
    line.waiting[0]?.confirm();
    await eventually(() => line.accepted === 64, 'room');
    for (const { confirm } of line.waiting) confirm();
  });

  it('are bounded by what they hold, too', async () => {
    const line = openLine();
    line.relay('x'.repeat(1_100_000));
    await eventually(() => line.waiting.length === 1, 'its record');
    await turns();
    assert.equal(line.accepted, 0);
    line.waiting[0]?.confirm();
    await eventually(() => line.accepted === 1, 'room');
  });

  it('are bounded while the client does not read', async () => {
    const line = openLine();
    line.reads = false;
    for (const words of numbers(0, 64)) line.relay(words);
    await eventually(() => line.waiting.length === 64, 'as many as may wait');
    for (const { confirm } of line.waiting) confirm();
    await eventually(() => line.sent.length === 1, 'the first');
    await turns();
    assert.deepEqual([line.sent.length, line.accepted], [1, 63]);
    line.reads = true;
    await eventually(() => line.accepted === 64 && line.sent.length === 64, 'the rest');
    assert.deepEqual(line.sent, numbers(0, 64));
  });

  it('stop with what the log refuses, which is told', async () => {
    const line = openLine();
    for (const words of numbers(0, 6)) line.relay(words);
    await eventually(() => line.waiting.length === 6, 'six records');
    for (const { refuse } of line.waiting.slice(2)) refuse();
    await eventually(() => line.failures.length === 4, 'four that are not on record');
    assert.ok(line.failures.every((each) => each instanceof LogUnavailable));
    assert.deepEqual(line.sent, []);
    for (const { confirm } of line.waiting.slice(0, 2)) confirm();
    await line.reply.finish('{"answer":true}');
    assert.deepEqual(line.sent.slice(0, 2), numbers(0, 2));
    assert.equal(line.sent.filter((each) => /^n\d/.test(each)).length, 2);
  });
});

const count = 2_000;
const noisy: Answering = (body, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const words of numbers(0, count)) {
    const params = { level: 'info', data: `${words} of SSN 219-09-9999` };
    response.write(`data: ${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/message', params })}\n\n`);
  }
  response.end(`data: ${body}\n\n`);
};

describe('two thousand log messages of one tool', () => {
  it('are all there, in order and masked, and few writes of the log', async () => {
    const server = await cannedServer({ noise: [noisy, { content: [{ type: 'text', text: 'done' }] }] });
    const gate = await openGate({ httpUpstream: server.url });
    let most = 0;
    let under = 0;
    const write = gate.ledger.write.bind(gate.ledger);
    gate.ledger.write = async (record) => {
      most = Math.max(most, ++under);
      await turns();
      under--;
      return write(record);
    };
    const url = gate.url('remote');
    const { headers } = await greet(url, '2025-06-18');
    const answer = await post(url, { id: 2, method: 'tools/call', params: { name: 'noise' } }, { headers });
    const text = await answer.text();
    const told = [...text.matchAll(/"data":"(n\d+) of SSN (\S+)"/g)];
    assert.deepEqual(
      told.map(([, words]) => words),
      numbers(0, count),
    );
    assert.ok(told.every(([, , ssn]) => ssn === '[SSN]'));
    assert.ok(text.indexOf('done') > text.lastIndexOf(`n${count - 1}`));
    const recorded = gate.ledger.of('response').filter((each) => each.text?.includes('of SSN'));
    assert.equal(recorded.length, count);
    assert.ok(most > 8 && most <= 66, `${most} records under way at once`);
    await gate.close();
    server.close();
  });

  it('end where the log does: nothing is sent that it does not hold, and the session is over', async () => {
    const server = await cannedServer({ noise: [noisy, { content: [{ type: 'text', text: 'done' }] }] });
    const gate = await openGate({ httpUpstream: server.url });
    const write = gate.ledger.write.bind(gate.ledger);
    let left = 500;
    gate.ledger.write = async (record) => {
      await turns();
      gate.ledger.broken ||= record.text?.includes('of SSN') === true && left-- === 0;
      return write(record);
    };
    const url = gate.url('remote');
    const { headers } = await greet(url, '2025-06-18');
    const answer = await post(url, { id: 2, method: 'tools/call', params: { name: 'noise' } }, { headers });
    const text = await answer.text();
    const told = [...text.matchAll(/"data":"(n\d+) of SSN/g)].map(([, words]) => words);
    assert.deepEqual(told, numbers(0, 500));
    assert.ok(!text.includes('done'));
    assert.equal(gate.ledger.of('response').filter((each) => each.text?.includes('of SSN')).length, 500);
    await eventually(
      async () => (await post(url, { id: 3, method: 'ping' }, { headers })).status === 404,
      'the end of the session',
    );
    await gate.close();
    server.close();
  });
});
