// A server of ours on the official SDK that passes every scored server scenario of the official conformance suite, in both
// eras of MCP at one address. It answers loopback names only, as `dns-rebinding-protection` wants.

import { createServer } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  createMcpHandler,
  type EventStore,
  isLegacyRequest,
  localhostAllowedHostnames,
  McpServer,
  validateHostHeader,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server';
import { addPrimitives, type Tidings } from './everything-primitives.ts';
import { addPushedQuestions, addRequiredInput, stateCodec } from './everything-questions.ts';

type Era = 'sessions' | 'stateless';

export interface EverythingServer {
  readonly url: string;
  close(): Promise<void>;
}

function create(era: Era, tidings: Tidings): McpServer {
  const changes = { listChanged: true };
  const capabilities = {
    tools: changes,
    prompts: changes,
    resources: { ...changes, subscribe: true },
    completions: {},
    logging: {},
  };
  const server = new McpServer(
    { name: 'everything', version: '1.0.0' },
    { capabilities, requestState: { verify: (state, context) => stateCodec.verify(state, context) } },
  );
  addPrimitives(server, tidings);
  if (era === 'stateless') addRequiredInput(server);
  else addPushedQuestions(server);
  for (const method of ['resources/subscribe', 'resources/unsubscribe'] as const) {
    server.server.setRequestHandler(method, () => ({}));
  }
  return server;
}

/** `eras`: what it speaks. Default: both. */
export async function serveEverything(eras: readonly Era[] = ['sessions', 'stateless']): Promise<EverythingServer> {
  const stateless = createMcpHandler(
    () =>
      create('stateless', {
        toolsChanged: () => stateless.notify.toolsChanged(),
        promptsChanged: () => stateless.notify.promptsChanged(),
      }),
    { legacy: 'reject' },
  );
  const sessions = new Map<string, WebStandardStreamableHTTPServerTransport>();
  const open = async (): Promise<WebStandardStreamableHTTPServerTransport> => {
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: () => crypto.randomUUID(),
      onsessioninitialized: (id) => void sessions.set(id, transport),
      onsessionclosed: (id) => void sessions.delete(id),
      eventStore: eventStore(),
      retryInterval: 500,
    });
    const server = create('sessions', {
      toolsChanged: () => server.sendToolListChanged(),
      promptsChanged: () => server.sendPromptListChanged(),
    });
    await server.connect(transport);
    return transport;
  };
  const answer = async (request: Request): Promise<Response> => {
    const host = validateHostHeader(request.headers.get('host'), localhostAllowedHostnames());
    const origin = request.headers.get('origin');
    const lured = origin !== null && !localhostAllowedHostnames().includes(new URL(origin).hostname);
    if (!host.ok || lured) return new Response('Not for this server.', { status: 403 });
    const legacy =
      eras.includes('sessions') && (!eras.includes('stateless') || (await isLegacyRequest(request.clone())));
    if (!legacy) return stateless.fetch(request);
    const id = request.headers.get('mcp-session-id');
    const transport = id === null ? await open() : sessions.get(id);
    return transport ? transport.handleRequest(request) : new Response('No such session.', { status: 404 });
  };
  const listener = createServer((incoming, outgoing) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
      const hungUp = new AbortController();
      outgoing.once('close', () => hungUp.abort());
      const headers = Object.entries(incoming.headers).map(([name, value]): [string, string] => [name, String(value)]);
      const response = await answer(
        new Request(`http://127.0.0.1${incoming.url}`, {
          method: incoming.method ?? 'GET',
          signal: hungUp.signal,
          headers,
          ...(chunks.length > 0 ? { body: Buffer.concat(chunks) } : {}),
        }),
      );
      outgoing.writeHead(response.status, Object.fromEntries(response.headers));
      outgoing.flushHeaders();
      if (response.body) await pipeline(Readable.fromWeb(response.body), outgoing);
      else outgoing.end();
    })().catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const address = listener.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    close: async () => {
      await stateless.close();
      await Promise.all([...sessions.values()].map((each) => each.close()));
      listener.closeAllConnections();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}

/** Of one session: events in the order they were stored, each named by its stream and its place. */
function eventStore(): EventStore {
  type Message = Parameters<EventStore['storeEvent']>[1];
  const events: { readonly stream: string; readonly message: Message }[] = [];
  const streamOf = (event: string): string => event.slice(0, event.lastIndexOf('.'));
  return {
    async storeEvent(stream, message) {
      events.push({ stream, message });
      return `${stream}.${events.length}`;
    },
    async getStreamIdForEventId(event) {
      return streamOf(event);
    },
    async replayEventsAfter(last, { send }) {
      const stream = streamOf(last);
      const from = Number(last.slice(stream.length + 1));
      for (const [at, event] of events.entries()) {
        const real = at >= from && event.stream === stream && 'jsonrpc' in event.message;
        if (real) await send(`${stream}.${at + 1}`, event.message);
      }
      return stream;
    },
  };
}

if (import.meta.main) console.log((await serveEverything()).url);
