// What a list says of tools and prompts is masked, and what it names can still be asked for: by its name, with arguments that
// follow the schema as it is shown.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import { at } from './gate.ts';
import { masked } from './masked.ts';

/** Of a tool with one argument. */
function shown(schema: JsonObject, member: 'inputSchema' | 'outputSchema' = 'inputSchema'): unknown {
  const tool = { name: 't', [member]: { type: 'object', properties: { it: schema }, required: ['it'] } };
  return at(masked({ tools: [tool] }), 'tools', 0, member, 'properties', 'it');
}

describe('a definition', () => {
  it('is called what it is called, whatever is said beside it', () => {
    const title = 'For Zebulon Quartermain';
    const argument = { name: 'zebulon', description: title, required: true };
    const inputSchema = { type: 'object', properties: { quartermain: { title } }, required: ['quartermain'] };
    const list = masked({
      tools: [{ name: 'trigger-zebulon-request', title, inputSchema }],
      prompts: [{ name: 'ask-quartermain', title, arguments: [argument] }],
    });
    assert.equal(at(list, 'tools', 0, 'name'), 'trigger-zebulon-request');
    assert.deepEqual(at(list, 'tools', 0, 'inputSchema', 'required'), ['quartermain']);
    assert.ok(at(list, 'tools', 0, 'inputSchema', 'properties', 'quartermain'));
    assert.equal(at(list, 'prompts', 0, 'name'), 'ask-quartermain');
    assert.equal(at(list, 'prompts', 0, 'arguments', 0, 'name'), 'zebulon');
    assert.equal(at(list, 'tools', 0, 'title'), 'For [NAME]');
  });

  it('is not called by an identifier', () => {
    const properties = { '123-45-6789': { type: 'string' } };
    const list = masked({
      tools: [{ name: 'chart of 123-45-6789', inputSchema: { properties, required: ['123-45-6789'] } }],
      prompts: [{ name: 'john.smith@example.com', arguments: [{ name: 'SSN 123-45-6789' }] }],
    });
    assert.doesNotMatch(JSON.stringify(list), /6789|smith/);
  });

  it('has nobody send a mask, or refuse to send anything else', () => {
    const cities = ['New York', 'Chicago'];
    assert.deepEqual(shown({ type: 'string', enum: cities, description: 'City' }), {
      type: 'string',
      description: 'City',
    });
    assert.deepEqual(shown({ type: 'string', default: 'John Smith, SSN 123-45-6789' }), { type: 'string' });
    assert.deepEqual(shown({ const: 'john.smith@example.com' }), {});
    const alternatives = cities.map((city) => ({ const: city, title: city }));
    assert.deepEqual(shown({ type: 'string', oneOf: alternatives }), { type: 'string' });
    assert.deepEqual(shown({ type: 'array', items: { anyOf: [{ enum: cities }, { type: 'null' }] } }), {
      type: 'array',
      items: {},
    });
  });

  it('keeps what it says of nobody', () => {
    const schema = {
      type: 'string',
      default: 'a',
      enum: ['a', 'b'],
      oneOf: [{ const: 'a', title: 'Of John Smith' }, { const: 'b' }],
      anyOf: [{ type: 'string' }, { type: 'null' }],
    };
    assert.deepEqual(shown(schema), {
      ...schema,
      oneOf: [{ const: 'a', title: 'Of [NAME]' }, { const: 'b' }],
    });
  });

  it('promises of a result what the result is masked to', () => {
    assert.deepEqual(shown({ enum: ['123-45-6789', 'none'] }, 'outputSchema'), { enum: ['[SSN]', 'none'] });
  });
});
