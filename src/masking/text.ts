// Free text: what the detectors find is replaced, each span by its class's operator; the rest stays as it is.

import { covers, type Operator, type PhiClass } from '../core/phi.ts';
import { detect } from './detect.ts';
import type { MaskView } from './mask.ts';
import { maskIdentifier, operatorFor } from './operators.ts';

/** Tally of what was masked, by class. The caller owns it; masking only adds. */
export type Tally = Record<string, number>;

/** The text with every identifier masked that the view does not unmask. Idempotent, but for `shift`. */
export function scanText(text: string, view: MaskView, counts?: Tally): string {
  if (view.unmask === 'all') return text;
  const spans = detect(text);
  if (spans.length === 0) return text;
  let masked = '';
  let from = 0;
  for (const span of spans) {
    if (covers(view.unmask, span.type)) continue;
    const replacement = maskIdentifier(
      text.slice(span.start, span.end),
      span.type,
      operatorFor(span.type, view.rules),
      view,
    );
    masked += text.slice(from, span.start) + (replacement ?? '');
    from = span.end;
    tally(counts, span.type);
  }
  return masked + text.slice(from);
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
