// The names a client gives its prepared statements and cursors, each tied to the one text that was analysed for it.
// INVARIANT: a name is never used while it is uncertain which text the upstream holds under it.

import type { Decision } from '../core/decision.ts';
import type { StatementAnalysis } from '../sql/analysis.ts';
import type { FieldDescription } from '../wire/postgres/rows.ts';
import type { PreparedPlan } from './postgres-prepared-plan.ts';

/** Something the client has named and the upstream has not yet confirmed. `run` counts the Syncs before it. */
export class Named {
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

/** A statement of a message, with the names in it looked up. */
export interface Statement {
  readonly analysis: StatementAnalysis;
  /** Whose rows it gives out: FETCH, and what a portal executes. */
  readonly cursor: Cursor | null;
  /** What it does to the session's names once it has completed. */
  readonly effect: (() => void) | null;
}
