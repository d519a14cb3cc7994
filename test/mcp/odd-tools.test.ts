// Servers that give their tools odd names and lie about their schemas: names arrive as they are, whatever carries them, and
// no schema makes the gate wait, fail or show what is not masked.

import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { at, connect, connectStateless, openGate, type TestGate } from './gate.ts';

const names = [
  '__proto__',
  'constructor',
  'toString',
  'a\nb',
  'a\u0000b',
  'tab\there',
  '名前 ünï',
  ' both ends ',
  '=?base64?YQ==?=',
  '../../etc/passwd',
  '%2e%2e',
  '"quoted", \\ and {}',
  'x'.repeat(2_000),
];

let nested: object = { type: 'string' };
for (let depth = 0; depth < 25; depth++) nested = { type: 'object', properties: { a: nested } };

/** What a tool promises, and what it then gives. */
const liars: Readonly<Record<string, { readonly outputSchema: unknown; readonly structuredContent?: unknown }>> = {
  endless: {
    outputSchema: { type: 'object', properties: { a: { $ref: '#' } } },
    structuredContent: { a: { a: { a: { ssn: '219-09-9999' } } } },
  },
  itself: { outputSchema: { $ref: '#' }, structuredContent: { ssn: '219-09-9999' } },
  nowhere: {
    outputSchema: { type: 'object', properties: { ssn: { $ref: 'https://evil.example/schema' } } },
    structuredContent: { ssn: '219-09-9999' },
  },
  slow_pattern: {
    outputSchema: { type: 'object', properties: { ssn: { type: 'string', pattern: '^(([a-z0-9-])+)+$' } } },
    structuredContent: { ssn: `219-09-9999 ${'a'.repeat(60)}!` },
  },
  deep: { outputSchema: nested, structuredContent: { a: { a: '219-09-9999' } } },
  no_schema: { outputSchema: 'string', structuredContent: { ssn: '219-09-9999' } },
  another_type: {
    outputSchema: { type: 'object', properties: { visits: { type: 'integer' } }, required: ['visits'] },
    structuredContent: { visits: 'SSN 219-09-9999', more: ['219-09-9999'] },
  },
  a_list: { outputSchema: { type: 'object' }, structuredContent: ['219-09-9999'] },
  nothing: { outputSchema: { type: 'object', required: ['a'] } },
};

let server: Server;
let gate: TestGate;

before(async () => {
  const tool = (name: string, more = {}): object => ({
    name,
    inputSchema: { type: 'object' },
    annotations: { readOnlyHint: true },
    ...more,
  });
  const tools = [
    ...names.map((name) => tool(name)),
    ...Object.entries(liars).map(([name, { outputSchema }]) => tool(name, { outputSchema })),
    null,
    5,
    { name: 7 },
    tool('schema_of_text', { inputSchema: 'none' }),
    tool('headers_of_nothing', { inputSchema: { properties: { a: { 'x-mcp-header': '\r\nevil: 1' }, b: null } } }),
  ];
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const { id, method, params } = body === '' ? {} : JSON.parse(body);
      if (id === undefined) return void response.writeHead(request.method === 'POST' ? 202 : 405).end();
      const liar = liars[params?.name];
      const results: Readonly<Record<string, object>> = {
        initialize: {
          protocolVersion: '2025-11-25',
          capabilities: { tools: {} },
          serverInfo: { name: 'odd', version: '0' },
        },
        'tools/list': { tools },
        'tools/call': {
          content: [{ type: 'text', text: JSON.stringify([params?.name, 'SSN 219-09-9999']) }],
          ...(liar?.structuredContent === undefined ? {} : { structuredContent: liar.structuredContent }),
        },
      };
      const result = results[method];
      const outcome = result ? { result } : { error: { code: -32601, message: 'none' } };
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ jsonrpc: '2.0', id, ...outcome }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(typeof address === 'object' && address);
  gate = await openGate({ httpUpstream: `http://127.0.0.1:${address.port}/mcp` });
});
after(async () => {
  await gate.close();
  server.closeAllConnections();
  server.close();
});

for (const [kind, enter] of [
  ['a client with a session', () => connect(gate, 'remote')],
  ['a client without', () => connectStateless(gate, 'remote')],
] as const) {
  describe(kind, () => {
    it('calls a tool of any name, and that tool alone', async () => {
      await using client = await enter();
      for (const name of names) {
        const answer = await client.request({ method: 'tools/call', params: { name, arguments: {} } });
        const said = String(at(answer, 'content', 0, 'text'));
        assert.ok(
          said.includes(JSON.stringify(name).slice(1, 200).replace(/"$/, '')),
          `${JSON.stringify(name)}: ${said}`,
        );
        assert.ok(!said.includes('219-09'));
      }
      for (const name of ['', 'hasOwnProperty', '7', 'A\nB']) {
        await assert.rejects(client.request({ method: 'tools/call', params: { name, arguments: {} } }), (error) => {
          assert.match(String(at(error, 'data', 'code')), /unknown_tool|invalid|no_matching_rule|header_mismatch/);
          return true;
        });
      }
    });

    it('is shown nothing unmasked by a server that lies about its schema', { timeout: 120_000 }, async () => {
      await using client = await enter();
      const begun = process.cpuUsage();
      for (const name of Object.keys(liars)) {
        // As a client that checks nothing itself.
        const answer = await client.request({ method: 'tools/call', params: { name, arguments: {} } });
        assert.doesNotMatch(JSON.stringify(answer), /219-09/, name);
      }
      assert.ok(process.cpuUsage(begun).user < 5_000_000, 'no schema keeps the gate busy');
    });
  });
}
