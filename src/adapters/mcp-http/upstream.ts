// An MCP server behind Streamable HTTP (MCP 2025-11-25, Transports). It sends the gate's own credential and nothing of the
// caller's, and follows no redirect: a credential goes to the configured URL or nowhere.

import { setTimeout as sleep } from 'node:timers/promises';
import type { ErrorCode } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { ok, type Refusal, type Result, refuse } from '../../core/result.ts';
import type { McpUpstream, McpUpstreamEvents, OutgoingMessage } from '../../ports/mcp-upstream.ts';
import type { CredentialHeader, UpstreamCredential } from '../../ports/upstream-credential.ts';
import { EventStreamDecoder } from '../../wire/mcp/event-stream.ts';
import { isSessionId, mediaOf } from '../../wire/mcp/streamable-http.ts';

export interface HttpServer {
  readonly url: string;
  readonly credential: UpstreamCredential | null;
  /** The reply to one message, streamed or not, ends within so long. Default: what a call may take, and a little. */
  readonly replyMs?: number;
  /** Until the server's own stream is asked for again; doubled while it cannot be had. Default 2 000. */
  readonly listenAgainMs?: number;
}

const listenAgainMsDefault = 2_000;
const listenAgainMsMax = 60_000;
const replyMsDefault = limits.mcpCallMs + 10_000;
/** How often one answer is gone on with. */
const resumptionsMax = 100;
const goodbyeMs = 2_000;

/** How far an event stream has been read. */
interface Place {
  lastId: string | null;
  retryMs: number | null;
}

export function createHttpUpstream(server: HttpServer): McpUpstream {
  return new HttpUpstream(server);
}

class HttpUpstream implements McpUpstream {
  readonly transport = 'http';
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
    const { stateless } = message;
    const call = new AbortController();
    const cut = (): void => call.abort();
    // INVARIANT: nothing of a call outlives it. AbortSignal.timeout would keep each of them until it fires, minutes later.
    const timer = stateless?.lasting ? undefined : setTimeout(cut, this.#server.replyMs ?? replyMsDefault).unref();
    const cuts = [this.#over.signal, ...(stateless ? [stateless.signal] : [])];
    for (const each of cuts) each.addEventListener('abort', cut);
    if (cuts.some((each) => each.aborted)) cut();
    try {
      const headers = {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...stateless?.headers,
      };
      const response = await this.#fetch('POST', headers, message.text, call.signal);
      if (!response.ok) return response;
      return await this.#deliver(response.value, message.id, stateless !== undefined, call.signal);
    } catch {
      return refuse('upstream_unavailable', 'The MCP server cannot be reached, or broke off.');
    } finally {
      clearTimeout(timer);
      for (const each of cuts) each.removeEventListener('abort', cut);
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
    const parting = async (): Promise<void> => {
      const response = await this.#fetch('DELETE', {}, undefined, signal);
      if (response.ok) await response.value.body?.cancel();
    };
    await Promise.race([parting().catch(() => {}), sleep(goodbyeMs, undefined, { ref: false })]);
  }

  #headers(more: Readonly<Record<string, string>>, credential: CredentialHeader | null): Record<string, string> {
    return {
      ...more,
      ...(credential ? { [credential.name]: credential.value } : {}),
      ...(this.#session === undefined ? {} : { 'mcp-session-id': this.#session }),
      ...(this.#version === undefined ? {} : { 'mcp-protocol-version': this.#version }),
    };
  }

  /** With the gate's credential; once more where the server refuses it and another is to be had. Rejects when unreachable. */
  async #fetch(
    method: string,
    more: Readonly<Record<string, string>>,
    body?: string,
    signal: AbortSignal = this.#over.signal,
  ): Promise<Result<Response>> {
    const { url, credential } = this.#server;
    for (let renewed = false; ; renewed = true) {
      const header = credential ? await credential.header() : ok(null);
      if (!header.ok) return header;
      const headers = this.#headers(more, header.value);
      const response = await fetch(url, {
        method,
        headers,
        redirect: 'manual',
        signal,
        ...(body === undefined ? {} : { body }),
      });
      const again = response.status === 401 && !renewed && header.value && credential?.rejected(header.value.value);
      if (!again) return ok(response);
      await response.body?.cancel();
    }
  }

  /** Hands on what the reply holds, and sees to it that a request has been answered. */
  async #deliver(
    response: Response,
    id: number | null,
    stateless: boolean,
    signal: AbortSignal,
  ): Promise<Result<void>> {
    if (!response.ok) return this.#refused(response, stateless ? id : null);
    const session = response.headers.get('mcp-session-id');
    if (!stateless && this.#version === undefined && session !== null && isSessionId(session)) this.#session = session;
    const media = mediaOf(response.headers.get('content-type'));
    if (id === null || !response.body) {
      await response.body?.cancel();
      return id === null ? ok(undefined) : refuse('upstream_protocol', 'The MCP server gave an empty answer.');
    }
    if (media === 'text/event-stream') {
      return this.#readToAnswer(response.body, id, signal);
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

  /**
   * A server may end the stream of an answer and go on with it when it is asked for what came after the last event
   * (MCP 2025-11-25, Transports / Resumability and Redelivery).
   */
  async #readToAnswer(body: ReadableStream<Uint8Array>, id: number, signal: AbortSignal): Promise<Result<void>> {
    const brokenOff = refuse('upstream_closed', 'The MCP server broke off its answer.');
    const place: Place = { lastId: null, retryMs: null };
    let stream = body;
    for (let attempt = 0; attempt < resumptionsMax; attempt++) {
      const before = place.lastId;
      const answered = await this.#readEvents(stream, id, place).catch((error: unknown) => {
        if (place.lastId === null || signal.aborted) throw error;
        return ok(false);
      });
      if (!answered.ok || answered.value) return voidOf(answered);
      // Without a session or an event's id there is nothing to go on from.
      if (place.lastId === null || this.#session === undefined || (attempt > 0 && before === place.lastId)) break;
      const waitMs = Math.min(place.retryMs ?? this.#server.listenAgainMs ?? listenAgainMsDefault, listenAgainMsMax);
      await sleep(waitMs, undefined, { signal, ref: false });
      const headers = { accept: 'text/event-stream', 'last-event-id': place.lastId };
      const fetched = await this.#fetch('GET', headers, undefined, signal);
      if (!fetched.ok) return fetched;
      const resumed = fetched.value;
      if (!resumed.ok || !resumed.body || mediaOf(resumed.headers.get('content-type')) !== 'text/event-stream') {
        await resumed.body?.cancel();
        break;
      }
      stream = resumed.body;
    }
    return brokenOff;
  }

  /** True when the answer to `id` was among the events. `place` is where it got to. */
  async #readEvents(
    body: ReadableStream<Uint8Array>,
    id: number | null,
    place: Place = { lastId: null, retryMs: null },
  ): Promise<Result<boolean>> {
    const decoder = new EventStreamDecoder(limits.mcpResponseBytesMax);
    for await (const chunk of body) {
      const events = decoder.push(chunk);
      if (!events.ok) return refuse('upstream_protocol', events.error.text);
      place.retryMs = decoder.retryMs ?? place.retryMs;
      for (const { event, data, id: eventId } of events.value) {
        if (eventId !== null && isEventId(eventId)) place.lastId = eventId;
        if (event !== 'message' || data === '') continue;
        const answered = await this.#events?.message(Buffer.from(data), id ?? undefined);
        if (id !== null && answered === id) return ok(true);
      }
    }
    return ok(false);
  }

  /** Without sessions an error of JSON-RPC has an HTTP status of its own, and is an answer (MCP 2026-07-28, Transports). */
  async #refused(response: Response, id: number | null): Promise<Result<void>> {
    const { status } = response;
    const answers = id !== null && status < 500 && mediaOf(response.headers.get('content-type')) === 'application/json';
    if (answers && response.body) {
      const body = await readAll(response.body);
      const answered = body.ok ? await this.#events?.message(body.value) : null;
      if (answered === id) return ok(undefined);
    } else {
      await response.body?.cancel();
    }
    if (status === 404 && this.#session !== undefined) {
      const reason = refuse('upstream_closed', 'The MCP server has ended the session.');
      this.#lose(reason.error);
      return reason;
    }
    const code: ErrorCode = status >= 500 || status === 429 ? 'upstream_unavailable' : 'upstream_refused';
    return refuse(code, `The MCP server answered with HTTP status ${status}.`);
  }

  /** The server's own stream, for what belongs to no request, asked for again whenever it breaks off. */
  async #listen(): Promise<void> {
    const { signal } = this.#over;
    const { listenAgainMs = listenAgainMsDefault } = this.#server;
    let waitMs = listenAgainMs;
    while (!signal.aborted) {
      const outcome = await this.#hearOut().catch(() => 'unreachable' as const);
      if (outcome === 'none') return;
      waitMs = outcome === 'heard' ? listenAgainMs : Math.min(waitMs * 2, listenAgainMsMax);
      await sleep(waitMs, undefined, { signal, ref: false }).catch(() => {});
    }
  }

  /** `none`: the server has no such stream, or one that follows no rule. Rejects when it breaks off. */
  async #hearOut(): Promise<'heard' | 'none' | 'unreachable'> {
    const fetched = await this.#fetch('GET', { accept: 'text/event-stream' });
    if (!fetched.ok) return 'unreachable';
    const { status, body, headers } = fetched.value;
    if (status !== 200 || !body || mediaOf(headers.get('content-type')) !== 'text/event-stream') {
      await body?.cancel();
      return status >= 500 || status === 429 ? 'unreachable' : 'none';
    }
    const read = await this.#readEvents(body, null);
    if (!read.ok) this.#lose(read.error);
    return read.ok ? 'heard' : 'none';
  }

  #lose(reason: Refusal): void {
    if (!this.#over.signal.aborted) this.#events?.closed(reason);
  }
}

/** What can stand in a header. */
function isEventId(id: string): boolean {
  return /^[\x21-\x7e]{1,1024}$/.test(id);
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
