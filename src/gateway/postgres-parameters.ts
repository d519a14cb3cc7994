// Bound parameters as a policy and a reviewer read them: text as it is, binary values of well-known types as the text
// PostgreSQL would write. It must never guess: what it does not know stays `{base64}`.

import type { Json } from '../core/json.ts';
import { shortAscii } from '../wire/postgres/body.ts';
import type { BindMessage } from '../wire/postgres/extended.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const textType = 25;
const dayMs = 86_400_000;
/** 2000-01-01, where PostgreSQL's binary dates begin. */
const epochMs = 946_684_800_000;

/** By pg_type.oid, which never changes for built-in types. Null = not a value of that type. */
const texts: ReadonlyMap<number, (value: DataView) => string | null> = new Map([
  [16, (value) => (value.byteLength === 1 ? String(value.getUint8(0) !== 0) : null)],
  [21, (value) => (value.byteLength === 2 ? String(value.getInt16(0)) : null)],
  [23, (value) => (value.byteLength === 4 ? String(value.getInt32(0)) : null)],
  [26, (value) => (value.byteLength === 4 ? String(value.getUint32(0)) : null)],
  [20, (value) => (value.byteLength === 8 ? String(value.getBigInt64(0)) : null)],
  [700, (value) => (value.byteLength === 4 ? String(value.getFloat32(0)) : null)],
  [701, (value) => (value.byteLength === 8 ? String(value.getFloat64(0)) : null)],
  [2950, uuid],
  [1082, (value) => (value.byteLength === 4 ? dated(value.getInt32(0) * dayMs, '') : null)],
  [1114, (value) => moment(value, '')],
  [1184, (value) => moment(value, '+00')],
  ...[18, 19, 25, 114, 1042, 1043].map((oid): [number, (value: DataView) => string] => [oid, text]),
]);

function text(value: DataView): string {
  return utf8.decode(value);
}

function uuid(value: DataView): string | null {
  if (value.byteLength !== 16) return null;
  const hex = Buffer.from(value.buffer, value.byteOffset, 16).toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** Years of four digits; infinity and what lies further away stay as they are. */
function dated(sinceEpochMs: number, rest: string): string | null {
  const date = new Date(epochMs + sinceEpochMs);
  const year = date.getUTCFullYear();
  return year >= 1 && year <= 9999 ? `${date.toISOString().slice(0, 10)}${rest}` : null;
}

function moment(value: DataView, zone: string): string | null {
  if (value.byteLength !== 8) return null;
  const micros = value.getBigInt64(0);
  const ofSecond = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const ms = Number((micros - ofSecond) / 1000n);
  const fraction = ofSecond === 0n ? '' : `.${String(ofSecond).padStart(6, '0').replace(/0+$/, '')}`;
  const day = dated(ms, '');
  return day === null ? null : `${day} ${new Date(epochMs + ms).toISOString().slice(11, 19)}${fraction}${zone}`;
}

/** `types`: OIDs as far as they are known, by position. */
export function parametersOf(message: BindMessage, types: readonly number[]): Json[] {
  const { parameterFormats: formats, parameters } = message;
  return parameters.map((value, position) => {
    if (value === null) return null;
    const format = formats.length === 1 ? formats[0] : formats[position];
    if (format !== 1) {
      const short = shortAscii(value);
      if (short !== null) return short;
    }
    // Text that is not UTF-8 is the server's to refuse: its error is the client's own.
    return read(value, format === 1 ? (types[position] ?? 0) : textType) ?? { base64: value.toString('base64') };
  });
}

function read(value: Buffer, typeOid: number): string | null {
  try {
    return texts.get(typeOid)?.(new DataView(value.buffer, value.byteOffset, value.byteLength)) ?? null;
  } catch {
    return null;
  }
}
