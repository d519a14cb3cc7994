// A recorded PostgreSQL answer (raw backend messages, already masked) as columns, rows and notes for people to read.
// Total: what cannot be read becomes a note, as a replay must show the rest.

import { decodeNoticeFields } from '../wire/postgres/error-fields.ts';
import { scan } from '../wire/postgres/frame.ts';
import { ProtocolError } from '../wire/postgres/protocol-error.ts';
import { decodeCommandComplete } from '../wire/postgres/query.ts';
import { decodeDataRow, decodeRowDescription, type FieldDescription } from '../wire/postgres/rows.ts';
import type { AnswerView } from './contract.ts';

/** `described`: the columns of the records before this one, for an answer that was recorded in several. */
export function answerOf(
  bytes: Uint8Array,
  described: readonly FieldDescription[] = [],
): { readonly view: AnswerView; readonly described: readonly FieldDescription[] } {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let fields = described;
  const rows: (string | null)[][] = [];
  const notes: string[] = [];
  const read = (type: string, body: Buffer): void => {
    if (type === 'T') fields = decodeRowDescription(body);
    else if (type === 'D') rows.push(decodeDataRow(body).map((value, column) => textOf(value, fields[column])));
    else if (type === 'd') rows.push([body.toString('utf8').replace(/\n$/, '')]);
    else if (type === 'C') notes.push(decodeCommandComplete(body));
    else if (type === 'E' || type === 'N') notes.push(noteOf(decodeNoticeFields(body)));
  };
  try {
    const end = scan(buffer, 0, { limit: () => Number.POSITIVE_INFINITY }, (_, type, from, to) => {
      read(String.fromCharCode(type), buffer.subarray(from + 5, to));
      return true;
    });
    if (end < buffer.length) notes.push('The rest of this answer is cut off.');
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    notes.push('The rest of this answer cannot be read.');
  }
  return { view: { columns: fields.map((field) => field.name), rows, notes }, described: fields };
}

/** A binary value as PostgreSQL writes bytea, as its type is not decoded here. */
function textOf(value: Buffer | null, field: FieldDescription | undefined): string | null {
  if (value === null) return null;
  return field?.format === 1 ? `\\x${value.toString('hex')}` : value.toString('utf8');
}

function noteOf(fields: ReadonlyMap<string, string>): string {
  return `${fields.get('V') ?? fields.get('S') ?? 'ERROR'} ${fields.get('C') ?? ''}: ${fields.get('M') ?? ''}`;
}
