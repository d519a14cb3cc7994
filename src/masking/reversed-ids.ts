// What is turned around letter by letter, with its label: `9876-54-321 NSS`, `llibziuQ nolubeZ tneitaP`. Linear.

import type { PhiClass } from '../core/phi.ts';
import { detect } from './detect.ts';
import type { Span } from './mask.ts';

const labels: Readonly<Record<string, PhiClass>> = { nss: 'ssn', nrm: 'mrn', enohp: 'phone', xaf: 'fax' };
const mayBeLabel = /\d[\s:#=]{1,4}(?:nss|nrm|enohp|xaf)\b/i;
/** Of seven digits or more, as no amount of anything has. */
const turned = /(?<![\w.-])((?:\d[ ()./-]{0,2}){6,14}\d)[ \t]{0,2}[:#=]?[ \t]{0,2}(nss|nrm|enohp|xaf)\b/gi;
/** Patient, name, surname, birth, born, address, resident: turned around they are no words of any language. */
const turnedWord = /\b(?:tneitap|eman|emanrus|htrib|nrob|sserdda|tnediser)\b/i;

/** Two words that begin small and end with their only capital: "enaJ eoD". */
const turnedNames = /(?<![\p{L}\p{N}])\p{Ll}{2,20}\p{Lu},? \p{Ll}{2,20}\p{Lu}(?![\p{L}\p{N}])/gu;

export function reversedIds(text: string): readonly Span[] {
  const spans = turnedWord.test(text) ? reversedSpans(text) : reversedNames(text);
  if (!mayBeLabel.test(text)) return spans;
  const numbers = Array.from(text.matchAll(turned), ({ 1: number = '', 2: label = '', index }) => ({
    start: index,
    end: index + number.length,
    type: labels[label.toLowerCase()] ?? 'other_id',
  }));
  return [...spans, ...numbers];
}

function reversedNames(text: string): readonly Span[] {
  if (!/[a-z][A-Z],? [a-z]/.test(text)) return [];
  return Array.from(text.matchAll(turnedNames), ({ 0: names, index }) =>
    reversedSpans(names).map(({ start, end, type }): Span => ({ start: index + start, end: index + end, type })),
  ).flat();
}

/** What is found in the text read from its end. */
function reversedSpans(text: string): readonly Span[] {
  const units = Array.from({ length: text.length }, (_each, at) => text.charAt(text.length - 1 - at));
  return detect(units.join(''), true).map(({ start, end, type }) => ({
    start: text.length - end,
    end: text.length - start,
    type,
  }));
}
