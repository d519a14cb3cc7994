// Web addresses. Those of terminologies and standards are clinical vocabulary, not identifiers, and stay.

import { type About, type Find, matches } from './detector.ts';

const schemed = /:\/\/[^\s<>"'`{}|\\^[\]]{2,2048}/g;
const bare = /\bwww\.[^\s<>"'`{}|\\^[\]]{3,2048}/gi;
const vocabulary =
  /^(?:https?:\/\/)?(?:[a-z0-9-]{1,40}\.)?(?:hl7\.org|loinc\.org|snomed\.info|unitsofmeasure\.org|nucc\.org|ihe\.net|dicom\.nema\.org|nlm\.nih\.gov|cdc\.gov|fda\.gov|cms\.gov|who\.int|w3\.org|iana\.org|ietf\.org)(?:[/:?#]|$)/i;

export const findUrl: Find = (text, emit) => {
  for (const match of text.includes('://') ? matches(text, schemed) : []) {
    let start = match.index;
    while (start > 0 && match.index - start < 10 && /[A-Za-z]/.test(text.charAt(start - 1))) start--;
    if (start < match.index) found(text, start, match.index + match[0].length, emit);
  }
  if (!text.includes('ww.') && !text.includes('WW.')) return;
  for (const match of matches(text, bare)) found(text, match.index, match.index + match[0].length, emit);
};

function found(text: string, start: number, end: number, emit: Parameters<Find>[1]): void {
  let last = end;
  while (last > start && /[.,;:!?)*]/.test(text.charAt(last - 1))) last--;
  if (!vocabulary.test(text.slice(start, Math.min(last, start + 120)))) emit(start, last, 'url');
}

export const aboutUrl: About = {
  shapes: { url: ['«https://portal.example.org/p/123?x=1»', '«www.janedoe.com»'] },
  checks: 'Any scheme, or www. Addresses of terminologies and standards (loinc.org, hl7.org, …) stay.',
  context: 'None.',
  misses: ['see «janedoe.com/about»'],
};
