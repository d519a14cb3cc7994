// Values of composite types (record_out, record_send of rowtypes.c): each field is masked by its own mask. A value with other
// fields than the type has is not read.

import { ByteSink } from './byte-sink.ts';
import { isSpace, quoted, unquotedAt } from './text-syntax.ts';
import { ByteSource, Unreadable, type ValueMask } from './value-mask.ts';

/** A mask a field; null = the field stays. */
export type FieldMasks = readonly (ValueMask | null)[];

const [open, close, comma, quote, backslash] = [0x28, 0x29, 0x2c, 0x22, 0x5c];

export function binaryRecord(fields: FieldMasks): ValueMask {
  return (value) => {
    const source = new ByteSource(value);
    const sink = new ByteSink(value.length);
    if (source.int32() !== fields.length) throw new Unreadable('another number of fields');
    sink.int32(fields.length);
    let changed = false;
    for (const mask of fields) {
      sink.int32(source.int32()); // the field's type
      const plain = source.sized();
      const masked = mask === null || plain === null ? plain : mask(plain);
      changed ||= masked !== plain;
      sink.sized(masked);
    }
    source.end();
    return changed ? sink.result() : value;
  };
}

export function textRecord(fields: FieldMasks): ValueMask {
  return (value) => {
    if (value[0] !== open) throw new Unreadable('no record');
    const sink = new ByteSink(value.length + 16);
    let [at, changed] = [0, false];
    for (const mask of fields) {
      if (value[at] !== (at === 0 ? open : comma)) throw new Unreadable('another number of fields');
      sink.byte(value[at] ?? 0);
      const [plain, next] = unquotedAt(value, at + 1, endsField);
      at = next;
      const masked = mask === null || plain === null ? plain : mask(plain);
      changed ||= masked !== plain;
      if (masked !== null) sink.bytes(fieldText(masked));
    }
    if (fields.length === 0) {
      at = 1;
      sink.byte(open);
    }
    if (value[at] !== close || at + 1 !== value.length) throw new Unreadable('another number of fields');
    sink.byte(close);
    return changed ? sink.result() : value;
  };
}

function endsField(byte: number): boolean {
  return byte === comma || byte === close;
}

function fieldText(value: Uint8Array): Uint8Array {
  const special = (byte: number): boolean =>
    byte === quote || byte === backslash || byte === open || byte === close || byte === comma || isSpace(byte);
  return value.length > 0 && !value.some(special) ? value : quoted(value, null);
}
