// An MCP server of ours on the official SDK, with tools that say and do what a gate has to handle. Run directly it speaks
// stdio; imported, `serveFixture` puts it behind Streamable HTTP.

import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  createMcpHandler,
  type McpHttpHandler,
  McpServer,
  ResourceTemplate,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server';
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import { z } from 'zod';

export const phiText = 'Patient John Smith, SSN 219-09-9999, phone (555) 123-4567, mail john.smith@example.com';
/** One that must be in nothing that leaves. */
export const ssn = '219-09-9999';

const text = (content: string) => ({ content: [{ type: 'text' as const, text: content }] });
const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

export function createFixture(): McpServer {
  const server = new McpServer(
    { name: 'fixture', version: '1.0.0' },
    { capabilities: { logging: {}, tools: { listChanged: true } }, instructions: 'Ask kindly.' },
  );
  const readOnly = { annotations: { readOnlyHint: true } };
  server.registerTool('read_chart', { ...readOnly, description: 'Reads a chart' }, () => text(phiText));
  server.registerTool('echo', { ...readOnly, inputSchema: z.object({ say: z.string() }) }, ({ say }) =>
    text(`you said: ${say}`),
  );
  server.registerTool(
    'by_header',
    { ...readOnly, inputSchema: z.object({ ward: z.string().meta({ 'x-mcp-header': 'Ward' }) }) },
    ({ ward }) => text(`ward ${ward}`),
  );
  server.registerTool(
    'structured',
    { ...readOnly, outputSchema: z.object({ ssn: z.string(), visits: z.number() }) },
    () => ({ ...text('see structuredContent'), structuredContent: { ssn, visits: 3 } }),
  );
  server.registerTool('json_text', readOnly, () => text(JSON.stringify([{ note: `SSN ${ssn}` }])));
  server.registerTool('picture', readOnly, () => ({
    content: [{ type: 'image', data: pixel, mimeType: 'image/png' }],
  }));
  server.registerTool('tool_error', readOnly, () => ({ isError: true, ...text(`no chart for ${ssn}`) }));
  server.registerTool('wipe_charts', { annotations: { destructiveHint: true } }, () => text('wiped'));
  server.registerTool('secret_export', {}, () => text('exported'));
  server.registerTool('slow', { ...readOnly, inputSchema: z.object({ ms: z.number() }) }, async ({ ms }, context) => {
    await sleep(ms, undefined, { signal: context.mcpReq.signal });
    return text('slept');
  });
  server.registerTool('progress', readOnly, async (context) => {
    const { _meta: meta } = context.mcpReq;
    const progressToken = meta?.progressToken ?? 'nobody asked';
    for (let progress = 1; progress <= 3; progress++) {
      const params = { progressToken, progress, total: 3, message: `row of ${ssn}` };
      await context.mcpReq.notify({ method: 'notifications/progress', params });
    }
    await context.mcpReq.notify({ method: 'notifications/message', params: { level: 'info', data: { ssn, n: 1 } } });
    return text('done');
  });
  server.registerTool('ask', readOnly, async (context) => {
    const answer = await context.mcpReq.elicitInput({
      message: `Is it ${ssn}?`,
      requestedSchema: { type: 'object', properties: { sure: { type: 'boolean' } } },
    });
    return text(`answer: ${answer.action} ${JSON.stringify(answer.content ?? {})}`);
  });
  server.registerTool('die', {}, () => process.exit(3));
  server.registerTool('environment', readOnly, () => text(JSON.stringify(Object.keys(process.env).sort())));
  server.registerTool('pid', readOnly, () => text(String(process.pid)));

  server.registerResource('chart', 'chart://one', { mimeType: 'text/plain' }, (uri) => ({
    contents: [{ uri: uri.href, text: phiText }],
  }));
  server.registerResource('scan', 'chart://scan', { mimeType: 'image/png' }, (uri) => ({
    contents: [{ uri: uri.href, blob: pixel, mimeType: 'image/png' }],
  }));
  server.registerResource('secret', 'secret://one', {}, (uri) => ({ contents: [{ uri: uri.href, text: 'secret' }] }));
  server.registerResource('by-id', new ResourceTemplate('chart://{id}', { list: undefined }), {}, (uri) => ({
    contents: [{ uri: uri.href, text: phiText }],
  }));
  server.registerPrompt('summarize', { argsSchema: z.object({ who: z.string() }) }, ({ who }) => ({
    messages: [{ role: 'user', content: { type: 'text', text: `Summarize ${who}: ${phiText}` } }],
  }));
  server.registerPrompt('secret_prompt', {}, () => ({ messages: [] }));
  return server;
}

export interface ServedFixture {
  readonly url: string;
  /** Headers of every request that came, so that a test can see what was passed on. */
  readonly seen: readonly Readonly<Record<string, string>>[];
  close(): Promise<void>;
}

/** With sessions, one server instance each; or `stateless`, speaking MCP 2026-07-28 and nothing else. */
export async function serveFixture(
  options: {
    readonly json?: boolean;
    readonly stateless?: boolean;
    readonly create?: () => McpServer;
    /** A stateless one that the test has made. */
    readonly handler?: McpHttpHandler;
    /** Whether this Authorization header is good; without, every one is. */
    readonly admits?: (authorization: string) => boolean | Promise<boolean>;
    /** RFC 9728, at a place that only the answer 401 names. */
    readonly resourceMetadata?: (url: string) => object;
  } = {},
): Promise<ServedFixture> {
  const transports = new Map<string, WebStandardStreamableHTTPServerTransport>();
  const seen: Record<string, string>[] = [];
  const made = options.stateless && createMcpHandler(() => (options.create ?? createFixture)(), { legacy: 'reject' });
  const handler = options.handler ?? made;
  const listener = createServer((incoming, outgoing) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
      const headers = Object.fromEntries(
        Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]),
      );
      seen.push(headers);
      const here = `http://${headers['host']}`;
      if (options.resourceMetadata && incoming.url === '/about-me') {
        return void outgoing.writeHead(200).end(JSON.stringify(options.resourceMetadata(`${here}/mcp`)));
      }
      if ((await options.admits?.(headers['authorization'] ?? '')) === false) {
        const challenge = { 'www-authenticate': `Bearer resource_metadata="${here}/about-me"` };
        return void outgoing.writeHead(401, options.resourceMetadata ? challenge : {}).end();
      }
      const hungUp = new AbortController();
      outgoing.once('close', () => hungUp.abort());
      const request = new Request(`http://127.0.0.1${incoming.url}`, {
        method: incoming.method ?? 'GET',
        signal: hungUp.signal,
        headers,
        ...(chunks.length > 0 ? { body: Buffer.concat(chunks) } : {}),
      });
      let transport = transports.get(headers['mcp-session-id'] ?? '');
      if (!transport && !handler) {
        const created = new WebStandardStreamableHTTPServerTransport({
          sessionIdGenerator: () => crypto.randomUUID(),
          onsessioninitialized: (id) => void transports.set(id, created),
          enableJsonResponse: options.json === true,
        });
        transport = created;
        await (options.create ?? createFixture)().connect(transport);
      }
      const response = await (handler ? handler.fetch(request) : transport?.handleRequest(request));
      if (!response) return;
      outgoing.writeHead(response.status, Object.fromEntries(response.headers));
      outgoing.flushHeaders();
      if (response.body) for await (const chunk of response.body) outgoing.write(chunk);
      outgoing.end();
    })().catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const address = listener.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    seen,
    close: async () => {
      await Promise.all([...transports.values()].map((each) => each.close()));
      listener.closeAllConnections();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}

if (import.meta.main) await createFixture().connect(new StdioServerTransport());
