// For clients of MCP 2026-07-28, which know no sessions: one standing session for a subject, a connection and what the
// client says of itself, opened by its first request and ended when idle. INVARIANT: no client can name one; two subjects,
// or one subject that lost or gained a group, never share one.

import { errors } from '../core/errors.ts';
import type { Subject } from '../core/facts.ts';
import { canonicalJson } from '../core/json.ts';
import { fail, ok, type Refusal, type Result, refuse } from '../core/result.ts';
import type { IsSignedOut } from './caller-tokens.ts';
import type { ClientIntroduction } from './mcp-introduction.ts';
import type { McpSession } from './mcp-session.ts';
import { identityOf, type McpSessionTable, type SessionEntry } from './mcp-session-table.ts';

export interface Standing {
  readonly subject: Subject;
  readonly connection: string;
  readonly client: ClientIntroduction;
}

export class StandingSessions {
  readonly #table: McpSessionTable;
  readonly #isSignedOut: IsSignedOut;
  readonly #opening = new Map<string, Promise<Result<SessionEntry>>>();

  constructor(table: McpSessionTable, isSignedOut: IsSignedOut) {
    this.#table = table;
    this.#isSignedOut = isSignedOut;
  }

  /**
   * The session of this client, which `open` opens in the place reserved for it under the id it is given. Requests that
   * come meanwhile wait for it. Refused: too_many, and what `open` refuses. @throws what `open` throws
   */
  async find(standing: Standing, open: (id: string) => Promise<Result<McpSession>>): Promise<Result<SessionEntry>> {
    const { subject, connection, client } = standing;
    // The space keeps it from being a session id of the transport.
    const id = `stateless ${canonicalJson([identityOf(subject), subject.signIn ?? null, connection, client.info, client.capabilities])}`;
    const found = this.#table.find(id, subject, connection);
    if (found) return ok(found);
    let opening = this.#opening.get(id);
    if (!opening) {
      opening = this.#open(id, standing, open).finally(() => this.#opening.delete(id));
      this.#opening.set(id, opening);
    }
    return opening;
  }

  async #open(
    id: string,
    { subject, connection }: Standing,
    open: (id: string) => Promise<Result<McpSession>>,
  ): Promise<Result<SessionEntry>> {
    if (!this.#table.reserve(subject)) return refuse('too_many', 'Too many sessions of this subject are open.');
    let refusal: Refusal | null = null;
    let added = false;
    try {
      const opened = await open(id);
      if (opened.ok && this.#isSignedOut(subject)) {
        refusal = { code: 'signed_out', text: errors.signed_out.text };
        await opened.value.close('signed_out');
      } else if (opened.ok) {
        this.#table.add(id, opened.value, subject, connection);
        added = true;
      } else {
        refusal = opened.error;
      }
    } finally {
      if (!added) this.#table.free(subject);
    }
    const entry = this.#table.find(id, subject, connection);
    return entry ? ok(entry) : fail(refusal ?? refuse('upstream_closed', 'The session ended as it opened.').error);
  }
}
