// How one identifier is replaced. Pure: keyed by the view, no clock. An operator that cannot be applied to a value
// falls back to its token; it must never let the value through.

import { type ClassSet, type Operator, type PhiClass, phiClasses, unionOf } from '../core/phi.ts';
import { type CivilDate, civilFromDays, daysFromCivil, parseCivilDate } from './civil-date.ts';
import { keyedDigest } from './keyed-digest.ts';
import type { MaskRules, MaskView } from './mask.ts';
import { restrictedZip3 } from './zip3.ts';

/** The operator in force for a class. Notes are scanned unless the rules name them. */
export function operatorFor(cls: PhiClass, rules: MaskRules): Operator {
  return rules.byClass[cls] ?? (cls === 'note' ? 'scan' : rules.default);
}

/** What a subject sees, with the classes the rules show everybody. Every view is made through it. */
export function shownBy(rules: MaskRules, unmask: ClassSet): ClassSet {
  const kept = phiClasses.filter((cls) => operatorFor(cls, rules) === 'keep');
  return kept.length === 0 ? unmask : unionOf(unmask, kept);
}

/** `[SSN]`, `[HEALTH_PLAN]`, …; `[MASKED]` for what nobody has classified. */
export function tokenOf(cls: PhiClass | 'masked'): string {
  return `[${cls.toUpperCase()}]`;
}

/**
 * Replaces one whole identifier. Null = the value is gone (SQL NULL, JSON null, nothing in text).
 * `scan` has no meaning for a single identifier and redacts; applyOperator in text.ts gives it one for whole texts.
 */
export function maskIdentifier(value: string, cls: PhiClass, operator: Operator, view: MaskView): string | null {
  switch (operator) {
    case 'null':
    case 'drop':
      return null;
    case 'last4':
      return isLastFour(value) ? value : (lastFour(value) ?? tokenOf(cls));
    case 'year':
      return yearOf(value, view) ?? tokenOf(cls);
    case 'age90':
      return cappedAge(value) ?? tokenOf(cls);
    case 'zip3':
      return zip3Of(value) ?? tokenOf(cls);
    case 'zip':
      return isZip(value) ? value : tokenOf(cls);
    case 'keep':
      return value;
    case 'pseudonym':
      return isMaskToken(value) ? value : pseudonymOf(value, cls, view.key);
    case 'shift':
      return shiftedDate(value, view.shiftDays ?? tenantShiftDays(view.key)) ?? tokenOf(cls);
    case 'redact':
    case 'scan':
      return tokenOf(cls);
  }
}

/** Days a date moves that is nobody's in particular: −182 … 182, never 0. Stable, so that intervals of one tenant are kept. */
export function tenantShiftDays(key: Uint8Array): number {
  return daysOf(keyedDigest(key, 'date-shift'));
}

/** The same for one patient. The database's own masks compute it alike (sql-mask.ts). */
export function patientShiftDays(key: Uint8Array, patient: string): number {
  return daysOf(keyedDigest(key, `pseudonym\0${patientShift}\0${comparable(patient)}`));
}

/** What stands for a class in the digest a patient's days are made of. */
export const patientShift = 'patient-shift';

function daysOf(digest: Buffer): number {
  const days = (digest.readUInt32BE(0) % 364) - 182;
  return days >= 0 ? days + 1 : days;
}

/** However an identifier is written, it is the same one. */
function comparable(value: string): string {
  return value.normalize('NFKC').trim().toLowerCase();
}

/** Ages of 90 and over become one category (164.514(b)(2)(i)(C)). */
export const ageCap = 90;

// What the operators write, and so what no detector may find again. Pseudonyms carry a word and eight hex digits.
const maskTokens =
  /\[(?:NAME|ADDRESS|DATE|PHONE|FAX|EMAIL|SSN|MRN|HEALTH_PLAN|ACCOUNT|LICENSE|VEHICLE|DEVICE|URL|IP|BIOMETRIC|PHOTO|OTHER_ID|AGE|DIAGNOSIS|NOTE|MASKED)\]|\b(?:Person|Address|Date|Phone|Fax|Email|Ssn|Mrn|Health_plan|Account|License|Vehicle|Device|Url|Ip|Biometric|Photo|Other_id|Age|Diagnosis|Note)-[0-9a-f]{8}\b|(?<![A-Za-z0-9*])(?:\*[-. ()/]{0,3}){4,64}(?=[A-Za-z]{0,3}\d)[A-Za-z0-9]{4}\b/g;

/** Quick to look for, and in every token. */
const mayBeToken = /\[[A-Z]|\*|-[0-9a-f]{8}/;

/** Every place where an operator has already written. Linear: each part is bounded. */
export function findMaskTokens(text: string): { readonly start: number; readonly end: number }[] {
  if (!mayBeToken.test(text)) return [];
  return Array.from(text.matchAll(maskTokens), (match) => ({
    start: match.index,
    end: match.index + match[0].length,
  }));
}

/** The whole value is what an operator has written. */
export function isMaskToken(value: string): boolean {
  const [only] = findMaskTokens(value);
  return only?.start === 0 && only.end === value.length;
}

/** What `last4` has written already, at another door say, says no more than it would. */
function isLastFour(value: string): boolean {
  return /^(?:\*[-. ()/]{0,3}){4,64}(?=[A-Za-z]{0,3}\d)[A-Za-z0-9]{4}$/.test(value);
}

function lastFour(value: string): string | null {
  const alphanumerics = value.match(/[A-Za-z0-9]/g)?.length ?? 0;
  const tail = value.slice(-4);
  // INVARIANT: the result is recognisable as a mask: four stars or more, then four characters with a digit in them.
  if (alphanumerics < 8 || !/^[A-Za-z]{0,3}\d/.test(tail) || !/^[A-Za-z0-9]{4}$/.test(tail)) return null;
  if (!/^[A-Za-z0-9][A-Za-z0-9\-. ()/]*$/.test(value) || /[-. ()/]{4}/.test(value) || alphanumerics > 64) return null;
  return value.slice(0, -4).replace(/[A-Za-z0-9]/g, '*') + tail;
}

function yearOf(value: string, view: MaskView): string | null {
  const civil = parseCivilDate(value);
  const year = civil ? String(civil.year).padStart(4, '0') : (/(?<!\d)(?:1[89]|20)\d\d(?!\d)/.exec(value)?.[0] ?? null);
  return year !== null && Number(year) >= firstYearShown(view) ? year : null;
}

/** The first year `year` shows: whoever was born before it may be 90 or older this year (164.514(b)(2)(i)(C)). */
export function firstYearShown(view: MaskView): number {
  return new Date(view.now).getUTCFullYear() - ageCap + 1;
}

function cappedAge(value: string): string | null {
  const age = /^\s*(\d{1,3})\+?\s*$/.exec(value)?.[1];
  if (age === undefined) return null;
  return Number(age) >= ageCap ? `${ageCap}+` : value;
}

/** A whole ZIP code and nothing else, as a limited data set may hold it (164.514(e)(2)(ii)). */
function isZip(value: string): boolean {
  return /^\s*\d{5}(?:-\d{4})?\s*$/.test(value);
}

function zip3Of(value: string): string | null {
  const area = /^\s*(\d{3})(?:\d{2}(?:-?\d{4})?)?\s*$/.exec(value)?.[1];
  if (area === undefined) return null;
  return restrictedZip3.has(area) ? '000' : area;
}

function pseudonymOf(value: string, cls: PhiClass, key: Uint8Array): string {
  const code = keyedDigest(key, `pseudonym\0${cls}\0${comparable(value)}`).toString('hex', 0, 4);
  const word = cls === 'name' ? 'Person' : cls.charAt(0).toUpperCase() + cls.slice(1);
  return `${word}-${code}`;
}

/** ISO 8601 and HL7's YYYYMMDD, with or without a time, in the form they came in. */
function shiftedDate(value: string, days: number): string | null {
  const match =
    /^(\d{4})-(\d{2})-(\d{2})([T ]\d{2}:\d{2}.{0,40})?$/.exec(value) ??
    /^(\d{4})(\d{2})(\d{2})(\d{2}(?:\d{2}(?:\d{2}(?:\.\d{1,6})?)?)?(?:[+-]\d{4})?)?$/.exec(value);
  const civil = match && parseCivilDate(match.slice(1, 4).join('-'));
  if (!match || !civil) return null;
  const moved = formatIso(civilFromDays(daysFromCivil(civil) + days));
  return (value.charAt(4) === '-' ? moved : moved.replaceAll('-', '')) + (match[4] ?? '');
}

function formatIso(date: CivilDate): string {
  const two = (part: number): string => String(part).padStart(2, '0');
  return `${String(date.year).padStart(4, '0')}-${two(date.month)}-${two(date.day)}`;
}
