// Answers that are too long to be held: masked, recorded and released as they come, whole at the client; and what becomes of
// those that break off in the middle.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Answering, type CannedServer, cannedServer, whole } from './canned-server.ts';
import { at, connect, openGate, type TestGate } from './gate.ts';

const ssn = '219-09-9999';
const line = `Vital signs are stable today, continue as before. Seen in bed 12, SSN ${ssn}, "quoted" \u{1f600}\n`;
const long = line.repeat(3_400);
const masked = long.replaceAll(ssn, '[SSN]');
/** Nobody looks into it, and it is withheld: what makes an answer long at no cost. */
const picture = { type: 'image', data: 'A'.repeat(1_048_576), mimeType: 'image/png' };
const small = { type: 'text', text: `small, SSN ${ssn}` };
const flowing = { type: 'text', text: long, annotations: { audience: ['user'] } };

const streamed: Answering = (body, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' }).end(`event: message\nid: e1\ndata: ${body}\n\n`);
};
const cutAt = 1_290_000;
const cut: Answering = (body, response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.write(body.slice(0, cutAt), () => response.destroy());
};
const spoilt: Answering = (body, response) => {
  whole(`${body.slice(0, cutAt)}\\ud800 ${body.slice(cutAt)}`, response);
};
const unending: Answering = (body, response) => whole(body.slice(0, -3), response);

const row = { surname: 'Qwertz', visits: 3, unit: 'icu', bed: 'next to the door' };
const rows = Array.from({ length: 1_500 }, () => row);
const results: Readonly<Record<string, readonly [Answering, object]>> = {
  whole: [whole, { _meta: { seen: ssn }, content: [picture, small, flowing, small], isError: false }],
  streamed: [streamed, { content: [picture, small, flowing, small, { type: 'text', text: long }] }],
  rows: [whole, { content: [picture, { type: 'text', text: JSON.stringify(rows) }] }],
  cut: [cut, { content: [picture, small, flowing] }],
  spoilt: [spoilt, { content: [picture, flowing] }],
  twice: [
    (body, response) => whole(body.replaceAll('"again"', '"text"'), response),
    { content: [picture, { ...flowing, again: long }] },
  ],
  unending: [unending, { content: [picture, flowing] }],
};

let server: CannedServer;
let gate: TestGate;
before(async () => {
  server = await cannedServer(results);
  gate = await openGate({ httpUpstream: server.url });
});
after(async () => {
  await gate.close();
  server.close();
});

/** What the client got, and what the log holds of it. */
async function call(name: string): Promise<{
  readonly result: unknown;
  readonly recorded: string;
  readonly pieces: number;
  readonly status: string | undefined;
}> {
  await using client = await connect(gate, 'remote');
  await client.listTools();
  const from = gate.ledger.records.length;
  const result = await client.callTool({ name });
  const records = gate.ledger.records.slice(from);
  const answer = records.find(({ text }) => text?.startsWith('{"part"'));
  const parts = records.flatMap(({ type, text = '' }) => (type === 'response' ? [at(JSON.parse(text), 'part')] : []));
  return {
    result,
    recorded: parts.join(''),
    pieces: parts.length,
    status: records.find(({ type, request }) => type === 'end' && request === answer?.request)?.status,
  };
}

describe('an answer that is too long to be held', () => {
  for (const name of ['whole', 'streamed'] as const) {
    it(`arrives masked, each piece recorded to the letter before (${name})`, async () => {
      const { result, recorded, pieces, status } = await call(name);
      const items = at(result, 'content') as { text: string }[];
      assert.match(items[0]?.text ?? '', /withheld/);
      assert.deepEqual(items[1], { type: 'text', text: 'small, SSN [SSN]' });
      assert.deepEqual(items[2], { ...flowing, text: masked });
      assert.deepEqual(items[3], items[1]);
      if (name === 'whole') assert.deepEqual(at(result, '_meta'), { seen: '[SSN]' });
      else assert.equal(items[4]?.text, masked);
      assert.deepEqual(JSON.parse(recorded).result, result);
      assert.ok(pieces > 2, `${pieces} pieces`);
      assert.equal(status, 'ok');
    });
  }

  it('is held whole where it is a document, whose names are masked wherever they recur', async () => {
    const { result } = await call('rows');
    assert.doesNotMatch(JSON.stringify(result), /Qwertz/);
    assert.match(JSON.stringify(result), /icu/);
  });

  for (const name of ['cut', 'spoilt', 'twice', 'unending']) {
    it(`is an error that says so when it breaks off (${name})`, async () => {
      const { result, recorded, status } = await call(name);
      assert.equal(at(result, 'isError'), true);
      const items = at(result, 'content') as { text: string }[];
      assert.match(items.at(-1)?.text ?? '', /The gate broke this answer off/);
      assert.doesNotMatch(JSON.stringify(result), new RegExp(ssn));
      assert.ok(masked.startsWith(items.at(-2)?.text.slice(0, -40) ?? '-'));
      assert.deepEqual(JSON.parse(recorded).result, result);
      assert.equal(status, 'error');
    });
  }

  it('goes no further than the log does', async () => {
    await using client = await connect(gate, 'remote');
    await client.listTools();
    // The log writes one piece, and then no more.
    gate.ledger.delayMs = 2;
    const watch = setInterval(() => {
      gate.ledger.broken ||= gate.ledger.records.at(-1)?.text?.startsWith('{"part"') === true;
    }, 1);
    try {
      const failure = await client.callTool({ name: 'whole' }).then(() => null, String);
      assert.ok(failure !== null && !/timed? ?out/i.test(failure), `cut off, and told at once: ${failure}`);
      assert.ok(gate.ledger.broken);
    } finally {
      clearInterval(watch);
      gate.ledger.broken = false;
      gate.ledger.delayMs = 0;
    }
  });
});
