// Requests made of a client with a session (sampling, elicitation, roots), by a server's own request or because a server
// without sessions requires input: asked under an id of ours, masked and recorded on the way out. A client is asked
// only what it offered to answer.

import type { Decision } from '../core/decision.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { limits } from '../core/limits.ts';
import { ok, type Result, refuse } from '../core/result.ts';
import type { Clock } from '../ports/clock.ts';
import type { JsonRpcId, JsonRpcOutcome, JsonRpcRequest } from '../wire/mcp/json-rpc.ts';
import { objectAt } from './mcp-facts.ts';
import type { McpLink } from './mcp-link.ts';
import type { McpOutlet, OpenCall } from './mcp-outlet.ts';
import { errorOutcome } from './mcp-refusal.ts';

const questionsMax = 64;
/** What a client has to offer to be asked this. */
const capabilityOf: Readonly<Record<string, string>> = {
  'sampling/createMessage': 'sampling',
  'elicitation/create': 'elicitation',
  'roots/list': 'roots',
};

/** Whether a client of these capabilities may be asked this (MCP 2025-11-25, Elicitation / Capabilities, Sampling / Capabilities). */
export function isOffered(method: string, params: JsonObject, capabilities: JsonObject): boolean {
  const name = Object.hasOwn(capabilityOf, method) ? capabilityOf[method] : undefined;
  if (name === undefined || !isJsonObject(capabilities[name])) return false;
  const capability = objectAt(capabilities, name);
  if (name === 'sampling' && (params['tools'] !== undefined || params['toolChoice'] !== undefined)) {
    return isJsonObject(capability['tools']);
  }
  if (name !== 'elicitation') return true;
  // One that names no mode fills in forms.
  return params['mode'] === 'url'
    ? isJsonObject(capability['url'])
    : isJsonObject(capability['form']) || Object.keys(capability).length === 0;
}

/** One that the client has been asked. */
export interface Question {
  readonly method: string;
  /** The server's id of it, where it asked in a request of its own. */
  readonly id: JsonRpcId | null;
  /** Takes the answer, masked. */
  readonly answer: (outcome: JsonRpcOutcome) => Promise<void>;
  /** What it was masked under, once it is on its way. The answer is masked no less. */
  decision?: Decision;
}

const noListener = refuse('not_found', 'The client is not listening.');
const tooMany = refuse('too_many', 'Too many requests to the client are open.');

export class McpQuestions {
  readonly #clock: Clock;
  readonly #link: McpLink;
  readonly #outlet: McpOutlet;
  readonly #offered: JsonObject;
  readonly #open = new Map<JsonRpcId, Question>();
  #last = 0;

  constructor(clock: Clock, link: McpLink, outlet: McpOutlet, offered: JsonObject) {
    this.#clock = clock;
    this.#link = link;
    this.#outlet = outlet;
    this.#offered = offered;
  }

  /** For a server that asks in a request of its own, about `call` where that is known. Resolves when the client has been asked. @throws LogUnavailable */
  async ask({ id, method, params }: JsonRpcRequest, call: OpenCall | undefined): Promise<void> {
    const answer = (outcome: JsonRpcOutcome): Promise<void> => this.#link.answer(id, outcome);
    const asked = isOffered(method, params, this.#offered)
      ? await this.#put({ method, id, answer }, params, call)
      : refuse('unknown_method', 'The client does not offer this.');
    if (!asked.ok) await answer(errorOutcome(asked.error));
  }

  /**
   * For a server that requires input before it goes on with `call`: the client's result, masked.
   * Refused: canceled, too_many, not_found. @throws LogUnavailable
   */
  async answerTo(
    { method, params }: { readonly method: string; readonly params: JsonObject },
    call: OpenCall,
    signal: AbortSignal,
  ): Promise<Result<JsonObject>> {
    const { promise, resolve } = Promise.withResolvers<JsonRpcOutcome | null>();
    const answer = (outcome: JsonRpcOutcome): Promise<void> => Promise.resolve(resolve(outcome));
    const asked = await this.#put({ method, id: null, answer }, params, call);
    if (!asked.ok) return asked;
    const giveUp = (): void => resolve(null);
    const stopTimer = this.#clock.after(limits.mcpCallMs, giveUp);
    signal.addEventListener('abort', giveUp, { once: true });
    if (signal.aborted) giveUp();
    const outcome = await promise;
    stopTimer();
    signal.removeEventListener('abort', giveUp);
    if (outcome && 'result' in outcome) return ok(outcome.result);
    if (!outcome) await this.#withdraw(asked.value);
    return refuse('canceled', 'The client did not answer what the server requires to go on.');
  }

  /** The question this answers; it is open no longer. */
  take(id: JsonRpcId | null): Question | undefined {
    const question = id === null ? undefined : this.#open.get(id);
    if (id !== null) this.#open.delete(id);
    return question;
  }

  /** The server does not want the answer any more. @throws LogUnavailable */
  async withdraw(params: JsonObject): Promise<void> {
    const { requestId } = params;
    const found = [...this.#open].find(([, question]) => question.id !== null && question.id === requestId);
    if (found) await this.#withdraw(found[0]);
  }

  async #withdraw(id: JsonRpcId): Promise<void> {
    if (!this.#open.delete(id)) return;
    await this.#outlet.release({ kind: 'notification', method: 'notifications/cancelled', params: { requestId: id } });
  }

  /** The id it was asked under. */
  async #put(question: Question, params: JsonObject, call: OpenCall | undefined): Promise<Result<JsonRpcId>> {
    if (this.#open.size >= questionsMax) return tooMany;
    const id = `gate-${++this.#last}`;
    this.#open.set(id, question);
    const request = { kind: 'request', id, method: question.method, params: withSession(params, id) } as const;
    const asked = await this.#outlet.release(request, call, (decision) => {
      question.decision = decision;
    });
    return asked || !this.#open.delete(id) ? ok(id) : noListener;
  }
}

/** A page to open has an id in versions with sessions, and none in those without (MCP 2025-11-25, URL Mode Elicitation Requests). */
function withSession(params: JsonObject, id: string): JsonObject {
  return params['mode'] === 'url' ? { elicitationId: id, ...params } : params;
}

export function withoutSession(params: JsonObject): JsonObject {
  const { elicitationId: _id, ...rest } = params;
  return params['mode'] === 'url' ? rest : params;
}
