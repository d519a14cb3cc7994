// The rows inside CopyData, as COPY TO STDOUT writes them in text, csv and binary format: taken apart, values replaced, put
// together again. A row may be spread over messages; what does not parse is malformed and goes no further.
// INVARIANT: a row that does not have exactly the planned columns is refused, never passed on.

import type { CopyFormat } from '../../core/copy-format.ts';
import type { Abridgement } from './abridgement.ts';
import { encodeCopyData } from './copy.ts';
import { copyAbridgement } from './copy-abridgement.ts';
import {
  backslash,
  type CsvFormat,
  escapedText,
  headerEnd,
  type LineFormat,
  newline,
  quotedCsv,
  type TextFormat,
  unescapedByte,
} from './copy-syntax.ts';
import type { RowPlan } from './data-row.ts';
import { malformed } from './protocol-error.ts';
import { isAbridgeable } from './row-abridgement.ts';

/** A value as it stands between delimiters, and what it means. */
interface Field {
  readonly raw: Buffer;
  readonly value: Buffer | null;
}

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

  /**
   * How the next CopyData, which is longer than `bytesMax`, is cut down to be pushed; null = not at all: it begins within a row, or all
   * of its values are needed.
   */
  abridgement(bytesMax: number): Abridgement | null {
    const isLine = this.#headed || this.#format.kind === 'binary';
    if (this.#rest.length > 0 || !isLine || !isAbridgeable(this.#plan)) return null;
    return copyAbridgement(this.#format, this.#plan, this.#headed, bytesMax);
  }

  /** At CopyDone. @throws ProtocolError when a row is not whole */
  end(): void {
    if (this.#rest.length > 0 || (this.#format.kind === 'binary' && !this.#ended)) malformed('CopyData');
  }

  /** One line of text or csv: `end` behind its newline; `out` null = left out. */
  #written(bytes: Buffer, from: number, format: LineFormat): { end: number; out: Buffer | null } | null {
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

interface Line {
  readonly fields: readonly Field[];
  readonly end: number;
}

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

function unescaped(raw: Buffer): Buffer {
  if (!raw.includes(backslash)) return raw;
  const out = Buffer.allocUnsafe(raw.length);
  let length = 0;
  for (let at = 0; at < raw.length; at++) {
    let byte = raw[at] ?? 0;
    if (byte === backslash && at + 1 < raw.length) {
      byte = unescapedByte(raw[++at] ?? 0);
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
  let quoted = false;
  let inside = false;
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at];
    if (inside) {
      const next = bytes[at + 1];
      if (byte === escape && next === undefined) return null;
      if (byte === escape && (next === quote || next === escape)) at++;
      else if (byte === quote) inside = false;
    } else if (byte === quote) {
      inside = true;
      quoted = true;
    } else if (byte === delimiter || byte === newline) {
      const raw = bytes.subarray(start, at);
      fields.push({ raw, value: quoted ? unquoted(raw, format) : raw.equals(nullText) ? null : raw });
      [start, quoted] = [at + 1, false];
      if (byte === newline) return { fields, end: start };
    }
  }
  return null;
}

function unquoted(raw: Buffer, format: CsvFormat): Buffer {
  const [quote, escape] = [format.quote, format.escape].map((each) => each.charCodeAt(0));
  const out = Buffer.allocUnsafe(raw.length);
  let length = 0;
  let inside = false;
  for (let at = 0; at < raw.length; at++) {
    let byte = raw[at] ?? 0;
    const next = raw[at + 1];
    if (inside && byte === escape && (next === quote || next === escape)) byte = raw[++at] ?? 0;
    else if (byte === quote) {
      inside = !inside;
      continue;
    }
    out[length++] = byte;
  }
  return out.subarray(0, length);
}

function rewritten(value: Uint8Array | null, field: Field, format: LineFormat): Buffer {
  if (value === null) return Buffer.from(format.nullText);
  const bytes = Buffer.from(value);
  if (format.kind === 'csv') return quotedCsv(bytes, format);
  return field.value?.equals(bytes) ? field.raw : escapedText(bytes, format);
}
