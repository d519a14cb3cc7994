// What the official conformance suite wants of a server in both eras of MCP, but questions: tools, resources, prompts,
// completions and log messages, by the names the suite calls them. Must never do anything but what a scenario asks for.

import { setTimeout as sleep } from 'node:timers/promises';
import {
  CLIENT_CAPABILITIES_META_KEY,
  fromJsonSchema,
  type McpServer,
  ResourceTemplate,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { z } from 'zod';

type Content = { type: 'text'; text: string } | { type: 'image' | 'audio'; data: string; mimeType: string } | Embedded;
interface Embedded {
  type: 'resource';
  resource: { uri: string; mimeType: string; text: string };
}

const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const silence = 'UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA=';
const image = { type: 'image' as const, data: pixel, mimeType: 'image/png' };
const words = (text: string): { type: 'text'; text: string } => ({ type: 'text', text });
const embedded = (uri: string, mimeType: string, text: string): Embedded => ({
  type: 'resource',
  resource: { uri, mimeType, text },
});
const said = (...content: Content[]): { content: Content[] } => ({ content });

/** How a tool tells every client that a list is another one now. */
export interface Tidings {
  toolsChanged(): void;
  promptsChanged(): void;
}

export function addPrimitives(server: McpServer, tidings: Tidings): void {
  addTools(server);
  addChanges(server, tidings);
  addResources(server);
  addPrompts(server);
}

function addTools(server: McpServer): void {
  const plain: readonly [name: string, ...content: Content[]][] = [
    ['test_simple_text', words('This is a simple text response for testing.')],
    ['test_image_content', image],
    ['test_audio_content', { type: 'audio', data: silence, mimeType: 'audio/wav' }],
    [
      'test_embedded_resource',
      embedded('test://embedded-resource', 'text/plain', 'This is an embedded resource content.'),
    ],
    [
      'test_multiple_content_types',
      words('Multiple content types test:'),
      image,
      embedded('test://mixed-content-resource', 'application/json', '{"test":"data","value":123}'),
    ],
  ];
  for (const [name, ...content] of plain) {
    server.registerTool(name, { description: `Answers as ${name} must` }, () => said(...content));
  }
  server.registerTool('test_error_handling', { description: 'Fails' }, () => {
    throw new Error('This tool intentionally returns an error for testing');
  });
  server.registerTool('test_tool_with_logging', { description: 'Logs three times' }, async ({ mcpReq }) => {
    for (const message of ['Tool execution started', 'Tool processing data', 'Tool execution completed']) {
      await mcpReq.log('info', message);
      await sleep(50);
    }
    return said(words('Tool with logging executed successfully'));
  });
  server.registerTool('test_logging_tool', { description: 'Logs where it is asked to' }, async ({ mcpReq }) => {
    await mcpReq.log('info', 'A line of the log');
    return said(words('logged'));
  });
  server.registerTool('test_tool_with_progress', { description: 'Reports progress' }, async ({ mcpReq }) => {
    const { _meta: meta } = mcpReq;
    const progressToken = meta?.progressToken;
    for (const progress of progressToken === undefined ? [] : [0, 50, 100]) {
      const params = { progressToken, progress, total: 100, message: `Completed step ${progress} of 100` };
      await mcpReq.notify({ method: 'notifications/progress', params });
      await sleep(50);
    }
    return said(words(String(progressToken ?? 'no token')));
  });
  server.registerTool('test_reconnection', { description: 'Closes its stream under way' }, async ({ http }) => {
    http?.closeSSE?.();
    await sleep(100);
    return said(words('Reconnection test completed successfully.'));
  });
  const ward = z.object({ region: z.string().meta({ 'x-mcp-header': 'Region' }) });
  server.registerTool('test_x_mcp_header', { description: 'Has a header', inputSchema: ward }, ({ region }) =>
    said(words(`region ${region}`)),
  );
  const everyKeyword = { description: 'Tool with JSON Schema 2020-12 features', inputSchema: dialect };
  server.registerTool('json_schema_2020_12_tool', everyKeyword, (given) =>
    said(words(`called with ${JSON.stringify(given)}`)),
  );
}

/** Keywords of JSON Schema 2020-12 that a listing must keep (SEP-1613, SEP-2106). */
const dialect = fromJsonSchema<Record<string, unknown>>({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  $defs: {
    address: {
      $anchor: 'addressDef',
      type: 'object',
      properties: { street: { type: 'string' }, city: { type: 'string' } },
    },
  },
  properties: {
    name: { type: 'string' },
    address: { $ref: '#/$defs/address' },
    contactMethod: { type: 'string', enum: ['phone', 'email'] },
    phone: { type: 'string' },
    email: { type: 'string' },
  },
  allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
  if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema.
  // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
  then: { required: ['phone'] },
  else: { required: ['email'] },
  additionalProperties: false,
});

function addChanges(server: McpServer, tidings: Tidings): void {
  const changing = (name: string, tell: () => void): void => {
    server.registerTool(name, { description: 'Tells that a list has changed' }, () => {
      tell();
      return said(words('changed'));
    });
  };
  changing('test_trigger_tool_change', () => tidings.toolsChanged());
  changing('test_trigger_prompt_change', () => tidings.promptsChanged());
}

function addResources(server: McpServer): void {
  const text = 'This is the content of the static text resource.';
  const plain = { description: 'A static text', mimeType: 'text/plain' };
  server.registerResource('static-text', 'test://static-text', plain, (uri) => ({
    contents: [{ uri: uri.href, mimeType: 'text/plain', text }],
  }));
  server.registerResource('static-binary', 'test://static-binary', { mimeType: 'image/png' }, (uri) => ({
    contents: [{ uri: uri.href, mimeType: 'image/png', blob: pixel }],
  }));
  server.registerResource('watched', 'test://watched-resource', plain, (uri) => ({
    contents: [{ uri: uri.href, mimeType: 'text/plain', text: 'Watched resource content' }],
  }));
  const template = new ResourceTemplate('test://template/{id}/data', { list: undefined });
  server.registerResource('template', template, { mimeType: 'application/json' }, (uri, { id }) => {
    const data = { id, templateTest: true, data: `Data for ID: ${String(id)}` };
    return { contents: [{ uri: uri.href, mimeType: 'application/json', text: JSON.stringify(data) }] };
  });
}

function addPrompts(server: McpServer): void {
  const user = <T extends Content>(...content: T[]): { messages: { role: 'user'; content: T }[] } => ({
    messages: content.map((each) => ({ role: 'user' as const, content: each })),
  });
  server.registerPrompt('test_simple_prompt', { description: 'Simple' }, () =>
    user(words('This is a simple prompt for testing.')),
  );
  const two = z.object({ arg1: z.string(), arg2: z.string() });
  server.registerPrompt('test_prompt_with_arguments', { description: 'With two', argsSchema: two }, ({ arg1, arg2 }) =>
    user(words(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)),
  );
  const one = z.object({ resourceUri: z.string() });
  server.registerPrompt(
    'test_prompt_with_embedded_resource',
    { description: 'With a resource', argsSchema: one },
    ({ resourceUri }) =>
      user<Content>(
        embedded(resourceUri, 'text/plain', 'Embedded resource content for testing.'),
        words('Please process the embedded resource above.'),
      ),
  );
  server.registerPrompt('test_prompt_with_image', { description: 'With an image' }, () =>
    user<Content>(image, words('Please analyze the image above.')),
  );
  server.server.setRequestHandler('completion/complete', ({ params }) => {
    const values = ['paris', 'park', 'party'].filter((each) => each.startsWith(params.argument.value.slice(0, 2)));
    return { completion: { values, total: values.length, hasMore: false } };
  });
}

/** What a client declared with this request, of MCP 2026-07-28. */
export function declaredIn({ mcpReq }: ServerContext): object {
  const declared = new Map(Object.entries(mcpReq.envelope ?? {})).get(CLIENT_CAPABILITIES_META_KEY);
  return typeof declared === 'object' && declared !== null ? declared : {};
}
