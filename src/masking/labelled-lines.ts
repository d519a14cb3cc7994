// Lines of "label: value", as forms, YAML and people write them: what a label says of its value. Linear.

import type { PhiClass } from '../core/phi.ts';
import type { Span } from './mask.ts';
import { findMaskTokens } from './operators.ts';
import { fieldClass, labelClass } from './packs/generic.ts';

const line =
  /^[ \t]*(?:[-*+][ \t]+)?(?:\*\*|__)?["']?([A-Za-z_][\w ./#()'-]{0,48}?)["']?(?:\*\*|__)?[ \t]*[:=][ \t]*(?:\*\*|__)?[ \t]*(\S[^\n]*)$/gm;

export function labelledValues(text: string): readonly Span[] {
  if (!/[:=]/.test(text)) return [];
  const spans: Span[] = [];
  for (const match of text.matchAll(line)) {
    const [whole, name = '', value = ''] = match;
    const type = fieldClass(name) ?? labelClass(name);
    if (type === undefined || !isValueOf(type, value) || findMaskTokens(value).length > 0) continue;
    const bare = value.replace(/[\s"',;*_|]+$/, '');
    const start = match.index + whole.length - value.length + (/^["']/.test(bare) ? 1 : 0);
    const end = match.index + whole.length - value.length + bare.length;
    if (end > start) spans.push({ start, end, type });
  }
  return spans;
}

/** A value that fits its label, and not a sentence below a heading. Ages and days are told by the detectors. */
function isValueOf(cls: PhiClass, value: string): boolean {
  if (cls === 'age' || cls === 'photo' || cls === 'biometric' || value.length > 80 || /^[|>{[<]/.test(value))
    return false;
  if (/^(?:unknown|none|no|yes|n\/?a|not|null|same|see|deferred|pending|declined)\b/i.test(value)) return false;
  const words = value.split(/\s+/).length;
  if (cls === 'name') return words <= 5 && !/\d{3}/.test(value) && (words <= 3 || !/\s\p{Ll}{4}/u.test(value));
  if (cls === 'address') return words <= 12 && !/[.!?]\s/.test(value);
  return /\d|@/.test(value) && words <= 4;
}
