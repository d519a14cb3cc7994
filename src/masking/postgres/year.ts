// The year of a date, where a statement asks for no more than that: as text, numeric or float. It is shown as the `year`
// operator shows it: not where it tells an age over 89 (164.514(b)(2)(i)(C)).

import type { MaskView } from '../mask.ts';
import { firstYearShown, tokenOf } from '../operators.ts';
import { isTextType } from './text.ts';
import { toNull, type ValueMask } from './value-mask.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

export function yearMask(type: string, format: 0 | 1, view: MaskView): ValueMask {
  const first = firstYearShown(view);
  const isShown = (year: number): boolean => Number.isInteger(year) && year >= first && year <= 9_999;
  if (isTextType(type)) {
    const hidden = encoder.encode(tokenOf('date'));
    return (value) => (isShown(yearOfText(value)) ? value : hidden);
  }
  if (type !== 'numeric' && type !== 'float8') return toNull;
  const read = format === 0 ? yearOfText : type === 'float8' ? yearOfFloat : yearOfNumeric;
  return (value) => (isShown(read(value)) ? value : null);
}

function yearOfText(value: Uint8Array): number {
  const text = utf8.decode(value);
  return /^\d{4}$/.test(text) ? Number(text) : Number.NaN;
}

function yearOfFloat(value: Uint8Array): number {
  if (value.byteLength !== 8) return Number.NaN;
  return new DataView(value.buffer, value.byteOffset, 8).getFloat64(0);
}

/** int16 each: one digit in base 10000 of weight 0, positive; then the scale and the digit. */
function yearOfNumeric(value: Uint8Array): number {
  if (value.byteLength !== 10) return Number.NaN;
  const words = new DataView(value.buffer, value.byteOffset, 10);
  const isSmall = words.getInt16(0) === 1 && words.getInt16(2) === 0 && words.getUint16(4) === 0;
  return isSmall ? words.getInt16(8) : Number.NaN;
}
