// Which output columns are masked, and how. The verdict of the analysis and the origin the server reports must both
// clear a column; whatever neither can vouch for is masked as a whole.

import type { Classification, PhiClass } from '../core/phi.ts';
import type { MaskView } from '../masking/mask.ts';
import { type CellMasker, columnMasker } from '../masking/postgres-value.ts';
import type { StatementAnalysis } from '../sql/analysis.ts';
import type { Catalog } from '../sql/catalog.ts';

/** What RowDescription says of a field (PostgreSQL protocol, message formats). */
export interface OutputField {
  readonly tableOid: number;
  readonly attnum: number;
  readonly typeOid: number;
  /** 0 text, 1 binary. */
  readonly format: 0 | 1;
}

export interface ColumnPlan {
  /** Null = leave as it is. */
  readonly maskers: readonly (CellMasker | null)[];
  /** Nothing to mask: rows may pass by slice. */
  readonly untouched: boolean;
  /** Classes that leave in this result, as they are or masked, for the record. */
  readonly classes: readonly (PhiClass | 'derived' | 'unknown')[];
}

export function planColumns(
  fields: readonly OutputField[],
  analysis: StatementAnalysis,
  catalog: Catalog,
  view: MaskView,
  counts: Record<string, number>,
): ColumnPlan {
  if (view.unmask === 'all') return { maskers: fields.map(() => null), untouched: true, classes: [] };
  const verdicts = fields.map((field, position) => verdictOf(field, position, fields.length, analysis, catalog));
  const maskers = fields.map((field, position) =>
    columnMasker(
      {
        typeOid: field.typeOid,
        format: field.format,
        classification: verdicts[position] ?? 'derived',
        scanClear: isUserData(field, catalog),
      },
      view,
      counts,
    ),
  );
  const classes = [...new Set(verdicts)].filter((verdict) => verdict !== 'clear');
  return { maskers, untouched: maskers.every((each) => each === null), classes };
}

/** INVARIANT: protected if either the origin or the lineage says so. */
function verdictOf(
  field: OutputField,
  position: number,
  width: number,
  analysis: StatementAnalysis,
  catalog: Catalog,
): Classification | 'derived' {
  const origin = originOf(field, catalog);
  if (origin !== null && origin !== 'clear') return origin;
  if (analysis.harmlessOutputs?.length === width && analysis.harmlessOutputs[position] === true) return 'clear';
  if (origin === 'clear' && analysis.originsTrusted) return 'clear';
  return analysis.touchesProtected ? 'derived' : 'clear';
}

function originOf(field: OutputField, catalog: Catalog): Classification | null {
  if (field.tableOid === 0) return null;
  // System columns (ctid, xmin, tableoid: negative numbers) say where a row lies, not what is in it.
  if (field.attnum < 0) return 'clear';
  return catalog.column(field.tableOid, field.attnum)?.classification ?? 'unknown';
}

/** Clear text of the customer's own tables still passes the detectors; the catalog's does not. */
function isUserData(field: OutputField, catalog: Catalog): boolean {
  return field.tableOid !== 0 && catalog.relationByOid(field.tableOid)?.system !== true;
}

/** Bind's rule: no codes = all text, one code = for all, else one each. */
export function formatAt(formats: readonly (0 | 1)[], position: number): 0 | 1 {
  return (formats.length === 1 ? formats[0] : formats[position]) ?? 0;
}
