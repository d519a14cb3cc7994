// Lines of a stdio server that are no message: the call whose answer one was meant to be is told at once, and no other.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { idOfBroken } from '../../src/wire/mcp/broken-answer.ts';
import { connect, openGate, type TestGate } from './gate.ts';

/** Calls of `say` are answered with the lines they bring, in latin1, where `$ID` is the id of the call. */
const script = `
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line);
  const answer = (result) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result }) + '\\n');
  if (method === 'initialize') answer({ protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } });
  if (method === 'tools/list') answer({ tools: ['say', 'wait'].map((name) => ({ name, inputSchema: { type: 'object' }, annotations: { readOnlyHint: true } })) });
  if (method === 'tools/call' && params.name === 'say')
    for (const each of params.arguments.lines) process.stdout.write(Buffer.from(each.replaceAll('$ID', id) + '\\n', 'latin1'));
});`;

const good = '{"jsonrpc":"2.0","id":$ID,"result":{"content":[{"type":"text","text":"fine"}]}}';
const broken: Readonly<Record<string, string>> = {
  'not in UTF-8': '{"jsonrpc":"2.0","id":$ID,"result":{"content":[{"type":"text","text":"Jos\u00e9"}]}}',
  'not in UTF-8, its id last': '{"result":{"content":[{"type":"text","text":"\u00ff"}]},"jsonrpc":"2.0","id":$ID}',
  'cut off': '{"jsonrpc":"2.0","id":$ID,"result":{"content":[{"type":"te',
  'cut off, its id not said': '{"result":{"content":[{"type":"te',
  'of a number that is none': '{"jsonrpc":"2.0","id":$ID,"result":{"content":[],"n":NaN}}',
  'of a number nobody can carry': '{"jsonrpc":"2.0","id":$ID,"result":{"content":[],"n":1e999}}',
  'of half a letter': '{"jsonrpc":"2.0","id":$ID,"result":{"content":[{"type":"text","text":"\\ud800"}]}}',
  'of a member twice': '{"jsonrpc":"2.0","id":$ID,"result":{"content":[],"content":[]}}',
  'written into': '{"jsonrpc":"2.0","id":$ID,"result":{"content":[WARN pool is full]}}',
  'with something after it': `${good} # done`,
  'with something before it': `INFO ${good}`,
  'a list of answers': `[${good}]`,
  'without an id': '{"jsonrpc":"2.0","result":{"content":[]}}',
  'that is neither result nor error': '{"jsonrpc":"2.0","id":$ID}',
  'of an id that is a text': good.replace('$ID', '"$ID"'),
  'of no version': '{"id":$ID,"result":{"content":[]}}',
};

describe('a line that is no message', () => {
  let gate: TestGate;
  before(async () => {
    gate = await openGate({ command: [process.execPath, '-e', script] });
  });
  after(() => gate.close());
  const say = (...lines: string[]) => ({ name: 'say', arguments: { lines } });

  for (const [what, line] of Object.entries(broken))
    it(`and was to be an answer fails its call: ${what}`, async () => {
      await using client = await connect(gate, 'other');
      await assert.rejects(client.callTool(say(line)), /rule of the protocol/);
      assert.equal((await client.callTool(say(good))).isError, undefined, 'the next one works');
    });

  it('and has no id is nobody’s where several wait', async () => {
    await using client = await connect(gate, 'other');
    const over = new AbortController();
    const waits = client.callTool({ name: 'wait', arguments: {} }, { signal: over.signal });
    const { content } = await client.callTool(say(broken['without an id'] ?? '', '{"result":', good));
    assert.deepEqual(content, [{ type: 'text', text: 'fine' }]);
    over.abort();
    await assert.rejects(waits);
  });

  it('and is only printed fails nothing', async () => {
    await using client = await connect(gate, 'other');
    const printed = [
      'listening',
      '{"level":"info","id":$ID,"result":"ok"}',
      "{ result: 'ok', id: $ID }",
      '{"jsonrpc":"2.0","id":$ID,"method":"x","result":{NaN}}',
      '{"n":NaN}',
      '[1,2',
      '{"jsonrpc":"2.0","id":$ID,"method":"sampling/createMessage","params":[]}',
      '{"jsonrpc":"2.0","id":$ID,"meth',
      '{"jsonrpc":"2.0","id":$ID0,"result":{"n":NaN}}',
    ];
    assert.deepEqual((await client.callTool(say(...printed, good))).content, [{ type: 'text', text: 'fine' }]);
  });

  it('for a byte order mark before all lines is one all the same', async () => {
    const marked = await openGate({ command: [process.execPath, '-e', `process.stdout.write('\\ufeff');${script}`] });
    try {
      await using client = await connect(marked, 'other');
      assert.equal((await client.callTool(say(good))).isError, undefined);
      await assert.rejects(client.callTool(say(`\u00ef\u00bb\u00bf${good}`)), /rule of the protocol/);
    } finally {
      await marked.close();
    }
  });

  it('because the server could read none of what it was sent, is the error of the one that it was sent', async () => {
    await using client = await connect(gate, 'other');
    const error = '{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Parse error"}}';
    await assert.rejects(client.callTool(say(error)), /Parse error/);
    const other = error.replace('-32700', '-32601');
    assert.equal((await client.callTool(say(other, good))).isError, undefined, 'it may be about a notification');
  });
});

describe('whose answer a text was to be', () => {
  const encoded = (text: string): number | 'unsaid' | null => idOfBroken(Buffer.from(text));

  it('is what its own member says, and no other', () => {
    for (const [text, id] of [
      ['{"jsonrpc":"2.0","id":7,"result":{"id":8}', 7],
      ['{"id":"7","result":{}', 7],
      ['{"result":{"id":8,"x":"\\"id\\":9"},"id":7', 'unsaid'],
      ['{"result":{"id":8,"x":"\\"id\\":9"},"id":7}', 7],
      ['{"id":7,"id":8,"error":{', 'unsaid'],
      ['{"id":7', null],
      ['{"id":7,"method":"ping","result":1', null],
      ['{"x":{"result":1},"id":7}', null],
      ['{"jsonrpc":"2.0","id":7}', 7],
      ['{"jsonrpc":"2.0","id":7', null],
      ['{"id":7,"resu', null],
      ['', null],
      ['"result"', null],
    ] as const)
      assert.equal(encoded(text), id, text);
  });

  it('is told of what is as long as a line may be', () => {
    const long = 'a \\n'.repeat(8_000_000);
    assert.equal(encoded(`{"jsonrpc":"2.0","id":7,"result":{"a":"${long}"},"result":{}}`), 7);
    assert.equal(encoded(`{"result":{"a":"${long}"},"id":7,"b":"${long}`), 7);
  });

  it('is told, or not, of any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'{}[]":,\\ 17', '"id"', '"result"', '"method"') }), (text) => {
        const id = encoded(text);
        assert.ok(id === null || id === 'unsaid' || Number.isSafeInteger(id));
      }),
      { seed: 18, numRuns: 2_000 },
    );
  });
});
