// The PHI classes: the eighteen identifiers of 45 CFR 164.514(b)(2)(i), three of our own, and `clear`.

export const phiClasses = [
  'name',
  'address',
  'date',
  'phone',
  'fax',
  'email',
  'ssn',
  'mrn',
  'health_plan',
  'account',
  'license',
  'vehicle',
  'device',
  'url',
  'ip',
  'biometric',
  'photo',
  'other_id',
  'age',
  'diagnosis',
  'note',
] as const;

export type PhiClass = (typeof phiClasses)[number];

export function isPhiClass(word: string): word is PhiClass {
  return (phiClasses as readonly string[]).includes(word);
}

/** `clear` = a person reviewed it and found no PHI. `unknown` = nobody has decided: masked until someone does. */
export type Classification = PhiClass | 'clear' | 'unknown';

/** What lies at one place of a JSON document. `scan` masks what the detectors find; `unknown` is masked whole. */
export type JsonPathClass = Classification | 'scan';

/** JSON pointer (RFC 6901, `*` = any member or item) → what lies there and below; the key `*` = everywhere else. */
export type JsonPaths = Readonly<Record<string, JsonPathClass>>;

/** An identifier of the operator's own: what it looks like, and words of which one must stand near it (none = anywhere). */
export interface DetectorRule {
  readonly name: string;
  /** RE2, without slashes. */
  readonly pattern: string;
  readonly context: readonly string[];
  readonly cls: PhiClass;
}

export const operators = [
  'redact',
  'null',
  'last4',
  'year',
  'age90',
  'zip3',
  'zip',
  'pseudonym',
  'shift',
  'scan',
  'drop',
  'keep',
] as const;

/** How a value is masked. `scan` masks only what the detectors find inside; `keep` nothing. */
export type Operator = (typeof operators)[number];

/** A set of classes, or every class there is and will be. */
export type ClassSet = 'all' | readonly PhiClass[];

export function covers(set: ClassSet, cls: PhiClass): boolean {
  return set === 'all' || set.includes(cls);
}

export function unionOf(a: ClassSet, b: ClassSet): ClassSet {
  return a === 'all' || b === 'all' ? 'all' : [...new Set([...a, ...b])];
}

export function intersectionOf(a: ClassSet, b: ClassSet): ClassSet {
  if (a === 'all') return b;
  return b === 'all' ? a : a.filter((cls) => b.includes(cls));
}
