// Keys of `_meta` have a prefix that reads like the address of a site (MCP 2025-11-25, General fields / _meta): they are still what
// clients know them by, unless somebody is named in them.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import { at } from './gate.ts';
import { masked } from './masked.ts';

function keysOf(meta: JsonObject, words = 'Nobody.'): string[] {
  const message = { content: [{ type: 'text', text: words, _meta: meta }], _meta: meta };
  const shown = masked(message);
  const [outer, inner] = [at(shown, '_meta'), at(shown, 'content', 0, '_meta')].map((each) =>
    Object.keys(Object(each)),
  );
  assert.deepEqual(inner, outer);
  return outer ?? [];
}

describe('a key of _meta', () => {
  it('keeps its prefix', () => {
    const keys = [
      'com.example.mcp/trace',
      'mcp.example.com/trace.id',
      'dev.x-y.org/kernel_state',
      'io.modelcontextprotocol/x',
      'org.example/',
      'openai/outputTemplate',
      'plain',
    ];
    assert.deepEqual(keysOf(Object.fromEntries(keys.map((key) => [key, 1]))), keys);
  });

  it('keeps none that names somebody', () => {
    const keys = [
      'zebulon-quartermain.example.com/x',
      'quartermain.zebulon.example.com/x',
      'example.com/zebulon-quartermain',
      'example.com/Zebulon.Quartermain',
      'example.com/Zebulon_Quartermain',
      'example.com/123-45-6789',
      'example.com/mrn00482913',
      'a123.b45.c6789.example.com/ssn',
    ];
    for (const key of keys) assert.doesNotMatch(keysOf({ [key]: 1 }).join(), /quartermain|6789|00482913/i, key);
    assert.doesNotMatch(
      keysOf({ 'example.com/vandersloot': 1 }, 'Patient: Ophelia Vandersloot').join(),
      /vandersloot/i,
    );
  });

  it('is no address that only looks like one', () => {
    for (const key of ['https://example.com/x', 'www.example.com', 'example.com', '10.0.0.1/x', 'example.com/x/y'])
      assert.notDeepEqual(keysOf({ [key]: 1 }), [key], key);
  });

  it('stands where it stood, with its own value', () => {
    const meta = {
      'b.example.com/x': 'SSN 123-45-6789',
      '219-09-9999': 2,
      'a.example.com/ssn': '987654320',
      z: { k: 'v' },
    };
    assert.deepEqual(at(masked({ _meta: meta }), '_meta'), {
      'b.example.com/x': 'SSN [SSN]',
      '[SSN]': 2,
      'a.example.com/ssn': '[SSN]',
      z: { k: 'v' },
    });
    const numbered = keysOf({ 'b.example.com/x': 1, 7: 1, '219-09-9999': 1 });
    assert.equal(numbered.length, 3);
    assert.doesNotMatch(numbered.join(), /219/);
  });
});
