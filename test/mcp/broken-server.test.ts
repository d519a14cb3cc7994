// What the log says of the call that broke its server: what the caller was told, and not that somebody canceled it.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Clinic, startClinic } from '../parts/clinic.ts';
import { eventually } from '../parts/eventually.ts';

/** The call of each tool, and the code its end is recorded with. */
function breaks(upstream: () => string, calls: Readonly<Record<string, string>>): void {
  let clinic: Clinic;
  before(async () => {
    clinic = await startClinic();
    await clinic.writeConfig((config) =>
      config
        .replace(/ {2}ehr-tools: .*\n/, `  ehr-tools: { type: mcp, ${upstream()} }\n`)
        .replace(/^( *)rules:\n/m, '$1rules:\n$1  - { name: any-tool, connections: [ehr-tools], allow: true }\n'),
    );
    await clinic.startGate();
  });
  after(() => clinic.stop());

  for (const [tool, code] of Object.entries(calls))
    test(`of ${tool} ends as an error`, async () => {
      const agent = await clinic.agent('ana');
      await agent.listTools();
      const [{ id } = { id: '' }] = await clinic.sessions({ door: 'mcp' });
      await assert.rejects(agent.callTool({ name: tool, arguments: {} }), { code: -32006 });
      const ofType = async (type: string) => (await clinic.replay(id)).events.filter((each) => each.type === type);
      await eventually(async () => (await ofType('session.end')).length === 1, 'the end of the session');
      const [last] = (await ofType('request.end')).slice(-1);
      assert.deepEqual(last?.data, Object.assign({}, last?.data, { status: 'error', code }));
      await agent.close();
    });
}

describe('a call of a server over stdio', () => {
  const command = [process.execPath, fileURLToPath(new URL('bad-server.ts', import.meta.url)), 'other'];
  breaks(() => `command: ${JSON.stringify(command)}`, {
    flood_garbage: 'upstream_protocol',
    oversize: 'upstream_protocol',
    die_mid_line: 'upstream_closed',
  });
});

describe('a call of a server over HTTP', () => {
  const server = createServer((request, response) => void reply(request, response));
  before(async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening');
  });
  after(() => server.close());
  breaks(() => `url: "http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp"`, {
    deep: 'upstream_protocol',
    garbage: 'upstream_protocol',
  });
});

const greeting = {
  protocolVersion: '2025-11-25',
  capabilities: { tools: {} },
  serverInfo: { name: 'bad', version: '0' },
};
const tools = ['deep', 'garbage'].map((name) => ({ name, inputSchema: { type: 'object' } }));
const wrong: Readonly<Record<string, readonly [type: string, body: string]>> = {
  deep: ['application/json', `{"jsonrpc":"2.0","id":1,"result":${'['.repeat(50_000)}`],
  garbage: ['text/event-stream', 'data: not json\n\n'.repeat(300)],
};

async function reply(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { id, method, params } = JSON.parse((await text(request)) || '{}');
  if (request.method !== 'POST' || id === undefined) return void response.writeHead(202).end();
  const result = method === 'initialize' ? greeting : { tools };
  const right = ['application/json', JSON.stringify({ jsonrpc: '2.0', id, result })] as const;
  const [type, body] = wrong[method === 'tools/call' ? params.name : ''] ?? right;
  response.writeHead(200, { 'content-type': type }).end(body);
}
