// What the columns of a COPY TO STDOUT are: as those of a query, but they and their types are told by the analysis alone: of a query's,
// those that are a column of a table as it is. INVARIANT: what the analysis and the server do not agree on is masked as a whole.

import type { StatementAnalysis } from '../sql/analysis.ts';
import type { CopyResponse } from '../wire/postgres/copy.ts';
import type { OutputField } from './postgres-columns.ts';

const noColumn = { tableOid: 0, attnum: 0, typeOid: 0 } as const;

export interface CopyColumns {
  readonly fields: readonly OutputField[];
  /** What is said of them. */
  readonly verdicts: StatementAnalysis;
}

/** Null = the rows cannot be taken apart. */
export function copyColumns(response: CopyResponse, analysis: StatementAnalysis): CopyColumns | null {
  const { copy } = analysis;
  if (!copy || (response.format === 1) !== (copy.format.kind === 'binary')) return null;
  const width = response.columnFormats.length;
  // A table with other columns than the catalog says, generated ones among them: nothing is known of any.
  const known = copy.columns === null || copy.columns.length === width;
  const fields = Array.from({ length: width }, (_, at) => ({
    ...((known && copy.columns?.[at]) || { ...noColumn, typeOid: typeOf(analysis, at, width) }),
    typeModifier: -1,
    format: response.format,
  }));
  return { fields, verdicts: known ? analysis : { ...analysis, touchesProtected: true, outputs: null } };
}

/** 0 = not known. */
function typeOf({ outputs }: StatementAnalysis, at: number, width: number): number {
  const form = outputs?.length === width ? outputs[at]?.form : undefined;
  return form?.kind === 'column' ? form.typeOid : 0;
}
