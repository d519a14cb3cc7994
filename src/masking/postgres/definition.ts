// SQL text the catalog writes down (constraints, indexes, views, defaults): the shape stays, the literals go, since anything
// may stand in them. INVARIANT: what is not surely an identifier, an operator or a short number is a literal.

import type { ValueMask } from './value-mask.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** Names of sequences and types, not data: what a default or a cast needs to be read by a tool. */
const nameOfCatalog = /^::(?:pg_catalog\.)?reg(?:class|type)\b/;

/** Positions and lengths are short; what names somebody is not. */
const digitsShown = 4;

/** Of text types, in both formats. */
export const definitionMask: ValueMask = (value) => encoder.encode(withoutLiterals(utf8.decode(value)));

/** Whether it can be nothing but the name of a column, or a keyword. */
export function isName(value: Uint8Array): boolean {
  return /^[\p{L}_][\p{L}\p{N}_$]*$/u.test(utf8.decode(value));
}

/** What the server says of its own objects, of which the detectors take a word for a name. */
export function isOfServer(comment: Uint8Array): boolean {
  return /^(?:configuration for|snowball stemmer for) [a-z]+ language$/.test(utf8.decode(comment));
}

/** A quoted name stays; strings, dollar-quoted bodies, comments, long numbers and bit strings are taken out. */
export function withoutLiterals(sql: string): string {
  const token =
    /"(?:[^"]|"")*(?:"|$)|[eE]'(?:[^'\\]|\\[^]|'')*(?:'|$)|'(?:[^']|'')*(?:'|$)|\$([A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$[^]*?(?:\$\1\$|$)|--[^\n]*|\/\*[^]*?(?:\*\/|$)|[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*|\d[\w.]*/g;
  return sql.replace(token, (found, _tag, at: number) => {
    const first = found[0] ?? '';
    if (first === '"') return found;
    if (first === '-' || first === '/') return '';
    if (first === '$') return '$$[masked]$$';
    if (first === "'" || /^[eE]'/.test(found))
      return nameOfCatalog.test(sql.slice(at + found.length)) ? found : "'[masked]'";
    if (/\d/.test(first)) return found.replace(/\D/g, '').length > digitsShown ? '0' : found;
    return found;
  });
}
