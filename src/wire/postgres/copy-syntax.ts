// How COPY writes values (PostgreSQL, COPY, "File Formats"): escapes of text, quotes of csv, the header of the binary format.

import type { CopyFormat } from '../../core/copy-format.ts';
import { malformed } from './protocol-error.ts';

export type TextFormat = Extract<CopyFormat, { kind: 'text' }>;
export type CsvFormat = Extract<CopyFormat, { kind: 'csv' }>;
export type LineFormat = TextFormat | CsvFormat;

export const newline = 0x0a;
export const backslash = 0x5c;

const signature = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');

/** Where the header that begins at `from` ends; null = it is not whole. @throws ProtocolError where it is none */
export function headerEnd(bytes: Buffer, from: number): number | null {
  const fixed = from + signature.length + 8;
  if (bytes.length < fixed) return null;
  const flags = bytes.readUInt32BE(from + signature.length);
  if (!bytes.subarray(from, from + signature.length).equals(signature) || flags !== 0) malformed('CopyData');
  const end = fixed + bytes.readUInt32BE(fixed - 4);
  return bytes.length < end ? null : end;
}

/** What the letters behind a backslash stand for; any other character stands for itself. */
const escapes: ReadonlyMap<number, number> = new Map(
  ['b\b', 'f\f', 'n\n', 'r\r', 't\t', 'v\v'].map((pair) => [pair.charCodeAt(0), pair.charCodeAt(1)]),
);
const letterOf: ReadonlyMap<number, number> = new Map([...escapes].map(([letter, byte]) => [byte, letter]));

/** What the byte behind a backslash stands for. */
export function unescapedByte(byte: number): number {
  return escapes.get(byte) ?? byte;
}

export function escapedText(bytes: Uint8Array, format: TextFormat): Buffer {
  const delimiter = format.delimiter.charCodeAt(0);
  const out = Buffer.allocUnsafe(2 * bytes.length);
  let length = 0;
  for (const byte of bytes) {
    const letter = letterOf.get(byte);
    if (letter !== undefined || byte === backslash || byte === delimiter) out[length++] = backslash;
    out[length++] = letter ?? byte;
  }
  return out.subarray(0, length);
}

/**
 * INVARIANT: whether the server had to quote the value (for a delimiter or NULL the client chose) is not told, nor whether it is its
 * own mask: all are quoted.
 */
export function quotedCsv(bytes: Uint8Array, format: CsvFormat): Buffer {
  const [quote = 0, escape = 0] = [format.quote, format.escape].map((each) => each.charCodeAt(0));
  const out = Buffer.allocUnsafe(2 * bytes.length + 2);
  let length = 0;
  out[length++] = quote;
  for (const byte of bytes) {
    if (byte === quote || byte === escape) out[length++] = escape;
    out[length++] = byte;
  }
  out[length++] = quote;
  return out.subarray(0, length);
}
