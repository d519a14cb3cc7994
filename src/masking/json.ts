// JSON of any depth: same shape out, every string masked, and what a field's name gives away masked wherever it recurs.

import { isJsonArray, isWrittenNumber, type Json, parseJsonAsWritten } from '../core/json.ts';
import { maskDocument } from './document.ts';
import { viewOfDocument } from './document-patient.ts';
import type { MaskView } from './mask.ts';
import { replaceOf, scanText, type Tally } from './text.ts';

/** A masked copy, or the value itself where there is nothing to mask. Numbers under a PHI field name become null (ages are capped), all others stay. */
export function maskJson(value: Json, view: MaskView, counts?: Tally): Json {
  if (view.unmask === 'all') return value;
  if (typeof value === 'string') return scanText(value, view, counts);
  if (typeof value !== 'object' || value === null || isWrittenNumber(value)) return value;
  const whole = JSON.stringify(value);
  const replace = replaceOf(viewOfDocument(whole, view), counts);
  const { text, found, isJson } = maskDocument(whole, replace, true, view.own, view.beside);
  // INVARIANT: what was too deep to be read as JSON is given back as nothing, never as it was.
  if (!isJson) return isJsonArray(value) ? [] : {};
  if (found.length === 0) return value;
  return parseJsonAsWritten(text);
}
