// One MCP session: one subject, one client, one server of its own. Requests come in decoded, are decided and recorded by
// the AuditedSession, run upstream, and leave masked. INVARIANT: nothing runs before its intent is recorded; no byte of an
// answer leaves before its record is confirmed; a call that was canceled or abandoned while it was held never runs.
// Longer than 400 lines: every kind of request shares the session's state, and is easier to compare in one place.

import type { Decision } from '../core/decision.ts';
import { errors } from '../core/errors.ts';
import type { Facts, McpFacts } from '../core/facts.ts';
import type { JsonObject } from '../core/json.ts';
import { limits } from '../core/limits.ts';
import { ok, type Refusal, type Result, refuse } from '../core/result.ts';
import type { Clock } from '../ports/clock.ts';
import type { HttpStream } from '../ports/http-exchange.ts';
import { LogUnavailable } from '../ports/log.ts';
import type { McpUpstream } from '../ports/mcp-upstream.ts';
import type { Random } from '../ports/random.ts';
import {
  encodeMessage,
  isObject,
  type JsonRpcId,
  type JsonRpcNotification,
  type JsonRpcOutcome,
  type JsonRpcRequest,
  type JsonRpcResponse,
} from '../wire/mcp/json-rpc.ts';
import { completed, isLogged, isLogLevel, paramMismatch, statelessVersion } from '../wire/mcp/stateless.ts';
import type { Admission, AuditedSession, Intent } from './enforce.ts';
import { type ApprovalLookup, approvalStatusOutcome, approvalStatusTool } from './mcp-approval-status.ts';
import { type Carried, McpCall } from './mcp-call.ts';
import { isList, itemsOf, ToolCatalogue, type ToolPins, usable } from './mcp-catalogue.ts';
import { CursorTable } from './mcp-cursors.ts';
import { classesIn, type DetectClasses, factsOf, namedRequest, objectAt, only, stringAt } from './mcp-facts.ts';
import { McpInput } from './mcp-input.ts';
import { type ClientIntroduction, discoveryOf, greetingOf } from './mcp-introduction.ts';
import { type EraMemory, McpLink, type Welcome } from './mcp-link.ts';
import { dataOf, type MaskFor, maskMembers, maskOutcome } from './mcp-masking.ts';
import { isRelayed, McpOutlet } from './mcp-outlet.ts';
import { McpQuestions } from './mcp-questions.ts';
import { errorOutcome, toolOutcome, urlOutcome } from './mcp-refusal.ts';
import type { McpReply } from './mcp-reply.ts';
import { fitStructured } from './mcp-structured.ts';
import { McpTurns } from './mcp-turns.ts';

export interface McpSessionDeps {
  readonly clock: Clock;
  readonly random: Random;
  /** What policy would say of these facts, without recording anything. */
  readonly preview: (facts: Facts) => Decision;
  readonly detectClasses: DetectClasses;
  readonly maskFor: MaskFor;
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
  /** Of the connection. */
  readonly era: EraMemory;
  /** One upstream request at a time, so that what the server does meanwhile can be told to be that request's doing. */
  readonly serial: boolean;
  /** Called once, when the session begins to end, whatever ended it. */
  readonly ended: (reason: string) => void;
}

/** @throws LogUnavailable */
type Transform = (result: JsonObject) => Promise<JsonObject>;

const utf8 = new TextEncoder();
/** Gone with the session (MCP 2026-07-28). */
const sessionMethods = new Set(['ping', 'logging/setLevel', 'resources/subscribe', 'resources/unsubscribe']);

export class McpSession {
  readonly audited: AuditedSession;
  readonly caller: CallerToken;
  readonly #deps: McpSessionDeps;
  readonly #opening: McpSessionOpening;
  readonly #client: ClientIntroduction;
  readonly #link: McpLink;
  readonly #catalogue: ToolCatalogue;
  readonly #cursors = new CursorTable();
  readonly #outlet: McpOutlet;
  readonly #questions: McpQuestions;
  readonly #input: McpInput;
  readonly #calls = new Map<JsonRpcId, McpCall>();
  readonly #turns = new McpTurns();
  readonly #over = new AbortController();
  #closing: Promise<void> | null = null;
  #stateless = 0;
  /** What a client with a session wants of the log messages of a server without. */
  #logLevel: string | undefined;
  /** As it names itself, masked. */
  #serverInfo: JsonObject = {};
  #welcome: Welcome = { capabilities: {}, serverInfo: {}, instructions: undefined };

  constructor(deps: McpSessionDeps, opening: McpSessionOpening) {
    this.#deps = deps;
    this.#opening = opening;
    this.audited = opening.audited;
    this.caller = opening.caller;
    this.#client = opening.client;
    this.#link = new McpLink(opening.upstream, deps.clock, opening.era, {
      notification: (message) => this.#guard(() => this.#notified(message)),
      request: (message) => this.#guard(() => this.#questions.ask(message)),
      closed: (reason) => void this.close(reason.code),
    });
    this.#catalogue = new ToolCatalogue(this.#link, this.audited.connection, deps.tools);
    this.#outlet = new McpOutlet(deps.clock, deps.maskFor);
    this.#questions = new McpQuestions(this.#link, this.#outlet, this.#offered);
    this.#input = new McpInput(deps.clock, deps.random, this.#client.capabilities);
  }

  /** The log's id of the request that runs upstream now, where requests run one at a time. */
  get activeRequest(): string | undefined {
    return this.#turns.holder;
  }

  get #standing(): boolean {
    return this.#client.version === statelessVersion;
  }

  /** What the server may ask the client for: without a session there is no way to ask. */
  get #offered(): JsonObject {
    return this.#standing ? {} : this.#client.capabilities;
  }

  /** The protocol version agreed on with the client. */
  get version(): string {
    return this.#client.version;
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
    const { version } = this.#client;
    const text = await this.#recordAnswer(id, { result: greetingOf(this.#welcome, version) }, entered.value);
    void entered.value.end('ok').catch(() => {});
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
    const admitted = await this.#builtin('builtin:initialize', method, { clientInfo: info, capabilities });
    if (!admitted.ok) return admitted;
    const input = this.#standing ? capabilities : {};
    const welcome = await this.#link.open({ info, capabilities: this.#offered, input });
    if (!welcome.ok) {
      await admitted.value.end('error', { code: welcome.error.code });
      return welcome;
    }
    const { serverInfo } = welcome.value;
    const mask = await this.#deps.maskFor(serverInfo);
    const masked = maskMembers({ serverInfo }, admitted.value.decision, mask, {});
    this.#serverInfo = objectAt(masked, 'serverInfo');
    this.#welcome = welcome.value;
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
      await this.#answer(call, message.method);
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
      if (method !== 'notifications/roots/list_changed' && method !== 'notifications/progress') return;
      const admitted = await this.#builtin('builtin:notification', method, params);
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
      const admitted = await this.#builtin('builtin:answer', question.method, {
        answer: 'result' in message.outcome ? message.outcome.result : { ...message.outcome.error },
      });
      if (!admitted.ok) return;
      const decision = question.decision ?? admitted.value.decision;
      const mask = await this.#deps.maskFor(dataOf(message.outcome));
      await this.#link.answer(question.id, maskOutcome(message.outcome, decision, mask, {}));
      await admitted.value.end('ok');
    });
  }

  /** Takes the client's GET stream. @throws LogUnavailable */
  async listen(stream: HttpStream): Promise<void> {
    const admitted = await this.#builtin('builtin:stream', 'stream', {});
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
    for (const call of this.#calls.values()) call.abort();
    this.#outlet.silence();
    await this.#link.close();
    await this.audited.end(reason).catch(() => {});
  }

  async #answer(call: McpCall, method: string): Promise<void> {
    const { params } = call;
    if (call.carried) {
      if (method === 'server/discover') return this.#discover(call);
      if (sessionMethods.has(method)) return this.#unknown(call);
    }
    if (method === 'tools/call') return this.#callTool(call, params);
    if (isList(method)) return this.#list(call, method, params);
    const named = namedRequest(method, params);
    if (named) {
      const phi = classesIn(named.forwarded, this.#deps.detectClasses);
      const intent = { facts: this.#facts(named.mcp, phi), content: { method, ...named.forwarded }, data: { method } };
      return this.#submitted(call, intent, (admission) => this.#run(call, admission, method, named.forwarded));
    }
    if (method === 'ping') {
      return this.#submitted(call, { ...this.#housekeeping('builtin:ping', method, {}), overlap: true }, (admission) =>
        this.#release(call, admission, { result: {} }),
      );
    }
    if (method === 'logging/setLevel' || method === 'resources/unsubscribe') {
      const forwarded = only(params, ['level', 'uri']);
      const level = stringAt(params, 'level');
      if (this.#link.stateless && isLogLevel(level)) {
        this.#logLevel = level;
        return this.#submitted(call, this.#housekeeping(`builtin:${method}`, method, forwarded), (admission) =>
          this.#release(call, admission, { result: {} }),
        );
      }
      return this.#submitted(call, this.#housekeeping(`builtin:${method}`, method, forwarded), (admission) =>
        this.#run(call, admission, method, forwarded),
      );
    }
    if (method !== 'initialize' || call.carried) return this.#unknown(call);
    const refusal = refuse('invalid_request', 'This session is initialized already.').error;
    await this.#refused(call, refusal, { method, params });
  }

  async #unknown(call: McpCall): Promise<void> {
    const { method, params } = call;
    const refusal = refuse('unknown_method', 'The gate carries no such method in this version of MCP.').error;
    await this.audited.refused(refusal, { method, params });
    await call.finish(errorOutcome(refusal), call.carried ? errors.unknown_method.http : undefined);
  }

  #discover(call: McpCall): Promise<void> {
    const { result, versions } = discoveryOf(this.#welcome);
    const intent = { ...this.#housekeeping('builtin:discover', call.method, {}), overlap: true };
    return this.#submitted(call, intent, (admission) =>
      this.#release(call, admission, { result }, { supportedVersions: versions }),
    );
  }

  async #callTool(call: McpCall, params: JsonObject): Promise<void> {
    const name = stringAt(params, 'name');
    const given = params['arguments'] ?? {};
    if (!isObject(given)) {
      return this.#refused(call, refuse('invalid_request', 'The arguments of a tool are an object.').error, {
        ...params,
      });
    }
    const tool = await this.#catalogue.find(name);
    if (!tool.ok) {
      if (tool.error.code === 'unknown_tool' && name === approvalStatusTool.name && this.#mayBeHeld)
        return this.#approvalStatus(call, given);
      return this.#refused(call, tool.error, { tool: name, arguments: given }, toolOutcome);
    }
    const { facts, definition, outputSchema, headers } = tool.value;
    call.outputSchema = outputSchema;
    call.paramHeaders = headers;
    const content = { tool: name, arguments: given, definition };
    const astray = call.carried && paramMismatch(headers, given, call.carried.header);
    if (astray) {
      const refusal = refuse('header_mismatch', `The header ${astray} is missing or is not the argument it repeats.`);
      await this.audited.refused(refusal.error, content);
      return call.finish(errorOutcome(refusal.error), errors.header_mismatch.http);
    }
    const phi = classesIn(given, this.#deps.detectClasses);
    const mcp = { method: 'tools/call', tool: facts, arguments: given };
    const intent = {
      facts: this.#facts(mcp, phi),
      content,
      data: { method: 'tools/call', tool: name },
      onHold: (hold: { readonly approval: string; readonly link: string }) => call.held(this.#deps.clock, hold),
    };
    await this.#submitted(
      call,
      intent,
      (admission) => this.#run(call, admission, 'tools/call', { name, arguments: given }),
      (refusal) => this.#held(refusal),
    );
  }

  #list(call: McpCall, method: string, params: JsonObject): Promise<void> {
    const cursor = params['cursor'];
    const known = cursor === undefined ? undefined : this.#cursors.open(cursor);
    if (cursor !== undefined && known === undefined) {
      return this.#refused(call, refuse('invalid_request', 'There is no page at this cursor.').error, { method });
    }
    const page = known === undefined ? 'first' : 'next';
    const intent = { ...this.#housekeeping('builtin:list', method, { page }), overlap: true };
    return this.#submitted(call, intent, (admission) =>
      this.#run(call, admission, method, known === undefined ? {} : { cursor: known }, async (result) => {
        const tools = method === 'tools/list' ? { tools: await this.#catalogue.learn(itemsOf(method, result)) } : {};
        const listed = usable(method, { ...result, ...tools }, (mcp) => this.#facts(mcp, []), this.#deps.preview);
        return method === 'tools/list' ? this.#withOwnTool(listed) : listed;
      }),
    );
  }

  /** A held call that was not decided in its time, as this client can best take it (an isError result is the floor). */
  #held(refusal: Refusal): JsonRpcOutcome {
    const { elicitation } = this.#client.capabilities;
    const { code, approval } = refusal;
    if (!isObject(elicitation) || !isObject(elicitation['url']) || code !== 'approval_required' || !approval) {
      return toolOutcome(refusal);
    }
    void this.#guard(async () => {
      await this.#deps.approvals.settled(approval, this.#over.signal);
      if (this.#closing) return;
      const params = { elicitationId: approval };
      await this.#outlet.release({ kind: 'notification', method: 'notifications/elicitation/complete', params });
    });
    return urlOutcome(refusal, this.#deps.publicUrl);
  }

  get #mayBeHeld(): boolean {
    return this.#deps.approvals.offered(this.audited.subject, this.audited.connection);
  }

  /** On the last page; where the server has a tool of that name, it is the server's. */
  #withOwnTool(listed: JsonObject): JsonObject {
    const last = (listed['nextCursor'] ?? null) === null;
    if (!last || !this.#mayBeHeld || this.#catalogue.has(approvalStatusTool.name)) return listed;
    return { ...listed, tools: [...itemsOf('tools/list', listed), approvalStatusTool] };
  }

  #approvalStatus(call: McpCall, given: JsonObject): Promise<void> {
    const { name } = approvalStatusTool;
    const intent = this.#housekeeping(`builtin:${name}`, 'tools/call', { tool: name, arguments: given });
    const status = this.#deps.approvals.status(this.audited.subject, stringAt(given, 'approval'));
    return this.#submitted(call, intent, (admission) => this.#release(call, admission, approvalStatusOutcome(status)));
  }

  /** Submits, and runs what was admitted; what was not is told to the client as `refusal` has it. */
  async #submitted(
    call: McpCall,
    intent: Omit<Intent, 'signal'>,
    run: (admission: Admission) => Promise<void>,
    refusal: (refusal: Refusal) => JsonRpcOutcome = errorOutcome,
  ): Promise<void> {
    // Another answer is another input of the same act: a reviewer sees it, and the log keeps it.
    const { inputResponses } = call.params;
    const known = call.carried && inputResponses !== undefined ? { known: { inputResponses } } : {};
    const admitted = await this.audited.submit({ ...intent, ...known, signal: call.signal });
    call.decided();
    if (!admitted.ok) return call.finish(this.#dressed(call, refusal(admitted.error)));
    const admission = admitted.value;
    call.open = { reply: call.reply, admission };
    this.#outlet.add(call.open);
    try {
      await run(admission);
    } catch (error) {
      void admission.end('error', { code: 'internal' }).catch(() => {});
      throw error;
    } finally {
      this.#outlet.remove(call.open);
    }
  }

  async #run(
    call: McpCall,
    admission: Admission,
    method: string,
    params: JsonObject,
    transform?: Transform,
  ): Promise<void> {
    const mask = await this.#maskMembers(objectAt(call.params, 'inputResponses'), admission, {});
    const answers = call.carried ? this.#input.take(method, call.params, mask) : ok(null);
    if (!answers.ok) return this.#failed(call, admission, answers.error);
    const endTurn = this.#opening.serial ? await this.#turns.take(admission.request) : () => {};
    let answer: Result<JsonRpcOutcome>;
    try {
      if (call.signal.aborted) {
        answer = refuse('canceled', 'The request was canceled before it ran.');
      } else {
        const sent = this.#link.request(method, { ...params, ...answers.value }, limits.mcpCallMs, {
          progress: call.progressToken !== undefined,
          headers: call.paramHeaders,
          logLevel: call.carried ? call.carried.logLevel : this.#logLevel,
        });
        call.upstreamId = sent.id;
        call.signal.addEventListener('abort', () => this.#link.cancel(sent.id), { once: true });
        answer = await sent.outcome;
      }
    } finally {
      endTurn();
    }
    if (!answer.ok) return this.#failed(call, admission, answer.error);
    const outcome = answer.value;
    if (!('result' in outcome)) return this.#release(call, admission, outcome);
    const { result } = outcome;
    if (this.#link.stateless && result['resultType'] === 'input_required') return this.#ask(call, admission, result);
    await this.#release(call, admission, { result: transform ? await transform(result) : result });
  }

  async #failed(call: McpCall, admission: Admission, refusal: Refusal): Promise<void> {
    const { code } = refusal;
    await admission.end(code === 'canceled' ? 'canceled' : 'error', { code });
    await call.finish(errorOutcome(refusal));
  }

  /** Masks members of `whole`. */
  async #maskMembers(
    whole: JsonObject,
    { decision }: Admission,
    counts: Record<string, number>,
  ): Promise<(members: JsonObject) => JsonObject> {
    const mask = await this.#deps.maskFor(whole);
    return (members) => maskMembers(members, decision, mask, counts);
  }

  /** The server needs more before it can answer: masked questions, which a request of the client's own will answer. */
  async #ask(call: McpCall, admission: Admission, result: JsonObject): Promise<void> {
    const counts: Record<string, number> = {};
    const mask = await this.#maskMembers(result, admission, counts);
    const asked = call.carried
      ? this.#input.ask(call.method, call.params, result, mask)
      : refuse('unsupported', 'The server asks for input in a way that does not reach a client with a session.');
    if (!asked.ok) return this.#failed(call, admission, asked.error);
    const outcome = this.#dressed(call, { result: asked.value });
    const text = encodeMessage({ kind: 'response', id: call.id, outcome });
    await admission.record({ media: 'application/json', bytes: utf8.encode(text) }, { masked: counts });
    if (call.open) this.#outlet.remove(call.open);
    await call.reply.finish(text);
    void admission.end('ok').catch(() => {});
  }

  /** `own` members are the gate's: they are not masked. */
  async #release(call: McpCall, admission: Admission, outcome: JsonRpcOutcome, own: JsonObject = {}): Promise<void> {
    if (call.reply.signal.aborted) return admission.end('canceled', { reason: 'client_gone' });
    const text = await this.#recordAnswer(call.id, outcome, admission, call.outputSchema, (masked) =>
      this.#dressed(call, masked, own),
    );
    if (call.open) this.#outlet.remove(call.open);
    await call.reply.finish(text);
    const failed = 'error' in outcome || outcome.result['isError'] === true;
    void admission.end(failed ? 'error' : 'ok').catch(() => {});
  }

  /** The answer as it may leave: masked, and confirmed by the log. */
  async #recordAnswer(
    id: JsonRpcId,
    outcome: JsonRpcOutcome,
    admission: Admission,
    outputSchema: JsonObject | null = null,
    dressed: (masked: JsonRpcOutcome) => JsonRpcOutcome = (masked) => masked,
  ): Promise<string> {
    const counts: Record<string, number> = {};
    const mask = await this.#deps.maskFor(dataOf(outcome));
    const masked = maskOutcome(this.#cursors.seal(outcome), admission.decision, mask, counts);
    const fitted = dressed(fitStructured(outcome, masked, outputSchema));
    const text = encodeMessage({ kind: 'response', id, outcome: fitted });
    await admission.record({ media: 'application/json', bytes: utf8.encode(text) }, { masked: counts });
    return text;
  }

  async #refused(call: McpCall, refusal: Refusal, content: JsonObject, outcome = errorOutcome): Promise<void> {
    await this.audited.refused(refusal, content);
    await call.finish(this.#dressed(call, outcome(refusal)));
  }

  /** What has been masked, as the client's version of MCP has it. `own` members are the gate's. */
  #dressed(call: McpCall, masked: JsonRpcOutcome, own: JsonObject = {}): JsonRpcOutcome {
    return call.carried ? completed(call.method, masked, this.#serverInfo, own) : masked;
  }

  async #notified(message: JsonRpcNotification): Promise<void> {
    const { method, params } = message;
    if (method === 'notifications/progress') {
      const call = [...this.#calls.values()].find((each) => each.upstreamId === params['progressToken']);
      if (call?.open === undefined || call.progressToken === undefined) return;
      const named = { ...message, params: { ...params, progressToken: call.progressToken } };
      await this.#outlet.release(named, call.open);
      return;
    }
    if (method === 'notifications/cancelled') return this.#questions.withdraw(params);
    if (method === 'notifications/tools/list_changed') this.#catalogue.forget();
    if (this.#standing) await this.#logged(message);
    else if (isRelayed(method)) await this.#outlet.release(message);
  }

  /** Without a session only log messages are relayed, with the newest request that asked for them. */
  async #logged(message: JsonRpcNotification): Promise<void> {
    if (message.method !== 'notifications/message') return;
    const { level } = message.params;
    const call = [...this.#calls.values()].findLast((each) => isLogged(each.carried?.logLevel, level));
    if (call?.open) await this.#outlet.release(message, call.open);
  }

  #facts(mcp: Partial<McpFacts> & Pick<McpFacts, 'method'>, phi: Facts['request']['phi']): Facts {
    const { subject, connection } = this.audited;
    return factsOf({ now: this.#deps.clock.now(), subject, connection, client: this.#client.name }, mcp, phi);
  }

  #housekeeping(builtin: string, method: string, content: JsonObject): Omit<Intent, 'signal'> {
    return {
      builtin,
      facts: this.#facts({ method }, []),
      content: { method, ...content },
      data: { method },
    };
  }

  #builtin(builtin: string, method: string, content: JsonObject): Promise<Result<Admission>> {
    return this.audited.submit({
      ...this.#housekeeping(builtin, method, content),
      signal: new AbortController().signal,
    });
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
