// Queries of the gate's own on an upstream connection, before a client's session begins: catalog snapshots, privileges.
// Never for a client's statement: nothing here is decided, masked or recorded.

import { ok, type Refusal, type Result, refuse } from '../core/result.ts';
import type { UpstreamConnection } from '../ports/postgres-upstream.ts';
import { decodeNoticeFields } from '../wire/postgres/error-fields.ts';
import { type Frame, FrameReader } from '../wire/postgres/frame.ts';
import { backendSession } from '../wire/postgres/messages.ts';
import { ProtocolError } from '../wire/postgres/protocol-error.ts';
import { encodeQuery } from '../wire/postgres/query.ts';
import { decodeRowDescription, decodeTextRow } from '../wire/postgres/rows.ts';

/** Values in text format. Of several statements, the last one's rows. */
export interface QueryRows {
  readonly fields: readonly string[];
  readonly rows: readonly (readonly (string | null)[])[];
}

/** A session of the gate's own. It answers in the order it is asked in; nobody has to wait for an answer before asking on. */
export type CatalogQuery = (sql: string) => Promise<Result<QueryRows>>;

/** The rows of each, asked in this order and all at once. Fails with what the first failing one fails with. */
export async function rowsOfEach(
  query: CatalogQuery,
  statements: readonly string[],
): Promise<Result<QueryRows['rows'][]>> {
  const answers: QueryRows['rows'][] = [];
  for (const answer of await Promise.all(statements.map((sql) => query(sql)))) {
    if (!answer.ok) return answer;
    answers.push(answer.value.rows);
  }
  return ok(answers);
}

/** The only query on a connection that somebody else uses next, and sets their own `onData` and `onClose` then. */
export function simpleQuery(connection: UpstreamConnection, sql: string): Promise<Result<QueryRows>> {
  return new QuerySession(connection).ask(sql);
}

/** A connection of the gate's own, with its `onData` and `onClose`. */
export class QuerySession {
  readonly #connection: UpstreamConnection;
  readonly #reader = new FrameReader(backendSession);
  /** Asked and not yet answered, the oldest first. */
  readonly #asked: { readonly answer: Answer; readonly resolve: (result: Result<QueryRows>) => void }[] = [];
  #isClosed = false;
  #isEnding = false;

  constructor(connection: UpstreamConnection) {
    this.#connection = connection;
    connection.onClose(() => {
      this.#isClosed = true;
      this.#fail(closedDuringQuery);
    });
  }

  /**
   * Sends `sql` in the simple protocol, behind what has been asked before; reads to ReadyForQuery.
   * Fails with `upstream_error`, `upstream_closed` or `upstream_protocol`.
   */
  ask(sql: string): Promise<Result<QueryRows>> {
    if (this.#isClosed || this.#isEnding) return Promise.resolve(closedDuringQuery);
    return new Promise((resolve) => {
      this.#asked.push({ answer: new Answer(), resolve });
      this.#connection.onData((chunk) => this.#take(chunk));
      this.#connection.write(encodeQuery(sql));
    });
  }

  /** Says Terminate, once what has been asked is answered. */
  end(): void {
    this.#isEnding = true;
    if (this.#asked.length === 0) this.#connection.terminate();
  }

  #take(chunk: Buffer): void {
    try {
      this.#reader.push(chunk);
      for (let asked = this.#asked[0]; asked; asked = this.#asked[0]) {
        const frame = this.#reader.next();
        if (!frame) return;
        if (!asked.answer.take(frame)) continue;
        this.#asked.shift();
        asked.resolve(asked.answer.result());
      }
      this.#connection.pause();
      if (this.#isEnding) this.#connection.terminate();
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#connection.destroy();
      this.#fail(refuse('upstream_protocol', error.message));
    }
  }

  #fail(refusal: Result<never>): void {
    for (const { resolve } of this.#asked.splice(0)) resolve(refusal);
  }
}

const closedDuringQuery = refuse('upstream_closed', 'The upstream closed the connection during a query.');

class Answer {
  #fields: string[] = [];
  #rows: (string | null)[][] = [];
  #error: Refusal | null = null;

  /** True once the answer is whole. @throws ProtocolError */
  take(frame: Frame): boolean {
    switch (String.fromCharCode(frame.type)) {
      case 'T':
        this.#fields = decodeRowDescription(frame.body).map((field) => field.name);
        this.#rows = [];
        return false;
      case 'D':
        this.#rows.push(decodeTextRow(frame.body));
        return false;
      case 'E': {
        const sqlstate = decodeNoticeFields(frame.body).get('C') ?? '';
        this.#error ??= { code: 'upstream_error', text: `A query of the gate failed upstream (SQLSTATE ${sqlstate}).` };
        return false;
      }
      case 'Z':
        return true;
      case 'C':
      case 'I':
      case 'N':
      case 'S':
      case 'A':
        return false;
      default:
        throw new ProtocolError(
          'unsupported',
          'The upstream answered a query with a message the gate did not ask for.',
        );
    }
  }

  result(): Result<QueryRows> {
    return this.#error ? { ok: false, error: this.#error } : ok({ fields: this.#fields, rows: this.#rows });
  }
}
