// Names of arguments that servers read in different ways: what policy does not find under a name, no server is to find there.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { isMiscalled, namesPrototype } from '../../src/gateway/mcp-argument-names.ts';
import { at, connect, openGate, type TestGate } from './gate.ts';

const schema = {
  type: 'object',
  properties: {
    table: { type: 'string' },
    where: { type: 'object', properties: { column: {} } },
    sorts: { type: 'array', items: { type: 'object', properties: { by: {} } } },
    free: { type: 'object' },
    résumé: {},
    Host: {},
    host: {},
  },
};

describe('an argument', () => {
  it('is called as the tool has it, and nearly is not', () => {
    for (const given of [
      { TABLE: 'secret' },
      { table: 'public', Table: 'secret' },
      { 'tabl\uff45': 'secret' },
      { where: { Column: 'ssn' } },
      { sorts: [{ by: 1 }, { BY: 2 }] },
      { 're\u0301sume\u0301': 1 },
    ])
      assert.ok(isMiscalled(given, schema), JSON.stringify(given));
  });

  it('is called otherwise where the tool says nothing like it', () => {
    for (const given of [
      {},
      { table: 'public', where: { column: 'id' }, sorts: [{ by: 1 }] },
      { tables: 1, tab_le: 1, Where_: 1 },
      { free: { A: 1, a: 2 }, sorts: [1, 'x', null], where: 'TABLE' },
      { Host: 1, host: 2 },
    ])
      assert.ok(!isMiscalled(given, schema), JSON.stringify(given));
    assert.ok(!isMiscalled({ TABLE: 1, table: 2 }, { type: 'object' }));
    assert.ok(!isMiscalled({ toString: 1, constructor: 2 }, schema));
  });

  it('leads to no prototype', () => {
    const given = (text: string): boolean => namesPrototype(JSON.parse(text));
    assert.ok(given('{"a":[{"__proto__":1}]}'));
    assert.ok(given('{"a":{"constructor":{"prototype":{"all":true}}}}'));
    for (const plain of ['{"constructor":"Ferrari"}', '{"constructor":{"name":"Ferrari"}}', '{"prototype":{}}', '{}'])
      assert.ok(!given(plain), plain);
  });
});

describe('a call', () => {
  let gate: TestGate;
  before(async () => {
    gate = await openGate();
  });
  after(() => gate.close());

  it('with one that servers read in different ways is refused, and on record', async () => {
    await using client = await connect(gate, 'tools');
    for (const given of [{ SAY: 'x' }, { say: 'x', Say: 'secret' }, { say: 'x', constructor: { prototype: {} } }]) {
      const refused = await client
        .callTool({ name: 'echo', arguments: given })
        .then(() => null)
        .catch((error: unknown) => error);
      assert.equal(at(refused, 'data', 'code'), 'invalid_params', JSON.stringify(given));
      assert.equal(gate.ledger.of('refused').at(-1)?.code, 'invalid_params');
    }
    assert.equal(gate.ledger.calls('echo'), 0, 'none has come so far');
    assert.equal(at(await client.callTool({ name: 'echo', arguments: { say: 'x' } }), 'isError'), undefined);
  });
});
