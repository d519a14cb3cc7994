// What a client without sessions (MCP 2026-07-28) is asked for, and what it answers: `input_required`, its questions under
// names of ours, and what has to be remembered until the answer comes. INVARIANT: an answer is taken only for the request that
// was asked; names that say something stay here.

import type { Decision } from '../core/decision.ts';
import { isJsonObject, type Json, type JsonObject } from '../core/json.ts';
import { keepNewest } from '../core/newest.ts';
import { ok, type Result, refuse } from '../core/result.ts';
import { objectAt, stringAt } from './mcp-facts.ts';
import { isOffered, withoutSession } from './mcp-questions.ts';
import { ownQuestion } from './mcp-refusal.ts';
import type { Bond, RequestStates } from './mcp-request-state.ts';

const rememberedMax = 64;

/** A question as the server asked it, under its own name. */
export interface NamedQuestion {
  readonly name: string;
  readonly method: string;
  readonly params: JsonObject;
}

/** For whom it is remembered, besides the questions' names. */
export interface Remembered {
  /** The server's own `requestState`. */
  readonly state?: string;
  /** Which request still waits at the server. */
  readonly waits?: string;
}

/** A request that answers what was asked before. */
export interface Leg extends Remembered {
  /** As the client gave them, by the server's name of the question. */
  readonly answers: ReadonlyMap<string, JsonObject>;
  /** What the request was decided before its questions were asked, where that is known. */
  readonly decision: Decision | undefined;
}

interface Request {
  readonly method: string;
  readonly params: JsonObject;
}

/** Masks the members of one question or answer. */
export type MaskMembers = (members: JsonObject) => JsonObject;

/** The questions of a result of type `input_required`. Refused: unsupported, upstream_protocol. */
export function questionsOf(result: JsonObject, offered: JsonObject): Result<readonly NamedQuestion[]> {
  const questions: NamedQuestion[] = [];
  for (const [name, question] of Object.entries(objectAt(result, 'inputRequests'))) {
    const method = isJsonObject(question) ? stringAt(question, 'method') : '';
    const params = isJsonObject(question) ? objectAt(question, 'params') : {};
    if (!isOffered(method, params, offered)) {
      return refuse('unsupported', 'The server asks for input that the client does not offer to give.');
    }
    questions.push({ name, method, params });
  }
  if (questions.length === 0 && typeof result['requestState'] !== 'string') {
    return refuse('upstream_protocol', 'The server asks for input and does not say which.');
  }
  return ok(questions);
}

export class McpInput {
  readonly #states: RequestStates;
  readonly #who: Pick<Bond, 'identity' | 'connection'>;
  /** What was decided, by the name of the token. */
  readonly #decisions = new Map<string, Decision>();

  constructor(states: RequestStates, who: Pick<Bond, 'identity' | 'connection'>) {
    this.#states = states;
    this.#who = who;
  }

  /** The result that asks the client. */
  ask(
    request: Request,
    questions: readonly NamedQuestion[],
    remembered: Remembered,
    decision: Decision,
    mask: MaskMembers,
  ): JsonObject {
    const named = questions.map((question, index) => ({
      ours: isPlain(question.name, mask) ? question.name : `input-${index + 1}`,
      ...question,
    }));
    const names = Object.fromEntries(named.flatMap(({ ours, name }) => (ours === name ? [] : [[ours, name]])));
    const requests = named.map(({ ours, method, params }): [string, JsonObject] => [
      ours,
      { method, ...(Object.keys(params).length > 0 ? { params: mask(withoutSession(params)) } : {}) },
    ]);
    const forgettable = Object.keys({ ...names, ...remembered }).length === 0 && decision.hold === null;
    return {
      resultType: 'input_required',
      ...(requests.length > 0 ? { inputRequests: Object.fromEntries(requests) } : {}),
      ...(forgettable ? {} : { requestState: this.#remember(request, { names, ...remembered }, decision) }),
    };
  }

  #remember(request: Request, content: JsonObject, decision: Decision): string {
    const { token, id } = this.#states.seal(this.#bond(request), content);
    this.#decisions.set(id, decision);
    keepNewest(this.#decisions, rememberedMax);
    return token;
  }

  /** What a request answers; null where it answers nothing. Refused: invalid_params, too_many. */
  take(request: Request): Result<Leg | null> {
    const { requestState } = request.params;
    const inputResponses = withoutOwn(request.params['inputResponses']);
    if (requestState === undefined && inputResponses === undefined) return ok(null);
    // A server that remembers nothing between two requests gave nothing to bring back.
    if (requestState === undefined) return ok({ answers: answersOf(inputResponses, {}), decision: undefined });
    const opened = this.#states.open(this.#bond(request), requestState);
    if (!opened.ok) return opened;
    const { id, content } = opened.value;
    const decision = this.#decisions.get(id);
    this.#decisions.delete(id);
    return ok({ ...textsOf(content), answers: answersOf(inputResponses, objectAt(content, 'names')), decision });
  }

  #bond({ method, params }: Request): Bond {
    const { _meta: _envelope, inputResponses: _answers, requestState: _state, ...rest } = params;
    return { ...this.#who, act: { method, params: rest } satisfies Json };
  }
}

/**
 * What became of the page a client was asked to show: `accept`, `decline`, `cancel`; null while it has not been asked. It is
 * asked once for a call: clients count rounds (ten, in the SDK), and the error of one too many names no approval.
 */
export function pageShown(params: JsonObject): string | null {
  const given = objectAt(params, 'inputResponses');
  return Object.hasOwn(given, ownQuestion) ? stringAt(objectAt(given, ownQuestion), 'action') : null;
}

/** That somebody was on a page of the gate is no answer to anything the server asked. */
function withoutOwn(given: Json | undefined): Json | undefined {
  if (!isJsonObject(given) || !Object.hasOwn(given, ownQuestion)) return given;
  const { [ownQuestion]: _shown, ...rest } = given;
  return Object.keys(rest).length === 0 ? undefined : rest;
}

/** Answers by the server's names: those the gate gave stand for others. */
function answersOf(given: Json | undefined, names: JsonObject): ReadonlyMap<string, JsonObject> {
  const answers = new Map<string, JsonObject>();
  for (const [ours, answer] of isJsonObject(given) ? Object.entries(given) : []) {
    const name = Object.hasOwn(names, ours) ? names[ours] : ours;
    if (typeof name === 'string' && isJsonObject(answer)) answers.set(name, answer);
  }
  return answers;
}

/** Whether a server's name for a question may be seen as it is. */
function isPlain(name: string, mask: MaskMembers): boolean {
  return /^[A-Za-z][\w.-]{0,63}$/.test(name) && mask({ text: name })['text'] === name;
}

function textsOf({ state, waits }: JsonObject): Remembered {
  return {
    ...(typeof state === 'string' ? { state } : {}),
    ...(typeof waits === 'string' ? { waits } : {}),
  };
}
