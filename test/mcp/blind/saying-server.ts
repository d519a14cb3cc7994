// An MCP server over HTTP that says whatever it was given in each kind of message there is, one at a time, and keeps what it is told.

import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Json, JsonObject } from '../../../src/core/json.ts';

/** A text, and the same as JSON where it is that. */
export interface Saying {
  readonly text: string;
  readonly value: Json;
}

export interface SayingServer {
  readonly url: string;
  /** Bodies that are no requests, as they came: answers of the client. */
  readonly told: string[];
  close(): void;
}

interface Received {
  readonly id?: number;
  readonly method?: string;
  readonly params?: JsonObject & { readonly arguments?: Readonly<Record<string, unknown>> };
}

const tools = ['text', 'structured', 'failed', 'refused', 'progress', 'log', 'ask', 'sample'].map((name) => ({
  name,
  inputSchema: { type: 'object' },
  annotations: { readOnlyHint: true },
}));
const welcome = {
  protocolVersion: '2025-06-18',
  capabilities: { tools: {}, resources: {}, prompts: {}, completions: {}, logging: {} },
  serverInfo: { name: 'saying', version: '1' },
};

export async function sayingServer(sayings: readonly Saying[]): Promise<SayingServer> {
  const told: string[] = [];
  const answers = new Map<number, () => void>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => void chunks.push(chunk));
    request.on('end', () => {
      if (request.method !== 'POST') return void response.writeHead(405).end();
      const body = Buffer.concat(chunks).toString();
      const message = JSON.parse(body) as Received;
      if (message.method === undefined && message.id !== undefined) {
        told.push(body);
        answers.get(message.id)?.();
      }
      if (message.id === undefined || message.method === undefined) return void response.writeHead(202).end();
      void answer(message, response);
    });
  });
  let asked = 0;
  const answer = async ({ id, method, params = {} }: Received, response: ServerResponse): Promise<void> => {
    const at = Number(params.arguments?.['at'] ?? /\d+/.exec(JSON.stringify(params['uri'] ?? ''))?.[0] ?? 0);
    const { text, value } = sayings[at] ?? { text: '', value: null };
    const content = [{ type: 'text', text }];
    const whole = (outcome: object): void => {
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ jsonrpc: '2.0', id, ...outcome }));
    };
    const streamed = async (first: object): Promise<void> => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`data: ${JSON.stringify({ jsonrpc: '2.0', ...first })}\n\n`);
      if ('id' in first) await new Promise<void>((resolve) => void answers.set(Number(first.id), resolve));
      response.end(`data: ${JSON.stringify({ jsonrpc: '2.0', id, result: { content: [] } })}\n\n`);
    };
    if (method === 'initialize') return whole({ result: welcome });
    if (method === 'tools/list') return whole({ result: { tools } });
    if (method === 'resources/read') return whole({ result: { contents: [{ uri: `chart:${at}`, text }] } });
    if (method === 'prompts/get') {
      return whole({ result: { description: text, messages: [{ role: 'user', content: content[0] }] } });
    }
    if (method === 'completion/complete') return whole({ result: { completion: { values: [text] } } });
    const { name } = params;
    switch (typeof name === 'string' ? name : '') {
      case 'text':
        return whole({ result: { content } });
      case 'structured':
        return whole({ result: { content: [], structuredContent: { result: value } } });
      case 'failed':
        return whole({ result: { content, isError: true } });
      case 'refused':
        return whole({ error: { code: -32_000, message: text, data: value } });
      case 'progress': {
        const token = (params['_meta'] as JsonObject | undefined)?.['progressToken'];
        const said = { progressToken: token, progress: 1, message: text };
        return streamed({ method: 'notifications/progress', params: said });
      }
      case 'log':
        return streamed({ method: 'notifications/message', params: { level: 'info', data: value } });
      case 'ask': {
        const schema = { type: 'object', properties: { a: { type: 'string', description: text } } };
        const said = { message: text, requestedSchema: schema };
        return streamed({ id: ++asked, method: 'elicitation/create', params: said });
      }
      default: {
        const said = { messages: [{ role: 'user', content: content[0] }], systemPrompt: text, maxTokens: 9 };
        return streamed({ id: ++asked, method: 'sampling/createMessage', params: said });
      }
    }
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    told,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
