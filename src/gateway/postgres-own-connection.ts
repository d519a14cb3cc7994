// The gate's own connection to one upstream, made when it is needed. It asks for catalogs and privileges, never for a client.

import { ok, type Result, refuse } from '../core/result.ts';
import type { UpstreamConnection } from '../ports/postgres-upstream.ts';
import { type QueryRows, QuerySession } from './upstream-query.ts';

export class OwnConnection {
  readonly #connect: (over: AbortSignal) => Promise<Result<UpstreamConnection>>;
  readonly #over: AbortSignal;
  #session: Promise<Result<QuerySession>> | null = null;

  /** `over`: nothing is asked any more. */
  constructor(connect: (over: AbortSignal) => Promise<Result<UpstreamConnection>>, over: AbortSignal) {
    this.#connect = connect;
    this.#over = over;
  }

  /** A connection that fails is given up; the next question makes a new one. */
  async query(sql: string): Promise<Result<QueryRows>> {
    const held = this.#session;
    const answer = await this.#ask(sql);
    // The server may have been restarted since the last question: that is worth a second try.
    return held && !answer.ok && answer.error.code === 'upstream_closed' ? this.#ask(sql) : answer;
  }

  /** Until the next question. */
  close(): void {
    void this.#session?.then((session) => session.ok && session.value.end());
    this.#session = null;
  }

  async #ask(sql: string): Promise<Result<QueryRows>> {
    if (this.#over.aborted) return refuse('upstream_closed', 'The gate is shutting down.');
    const asked = (this.#session ??= this.#open());
    const session = await asked;
    const answer = session.ok ? await session.value.ask(sql) : session;
    if (!answer.ok && this.#session === asked) this.close();
    return answer;
  }

  async #open(): Promise<Result<QuerySession>> {
    const connected = await this.#connect(this.#over);
    return connected.ok ? ok(new QuerySession(connected.value)) : connected;
  }
}
