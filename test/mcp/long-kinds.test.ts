// Every kind of long answer: what can leave as it comes does, over stdio as well; what cannot is held within a bound that all
// share, and past it a call is refused by name.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { HeldBytes } from '../../src/gateway/mcp-held-bytes.ts';
import { at, connect, openGate } from './gate.ts';
import { line } from './long-server.ts';

const server = fileURLToPath(new URL('long-server.ts', import.meta.url));
const masked = line.replace('219-09-9999', '[SSN]');
const bytes = 80_000;

interface Asked {
  readonly result: unknown;
  /** In how many it left. */
  readonly pieces: number;
}

type Client = Awaited<ReturnType<typeof connect>>;

/** `order`: that of the members of its answers. */
async function withServer(
  order: string,
  work: (ask: (asking: (client: Client) => Promise<unknown>) => Promise<Asked>) => Promise<void>,
): Promise<void> {
  const gate = await openGate({ command: [process.execPath, server, order] });
  try {
    await using client = await connect(gate, 'other');
    await client.listTools();
    await work(async (asking) => {
      const from = gate.ledger.records.length;
      const result = await asking(client);
      const records = gate.ledger.records.slice(from).filter(({ type }) => type === 'response');
      const parts = records.flatMap(({ text = '' }) =>
        text.startsWith('{"part"') ? [String(at(JSON.parse(text), 'part'))] : [],
      );
      assert.deepEqual(JSON.parse(parts.join('')).result, result, 'the record is what left');
      return { result, pieces: parts.length };
    });
  } finally {
    await gate.close();
  }
}

function isMasked(text: unknown): void {
  assert.ok(
    typeof text === 'string' && text.length > bytes * 0.8 && text === masked.repeat(text.length / masked.length),
  );
}

const call =
  (name: string) =>
  (client: Client): Promise<unknown> =>
    client.callTool({ name, arguments: { bytes } });

describe('what leaves as it comes over stdio', () => {
  it('is a text wherever an answer holds it', () =>
    withServer('id-first', async (ask) => {
      const text = await ask(call('text'));
      isMasked(at(text.result, 'content', 1, 'text'));
      assert.match(String(at(text.result, 'content', 0, 'text')), /image withheld/);
      assert.ok(text.pieces > 1);

      const embedded = await ask(call('embedded'));
      const { text: inner, ...rest } = at(embedded.result, 'content', 1, 'resource') as Record<string, unknown>;
      isMasked(inner);
      assert.deepEqual(rest, { uri: 'chart:1', mimeType: 'text/plain' });
      assert.ok(embedded.pieces > 1);

      const read = await ask((client) => client.readResource({ uri: `chart:${bytes}` }));
      isMasked(at(read.result, 'contents', 1, 'text'));
      assert.match(String(at(read.result, 'contents', 0, 'text')), /binary content withheld/);
      assert.equal(at(read.result, 'contents', 1, 'uri'), `chart:${bytes}`);
      assert.ok(read.pieces > 1);

      const prompt = await ask((client) =>
        client.getPrompt({ name: 'summarize', arguments: { bytes: String(bytes) } }),
      );
      isMasked(at(prompt.result, 'messages', 1, 'content', 'text'));
      assert.equal(at(prompt.result, 'description'), 'SSN [SSN]');
      assert.ok(prompt.pieces > 1);

      const fits = await ask(call('schema'));
      isMasked(at(fits.result, 'content', 1, 'text'));
      assert.deepEqual(at(fits.result, 'structuredContent'), { ssn: '[SSN]' });
      const unfit = await ask(call('unfit'));
      isMasked(at(unfit.result, 'content', 1, 'text'));
      assert.equal(at(unfit.result, 'isError'), true);
      assert.equal(at(unfit.result, 'structuredContent'), undefined);
      assert.match(String(at(unfit.result, 'content', 2, 'text')), /structuredContent withheld/);
    }));

  it('is the same where the server writes whose answer it is last', () =>
    withServer('result-first', async (ask) => {
      const { result, pieces } = await ask(call('text'));
      isMasked(at(result, 'content', 1, 'text'));
      assert.ok(pieces > 1);
    }));
});

const patient = { now: () => 0, after: () => () => {} };

describe('what all answers hold together', () => {
  it('is bounded: one goes on beyond it, and the others wait for it', async () => {
    const held = new HeldBytes({ clock: patient, bytesMax: 100, waitMs: 1 });
    const [first, second, third] = [held.open(), held.open(), held.open()];
    assert.equal(await first.add(60), true);
    let waited = 0;
    const waits = second.add(60).then((may) => ++waited && may);
    assert.equal(waited, 0, 'the first who asks for more goes on');
    assert.equal(await waits, true);
    const later = first.add(30).then((may) => ++waited && may);
    const last = third.add(10).then((may) => ++waited && may);
    await new Promise(setImmediate);
    assert.equal(waited, 1);
    assert.equal(await second.add(40), true, 'it goes on as far as it needs');
    second.release();
    assert.deepEqual(await Promise.all([later, last]), [true, true]);
    first.release();
    third.release();
    third.release();
    assert.equal(held.total, 0);
    assert.equal(await third.add(1), false, 'what is over holds nothing');
    assert.equal(held.total, 0);
  });

  it('is not waited for without end', async () => {
    const rings: (() => void)[] = [];
    const clock = {
      now: () => 0,
      after: (_ms: number, ring: () => void) => {
        rings.push(ring);
        return () => {};
      },
    };
    const held = new HeldBytes({ clock, bytesMax: 100, waitMs: 1 });
    const [first, second] = [held.open(), held.open()];
    assert.equal(await first.add(200), true);
    const refused = second.add(1);
    for (const ring of rings) ring();
    assert.equal(await refused, false);
  });
});
