// What servers without sessions wait for (`input_required`, MCP 2026-07-28): questions under names of ours, and the server's
// `requestState` kept here while the client holds a token nobody can guess. INVARIANT: a token is good once, for the
// request it was given for, in the session it was given in, and not for long.

import { canonicalJson, type JsonObject } from '../core/json.ts';
import { ok, type Result, refuse } from '../core/result.ts';
import type { Clock } from '../ports/clock.ts';
import type { Random } from '../ports/random.ts';
import { isObject } from '../wire/mcp/json-rpc.ts';
import { objectAt, stringAt } from './mcp-facts.ts';
import { capabilityOf } from './mcp-questions.ts';

const waitingMax = 64;
const waitingMs = 600_000;

/** Members of a request that answer, and are no part of what is asked for. */
export interface Answers {
  readonly inputResponses: JsonObject;
  readonly requestState?: string;
}

interface Waiting {
  readonly act: string;
  readonly state: string | undefined;
  /** The server's name of each question, by ours. */
  readonly names: ReadonlyMap<string, string>;
  readonly untilMs: number;
}

/** Masks the members of one question or answer. */
type MaskMembers = (members: JsonObject) => JsonObject;

export class McpInput {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #offered: JsonObject;
  readonly #waiting = new Map<string, Waiting>();

  /** `offered` are the capabilities of the client. */
  constructor(clock: Clock, random: Random, offered: JsonObject) {
    this.#clock = clock;
    this.#random = random;
    this.#offered = offered;
  }

  /** The server's questions as the client may see them. Refused: unsupported, upstream_protocol. */
  ask(method: string, params: JsonObject, result: JsonObject, mask: MaskMembers): Result<JsonObject> {
    const questions: [string, JsonObject][] = [];
    const names = new Map<string, string>();
    for (const [name, question] of Object.entries(objectAt(result, 'inputRequests'))) {
      const asked = isObject(question) ? stringAt(question, 'method') : '';
      const capability = Object.hasOwn(capabilityOf, asked) ? capabilityOf[asked] : undefined;
      if (!isObject(question) || capability === undefined || !Object.hasOwn(this.#offered, capability)) {
        return refuse('unsupported', 'The server asks for input that the client does not offer to give.');
      }
      const ours = `input-${names.size + 1}`;
      names.set(ours, name);
      const inner = question['params'];
      questions.push([ours, { method: asked, ...(isObject(inner) ? { params: mask(inner) } : {}) }]);
    }
    const state = result['requestState'];
    if (names.size === 0 && typeof state !== 'string') {
      return refuse('upstream_protocol', 'The server asks for input and does not say which.');
    }
    const [oldest] = this.#waiting.keys();
    if (this.#waiting.size >= waitingMax && oldest !== undefined) this.#waiting.delete(oldest);
    const token = Buffer.from(this.#random.bytes(32)).toString('base64url');
    this.#waiting.set(token, {
      act: actOf(method, params),
      state: typeof state === 'string' ? state : undefined,
      names,
      untilMs: this.#clock.now() + waitingMs,
    });
    return ok({
      resultType: 'input_required',
      ...(names.size > 0 ? { inputRequests: Object.fromEntries(questions) } : {}),
      requestState: token,
    });
  }

  /** What a request answers, as the server is told; null where it answers nothing. Refused: invalid_params. */
  take(method: string, params: JsonObject, mask: MaskMembers): Result<Answers | null> {
    const { requestState: token, inputResponses: given = {} } = params;
    if (token === undefined && params['inputResponses'] === undefined) return ok(null);
    const waiting = typeof token === 'string' ? this.#waiting.get(token) : undefined;
    if (typeof token === 'string') this.#waiting.delete(token);
    if (!waiting || waiting.untilMs <= this.#clock.now() || waiting.act !== actOf(method, params)) {
      const next = 'Call it again without requestState and inputResponses.';
      return refuse('invalid_params', 'No request waits for this input: requestState is not of this request.', {
        next,
      });
    }
    const answers: [string, JsonObject][] = [];
    for (const [ours, answer] of isObject(given) ? Object.entries(given) : []) {
      const name = waiting.names.get(ours);
      if (name === undefined || !isObject(answer)) return refuse('invalid_params', 'An answer is to no question.');
      answers.push([name, mask(answer)]);
    }
    return ok({
      inputResponses: Object.fromEntries(answers),
      ...(waiting.state === undefined ? {} : { requestState: waiting.state }),
    });
  }
}

function actOf(method: string, params: JsonObject): string {
  const { _meta: _envelope, inputResponses: _answers, requestState: _state, ...act } = params;
  return canonicalJson({ method, params: act });
}
