// Names of arguments that servers read in different ways: what policy does not find under a name, no server is to find there.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import { ArgumentNames, namesPrototype } from '../../src/gateway/mcp-argument-names.ts';
import { at, connect, openGate, type TestGate } from './gate.ts';
import { greet, messagesIn, post } from './raw-client.ts';

const isMiscalled = (given: JsonObject, schema: JsonObject): boolean => new ArgumentNames(schema).isMiscalled(given);

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

  const column = { type: 'object', properties: { column: {} } };
  const table = { properties: { table: column } };
  const recursive = {
    $defs: { node: { properties: { label: {}, children: { type: 'array', items: { $ref: '#/$defs/node' } } } } },
    $ref: '#/$defs/node',
  };
  for (const [where, described, wrong, right] of [
    ['$ref', { $defs: { 'a/b~c': column }, properties: { where: { $ref: '#/$defs/a~1b~0c' } } }],
    [
      '$ref, percent-encoded',
      { definitions: { 'a b': column }, properties: { where: { $ref: '#/definitions/a%20b' } } },
    ],
    ['$ref to a place', { properties: { from: column, where: { $ref: '#/properties/from' } } }],
    ['$anchor', { $defs: { c: { $anchor: 'col', ...column } }, properties: { where: { $ref: '#col' } } }],
    [
      '$ref beside properties',
      { $defs: { column }, properties: { where: { $ref: '#/$defs/column', properties: { a: {} } } } },
    ],
    [
      '$ref of $ref',
      { $defs: { column, alias: { $ref: '#/$defs/column' } }, properties: { where: { $ref: '#/$defs/alias' } } },
    ],
    ['allOf', { allOf: [{ properties: { other: {} } }, { properties: { where: column } }] }],
    ['anyOf in anyOf', { properties: { where: { anyOf: [{ type: 'null' }, { anyOf: [column] }] } } }],
    ['oneOf', { properties: { where: { oneOf: [{ type: 'string' }, column] } } }],
    ['then', JSON.parse('{"if":{},"then":{"properties":{"where":{"properties":{"column":{}}}}}}')],
    ['dependentSchemas', { dependentSchemas: { other: { properties: { where: column } } } }],
    ['additionalProperties', { additionalProperties: column }],
    ['patternProperties', { properties: { where: {} }, patternProperties: { '^w': column } }],
    ['required alone', { properties: { where: { required: ['column'] } } }],
    ['propertyNames', { properties: { where: { propertyNames: { enum: ['column'] } } } }],
    [
      'items of draft 7',
      { properties: { where: { items: [{}, column] } } },
      { where: [0, { COLUMN: 1 }] },
      { where: [0, { column: 1 }] },
    ],
    [
      'prefixItems',
      { properties: { where: { prefixItems: [column] } } },
      { where: [{ COLUMN: 1 }] },
      { where: [{ column: 1 }] },
    ],
    [
      'arrays of arrays',
      { properties: { where: { items: { items: column } } } },
      { where: [[{ COLUMN: 1 }]] },
      { where: [[{ column: 1 }]] },
    ],
    ['itself', recursive, { children: [{ children: [{ Label: 1 }] }] }, { children: [{ children: [{ label: 1 }] }] }],
    [
      'itself by #',
      { properties: { table: { $ref: '#' }, n: {} } },
      { table: { table: { N: 1 } } },
      { table: { table: { n: 1 } } },
    ],
  ] as readonly (readonly [string, JsonObject, JsonObject?, JsonObject?])[]) {
    it(`is called so by ${where}`, () => {
      assert.ok(isMiscalled(wrong ?? { where: { COLUMN: 1 } }, described));
      assert.ok(!isMiscalled(right ?? { where: { column: 1 } }, described));
    });
  }

  it('is called nothing by what refers to itself alone, to nothing, or elsewhere', () => {
    for (const $ref of ['#', '#/$defs/none', '#none', '#/%', 'https://elsewhere.example/schema', '#/$defs/a'])
      assert.ok(
        !isMiscalled({ COLUMN: 1 }, { $ref, $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } } }),
        $ref,
      );
    assert.ok(!isMiscalled({ TABLE: 1 }, { $defs: table }), 'what nobody refers to describes nothing');
  });

  it('is looked at in as much time as it is long, whatever the schema refers to', () => {
    const names = Array.from({ length: 2_000 }, (_each, at) => `name${at}`);
    const schema = { properties: Object.fromEntries(names.map((name) => [name, { $ref: '#' }])) };
    const wide = Object.fromEntries(
      names.map((name) => [name, Object.fromEntries(names.slice(0, 9).map((each) => [each, { name1: {} }]))]),
    );
    const begun = process.cpuUsage().user;
    assert.ok(!isMiscalled(wide, schema));
    assert.ok(process.cpuUsage().user - begun < 2_000_000);
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

  it('of a prompt too, or of what is completed of one, listed before or not', async () => {
    const headersOf = async (listing: boolean): Promise<Record<string, string>> => {
      const { headers } = await greet(gate.url('tools'), '2025-11-25');
      if (listing) await post(gate.url('tools'), { id: 1, method: 'prompts/list' }, { headers });
      return headers;
    };
    const ref = { type: 'ref/prompt', name: 'summarize' };
    for (const listing of [true, false]) {
      const headers = await headersOf(listing);
      const codeOf = async (method: string, params: object): Promise<unknown> => {
        const [answer] = messagesIn(
          await (await post(gate.url('tools'), { id: 2, method, params }, { headers })).text(),
        );
        return at(answer, 'error', 'data', 'code');
      };
      for (const [method, params] of [
        ['prompts/get', { name: 'summarize', arguments: { Who: 'x' } }],
        ['prompts/get', { name: 'summarize', arguments: { who: 'x', WHO: 'y' } }],
        ['prompts/get', { name: 'Summarize', arguments: { who: 'x' } }],
        ['completion/complete', { ref, argument: { name: 'Who', value: 'x' } }],
        ['completion/complete', { ref, argument: { name: 'who', value: 'x' }, context: { arguments: { wHo: 'y' } } }],
      ] as const)
        assert.equal(await codeOf(method, params), 'invalid_params', JSON.stringify([listing, params]));
      assert.equal(await codeOf('prompts/get', { name: 'summarize', arguments: { who: 'x' } }), undefined);
      assert.equal(await codeOf('prompts/get', { name: 'summarize', arguments: { who: 'x', more: 'y' } }), undefined);
    }
  });
});
