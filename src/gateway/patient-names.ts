// Keyed names of patients: what the log and the index know them by. HMAC-SHA-256 under a key of this gate, so that nobody who
// has the log, and not the key, can try numbers until one fits.

import { createHmac } from 'node:crypto';
import { patientReference } from './mcp-patients.ts';
import { normalPatient } from './patients-seen.ts';

/** 128 bits: as many patients as there are people do not collide. */
const nameBytes = 16;

/** @param key 32 bytes; the result is base64url of 16 bytes, and the same for an identifier however it is written */
export function patientNamer(key: Uint8Array): (kind: string, value: string) => string {
  return (kind, value) =>
    createHmac('sha256', key)
      .update(JSON.stringify(['patient', kind, normalPatient(value) ?? '']))
      .digest()
      .subarray(0, nameBytes)
      .toString('base64url');
}

/** How patients are named here, by the configuration and the keys in force. */
export interface PatientNaming {
  /** Kinds of identifiers that some connection knows. */
  readonly kinds: () => readonly string[];
  /** Under every key names have been made with. */
  readonly namesOf: (kind: string, value: string) => readonly string[];
}

/** `namers`: one for each key. */
export function patientNaming(
  rules: { readonly patientKinds: readonly string[] },
  namers: readonly ReturnType<typeof patientNamer>[],
): PatientNaming {
  return { kinds: () => rules.patientKinds, namesOf: (kind, value) => namers.map((name) => name(kind, value)) };
}

export interface NamedPatient {
  readonly names: readonly string[];
  /** Kinds of identifiers that were given: under another one the patient is not known by these names. */
  readonly kinds: readonly string[];
  /** Some identifier has a word before its colon that is no kind of them: `mr:4711`, where there is an mrn. */
  readonly ofNoKind: boolean;
}

/**
 * `given`: identifiers as people write them, `mrn:4711`, `4711`, `Patient/4711`. A number without a kind may be of any; a reference
 * is known by the id in it, as in what tools answer, or by all of it, as in a column.
 */
export function namedPatient({ kinds: known, namesOf }: PatientNaming, given: readonly string[]): NamedPatient {
  const all = known();
  const [names, kinds] = [new Set<string>(), new Set<string>()];
  let ofNoKind = false;
  for (const each of given) {
    const [, word, rest = ''] = /^\s*([a-z][a-z0-9_]{0,31})\s*:(.+)$/is.exec(each) ?? [];
    const kind = word?.toLowerCase();
    const isKnown = kind !== undefined && all.includes(kind);
    const meant = isKnown ? [kind] : all;
    const value = isKnown ? rest : each;
    for (const one of meant)
      for (const form of [value, patientReference.exec(value.trim())?.[1] ?? value])
        for (const name of namesOf(one, form)) names.add(name);
    const [only, ...others] = meant;
    // `mrn:4711` where nobody knows an mrn is not the one kind there is; nor may a URN be.
    if (only !== undefined && others.length === 0 && (isKnown || kind === undefined)) kinds.add(only);
    ofNoKind ||= kind !== undefined && !isKnown && !isBare(each);
  }
  return { names: [...names], kinds: [...kinds], ofNoKind };
}

/** What has a colon of its own: the address of a FHIR resource, a URN. */
function isBare(given: string): boolean {
  return /^\s*(?:https?:\/\/|urn:)/i.test(given);
}
