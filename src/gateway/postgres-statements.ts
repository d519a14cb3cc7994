// The names a client gives its prepared statements and portals, each tied to the one text that was analysed for it.
// INVARIANT: a name is never used while it is uncertain which text the upstream holds under it.

import type { StatementAnalysis } from '../sql/analysis.ts';
import type { FieldDescription } from '../wire/postgres/rows.ts';
import type { Admission } from './enforce.ts';
import type { ColumnPlan } from './postgres-columns.ts';

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
    for (const each of this.#waiting.splice(0)) each();
  }

  /** Resolves when the upstream has answered. Only to be awaited once a Sync or Flush makes it answer. */
  settled(): Promise<void> {
    return this.#status === 'pending' ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve();
  }
}

export class Prepared extends Named {
  readonly text: string;
  /** Known once the injected Describe has been answered; null = returns no rows. */
  fields: readonly FieldDescription[] | null = null;

  constructor(name: string, run: number, text: string) {
    super(name, run);
    this.text = text;
  }
}

export class Portal extends Named {
  readonly prepared: Prepared;
  /** Result formats as Bind gives them: none = text, one = for all, else one a column. */
  readonly formats: readonly (0 | 1)[];
  readonly output: Output;
  /** The portal of the same name it takes the place of. */
  readonly former: Portal | null;

  constructor(
    name: string,
    run: number,
    prepared: Prepared,
    formats: readonly (0 | 1)[],
    output: Output,
    former: Portal | null,
  ) {
    super(name, run);
    this.former = former;
    this.prepared = prepared;
    this.formats = formats;
    this.output = output;
  }
}

/** The answer to one admitted message while it comes in: what masks it, how much of it there was. */
export class Output {
  readonly admission: Admission;
  /** The statements of the message, in order; the server answers them one after the other. */
  readonly analyses: readonly StatementAnalysis[];
  readonly counts: Record<string, number> = {};
  at = 0;
  plan: ColumnPlan | null = null;
  /** The columns as the record shows them, where the client was not sent a RowDescription within the answer. */
  fields: readonly FieldDescription[] | null = null;
  rows = 0;
  /** Rows of the statement at hand, and those held back by the row limit. */
  statementRows = 0;
  cut = 0;
  ended = false;
  /** Its record starts with the RowDescription. */
  described = false;

  constructor(admission: Admission, analyses: readonly StatementAnalysis[]) {
    this.admission = admission;
    this.analyses = analyses;
  }

  get analysis(): StatementAnalysis | undefined {
    return this.analyses[this.at];
  }

  get unmasked(): boolean {
    return this.admission.decision.obligations.unmask === 'all';
  }

  /** Returns whether one more row may leave. */
  countRow(): boolean {
    const max = this.admission.decision.obligations.rowsMax;
    if (max !== null && this.rows >= max) {
      this.cut++;
      return false;
    }
    this.rows++;
    this.statementRows++;
    return true;
  }

  nextStatement(): void {
    this.at++;
    this.plan = null;
    this.statementRows = 0;
  }

  end(status: 'ok' | 'error' | 'canceled', data: Record<string, string> = {}): void {
    if (this.ended) return;
    this.ended = true;
    const outcome = status === 'ok' && this.cut > 0 ? 'limited' : status;
    const counted = { rows: this.rows, ...(this.cut ? { rows_cut: this.cut } : {}), masked: { ...this.counts } };
    // A log that fails has closed the gate already: the one who releases is told.
    this.admission.end(outcome, { ...data, ...counted }).catch(() => {});
  }
}

/** What the next backend messages answer, in the order the frontend messages were forwarded. */
export type Expectation =
  | { readonly kind: 'query'; readonly output: Output }
  /** The upstream was made to fail so that its transaction fails too; the client gets `answer` for its error. */
  | { readonly kind: 'refusal'; readonly answer: Buffer; readonly simple: boolean }
  | { readonly kind: 'parse'; readonly prepared: Prepared }
  /** `hidden`: injected by the gate to learn the columns; its answer goes no further. */
  | { readonly kind: 'describe'; readonly hidden: boolean; readonly prepared: Prepared | null }
  | { readonly kind: 'bind'; readonly portal: Portal }
  | { readonly kind: 'execute'; readonly portal: Portal }
  | { readonly kind: 'close'; readonly portal: Portal | null }
  | { readonly kind: 'sync' };

/** What the client has named. A name that is gone here is refused, whatever the upstream still holds under it. */
export class Names {
  readonly prepared: Map<string, Prepared> = new Map();
  readonly portals: Map<string, Portal> = new Map();

  /** DEALLOCATE takes names away from the protocol level too. */
  deallocated(analyses: readonly StatementAnalysis[]): void {
    for (const { deallocates } of analyses) {
      if (deallocates === 'all') this.prepared.clear();
      else if (deallocates) this.prepared.delete(deallocates.name);
    }
  }

  forget(expectation: Expectation): void {
    if (expectation.kind === 'parse') forgetIn(this.prepared, expectation.prepared);
    if (expectation.kind === 'bind' || expectation.kind === 'execute') forgetIn(this.portals, expectation.portal);
  }

  ready(status: 'I' | 'T' | 'E'): void {
    if (status !== 'I') return;
    // Portals end with their transaction (PostgreSQL 54.2.3).
    for (const [name, portal] of this.portals) {
      if (portal.status === 'pending') continue;
      portal.output.end('ok', { reason: 'transaction ended' });
      this.portals.delete(name);
    }
  }
}

function forgetIn<T extends { readonly name: string }>(names: Map<string, T>, named: T): void {
  if (names.get(named.name) === named) names.delete(named.name);
}
