// What is masked is still a message of MCP: a client that holds it to the schema (the SDK's does) can read it. In each message
// below somebody stands wherever the schema lets them.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { specTypeSchemas } from '@modelcontextprotocol/client';
import type { JsonObject } from '../../src/core/json.ts';
import { at } from './gate.ts';
import { masked } from './masked.ts';

const who = 'Zebulon Quartermain, SSN 540-22-8871';
const phone = 6_175_550_142;
const icons = [{ src: `https://files.example/${encodeURIComponent(who)}.png`, sizes: ['48x48'], theme: 'light' }];
const annotations = { audience: ['user'], priority: 0.5, lastModified: '2025-01-12T15:00:58Z', note: who };
const said = { title: who, description: who, icons, annotations, _meta: { note: who } };
const text = { type: 'text', text: who, annotations };
const content = [
  text,
  { type: 'resource_link', uri: 'chart:540-22-8871', name: who, mimeType: 'text/plain', size: 4096, ...said },
  { type: 'resource', resource: { uri: 'chart:540-22-8871', text: who }, annotations },
  { type: 'image', data: Buffer.from('\u0000\u0001').toString('base64'), mimeType: 'image/png', annotations },
];
const schema = {
  type: 'object',
  properties: {
    phone: { type: 'integer', default: phone, minimum: phone, title: 'Phone', description: who },
    born: { type: 'string', format: 'date', default: '1944-02-03', maxLength: phone },
    sister: { type: 'string', enum: [who, 'nobody'], default: who },
    brother: { type: 'string', oneOf: [{ const: who, title: who }] },
    visitors: { type: 'array', items: { type: 'string', enum: [who, 'nobody'] }, default: [who], minItems: 0 },
    callers: { type: 'array', items: { anyOf: [{ const: who, title: who }] } },
    kept: { type: 'array', items: { type: 'string', enum: ['by post', 'by phone'] } },
  },
  required: ['phone', 'visitors'],
};
const tool = {
  name: 'charts',
  inputSchema: schema,
  outputSchema: schema,
  execution: { taskSupport: 'optional' },
  ...said,
  annotations: { title: who, readOnlyHint: true },
};
const asked = {
  messages: [
    { role: 'user', content: text },
    {
      role: 'assistant',
      content: [{ type: 'tool_use', id: 'toolu_01A09q90qw90lq917835lq9', name: 'charts', input: { who } }],
    },
    { role: 'user', content: [{ type: 'tool_result', toolUseId: 'toolu_01A09q90qw90lq917835lq9', content }] },
  ],
  maxTokens: 512,
  systemPrompt: who,
  stopSequences: [who],
  modelPreferences: { hints: [{ name: 'claude-3-5-sonnet-20241022' }], costPriority: 0.5 },
  tools: [tool],
};

const messages: readonly (readonly [keyof typeof specTypeSchemas, JsonObject])[] = [
  ['CallToolResult', { content, isError: true }],
  ['ListToolsResult', { tools: [tool] }],
  ['ListResourcesResult', { resources: [{ uri: 'chart:1', name: who, size: 4096, ...said }] }],
  ['ListResourceTemplatesResult', { resourceTemplates: [{ uriTemplate: 'chart:{540-22-8871}', name: who, ...said }] }],
  ['ReadResourceResult', { contents: [{ uri: 'chart:540-22-8871', text: who, _meta: { who } }] }],
  [
    'ListPromptsResult',
    { prompts: [{ name: 'ask', ...said, arguments: [{ name: 'of', title: who, required: true }] }] },
  ],
  ['GetPromptResult', { description: who, messages: content.map((each) => ({ role: 'user', content: each })) }],
  ['CompleteResult', { completion: { values: [who], total: 12, hasMore: true } }],
  [
    'InitializeResult',
    {
      protocolVersion: '2025-11-25',
      capabilities: { tools: {} },
      serverInfo: { name: who, version: '1', websiteUrl: 'https://x.example/540-22-8871', icons },
      instructions: who,
    },
  ],
  ['ProgressNotificationParams', { progressToken: 't', progress: 3, total: 12, message: `phone ${phone}` }],
  ['LoggingMessageNotificationParams', { level: 'info', logger: who, data: { who } }],
  ['ElicitRequestFormParams', { message: who, requestedSchema: schema }],
  ['ElicitRequestURLParams', { mode: 'url', message: who, url: 'https://x.example/540-22-8871', elicitationId: 'e' }],
  ['CreateMessageRequestParams', asked],
  ['ListRootsResult', { roots: [{ uri: `file:///home/${encodeURIComponent(who)}`, name: who }] }],
  ['ElicitResult', { action: 'accept', content: { a: who, b: phone, c: [who] } }],
  [
    'CreateMessageResult',
    { role: 'assistant', model: 'claude-3-5-sonnet-20241022', stopReason: 'endTurn', content: text },
  ],
];

function issuesOf(name: keyof typeof specTypeSchemas, message: unknown): unknown {
  const { issues } = specTypeSchemas[name]['~standard'].validate(message);
  return issues?.map(({ message: said, path }) => [path, said]);
}

describe('what is masked', () => {
  for (const [name, message] of messages) {
    it(`is a ${name}, and says nothing of anybody`, () => {
      assert.equal(issuesOf(name, message), undefined, 'it is one as the server sends it');
      const shown = masked(message);
      assert.equal(issuesOf(name, shown), undefined, JSON.stringify(shown));
      assert.doesNotMatch(decodeURIComponent(JSON.stringify(shown)), /Quartermain|540-22-8871|2025-01-12|1944-02-03/);
    });
  }

  it('leaves a choice of several those that nobody is named in', () => {
    const { requestedSchema } = masked({ message: '', requestedSchema: schema });
    assert.deepEqual(at(requestedSchema, 'properties', 'visitors', 'items', 'enum'), ['nobody']);
    assert.deepEqual(at(requestedSchema, 'properties', 'callers', 'items', 'anyOf'), []);
    assert.deepEqual(at(requestedSchema, 'properties', 'kept', 'items', 'enum'), ['by post', 'by phone']);
  });

  it('answers the use of a tool under the same id', () => {
    const shown = masked(asked);
    const id = at(shown, 'messages', 1, 'content', 0, 'id');
    assert.equal(typeof id, 'string');
    assert.equal(at(shown, 'messages', 2, 'content', 0, 'toolUseId'), id);
  });
});
