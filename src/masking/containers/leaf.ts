// What every container gives: the places of a text that hold a value, each with what its position says of it. A container
// reads; it never decides how something is masked, and it never throws.

import type { PhiClass } from '../../core/phi.ts';

/**
 * How a place is read that says nothing of its value.
 * - `value`: by the detectors. `prose`: somebody may have written sentences; by the detectors for prose.
 * - `record`: free text of a record about somebody. Beside the detectors, words no dictionary has are masked.
 * - `encoded`: base64 of a file. One that is no text is masked as a whole.
 */
export type Reading = 'value' | 'prose' | 'record' | 'encoded';

export interface Leaf {
  /** Where the value lies in the text, without its quotes; UTF-16 code units. */
  readonly start: number;
  readonly end: number;
  /** The value, decoded. */
  readonly value: string;
  /** For each unit of `value`, and its end, where it begins in the text; null = one for one. */
  readonly offsets: readonly number[] | null;
  /** What its position says: a class, `clear` for codes and other structure, undefined for nothing. */
  readonly cls: PhiClass | 'clear' | undefined;
  readonly reads: Reading;
  /** How a replacement is written in this place; null = the value is gone. */
  readonly encode: (replacement: string | null) => string;
  /** Two keys of one object must not become the same: the object's number. */
  readonly keyOf?: number;
  /** What stands here belongs to a terminology, and so do its words wherever they recur. */
  readonly isTerm?: boolean;
  /** The value is a text in another writing, as a whole. */
  readonly packed?: Packed;
}

/** A text inside of a value, and how what became of it is written there. */
export interface Packed {
  readonly text: string;
  readonly encode: (text: string) => string;
  /** The text is the value itself. */
  readonly isPlain: boolean;
}

/** Reads a text of its kind into leaves, in order and without overlap; null = it is not of this kind. */
export type Container = (text: string) => readonly Leaf[] | null;

export const asWritten = (replacement: string | null): string => replacement ?? '';

/** Where the unit at `at` of the leaf's value lies in the text. */
export function placeOf(leaf: Leaf, at: number): number {
  return leaf.offsets ? (leaf.offsets[at] ?? leaf.end) : leaf.start + at;
}

/** The part of a leaf from `from` to `to` of its value. */
export function partOf<L extends Leaf>(leaf: L, from: number, to: number): L {
  return {
    ...leaf,
    start: placeOf(leaf, from),
    end: placeOf(leaf, to),
    value: leaf.value.slice(from, to),
    offsets: leaf.offsets?.slice(from, to + 1) ?? null,
  };
}

/** ISO 8601 to the month or closer, and HL7's YYYYMM[DD[HHMM[SS]]]. A bare year is not one. */
export function isDate(value: string): boolean {
  if (!/^\s*[12]/.test(value)) return false;
  return (
    /^\s*(?:1[89]|20)\d\d-(?:0[1-9]|1[0-2])(?:-\d\d)?(?:[T ][\d:.]{4,20}(?:Z|[+-]\d\d:?\d\d)?)?\s*$/.test(value) ||
    /^\s*(?:1[89]|20)\d\d(?:0[1-9]|1[0-2])(?:[0-3]\d(?:[0-2]\d(?:[0-5]\d(?:[0-6]\d(?:\.\d{1,6})?)?)?)?)?(?:[+-]\d{4})?\s*$/.test(
      value,
    )
  );
}
