// The names a client gives its prepared statements and portals, each tied to the one text that was analysed for it.
// INVARIANT: a name is never used while it is uncertain which text the upstream holds under it.

import type { Decision } from '../core/decision.ts';
import type { StatementAnalysis } from '../sql/analysis.ts';
import type { Catalog } from '../sql/catalog.ts';
import type { FieldDescription } from '../wire/postgres/rows.ts';
import type { Admission, Ending } from './enforce.ts';
import { type PatientRef, PatientsSeen, type Seen } from './patients-seen.ts';
import type { ColumnPlan } from './postgres-columns.ts';
import type { PreparedPlan } from './postgres-prepared-plan.ts';

/** Something the client has named and the upstream has not yet confirmed. `run` counts the Syncs before it. */
class Named {
  readonly name: string;
  readonly run: number;
  #status: 'pending' | 'ready' | 'failed' = 'pending';
  #waiting: (() => void)[] = [];

  constructor(name: string, run: number) {
    this.name = name;
    this.run = run;
  }

  get status(): 'pending' | 'ready' | 'failed' {
    return this.#status;
  }

  settle(status: 'ready' | 'failed'): void {
    if (this.#status !== 'pending') return;
    this.#status = status;
    if (this.#waiting.length > 0) for (const each of this.#waiting.splice(0)) each();
  }

  /** Resolves when the upstream has answered. Only to be awaited once a Sync or Flush makes it answer. */
  settled(): Promise<void> {
    return this.#status === 'pending' ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve();
  }
}

export class Prepared extends Named {
  /** The statement; of one that SQL's PREPARE has made, the whole of `PREPARE name AS statement`. */
  readonly text: string;
  readonly level: 'protocol' | 'sql';
  /** OIDs of its parameters' types, as far as they are known; 0 = not. */
  parameterTypes: readonly number[];
  /** The same as the client has them; what it leaves open follows from the statement. */
  readonly declaredTypes: readonly number[];
  /** Known once the injected Describe has been answered; null = returns no rows. */
  fields: readonly FieldDescription[] | null = null;
  /** How its rows were masked the last time; null while an answer has it. */
  plan: PreparedPlan | null = null;

  constructor(name: string, run: number, text: string, level: 'protocol' | 'sql', types: readonly number[] = []) {
    super(name, run);
    this.text = text;
    this.level = level;
    this.parameterTypes = types;
    this.declaredTypes = types;
  }
}

/** What gives out rows under a name: a cursor of SQL or a portal. Its verdict and its row count last as long as it does. */
export class Cursor {
  readonly name: string;
  readonly text: string;
  readonly analysis: StatementAnalysis;
  /** It outlives the transaction that made it. */
  readonly hold: boolean;
  /** As it was decided when it was made; null until then. */
  decision: Decision | null = null;
  rows = 0;

  constructor(name: string, text: string, analysis: StatementAnalysis, hold: boolean) {
    this.name = name;
    this.text = text;
    this.analysis = analysis;
    this.hold = hold;
  }
}

export class Portal extends Named {
  /** Null: a cursor of SQL, executed by the protocol. */
  readonly prepared: Prepared | null;
  readonly cursor: Cursor;
  /** From a Describe of this very portal, where that of the statement would not do. */
  fields: readonly FieldDescription[] | null = null;
  /** Result formats as Bind gives them: none = text, one = for all, else one a column. */
  readonly formats: readonly (0 | 1)[];
  readonly output: Output;
  /** The portal of the same name it takes the place of. */
  readonly former: Portal | null;

  constructor(
    name: string,
    run: number,
    prepared: Prepared | null,
    cursor: Cursor,
    formats: readonly (0 | 1)[],
    output: Output,
    former: Portal | null,
  ) {
    super(name, run);
    this.cursor = cursor;
    this.former = former;
    this.prepared = prepared;
    this.formats = formats;
    this.output = output;
  }
}

/** A statement of a message, with the names in it looked up. */
export interface Statement {
  readonly analysis: StatementAnalysis;
  /** Whose rows it gives out: FETCH, and what a portal executes. */
  readonly cursor: Cursor | null;
  /** What it does to the session's names once it has completed. */
  readonly effect: (() => void) | null;
}

export interface OutputEnd {
  readonly status: 'ok' | 'error' | 'canceled';
  readonly data: Readonly<Record<string, string>>;
}

/** The answer to one admitted message while it comes in: what masks it, how much of it there was. */
export class Output {
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
  /** The rows may leave only once the catalog is known not to have changed before they were read. */
  unconfirmed = false;
  /** Told when the server has answered the message. */
  onAnswered: () => void = () => {};
  counts: Record<string, number> = {};
  /** Whom the question names; told with the first row. */
  asked: readonly PatientRef[] = [];
  /** Its rows are about patients and do not say which. */
  unnamed = false;
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

  constructor(
    admission: Admission,
    { statements, uses }: { readonly statements: readonly Statement[]; readonly uses: readonly (Prepared | Cursor)[] },
    analyses: readonly StatementAnalysis[],
    frank: boolean,
    catalog: Catalog,
  ) {
    this.uses = uses;
    this.admission = admission;
    this.statements = statements;
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
  borrow(from: Prepared, plan: PreparedPlan): void {
    this.#borrowed = { from, plan };
    this.plan = plan.plan;
    this.fields = plan.fields;
    this.counts = plan.counts;
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

  /** Nothing has gathered of it that is still to be recorded: see `PostgresReplies.end`. */
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

/** What the next backend messages answer, in the order the frontend messages were forwarded. */
export type Expectation =
  | { readonly kind: 'query'; readonly output: Output }
  /** The upstream was made to fail so that its transaction fails too; the client gets `answer` for its error. */
  | { readonly kind: 'refusal'; readonly answer: Buffer; readonly simple: boolean }
  | { readonly kind: 'parse'; readonly prepared: Prepared }
  /** `hidden`: injected by the gate to learn the columns; its answer goes no further. */
  | { readonly kind: 'describe'; readonly hidden: boolean; readonly of: Prepared | Portal | null }
  | { readonly kind: 'bind'; readonly portal: Portal }
  | { readonly kind: 'execute'; readonly portal: Portal }
  | { readonly kind: 'close'; readonly portal: Portal | null }
  | { readonly kind: 'sync' };
