// One query of the gate's own on an upstream connection, before a client's session begins: catalog snapshots, privileges.
// Never for a client's statement: nothing here is decided, masked or recorded.

import { ok, type Refusal, type Result, refuse } from '../core/result.ts';
import type { UpstreamConnection } from '../ports/postgres-upstream.ts';
import { decodeText } from '../wire/postgres/body.ts';
import { decodeNoticeFields } from '../wire/postgres/error-fields.ts';
import { type Frame, FrameReader } from '../wire/postgres/frame.ts';
import { backendSession } from '../wire/postgres/messages.ts';
import { ProtocolError } from '../wire/postgres/protocol-error.ts';
import { encodeQuery } from '../wire/postgres/query.ts';
import { decodeDataRow, decodeRowDescription } from '../wire/postgres/rows.ts';

/** Values in text format. Of several statements, the last one's rows. */
export interface QueryRows {
  readonly fields: readonly string[];
  readonly rows: readonly (readonly (string | null)[])[];
}

/** A session of the gate's own, asked one statement at a time. */
export type CatalogQuery = (sql: string) => Promise<Result<QueryRows>>;

/** The rows of each, asked in this order. Fails with what the first failing one fails with. */
export async function rowsOfEach(
  query: CatalogQuery,
  statements: readonly string[],
): Promise<Result<QueryRows['rows'][]>> {
  const answers: QueryRows['rows'][] = [];
  for (const sql of statements) {
    const answer = await query(sql);
    if (!answer.ok) return answer;
    answers.push(answer.value.rows);
  }
  return ok(answers);
}

/**
 * Sends `sql` in the simple protocol and reads to ReadyForQuery. Takes over the connection's `onData` and `onClose`;
 * whoever uses it next sets its own. Fails with `upstream_error`, `upstream_closed` or `upstream_protocol`.
 */
export function simpleQuery(connection: UpstreamConnection, sql: string): Promise<Result<QueryRows>> {
  return new Promise((resolve) => {
    const reader = new FrameReader(backendSession);
    const answer = new Answer();
    connection.onClose(() => resolve(refuse('upstream_closed', 'The upstream closed the connection during a query.')));
    connection.onData((chunk) => {
      try {
        reader.push(chunk);
        for (let frame = reader.next(); frame; frame = reader.next()) {
          if (!answer.take(frame)) continue;
          connection.pause();
          resolve(answer.result());
          return;
        }
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        connection.destroy();
        resolve(refuse('upstream_protocol', error.message));
      }
    });
    connection.write(encodeQuery(sql));
  });
}

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
        this.#rows.push(
          decodeDataRow(frame.body).map((value) => (value === null ? null : decodeText(value, 'DataRow'))),
        );
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
