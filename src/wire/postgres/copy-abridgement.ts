// A long CopyData cut down, as COPY TO STDOUT writes it: one row in text or csv, or one tuple, with the header of the format or
// without. Values whose masks can do without them are not held; the row that comes out is taken apart like any other.

import type { CopyFormat } from '../../core/copy-format.ts';
import type { StandIn } from '../../core/stand-in.ts';
import { AbridgedMessage, type Abridgement } from './abridgement.ts';
import {
  backslash,
  escapedText,
  headerEnd,
  type LineFormat,
  newline,
  quotedCsv,
  unescapedByte,
} from './copy-syntax.ts';
import type { RowPlan } from './data-row.ts';
import { malformed } from './protocol-error.ts';
import { RowAbridgement } from './row-abridgement.ts';

/** What a field may be written with more than it was: two quotes, or a backslash. */
const fieldSyntaxBytesMax = 2;

/**
 * `headed`: the header of the format has been there. INVARIANT: a row that need not be cut down could be: a byte more or less of what
 * is left out decides nothing.
 */
export function copyAbridgement(format: CopyFormat, plan: RowPlan, headed: boolean, bytesMax: number): Abridgement {
  const out = new AbridgedMessage('d', bytesMax, format.kind === 'binary' ? 0 : fieldSyntaxBytesMax * plan.length);
  if (format.kind !== 'binary') return new LineAbridgement(out, format, plan);
  const tuple = new RowAbridgement(out, plan);
  return headed ? tuple : new HeadedAbridgement(out, tuple);
}

/** The header and the first tuple, which PostgreSQL sends together. */
class HeadedAbridgement implements Abridgement {
  readonly #out: AbridgedMessage;
  readonly #tuple: RowAbridgement;
  /** Null = it is whole. */
  #header: Buffer | null = Buffer.alloc(0);

  constructor(out: AbridgedMessage, tuple: RowAbridgement) {
    this.#out = out;
    this.#tuple = tuple;
  }

  push(piece: Buffer): void {
    if (!this.#header) return this.#tuple.push(piece);
    const bytes = Buffer.concat([this.#header, piece]);
    this.#out.expect(bytes.length);
    const end = headerEnd(bytes, 0);
    this.#header = end === null ? bytes : null;
    if (end === null) return;
    this.#out.bytes(bytes.subarray(0, end));
    this.#tuple.push(bytes.subarray(end));
  }

  end(): Buffer {
    return this.#tuple.end();
  }
}

/** A line of text or csv. */
class LineAbridgement implements Abridgement {
  readonly #out: AbridgedMessage;
  readonly #format: LineFormat;
  readonly #plan: RowPlan;
  readonly #delimiter: number;
  /** −1 in text. */
  readonly #quote: number;
  readonly #escape: number;
  readonly #nullText: Buffer;
  #column = 0;
  #ended = false;
  #standIn: StandIn | null = null;
  /** What has been read of the value for its stand-in, and not been given to it. */
  #value: Buffer = Buffer.alloc(0);
  #valueBytes = 0;
  /** The byte before was an escape, of which the next says what it means. */
  #escaped = false;
  #inQuotes = false;
  #quoted = false;
  /** How the field is written: its length, and as much of it as may be the text for NULL. */
  #rawBytes = 0;
  readonly #raw: Buffer;

  constructor(out: AbridgedMessage, format: LineFormat, plan: RowPlan) {
    this.#out = out;
    this.#format = format;
    this.#plan = plan;
    this.#delimiter = format.delimiter.charCodeAt(0);
    this.#quote = format.kind === 'csv' ? format.quote.charCodeAt(0) : -1;
    this.#escape = format.kind === 'csv' ? format.escape.charCodeAt(0) : backslash;
    this.#nullText = Buffer.from(format.nullText);
    this.#raw = Buffer.alloc(this.#nullText.length);
    this.#beginField();
  }

  push(piece: Buffer): void {
    // An escape of the piece before may turn out to stand for itself.
    if (this.#value.length <= piece.length) this.#value = Buffer.allocUnsafe(piece.length + 1);
    let from = 0;
    for (let at = 0; at < piece.length; at++) {
      if (this.#ended) malformed('CopyData');
      const byte = piece[at] ?? 0;
      if (this.#isOfField(byte)) {
        if (this.#rawBytes < this.#raw.length) this.#raw[this.#rawBytes] = byte;
        this.#rawBytes++;
      } else {
        this.#give(piece.subarray(from, at));
        this.#endField(byte);
        from = at + 1;
      }
    }
    this.#give(piece.subarray(from));
  }

  end(): Buffer {
    if (!this.#ended) malformed('CopyData');
    return this.#out.finish();
  }

  /** `raw`: what the field has in this piece, or what stood before its end. */
  #give(raw: Buffer): void {
    if (this.#standIn) this.#standIn.push(this.#value.subarray(0, this.#valueBytes));
    else this.#out.bytes(raw);
    this.#valueBytes = 0;
  }

  /** Reads the byte, unless it ends the field. */
  #isOfField(byte: number): boolean {
    if (this.#quote === -1) {
      if (this.#escaped) {
        this.#escaped = false;
        this.#read(unescapedByte(byte));
      } else if (byte === backslash) this.#escaped = true;
      else if (this.#isEnd(byte)) return false;
      else this.#read(byte);
      return true;
    }
    if (this.#escaped) {
      this.#escaped = false;
      if (byte === this.#quote || byte === this.#escape) {
        this.#read(byte);
        return true;
      }
      if (this.#escape === this.#quote) this.#inQuotes = false;
      else this.#read(this.#escape);
    }
    if (this.#inQuotes) {
      if (byte === this.#escape) this.#escaped = true;
      else if (byte === this.#quote) this.#inQuotes = false;
      else this.#read(byte);
    } else if (byte === this.#quote) {
      this.#inQuotes = true;
      this.#quoted = true;
    } else if (this.#isEnd(byte)) return false;
    else this.#read(byte);
    return true;
  }

  #isEnd(byte: number): boolean {
    return byte === this.#delimiter || byte === newline;
  }

  #read(byte: number): void {
    this.#value[this.#valueBytes++] = byte;
  }

  #beginField(): void {
    const rewrite = this.#plan[this.#column];
    if (rewrite === undefined) malformed('CopyData');
    this.#standIn = rewrite?.standIn?.() ?? null;
    this.#rawBytes = 0;
    this.#quoted = false;
  }

  #endField(by: number): void {
    if (this.#standIn) {
      const value = this.#isNull() ? null : (this.#standIn.end() ?? this.#out.refuse());
      this.#out.bytes(value === null ? this.#nullText : this.#written(value));
    }
    this.#out.byte(by);
    this.#column++;
    if (by !== newline) return this.#beginField();
    if (this.#column !== this.#plan.length) malformed('CopyData');
    this.#ended = true;
  }

  /** Nothing at all in text may be either. */
  #isNull(): boolean {
    if (this.#rawBytes !== this.#nullText.length || !this.#raw.equals(this.#nullText)) return false;
    return this.#format.kind === 'csv' ? !this.#quoted : this.#rawBytes > 0;
  }

  /**
   * INVARIANT: a stand-in is not taken for NULL, whatever the client has chosen to stand for that: it is empty, begins as a document
   * does, or is the value itself.
   */
  #written(value: Uint8Array): Buffer {
    if (this.#format.kind === 'csv') return quotedCsv(value, this.#format);
    const raw = escapedText(value, this.#format);
    return raw.length > 0 && raw.equals(this.#nullText) ? Buffer.concat([Buffer.of(backslash), raw]) : raw;
  }
}
