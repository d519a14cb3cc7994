// An MCP server behind Streamable HTTP (MCP 2025-11-25, Transports). It sends the gate's own credential and nothing of the
// caller's, and follows no redirect: a credential goes to the configured URL or nowhere.

import { setTimeout as sleep } from 'node:timers/promises';
import type { ErrorCode } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { assert, ok, type Refusal, type Result, refuse } from '../../core/result.ts';
import type { McpUpstream, McpUpstreamEvents, OutgoingMessage } from '../../ports/mcp-upstream.ts';
import type { CredentialHeader, UpstreamCredential } from '../../ports/upstream-credential.ts';
import { EventStreamDecoder } from '../../wire/mcp/event-stream.ts';
import { isPlain, isSessionId, mediaOf } from '../../wire/mcp/streamable-http.ts';
import {
  bodyOf,
  type HttpAsk,
  LongMessage,
  type ServerAnswer,
  ServerConnections,
  UnreadInterim,
} from './server-connections.ts';

export interface HttpServer {
  readonly url: string;
  readonly credential: UpstreamCredential | null;
  /** Header `Chartgate-Identity`: a database credential of this session, with which the server's SQL is known to be its. */
  readonly identity?: string;
  /** The reply to one message, streamed or not, ends within so long. Default: what a call may take, and a little. */
  readonly replyMs?: number;
  /** Until the server's own stream is asked for again; doubled while it cannot be had. Default 2 000. */
  readonly listenAgainMs?: number;
  /** A stream that answers no request is given up when it has said nothing for so long, not even a comment. Default 600 000. */
  readonly quietMs?: number;
}

const quietMsDefault = 600_000;
const listenAgainMsDefault = 2_000;
const listenAgainMsMax = 60_000;
const replyMsDefault = limits.mcpCallMs + 10_000;
/** How often one answer is gone on with. */
const resumptionsMax = 100;
const goodbyeMs = 2_000;
const messageHeaders = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };

const unreadInterim = refuse(
  'upstream_protocol',
  'The MCP server, or a proxy before it, sent "100 Continue" unasked, and the gate cannot read what follows. What was asked may have run.',
  { next: 'The operator turns that off there: the gate never sends Expect.' },
);

/** How far an event stream has been read. */
interface Place {
  lastId: string | null;
  retryMs: number | null;
  /** In the middle of a message that has been taken as it came. */
  isTaken: boolean;
}

export function createHttpUpstream(server: HttpServer): McpUpstream {
  return new HttpUpstream(server);
}

class HttpUpstream implements McpUpstream {
  readonly transport = 'http';
  readonly #server: HttpServer;
  #connections: ServerConnections | null = null;
  readonly #over = new AbortController();
  #events: McpUpstreamEvents | undefined;
  #session: string | undefined;
  #version: string | undefined;
  /** What was sent last, and what it was made of: the next message nearly always goes with the same. */
  #last: { readonly made: readonly unknown[]; readonly headers: HttpAsk['headers'] } | null = null;

  constructor(server: HttpServer) {
    this.#server = server;
  }

  async start(events: McpUpstreamEvents): Promise<Result<void>> {
    this.#events = events;
    this.#connections = await ServerConnections.to(this.#server.url);
    return ok(undefined);
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
      const headers = stateless ? { ...messageHeaders, ...stateless.headers } : messageHeaders;
      const quietMs = stateless?.lasting ? this.#quietMs : 0;
      const { signal } = call;
      const response = await this.#fetch('POST', headers, { body: message.text, signal, quietMs });
      if (!response.ok) return response;
      return await this.#deliver(response.value, message.id, stateless !== undefined, signal);
    } catch (error) {
      return error instanceof UnreadInterim
        ? unreadInterim
        : refuse('upstream_unavailable', 'The MCP server cannot be reached, or broke off.');
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
    if (this.#session !== undefined) {
      const goodbye = new AbortController();
      const parting = this.#fetch('DELETE', {}, { signal: goodbye.signal });
      await Promise.race([parting.catch(() => {}), sleep(goodbyeMs, undefined, { ref: false })]);
      goodbye.abort();
    }
    this.#connections?.close();
  }

  #headers(more: Readonly<Record<string, string>>, credential: CredentialHeader | null): HttpAsk['headers'] {
    const made = [more, credential?.name, credential?.value, this.#session, this.#version];
    if (this.#last?.made.every((each, at) => each === made[at])) return this.#last.headers;
    const headers = {
      ...more,
      ...(credential ? { [credential.name.toLowerCase()]: credential.value } : {}),
      ...(this.#server.identity === undefined ? {} : { 'chartgate-identity': this.#server.identity }),
      ...(this.#session === undefined ? {} : { 'mcp-session-id': this.#session }),
      ...(this.#version === undefined ? {} : { 'mcp-protocol-version': this.#version }),
    };
    this.#last = { made, headers };
    return headers;
  }

  /** With the gate's credential; once more where the server refuses it and another is to be had. Rejects when unreachable. */
  async #fetch(
    method: string,
    more: Readonly<Record<string, string>>,
    ask: Omit<HttpAsk, 'method' | 'headers'>,
  ): Promise<Result<ServerAnswer>> {
    assert(this.#connections, 'it has been started');
    const { credential } = this.#server;
    for (let renewed = false; ; renewed = true) {
      const header = credential ? await credential.header() : ok(null);
      if (!header.ok) return header;
      const headers = this.#headers(more, header.value);
      const answer = await this.#connections.ask({ method, headers, ...ask });
      const again = answer.statusCode === 401 && !renewed && header.value && credential?.rejected(header.value.value);
      if (!again) return ok(answer);
      answer.destroy();
    }
  }

  /** Hands on what the reply holds, and sees to it that a request has been answered. */
  async #deliver(
    answer: ServerAnswer,
    id: number | null,
    stateless: boolean,
    signal: AbortSignal,
  ): Promise<Result<void>> {
    if (!isSuccess(answer.statusCode)) return this.#refused(answer, stateless ? id : null);
    const session = answer.header('mcp-session-id');
    if (!stateless && this.#version === undefined && session !== undefined && isSessionId(session))
      this.#session = session;
    if (id === null) {
      answer.discard();
      return ok(undefined);
    }
    const media = mediaIn(answer);
    if (media === 'text/event-stream') return this.#readToAnswer(answer, id, signal);
    if (media !== 'application/json') {
      answer.discard();
      return refuse('upstream_protocol', 'The MCP server answered in a media type that is not of the protocol.');
    }
    const body = await bodyOf(answer, () => this.#events?.long?.(id, false) ?? null);
    if (!body.ok) return body;
    const answered = await this.#events?.message(body.value);
    return answered === id ? ok(undefined) : refuse('upstream_protocol', 'The MCP server answered something else.');
  }

  /**
   * A server may end the stream of an answer and go on with it when it is asked for what came after the last event
   * (MCP 2025-11-25, Transports / Resumability and Redelivery).
   */
  async #readToAnswer(body: ServerAnswer, id: number, signal: AbortSignal): Promise<Result<void>> {
    const brokenOff = refuse('upstream_closed', 'The MCP server broke off its answer.');
    const place: Place = { lastId: null, retryMs: null, isTaken: false };
    let stream = body;
    for (let attempt = 0; attempt < resumptionsMax; attempt++) {
      const before = place.lastId;
      let isBroken = false;
      const answered = await this.#readEvents(stream, id, place).catch((error: unknown) => {
        if (place.lastId === null || place.isTaken || signal.aborted) throw error;
        isBroken = true;
        return ok(false);
      });
      if (!answered.ok || answered.value) return voidOf(answered);
      // Without a session or an event's id there is nothing to go on from.
      if (
        place.lastId === null ||
        place.isTaken ||
        this.#session === undefined ||
        (attempt > 0 && before === place.lastId)
      )
        break;
      const waitMs = Math.min(place.retryMs ?? this.#server.listenAgainMs ?? listenAgainMsDefault, listenAgainMsMax);
      const waited = sleep(waitMs, undefined, { signal, ref: false });
      const { paused } = this.#events ?? {};
      await (isBroken || place.retryMs === null || !paused ? waited : Promise.race([waited, paused(id, waitMs)]));
      const headers = { accept: 'text/event-stream', 'last-event-id': place.lastId };
      const fetched = await this.#fetch('GET', headers, { signal });
      if (!fetched.ok) return fetched;
      const resumed = fetched.value;
      if (!isSuccess(resumed.statusCode) || mediaIn(resumed) !== 'text/event-stream') {
        resumed.discard();
        break;
      }
      stream = resumed;
    }
    return brokenOff;
  }

  /** True when the answer to `id` was among the events. `place` is where it got to. */
  async #readEvents(
    body: ServerAnswer,
    id: number | null,
    place: Place = { lastId: null, retryMs: null, isTaken: false },
  ): Promise<Result<boolean>> {
    const decoder = new EventStreamDecoder(limits.mcpResponseBytesMax, limits.mcpHeldBytesMax);
    let long: LongMessage | null = null;
    for (let chunk = await body.read(); chunk; chunk = await body.read()) {
      const events = decoder.push(chunk);
      if (!events.ok) {
        body.destroy();
        return refuse('upstream_protocol', events.error.text);
      }
      place.retryMs = decoder.retryMs ?? place.retryMs;
      for (const { event, data, id: eventId, more } of events.value) {
        if (more || long) {
          // What has been taken as it came cannot be told again from its beginning.
          place.isTaken = true;
          long ??= new LongMessage(this.#events?.long?.(id, true) ?? null);
          const taken = await long.push(Buffer.from(data));
          if (!taken.ok) {
            body.destroy();
            return taken;
          }
          if (more) continue;
        }
        if (eventId !== null && isEventId(eventId)) place.lastId = eventId;
        const bytes: Result<Uint8Array> = long ? long.end() : ok(Buffer.from(data));
        [long, place.isTaken] = [null, false];
        if (!bytes.ok) {
          body.destroy();
          return bytes;
        }
        if (event !== 'message' || bytes.value.length === 0) continue;
        const answered = await this.#events?.message(bytes.value, id ?? undefined);
        if (id !== null && answered === id) {
          body.discard();
          return ok(true);
        }
      }
    }
    return ok(false);
  }

  /** Without sessions an error of JSON-RPC has an HTTP status of its own, and is an answer (MCP 2026-07-28, Transports). */
  async #refused(answer: ServerAnswer, id: number | null): Promise<Result<void>> {
    const { statusCode: status } = answer;
    if (id !== null && status < 500 && mediaIn(answer) === 'application/json') {
      const body = await bodyOf(answer);
      const answered = body.ok ? await this.#events?.message(body.value) : null;
      if (answered === id) return ok(undefined);
    } else {
      answer.discard();
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
    const fetched = await this.#fetch(
      'GET',
      { accept: 'text/event-stream' },
      { signal: this.#over.signal, quietMs: this.#quietMs },
    );
    if (!fetched.ok) return 'unreachable';
    const answer = fetched.value;
    const { statusCode: status } = answer;
    if (status !== 200 || mediaIn(answer) !== 'text/event-stream') {
      answer.discard();
      return status >= 500 || status === 429 ? 'unreachable' : 'none';
    }
    const read = await this.#readEvents(answer, null);
    if (!read.ok) this.#lose(read.error);
    return read.ok ? 'heard' : 'none';
  }

  /** What nothing else bounds: a server that has died without a word is not waited for. */
  get #quietMs(): number {
    return this.#server.quietMs ?? quietMsDefault;
  }

  #lose(reason: Refusal): void {
    if (!this.#over.signal.aborted) this.#events?.closed(reason);
  }
}

/** What can stand in a header. */
function isEventId(id: string): boolean {
  return /^[\x21-\x7e]{1,1024}$/.test(id);
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

/** The media type of an answer that is what it says: none, where it is compressed unasked. */
function mediaIn(answer: ServerAnswer): string {
  return isPlain(answer.header('content-encoding')) ? mediaOf(answer.header('content-type')) : '';
}

function voidOf(result: Result<unknown>): Result<void> {
  return result.ok ? ok(undefined) : result;
}
