// Web addresses. Those of terminologies and standards are clinical vocabulary, not identifiers, and stay.

import { type About, after, before, type Find, matches } from './detector.ts';
import { isAlphanumeric, isLetter } from './words.ts';

const schemed = /:\/\/[^\s<>"'`{}|\\^[\]]{2,2048}/g;
const bare = /\bwww\.[^\s<>"'`{}|\\^[\]]{3,2048}/gi;
/** A site without a scheme: a few names before a domain that no sentence ends with. */
const domain =
  /^\.(?:com|org|net|edu|info|biz|health|example|co\.uk|com\.au)(?![\w@.-]*@)(?![\w-])(?:\/[^\s<>"'`{}|\\^[\]]{0,200})?/i;
/** Any other domain, where one is told. */
const anyDomain = /^\.[a-z]{2,6}(?![\w@])(?:\/[^\s<>"'`{}|\\^[\]]{0,200})?/i;
const told = /\b(?:site|website|web|url|domain|homepage)(?: is|:| at)? $/i;
const names = /(?:^|[^\w@.-])((?:[a-z0-9][a-z0-9-]{0,40}\.){0,2}[a-z0-9][a-z0-9-]{1,40})$/i;
const vocabulary =
  /^(?:https?:\/\/)?(?:[a-z0-9-]{1,40}\.)?(?:hl7\.org|loinc\.org|snomed\.info|unitsofmeasure\.org|nucc\.org|ihe\.net|dicom\.nema\.org|nlm\.nih\.gov|cdc\.gov|fda\.gov|cms\.gov|who\.int|w3\.org|iana\.org|ietf\.org)(?:[/:?#]|$)/i;

export function mayHaveUrl(text: string): boolean {
  return /:\/\/|ww\.|\.[a-z]/i.test(text);
}

export const findUrl: Find = (text, emit) => {
  for (const match of text.includes('://') ? matches(text, schemed) : []) {
    let start = match.index;
    while (start > 0 && match.index - start < 10 && /[A-Za-z]/.test(text.charAt(start - 1))) start--;
    if (start < match.index) found(text, start, match.index + match[0].length, emit);
  }
  for (let at = text.indexOf('.'); at !== -1; at = text.indexOf('.', at + 1)) {
    if (!isLetter(text.charCodeAt(at + 1)) || !isAlphanumeric(text.charCodeAt(at - 1))) continue;
    const ahead = after(text, at, 220);
    const [end] = domain.exec(ahead) ?? anyDomain.exec(ahead) ?? [];
    const name = end === undefined ? undefined : names.exec(before(text, at, 130))?.[1];
    if (end === undefined || name === undefined) continue;
    const start = at - name.length;
    if (domain.test(ahead) || told.test(before(text, start, 16))) found(text, start, at + end.length, emit);
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
  shapes: {
    url: [
      '«https://portal.example.org/p/123?x=1»',
      '«www.janedoe.com»',
      'see «janedoe.com/about»',
      'our site is «janedoe.no»',
    ],
  },
  checks:
    'Any scheme, www, or one of the common domains. Addresses of terminologies and standards (loinc.org, hl7.org, …) stay.',
  context: 'A domain of a country without a scheme: the word before it.',
  misses: ['see «janedoe.no/about»'],
};
