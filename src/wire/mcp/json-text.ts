// JSON text → value, strictly: UTF-8, one value, no member named twice, no lone surrogate, no number that changes when
// it is read, bounded in size and depth. Must never let two readers of one text see two different messages.

import { type Json, parseJson } from '../../core/json.ts';
import { ok, type Result, refuse } from '../../core/result.ts';

export interface JsonBounds {
  readonly bytesMax: number;
  readonly depthMax: number;
  /** Refuse integers beyond ±(2^53 − 1), which would be forwarded as another number. */
  readonly exactIntegers: boolean;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Refused: too_large (size or depth), malformed. */
export function parseJsonText(bytes: Uint8Array, bounds: JsonBounds): Result<Json> {
  if (bytes.length > bounds.bytesMax) return refuse('too_large', 'The message is larger than the gate accepts.');
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    return refuse('malformed', 'The message is not valid UTF-8.');
  }
  // INVARIANT: the scan comes first and bounds the depth, so that JSON.parse cannot exhaust the stack.
  const fault = scan(text, bounds);
  if (fault) return fault;
  try {
    return ok(parseJson(text));
  } catch {
    return refuse('malformed', 'The message is not valid JSON.');
  }
}

type Fault = ReturnType<typeof refuse>;

/** Looks only for what JSON.parse would forgive; what it would refuse may pass here. */
function scan(text: string, bounds: JsonBounds): Fault | null {
  /** Names seen in each open object; null for an array. */
  const open: (Set<string> | null)[] = [];
  let expectsName = false;
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at);
    switch (character) {
      case brace:
      case bracket:
        if (open.length >= bounds.depthMax) return refuse('too_large', 'The message is nested too deep.');
        expectsName = character === brace;
        open.push(expectsName ? new Set() : null);
        break;
      case closingBrace:
      case closingBracket:
        open.pop();
        expectsName = false;
        break;
      case comma:
        expectsName = open.at(-1) instanceof Set;
        break;
      case quote: {
        const end = stringEnd(text, at);
        if (end < 0) return refuse('malformed', 'The message is not valid JSON.');
        const names = expectsName ? open.at(-1) : null;
        const fault = checkString(text, at, end, names ?? null);
        if (fault) return fault;
        expectsName = false;
        at = end;
        break;
      }
      default:
        if (character === minus || (character >= zero && character <= nine)) {
          const end = numberEnd(text, at);
          if (!isFaithful(text.slice(at, end), bounds.exactIntegers)) {
            return refuse('malformed', 'The message holds a number outside the range that can be carried exactly.');
          }
          at = end - 1;
        }
    }
  }
  return null;
}

const [brace, closingBrace, bracket, closingBracket] = [0x7b, 0x7d, 0x5b, 0x5d];
const [quote, backslash, comma, minus, zero, nine] = [0x22, 0x5c, 0x2c, 0x2d, 0x30, 0x39];

/** Index of the closing quote, or -1. */
function stringEnd(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === backslash) slashes++;
    if (slashes % 2 === 0) return end;
  }
  return -1;
}

function checkString(text: string, start: number, end: number, names: Set<string> | null): Fault | null {
  let value = text.slice(start + 1, end);
  if (value.includes('\\')) {
    if (!names && !/\\u[dD][89a-fA-F]/.test(value)) return null;
    try {
      value = String(JSON.parse(text.slice(start, end + 1)));
    } catch {
      return refuse('malformed', 'The message is not valid JSON.');
    }
    if (!value.isWellFormed()) return refuse('malformed', 'The message holds a lone surrogate.');
  }
  if (!names) return null;
  if (names.has(value)) return refuse('malformed', 'The message names a member twice.');
  names.add(value);
  return null;
}

function numberEnd(text: string, start: number): number {
  let end = start + 1;
  while (end < text.length && '0123456789.eE+-'.includes(text.charAt(end))) end++;
  return end;
}

function isFaithful(literal: string, exactIntegers: boolean): boolean {
  const value = Number(literal);
  if (!Number.isFinite(value)) return Number.isNaN(value);
  return !exactIntegers || !/^-?\d+$/.test(literal) || Number.isSafeInteger(value);
}
