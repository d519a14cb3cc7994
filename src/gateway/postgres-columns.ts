// Which output columns are masked, and how. The lineage of the analysis and the origin the server reports must both
// clear a column; whatever neither can vouch for is masked as a whole.

import { covers, type PhiClass } from '../core/phi.ts';
import type { PostgresType } from '../core/postgres-type.ts';
import type { MaskView } from '../masking/mask.ts';
import { type CellMasker, type CellRule, columnMasker } from '../masking/postgres-value.ts';
import type { StatementAnalysis } from '../sql/analysis.ts';
import type { Catalog, Column } from '../sql/catalog.ts';
import { holds, mayHold } from '../sql/held-types.ts';
import { isProtected, type Lineage } from '../sql/lineage.ts';
import { commentColumns } from '../sql/relations.ts';
import { ProtocolError } from '../wire/postgres/protocol-error.ts';

/** What RowDescription says of a field (PostgreSQL protocol, message formats). */
export interface OutputField {
  readonly tableOid: number;
  readonly attnum: number;
  readonly typeOid: number;
  readonly typeModifier: number;
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

/** Statements that never answer rows. */
const rowless: ReadonlySet<StatementAnalysis['kind']> = new Set([
  'transaction',
  'setting',
  'prepare',
  'deallocate',
  'empty',
]);

/** @throws ProtocolError where the statement has no columns */
export function planColumns(
  fields: readonly OutputField[],
  analysis: StatementAnalysis,
  catalog: Catalog,
  view: MaskView,
  counts: Record<string, number>,
): ColumnPlan {
  if (rowless.has(analysis.kind))
    throw new ProtocolError('malformed', `The server describes rows of ${analysis.facts.command}, which has none.`);
  if (view.unmask === 'all') return { maskers: fields.map(() => null), untouched: true, classes: [] };
  const outputs = analysis.outputs?.length === fields.length ? analysis.outputs : null;
  const classes = new Set<PhiClass | 'derived' | 'unknown'>();
  const maskers = fields.map((field, position) => {
    const origin = originOf(field, catalog);
    const lineage = outputs?.[position];
    const type = catalog.type(field.typeOid);
    // A comment within what the detectors cannot take apart.
    const unread = type.kind === 'unknown' && saysComment(lineage);
    const known = lineage && ofLineage(lineage, view, wasNoInstant(lineage, type, catalog));
    const verdict: Verdict = unread
      ? { rule: 'derived' }
      : verdictOf(origin, lineage, known ?? { rule: analysis.touchesProtected ? 'derived' : 'clear' });
    for (const each of noted(verdict.rule, lineage)) classes.add(each);
    return columnMasker(
      {
        type,
        typmod: field.typeModifier,
        format: field.format,
        classification: verdict.rule,
        jsonPaths: verdict.jsonPaths,
        hidesNull: lineage === undefined || lineage.nullTells === true,
        scanClear: isUserData(field, lineage, catalog),
        saysComment: saysComment(lineage) && isOfSystem(lineage),
      },
      view,
      counts,
    );
  });
  return { maskers, untouched: maskers.every((each) => each === null), classes: [...classes] };
}

type Verdict = { readonly rule: CellRule; readonly jsonPaths?: Column['jsonPaths'] };

/** INVARIANT: protected if either the origin or the lineage, of which `known` is what follows, says so. */
function verdictOf(
  origin: Pick<Column, 'classification' | 'jsonPaths'> | null,
  lineage: Lineage | undefined,
  known: Verdict,
): Verdict {
  if (origin === null || origin.classification === 'clear') return known;
  // The server says that it is this very column; what the analysis found has to include that, or one of them is wrong.
  const agreed = !lineage || !isProtected(lineage) || lineage.classes.has(origin.classification);
  return { rule: agreed ? origin.classification : 'derived', jsonPaths: origin.jsonPaths };
}

/**
 * Of dates and timestamps that the server has made instants of, as a UNION does: which day an instant lies in depends on the
 * session's zone, and so would the year that is left of it.
 */
function wasNoInstant(lineage: Lineage, type: PostgresType, catalog: Catalog): boolean {
  return holds(type, instants) && mayHold(catalog, lineage, days);
}

const instants: ReadonlySet<string> = new Set(['timestamptz']);
const days: ReadonlySet<string> = new Set(['date', 'timestamp']);

function ofLineage(lineage: Lineage, view: MaskView, wasNoInstant: boolean): Verdict {
  const { form } = lineage;
  if (!isProtected(lineage) || form?.kind === 'answer') return { rule: 'clear' };
  const isShown = [...lineage.classes].every((each) => each !== 'unknown' && covers(view.unmask, each));
  if (isShown) return { rule: 'clear' };
  switch (form?.kind) {
    case 'column':
      return wasNoInstant ? { rule: 'derived' } : { rule: form.cls, jsonPaths: form.jsonPaths };
    case 'row':
    case 'year':
    case 'definition':
    case 'word':
    case 'source':
      return { rule: form.kind };
    case 'moment':
      return { rule: wasNoInstant ? 'derived' : 'date' };
    case undefined:
      return { rule: 'derived' };
  }
}

function noted(rule: CellRule, lineage: Lineage | undefined): readonly (PhiClass | 'derived' | 'unknown')[] {
  if (rule === 'row') return [...(lineage?.classes ?? [])];
  if (rule === 'clear' || rule === 'definition' || rule === 'word') return [];
  if (rule === 'source') return ['derived'];
  return [rule === 'year' ? 'date' : rule];
}

/** Null = the server names no column, or one that is what its definition makes it. */
function originOf(field: OutputField, catalog: Catalog): Pick<Column, 'classification' | 'jsonPaths'> | null {
  // Number 0 is the whole row.
  if (field.tableOid === 0 || field.attnum === 0) return null;
  // System columns (ctid, xmin, tableoid: negative numbers) say where a row lies, not what is in it.
  if (field.attnum < 0) return { classification: 'clear' };
  const column = catalog.column(field.tableOid, field.attnum);
  if (!column) return { classification: 'unknown' };
  return column.computed ? null : column;
}

/** Clear text of the customer's own tables, and what is made of it, still passes the detectors; of the catalog's, comments. */
function isUserData(field: OutputField, lineage: Lineage | undefined, catalog: Catalog): boolean {
  if (field.tableOid !== 0 && catalog.relationByOid(field.tableOid)?.system !== true) return true;
  return !isOfSystem(lineage) || saysComment(lineage);
}

function isOfSystem(lineage: Lineage | undefined): boolean {
  return [...(lineage?.columns ?? [])].every((each) => /^(?:pg_catalog|information_schema)\./.test(each));
}

function saysComment(lineage: Lineage | undefined): boolean {
  return [...(lineage?.columns ?? [])].some((each) => commentColumns.has(each));
}

/** Bind's rule: no codes = all text, one code = for all, else one each. */
export function formatAt(formats: readonly (0 | 1)[], position: number): 0 | 1 {
  return (formats.length === 1 ? formats[0] : formats[position]) ?? 0;
}
