// One MCP session: one subject, one client, one server of its own. Requests come in decoded, are decided and recorded by
// the AuditedSession, run upstream, and leave masked. INVARIANT: nothing runs before its intent is recorded; no byte of an
// answer leaves before its record is confirmed; a call that was canceled or abandoned while it was held never runs.
// Longer than 400 lines: every kind of request shares the session's state, and is easier to compare in one place.

import type { Decision } from '../core/decision.ts';
import type { Facts, McpFacts } from '../core/facts.ts';
import type { JsonObject } from '../core/json.ts';
import { limits } from '../core/limits.ts';
import { type Refusal, type Result, refuse } from '../core/result.ts';
import type { Clock } from '../ports/clock.ts';
import type { HttpStream } from '../ports/http-exchange.ts';
import { LogUnavailable } from '../ports/log.ts';
import type { McpUpstream } from '../ports/mcp-upstream.ts';
import {
  encodeMessage,
  isObject,
  type JsonRpcId,
  type JsonRpcNotification,
  type JsonRpcOutcome,
  type JsonRpcRequest,
  type JsonRpcResponse,
} from '../wire/mcp/json-rpc.ts';
import type { Admission, AuditedSession, Intent } from './enforce.ts';
import { McpCall } from './mcp-call.ts';
import { isList, itemsOf, ToolCatalogue, usable } from './mcp-catalogue.ts';
import { CursorTable } from './mcp-cursors.ts';
import { classesIn, type DetectClasses, factsOf, namedRequest, only, stringAt } from './mcp-facts.ts';
import { type ClientIntroduction, greetingOf, introductionOf } from './mcp-introduction.ts';
import { McpLink } from './mcp-link.ts';
import { type MaskJson, maskOutcome } from './mcp-masking.ts';
import { isRelayed, McpOutlet } from './mcp-outlet.ts';
import { McpQuestions } from './mcp-questions.ts';
import { errorOutcome, toolOutcome } from './mcp-refusal.ts';
import type { McpReply } from './mcp-reply.ts';
import { McpTurns } from './mcp-turns.ts';

export interface McpSessionDeps {
  readonly clock: Clock;
  /** What policy would say of these facts, without recording anything. */
  readonly preview: (facts: Facts) => Decision;
  readonly detectClasses: DetectClasses;
  readonly mask: MaskJson;
}

export interface McpSessionOpening {
  readonly audited: AuditedSession;
  readonly upstream: McpUpstream;
  /** Params of the client's initialize request. */
  readonly initialize: JsonObject;
  /** One upstream request at a time, so that what the server does meanwhile can be told to be that request's doing. */
  readonly serial: boolean;
  /** Called once, when the session begins to end, whatever ended it. */
  readonly ended: (reason: string) => void;
}

type Transform = (result: JsonObject) => JsonObject;

const utf8 = new TextEncoder();

export class McpSession {
  readonly audited: AuditedSession;
  readonly #deps: McpSessionDeps;
  readonly #opening: McpSessionOpening;
  readonly #client: ClientIntroduction;
  readonly #link: McpLink;
  readonly #catalogue: ToolCatalogue;
  readonly #cursors = new CursorTable();
  readonly #outlet: McpOutlet;
  readonly #questions: McpQuestions;
  readonly #calls = new Map<JsonRpcId, McpCall>();
  readonly #turns = new McpTurns();
  #closing: Promise<void> | null = null;

  constructor(deps: McpSessionDeps, opening: McpSessionOpening) {
    this.#deps = deps;
    this.#opening = opening;
    this.audited = opening.audited;
    this.#client = introductionOf(opening.initialize);
    this.#link = new McpLink(opening.upstream, deps.clock, {
      notification: (message) => this.#guard(() => this.#notified(message)),
      request: (message) => this.#guard(() => this.#questions.ask(message)),
      closed: (reason) => void this.close(reason.code),
    });
    this.#catalogue = new ToolCatalogue(this.#link);
    this.#outlet = new McpOutlet(deps.clock, deps.mask);
    this.#questions = new McpQuestions(this.#link, this.#outlet, this.#client.capabilities);
  }

  /** The log's id of the request that runs upstream now, where requests run one at a time. */
  get activeRequest(): string | undefined {
    return this.#turns.holder;
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
    const { info, capabilities, version } = this.#client;
    const admitted = await this.#builtin('builtin:initialize', 'initialize', { clientInfo: info, capabilities });
    if (!admitted.ok) return admitted;
    const admission = admitted.value;
    const welcome = await this.#link.open({ info, capabilities });
    if (!welcome.ok) {
      await admission.end('error', { code: welcome.error.code });
      return welcome;
    }
    const text = await this.#recordAnswer(id, { result: greetingOf(welcome.value, version) }, admission);
    void admission.end('ok').catch(() => {});
    return { ok: true, value: text };
  }

  /** Answers on `reply`, always. Never rejects. */
  async request(message: JsonRpcRequest, reply: McpReply): Promise<void> {
    const call = new McpCall(message, reply);
    const rejected = this.#calls.has(call.id)
      ? refuse('invalid_request', 'A request with this id is still running.')
      : this.#calls.size >= limits.mcpInFlightPerSessionMax
        ? refuse('too_many', 'Too many requests of this session are running.')
        : null;
    if (rejected) {
      call.close();
      return call.finish(errorOutcome(rejected.error));
    }
    this.#calls.set(call.id, call);
    try {
      await this.#answer(call, message.method);
    } catch (error) {
      await call.finish(errorOutcome(this.#broken(error)), 503);
    } finally {
      this.#calls.delete(call.id);
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
        if (call) this.#cancel(call);
        return;
      }
      if (method !== 'notifications/roots/list_changed' && method !== 'notifications/progress') return;
      const admitted = await this.#builtin('builtin:notification', method, params);
      if (!admitted.ok) return;
      await this.#link.notify(method, params);
      await admitted.value.end('ok');
    });
  }

  /** The client's answer to a request of the server. Never rejects. */
  async response(message: JsonRpcResponse): Promise<void> {
    await this.#guard(async () => {
      const question = this.#questions.take(message.id);
      if (!question) return;
      const admitted = await this.#builtin('builtin:answer', question.method, {
        answer: 'result' in message.outcome ? message.outcome.result : { ...message.outcome.error },
      });
      if (!admitted.ok) return;
      await this.#link.answer(question.id, message.outcome);
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
    for (const call of this.#calls.values()) this.#cancel(call);
    this.#outlet.silence();
    await this.#link.close();
    await this.audited.end(reason).catch(() => {});
  }

  async #answer(call: McpCall, method: string): Promise<void> {
    const { params } = call;
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
      return this.#submitted(call, this.#housekeeping(`builtin:${method}`, method, forwarded), (admission) =>
        this.#run(call, admission, method, forwarded),
      );
    }
    const refusal =
      method === 'initialize'
        ? refuse('invalid_request', 'This session is initialized already.').error
        : refuse('unknown_method', 'The gate carries no such method.').error;
    await this.#refused(call, refusal, { method, params });
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
    if (!tool.ok) return this.#refused(call, tool.error, { tool: name, arguments: given });
    const { facts, definition } = tool.value;
    const content = { tool: name, arguments: given, definition };
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
      toolOutcome,
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
      this.#run(call, admission, method, known === undefined ? {} : { cursor: known }, (result) => {
        if (method === 'tools/list') this.#catalogue.learn(itemsOf(method, result));
        return usable(method, result, (mcp) => this.#facts(mcp, []), this.#deps.preview);
      }),
    );
  }

  /** Submits, and runs what was admitted; what was not is told to the client as `refusal` has it. */
  async #submitted(
    call: McpCall,
    intent: Omit<Intent, 'signal'>,
    run: (admission: Admission) => Promise<void>,
    refusal: (refusal: Refusal) => JsonRpcOutcome = errorOutcome,
  ): Promise<void> {
    const admitted = await this.audited.submit({ ...intent, signal: call.signal });
    call.decided();
    if (!admitted.ok) return call.finish(refusal(admitted.error));
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
    const endTurn = this.#opening.serial ? await this.#turns.take(admission.request) : () => {};
    let answer: Result<JsonRpcOutcome>;
    try {
      if (call.signal.aborted) {
        answer = refuse('canceled', 'The request was canceled before it ran.');
      } else {
        const sent = this.#link.request(method, params, limits.mcpCallMs, call.progressToken !== undefined);
        call.upstreamId = sent.id;
        answer = await sent.outcome;
      }
    } finally {
      endTurn();
    }
    if (!answer.ok) {
      const { code } = answer.error;
      await admission.end(code === 'canceled' ? 'canceled' : 'error', { code });
      return call.finish(errorOutcome(answer.error));
    }
    const outcome = answer.value;
    await this.#release(
      call,
      admission,
      'result' in outcome && transform ? { result: transform(outcome.result) } : outcome,
    );
  }

  async #release(call: McpCall, admission: Admission, outcome: JsonRpcOutcome): Promise<void> {
    if (call.reply.signal.aborted) return admission.end('canceled', { reason: 'client_gone' });
    const text = await this.#recordAnswer(call.id, outcome, admission);
    if (call.open) this.#outlet.remove(call.open);
    await call.reply.finish(text);
    const failed = 'error' in outcome || outcome.result['isError'] === true;
    void admission.end(failed ? 'error' : 'ok').catch(() => {});
  }

  /** The answer as it may leave: masked, and confirmed by the log. */
  async #recordAnswer(id: JsonRpcId, outcome: JsonRpcOutcome, admission: Admission): Promise<string> {
    const counts: Record<string, number> = {};
    const masked = maskOutcome(this.#cursors.seal(outcome), admission.decision, this.#deps.mask, counts);
    const text = encodeMessage({ kind: 'response', id, outcome: masked });
    await admission.record({ media: 'application/json', bytes: utf8.encode(text) }, { masked: counts });
    return text;
  }

  async #refused(call: McpCall, refusal: Refusal, content: JsonObject): Promise<void> {
    await this.audited.refused(refusal, content);
    await call.finish(errorOutcome(refusal));
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
    if (isRelayed(method)) await this.#outlet.release(message);
  }

  #cancel(call: McpCall): void {
    call.abort();
    if (call.upstreamId !== undefined) this.#link.cancel(call.upstreamId);
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
