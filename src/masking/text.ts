// Text of any kind, documents included: what is found is replaced, each place by its class's operator; the rest stays as it is.

import { covers, type Operator, type PhiClass } from '../core/phi.ts';
import { maskDocument, type Replace } from './document.ts';
import { viewOfDocument } from './document-patient.ts';
import type { MaskView } from './mask.ts';
import { maskIdentifier, operatorFor } from './operators.ts';

/** Tally of what was masked, by class. The caller owns it; masking only adds. */
export type Tally = Record<string, number>;

/**
 * The text with every identifier masked that the view does not unmask. Idempotent, but for `shift`.
 * `prose`: as for detect; false for what a person has found not to be PHI, where the detectors are only a tripwire.
 */
export function scanText(text: string, view: MaskView, counts?: Tally, prose = true): string {
  if (view.unmask === 'all') return text;
  return maskDocument(text, replaceOf(viewOfDocument(text, view), counts), prose, view.own).text;
}

/** How this view replaces one identifier: not at all, if it sees the class. */
export function replaceOf(view: MaskView, counts?: Tally): Replace {
  return (value, cls) => {
    if (covers(view.unmask, cls)) return value;
    tally(counts, cls);
    return maskIdentifier(value, cls, operatorFor(cls, view.rules), view);
  };
}

/** Masks a whole value of a class. `scan` masks what is found inside; every other operator replaces the value. */
export function applyOperator(
  value: string,
  cls: PhiClass,
  operator: Operator,
  view: MaskView,
  counts?: Tally,
): string | null {
  if (operator === 'scan') return scanText(value, view, counts);
  tally(counts, cls);
  return maskIdentifier(value, cls, operator, view);
}

export function tally(counts: Tally | undefined, cls: string): void {
  if (counts) counts[cls] = (counts[cls] ?? 0) + 1;
}
