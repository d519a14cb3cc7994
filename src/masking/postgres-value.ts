// One cell of a PostgreSQL result, text or binary, masked in its own type. What does not parse, and every type that
// has no honest mask, becomes NULL.
// INVARIANT: never throws, and never gives back a protected value because something went wrong.

import type { Json } from '../core/json.ts';
import { type Classification, covers, type Operator, type PhiClass } from '../core/phi.ts';
import { type CivilDate, civilFromDays, daysFromCivil } from './civil-date.ts';
import { maskJson } from './json.ts';
import type { MaskView } from './mask.ts';
import { ageCap, operatorFor, shiftDays, tokenOf } from './operators.ts';
import { applyOperator, scanText, type Tally, tally } from './text.ts';

/** Null in, null out. The result is in the format the cell came in. */
export type CellMasker = (value: Uint8Array | null) => Uint8Array | null;

export interface CellColumn {
  /** pg_type.oid as RowDescription names it. */
  readonly typeOid: number;
  /** 0 text, 1 binary. */
  readonly format: 0 | 1;
  /** `derived`: computed from protected columns, so nothing but a whole mask will do. */
  readonly classification: Classification | 'derived';
  /** Run the detectors over clear text as a tripwire. */
  readonly scanClear?: boolean;
}

// pg_type.dat of PostgreSQL; built-in oids never change.
const stringOids: ReadonlySet<number> = new Set([18, 19, 25, 705, 1042, 1043]);
const integerBytes: ReadonlyMap<number, number> = new Map([
  [21, 2],
  [23, 4],
  [20, 8],
]);
const oids = { json: 114, jsonb: 3802, date: 1082, timestamp: 1114, timestamptz: 1184, charOne: 18 } as const;

/** 2000-01-01, the epoch of PostgreSQL's binary dates, in days since 1970-01-01. */
const postgresEpochDays = 10_957;
const dayMicros = 86_400_000_000n;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** A masker made once per column. Null = leave every value as it is. */
export function columnMasker(column: CellColumn, view: MaskView, counts?: Tally): CellMasker | null {
  const { classification } = column;
  if (view.unmask === 'all') return null;
  if (classification === 'clear') return column.scanClear === true ? tripwire(column, view, counts) : null;
  if (classification === 'derived' || classification === 'unknown') return wholeMask(column, classification, counts);
  if (covers(view.unmask, classification)) return null;

  const operator = operatorFor(classification, view.rules);
  if (stringOids.has(column.typeOid)) {
    return onText((text) => fitted(applyOperator(text, classification, operator, view, counts), column.typeOid));
  }
  const mask = typedMask(column, classification, operator, view, counts);
  return (value) => {
    if (value === null) return null;
    const masked = attempt(() => mask(value));
    // JSON counts what it finds inside by itself.
    if (!isJson(column.typeOid) || operator !== 'scan') tally(counts, classification);
    return masked;
  };
}

/** One cell; prefer columnMasker for more than one. */
export function maskValue(
  value: Uint8Array | null,
  column: CellColumn,
  view: MaskView,
  counts?: Tally,
): Uint8Array | null {
  const mask = columnMasker(column, view, counts);
  return mask === null ? value : mask(value);
}

function tripwire(column: CellColumn, view: MaskView, counts: Tally | undefined): CellMasker | null {
  if (stringOids.has(column.typeOid)) return onText((text) => scanText(text, view, counts));
  if (!isJson(column.typeOid)) return null;
  return (value) => value && attempt(() => onJson(value, column, (json) => maskJson(json, view, counts)));
}

function wholeMask(column: CellColumn, cls: 'derived' | 'unknown', counts: Tally | undefined): CellMasker {
  const token = stringOids.has(column.typeOid) ? fitted(tokenOf('masked'), column.typeOid) : null;
  const bytes = token === null ? null : encoder.encode(token);
  return (value) => {
    if (value === null) return null;
    tally(counts, cls);
    return bytes;
  };
}

/** The internal type "char" holds one byte: no token fits. */
function fitted(token: string | null, typeOid: number): string | null {
  return typeOid === oids.charOne ? null : token;
}

type BytesMask = (value: Uint8Array) => Uint8Array | null;

function typedMask(
  column: CellColumn,
  cls: PhiClass,
  operator: Operator,
  view: MaskView,
  counts: Tally | undefined,
): BytesMask {
  const { typeOid, format } = column;
  if (isJson(typeOid)) {
    if (operator === 'scan') return (value) => onJson(value, column, (json) => maskJson(json, view, counts));
    if (operator === 'null' || operator === 'drop') return () => null;
    return (value) => onJson(value, column, () => tokenOf(cls));
  }
  if (typeOid === oids.date || typeOid === oids.timestamp || typeOid === oids.timestamptz) {
    const move = dateMove(operator, view);
    if (move === null) return () => null;
    return format === 1 ? binaryDate(typeOid, move) : textDate(typeOid, move);
  }
  const width = integerBytes.get(typeOid);
  if (width !== undefined && operator === 'age90') return cappedInteger(width, format);
  return () => null;
}

/** What an operator does to a date, keeping the time of day or not; null = no date survives it. */
interface DateMove {
  readonly day: (date: CivilDate) => CivilDate;
  readonly keepsTime: boolean;
}

function dateMove(operator: Operator, view: MaskView): DateMove | null {
  if (operator === 'year') return { day: (date) => ({ year: date.year, month: 1, day: 1 }), keepsTime: false };
  if (operator !== 'shift') return null;
  const days = shiftDays(view.key);
  return { day: (date) => civilFromDays(daysFromCivil(date) + days), keepsTime: true };
}

/** ISO DateStyle only (the gate pins it); infinity and BC have no year to show. */
function textDate(typeOid: number, move: DateMove): BytesMask {
  return (value) => {
    const match = /^(\d{4,6})-(\d{2})-(\d{2})(?: (\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?))?([+-]\d{2}(?::\d{2}){0,2})?$/.exec(
      utf8.decode(value),
    );
    if (!match) return null;
    const moved = move.day({ year: Number(match[1]), month: Number(match[2]), day: Number(match[3]) });
    if (moved.year < 1) return null;
    const two = (part: number): string => String(part).padStart(2, '0');
    const day = `${String(moved.year).padStart(4, '0')}-${two(moved.month)}-${two(moved.day)}`;
    if (typeOid === oids.date) return encoder.encode(day);
    const time = move.keepsTime ? (match[4] ?? '00:00:00') : '00:00:00';
    return encoder.encode(`${day} ${time}${typeOid === oids.timestamptz ? (match[5] ?? '') : ''}`);
  };
}

/** date: int4 days since 2000-01-01; timestamp(tz): int8 µs since 2000-01-01 00:00 (UTC for tz). */
function binaryDate(typeOid: number, move: DateMove): BytesMask {
  return (value) => {
    const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
    const result = new DataView(new ArrayBuffer(value.byteLength));
    if (typeOid === oids.date) {
      const days = view.getInt32(0);
      if (value.byteLength !== 4 || days === 2_147_483_647 || days === -2_147_483_648) return null;
      result.setInt32(0, movedDays(days, move));
    } else {
      const micros = view.getBigInt64(0);
      if (value.byteLength !== 8 || micros === 2n ** 63n - 1n || micros === -(2n ** 63n)) return null;
      const timeOfDay = ((micros % dayMicros) + dayMicros) % dayMicros;
      const days = Number((micros - timeOfDay) / dayMicros);
      result.setBigInt64(0, BigInt(movedDays(days, move)) * dayMicros + (move.keepsTime ? timeOfDay : 0n));
    }
    return new Uint8Array(result.buffer);
  };
}

function movedDays(days: number, move: DateMove): number {
  const moved = daysFromCivil(move.day(civilFromDays(days + postgresEpochDays))) - postgresEpochDays;
  if (!Number.isInteger(moved)) throw new RangeError('beyond the calendar');
  return moved;
}

function cappedInteger(width: number, format: 0 | 1): BytesMask {
  return (value) => {
    if (format === 0) {
      const text = utf8.decode(value);
      if (!/^-?\d{1,19}$/.test(text)) return null;
      return BigInt(text) >= BigInt(ageCap) ? encoder.encode(String(ageCap)) : value;
    }
    if (value.byteLength !== width) return null;
    const view = new DataView(value.buffer, value.byteOffset, width);
    const age = width === 2 ? view.getInt16(0) : width === 4 ? view.getInt32(0) : view.getBigInt64(0);
    if (age < ageCap) return value;
    const capped = new Uint8Array(width);
    capped[width - 1] = ageCap;
    return capped;
  };
}

/** Binary jsonb is the text after a version byte, 1. */
function onJson(value: Uint8Array, column: CellColumn, mask: (json: Json) => Json): Uint8Array | null {
  const versioned = column.typeOid === oids.jsonb && column.format === 1;
  if (versioned && value[0] !== 1) return null;
  const json: Json = JSON.parse(utf8.decode(versioned ? value.subarray(1) : value));
  const masked = encoder.encode(JSON.stringify(mask(json)));
  if (!versioned) return masked;
  const framed = new Uint8Array(masked.length + 1);
  framed[0] = 1;
  framed.set(masked, 1);
  return framed;
}

function isJson(typeOid: number): boolean {
  return typeOid === oids.json || typeOid === oids.jsonb;
}

function onText(mask: (text: string) => string | null): CellMasker {
  return (value) => {
    if (value === null) return null;
    return attempt(() => {
      const text = utf8.decode(value);
      const masked = mask(text);
      if (masked === text) return value;
      return masked === null ? null : encoder.encode(masked);
    });
  };
}

/** Whatever cannot be read (bad UTF-8, bad JSON, short binary) is not shown. */
function attempt(mask: () => Uint8Array | null): Uint8Array | null {
  try {
    return mask();
  } catch {
    return null;
  }
}
