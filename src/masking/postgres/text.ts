// Text types: text, varchar(n), char(n), name, citext, xml. A mask is cut to what the type can hold. What the operators do
// most is done on bytes; the result is the same as that of operators.ts, which is what everything else goes through.

import type { Operator, PhiClass } from '../../core/phi.ts';
import type { MaskView } from '../mask.ts';
import { firstYearShown, tokenOf } from '../operators.ts';
import { applyOperator, scanText, type Tally, tally } from '../text.ts';
import { toNull, type ValueMask } from './value-mask.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

const names: ReadonlySet<string> = new Set('text varchar bpchar name citext xml unknown cstring refcursor'.split(' '));

export function isTextType(name: string): boolean {
  return names.has(name);
}

/** How long a value may be. */
interface TextShape {
  readonly charsMax: number;
  /** bpchar: shorter values are filled up with blanks. */
  readonly padded: boolean;
}

/** NAMEDATALEN − 1 bytes; the masks' own words are ASCII. */
const nameCharsMax = 63;
/** VARHDRSZ: pg_attribute.atttypmod of varchar(n) and char(n) is n + 4. */
const typmodOffset = 4;

function shapeOf(type: string, typmod: number): TextShape {
  if (type === 'name') return { charsMax: nameCharsMax, padded: false };
  const limited = (type === 'varchar' || type === 'bpchar') && typmod > typmodOffset;
  return limited
    ? { charsMax: typmod - typmodOffset, padded: type === 'bpchar' }
    : { charsMax: Number.POSITIVE_INFINITY, padded: false };
}

function fitted(text: string, shape: TextShape): string {
  if (text.length <= shape.charsMax) return shape.padded ? text.padEnd(shape.charsMax) : text;
  const cut = Array.from(text).slice(0, shape.charsMax).join('');
  return shape.padded ? cut.padEnd(shape.charsMax) : cut;
}

/** The same token whatever the value. */
export function tokenMask(type: string, typmod: number, cls: PhiClass | 'masked'): ValueMask {
  const bytes = encoder.encode(fitted(tokenOf(cls), shapeOf(type, typmod)));
  return () => bytes;
}

export function textMask(
  type: string,
  typmod: number,
  operator: Operator,
  cls: PhiClass,
  view: MaskView,
  counts: Tally | undefined,
): ValueMask {
  if (operator === 'null' || operator === 'drop') return counted(toNull, cls, counts);
  if (operator === 'redact') return counted(tokenMask(type, typmod, cls), cls, counts);
  const shape = shapeOf(type, typmod);
  const onText: ValueMask = decoded(shape, (text) => applyOperator(text, cls, operator, view, counts));
  const fast = shape.padded ? null : onAscii(operator, view);
  if (fast === null) return onText;
  return (value) => {
    const masked = fast(value);
    if (masked === null) return onText(value);
    tally(counts, cls);
    return masked;
  };
}

/** Whatever the detectors find in it. */
export function scanMask(type: string, typmod: number, view: MaskView, counts: Tally | undefined): ValueMask {
  return decoded(shapeOf(type, typmod), (text) => scanText(text, view, counts, false));
}

export function counted(mask: ValueMask, cls: string, counts: Tally | undefined): ValueMask {
  if (!counts) return mask;
  return (value) => {
    tally(counts, cls);
    return mask(value);
  };
}

function decoded(shape: TextShape, mask: (text: string) => string | null): ValueMask {
  return (value) => {
    const text = utf8.decode(value);
    const plain = shape.padded ? text.trimEnd() : text;
    const masked = mask(plain);
    if (masked === null) return null;
    return masked === plain ? value : encoder.encode(fitted(masked, shape));
  };
}

/** Null = not a value this can do; the text operator decides. */
function onAscii(operator: Operator, view: MaskView): ((value: Uint8Array) => Uint8Array | null) | null {
  if (operator === 'last4') return lastFour;
  if (operator !== 'year') return null;
  const first = firstYearShown(view);
  return (value) => isoYear(value, first);
}

const [star, zero, nine] = [0x2a, 0x30, 0x39];

/** As `last4` in operators.ts reads a value: 8 to 64 letters and digits, the last four together and one of them a digit. */
function lastFour(value: Uint8Array): Uint8Array | null {
  const tail = value.length - 4;
  if (tail < 4) return null;
  let [alphanumerics, separators, digitsInTail] = [0, 0, 0];
  for (let at = 0; at < value.length; at++) {
    const byte = value[at] ?? 0;
    if (isAlphanumeric(byte)) {
      alphanumerics += 1;
      separators = 0;
      if (at >= tail && byte >= zero && byte <= nine) digitsInTail += 1;
    } else if (at === 0 || at >= tail || !isSeparator(byte) || ++separators === 4) {
      return null;
    }
  }
  if (alphanumerics < 8 || alphanumerics > 64 || digitsInTail === 0) return null;
  const masked = new Uint8Array(value);
  for (let at = 0; at < tail; at++) if (isAlphanumeric(masked[at] ?? 0)) masked[at] = star;
  return masked;
}

function isAlphanumeric(byte: number): boolean {
  const letter = byte | 0x20;
  return (byte >= zero && byte <= nine) || (letter >= 0x61 && letter <= 0x7a);
}

/** Of `-. ()/`. */
function isSeparator(byte: number): boolean {
  return byte === 0x2d || byte === 0x2e || byte === 0x20 || byte === 0x28 || byte === 0x29 || byte === 0x2f;
}

/** The year of `YYYY-MM-DD` alone, which is how dates are mostly written; null = something else, or a year not shown. */
export function isoYear(value: Uint8Array, first: number): Uint8Array | null {
  if (value.length !== 10 || value[4] !== 0x2d || value[7] !== 0x2d) return null;
  const digits = (from: number, to: number): number => {
    let number = 0;
    for (let at = from; at < to; at++) {
      const byte = value[at] ?? 0;
      if (byte < zero || byte > nine) return -1;
      number = number * 10 + byte - zero;
    }
    return number;
  };
  const [year, month, day] = [digits(0, 4), digits(5, 7), digits(8, 10)];
  if (year < first || month < 1 || month > 12 || day < 1 || day > 31) return null;
  return value.slice(0, 4);
}
