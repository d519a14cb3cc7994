// A remote MCP server (2025-11-25, Streamable HTTP, JSON replies) that does as little as one can: what stands behind the door
// when the door is measured. Argument: the port. Must never be what a figure is limited by.

import { createServer } from 'node:http';

const text = `Seen on the ward today: patient in bed 12, SSN 219-09-9999, reachable at (555) 123-4567. ${'Vital signs are stable; continue as before. '.repeat(8)}`;
const called = JSON.stringify({ content: [{ type: 'text', text }] });
const results: Readonly<Record<string, string>> = {
  initialize: JSON.stringify({
    protocolVersion: '2025-11-25',
    capabilities: { tools: {} },
    serverInfo: { name: 'bench', version: '1' },
  }),
  'tools/list': JSON.stringify({
    tools: [
      {
        name: 'read_chart',
        inputSchema: { type: 'object', properties: { chart: { type: 'string' } } },
        annotations: { readOnlyHint: true },
      },
    ],
  }),
  'tools/call': called,
};

createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => void chunks.push(chunk));
  request.on('end', () => {
    if (request.method !== 'POST') return void response.writeHead(request.method === 'DELETE' ? 200 : 405).end();
    const { id, method } = JSON.parse(Buffer.concat(chunks).toString()) as { id?: number; method: string };
    if (id === undefined) return void response.writeHead(202).end();
    const result = results[method];
    const outcome = result === undefined ? '"error":{"code":-32601,"message":"unknown"}' : `"result":${result}`;
    const body = `{"jsonrpc":"2.0","id":${id},${outcome}}`;
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      ...(method === 'initialize' ? { 'mcp-session-id': crypto.randomUUID() } : {}),
    });
    response.end(body);
  });
}).listen(Number(process.argv[2]), '127.0.0.1');
