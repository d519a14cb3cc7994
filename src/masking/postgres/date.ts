// Dates and timestamps, text (ISO DateStyle, which the gate pins) and binary, and the bounds of their ranges.
// infinity, BC and years of five digits have no mask; a year that tells an age over 89 is not shown (164.514(b)(2)(i)(C)).

import type { Operator } from '../../core/phi.ts';
import { type CivilDate, civilFromDays, daysFromCivil } from '../civil-date.ts';
import type { MaskView } from '../mask.ts';
import { firstYearShown, tenantShiftDays } from '../operators.ts';
import type { BoundMasks } from './range.ts';
import { isoYear } from './text.ts';
import { toNull, type ValueMask } from './value-mask.ts';

export type DateType = 'date' | 'timestamp' | 'timestamptz';

export function isDateType(name: string): name is DateType {
  return name === 'date' || name === 'timestamp' || name === 'timestamptz';
}

/** 2000-01-01, the epoch of PostgreSQL's binary dates, in days since 1970-01-01. */
const postgresEpochDays = 10_957;
const dayMicros = 86_400_000_000n;
const daySeconds = 86_400;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** What an operator does to a day, `midnight` = nothing of it has passed; null = it has no mask. */
interface DateMove {
  readonly day: (date: CivilDate, midnight: boolean) => CivilDate | null;
  readonly keepsTime: boolean;
}

export function dateMask(type: DateType, format: 0 | 1, operator: Operator, view: MaskView): ValueMask {
  const move = dateMove(operator, view);
  if (move === null) return toNull;
  const mask = maskOf(type, format, move);
  if (operator !== 'year' || type !== 'date' || format !== 0) return mask;
  const first = firstYearShown(view);
  return (value) => {
    const year = isoYear(value, first);
    return year === null ? mask(value) : firstDayOf(year);
  };
}

/** `year` moves the upper bound to the end of its year, so that no range turns empty; `shift` moves both alike. */
export function dateBounds(type: DateType, format: 0 | 1, operator: Operator, view: MaskView): BoundMasks | null {
  const move = dateMove(operator, view);
  if (move === null) return null;
  const lower = maskOf(type, format, move);
  if (operator !== 'year') return { lower, upper: lower };
  const first = firstYearShown(view);
  const upper: DateMove = {
    day: (date, midnight) => {
      if (date.year < first) return null;
      const begins = midnight && date.month === 1 && date.day === 1;
      return { year: begins ? date.year : date.year + 1, month: 1, day: 1 };
    },
    keepsTime: false,
  };
  return { lower, upper: maskOf(type, format, upper) };
}

const firstDay = encoder.encode('YYYY-01-01');

function firstDayOf(year: Uint8Array): Uint8Array {
  const day = new Uint8Array(firstDay);
  day.set(year);
  return day;
}

function dateMove(operator: Operator, view: MaskView): DateMove | null {
  if (operator === 'year') {
    const first = firstYearShown(view);
    return {
      day: ({ year }) => (year >= first ? { year, month: 1, day: 1 } : null),
      keepsTime: false,
    };
  }
  if (operator !== 'shift') return null;
  const days = view.shiftDays ?? tenantShiftDays(view.key);
  return { day: (date) => civilFromDays(daysFromCivil(date) + days), keepsTime: true };
}

function maskOf(type: DateType, format: 0 | 1, move: DateMove): ValueMask {
  if (format === 0) return textDate(type, move);
  return type === 'date' ? binaryDate(move) : binaryTimestamp(move);
}

/**
 * INVARIANT: a timestamptz is masked as the instant that it is, in UTC. Its offset in the session's zone, and the day it lies in there,
 * say on which side it is of whatever the client has set.
 */
function textDate(type: DateType, move: DateMove): ValueMask {
  return (value) => {
    const match =
      /^(\d{4})-(\d{2})-(\d{2})(?: (\d{2}):(\d{2}):(\d{2})(\.\d{1,6})?)?(?:([+-])(\d{2})(?::(\d{2}))?(?::(\d{2}))?)?$/.exec(
        utf8.decode(value),
      );
    if (!match) return null;
    const [year = 0, month = 0, day = 0, hours = 0, minutes = 0, seconds = 0] = match
      .slice(1, 7)
      .map((part) => Number(part ?? 0));
    const [aheadHours = 0, aheadMinutes = 0, aheadSeconds = 0] = match.slice(9, 12).map((part) => Number(part ?? 0));
    const ahead = (match[8] === '-' ? -1 : 1) * ((aheadHours * 60 + aheadMinutes) * 60 + aheadSeconds);
    const time = (hours * 60 + minutes) * 60 + seconds - ahead;
    const timeOfDay = ((time % daySeconds) + daySeconds) % daySeconds;
    const utcDay = civilFromDays(daysFromCivil({ year, month, day }) + (time - timeOfDay) / daySeconds);
    const moved = move.day(utcDay, timeOfDay === 0 && Number(match[7] ?? 0) === 0);
    if (moved === null || !isOfOurEra(moved)) return null;
    const two = (part: number): string => String(part).padStart(2, '0');
    const shown = `${String(moved.year).padStart(4, '0')}-${two(moved.month)}-${two(moved.day)}`;
    if (type === 'date') return encoder.encode(shown);
    const left = move.keepsTime ? timeOfDay : 0;
    const clock = [left / 3_600, (left / 60) % 60, left % 60].map((part) => two(Math.floor(part))).join(':');
    const fraction = move.keepsTime ? (match[7] ?? '') : '';
    return encoder.encode(`${shown} ${clock}${fraction}${type === 'timestamptz' ? '+00' : ''}`);
  };
}

/** int4: days since 2000-01-01. Its first and last value are −infinity and infinity. */
function binaryDate(move: DateMove): ValueMask {
  return (value) => {
    if (value.byteLength !== 4) return null;
    const [b0 = 0, b1 = 0, b2 = 0, b3 = 0] = value;
    const days = (b0 << 24) | (b1 << 16) | (b2 << 8) | b3;
    if (days === 2_147_483_647 || days === -2_147_483_648) return null;
    const moved = movedDays(days, true, move);
    if (moved === null) return null;
    return Uint8Array.of(moved >> 24, moved >> 16, moved >> 8, moved);
  };
}

/** int8: µs since 2000-01-01 00:00, in UTC for timestamptz. Its first and last value are −infinity and infinity. */
function binaryTimestamp(move: DateMove): ValueMask {
  return (value) => {
    if (value.byteLength !== 8) return null;
    const micros = new DataView(value.buffer, value.byteOffset, 8).getBigInt64(0);
    if (micros === 2n ** 63n - 1n || micros === -(2n ** 63n)) return null;
    const timeOfDay = ((micros % dayMicros) + dayMicros) % dayMicros;
    const days = movedDays(Number((micros - timeOfDay) / dayMicros), timeOfDay === 0n, move);
    if (days === null) return null;
    const result = new DataView(new ArrayBuffer(8));
    result.setBigInt64(0, BigInt(days) * dayMicros + (move.keepsTime ? timeOfDay : 0n));
    return new Uint8Array(result.buffer);
  };
}

function movedDays(days: number, midnight: boolean, move: DateMove): number | null {
  const date = civilFromDays(days + postgresEpochDays);
  if (!isOfOurEra(date)) return null;
  const moved = move.day(date, midnight);
  if (moved === null || !isOfOurEra(moved)) return null;
  return daysFromCivil(moved) - postgresEpochDays;
}

function isOfOurEra(date: CivilDate): boolean {
  return date.year >= 1 && date.year <= 9_999;
}
