// What stands where programs put somebody: the number behind `/patients/`, in a path or a key, and names between carets as HL7 v2
// and DICOM write them. Linear.

import { isClinical } from './lexicon/clinical-words.ts';
import type { Span } from './mask.ts';

const owned =
  /\b(?:patients?|persons?|members?|subscribers?|residents?|practitioners?|providers?|encounters?|visits?|charts?|mrns?)(?:[/#]|%2F|(?<=\b[a-z]+):)(?:id[/:])?(?=[\w.-]{0,60}\d{3})([\w.-]{4,64})/gi;
/** The last letter of any of them, its sign, and what comes behind. */
const mayBeOwned = /[tnrs](?:[/#:]|%2F)[\w.-]/i;
/** A number that is a part of a path by itself. */
const part = /(?<=[^\s/"']?\/)\d{6,20}(?=[./?#"'\s]|$)/g;
const carets =
  /(?<![\p{L}\p{N}^&|-])\^?\p{Lu}[\p{L}'’-]{1,30}(?: \p{Lu}[\p{L}'’-]{1,30})?\^\p{Lu}[\p{L}'’.-]{0,30}(?:\^[\p{L}. ]{0,20}){0,5}(?![\p{L}\p{N}])/gu;

export function placedIds(text: string): readonly Span[] {
  const spans: Span[] = [];
  if (mayBeOwned.test(text)) {
    for (const match of text.matchAll(owned)) {
      const end = match.index + match[0].length;
      const id = (match[1] ?? '').replace(/\.(?:jpe?g|png|pdf|json|xml|html?)$|[.]+$/i, '');
      const start = end - (match[1] ?? '').length;
      spans.push({ start, end: start + id.length, type: 'other_id' });
    }
  }
  if (/\/\d{6}/.test(text)) {
    for (const { 0: id, index } of text.matchAll(part))
      spans.push({ start: index, end: index + id.length, type: 'other_id' });
  }
  if (text.includes('^')) {
    for (const { 0: name, index } of text.matchAll(carets)) {
      const words = name
        .toLowerCase()
        .split(/[\^ ]+/)
        .filter((word) => word.length > 2);
      if (words.length > 0 && !words.every(isClinical))
        spans.push({ start: index, end: index + name.length, type: 'name' });
    }
  }
  return spans;
}
