// What the text formats of arrays, records and ranges have in common: white space and quotes.

import { Unreadable } from './value-mask.ts';

const quote = 0x22;
const backslash = 0x5c;

/** Space, \t, \n, \v, \f, \r: what PostgreSQL quotes a value for. */
export function isSpace(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
}

/** In double quotes. Quotes and backslashes inside get `escape` in front; null = they are doubled. */
export function quoted(value: Uint8Array, escape: number | null): Uint8Array {
  const result = new Uint8Array(value.length * 2 + 2);
  let length = 0;
  result[length++] = quote;
  for (const byte of value) {
    if (byte === quote || byte === backslash) result[length++] = escape ?? byte;
    result[length++] = byte;
  }
  result[length++] = quote;
  return result.subarray(0, length);
}

/**
 * A field of a record or a bound of a range, up to the character that ends it, and where that stands. Nothing at all is null.
 * Quotes inside may be doubled or escaped.
 */
export function unquotedAt(
  value: Uint8Array,
  start: number,
  isEnd: (byte: number) => boolean,
): [Uint8Array | null, number] {
  let [end, inQuotes, bare] = [start, false, true];
  for (; end < value.length; end++) {
    const byte = value[end] ?? 0;
    if (!inQuotes && isEnd(byte)) break;
    if (byte === quote || byte === backslash) bare = false;
    if (byte === quote) inQuotes = !inQuotes;
    if (byte === backslash) end += 1;
  }
  if (end >= value.length) throw new Unreadable('cut short');
  if (bare) return [end === start ? null : value.subarray(start, end), end];
  return [withoutQuotes(value.subarray(start, end)), end];
}

function withoutQuotes(value: Uint8Array): Uint8Array {
  const inner = new Uint8Array(value.length);
  let [length, inQuotes] = [0, false];
  for (let at = 0; at < value.length; at++) {
    let byte = value[at] ?? 0;
    if (byte === quote) {
      if (!inQuotes || value[at + 1] !== quote) {
        inQuotes = !inQuotes;
        continue;
      }
      at += 1;
    } else if (byte === backslash) {
      byte = value[++at] ?? 0;
    }
    inner[length++] = byte;
  }
  return inner.subarray(0, length);
}
