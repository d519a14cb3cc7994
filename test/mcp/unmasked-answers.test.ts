// Answers that could not be masked where long ones are: refused by name, on record as that, and nothing of them leaves; what has
// been given out of one already ends as a result that says so.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { refuse } from '../../src/core/result.ts';
import type { AnswerMasking } from '../../src/gateway/masked-answer.ts';
import { type CannedServer, cannedServer, whole } from './canned-server.ts';
import { at, connect, openGate, type TestGate } from './gate.ts';
import { mask } from './masked.ts';

const ssn = '219-09-9999';
const rows = Array.from({ length: 3_000 }, () => ({ surname: 'Qwertz', note: `SSN ${ssn}` }));
const table = { type: 'text', text: JSON.stringify(rows) };
const flowing = { type: 'text', text: 'Vital signs are stable today, continue as before.\n'.repeat(30_000) };
const noted = { ...flowing, annotations: { audience: ['user'], note: rows } };
const results: Readonly<Record<string, object>> = {
  whole: { content: [], structuredContent: { rows } },
  first: { content: [table, flowing] },
  last: { content: [flowing, table] },
  around: { content: [noted] },
  rest: { content: [flowing], structuredContent: { rows } },
};

let server: CannedServer;
let gate: TestGate;
let code: 'too_large' | 'canceled' = 'too_large';
before(async () => {
  server = await cannedServer(Object.fromEntries(Object.entries(results).map(([name, each]) => [name, [whole, each]])));
  const aside: AnswerMasking['aside'] = () => Promise.resolve(refuse(code, 'It takes too long to mask.'));
  gate = await openGate({
    httpUpstream: server.url,
    maskFor: Object.assign(() => Promise.resolve(mask), { aside }),
  });
});
after(async () => {
  await gate.close();
  server.close();
});

/** What the client got, and how the log says that it ended. */
async function call(
  name: string,
): Promise<{ readonly said: unknown; readonly text: string; readonly status: unknown }> {
  await using client = await connect(gate, 'remote');
  await client.listTools();
  const from = gate.ledger.records.length;
  const said: unknown = await client.callTool({ name }).catch((error: unknown) => error);
  const records = gate.ledger.records.slice(from);
  const text = JSON.stringify(records) + (said instanceof Error ? said.message : JSON.stringify(said));
  return { said, text, status: records.findLast(({ type, status }) => type === 'end' && status !== undefined)?.status };
}

test('an answer that was held whole is an error that names it', async () => {
  const { said, text, status } = await call('whole');
  assert.ok(said instanceof Error && said.message.includes('It takes too long to mask.'));
  assert.doesNotMatch(text, /Qwertz|219-09/);
  assert.equal(status, 'error');
});

for (const name of ['first', 'last', 'around', 'rest']) {
  test(`an answer of which something has been given out ends as a result that says so (${name})`, async () => {
    const { said, text, status } = await call(name);
    assert.equal(at(said, 'isError'), true);
    assert.deepEqual(at(said, '_meta'), { chartgate: { code: 'too_large' } });
    const items = at(said, 'content') as { text: string }[];
    assert.equal(items.at(-1)?.text, '[The gate broke this answer off: It takes too long to mask.]');
    assert.equal(items.length, name === 'first' ? 1 : 2);
    assert.doesNotMatch(text, /Qwertz|219-09/);
    assert.equal(status, 'error');
  });
}

test('an answer nobody waits for any more is on record as that', async () => {
  code = 'canceled';
  assert.equal((await call('whole')).status, 'canceled');
});
