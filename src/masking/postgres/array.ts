// Arrays (array_out, array_send of arrayfuncs.c): each element is masked in its place; dimensions, lower bounds and SQL NULLs
// stay. Works on bytes: every character of the syntax is ASCII.

import { ByteSink } from './byte-sink.ts';
import { isSpace, quoted } from './text-syntax.ts';
import { ByteSource, Unreadable, type ValueMask } from './value-mask.ts';

/** MAXDIM of PostgreSQL. */
const dimensionsMax = 6;
const [brace, endBrace, quote, backslash, equals, bracket] = [0x7b, 0x7d, 0x22, 0x5c, 0x3d, 0x5b];

export function binaryArray(element: ValueMask): ValueMask {
  return (value) => {
    const source = new ByteSource(value);
    const sink = new ByteSink(value.length);
    const dimensions = source.int32();
    if (dimensions < 0 || dimensions > dimensionsMax) throw new Unreadable('dimensions');
    source.int32(); // whether there are NULLs: said anew
    const typeOid = source.int32();
    let count = dimensions === 0 ? 0 : 1;
    const shape: [number, number][] = [];
    for (let at = 0; at < dimensions; at++) {
      const [length, lower] = [source.int32(), source.int32()];
      if (length < 0) throw new Unreadable('a negative dimension');
      count *= length;
      // An element takes four bytes at least.
      if (count > value.length) throw new Unreadable('more elements than bytes');
      shape.push([length, lower]);
    }
    let changed = false;
    let nulls = false;
    const elements: (Uint8Array | null)[] = [];
    for (let at = 0; at < count; at++) {
      const plain = source.sized();
      const masked = plain && element(plain);
      changed ||= masked !== plain;
      nulls ||= masked === null;
      elements.push(masked);
    }
    source.end();
    if (!changed) return value;
    sink.int32(dimensions);
    sink.int32(nulls ? 1 : 0);
    sink.int32(typeOid);
    for (const [length, lower] of shape) {
      sink.int32(length);
      sink.int32(lower);
    }
    for (const each of elements) sink.sized(each);
    return sink.result();
  };
}

const nullWord = new Uint8Array([0x4e, 0x55, 0x4c, 0x4c]);

export function textArray(element: ValueMask, delimiter: string): ValueMask {
  const separator = delimiter.charCodeAt(0);
  return (value) => {
    const sink = new ByteSink(value.length + 16);
    let at = 0;
    // `[2:3][1:2]=` names lower bounds other than 1.
    if (value[0] === bracket) {
      at = value.indexOf(equals) + 1;
      if (at === 0 || value[at] !== brace) throw new Unreadable('bounds without an array');
      sink.bytes(value.subarray(0, at));
    }
    let [changed, depth] = [false, 0];
    /** Whether an element may begin here. */
    let open = false;
    do {
      const byte = value[at];
      if (byte === undefined) throw new Unreadable('cut short');
      if (byte === brace) {
        if (++depth > dimensionsMax) throw new Unreadable('too deep');
        sink.byte(byte);
        open = true;
        at += 1;
      } else if (byte === endBrace || byte === separator) {
        if (byte === endBrace) depth -= 1;
        sink.byte(byte);
        open = byte === separator;
        at += 1;
      } else {
        if (!open) throw new Unreadable('no element is due');
        const [plain, next] = elementAt(value, at, separator);
        at = next;
        const masked = plain && element(plain);
        changed ||= masked !== plain;
        if (masked === null) sink.bytes(nullWord);
        else sink.bytes(elementText(masked, separator));
        open = false;
      }
    } while (depth > 0);
    if (at !== value.length) throw new Unreadable('bytes after the end');
    return changed ? sink.result() : value;
  };
}

function elementAt(value: Uint8Array, start: number, separator: number): [Uint8Array | null, number] {
  if (value[start] === quote) return quotedAt(value, start);
  let at = start;
  for (; at < value.length; at++) {
    const byte = value[at];
    if (byte === separator || byte === endBrace) break;
    // array_out quotes these, so an array that holds them bare is none.
    if (byte === brace || byte === quote || byte === backslash) throw new Unreadable('a bare special character');
  }
  const bare = value.subarray(start, at);
  return [isNullWord(bare) ? null : bare, at];
}

/** array_out escapes quotes and backslashes with a backslash; a quote ends the element. */
function quotedAt(value: Uint8Array, start: number): [Uint8Array, number] {
  let end = start + 1;
  while (end < value.length && value[end] !== quote) end += value[end] === backslash ? 2 : 1;
  if (end >= value.length) throw new Unreadable('an open quote');
  const inner = new Uint8Array(end - start - 1);
  let length = 0;
  for (let at = start + 1; at < end; at++) {
    if (value[at] === backslash) at += 1;
    inner[length++] = value[at] ?? 0;
  }
  return [inner.subarray(0, length), end + 1];
}

function isNullWord(bytes: Uint8Array): boolean {
  return bytes.length === 4 && nullWord.every((letter, at) => letter === ((bytes[at] ?? 0) & 0xdf));
}

function elementText(value: Uint8Array, separator: number): Uint8Array {
  const special = (byte: number): boolean =>
    byte === quote || byte === backslash || byte === brace || byte === endBrace || byte === separator || isSpace(byte);
  if (value.length > 0 && !isNullWord(value) && !value.some(special)) return value;
  return quoted(value, backslash);
}
