// DICOM (PS3.3 C.7, PS3.5 table 6.2-1; PS3.15 E.1): what an attribute holds, by its value representation and, where that is text, by
// its tag. Codes, numbers and identifiers of the standard itself are clear.

import type { PhiClass } from '../../core/phi.ts';

/** Texts by which a patient, a study or a place is known; all others are read as a record's free text. */
const tags: Readonly<Record<string, PhiClass>> = {
  '00080050': 'other_id',
  '00080080': 'address',
  '00080081': 'address',
  '00080092': 'address',
  '00080094': 'phone',
  '00081010': 'device',
  '00081040': 'address',
  '00100020': 'mrn',
  '00100021': 'address',
  '00101000': 'other_id',
  '00101005': 'name',
  '00101040': 'address',
  '00101060': 'name',
  '00101090': 'mrn',
  '00102154': 'phone',
  '00102155': 'email',
  '00181000': 'device',
  '00181002': 'device',
  '00200010': 'other_id',
  '00380010': 'other_id',
  '00380300': 'address',
  '00400241': 'device',
  '00400243': 'address',
  '00400253': 'other_id',
  '00401001': 'other_id',
  '00402016': 'other_id',
  '00402017': 'other_id',
};

/** Short and free texts, which a vendor puts anything into. */
const texts: ReadonlySet<string> = new Set('LO SH ST LT UT UC'.split(' '));

/** `tag`: eight hexadecimal digits. Undefined: the place says nothing of its value. */
export function dicomClass(tag: string, vr: string, value: string): PhiClass | 'clear' | undefined {
  if (vr === 'PN') return 'name';
  if (vr === 'DA' || vr === 'DT') return 'date';
  if (vr === 'AS') return Number(/^\d{1,3}/.exec(value)?.[0] ?? 0) >= 90 && value.endsWith('Y') ? 'age' : 'clear';
  if (vr === 'UI') return value.startsWith('1.2.840.10008.') ? 'clear' : 'other_id';
  if (vr === 'UR') return 'url';
  if (texts.has(vr)) return tags[tag];
  return /^(?:OB|OW|UN|OD|OF|OL|OV)$/.test(vr) ? undefined : 'clear';
}
