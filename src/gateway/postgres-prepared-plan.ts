// How the rows of a prepared statement are masked, found once for executions that come again and again. One answer at a time has it.
// INVARIANT: it serves only where everything it was made of is the very same: columns and formats, what the statement means, the
// decision, the catalog, the masks in force.

import type { Decision } from '../core/decision.ts';
import type { MaskView } from '../masking/mask.ts';
import type { StatementAnalysis } from '../sql/analysis.ts';
import type { Catalog } from '../sql/catalog.ts';
import type { FieldDescription } from '../wire/postgres/rows.ts';
import { type ColumnPlan, formatAt, planColumns } from './postgres-columns.ts';

/** Masks read the time of day only to tell ages; and a plan nobody used meanwhile is cheap to make again. */
const servesMs = 60_000;

interface Basis {
  /** Of the statement's description. */
  readonly fields: readonly FieldDescription[];
  /** As Bind gives them. */
  readonly formats: readonly (0 | 1)[];
  readonly analysis: StatementAnalysis;
  readonly output: { readonly admission: { readonly decision: Decision } };
  readonly catalog: Catalog;
}

export interface PreparedPlan {
  readonly plan: ColumnPlan;
  /** The columns in the formats of the rows. */
  readonly fields: readonly FieldDescription[];
  /** What its masks count in; whoever has the plan takes it from there. */
  readonly counts: Record<string, number>;
  readonly basis: Omit<Basis, 'output'>;
  readonly decision: Decision;
  readonly view: MaskView;
}

/** Takes the plan away from the statement, or makes another. */
export function preparedPlan(from: { plan: PreparedPlan | null }, basis: Basis, view: MaskView): PreparedPlan {
  const kept = from.plan;
  from.plan = null;
  const { decision } = basis.output.admission;
  if (kept && isOf(kept, basis, decision, view)) return kept;
  const { formats, analysis, catalog } = basis;
  const fields = inFormats(basis.fields, formats);
  const counts = {};
  const plan = planColumns(fields, analysis, catalog, view, counts);
  return { plan, fields, counts, basis: { fields: basis.fields, formats, analysis, catalog }, decision, view };
}

function isOf({ basis: made, decision, view }: PreparedPlan, now: Basis, decided: Decision, seen: MaskView): boolean {
  const isSame =
    made.fields === now.fields &&
    made.analysis === now.analysis &&
    made.catalog === now.catalog &&
    decision === decided;
  const isSeenAlike = view.rules === seen.rules && view.own === seen.own && view.key === seen.key;
  const ageMs = seen.now - view.now;
  return isSame && isSeenAlike && ageMs >= 0 && ageMs < servesMs && areEqual(made.formats, now.formats);
}

function areEqual(one: readonly (0 | 1)[], other: readonly (0 | 1)[]): boolean {
  return one.length === other.length && one.every((format, at) => format === other[at]);
}

export function inFormats(fields: readonly FieldDescription[], formats: readonly (0 | 1)[]): FieldDescription[] {
  return fields.map((field, position) => ({ ...field, format: formatAt(formats, position) }));
}
