// Which classes of PHI the detectors find in what a caller sends, for the policy to decide by. INVARIANT: what is remembered of a
// name holds for the detectors it was found with, and for no others.

import type { Json } from '../core/json.ts';
import type { PhiClass } from '../core/phi.ts';
import { detect } from '../masking/detect.ts';
import type { Find } from '../masking/detectors/detector.ts';
import { maskDocument } from '../masking/document.ts';

/** A longer text is looked at so far, and counts as a note for the rest. */
const detectedCharactersMax = 1_000_000;

/** What the members of arguments are called comes with each call: looked into once for the detectors of the day. */
const memberName = /^[A-Za-z_$][\w$.-]{0,39}$/;
const namesMax = 1_000;
const classesOfNames = new WeakMap<readonly Find[], Map<string, readonly PhiClass[]>>();

/** `own`: what the operator looks for besides; the array stands for what is configured now. */
export function detectClasses(text: string, own: readonly Find[]): readonly PhiClass[] {
  if (!memberName.test(text)) return classesOf(text, own);
  const names = classesOfNames.get(own) ?? new Map<string, readonly PhiClass[]>();
  const known = names.get(text);
  if (known) return known;
  if (names.size >= namesMax) names.clear();
  const classes = classesOf(text, own);
  classesOfNames.set(own, names.set(text, classes));
  return classes;
}

function classesOf(text: string, own: readonly Find[]): readonly PhiClass[] {
  const found = detect(text.slice(0, detectedCharactersMax), false, own).map((span) => span.type);
  return [...new Set<PhiClass>(text.length > detectedCharactersMax ? [...found, 'note'] : found)];
}

/** What the names of members say of their values, and what is packed into them, as it would be masked in an answer: `{"ssn":123456789}`. */
export function classesOfMembers(value: Json): readonly PhiClass[] {
  const text = JSON.stringify(value);
  if (text.length > detectedCharactersMax) return ['note'];
  // Nobody is called by a number: `first` of how many.
  const isNamed = ({ type, value: named }: { readonly type: PhiClass; readonly value: string }): boolean =>
    type !== 'name' || /\p{L}/u.test(named);
  return maskDocument(text, (each) => each, false)
    .found.filter(isNamed)
    .map(({ type }) => type);
}
