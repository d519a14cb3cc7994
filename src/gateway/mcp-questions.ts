// Requests a server makes of the client (sampling, elicitation, roots): asked under an id of ours, masked and recorded on
// the way out, answered to the server under its own. A client that did not offer the capability is not asked.

import type { Decision } from '../core/decision.ts';
import type { JsonObject } from '../core/json.ts';
import { refuse } from '../core/result.ts';
import type { JsonRpcId, JsonRpcRequest } from '../wire/mcp/json-rpc.ts';
import type { McpLink } from './mcp-link.ts';
import type { McpOutlet } from './mcp-outlet.ts';
import { errorOutcome } from './mcp-refusal.ts';

const questionsMax = 64;
/** What a client has to offer to be asked this. */
export const capabilityOf: Readonly<Record<string, string>> = {
  'sampling/createMessage': 'sampling',
  'elicitation/create': 'elicitation',
  'roots/list': 'roots',
};

/** As the server asked it. */
export interface Question {
  readonly id: JsonRpcId;
  readonly method: string;
  /** What it was masked under, once it is on its way. The answer is masked no less. */
  decision?: Decision;
}

export class McpQuestions {
  readonly #link: McpLink;
  readonly #outlet: McpOutlet;
  readonly #offered: JsonObject;
  readonly #open = new Map<JsonRpcId, Question>();
  #last = 0;

  constructor(link: McpLink, outlet: McpOutlet, offered: JsonObject) {
    this.#link = link;
    this.#outlet = outlet;
    this.#offered = offered;
  }

  /** Resolves when the client has been asked, not when it answered. @throws LogUnavailable */
  async ask(message: JsonRpcRequest): Promise<void> {
    const { id, method, params } = message;
    const capability = capabilityOf[method];
    const refusal =
      capability === undefined || !Object.hasOwn(this.#offered, capability)
        ? refuse('unknown_method', 'The client does not offer this.')
        : this.#open.size >= questionsMax
          ? refuse('too_many', 'Too many requests to the client are open.')
          : null;
    if (refusal) return this.#link.answer(id, errorOutcome(refusal.error));
    const ours = `gate-${++this.#last}`;
    const question: Question = { id, method };
    this.#open.set(ours, question);
    const asked = await this.#outlet.release({ kind: 'request', id: ours, method, params }, undefined, (decision) => {
      question.decision = decision;
    });
    if (asked || !this.#open.delete(ours)) return;
    await this.#link.answer(id, errorOutcome(refuse('not_found', 'The client is not listening.').error));
  }

  /** The question this answers; it is open no longer. */
  take(id: JsonRpcId | null): Question | undefined {
    const question = id === null ? undefined : this.#open.get(id);
    if (id !== null) this.#open.delete(id);
    return question;
  }

  /** The server does not want the answer any more. @throws LogUnavailable */
  async withdraw(params: JsonObject): Promise<void> {
    const found = [...this.#open].find(([, question]) => question.id === params['requestId']);
    if (!found) return;
    this.#open.delete(found[0]);
    await this.#outlet.release({
      kind: 'notification',
      method: 'notifications/cancelled',
      params: { requestId: found[0] },
    });
  }
}
