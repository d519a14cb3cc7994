// What the values of a column look like, counted. Only numbers come out of it: never a value, nor a part of one.

import type { PhiClass } from '../core/phi.ts';
import { detect } from './detect.ts';
import type { Span } from './mask.ts';
import { ambiguousGivenNames, givenNames, notNames, surnames } from './names.ts';

/**
 * What a column can hold. `net`: addresses of machines; `flag`: yes or no. Neither sampled nor guessed at, but for their names:
 * `plain`, which is shown where nobody has said anything (a uuid, a measure), and `opaque`, which is masked (bytes, records).
 */
export type Holds = 'text' | 'document' | 'date' | 'number' | 'net' | 'flag' | 'plain' | 'opaque';

export interface Evidence {
  /** Values that are neither NULL nor blank. */
  readonly values: number;
  /** Different ones among them. */
  readonly distinct: number;
  /** Values that are an identifier of the class and little else; by digits alone, those of `bare`. */
  readonly whole: ReadonlyMap<PhiClass, number>;
  readonly bare: ReadonlyMap<PhiClass, number>;
  /** Values with one somewhere in them that a detector finds. */
  readonly inside: ReadonlyMap<PhiClass, number>;
  /** Values of a sentence or more. */
  readonly prose: number;
  /** Values that are a record of their own: JSON, XML, HL7 v2, X12. */
  readonly records: number;
  /** Among those, FHIR resources. */
  readonly fhir: number;
}

const proseWords = 6;
const record = /^\s*(?:\{\s*"|\[\s*[{["]|<[?!A-Za-z]|MSH\||ISA\*)/;
const fhirResource = /"resourceType"\s*:\s*"[A-Z]/;

export function evidenceOf(samples: readonly (string | null)[], holds: Holds): Evidence {
  const whole = new Map<PhiClass, number>();
  const bare = new Map<PhiClass, number>();
  const inside = new Map<PhiClass, number>();
  const distinct = new Set<string>();
  const count = { values: 0, prose: 0, records: 0, fhir: 0 };
  for (const sample of samples) {
    const value = sample?.trim() ?? '';
    if (value === '') continue;
    count.values++;
    distinct.add(value);
    if (holds === 'document' || record.test(value)) {
      count.records++;
      if (fhirResource.test(value)) count.fhir++;
      continue;
    }
    const digits = digitsClass(value, holds);
    if (digits !== null) {
      add(whole, digits);
      add(bare, digits);
    } else if (holds !== 'number') {
      const spans = detect(value);
      const cls = wholeClass(value, spans);
      if (cls !== null) add(whole, cls);
      else if (isProse(value)) count.prose++;
      for (const found of new Set(spans.map((span) => span.type))) add(inside, found);
    }
  }
  return { ...count, distinct: distinct.size, whole, bare, inside };
}

function add(counts: Map<PhiClass, number>, cls: PhiClass): void {
  counts.set(cls, (counts.get(cls) ?? 0) + 1);
}

/** Digits alone, which no detector takes for an identifier without a word beside them. A whole column of them is another matter. */
function digitsClass(value: string, holds: Holds): PhiClass | null {
  if (/^(?!000|666|9)\d{3}(?!00)\d{2}(?!0000)\d{4}$/.test(value)) return 'ssn';
  if (/^1?[2-9]\d{2}[2-9]\d{6}$/.test(value)) return 'phone';
  if (holds === 'number') return null;
  if (/^\d{5}(?:-\d{4})?$/.test(value)) return 'address';
  return /^(?:1[89]|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])$/.test(value) ? 'date' : null;
}

function wholeClass(value: string, spans: readonly Span[]): PhiClass | null {
  const [first] = spans;
  const covered = spans.reduce((chars, span) => chars + span.end - span.start, 0);
  if (first && covered >= value.length * 0.8) return first.type;
  return isName(value) ? 'name' : null;
}

/** A surname alone says nothing in a text. In a column of its own it does. */
function isName(value: string): boolean {
  const words = value.match(/\p{L}[\p{L}'’-]*/gu) ?? [];
  if (words.length === 0 || words.length > 4 || /[\d:;/]/.test(value)) return false;
  return words.every((word) => {
    const lower = word.toLowerCase();
    if (word.length === 1) return words.length > 1;
    return !notNames.has(lower) && (givenNames.has(lower) || ambiguousGivenNames.has(lower) || surnames.has(lower));
  });
}

function isProse(value: string): boolean {
  return (value.match(/\p{L}{2,}/gu)?.length ?? 0) >= proseWords;
}
