// X12 005010 (837, 835, 270/271, 276/277, 278, 834, 999): what an element holds, by segment, position and qualifier. Codes and
// amounts are clear; notes and message texts are read as a record's free text.
// INVARIANT: a segment that is not here is masked.

import { type PhiClass, phiClasses } from '../../core/phi.ts';

/** `components`: the first component is a qualifier, what follows is somebody's. `codes`: codes, and days with their qualifiers. */
export type X12Said = PhiClass | 'clear' | 'components' | 'codes' | undefined;

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

/** Segment → `position:class …`; a position that is not named is a code or an amount. */
const segments: Readonly<Record<string, string>> = {
  ISA: '2:other_id 4:other_id 6:other_id 8:other_id 9:date',
  GS: '2:other_id 3:other_id 4:date',
  BHT: '3:other_id 4:date',
  BGN: '2:other_id 3:date 6:other_id',
  N2: '1:name 2:name',
  N3: '1:address 2:address',
  N4: '1:address 3:address 6:address',
  DMG: '2:date',
  DTP: '3:date',
  DTM: '2:date 6:date',
  CLM: '1:account 2:clear',
  CLP: '1:account 7:other_id',
  TRN: '2:other_id 3:other_id 4:other_id',
  SBR: '3:health_plan 4:text',
  PAT: '6:date',
  INS: '12:date',
  HD: '4:text',
  COB: '2:health_plan',
  BPR: '7:account 9:account 10:other_id 11:other_id 13:account 15:account 16:date',
  STC: '2:date 6:date 8:date 9:account 12:text',
  PLB: '1:other_id 2:date 3:components 5:components 7:components 9:components 11:components 13:components',
  TS2: '',
  TS3: '1:other_id 3:date',
  RDM: '2:name 3:phone 4:phone 5:phone',
  NTE: '2:text',
  MSG: '1:text',
  K3: '1:text',
  III: '4:text',
  PWK: '6:other_id 7:text',
  CN1: '4:other_id',
  PS1: '1:other_id',
  HCR: '2:other_id',
  HCP: '4:other_id 15:text',
  ACT: '1:account 2:name 3:other_id 4:other_id 6:other_id 7:text 9:date',
  PLA: '3:date',
  IDC: '1:text',
  EB: '5:text',
  CTX: '1:components 6:components',
  DSB: '7:text',
  SVC: '',
  SVD: '1:other_id',
  RMR: '2:other_id',
  ADX: '4:other_id',
  ENT: '4:other_id 7:other_id',
  UM: '10:clear',
  TA1: '2:date',
  CR1: '9:text 10:text',
  CR2: '10:text 11:text',
  CR8: '5:device 6:device',
  SV5: '',
  LIN: '',
  REF: '',
  NM1: '',
  N1: '',
  PER: '',
  PRV: '',
};

const codesOnly = new Set(
  `ST SE GE IEA HL CAS AMT QTY LX LS LE LQ SV1 SV2 SV3 SV4 SV6 SV7 CTP MEA MIA MOA OI CL1 CR3 CR4 CR5 CR6 CR7 CRC DN1 DN2 TOO HSD EQ
  AAA CUR EC ICM HLH LUI VEH FRM PRV AK1 AK2 AK3 AK4 AK5 AK9 IK3 IK4 IK5 NX1 MPI INV DED PDL`.split(/\s+/),
);

const positions: ReadonlyMap<string, PhiClass | 'clear' | 'text' | 'components'> = new Map(
  Object.entries(segments).flatMap(([segment, list]) =>
    Array.from(list.matchAll(/(\d+):(\w+)/g), ([, at = '', said = '']) => [`${segment}-${at}`, wordOf(said)] as const),
  ),
);

function wordOf(said: string): PhiClass | 'clear' | 'text' | 'components' {
  if (said === 'clear' || said === 'text' || said === 'components') return said;
  return phiClasses.find((each) => each === said) ?? 'other_id';
}

/** `at` counts from 1; `elements[0]` is the segment's name. */
export function x12Element(segment: string, at: number, elements: readonly string[]): X12Said {
  const before = elements[at - 1] ?? '';
  switch (segment) {
    case 'NM1':
      if (at === 9) return identification[elements[8] ?? ''] ?? 'other_id';
      if (at === 3)
        return elements[2] === '2' || (elements[2] !== '1' && houses.test(elements[1] ?? '')) ? 'address' : 'name';
      return at === 4 || at === 5 || at === 12 ? 'name' : 'clear';
    case 'N1':
      return at === 2 ? (houses.test(elements[1] ?? '') ? 'address' : 'name') : at === 4 ? 'other_id' : 'clear';
    case 'REF':
      if (at === 2) return reference[elements[1] ?? ''] ?? 'other_id';
      return at === 1 ? 'clear' : at === 3 ? undefined : 'components';
    case 'PER':
      if (at === 1) return 'clear';
      if (at === 2) return 'name';
      return at % 2 === 0 ? (contact[before] ?? 'phone') : 'clear';
    case 'PRV':
      return at === 3 && before !== 'PXC' && before !== 'ZZ' ? 'license' : 'clear';
    case 'HI':
      return 'codes';
    case 'LIN':
    case 'SV5':
      return 'clear';
    default: {
      if (codesOnly.has(segment)) return 'clear';
      if (!Object.hasOwn(segments, segment))
        return /^(?:\d{1,2}|[A-Z]{1,2})$/.test(elements[at] ?? '') ? 'clear' : 'other_id';
      const said = positions.get(`${segment}-${at}`) ?? 'clear';
      return said === 'text' ? undefined : said;
    }
  }
}
