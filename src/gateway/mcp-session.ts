// One MCP session: one subject, one client, one server of its own, from its start to its end. Requests come in decoded and
// leave masked; what they mean is in mcp-methods.ts, how they go in mcp-exchange.ts. INVARIANT: it ends wholly: no call, no
// stream, no server is left of it.

import type { Decision } from '../core/decision.ts';
import type { Facts } from '../core/facts.ts';
import type { JsonObject } from '../core/json.ts';
import { limits } from '../core/limits.ts';
import type { PatientPlaces } from '../core/patient-places.ts';
import { ok, type Refusal, type Result, refuse } from '../core/result.ts';
import type { Clock } from '../ports/clock.ts';
import type { HttpStream } from '../ports/http-exchange.ts';
import { LogUnavailable } from '../ports/log.ts';
import type { McpUpstream } from '../ports/mcp-upstream.ts';
import type { Random } from '../ports/random.ts';
import type { JsonRpcId, JsonRpcNotification, JsonRpcRequest, JsonRpcResponse } from '../wire/mcp/json-rpc.ts';
import { isLogged, statelessVersion } from '../wire/mcp/stateless.ts';
import { isNews, marked } from '../wire/mcp/subscriptions.ts';
import type { Admission, AuditedSession } from './enforce.ts';
import type { ApprovalLookup } from './mcp-approval-status.ts';
import { type Carried, McpCall } from './mcp-call.ts';
import { ToolCatalogue, type ToolPins } from './mcp-catalogue.ts';
import { McpExchange } from './mcp-exchange.ts';
import { type DetectClasses, objectAt } from './mcp-facts.ts';
import { McpInput } from './mcp-input.ts';
import { McpIntents } from './mcp-intents.ts';
import { type ClientIntroduction, greetingOf } from './mcp-introduction.ts';
import { type EraMemory, McpLink } from './mcp-link.ts';
import { type Binary, dataOf, type MaskFor, maskMembers, maskOutcome } from './mcp-masking.ts';
import { McpMethods } from './mcp-methods.ts';
import { isRelayed, McpOutlet } from './mcp-outlet.ts';
import { McpQuestions } from './mcp-questions.ts';
import { errorOutcome } from './mcp-refusal.ts';
import { McpReplay, type McpTrace } from './mcp-replay.ts';
import type { McpReply } from './mcp-reply.ts';
import type { RequestStates } from './mcp-request-state.ts';
import { McpSubscriptions } from './mcp-subscriptions.ts';

export interface McpSessionDeps {
  readonly clock: Clock;
  readonly random: Random;
  /** What policy would say of these facts, without recording anything. */
  readonly preview: (facts: Facts) => Decision;
  readonly detectClasses: DetectClasses;
  readonly maskFor: MaskFor;
  /** Where a connection says which patient something is about; null = nobody has said. */
  readonly patientPlaces: (connection: string) => PatientPlaces | null;
  readonly tools: ToolPins;
  readonly approvals: ApprovalLookup;
  /** Without a trailing slash. */
  readonly publicUrl: string;
}

/** The token the subject of a session came with last. */
export interface CallerToken {
  token: string;
}

export interface McpSessionOpening {
  readonly audited: AuditedSession;
  readonly upstream: McpUpstream;
  readonly caller: CallerToken;
  readonly client: ClientIntroduction;
  /** Of the subject, groups included. */
  readonly identity: string;
  /** Of the connection. */
  readonly era: EraMemory;
  /** Of the door. */
  readonly states: RequestStates;
  /** One upstream request at a time, so that what the server does meanwhile can be told to be that request's doing. */
  readonly serial: boolean;
  /** What becomes of images, audio and blobs in results. */
  readonly binary: Binary;
  /** Called once, when the session begins to end, whatever ended it. */
  readonly ended: (reason: string) => void;
}

export class McpSession {
  readonly audited: AuditedSession;
  readonly caller: CallerToken;
  readonly #deps: McpSessionDeps;
  readonly #opening: McpSessionOpening;
  readonly #client: ClientIntroduction;
  readonly #link: McpLink;
  readonly #catalogue: ToolCatalogue;
  readonly #outlet: McpOutlet;
  readonly #questions: McpQuestions;
  readonly #intents: McpIntents;
  readonly #exchange: McpExchange;
  readonly #methods: McpMethods;
  readonly #subscriptions: McpSubscriptions;
  readonly #replay: McpReplay;
  readonly #calls = new Map<JsonRpcId, McpCall>();
  readonly #over = new AbortController();
  #closing: Promise<void> | null = null;
  #stateless = 0;

  constructor(deps: McpSessionDeps, opening: McpSessionOpening) {
    const { audited, client, binary, identity, serial, states } = opening;
    const offered = client.capabilities;
    this.#deps = deps;
    this.#opening = opening;
    this.audited = audited;
    this.caller = opening.caller;
    this.#client = client;
    this.#replay = new McpReplay(client.version === '2025-11-25');
    this.#link = new McpLink(opening.upstream, deps.clock, opening.era, {
      notification: (message) => this.#guard(() => this.#notified(message)),
      request: (message, about) => this.#guard(() => this.#asked(message, about)),
      closed: (reason) => void this.close(reason.code),
    });
    const link = this.#link;
    const catalogue = new ToolCatalogue(link, audited.connection, deps.tools);
    const outlet = new McpOutlet(deps.clock, deps.maskFor);
    const questions = new McpQuestions(deps.clock, link, outlet, offered);
    const intents = new McpIntents(deps.clock, audited, client.name);
    const input = new McpInput(states, { identity, connection: audited.connection });
    const { maskFor } = deps;
    const patientPlaces = (): PatientPlaces | null => deps.patientPlaces(audited.connection);
    const exchange = new McpExchange({
      audited,
      link,
      outlet,
      questions,
      input,
      maskFor,
      patientPlaces,
      offered,
      serial,
      binary,
    });
    const heldElsewhere = (approval: string): void => void this.#guard(() => this.#tellSettled(approval));
    this.#catalogue = catalogue;
    this.#outlet = outlet;
    this.#questions = questions;
    this.#intents = intents;
    this.#exchange = exchange;
    const subscriptions = new McpSubscriptions({ clock: deps.clock, link, exchange, intents, outlet });
    const own = { audited, link, catalogue, exchange, intents, offered, subscriptions, heldElsewhere };
    this.#subscriptions = subscriptions;
    this.#methods = new McpMethods({ ...deps, ...own });
  }

  /** The log's id of the request that runs upstream now, where requests run one at a time. */
  get activeRequest(): string | undefined {
    return this.#exchange.activeRequest;
  }

  get #standing(): boolean {
    return this.#client.version === statelessVersion;
  }

  get busy(): boolean {
    return this.#calls.size > 0;
  }

  get over(): boolean {
    return this.#closing !== null;
  }

  /** Starts the server and answers the client's initialize. Refused: upstream_*. @throws LogUnavailable */
  async open(id: JsonRpcId): Promise<Result<string>> {
    const entered = await this.#enter('initialize');
    if (!entered.ok) return entered;
    const result = greetingOf(this.#methods.welcome, this.#client.version);
    const text = await this.#exchange.recordAnswer(id, { result }, entered.value);
    void entered.value.end('ok').catch(() => {});
    this.#subscriptions.start(this.#methods.welcome.capabilities);
    return ok(text);
  }

  /** Starts the server for a client that awaits no greeting. Refused: upstream_*. @throws LogUnavailable */
  async stand(): Promise<Result<void>> {
    const entered = await this.#enter('server/discover');
    if (!entered.ok) return entered;
    await entered.value.end('ok');
    return ok(undefined);
  }

  async #enter(method: string): Promise<Result<Admission>> {
    const { info, capabilities } = this.#client;
    const admitted = await this.#intents.submit('builtin:initialize', method, { clientInfo: info, capabilities });
    if (!admitted.ok) return admitted;
    const welcome = await this.#link.open({ era: this.#standing ? 'stateless' : 'session', info, capabilities });
    if (!welcome.ok) {
      await admitted.value.end('error', { code: welcome.error.code });
      return welcome;
    }
    const { serverInfo } = welcome.value;
    const mask = await this.#deps.maskFor(serverInfo);
    const masked = maskMembers({ serverInfo }, admitted.value.decision, mask, {});
    this.#exchange.serverInfo = objectAt(masked, 'serverInfo');
    this.#methods.welcome = welcome.value;
    return admitted;
  }

  /** Answers on `reply`, always. `carried` by a request without a session. Never rejects. */
  async request(message: JsonRpcRequest, reply: McpReply, carried: Carried | null = null): Promise<void> {
    const call = new McpCall(message, reply, carried);
    // Without a session the ids of two requests have nothing to do with each other.
    const key = carried ? ++this.#stateless : call.id;
    const rejected = this.#calls.has(key)
      ? refuse('invalid_request', 'A request with this id is still running.')
      : this.#calls.size >= limits.mcpInFlightPerSessionMax
        ? refuse('too_many', 'Too many requests of this session are running.')
        : null;
    if (rejected) {
      call.close();
      return call.finish(errorOutcome(rejected.error));
    }
    this.#calls.set(key, call);
    try {
      await this.#methods.answer(call);
    } catch (error) {
      await call.finish(errorOutcome(this.#broken(error)), 503);
    } finally {
      this.#calls.delete(key);
      call.close();
    }
  }

  /** Never rejects. */
  async notification(message: JsonRpcNotification): Promise<void> {
    await this.#guard(async () => {
      const { method, params } = message;
      if (method === 'notifications/cancelled') {
        const { requestId } = params;
        const call =
          typeof requestId === 'string' || typeof requestId === 'number' ? this.#calls.get(requestId) : undefined;
        if (call) call.abort();
        return;
      }
      // A server without sessions asks for roots when it wants them, and for nothing that could make progress.
      if (this.#link.stateless) return;
      if (method !== 'notifications/roots/list_changed' && method !== 'notifications/progress') return;
      const admitted = await this.#intents.submit('builtin:notification', method, params);
      if (!admitted.ok) return;
      await this.#link.notify(method, params);
      await admitted.value.end('ok');
    });
  }

  /** The client's answer to a request of the server: a model's words or a person's, masked like the question. Never rejects. */
  async response(message: JsonRpcResponse): Promise<void> {
    await this.#guard(async () => {
      const question = this.#questions.take(message.id);
      if (!question) return;
      const admitted = await this.#intents.submit('builtin:answer', question.method, {
        answer: 'result' in message.outcome ? message.outcome.result : { ...message.outcome.error },
      });
      if (!admitted.ok) return;
      const decision = question.decision ?? admitted.value.decision;
      const mask = await this.#deps.maskFor(dataOf(message.outcome));
      await question.answer(maskOutcome(message.outcome, decision, mask, {}));
      await admitted.value.end('ok');
    });
  }

  /** Of one more answer of this session. */
  trace(): McpTrace {
    return this.#replay.trace();
  }

  /** Takes the client's GET stream; with `lastId`, for what it missed of another. @throws LogUnavailable */
  async listen(stream: HttpStream, lastId: string | undefined): Promise<void> {
    const admitted = await this.#intents.submit('builtin:stream', 'stream', {});
    if (admitted.ok && !this.#closing && lastId !== undefined && this.#replay.resume(lastId, stream)) {
      return admitted.value.end('ok', { resumed: true });
    }
    if (admitted.ok && !this.#closing) this.#outlet.listen(stream, admitted.value);
    else stream.end();
  }

  /** Ends everything: open calls are answered as canceled, the server is gone when it resolves. Never rejects. */
  close(reason: string): Promise<void> {
    if (!this.#closing) {
      this.#closing = this.#close(reason);
      this.#opening.ended(reason);
    }
    return this.#closing;
  }

  async #close(reason: string): Promise<void> {
    this.#over.abort();
    this.#subscriptions.close();
    for (const call of this.#calls.values()) call.abort();
    this.#outlet.silence();
    await this.#link.close();
    await this.audited.end(reason).catch(() => {});
  }

  async #asked(message: JsonRpcRequest, about: number | undefined): Promise<void> {
    if (this.#standing) return this.#exchange.asked(message, about);
    await this.#questions.ask(message, about === undefined ? undefined : this.#callOf(about)?.open);
  }

  /** The call that runs upstream under this id of the gate. */
  #callOf(id: unknown): McpCall | undefined {
    return [...this.#calls.values()].find((each) => each.upstreamId !== undefined && each.upstreamId === id);
  }

  async #notified(message: JsonRpcNotification): Promise<void> {
    const { method, params } = message;
    if (method === 'notifications/progress') {
      const call = this.#callOf(params['progressToken']);
      if (call?.open === undefined || call.progressToken === undefined) return;
      const named = { ...message, params: { ...params, progressToken: call.progressToken } };
      await this.#outlet.release(named, call.open);
      return;
    }
    if (method === 'notifications/cancelled') {
      this.#exchange.withdraw(params['requestId']);
      return this.#questions.withdraw(params);
    }
    if (method === 'notifications/tools/list_changed') this.#catalogue.forget();
    if (this.#standing) await (isNews(method) ? this.#subscriptions.tell(message) : this.#logged(message));
    else if (isRelayed(method)) await this.#outlet.release({ ...message, params: marked(params, null) });
  }

  /** Without a session only log messages are relayed, with the newest request that asked for them. */
  async #logged(message: JsonRpcNotification): Promise<void> {
    if (message.method !== 'notifications/message') return;
    const { level } = message.params;
    const call = [...this.#calls.values()].findLast((each) => isLogged(each.carried?.logLevel, level));
    if (call?.open) await this.#outlet.release(message, call.open);
  }

  /** Tells a client that was sent to the page of an approval that it has been decided. */
  async #tellSettled(approval: string): Promise<void> {
    await this.#deps.approvals.settled(approval, this.#over.signal);
    if (this.#closing) return;
    const params: JsonObject = { elicitationId: approval };
    await this.#outlet.release({ kind: 'notification', method: 'notifications/elicitation/complete', params });
  }

  async #guard(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#broken(error);
    }
  }

  /** The log is closed, or this is a bug: either way the session ends here. */
  #broken(error: unknown): Refusal {
    const code = error instanceof LogUnavailable ? 'log_unavailable' : 'internal';
    void this.close(code);
    return refuse(code, code === 'internal' ? 'The gate met an error of its own.' : 'The audit log cannot be written.')
      .error;
  }
}
