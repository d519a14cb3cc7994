// Ranges and multiranges (rangetypes.c, multirangetypes.c): both bounds go through a mask of their own. Infinite and empty
// ranges stay as they are; a bound without an honest mask takes the whole range with it.

import { ByteSink } from './byte-sink.ts';
import { isSpace, quoted, unquotedAt } from './text-syntax.ts';
import { ByteSource, Unreadable, type ValueMask } from './value-mask.ts';

export interface BoundMasks {
  readonly lower: ValueMask;
  readonly upper: ValueMask;
}

// rangetypes.h
const [flagEmpty, flagLowerInfinite, flagUpperInfinite, flagsKnown] = [0x01, 0x08, 0x10, 0x1f];
const [comma, quote, backslash, brace, endBrace] = [0x2c, 0x22, 0x5c, 0x7b, 0x7d];
const [square, endSquare, round, endRound] = [0x5b, 0x5d, 0x28, 0x29];
const empty = new TextEncoder().encode('empty');

export function binaryRange(bounds: BoundMasks): ValueMask {
  return (value) => {
    const source = new ByteSource(value);
    const sink = new ByteSink(value.length);
    const flags = source.byte();
    if ((flags & ~flagsKnown) !== 0) throw new Unreadable('unknown flags');
    sink.byte(flags);
    let changed = false;
    for (const [mask, infinite] of [
      [bounds.lower, flagLowerInfinite],
      [bounds.upper, flagUpperInfinite],
    ] as const) {
      if ((flags & (flagEmpty | infinite)) !== 0) continue;
      const plain = source.sized();
      const masked = plain && mask(plain);
      if (masked === null) return null;
      changed ||= masked !== plain;
      sink.sized(masked);
    }
    source.end();
    return changed ? sink.result() : value;
  };
}

export function binaryMultirange(range: ValueMask): ValueMask {
  return (value) => {
    const source = new ByteSource(value);
    const sink = new ByteSink(value.length);
    const count = source.int32();
    if (count < 0 || count > value.length) throw new Unreadable('more ranges than bytes');
    sink.int32(count);
    for (let at = 0; at < count; at++) {
      const plain = source.sized();
      const masked = plain && range(plain);
      if (masked === null) return null;
      sink.sized(masked);
    }
    source.end();
    return sink.result();
  };
}

export function textRange(bounds: BoundMasks): ValueMask {
  return (value) => {
    if (value.length === empty.length && value.every((byte, at) => byte === empty[at])) return value;
    const sink = new ByteSink(value.length + 16);
    const end = writeRange(value, 0, bounds, sink);
    if (end === null) return null;
    if (end !== value.length) throw new Unreadable('bytes after the end');
    return sink.result();
  };
}

export function textMultirange(bounds: BoundMasks): ValueMask {
  return (value) => {
    const sink = new ByteSink(value.length + 16);
    if (value[0] !== brace) throw new Unreadable('no multirange');
    sink.byte(brace);
    let at = 1;
    while (value[at] !== endBrace) {
      if (at > 1) {
        if (value[at] !== comma) throw new Unreadable('no range is due');
        sink.byte(comma);
        at += 1;
      }
      const next = writeRange(value, at, bounds, sink);
      if (next === null) return null;
      at = next;
    }
    if (at + 1 !== value.length) throw new Unreadable('bytes after the end');
    sink.byte(endBrace);
    return sink.result();
  };
}

/** Where the range ends; null = it has no mask. */
function writeRange(value: Uint8Array, start: number, bounds: BoundMasks, sink: ByteSink): number | null {
  const opening = value[start];
  if (opening !== square && opening !== round) throw new Unreadable('no range');
  sink.byte(opening);
  const [lower, middle] = unquotedAt(value, start + 1, endsBound);
  if (value[middle] !== comma) throw new Unreadable('no upper bound');
  const [upper, end] = unquotedAt(value, middle + 1, endsBound);
  const closing = value[end];
  if (closing !== endSquare && closing !== endRound) throw new Unreadable('an open range');
  const maskedLower = lower && bounds.lower(lower);
  const maskedUpper = upper && bounds.upper(upper);
  if ((lower !== null && maskedLower === null) || (upper !== null && maskedUpper === null)) return null;
  if (maskedLower !== null) sink.bytes(boundText(maskedLower));
  sink.byte(comma);
  if (maskedUpper !== null) sink.bytes(boundText(maskedUpper));
  sink.byte(closing);
  return end + 1;
}

function endsBound(byte: number): boolean {
  return byte === comma || byte === endSquare || byte === endRound;
}

function boundText(value: Uint8Array): Uint8Array {
  const special = (byte: number): boolean =>
    byte === quote ||
    byte === backslash ||
    byte === comma ||
    isSpace(byte) ||
    byte === square ||
    byte === endSquare ||
    byte === round ||
    byte === endRound;
  return value.length > 0 && !value.some(special) ? value : quoted(value, null);
}
