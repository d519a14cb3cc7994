// Has one message of a PostgreSQL client decided and recorded, and waits for people where it is held.
// INVARIANT: whoever hung up gets no answer: what was admitted for them meanwhile is ended unused.

import { errors } from '../core/errors.ts';
import type { Json } from '../core/json.ts';
import { fail, ok, type Result } from '../core/result.ts';
import type { Clock } from '../ports/clock.ts';
import type { Catalog } from '../sql/catalog.ts';
import { encodeNoticeResponse, type NoticeFields } from '../wire/postgres/error-fields.ts';
import type { Admission, AuditedSession, Intent } from './enforce.ts';
import { commonOf, intentOf, patientsAsked } from './postgres-intent.ts';
import type { Names } from './postgres-names.ts';
import { Output } from './postgres-output.ts';
import type { Pipeline } from './postgres-pipeline.ts';
import type { Read, Reading } from './postgres-reading.ts';
import { type Resolved, resolveNames, unnamed } from './postgres-resolution.ts';
import type { Standing } from './postgres-standing.ts';
import type { PostgresTarget } from './postgres-target.ts';

export interface SubmissionDeps {
  readonly clock: Clock;
  readonly target: PostgresTarget;
  readonly audited: AuditedSession;
  readonly applicationName: string;
  /** A rule in force speaks of `sql.estimated_rows`. */
  readonly needsRowEstimate: () => boolean;
  /** The tool call that is running for the MCP session this credential belongs to. */
  readonly parent: () => { readonly session: string; readonly request?: string } | undefined;
}

/** What of the session a submission changes or asks. */
interface SessionParts {
  readonly names: Names;
  readonly standing: Standing;
  readonly pipeline: Pipeline;
  readonly reading: Reading;
  /** Writes whole messages to the client. */
  readonly send: (bytes: Buffer) => void;
}

/** One message of the client's. */
interface Asked {
  readonly sql: string;
  readonly read: Read;
  readonly parameters: readonly Json[];
  /** The snapshot it was analysed with. */
  readonly catalog: Catalog;
}

/** What more has to be known of it before it is decided. */
interface Understood {
  readonly resolved: Resolved;
  readonly estimatedRows: number | null;
}

export class Submission {
  readonly #deps: SubmissionDeps;
  readonly #parts: SessionParts;
  #waiting = new AbortController();
  #holding = false;
  #onHeld: (() => void)[] = [];
  #isClosed = false;

  constructor(deps: SubmissionDeps, parts: SessionParts) {
    this.#deps = deps;
    this.#parts = parts;
  }

  /** It waits for people. */
  get holding(): boolean {
    return this.#holding;
  }

  /** Resolves when the next message waits for people. */
  held(): Promise<void> {
    return new Promise((resolve) => this.#onHeld.push(resolve));
  }

  /** Ends a wait for people. */
  cancel(): void {
    this.#waiting.abort();
  }

  /** The session is over. */
  close(): void {
    this.#isClosed = true;
    this.cancel();
  }

  /** Decides and records one message; waits for people if it is held. What is allowed and changes nothing, at once. */
  submit(sql: string, read: Read, parameters: readonly Json[]): Result<Output> | Promise<Result<Output>> {
    const { catalog } = this.#deps.target;
    const resolved = this.#deps.needsRowEstimate() ? null : (read.resolved ?? unnamed(read));
    return resolved
      ? this.#submitResolved({ sql, read, parameters, catalog, resolved, estimatedRows: null })
      : this.#submitLater({ sql, read, parameters, catalog });
  }

  async #submitLater(asked: Asked): Promise<Result<Output>> {
    const { sql, read, catalog } = asked;
    const { target } = this.#deps;
    const { names, pipeline, standing } = this.#parts;
    if (names.uncertain && read.analyses.some((each) => each.names !== null)) await pipeline.certain();
    // What was understood before must not wait behind what is asked now.
    pipeline.forward();
    const resolved =
      read.resolved ??
      (await resolveNames(read, sql, names, {
        analyse: (text) => target.analyse(text),
        usable: (named) => pipeline.usable(named),
        onDiscard: standing.discard(),
        catalog,
      }));
    const estimatedRows = this.#deps.needsRowEstimate() ? await this.#estimatedRows(sql, read, resolved) : null;
    return this.#submitResolved({ ...asked, resolved, estimatedRows });
  }

  #submitResolved(asked: Asked & Understood): Result<Output> | Promise<Result<Output>> {
    const { sql, read, parameters, resolved, estimatedRows } = asked;
    const { audited, parent } = this.#deps;
    const { pipeline, standing } = this.#parts;
    // One serves until somebody hangs up.
    if (this.#waiting.signal.aborted) this.#waiting = new AbortController();
    const cause = parent();
    const { phi, unread } = read;
    const intent = intentOf(
      { session: this.#deps, sql, resolved, phi, parameters, standing, estimatedRows, unread },
      {
        ...(cause ? { parent: cause } : {}),
        signal: this.#waiting.signal,
        onHold: this.#onHold,
        ifHeld: async () => {
          const rows = estimatedRows ?? (await this.#estimatedRows(sql, read, resolved));
          return rows === null ? {} : { estimated_rows: rows };
        },
      },
    );
    const outcome = audited.submit(intent);
    if (!(outcome instanceof Promise)) return this.#submitted(asked, outcome);
    // What was understood before must not wait behind a person.
    pipeline.forward();
    return outcome.then((each) => this.#submitted(asked, each));
  }

  #submitted(asked: Asked & Understood, outcome: Result<Admission>): Result<Output> | Promise<Result<Output>> {
    const { sql, read, parameters, resolved, catalog } = asked;
    const { target } = this.#deps;
    const { reading, standing } = this.#parts;
    this.#holding = false;
    // Whatever a policy says to what is not known: the caller is told what is wrong with it.
    if (!outcome.ok) return read.unread ? fail(read.unread) : outcome;
    const { decision } = outcome.value;
    const { analyses, acting } = commonOf(resolved, target);
    standing.admitted(decision, analyses, acting.length > 0);
    if (acting.length > 0) reading.seesAll = decision.obligations.unmask === 'all';
    for (const cursor of resolved.cursors) cursor.decision = decision;
    const frank = decision.obligations.unmask === 'all' || (acting.length === 0 && standing.frank);
    const { statements, uses } = resolved;
    const output = new Output({ admission: outcome.value, statements, uses, analyses, frank, catalog });
    output.asked = patientsAsked(sql, parameters, analyses, target.patientKeys);
    return this.#isClosed ? this.#unwanted(outcome.value) : ok(output);
  }

  async #unwanted(admission: Admission): Promise<Result<never>> {
    await admission.end('canceled', { reason: 'client gone' });
    return fail({ code: 'canceled', text: errors.canceled.text });
  }

  /** What the planner expects; null where there is no one statement it could be asked about. */
  async #estimatedRows(sql: string, read: Read, resolved: Resolved): Promise<number | null> {
    const [only, ...others] = resolved.statements;
    if (read.unread || !only || others.length > 0) return null;
    const { analysis } = only;
    if (analysis.names || !(analysis.kind === 'query' || analysis.kind === 'dml')) return null;
    return this.#deps.target.estimatedRows(sql);
  }

  readonly #onHold: NonNullable<Intent['onHold']> = (hold) => {
    this.#holding = true;
    const fields: NoticeFields = new Map([
      ['S', 'NOTICE'],
      ['V', 'NOTICE'],
      ['C', '00000'],
      [
        'M',
        `Rule "${hold.rule}" holds this for approval ${hold.approval}; waiting ${Math.ceil(hold.waitMs / 1000)} s for a reviewer.`,
      ],
      ['H', hold.link],
    ]);
    this.#parts.send(encodeNoticeResponse(fields));
    for (const each of this.#onHeld.splice(0)) each();
  };
}
