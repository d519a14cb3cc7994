// Integers, numeric, floats and uuid: ages are capped, long integers keep their last four digits, pseudonyms stay in the
// type. Everything else about a number is the number.

import type { Operator, PhiClass } from '../../core/phi.ts';
import { keyedDigest } from '../keyed-digest.ts';
import type { MaskView } from '../mask.ts';
import { ageCap } from '../operators.ts';
import { toNull, type ValueMask } from './value-mask.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

const integerBytes: ReadonlyMap<string, 2 | 4 | 8> = new Map([
  ['int2', 2],
  ['int4', 4],
  ['int8', 8],
]);

/** Of any base type that is a number or a uuid; for every other, NULL. */
export function numberMask(type: string, format: 0 | 1, operator: Operator, cls: PhiClass, view: MaskView): ValueMask {
  const width = integerBytes.get(type);
  if (width !== undefined) {
    const mask = integerMask(width, operator, cls, view);
    return mask === null ? toNull : onInteger(width, format, mask);
  }
  if (type === 'uuid') return operator === 'pseudonym' ? uuidPseudonym(format, cls, view.key) : toNull;
  if (operator !== 'age90') return toNull;
  if (type === 'numeric') return format === 0 ? cappedText : cappedNumeric;
  if (type === 'float4' || type === 'float8') return format === 0 ? cappedText : cappedFloat(type === 'float4' ? 4 : 8);
  return toNull;
}

type IntegerMask = (value: bigint) => bigint | null;

function integerMask(width: 2 | 4 | 8, operator: Operator, cls: PhiClass, view: MaskView): IntegerMask | null {
  if (operator === 'age90') return (value) => (value >= BigInt(ageCap) ? BigInt(ageCap) : value);
  // As in text: fewer than eight digits are too few to keep four of them.
  if (operator === 'last4') return (value) => (value >= 10_000_000n ? value % 10_000n : null);
  if (operator !== 'pseudonym') return null;
  return (value) => {
    const code = digest(String(value), cls, view.key).readBigUInt64BE(0);
    // Positive, and never 0.
    return code & (2n ** BigInt(width * 8 - 1) - 1n) || 1n;
  };
}

function onInteger(width: 2 | 4 | 8, format: 0 | 1, mask: IntegerMask): ValueMask {
  if (format === 0) {
    return (value) => {
      const text = utf8.decode(value);
      if (!/^-?\d{1,19}$/.test(text)) return null;
      const plain = BigInt(text);
      const masked = mask(plain);
      if (masked === null) return null;
      return masked === plain ? value : encoder.encode(String(masked));
    };
  }
  return (value) => {
    if (value.byteLength !== width) return null;
    const source = new DataView(value.buffer, value.byteOffset, width);
    const plain = width === 8 ? source.getBigInt64(0) : BigInt(width === 4 ? source.getInt32(0) : source.getInt16(0));
    const masked = mask(plain);
    if (masked === null) return null;
    if (masked === plain) return value;
    const result = new DataView(new ArrayBuffer(width));
    if (width === 8) result.setBigInt64(0, masked);
    else if (width === 4) result.setInt32(0, Number(masked));
    else result.setInt16(0, Number(masked));
    return new Uint8Array(result.buffer);
  };
}

/** RFC 9562 version 8: made by us, keyed by the view. */
function uuidPseudonym(format: 0 | 1, cls: PhiClass, key: Uint8Array): ValueMask {
  return (value) => {
    const plain =
      format === 1 ? Buffer.from(value).toString('hex') : utf8.decode(value).replaceAll('-', '').toLowerCase();
    if (!/^[0-9a-f]{32}$/.test(plain)) return null;
    const code = digest(plain, cls, key).subarray(0, 16);
    code[6] = ((code[6] ?? 0) & 0x0f) | 0x80;
    code[8] = ((code[8] ?? 0) & 0x3f) | 0x80;
    if (format === 1) return new Uint8Array(code);
    const hex = code.toString('hex');
    return encoder.encode(hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'));
  };
}

function digest(plain: string, cls: PhiClass, key: Uint8Array): Buffer {
  return keyedDigest(key, `pseudonym\0${cls}\0${plain}`);
}

function cappedText(value: Uint8Array): Uint8Array | null {
  const text = utf8.decode(value);
  if (!/^-?\d{1,400}(?:\.\d{1,400})?(?:e[+-]\d{1,3})?$/.test(text)) return null;
  return Number(text) >= ageCap ? encoder.encode(String(ageCap)) : value;
}

/** numeric_send: count of base-10000 digits, weight of the first, sign, scale, digits; each an int16. */
function cappedNumeric(value: Uint8Array): Uint8Array | null {
  if (value.byteLength < 8 || value.byteLength % 2 !== 0) return null;
  const source = new DataView(value.buffer, value.byteOffset, value.byteLength);
  const [count, weight, sign] = [source.getUint16(0), source.getInt16(2), source.getUint16(4)];
  if (value.byteLength !== 8 + count * 2 || (sign !== 0 && sign !== 0x4000)) return null;
  const first = count === 0 ? 0 : source.getUint16(8);
  if (first > 9_999) return null;
  const old = sign === 0 && count > 0 && (weight > 0 || (weight === 0 && first >= ageCap));
  return old ? new Uint8Array([0, 1, 0, 0, 0, 0, 0, 0, 0, ageCap]) : value;
}

function cappedFloat(width: 4 | 8): ValueMask {
  return (value) => {
    if (value.byteLength !== width) return null;
    const source = new DataView(value.buffer, value.byteOffset, width);
    const age = width === 4 ? source.getFloat32(0) : source.getFloat64(0);
    if (!Number.isFinite(age)) return null;
    if (age < ageCap) return value;
    const result = new DataView(new ArrayBuffer(width));
    if (width === 4) result.setFloat32(0, ageCap);
    else result.setFloat64(0, ageCap);
    return new Uint8Array(result.buffer);
  };
}
