// An MCP server behind Streamable HTTP that takes its database from the header Chartgate-Identity: its SQL is the caller's, masked
// and filed under the tool call; and what opened the door closes with the session.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { Client } from 'pg';
import { type Clinic, startClinic } from '../parts/clinic.ts';
import { eventually } from '../parts/eventually.ts';

let clinic: Clinic;
let server: Server;
/** What came in the header, each once. */
const shown = new Set<string>();

before(async () => {
  server = createServer((request, response) => void reply(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
  clinic = await startClinic();
  await clinic.writeConfig((config) =>
    config.replace(/ {2}ehr-tools: .*\n/, `  ehr-tools: { type: mcp, url: "${url}", identity: "\${dsn:ehr}" }\n`),
  );
  await clinic.startGate();
});
after(async () => {
  await clinic.stop();
  server.close();
});

async function reply(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { id, method, params } = JSON.parse((await text(request)) || '{}');
  const dsn = String(request.headers['chartgate-identity'] ?? '');
  shown.add(dsn);
  if (id === undefined) {
    response.writeHead(request.method === 'POST' ? 202 : 405).end();
    return;
  }
  const result = await answer(method, params, dsn);
  const body = JSON.stringify({ jsonrpc: '2.0', id, result });
  response.writeHead(200, { 'content-type': 'application/json' }).end(body);
}

async function answer(method: string, params: { readonly protocolVersion?: string }, dsn: string): Promise<object> {
  if (method === 'initialize') {
    const { protocolVersion } = params;
    return { protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'remote', version: '1' } };
  }
  if (method === 'tools/list') return { tools: [{ name: 'query', inputSchema: { type: 'object' } }] };
  const client = new Client({ connectionString: dsn });
  await client.connect();
  try {
    const { rows } = await client.query('SELECT ssn FROM patients ORDER BY id');
    return { content: [{ type: 'text', text: JSON.stringify(rows) }] };
  } finally {
    await client.end();
  }
}

test('a remote server works as its caller, and only while the session lasts', async () => {
  const agent = await clinic.agent('ana');
  await agent.listTools();
  const { content } = await agent.callTool({ name: 'query', arguments: {} });
  assert.deepEqual(content, [{ type: 'text', text: '[{"ssn":"***-**-6789"},{"ssn":"***-**-4320"}]' }]);
  assert.equal(shown.size, 1, 'one credential a session');
  const [dsn = ''] = shown;
  assert.match(dsn, /^postgres:\/\/cg_[^@]+@127\.0\.0\.1:\d+\/ehr$/);

  const sql = (await clinic.sessions()).find((each) => each.door === 'postgres');
  assert.equal(sql?.subject.id, 'ana');
  assert.ok(sql?.parent, 'its SQL hangs on the session of the agent');

  await agent.close();
  const mcp = sql.parent.session;
  const ended = async (): Promise<boolean> => (await clinic.sessions()).find((each) => each.id === mcp)?.ended !== null;
  assert.equal(
    (await clinic.chartgate(['sessions', 'revoke', 'ana', '--reason', 'test', '-c', clinic.config], 'pia')).code,
    0,
  );
  await eventually(ended, 'the session has ended');
  await assert.rejects(new Client({ connectionString: dsn }).connect(), { code: '28P01' });
});
