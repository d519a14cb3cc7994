// The gate as a client of one MCP server: its own ids, one outcome for every request, whatever the server does and whichever
// version of MCP it speaks. It knows no policy and no client. Must never hand on a message it could not parse, or an answer nobody waits for.

import { isJsonObject, type JsonObject } from '../core/json.ts';
import { limits } from '../core/limits.ts';
import { fail, ok, type Refusal, type Result, refuse } from '../core/result.ts';
import type { Clock } from '../ports/clock.ts';
import type { LongReply, McpUpstream } from '../ports/mcp-upstream.ts';
import { idOfBroken } from '../wire/mcp/broken-answer.ts';
import {
  decodeMessage,
  encodeMessage,
  type JsonRpcError,
  type JsonRpcId,
  type JsonRpcNotification,
  type JsonRpcOutcome,
  type JsonRpcRequest,
} from '../wire/mcp/json-rpc.ts';
import { relatedToNone } from '../wire/mcp/related-task.ts';
import { enveloped, headersOf, resultOf, serverInfoOf, statelessVersion, versionsOf } from '../wire/mcp/stateless.ts';
import { upstreamVersions } from '../wire/mcp/streamable-http.ts';
import type { HeldBytes } from './mcp-held-bytes.ts';
import { HeldReply } from './mcp-held-reply.ts';
import type { LinkOptions, LinkRequest } from './mcp-link-request.ts';
import { errorOutcome, isOwnCode } from './mcp-refusal.ts';
import { ServerTasks } from './mcp-server-tasks.ts';

/** Lines that are no message: print statements of a careless server are forgiven, a stream of garbage is not. */
const undecodableMax = 100;

/** JSON-RPC 2.0 §5.1. */
const parseError = -32700;

/** How long a server may think about whether it knows discover. */
const discoverMs = 10_000;
/** So many are remembered that have been given up; while there is one, nobody's answer is guessed. */
const givenUpMax = 1_000;

const responseBounds = { bytesMax: limits.mcpResponseBytesMax, depthMax: limits.mcpDepthMax, exactIntegers: false };

const unruly = refuse('upstream_protocol', 'The upstream said something that follows no rule of the protocol.');

const tooLong = refuse('too_large', 'The message is larger than the gate accepts of a server that was not asked.');

export interface McpLinkEvents {
  /** The server is not read on until these resolve. They never reject. */
  readonly notification: (message: JsonRpcNotification) => Promise<void>;
  /** `about` is the gate's id of the request whose reply it came in, where the transport tells. */
  readonly request: (message: JsonRpcRequest, about: number | undefined) => Promise<void>;
  /** The server makes a client poll for the answer to this request of the gate: resolves when one has come again. Never rejects. */
  readonly paused: (id: number, retryMs: number) => Promise<void>;
  /** Called once; every open request has its outcome by then. */
  readonly closed: (reason: Refusal) => void;
}

/** Whether a server keeps sessions (initialize) or not (server/discover, MCP 2026-07-28). */
export type Era = 'session' | 'stateless';

/** What is known of a connection's servers from before; wrong knowledge costs a round trip and no more. */
export interface EraMemory {
  get(): Era | undefined;
  set(era: Era | undefined): void;
}

/** As the client introduced itself. */
interface LinkClient {
  /** What it speaks itself: a server that speaks both is spoken to as the client speaks. */
  readonly era: Era;
  readonly info: JsonObject;
  /** What a server may ask of it: in requests of its own, or, without sessions, in results of type `input_required`. */
  readonly capabilities: JsonObject;
}

/** What the server said of itself in initialize or discover. */
export interface Welcome {
  readonly capabilities: JsonObject;
  readonly serverInfo: JsonObject;
  readonly instructions: string | undefined;
}

interface Pending {
  readonly settle: (outcome: Result<JsonRpcOutcome>) => void;
  readonly stopTimer: () => void;
  readonly reply: { streamed: boolean };
  /** Aborted with it; null where the server learns of that in a message. */
  readonly waiting: AbortController | null;
  readonly long: LinkOptions['long'];
}

export class McpLink {
  readonly #upstream: McpUpstream;
  readonly #clock: Clock;
  readonly #events: McpLinkEvents;
  readonly #era: EraMemory;
  readonly #held: HeldBytes;
  /** Requests that have been given up and may be answered all the same. */
  readonly #givenUp = new Set<number>();
  readonly #tasks = new ServerTasks((method, params, ms, options) => this.request(method, params, ms, options));
  #stateless: LinkClient | null = null;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;
  #undecodable = 0;
  #closed: Refusal | null = null;

  constructor(upstream: McpUpstream, clock: Clock, era: EraMemory, held: HeldBytes, events: McpLinkEvents) {
    this.#upstream = upstream;
    this.#clock = clock;
    this.#era = era;
    this.#held = held;
    this.#events = events;
  }

  /** Whether the server keeps no session. */
  get stateless(): boolean {
    return this.#stateless !== null;
  }

  /** Starts and initializes the server, speaking for the client. Refused: upstream_*. */
  async open(client: LinkClient): Promise<Result<Welcome>> {
    const started = await this.#upstream.start({
      message: (bytes, about) =>
        about === undefined || this.#upstream.transport === 'http'
          ? this.#receive(bytes, about)
          : this.#receiveRest(bytes, about),
      long: (id, streamed) => this.#long(id === 'unsaid' ? this.#onlyPending() : id, streamed),
      paused: (id, retryMs) => this.#events.paused(this.#tasks.beginningOf(id), retryMs),
      closed: (reason) => this.#end(reason),
    });
    if (!started.ok) return started;
    // A process that is older than discover may die of it; over HTTP it is one request that fails.
    const discoverFirst = this.#upstream.transport === 'http' && (this.#era.get() ?? client.era) === 'stateless';
    if (discoverFirst) {
      const found = await this.#discover(client);
      if (found) return ok(found);
    }
    const greeted = await this.#initialize(client);
    const found = greeted.ok || discoverFirst || this.#closed ? null : await this.#discover(client);
    if (found) return ok(found);
    this.#era.set(greeted.ok ? 'session' : undefined);
    return greeted;
  }

  /** Null where the server does not speak the stateless version. */
  async #discover(client: LinkClient): Promise<Welcome | null> {
    this.#stateless = client;
    const answer = await this.request('server/discover', {}, discoverMs).outcome;
    const result = answer.ok && 'result' in answer.value ? answer.value.result : {};
    if (!versionsOf(result).includes(statelessVersion)) {
      this.#stateless = null;
      return null;
    }
    this.#era.set('stateless');
    const { capabilities, instructions } = result;
    return {
      capabilities: isJsonObject(capabilities) ? capabilities : {},
      serverInfo: serverInfoOf(result),
      instructions: typeof instructions === 'string' ? instructions : undefined,
    };
  }

  async #initialize(client: LinkClient): Promise<Result<Welcome>> {
    const params = {
      protocolVersion: upstreamVersions[0] ?? '',
      capabilities: client.capabilities,
      clientInfo: { name: '', version: '', ...client.info },
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
      capabilities: isJsonObject(capabilities) ? capabilities : {},
      serverInfo: isJsonObject(serverInfo) ? serverInfo : { name: '', version: '' },
      instructions: typeof instructions === 'string' ? instructions : undefined,
    });
  }

  request(method: string, params: JsonObject, ms: number, options: LinkOptions = {}): LinkRequest {
    if (options.asTask && !this.#stateless) return this.#tasks.begin(method, params, ms, options);
    const id = ++this.#lastId;
    if (this.#closed) return { id, outcome: Promise.resolve(fail(this.#closed)), streamed: () => false };
    const waiting = this.#stateless ? new AbortController() : null;
    const reply = { streamed: false };
    const outcome = new Promise<Result<JsonRpcOutcome>>((settle) => {
      const stopTimer = this.#clock.after(ms, () =>
        this.#abandon(id, refuse('upstream_unavailable', 'The upstream did not answer in time.')),
      );
      this.#pending.set(id, { settle, stopTimer, waiting, reply, long: options.long });
    });
    const { logLevel } = options;
    const whole = options.progress ? { ...params, _meta: { progressToken: id } } : params;
    const message = { kind: 'request', id, method } as const;
    const sending =
      this.#stateless && waiting
        ? this.#upstream.send({
            text: encodeMessage({
              ...message,
              params: enveloped(whole, {
                info: this.#stateless.info,
                capabilities: this.#stateless.capabilities,
                logLevel,
              }),
            }),
            id,
            stateless: {
              headers: headersOf(method, params, options.headers ?? []),
              signal: waiting.signal,
              lasting: options.lasting === true,
            },
          })
        : this.#upstream.send({ text: encodeMessage({ ...message, params: whole }), id });
    void sending.then((sent) => sent.ok || this.#settle(id, sent));
    return { id, outcome: this.#stateless ? outcome.then(settled) : outcome, streamed: () => reply.streamed };
  }

  /** Gives up on a request: its outcome is `canceled`, and the server is told. */
  cancel(id: number): void {
    const open = this.#tasks.giveUp(id);
    if (open !== null) this.#abandon(open, refuse('canceled', 'The request was canceled.'));
  }

  /** Over HTTP a stateless server takes none: it learns of a cancellation by the end of the connection. */
  async notify(method: string, params: JsonObject): Promise<void> {
    if (this.#closed || (this.stateless && this.#upstream.transport === 'http')) return;
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

  #long(id: number | null, streamed: boolean): LongReply {
    const take = id === null ? undefined : this.#pending.get(id)?.long;
    const reply = take && id !== null ? take(id, streamed) : new HeldReply(this.#held.open(), true);
    return {
      get begun() {
        return reply.begun;
      },
      push: (bytes) => reply.push(bytes),
      end: () => {
        const rest = reply.end();
        if (!rest.ok && (id === null || !this.#settle(id, rest))) this.#forgive(rest.error, null);
        return rest;
      },
    };
  }

  /** What is left of an answer that has been given out, by the transport's word, as that to `about`. */
  async #receiveRest(bytes: Uint8Array, about: number): Promise<number | null> {
    const answered = await this.#receive(bytes, undefined);
    if (answered !== about) this.#settle(about, unruly);
    return answered;
  }

  async #receive(bytes: Uint8Array, about: number | undefined): Promise<number | null> {
    if (this.#closed) return null;
    const decoded = decodeMessage(bytes, responseBounds);
    if (!decoded.ok) {
      const { refusal } = decoded.error;
      return this.#forgive(refusal, refusal.code === 'too_large' ? null : this.#meantFor(bytes));
    }
    const message = decoded.value;
    if (message.kind === 'response') return this.#answered(message.id, message.outcome, about);
    if (bytes.length > limits.mcpRequestBytesMax) return this.#forgiveLong(message);
    const said = { ...message, params: relatedToNone(message.params) };
    if (said.kind === 'notification') await this.#events.notification(said);
    else if (said.method === 'ping') await this.answer(said.id, { result: {} });
    else if (this.stateless) return this.#forgive(unruly.error, null);
    else await this.#events.request(said, about === undefined ? undefined : this.#tasks.beginningOf(about));
    return null;
  }

  /** The request whose answer this was to be, where that can only be one. */
  #meantFor(bytes: Uint8Array): number | null {
    const id = idOfBroken(bytes);
    return id === 'unsaid' ? this.#onlyPending() : id;
  }

  #answered(said: JsonRpcId | null, outcome: JsonRpcOutcome, about: number | undefined): number | null {
    if (typeof said === 'string')
      return this.#forgive(unruly.error, /^[1-9]\d{0,14}$/.test(said) ? Number(said) : null);
    const id = said ?? this.#unread(outcome);
    if (id === null) return null;
    const pending = this.#pending.get(id);
    if (pending) pending.reply.streamed = about !== undefined;
    else this.#givenUp.delete(id);
    return this.#settle(id, ok(notOfTheGate(outcome))) ? id : null;
  }

  /** The request of which a server says that it was no JSON. */
  #unread(outcome: JsonRpcOutcome): number | null {
    return 'error' in outcome && outcome.error.code === parseError ? this.#onlyPending() : null;
  }

  /** The request that an answer without a name can only be of; null where there are several, or have been. */
  #onlyPending(): number | null {
    const [only = null, ...more] = this.#pending.keys();
    return more.length === 0 && this.#givenUp.size === 0 ? only : null;
  }

  /** `id`: of the request whose answer it was to be. */
  #forgive(refusal: Refusal, id: number | null): number | null {
    if (id !== null && this.#settle(id, unruly)) return id;
    this.#undecodable++;
    if (refusal.code === 'too_large' || this.#undecodable > undecodableMax) {
      this.#end(refuse('upstream_protocol', 'The upstream sends what is no message of the protocol.').error);
      void this.#upstream.close();
    }
    return null;
  }

  /** INVARIANT: what a server says or asks of itself is no longer than what a client may: it is masked while everybody else waits. */
  async #forgiveLong(message: JsonRpcNotification | JsonRpcRequest): Promise<null> {
    this.#forgive(unruly.error, null);
    if (message.kind === 'request') await this.answer(message.id, errorOutcome(tooLong.error));
    return null;
  }

  #abandon(id: number, outcome: Result<JsonRpcOutcome>): void {
    if (!this.#settle(id, outcome)) return;
    if (this.#givenUp.size < givenUpMax) this.#givenUp.add(id);
    void this.notify('notifications/cancelled', { requestId: id });
  }

  /** False when nobody waits for it (any more). */
  #settle(id: number, outcome: Result<JsonRpcOutcome>): boolean {
    const pending = this.#pending.get(id);
    if (!pending) return false;
    this.#pending.delete(id);
    pending.stopTimer();
    pending.settle(outcome);
    if (!outcome.ok) pending.waiting?.abort();
    return true;
  }

  #end(reason: Refusal): void {
    if (this.#closed) return;
    this.#closed = reason;
    for (const id of this.#pending.keys()) this.#settle(id, fail(reason));
    this.#events.closed(reason);
  }
}

/** INVARIANT: what an answer says as the gate (`_meta.chartgate` of a result, `data` of an error of its own), the gate has said. */
function notOfTheGate(outcome: JsonRpcOutcome): JsonRpcOutcome {
  if ('error' in outcome) return errorOfServer(outcome.error);
  const { result } = outcome;
  const { _meta: meta } = result;
  if (!isJsonObject(meta) || !Object.hasOwn(meta, 'chartgate')) return outcome;
  const { chartgate: _forged, ...rest } = meta;
  return { result: { ...result, _meta: rest } };
}

function errorOfServer(error: JsonRpcError): JsonRpcOutcome {
  const { data } = error;
  if (!isJsonObject(data) || !isOwnCode(data['code'], error.code)) return { error };
  const { code: _code, rule: _rule, approval: _approval, ...rest } = data;
  return { error: { ...error, data: rest } };
}

/** What a stateless server answers at last, without what is the revision's own; or what it needs before, as it is. */
function settled(answer: Result<JsonRpcOutcome>): Result<JsonRpcOutcome> {
  if (!answer.ok || !('result' in answer.value)) return answer;
  const { type, result } = resultOf(answer.value.result);
  if (type === 'complete') return ok({ result });
  return type === 'input_required'
    ? answer
    : refuse('upstream_protocol', 'The server gave a result of a type the gate does not know.');
}
