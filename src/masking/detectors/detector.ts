// What every detector is. A detector reads normalised text and must take time linear in it: bounded quantifiers only,
// context looked at through windows of fixed size.

import type { PhiClass } from '../../core/phi.ts';

/** Offsets are UTF-16 code units of the text given to find; spans may overlap and come in any order. */
export type Emit = (start: number, end: number, type: PhiClass) => void;

export type Find = (text: string, emit: Emit) => void;

/** The characters before `at`, for anchored context patterns. */
export function before(text: string, at: number, chars: number): string {
  return text.slice(Math.max(0, at - chars), at);
}

export function after(text: string, at: number, chars: number): string {
  return text.slice(at, at + chars);
}

/** Luhn's mod-10 check (ISO/IEC 7812-1 annex B) over a string of digits. */
export function luhn(digits: string): boolean {
  let sum = 0;
  for (let at = 0; at < digits.length; at++) {
    const digit = digits.charCodeAt(digits.length - 1 - at) - 48;
    const doubled = at % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
