// Schema packs: for a known data model, which column holds what. Names are compared in lower case, in any schema.

import type { PhiClass } from '../../core/phi.ts';
import { genericColumn } from './generic.ts';
import { omopColumn } from './omop.ts';
import { syntheaColumn } from './synthea.ts';

/** Undefined: the pack does not know this column. Arguments are in lower case. */
type Pack = (table: string, column: string) => PhiClass | 'clear' | undefined;

/** Columns that hold whole documents of a standard: scanned, they are read by their structure. */
const document: Pack = (_table, column) =>
  /^(?:resource|content|document|message|payload|raw|body|data|xml|json|hl7|claim|interchange|bundle)(?:_?(?:json|xml|text|txt|body|data|content|raw))?$/.test(
    column,
  )
    ? 'note'
    : genericColumn(column);

const packs: Readonly<Record<string, Pack>> = {
  synthea: syntheaColumn,
  omop: omopColumn,
  fhir: document,
  ccda: document,
  hl7v2: document,
  x12: document,
  generic: (_table, column) => genericColumn(column),
};

export const packNames: readonly string[] = Object.keys(packs);

/** A pack's word for a column; undefined for one it does not know and for a pack that does not exist. */
export function packClass(
  pack: string,
  _schema: string,
  table: string,
  column: string,
): PhiClass | 'clear' | undefined {
  const known = Object.hasOwn(packs, pack) ? packs[pack] : undefined;
  return known?.(table.toLowerCase(), column.toLowerCase());
}
