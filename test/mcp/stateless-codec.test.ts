// The headers of MCP 2026-07-28: what one gate writes another reads as the same, and nothing else.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { JsonObject } from '../../src/core/json.ts';
import {
  enveloped,
  envelopeOf,
  headersOf,
  isLogged,
  isStateless,
  paramHeadersOf,
  paramMismatch,
} from '../../src/wire/mcp/stateless.ts';

const schema = {
  type: 'object',
  properties: {
    ward: { type: 'string', 'x-mcp-header': 'Ward' },
    deep: { type: 'object', properties: { bed: { type: 'integer', 'x-mcp-header': 'Bed' } } },
  },
};
const declared = paramHeadersOf(schema);

function requestOf(name: string, given: JsonObject): Parameters<typeof envelopeOf>[0] {
  const params = { name, arguments: given };
  return {
    kind: 'request',
    id: 1,
    method: 'tools/call',
    params: enveloped(params, { info: {}, capabilities: {}, logLevel: undefined }),
  };
}

test('headers that were made from a request are accepted with it, and with no other', () => {
  const words = fc.string({ unit: 'binary', maxLength: 40 }).filter((text) => text.isWellFormed());
  fc.assert(
    fc.property(words, words, words, fc.integer(), (name, other, ward, bed) => {
      const given = { ward, deep: { bed } };
      const request = requestOf(name, given);
      const headers = headersOf(request.method, request.params, declared);
      for (const value of Object.values(headers)) {
        // What HTTP carries as it is: no control characters, nothing a parser trims.
        assert.match(value, /^[\x21-\x7e]([\t\x20-\x7e]*[\x21-\x7e])?$/);
      }
      const header = (key: string): string | undefined => headers[key];
      assert.ok(envelopeOf(request, header).ok);
      assert.equal(paramMismatch(declared, given, header), null);
      assert.equal(envelopeOf(requestOf(other, given), header).ok, other === name);
      assert.equal(paramMismatch(declared, { ward: other, deep: { bed } }, header) === null, other === ward);
      assert.equal(paramMismatch(declared, { ward, deep: { bed: bed + 1 } }, header), 'Mcp-Param-bed');
      assert.equal(paramMismatch(declared, { ward }, header), 'Mcp-Param-bed', 'a header without its argument');
    }),
    { numRuns: 500 },
  );
});

test('a declaration against the rules is none', () => {
  const of = (properties: JsonObject): number => paramHeadersOf({ type: 'object', properties }).length;
  assert.equal(of({ a: { type: 'string', 'x-mcp-header': 'A' } }), 1);
  assert.equal(of({ a: { type: 'string', 'x-mcp-header': 'A' }, b: { type: 'string', 'x-mcp-header': 'a' } }), 0);
  assert.equal(of({ a: { type: 'object', 'x-mcp-header': 'A' } }), 0);
  assert.equal(of({ a: { type: 'string', 'x-mcp-header': 'A b' } }), 0);
  assert.equal(of({ a: { type: 'array', items: { type: 'string', 'x-mcp-header': 'A' } } }), 0);
});

test('the body says which version it is; the header where the body says nothing', () => {
  const plain = { kind: 'notification', method: 'notifications/cancelled', params: {} } as const;
  assert.equal(isStateless(requestOf('a', {}), undefined), true);
  assert.equal(isStateless(requestOf('a', {}), '2025-11-25'), true, 'and the header will be refused');
  assert.equal(isStateless(plain, '2026-07-28'), true);
  assert.equal(isStateless(plain, '2025-11-25'), false);
  assert.equal(isStateless(plain, undefined), false);
});

test('log levels are a ladder, and no level is none', () => {
  assert.equal(isLogged('warning', 'error'), true);
  assert.equal(isLogged('warning', 'info'), false);
  assert.equal(isLogged(undefined, 'emergency'), false);
  assert.equal(isLogged('debug', 'patient'), false);
});
