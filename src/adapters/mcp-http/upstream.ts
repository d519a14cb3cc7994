// An MCP server behind Streamable HTTP (MCP 2025-11-25, Transports). It sends the gate's own credential and nothing of the
// caller's, and follows no redirect: a credential goes to the configured URL or nowhere.

import { setTimeout as sleep } from 'node:timers/promises';
import type { ErrorCode } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { ok, type Refusal, type Result, refuse } from '../../core/result.ts';
import type { McpUpstream, McpUpstreamEvents, OutgoingMessage } from '../../ports/mcp-upstream.ts';
import { EventStreamDecoder } from '../../wire/mcp/event-stream.ts';
import { isSessionId, mediaOf } from '../../wire/mcp/streamable-http.ts';

export interface HttpServer {
  readonly url: string;
  /** A header of the gate's own, e.g. `authorization: Bearer …`. */
  readonly credential: { readonly name: string; readonly value: string } | null;
}

const listenAgainMs = 2_000;
const goodbyeMs = 2_000;

export function createHttpUpstream(server: HttpServer): McpUpstream {
  return new HttpUpstream(server);
}

class HttpUpstream implements McpUpstream {
  readonly #server: HttpServer;
  readonly #over = new AbortController();
  #events: McpUpstreamEvents | undefined;
  #session: string | undefined;
  #version: string | undefined;

  constructor(server: HttpServer) {
    this.#server = server;
  }

  start(events: McpUpstreamEvents): Promise<Result<void>> {
    this.#events = events;
    return Promise.resolve(ok(undefined));
  }

  async send(message: OutgoingMessage): Promise<Result<void>> {
    try {
      const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
      const response = await this.#fetch('POST', headers, message.text);
      return await this.#deliver(response, message.id);
    } catch {
      return refuse('upstream_unavailable', 'The MCP server cannot be reached, or broke off.');
    }
  }

  initialized(version: string): void {
    this.#version = version;
    void this.#listen();
  }

  async close(): Promise<void> {
    if (this.#over.signal.aborted) return;
    this.#over.abort();
    if (this.#session === undefined) return;
    const signal = AbortSignal.timeout(goodbyeMs);
    await fetch(this.#server.url, { method: 'DELETE', headers: this.#headers({}), redirect: 'manual', signal })
      .then((response) => response.body?.cancel())
      .catch(() => {});
  }

  #headers(more: Readonly<Record<string, string>>): Record<string, string> {
    const { credential } = this.#server;
    return {
      ...more,
      ...(credential ? { [credential.name]: credential.value } : {}),
      ...(this.#session === undefined ? {} : { 'mcp-session-id': this.#session }),
      ...(this.#version === undefined ? {} : { 'mcp-protocol-version': this.#version }),
    };
  }

  #fetch(method: string, headers: Readonly<Record<string, string>>, body?: string): Promise<Response> {
    return fetch(this.#server.url, {
      method,
      headers: this.#headers(headers),
      redirect: 'manual',
      signal: this.#over.signal,
      ...(body === undefined ? {} : { body }),
    });
  }

  /** Hands on what the reply holds, and sees to it that a request has been answered. */
  async #deliver(response: Response, id: number | null): Promise<Result<void>> {
    if (!response.ok) return this.#refused(response);
    const session = response.headers.get('mcp-session-id');
    if (this.#version === undefined && session !== null && isSessionId(session)) this.#session = session;
    const media = mediaOf(response.headers.get('content-type'));
    if (id === null || !response.body) {
      await response.body?.cancel();
      return id === null ? ok(undefined) : refuse('upstream_protocol', 'The MCP server gave an empty answer.');
    }
    if (media === 'text/event-stream') {
      const answered = await this.#readEvents(response.body, id);
      return answered.ok && !answered.value
        ? refuse('upstream_closed', 'The MCP server broke off its answer.')
        : voidOf(answered);
    }
    if (media !== 'application/json') {
      await response.body.cancel();
      return refuse('upstream_protocol', 'The MCP server answered in a media type that is not of the protocol.');
    }
    const body = await readAll(response.body);
    if (!body.ok) return body;
    const answered = await this.#events?.message(body.value);
    return answered === id ? ok(undefined) : refuse('upstream_protocol', 'The MCP server answered something else.');
  }

  /** True when the answer to `id` was among the events. */
  async #readEvents(body: ReadableStream<Uint8Array>, id: number | null): Promise<Result<boolean>> {
    const decoder = new EventStreamDecoder(limits.mcpResponseBytesMax);
    for await (const chunk of body) {
      const events = decoder.push(chunk);
      if (!events.ok) return refuse('upstream_protocol', events.error.text);
      for (const { event, data } of events.value) {
        if (event !== 'message' || data === '') continue;
        const answered = await this.#events?.message(Buffer.from(data));
        if (id !== null && answered === id) return ok(true);
      }
    }
    return ok(false);
  }

  async #refused(response: Response): Promise<Result<void>> {
    await response.body?.cancel();
    const { status } = response;
    if (status === 404 && this.#session !== undefined) {
      const reason = refuse('upstream_closed', 'The MCP server has ended the session.');
      this.#lose(reason.error);
      return reason;
    }
    const code: ErrorCode = status >= 500 || status === 429 ? 'upstream_unavailable' : 'upstream_refused';
    return refuse(code, `The MCP server answered with HTTP status ${status}.`);
  }

  /** The server's own stream, for what belongs to no request. A server need not have one. */
  async #listen(): Promise<void> {
    const { signal } = this.#over;
    try {
      while (!signal.aborted) {
        const response = await this.#fetch('GET', { accept: 'text/event-stream' });
        if (!response.ok || !response.body || mediaOf(response.headers.get('content-type')) !== 'text/event-stream') {
          await response.body?.cancel();
          return;
        }
        const read = await this.#readEvents(response.body, null);
        if (!read.ok) return this.#lose(read.error);
        await sleep(listenAgainMs, undefined, { signal, ref: false });
      }
    } catch {
      // Unreachable or closed: calls will tell.
    }
  }

  #lose(reason: Refusal): void {
    if (!this.#over.signal.aborted) this.#events?.closed(reason);
  }
}

async function readAll(body: ReadableStream<Uint8Array>): Promise<Result<Uint8Array>> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > limits.mcpResponseBytesMax)
      return refuse('upstream_protocol', 'The MCP server sent more than the gate accepts.');
    chunks.push(chunk);
  }
  return ok(Buffer.concat(chunks));
}

function voidOf(result: Result<unknown>): Result<void> {
  return result.ok ? ok(undefined) : result;
}
