// What the items of a list say of one another: `["last_name", "Mudd"]`, `["SSN", "123456789", …]`. Never decides by an item alone.

import type { PhiClass } from '../../core/phi.ts';
import { labelClass } from '../packs/generic.ts';
import type { JsonNode } from './json-node.ts';

/** What the item before this one says that it is. */
export function toldBefore(items: readonly JsonNode[], at: number): PhiClass | undefined {
  const [label, value] = [items[at - 1], items[at]];
  if (label?.kind !== 'string' || (value?.kind !== 'string' && value?.kind !== 'scalar')) return undefined;
  if (label.value.length > 40 || !isValue(value.value, items.length === 2)) return undefined;
  return labelClass(value.value) === undefined ? labelClass(label.value) : undefined;
}

/** A number, or in a pair a word with a capital: names of columns stand in lists, too. */
function isValue(value: string, isPair: boolean): boolean {
  return /^-?\d{4,}$|\d{3}|\d[-/]\d/.test(value) || (isPair && /^\p{Lu}[\p{Ll}'’-]/u.test(value));
}

/** Whether each row is a label and its value: no header stands above them. */
export function arePairs(rows: readonly (readonly JsonNode[] | null)[]): boolean {
  const labels = rows.map((row) =>
    row?.length === 2 && row[0]?.kind === 'string' ? labelClass(row[0].value) : undefined,
  );
  return labels.length > 1 && labels.slice(1).some((cls) => cls !== undefined);
}
