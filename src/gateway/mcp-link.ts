// The gate as a client of one MCP server: its own ids, one outcome for every request, whatever the server does. It knows
// no policy and no client. Must never hand on a message it could not parse, or an answer nobody waits for.

import type { JsonObject } from '../core/json.ts';
import { limits } from '../core/limits.ts';
import { fail, ok, type Refusal, type Result, refuse } from '../core/result.ts';
import type { Clock } from '../ports/clock.ts';
import type { McpUpstream } from '../ports/mcp-upstream.ts';
import {
  decodeMessage,
  encodeMessage,
  isObject,
  type JsonRpcId,
  type JsonRpcNotification,
  type JsonRpcOutcome,
  type JsonRpcRequest,
} from '../wire/mcp/json-rpc.ts';
import { upstreamVersions } from '../wire/mcp/streamable-http.ts';

/** Lines that are no message: print statements of a careless server are forgiven, a stream of garbage is not. */
const undecodableMax = 100;

const responseBounds = { bytesMax: limits.mcpResponseBytesMax, depthMax: limits.mcpDepthMax, exactIntegers: false };

export interface McpLinkEvents {
  /** The server is not read on until these resolve. They never reject. */
  readonly notification: (message: JsonRpcNotification) => Promise<void>;
  readonly request: (message: JsonRpcRequest) => Promise<void>;
  /** Called once; every open request has its outcome by then. */
  readonly closed: (reason: Refusal) => void;
}

/** What the server said of itself in initialize. */
export interface Welcome {
  readonly capabilities: JsonObject;
  readonly serverInfo: JsonObject;
  readonly instructions: string | undefined;
}

export interface LinkRequest {
  /** The gate's id for it, which is also its progress token. */
  readonly id: number;
  /** Never rejects. Refused: upstream_*, canceled. */
  readonly outcome: Promise<Result<JsonRpcOutcome>>;
}

interface Pending {
  readonly settle: (outcome: Result<JsonRpcOutcome>) => void;
  readonly stopTimer: () => void;
}

export class McpLink {
  readonly #upstream: McpUpstream;
  readonly #clock: Clock;
  readonly #events: McpLinkEvents;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;
  #undecodable = 0;
  #closed: Refusal | null = null;

  constructor(upstream: McpUpstream, clock: Clock, events: McpLinkEvents) {
    this.#upstream = upstream;
    this.#clock = clock;
    this.#events = events;
  }

  /** Starts and initializes the server, speaking for the client. Refused: upstream_*. */
  async open(client: { readonly info: JsonObject; readonly capabilities: JsonObject }): Promise<Result<Welcome>> {
    const started = await this.#upstream.start({
      message: (bytes) => this.#receive(bytes),
      closed: (reason) => this.#end(reason),
    });
    if (!started.ok) return started;
    const params = {
      protocolVersion: upstreamVersions[0] ?? '',
      capabilities: client.capabilities,
      clientInfo: client.info,
    };
    const answer = await this.request('initialize', params, limits.mcpUpstreamStartMs).outcome;
    if (!answer.ok) return answer;
    if ('error' in answer.value) return refuse('upstream_refused', 'The upstream refused to initialize.');
    const { protocolVersion, capabilities, serverInfo, instructions } = answer.value.result;
    if (typeof protocolVersion !== 'string' || !upstreamVersions.includes(protocolVersion)) {
      return refuse('upstream_protocol', 'The upstream speaks a protocol version the gate does not.');
    }
    this.#upstream.initialized(protocolVersion);
    await this.notify('notifications/initialized', {});
    return ok({
      capabilities: isObject(capabilities) ? capabilities : {},
      serverInfo: isObject(serverInfo) ? serverInfo : { name: '', version: '' },
      instructions: typeof instructions === 'string' ? instructions : undefined,
    });
  }

  /** With `progress` the server may report on it: notifications carry the request's id as their token. */
  request(method: string, params: JsonObject, ms: number, progress = false): LinkRequest {
    const id = ++this.#lastId;
    if (this.#closed) return { id, outcome: Promise.resolve(fail(this.#closed)) };
    const outcome = new Promise<Result<JsonRpcOutcome>>((settle) => {
      const stopTimer = this.#clock.after(ms, () =>
        this.#abandon(id, refuse('upstream_unavailable', 'The upstream did not answer in time.')),
      );
      this.#pending.set(id, { settle, stopTimer });
    });
    const whole = progress ? { ...params, _meta: { progressToken: id } } : params;
    const text = encodeMessage({ kind: 'request', id, method, params: whole });
    void this.#send(id, text);
    return { id, outcome };
  }

  async #send(id: number, text: string): Promise<void> {
    const sent = await this.#upstream.send({ text, id });
    if (!sent.ok) this.#settle(id, sent);
  }

  /** Gives up on a request: its outcome is `canceled`, and the server is told. */
  cancel(id: number): void {
    this.#abandon(id, refuse('canceled', 'The request was canceled.'));
  }

  async notify(method: string, params: JsonObject): Promise<void> {
    if (this.#closed) return;
    await this.#upstream.send({ text: encodeMessage({ kind: 'notification', method, params }), id: null });
  }

  async answer(id: JsonRpcId, outcome: JsonRpcOutcome): Promise<void> {
    if (this.#closed) return;
    await this.#upstream.send({ text: encodeMessage({ kind: 'response', id, outcome }), id: null });
  }

  async close(): Promise<void> {
    this.#closed ??= refuse('upstream_closed', 'The session has ended.').error;
    for (const id of this.#pending.keys()) this.#settle(id, fail(this.#closed));
    await this.#upstream.close();
  }

  async #receive(bytes: Uint8Array): Promise<number | null> {
    if (this.#closed) return null;
    const decoded = decodeMessage(bytes, responseBounds);
    if (!decoded.ok) return this.#forgive(decoded.error.refusal, decoded.error.id);
    const message = decoded.value;
    if (message.kind === 'response') {
      return typeof message.id === 'number' && this.#settle(message.id, ok(message.outcome)) ? message.id : null;
    }
    if (message.kind === 'notification') await this.#events.notification(message);
    else if (message.method === 'ping') await this.answer(message.id, { result: {} });
    else await this.#events.request(message);
    return null;
  }

  #forgive(refusal: Refusal, id: JsonRpcId | null): number | null {
    const unruly = refuse('upstream_protocol', 'The upstream gave an answer that follows no rule of the protocol.');
    if (typeof id === 'number' && this.#settle(id, unruly)) return id;
    this.#undecodable++;
    if (refusal.code === 'too_large' || this.#undecodable > undecodableMax) {
      this.#end(refuse('upstream_protocol', 'The upstream sends what is no message of the protocol.').error);
      void this.#upstream.close();
    }
    return null;
  }

  #abandon(id: number, outcome: Result<JsonRpcOutcome>): void {
    if (!this.#settle(id, outcome)) return;
    void this.notify('notifications/cancelled', { requestId: id });
  }

  /** False when nobody waits for it (any more). */
  #settle(id: number, outcome: Result<JsonRpcOutcome>): boolean {
    const pending = this.#pending.get(id);
    if (!pending) return false;
    this.#pending.delete(id);
    pending.stopTimer();
    pending.settle(outcome);
    return true;
  }

  #end(reason: Refusal): void {
    if (this.#closed) return;
    this.#closed = reason;
    for (const id of this.#pending.keys()) this.#settle(id, fail(reason));
    this.#events.closed(reason);
  }
}
