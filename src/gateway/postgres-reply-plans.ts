// How the rows of one session's answers are masked: the plan for the columns of an answer, and an eye on whom its rows are about.
// It must never give a plan for rows whose columns nobody has described, but to who sees everything.

import type { MaskView } from '../masking/mask.ts';
import type { StatementAnalysis } from '../sql/analysis.ts';
import type { Catalog } from '../sql/catalog.ts';
import type { KeyColumns } from '../sql/key-lookups.ts';
import type { CopyResponse } from '../wire/postgres/copy.ts';
import { mayConcernPatients, watchedPlan } from './patients-seen.ts';
import { type ColumnPlan, type OutputField, planColumns } from './postgres-columns.ts';
import { copyColumns } from './postgres-copy-columns.ts';
import type { Output } from './postgres-output.ts';
import type { Portal } from './postgres-portal.ts';
import { inFormats, preparedPlan } from './postgres-prepared-plan.ts';

export interface ReplyPlansDeps {
  readonly catalog: () => Catalog;
  readonly viewOf: (output: Output) => MaskView;
  /** Columns that tell which patient a row is about; null = nobody has named any. */
  readonly patientKeys: () => KeyColumns | null;
}

export class ReplyPlans {
  readonly #deps: ReplyPlansDeps;

  constructor(deps: ReplyPlansDeps) {
    this.#deps = deps;
  }

  /** Whom rows are about is to be told. */
  get watches(): boolean {
    return this.#deps.patientKeys() !== null;
  }

  /** Of the columns as RowDescription says them. */
  ofColumns(fields: readonly OutputField[], analysis: StatementAnalysis, output: Output): ColumnPlan {
    const plan = planColumns(fields, analysis, this.#deps.catalog(), this.#deps.viewOf(output), output.counts);
    return this.#watched(plan, fields, output);
  }

  /** Of what a portal gives out, whose columns have been described before; null = nothing is known of them. */
  ofPortal(portal: Portal): ColumnPlan | null {
    const { prepared, output, formats } = portal;
    const known = portal.fields ? null : (prepared?.fields ?? null);
    const { analysis } = output;
    if (prepared && known && analysis && !this.watches) {
      const basis = { fields: known, formats, analysis, output, catalog: this.#deps.catalog() };
      return output.borrow(prepared, preparedPlan(prepared, basis, this.#deps.viewOf(output)));
    }
    output.fields = portal.fields ?? (known && inFormats(known, formats));
    if (output.fields && analysis) return this.ofColumns(output.fields, analysis, output);
    return output.unmasked ? this.#watched(untouched, [], output) : null;
  }

  /** Of the rows of a COPY TO; null = they cannot be taken apart. */
  ofCopy(response: CopyResponse, analysis: StatementAnalysis, output: Output): ColumnPlan | null {
    const columns = copyColumns(response, analysis);
    return columns && this.ofColumns(columns.fields, columns.verdicts, output);
  }

  #watched(plan: ColumnPlan, fields: readonly OutputField[], output: Output): ColumnPlan {
    const keys = this.#deps.patientKeys();
    if (!keys) return plan;
    const watched = watchedPlan(plan, fields, this.#deps.catalog(), keys, output.patients);
    output.unnamed = watched === plan && output.asked.length === 0 && mayConcernPatients(output.analysis?.facts, keys);
    return watched;
  }
}

/** Of a result nobody has described, for who sees everything. */
const untouched: ColumnPlan = { maskers: [], untouched: true, classes: [] };
