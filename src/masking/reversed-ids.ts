// A number behind its label, both turned around letter by letter: `9876-54-321 NSS`. Linear.

import type { PhiClass } from '../core/phi.ts';
import type { Span } from './mask.ts';

const labels: Readonly<Record<string, PhiClass>> = { nss: 'ssn', nrm: 'mrn', enohp: 'phone', xaf: 'fax' };
const mayBeLabel = /\d[\s:#=]{1,4}(?:nss|nrm|enohp|xaf)\b/i;
/** Of seven digits or more, as no amount of anything has. */
const turned = /(?<![\w.-])((?:\d[ ()./-]{0,2}){6,14}\d)[ \t]{0,2}[:#=]?[ \t]{0,2}(nss|nrm|enohp|xaf)\b/gi;

export function reversedIds(text: string): readonly Span[] {
  if (!mayBeLabel.test(text)) return [];
  return Array.from(text.matchAll(turned), ({ 1: number = '', 2: label = '', index }) => ({
    start: index,
    end: index + number.length,
    type: labels[label.toLowerCase()] ?? 'other_id',
  }));
}
