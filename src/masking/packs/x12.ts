// X12 005010 (837, 835, 270/271, 276/277, 278, 834): what an element holds, by segment, position and qualifier. Codes and
// amounts are clear; notes and message texts say nothing and are searched.

import type { PhiClass } from '../../core/phi.ts';

type Said = PhiClass | 'clear' | undefined;

const identification: Readonly<Record<string, PhiClass>> = {
  '34': 'ssn',
  MI: 'health_plan',
  II: 'health_plan',
  MR: 'health_plan',
  XX: 'license',
  '24': 'other_id',
  EI: 'other_id',
  PI: 'other_id',
  FI: 'other_id',
  SV: 'other_id',
};
const reference: Readonly<Record<string, PhiClass>> = {
  SY: 'ssn',
  EA: 'mrn',
  '0B': 'license',
  '1G': 'license',
  '1L': 'health_plan',
  IG: 'health_plan',
  '18': 'health_plan',
  '1W': 'health_plan',
  '23': 'health_plan',
  '6P': 'health_plan',
  '0F': 'health_plan',
  '3H': 'other_id',
  D9: 'other_id',
  F8: 'other_id',
  G1: 'other_id',
  '9F': 'other_id',
  '6R': 'other_id',
  X4: 'license',
  EV: 'other_id',
  NQ: 'health_plan',
  Q4: 'other_id',
  EJ: 'account',
  '1K': 'other_id',
};
const contact: Readonly<Record<string, PhiClass>> = {
  TE: 'phone',
  HP: 'phone',
  WP: 'phone',
  CP: 'phone',
  AP: 'phone',
  EX: 'phone',
  FX: 'fax',
  EM: 'email',
  UR: 'url',
};
/** Entities of NM1 and N1 that are houses, not people. */
const houses = /^(?:40|41|85|87|PR|PE|77|FA|LI|80|QB|TT|P5|IN|1P|X3|ACV|MSC|TU|TV)$/;

/** `at` counts from 1; `elements[0]` is the segment's name. */
export function x12Element(segment: string, at: number, elements: readonly string[]): Said {
  const before = elements[at - 1] ?? '';
  switch (segment) {
    case 'ISA':
      return at === 9 ? 'date' : at === 6 || at === 8 ? 'other_id' : 'clear';
    case 'GS':
      return at === 4 ? 'date' : at === 2 || at === 3 ? 'other_id' : 'clear';
    case 'BHT':
      return at === 4 ? 'date' : at === 3 ? 'other_id' : 'clear';
    case 'NM1':
      if (at === 9) return identification[elements[8] ?? ''] ?? 'other_id';
      if (at === 3)
        return elements[2] === '2' || (elements[2] !== '1' && houses.test(elements[1] ?? '')) ? 'address' : 'name';
      return at === 4 || at === 5 ? 'name' : 'clear';
    case 'N1':
      return at === 2 ? (houses.test(elements[1] ?? '') ? 'address' : 'name') : at === 4 ? 'other_id' : 'clear';
    case 'N2':
      return 'name';
    case 'N3':
      return 'address';
    case 'N4':
      return at === 1 || at === 3 || at === 6 ? 'address' : 'clear';
    case 'DMG':
      return at === 2 ? 'date' : 'clear';
    case 'REF':
      return at === 2 ? (reference[elements[1] ?? ''] ?? 'other_id') : at === 1 ? 'clear' : undefined;
    case 'DTP':
      return at === 3 ? 'date' : 'clear';
    case 'DTM':
      return at === 2 || at === 6 ? 'date' : 'clear';
    case 'PER':
      if (at === 2) return 'name';
      return at % 2 === 0 ? (contact[before] ?? 'phone') : 'clear';
    case 'CLM':
    case 'CLP':
      return at === 1 ? 'account' : segment === 'CLP' && at === 7 ? 'other_id' : 'clear';
    case 'TRN':
      return at === 2 ? 'other_id' : 'clear';
    case 'SBR':
      return at === 3 ? 'health_plan' : at === 4 ? undefined : 'clear';
    case 'PAT':
      return at === 6 ? 'date' : 'clear';
    case 'INS':
      return at === 12 ? 'date' : 'clear';
    case 'HD':
      return at === 4 ? undefined : 'clear';
    case 'BPR':
      return at === 16 ? 'date' : at === 9 || at === 15 || at === 7 || at === 13 ? 'account' : 'clear';
    case 'SVD':
    case 'SV1':
    case 'SV2':
    case 'HI':
    case 'HL':
    case 'CAS':
    case 'AMT':
    case 'QTY':
    case 'LX':
    case 'PRV':
    case 'ST':
    case 'SE':
    case 'GE':
    case 'IEA':
    case 'EQ':
    case 'EB':
      return 'clear';
    default:
      return undefined;
  }
}
