// An MCP server over HTTP whose tools answer what they were given to answer, each in its way.

import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Sends a body, or what is to become of it. */
export type Answering = (body: string, response: ServerResponse) => void;

export interface CannedServer {
  readonly url: string;
  close(): void;
}

export const whole: Answering = (body, response) => {
  response.writeHead(200, { 'content-type': 'application/json' }).end(body);
};

/** `results`: by the name of the tool. */
export async function cannedServer(
  results: Readonly<Record<string, readonly [Answering, object]>>,
): Promise<CannedServer> {
  const tools = Object.keys(results).map((name) => ({
    name,
    inputSchema: { type: 'object' },
    annotations: { readOnlyHint: true },
  }));
  const welcome = {
    protocolVersion: '2025-11-25',
    capabilities: { tools: {} },
    serverInfo: { name: 'canned', version: '1' },
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => void chunks.push(chunk));
    request.on('end', () => {
      if (request.method !== 'POST') return void response.writeHead(405).end();
      const { id, method, params } = JSON.parse(Buffer.concat(chunks).toString()) as {
        id?: number;
        method: string;
        params: { name: string };
      };
      if (id === undefined) return void response.writeHead(202).end();
      const [answering, result] =
        (method === 'tools/call' ? results[params.name] : undefined) ??
        ([whole, method === 'initialize' ? welcome : { tools }] as const);
      answering(JSON.stringify({ jsonrpc: '2.0', id, result }), response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
