// What each request of a client means: what policy is asked, what the server is sent, and what of its answer this subject may
// see. How a request then goes is the exchange's business.

import type { Decision } from '../core/decision.ts';
import { errors } from '../core/errors.ts';
import type { Facts, McpFacts } from '../core/facts.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { keepNewest } from '../core/newest.ts';
import { type Refusal, refuse } from '../core/result.ts';
import type { Clock } from '../ports/clock.ts';
import type { JsonRpcOutcome } from '../wire/mcp/json-rpc.ts';
import { isLogLevel, paramMismatch } from '../wire/mcp/stateless.ts';
import type { Admission, AuditedSession } from './enforce.ts';
import { listWithoutAccount } from './mcp-account.ts';
import { type ApprovalLookup, approvalStatusOutcome, approvalStatusTool } from './mcp-approval-status.ts';
import { namesPrototype } from './mcp-argument-names.ts';
import type { McpCall } from './mcp-call.ts';
import { isList, itemsOf, memberOf, type ToolCatalogue, usable } from './mcp-catalogue.ts';
import type { McpExchange } from './mcp-exchange.ts';
import {
  classesIn,
  type DetectClasses,
  isNameless,
  type NamedRequest,
  namedRequest,
  objectAt,
  only,
  stringAt,
} from './mcp-facts.ts';
import { pageShown } from './mcp-input.ts';
import type { McpIntents } from './mcp-intents.ts';
import { discoveryOf } from './mcp-introduction.ts';
import type { McpLink, Welcome } from './mcp-link.ts';
import { isAmbiguous, otherReadings } from './mcp-pointers.ts';
import { errorOutcome, pageOf, pageQuestion, type RefusalPage, toolOutcome, urlOutcome } from './mcp-refusal.ts';
import type { McpSubscriptions } from './mcp-subscriptions.ts';
import { asksForTask, isTaskMethod, type McpTaskCalls } from './mcp-task-calls.ts';
import { asTasks } from './mcp-tasks.ts';

export interface McpMethodsParts {
  readonly audited: AuditedSession;
  readonly clock: Clock;
  readonly link: McpLink;
  readonly catalogue: ToolCatalogue;
  readonly exchange: McpExchange;
  readonly intents: McpIntents;
  readonly subscriptions: McpSubscriptions;
  readonly preview: (facts: Facts) => Decision;
  readonly detectClasses: DetectClasses;
  readonly approvals: ApprovalLookup;
  readonly publicUrl: string;
  /** Whether the client shows people pages. */
  readonly showsPages: boolean;
  /** Null where the client's version has none. */
  readonly taskCalls: McpTaskCalls | null;
  /** Why the server cannot be spoken to yet; null when it has been. @throws LogUnavailable */
  readonly absent: () => Promise<Refusal | null> | null;
  /** A client with a session was sent to a page: it is told when it may come again. */
  readonly sentToPage: (refusal: Refusal, page: RefusalPage) => void;
}

/** What the gate answers by itself. */
const withoutServer = new Set(['initialize', 'ping', 'server/discover', 'subscriptions/listen']);
/** INVARIANT: a rule about a URI is not met by one that the server reads as another. */
const ambiguous = refuse('invalid_params', 'The URI has dot segments, backslashes or characters that no URI has.', {
  next: 'Ask for the resource by its plain URI, as resources/list has it.',
});
const prototypical = refuse(
  'invalid_params',
  'An argument is called __proto__ or constructor.prototype, which servers read in different ways.',
  {
    next: 'Call it again without that member.',
  },
);
const miscalled = refuse(
  'invalid_params',
  'It has almost the name of one that the server lists, or an argument of it has: servers read that in different ways.',
  {
    next: 'Call it with the names that the list has, case by case.',
  },
);
const nameless = refuse('invalid_params', 'The request does not say, as a string, what it asks for.');
const pagesRememberedMax = 64;
/** Gone with the session (MCP 2026-07-28). */
const sessionMethods = new Set(['ping', 'logging/setLevel', 'resources/subscribe', 'resources/unsubscribe']);

export class McpMethods {
  /** What the server said of itself. */
  welcome: Welcome = { capabilities: {}, serverInfo: {}, instructions: undefined };
  readonly #parts: McpMethodsParts;
  /** Where a client with a session has been sent. */
  readonly #pagesShown = new Set<string>();

  constructor(parts: McpMethodsParts) {
    this.#parts = parts;
  }

  /** @throws LogUnavailable */
  answer(call: McpCall): Promise<void> {
    const { method } = call;
    const plain = method === 'tools/call' ? toolOutcome : errorOutcome;
    call.refusedAs = (refusal) => this.#page(call, refusal) ?? plain(refusal);
    const { taskCalls } = this.#parts;
    if (taskCalls && isTaskMethod(method) && this.mayBeHeld) return taskCalls.answer(call);
    if (taskCalls && asksForTask(call) && this.mayBeHeld) return taskCalls.begin(call);
    const meeting = withoutServer.has(method) ? null : this.#parts.absent();
    if (!meeting) return this.#ask(call);
    return meeting.then((absent) => (absent ? this.#withoutServer(call, absent) : this.#ask(call)));
  }

  /** @throws LogUnavailable */
  #ask(call: McpCall): Promise<void> {
    const { method, params } = call;
    const { exchange, intents } = this.#parts;
    if (call.carried) {
      if (method === 'server/discover') return this.#discover(call);
      if (method === 'subscriptions/listen') {
        return this.#parts.subscriptions.answer(call, this.welcome.capabilities);
      }
      if (sessionMethods.has(method)) return exchange.unknown(call);
    }
    if (method === 'tools/call') return this.#callTool(call, params);
    if (isList(method)) return this.#list(call, method, params);
    const named = namedRequest(method, params);
    if (named) return this.#askFor(call, named);
    if (method === 'ping') {
      const intent = { ...intents.builtin('builtin:ping', method, {}), overlap: true };
      return exchange.submitted(call, intent, (admission) => exchange.release(call, admission, { result: {} }));
    }
    if (method === 'logging/setLevel' || method === 'resources/unsubscribe') return this.#set(call, method, params);
    if (method !== 'initialize' || call.carried) return exchange.unknown(call);
    const refusal = refuse('invalid_request', 'This session is initialized already.').error;
    return exchange.refused(call, refusal, { method, params });
  }

  /** What a request names: a resource, a prompt, what is to be completed. */
  async #askFor(call: McpCall, { mcp, forwarded }: NamedRequest): Promise<void> {
    const { method, params } = call;
    const { exchange, intents, link, detectClasses } = this.#parts;
    const uri = mcp.resource?.uri ?? '';
    if (isNameless(method, params)) return exchange.refused(call, nameless.error, { method, params });
    if (namesPrototype(forwarded)) return exchange.refused(call, prototypical.error, { method });
    if (isAmbiguous(uri) && method !== 'completion/complete') {
      return exchange.refused(call, ambiguous.error, { method, ...forwarded });
    }
    const objection = (await this.#changed(method, mcp, params)) ?? (await this.#misnamed(mcp, forwarded));
    if (objection) return exchange.refused(call, objection, { method, ...forwarded });
    const phi = classesIn(forwarded, detectClasses);
    const others = otherReadings(uri);
    const intent = {
      facts: intents.facts(mcp, phi),
      ...(others.length === 0
        ? {}
        : { also: others.map((each) => intents.facts({ ...mcp, resource: { uri: each } }, phi)) }),
      content: { method, ...forwarded },
      data: { method },
      overlap: method !== 'resources/subscribe',
    };
    if (method === 'resources/subscribe' && link.stateless) {
      return exchange.submitted(call, intent, (admission) => this.#subscribe(call, admission, forwarded, true));
    }
    return exchange.submitted(call, intent, (admission) => exchange.run(call, admission, method, forwarded));
  }

  /** A prompt that is asked for, or a template that is completed, and whose definition waits for a reviewer. */
  async #changed(method: string, mcp: Partial<McpFacts>, params: JsonObject): Promise<Refusal | null> {
    const { catalogue } = this.#parts;
    const prompt = mcp.prompt?.name ?? '';
    if (prompt !== '') return catalogue.objectionTo('prompts/list', prompt);
    const template = method === 'completion/complete' ? stringAt(objectAt(params, 'ref'), 'uri') : '';
    return template === '' ? null : catalogue.objectionTo('resources/templates/list', template);
  }

  /** A prompt, or what is completed of one, that is called almost as it should be. */
  async #misnamed({ prompt }: Partial<McpFacts>, forwarded: JsonObject): Promise<Refusal | null> {
    const name = prompt?.name ?? '';
    if (name === '' || !isJsonObject(this.welcome.capabilities['prompts'])) return null;
    const context = objectAt(objectAt(forwarded, 'context'), 'arguments');
    const completed = stringAt(objectAt(forwarded, 'argument'), 'name');
    const given = { ...objectAt(forwarded, 'arguments'), ...context, ...(completed === '' ? {} : { [completed]: '' }) };
    const found = await this.#parts.catalogue.isMiscalled(name, given);
    if (!found.ok) return found.error;
    return found.value ? miscalled.error : null;
  }

  #set(call: McpCall, method: string, params: JsonObject): Promise<void> {
    const { exchange, intents, link } = this.#parts;
    const forwarded = only(params, ['level', 'uri']);
    const level = stringAt(params, 'level');
    const intent = intents.builtin(`builtin:${method}`, method, forwarded);
    if (link.stateless && isLogLevel(level)) {
      exchange.logLevel = level;
      return exchange.submitted(call, intent, (admission) => exchange.release(call, admission, { result: {} }));
    }
    if (link.stateless && method === 'resources/unsubscribe') {
      return exchange.submitted(call, intent, (admission) => this.#subscribe(call, admission, forwarded, false));
    }
    return exchange.submitted(call, intent, (admission) => exchange.run(call, admission, method, forwarded));
  }

  /** A server without sessions is asked in a request that stays open. */
  #subscribe(call: McpCall, admission: Admission, params: JsonObject, subscribed: boolean): Promise<void> {
    this.#parts.subscriptions.set(stringAt(params, 'uri'), subscribed);
    return this.#parts.exchange.release(call, admission, { result: {} });
  }

  #discover(call: McpCall): Promise<void> {
    const { exchange, intents } = this.#parts;
    const { result, versions } = discoveryOf(this.welcome);
    const intent = { ...intents.builtin('builtin:discover', call.method, {}), overlap: true };
    return exchange.submitted(call, intent, (admission) =>
      exchange.release(call, admission, { result }, { supportedVersions: versions }),
    );
  }

  async #callTool(call: McpCall, params: JsonObject): Promise<void> {
    const { audited, catalogue, clock, detectClasses, exchange, intents } = this.#parts;
    const name = stringAt(params, 'name');
    const given = params['arguments'] ?? {};
    if (!isJsonObject(given)) {
      return exchange.refused(call, refuse('invalid_request', 'The arguments of a tool are an object.').error, {
        ...params,
      });
    }
    if (namesPrototype(given)) return exchange.refused(call, prototypical.error, { tool: name }, call.refusedAs);
    const found = catalogue.find(name);
    const tool = found instanceof Promise ? await found : found;
    if (!tool.ok) {
      if (tool.error.code === 'unknown_tool' && name === approvalStatusTool.name && this.mayBeHeld)
        return this.#approvalStatus(call, given);
      return exchange.refused(call, tool.error, { tool: name, arguments: given }, call.refusedAs);
    }
    const { facts, recorded, definition, called, outputSchema, headers, taskOnly } = tool.value;
    if (called.isMiscalled(given)) {
      return exchange.refused(call, miscalled.error, { tool: name, arguments: given }, call.refusedAs);
    }
    call.outputSchema = outputSchema;
    call.asTask = taskOnly;
    call.paramHeaders = headers;
    const content = { tool: name, arguments: given, definition };
    const astray = call.carried && paramMismatch(headers, given, call.carried.header);
    if (astray) {
      const refusal = refuse('header_mismatch', `The header ${astray} is missing or is not the argument it repeats.`);
      await audited.refused(refusal.error, content);
      return call.finish(errorOutcome(refusal.error), errors.header_mismatch.http);
    }
    const phi = classesIn(given, detectClasses);
    const mcp = { method: 'tools/call', tool: facts, arguments: given };
    const intent = {
      facts: intents.facts(mcp, phi),
      content,
      data: { method: 'tools/call', tool: recorded },
      same: tool.value,
      shape: () => ({ tool: name, definition, phi }),
      ...holdOf(call),
      onHold: (hold: { readonly approval: string; readonly link: string }) => call.held(clock, hold),
    };
    await exchange.submitted(
      call,
      intent,
      (admission) => exchange.run(call, admission, 'tools/call', { name, arguments: given }),
      call.refusedAs,
    );
  }

  #list(call: McpCall, method: string, params: JsonObject): Promise<void> {
    const { catalogue, exchange, intents, preview } = this.#parts;
    const cursor = params['cursor'];
    const known = cursor === undefined ? undefined : exchange.cursors.open(cursor);
    if (cursor !== undefined && known === undefined) {
      return exchange.refused(call, refuse('invalid_params', 'There is no page at this cursor.').error, { method });
    }
    const page = known === undefined ? 'first' : 'next';
    const intent = { ...intents.builtin('builtin:list', method, { page }), overlap: true };
    return exchange.submitted(call, intent, (admission) =>
      exchange.run(call, admission, method, known === undefined ? {} : { cursor: known }, async (result) => {
        const shown = { [memberOf(method)]: await catalogue.shown(method, itemsOf(method, result)) };
        const {
          result: listed,
          unmask,
          mayBeHeld,
        } = usable(method, { ...result, ...shown }, (mcp) => intents.facts(mcp, []), preview);
        call.listed = { member: memberOf(method), unmask };
        return method === 'tools/list' ? this.#withOwnTool(this.#withTasks(listed, mayBeHeld)) : listed;
      }),
    );
  }

  /** For a client that can show a person the page where what is missing is done (an isError result is the floor); else null. */
  #page(call: McpCall, refusal: Refusal): JsonRpcOutcome | null {
    const { audited, publicUrl, sentToPage, showsPages } = this.#parts;
    const page = pageOf(refusal, publicUrl, audited.id);
    if (!page || !showsPages) return null;
    if (call.carried) return pageShown(call.params) === null ? pageQuestion(page) : null;
    // Once: a client that could not show it tells its agent nothing of what it says.
    if (this.#pagesShown.has(page.id)) return null;
    this.#pagesShown.add(page.id);
    keepNewest(this.#pagesShown, pagesRememberedMax);
    sentToPage(refusal, page);
    return urlOutcome(refusal, page);
  }

  #withoutServer(call: McpCall, refusal: Refusal): Promise<void> {
    const { exchange, intents } = this.#parts;
    const { method, params } = call;
    if (!isList(method)) return exchange.refused(call, refusal, { method, params }, call.refusedAs);
    const intent = { ...intents.builtin('builtin:list', method, {}), overlap: true };
    const result = listWithoutAccount(memberOf(method));
    return exchange.submitted(call, intent, (admission) => exchange.release(call, admission, { result }));
  }

  /** Whether anything of this subject's could be held on this connection. */
  get mayBeHeld(): boolean {
    const { approvals, audited } = this.#parts;
    return approvals.offered(audited.subject, audited.connection);
  }

  #withTasks(listed: JsonObject, mayBeHeld: readonly boolean[]): JsonObject {
    const offered = this.#parts.taskCalls !== null && this.mayBeHeld;
    return { ...listed, tools: asTasks(itemsOf('tools/list', listed), offered ? mayBeHeld : []) };
  }

  /** On the last page; where the server has a tool of that name, it is the server's. */
  #withOwnTool(listed: JsonObject): JsonObject {
    const last = (listed['nextCursor'] ?? null) === null;
    if (!last || !this.mayBeHeld || this.#parts.catalogue.has(approvalStatusTool.name)) return listed;
    return { ...listed, tools: [...itemsOf('tools/list', listed), approvalStatusTool] };
  }

  #approvalStatus(call: McpCall, given: JsonObject): Promise<void> {
    const { approvals, audited, exchange, intents } = this.#parts;
    const { name } = approvalStatusTool;
    const intent = intents.builtin(`builtin:${name}`, 'tools/call', { tool: name, arguments: given });
    const status = approvals.status(audited.subject, stringAt(given, 'approval'));
    return exchange.submitted(call, intent, (admission) =>
      exchange.release(call, admission, approvalStatusOutcome(status)),
    );
  }
}

/** Whoever put the page away waits for nobody: what is missing is said at once. */
function holdOf(call: McpCall): { readonly holdMs?: number } {
  const shown = call.carried ? pageShown(call.params) : null;
  const holdMs = shown === 'decline' || shown === 'cancel' ? 0 : call.holdMs;
  return holdMs === undefined ? {} : { holdMs };
}
