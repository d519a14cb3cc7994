// The rows inside CopyData, as COPY TO STDOUT writes them in text, csv and binary format: taken apart, values replaced, put
// together again. A row may be spread over messages; what does not parse is malformed and goes no further.
// INVARIANT: a row that does not have exactly the planned columns is refused, never passed on.

import type { CopyFormat } from '../../core/copy-format.ts';
import { encodeCopyData } from './copy.ts';
import type { RowPlan } from './data-row.ts';
import { malformed } from './protocol-error.ts';

/** A value as it stands between delimiters, and what it means. */
interface Field {
  readonly raw: Buffer;
  readonly value: Buffer | null;
}

const newline = 0x0a;
const backslash = 0x5c;

export class CopyRows {
  readonly #format: CopyFormat;
  readonly #plan: RowPlan;
  readonly #admitRow: () => boolean;
  #rest: Buffer = Buffer.alloc(0);
  #headed: boolean;
  #ended = false;

  /** `admitRow` is asked once a row, in order: false = it is left out. */
  constructor(format: CopyFormat, plan: RowPlan, admitRow: () => boolean) {
    this.#format = format;
    this.#plan = plan;
    this.#admitRow = admitRow;
    this.#headed = format.kind !== 'binary' && !format.header;
  }

  /** Takes the body of one CopyData; gives the messages of the rows that are whole now. @throws ProtocolError */
  push(data: Buffer): Buffer {
    const bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, data]) : data;
    const rows: Buffer[] = [];
    let at = 0;
    for (;;) {
      const row = this.#format.kind === 'binary' ? this.#binary(bytes, at) : this.#written(bytes, at, this.#format);
      if (!row) break;
      at = row.end;
      if (row.out) rows.push(encodeCopyData(row.out));
    }
    this.#rest = bytes.subarray(at);
    return rows.length === 1 && rows[0] ? rows[0] : Buffer.concat(rows);
  }

  /** At CopyDone. @throws ProtocolError when a row is not whole */
  end(): void {
    if (this.#rest.length > 0 || (this.#format.kind === 'binary' && !this.#ended)) malformed('CopyData');
  }

  /** One line of text or csv: `end` behind its newline; `out` null = left out. */
  #written(
    bytes: Buffer,
    from: number,
    format: Exclude<CopyFormat, { kind: 'binary' }>,
  ): { end: number; out: Buffer | null } | null {
    const line = format.kind === 'text' ? textLine(bytes, from, format) : csvLine(bytes, from, format);
    if (!line) return null;
    const whole = bytes.subarray(from, line.end);
    if (!this.#headed) {
      this.#headed = true;
      return { end: line.end, out: whole };
    }
    const { fields } = line;
    // COPY of a relation without columns writes empty lines.
    const empty = this.#plan.length === 0 && fields.length === 1 && fields[0]?.raw.length === 0;
    if (fields.length !== this.#plan.length && !empty) malformed('CopyData');
    if (!this.#admitRow()) return { end: line.end, out: null };
    const delimiter = Buffer.from(format.delimiter);
    const parts = fields.flatMap((field, at) => {
      const rewrite = this.#plan[at];
      const written = rewrite ? rewritten(rewrite(field.value), field, format) : field.raw;
      return at === 0 ? [written] : [delimiter, written];
    });
    return { end: line.end, out: Buffer.concat([...parts, Buffer.of(newline)]) };
  }

  /** Header (with what follows it), one tuple, or the trailer. */
  #binary(bytes: Buffer, from: number): { end: number; out: Buffer | null } | null {
    if (!this.#headed) {
      const end = headerEnd(bytes, from);
      if (end === null) return null;
      this.#headed = true;
      return { end, out: bytes.subarray(from, end) };
    }
    if (this.#ended) return bytes.length > from ? malformed('CopyData') : null;
    if (bytes.length - from < 2) return null;
    const count = bytes.readInt16BE(from);
    if (count === -1) {
      this.#ended = true;
      return { end: from + 2, out: bytes.subarray(from, from + 2) };
    }
    if (count !== this.#plan.length) malformed('CopyData');
    const values: (Buffer | null)[] = [];
    let at = from + 2;
    for (let column = 0; column < count; column++) {
      if (bytes.length - at < 4) return null;
      const length = bytes.readInt32BE(at);
      if (length < -1) malformed('CopyData');
      at += 4;
      if (bytes.length - at < length) return null;
      values.push(length === -1 ? null : bytes.subarray(at, at + length));
      at += Math.max(0, length);
    }
    if (!this.#admitRow()) return { end: at, out: null };
    const out: Buffer[] = [bytes.subarray(from, from + 2)];
    for (const [column, value] of values.entries()) {
      const rewrite = this.#plan[column];
      const replaced = rewrite ? rewrite(value) : value;
      const header = Buffer.allocUnsafe(4);
      header.writeInt32BE(replaced ? replaced.length : -1);
      out.push(header);
      if (replaced) out.push(Buffer.from(replaced));
    }
    return { end: at, out: Buffer.concat(out) };
  }
}

const signature = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');

function headerEnd(bytes: Buffer, from: number): number | null {
  const fixed = from + signature.length + 8;
  if (bytes.length < fixed) return null;
  const flags = bytes.readUInt32BE(from + signature.length);
  if (!bytes.subarray(from, from + signature.length).equals(signature) || flags !== 0) malformed('CopyData');
  const end = fixed + bytes.readUInt32BE(fixed - 4);
  return bytes.length < end ? null : end;
}

interface Line {
  readonly fields: readonly Field[];
  readonly end: number;
}

type TextFormat = Extract<CopyFormat, { kind: 'text' }>;
type CsvFormat = Extract<CopyFormat, { kind: 'csv' }>;

function textLine(bytes: Buffer, from: number, format: TextFormat): Line | null {
  const delimiter = format.delimiter.charCodeAt(0);
  const nullText = Buffer.from(format.nullText);
  const fields: Field[] = [];
  let start = from;
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === backslash) {
      at++;
    } else if (byte === delimiter || byte === newline) {
      const raw = bytes.subarray(start, at);
      // Nothing at all may be either; what is made of it must not tell which.
      fields.push({ raw, value: raw.length > 0 && raw.equals(nullText) ? null : unescaped(raw) });
      start = at + 1;
      if (byte === newline) return { fields, end: start };
    }
  }
  return null;
}

/** What the letters behind a backslash stand for; any other character stands for itself. */
const escapes: ReadonlyMap<number, number> = new Map(
  ['b\b', 'f\f', 'n\n', 'r\r', 't\t', 'v\v'].map((pair) => [pair.charCodeAt(0), pair.charCodeAt(1)]),
);
const letterOf: ReadonlyMap<number, number> = new Map([...escapes].map(([letter, byte]) => [byte, letter]));

function unescaped(raw: Buffer): Buffer {
  if (!raw.includes(backslash)) return raw;
  const out = Buffer.allocUnsafe(raw.length);
  let length = 0;
  for (let at = 0; at < raw.length; at++) {
    let byte = raw[at] ?? 0;
    if (byte === backslash && at + 1 < raw.length) {
      byte = raw[++at] ?? 0;
      byte = escapes.get(byte) ?? byte;
    }
    out[length++] = byte;
  }
  return out.subarray(0, length);
}

/** Quotes may stand anywhere in a field; within them only the escape and the quote mean anything. */
function csvLine(bytes: Buffer, from: number, format: CsvFormat): Line | null {
  const [delimiter, quote, escape] = [format.delimiter, format.quote, format.escape].map((each) => each.charCodeAt(0));
  const nullText = Buffer.from(format.nullText);
  const fields: Field[] = [];
  let start = from;
  let value: number[] = [];
  let quoted = false;
  let inside = false;
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (inside) {
      const next = bytes[at + 1];
      if (byte === escape && next === undefined) return null;
      if (byte === escape && (next === quote || next === escape)) value.push(bytes[++at] ?? 0);
      else if (byte === quote) inside = false;
      else value.push(byte);
    } else if (byte === quote) {
      inside = true;
      quoted = true;
    } else if (byte === delimiter || byte === newline) {
      const raw = bytes.subarray(start, at);
      fields.push({ raw, value: !quoted && raw.equals(nullText) ? null : Buffer.from(value) });
      [start, value, quoted] = [at + 1, [], false];
      if (byte === newline) return { fields, end: start };
    } else {
      value.push(byte);
    }
  }
  return null;
}

function rewritten(value: Uint8Array | null, field: Field, format: TextFormat | CsvFormat): Buffer {
  if (value === null) return Buffer.from(format.nullText);
  const bytes = Buffer.from(value);
  if (format.kind === 'csv') return quotedCsv(bytes, format);
  return field.value?.equals(bytes) ? field.raw : escapedText(bytes, format);
}

function escapedText(bytes: Buffer, format: TextFormat): Buffer {
  const delimiter = format.delimiter.charCodeAt(0);
  const out: number[] = [];
  for (const byte of bytes) {
    const letter = letterOf.get(byte);
    if (letter !== undefined) out.push(backslash, letter);
    else if (byte === backslash || byte === delimiter) out.push(backslash, byte);
    else out.push(byte);
  }
  return Buffer.from(out);
}

/**
 * INVARIANT: whether the server had to quote the value (for a delimiter or NULL the client chose) is not told, nor whether it is its
 * own mask: all are quoted.
 */
function quotedCsv(bytes: Buffer, format: CsvFormat): Buffer {
  const [quote = 0, escape] = [format.quote, format.escape].map((each) => each.charCodeAt(0));
  const out: number[] = [quote];
  for (const byte of bytes) {
    if (escape !== undefined && (byte === quote || byte === escape)) out.push(escape);
    out.push(byte);
  }
  out.push(quote);
  return Buffer.from(out);
}
