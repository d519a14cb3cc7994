// The answer to one admitted message while it comes in: what its rows are masked by, how many there were, whom they were about, and
// how it ended, for the record. It must never end twice, nor be recorded behind its end.

import type { StatementAnalysis } from '../sql/analysis.ts';
import type { Catalog } from '../sql/catalog.ts';
import type { FieldDescription } from '../wire/postgres/rows.ts';
import type { Admission, Ending } from './enforce.ts';
import { type PatientRef, PatientsSeen, type Seen } from './patients-seen.ts';
import type { ColumnPlan } from './postgres-columns.ts';
import type { PreparedPlan } from './postgres-prepared-plan.ts';
import type { Cursor, Prepared, Statement } from './postgres-statements.ts';

export interface OutputEnd {
  readonly status: 'ok' | 'error' | 'canceled';
  readonly data: Readonly<Record<string, string>>;
}

/** What is answered, and what the gate knew of it when it was admitted. */
interface Answering {
  readonly admission: Admission;
  /** The statements of the message, in order; the server answers them one after the other. */
  readonly statements: readonly Statement[];
  /** Of those, in the same order. */
  readonly analyses: readonly StatementAnalysis[];
  /** Prepared statements and cursors it means; they must still be there when it runs. */
  readonly uses: readonly (Prepared | Cursor)[];
  /** The server's own words may be told: nothing it could quote is hidden from this subject. */
  readonly frank: boolean;
  /** The snapshot the analysis was made with. */
  readonly catalog: Catalog;
}

/** The answer to one admitted message while it comes in: what masks it, how much of it there was. */
export class Output {
  readonly admission: Admission;
  readonly statements: readonly Statement[];
  readonly analyses: readonly StatementAnalysis[];
  readonly uses: readonly (Prepared | Cursor)[];
  readonly frank: boolean;
  readonly catalog: Catalog;
  /** The rows may leave only once the catalog is known not to have changed before they were read. */
  unconfirmed = false;
  /** Told when the server has answered the message. */
  onAnswered: () => void = () => {};
  counts: Record<string, number> = {};
  /** Whom the question names; told with the first row. */
  asked: readonly PatientRef[] = [];
  /** Its rows are about patients and do not say which. */
  unnamed = false;
  /** Which of the statements is being answered. */
  at = 0;
  plan: ColumnPlan | null = null;
  /** The columns as the record shows them, where the client was not sent a RowDescription within the answer. */
  fields: readonly FieldDescription[] | null = null;
  rows = 0;
  /** Rows of the statement at hand, and those held back by the row limit. */
  statementRows = 0;
  statementCut = 0;
  cut = 0;
  ended = false;
  /** Its record starts with the RowDescription. */
  described = false;

  #patients: PatientsSeen | null = null;
  /** The plan of a prepared statement, to be given back. */
  #borrowed: { readonly from: Prepared; readonly plan: PreparedPlan } | null = null;
  /** The one a portal executes. */
  #cursor: Cursor | null = null;
  /** The statement whose answer has begun. */
  #begun = -1;

  constructor({ admission, statements, uses, analyses, frank, catalog }: Answering) {
    this.admission = admission;
    this.statements = statements;
    this.uses = uses;
    this.analyses = analyses;
    this.frank = frank;
    this.catalog = catalog;
  }

  get analysis(): StatementAnalysis | undefined {
    const only = this.analyses.length === 1 ? this.analyses[0] : undefined;
    // One word stands for all of a text that was not read, however many statements the server finds in it.
    return this.analyses[this.at] ?? (this.unmasked && only?.facts.opaque ? only : undefined);
  }

  get unmasked(): boolean {
    return this.admission.decision.obligations.unmask === 'all';
  }

  /** Whom the rows are about, where the connection says what tells it. */
  get patients(): PatientsSeen {
    this.#patients ??= new PatientsSeen();
    return this.#patients;
  }

  takeSeen(): Seen | null {
    return this.#patients?.take() ?? null;
  }

  /** The rows are masked by this plan, which nobody else has until the answer is whole. */
  borrow(from: Prepared, plan: PreparedPlan): ColumnPlan {
    this.#borrowed = { from, plan };
    this.fields = plan.fields;
    this.counts = plan.counts;
    return plan.plan;
  }

  /** Its rows are those of a portal, which others may fetch from too. */
  countWith(cursor: Cursor): void {
    this.#cursor = cursor;
  }

  /** Something the server says of the statement at hand is about to leave: by now it holds its locks. */
  begin(): void {
    if (this.#begun === this.at) return;
    this.#begun = this.at;
    if (this.analysis?.wholeRows && !this.unmasked) this.unconfirmed = true;
  }

  /** Returns whether one more row may leave. */
  countRow(): boolean {
    const max = this.admission.decision.obligations.rowsMax;
    const cursor = this.#cursor ?? this.statements[this.at]?.cursor;
    if (max !== null && (this.rows >= max || (cursor && cursor.rows >= max))) {
      this.cut++;
      this.statementCut++;
      return false;
    }
    this.rows++;
    this.statementRows++;
    if (this.statementRows === 1) {
      for (const each of this.asked) this.patients.add(each);
      if (this.unnamed) this.patients.addUnnamed();
    }
    if (cursor) cursor.rows++;
    return true;
  }

  nextStatement(): void {
    this.statements[this.at]?.effect?.();
    this.at++;
    this.plan = null;
    this.statementRows = 0;
    this.statementCut = 0;
  }

  /** Nothing has gathered of it that is still to be recorded: see `ReplyChunks.end`. */
  end(end: OutputEnd): void {
    if (this.ended) return;
    this.ended = true;
    const { status: outcome, data: counted } = this.#ending(end);
    // A log that fails has closed the gate already: the one who releases is told.
    this.admission.end(outcome, counted).catch(() => {});
  }

  /** Resolves when this part of the answer may leave; with `end` it is the last. @throws LogUnavailable */
  record(bytes: Buffer, end: OutputEnd | null): Promise<unknown> {
    const chunk = { media: 'application/x-postgres-backend', bytes } as const;
    if (!end || this.ended) return this.admission.record(chunk);
    this.ended = true;
    return this.admission.record(chunk, undefined, this.#ending(end));
  }

  #ending({ status, data }: OutputEnd): Required<Ending> {
    const masked = taken(this.counts);
    if (this.#borrowed) this.#borrowed.from.plan = this.#borrowed.plan;
    this.#borrowed = null;
    return {
      status: status === 'ok' && this.cut > 0 ? 'limited' : status,
      data: { ...data, rows: this.rows, ...(this.cut ? { rows_cut: this.cut } : {}), masked },
    };
  }
}

/** What was counted, and nothing is left of it. */
function taken(counts: Record<string, number>): Record<string, number> {
  const found: Record<string, number> = {};
  for (const name in counts) {
    const count = counts[name] ?? 0;
    if (count > 0) found[name] = count;
    counts[name] = 0;
  }
  return found;
}
