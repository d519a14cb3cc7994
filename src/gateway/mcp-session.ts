// One MCP session: one subject, one client, one server of its own, from its start to its end. Requests come in decoded and
// leave masked; what they mean is in mcp-methods.ts, how they go in mcp-exchange.ts. INVARIANT: it ends wholly: no call, no
// stream, no server is left of it.

import { errors } from '../core/errors.ts';
import type { Subject } from '../core/facts.ts';
import type { JsonObject } from '../core/json.ts';
import { limits } from '../core/limits.ts';
import type { PatientPlaces } from '../core/patient-places.ts';
import { ok, type Refusal, type Result, refuse } from '../core/result.ts';
import type { HttpStream } from '../ports/http-exchange.ts';
import { LogUnavailable } from '../ports/log.ts';
import type {
  JsonRpcId,
  JsonRpcMessage,
  JsonRpcNotification,
  JsonRpcRequest,
  JsonRpcResponse,
} from '../wire/mcp/json-rpc.ts';
import { isLogged, statelessVersion } from '../wire/mcp/stateless.ts';
import { isNews, marked } from '../wire/mcp/subscriptions.ts';
import type { Admission, AuditedSession } from './enforce.ts';
import { AccountWait, listsChanged, welcomeWithoutAccount } from './mcp-account.ts';
import { type Carried, McpCall } from './mcp-call.ts';
import { ToolCatalogue } from './mcp-catalogue.ts';
import { McpExchange } from './mcp-exchange.ts';
import { objectAt } from './mcp-facts.ts';
import { stepUpHeaders } from './mcp-http-refusal.ts';
import { McpInput } from './mcp-input.ts';
import { McpIntents } from './mcp-intents.ts';
import { type ClientIntroduction, greetingOf, showsPages } from './mcp-introduction.ts';
import { McpLink } from './mcp-link.ts';
import { dataOf, maskMembers, maskOutcome } from './mcp-masking.ts';
import { McpMethods } from './mcp-methods.ts';
import { isRelayed, McpOutlet } from './mcp-outlet.ts';
import { McpQuestions } from './mcp-questions.ts';
import { errorOutcome, type RefusalPage } from './mcp-refusal.ts';
import { McpReplay, type McpTrace } from './mcp-replay.ts';
import { McpReply } from './mcp-reply.ts';
import type { McpSessionDeps, McpSessionOpening } from './mcp-session-parts.ts';
import { McpSubscriptions } from './mcp-subscriptions.ts';
import { McpTaskCalls } from './mcp-task-calls.ts';
import { aboutTask, McpTasks, type Task, tasksCapability, taskView } from './mcp-tasks.ts';

export class McpSession {
  readonly audited: AuditedSession;
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
  readonly #account: AccountWait;
  readonly #tasks: McpTasks | null;
  #closing: Promise<void> | null = null;
  #stateless = 0;

  constructor(deps: McpSessionDeps, opening: McpSessionOpening) {
    const { audited, client, binary, held, identity, serial, states } = opening;
    const offered = client.capabilities;
    this.#deps = deps;
    this.#opening = opening;
    this.audited = audited;
    this.#client = client;
    this.#replay = new McpReplay(client.version === '2025-11-25');
    this.#link = new McpLink(opening.upstream, deps.clock, opening.era, held, {
      notification: (message) => this.#guard(() => this.#notified(message)),
      request: (message, about) => this.#guard(() => this.#asked(message, about)),
      paused: (id, retryMs) => this.#callOf(id)?.reply.pause(retryMs) ?? new Promise(() => {}),
      closed: (reason) => void this.close(reason.code),
    });
    const link = this.#link;
    const catalogue = new ToolCatalogue(link, audited.connection, deps.tools);
    const outlet = new McpOutlet(deps.clock, deps.maskFor, (error) => void this.#broken(error));
    const questions = new McpQuestions(deps.clock, link, outlet, offered);
    const intents = new McpIntents(deps.clock, audited, client.name);
    const input = new McpInput(states, { identity, connection: audited.connection });
    const { maskFor, flowFor } = deps;
    const patientPlaces = (): PatientPlaces | null => deps.patientPlaces(audited.connection);
    const exchange = new McpExchange({
      audited,
      link,
      outlet,
      questions,
      input,
      maskFor,
      flowFor,
      held,
      patientPlaces,
      offered,
      serial,
      binary,
    });
    const sentToPage = ({ approval }: Refusal, { id }: RefusalPage): void =>
      void this.#guard(() => (approval === undefined ? this.#account.wait(id) : this.#tellSettled(approval)));
    const absent = (): Promise<Refusal | null> | null => this.#account.meet();
    this.#catalogue = catalogue;
    this.#outlet = outlet;
    this.#questions = questions;
    this.#intents = intents;
    this.#exchange = exchange;
    const subscriptions = new McpSubscriptions({ clock: deps.clock, link, exchange, intents, outlet });
    const shows = { sentToPage, showsPages: showsPages(client) };
    const own = { audited, link, catalogue, exchange, intents, subscriptions, absent, ...shows };
    this.#subscriptions = subscriptions;
    this.#account = new AccountWait({
      accounts: deps.accounts,
      audited,
      over: this.#over.signal,
      enter: () => this.#enterLate(),
      complete: (elicitation) => this.#tellComplete(elicitation),
    });
    const changed = (task: Task): void => {
      const status: JsonRpcNotification = {
        kind: 'notification',
        method: 'notifications/tasks/status',
        params: taskView(task),
      };
      void this.#outlet.tell(status);
    };
    this.#tasks = client.version === '2025-11-25' ? new McpTasks(deps.clock, deps.random, changed) : null;
    const run = (message: JsonRpcRequest, task: Task): void => this.#runTask(message, task);
    const taskCalls = this.#tasks && new McpTaskCalls({ tasks: this.#tasks, exchange, intents, run });
    this.#methods = new McpMethods({ ...deps, ...own, taskCalls });
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

  /** The subject comes again, with the token of this request. */
  comesWith({ subject, token }: { readonly subject: Subject; readonly token: string }): void {
    this.#opening.caller.token = token;
    this.audited.provenAnew(subject);
  }

  /** Starts the server and answers the client's initialize. Refused: upstream_*. @throws LogUnavailable */
  async open(id: JsonRpcId): Promise<Result<string>> {
    const entered = await this.#enter('initialize');
    if (!entered.ok) return entered;
    const own = this.#tasks && this.#methods.mayBeHeld ? { tasks: tasksCapability } : {};
    const result = greetingOf(this.#methods.welcome, this.#client.version, own);
    const text = await this.#exchange.recordAnswer(id, { result }, entered.value);
    if (!this.#account.absent) this.#subscriptions.start(this.#methods.welcome.capabilities);
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
    const opened = await this.#link.open({ era: this.#standing ? 'stateless' : 'session', info, capabilities });
    const absent = !opened.ok && opened.error.code === 'account_required';
    const welcome = absent ? ok(welcomeWithoutAccount) : opened;
    if (!welcome.ok) {
      await admitted.value.end('error', { code: welcome.error.code });
      return welcome;
    }
    this.#account.absent = opened.ok ? null : opened.error;
    if (absent) void this.#guard(() => this.#account.wait());
    const { serverInfo } = welcome.value;
    const mask = await this.#deps.maskFor(serverInfo);
    const masked = maskMembers({ serverInfo }, admitted.value.decision, mask, {});
    this.#exchange.serverInfo = objectAt(masked, 'serverInfo');
    const instructions = absent ? welcome.value.instructions : await this.#catalogue.instructionsOf(welcome.value);
    this.#methods.welcome = { ...welcome.value, instructions };
    return admitted;
  }

  /** To a server that wanted an account, once there is one; null when it has been spoken to. @throws LogUnavailable */
  async #enterLate(): Promise<Refusal | null> {
    const entered = await this.#enter('initialize');
    if (!entered.ok) return entered.error;
    const { absent } = this.#account;
    await entered.value.end(absent ? 'error' : 'ok', absent ? { code: absent.code } : {});
    if (absent) return absent;
    if (!this.#standing) this.#subscriptions.start(this.#methods.welcome.capabilities);
    for (const method of listsChanged) await this.#notified({ kind: 'notification', method, params: {} });
    return null;
  }

  /** Answers on `reply`, always. `carried` by a request without a session. Never rejects. */
  request(message: JsonRpcRequest, reply: McpReply, carried: Carried | null = null): Promise<void> {
    const call = new McpCall(message, reply, carried);
    // Without a session the ids of two requests have nothing to do with each other.
    const key = carried ? ++this.#stateless : call.id;
    const rejected = this.#calls.has(key)
      ? refuse('invalid_request', 'A request with this id is still running.')
      : this.#calls.size >= limits.mcpInFlightPerSessionMax
        ? refuse('too_many', 'Too many requests of this session are running.')
        : null;
    return rejected ? this.#reject(call, rejected.error) : this.#serve(key, call);
  }

  async #reject(call: McpCall, refusal: Refusal): Promise<void> {
    call.close();
    await this.#guard(() => this.audited.refused(refusal, { method: call.method }));
    await call.finish(errorOutcome(refusal));
  }

  /** A call that answers where its task says; whatever else it has to say goes out on the client's GET stream. */
  #runTask(message: JsonRpcRequest, task: Task): void {
    const aside = (said: JsonRpcMessage): Promise<boolean> => this.#outlet.tell(aboutTask(said, task));
    const call = new McpCall(message, new McpReply(task.exchange, null, aside));
    call.holdMs = task.holdMs;
    call.onHeld = (words) => this.#tasks?.waits(task, words);
    task.cancel = () => call.abort();
    // No client knows this id.
    void this.#serve(`task ${task.id}`, call);
  }

  async #serve(key: JsonRpcId, call: McpCall): Promise<void> {
    this.#calls.set(key, call);
    call.challenge = (scope) => stepUpHeaders(this.#deps, this.audited.connection, scope);
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
    if (admitted.ok && !this.#closing) await this.#outlet.listen(stream, admitted.value);
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
    this.#tasks?.close();
    for (const call of this.#calls.values()) call.abort();
    this.#outlet.silence();
    await this.#link.close();
    await this.audited.end(reason).catch(() => {});
  }

  async #asked(message: JsonRpcRequest, about: number | undefined): Promise<void> {
    if (this.#standing) return this.#exchange.asked(message, about);
    const call = about === undefined ? this.#onlyRunning() : this.#callOf(about);
    await this.#questions.ask(message, call?.open);
  }

  /** Over stdio a server does not say what it asks about: it is clear where one call runs alone. */
  #onlyRunning(): McpCall | undefined {
    const [first, ...more] = [...this.#calls.values()].filter((each) => each.upstreamId !== undefined);
    return more.length === 0 ? first : undefined;
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
      return this.#outlet.relay(named, call.open);
    }
    if (method === 'notifications/cancelled') {
      this.#exchange.withdraw(params['requestId']);
      return this.#questions.withdraw(params);
    }
    if (listsChanged.includes(method)) this.#catalogue.forget();
    if (this.#standing) await (isNews(method) ? this.#subscriptions.tell(message) : this.#logged(message));
    else if (isRelayed(method)) await this.#outlet.relay({ ...message, params: marked(params, null) });
  }

  /** Without a session only log messages are relayed, with the newest request that asked for them. */
  async #logged(message: JsonRpcNotification): Promise<void> {
    if (message.method !== 'notifications/message') return;
    const { level } = message.params;
    const call = [...this.#calls.values()].findLast((each) => isLogged(each.carried?.logLevel, level));
    if (call?.open) await this.#outlet.relay(message, call.open);
  }

  /** Tells a client that was sent to the page of an approval that it has been decided. */
  async #tellSettled(approval: string): Promise<void> {
    await this.#deps.approvals.settled(approval, this.#over.signal);
    if (!this.#closing) await this.#tellComplete(approval);
  }

  async #tellComplete(elicitationId: string): Promise<void> {
    const params: JsonObject = { elicitationId };
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
    const isBug = !(error instanceof LogUnavailable);
    if (isBug) this.#deps.onBug(error);
    const refusal = isBug ? refuse('internal', errors.internal.text).error : error.refusal;
    void this.close(refusal.code);
    return refusal;
  }
}
