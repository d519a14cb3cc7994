// What the requests of one session ask the policy and the log for. It decides and sends nothing.

import type { Facts, McpFacts } from '../core/facts.ts';
import type { JsonObject } from '../core/json.ts';
import type { Result } from '../core/result.ts';
import type { Clock } from '../ports/clock.ts';
import type { Admission, AuditedSession, Intent } from './enforce.ts';
import { factsOf } from './mcp-facts.ts';

export class McpIntents {
  readonly #clock: Clock;
  readonly #audited: AuditedSession;
  readonly #client: string;

  /** `client` as it names itself. */
  constructor(clock: Clock, audited: AuditedSession, client: string) {
    this.#clock = clock;
    this.#audited = audited;
    this.#client = client;
  }

  facts(mcp: Partial<McpFacts> & Pick<McpFacts, 'method'>, phi: Facts['request']['phi']): Facts {
    const { subject, connection } = this.#audited;
    return factsOf({ now: this.#clock.now(), subject, connection, client: this.#client }, mcp, phi);
  }

  /** Recorded, and let through without a rule. */
  builtin(builtin: string, method: string, content: JsonObject): Omit<Intent, 'signal'> {
    return {
      builtin,
      facts: this.facts({ method }, []),
      content: { method, ...content },
      data: { method },
    };
  }

  /** Submits one that nobody gives up. @throws LogUnavailable */
  async submit(builtin: string, method: string, content: JsonObject): Promise<Result<Admission>> {
    return this.#audited.submit({
      ...this.builtin(builtin, method, content),
      signal: new AbortController().signal,
    });
  }
}
