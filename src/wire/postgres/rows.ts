// RowDescription and DataRow, value by value. Rows on the hot path go through data-row.ts instead.

import { BodyReader, decodeText, MessageWriter } from './body.ts';
import { malformed } from './protocol-error.ts';

/** One field of RowDescription ('T'). */
export interface FieldDescription {
  readonly name: string;
  /** 0 and 0 when the column is not one of a table. */
  readonly tableOid: number;
  readonly attnum: number;
  readonly typeOid: number;
  /** pg_type.typlen: negative = variable. */
  readonly typeSize: number;
  readonly typeModifier: number;
  /** 0 text, 1 binary; of a described statement always 0, as Bind has not chosen yet. */
  readonly format: 0 | 1;
}

export function decodeRowDescription(body: Buffer): FieldDescription[] {
  const reader = new BodyReader(body, 'RowDescription');
  const fields = Array.from({ length: reader.count() }, () => ({
    name: reader.cString(),
    tableOid: reader.uint32(),
    attnum: reader.int16(),
    typeOid: reader.uint32(),
    typeSize: reader.int16(),
    typeModifier: reader.int32(),
    format: reader.format(),
  }));
  reader.end();
  return fields;
}

export function encodeRowDescription(fields: readonly FieldDescription[]): Buffer {
  const writer = new MessageWriter('T').count(fields.length);
  for (const field of fields) {
    writer.cString(field.name).uint32(field.tableOid).int16(field.attnum).uint32(field.typeOid);
    writer.int16(field.typeSize).int32(field.typeModifier).int16(field.format);
  }
  return writer.finish();
}

/** 'D'. Null = NULL. */
export function decodeDataRow(body: Buffer): (Buffer | null)[] {
  const reader = new BodyReader(body, 'DataRow');
  const values = Array.from({ length: reader.count() }, () => reader.value());
  reader.end();
  return values;
}

/**
 * 'D', all of it text. Null = NULL.
 * @throws ProtocolError `malformed` also for what is not UTF-8
 */
export function decodeTextRow(body: Buffer): (string | null)[] {
  // Most text is ASCII, which can be cut out of the message as a whole.
  const bytes = body.toString('latin1');
  const reader = new BodyReader(body, 'DataRow');
  const values = Array.from({ length: reader.count() }, () => {
    const length = reader.int32();
    if (length === -1) return null;
    const from = length < 0 ? malformed('DataRow') : reader.skip(length);
    const text = bytes.slice(from, from + length);
    return beyondAscii.test(text) ? decodeText(body.subarray(from, from + length), 'DataRow') : text;
  });
  reader.end();
  return values;
}

const beyondAscii = /[\x80-\xff]/;

export function encodeDataRow(values: readonly (Uint8Array | null)[]): Buffer {
  const writer = new MessageWriter('D').count(values.length);
  for (const value of values) writer.value(value);
  return writer.finish();
}
