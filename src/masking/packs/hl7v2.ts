// HL7 v2.3–2.8: the data type of the fields that identify somebody, and what each component of such a type holds
// (chapters 2A, 3, 4, 6, 8, 10, 15). Codes are clear; observation values and notes are read as a record's free text.
// INVARIANT: a segment that is not here, Z-segments above all, is masked.

import type { PhiClass } from '../../core/phi.ts';
import type { Reading } from '../containers/leaf.ts';
import { ambiguousGivenNames, givenNames, surnames } from '../names.ts';
import { labelClass } from './generic.ts';

export interface Hl7Place {
  readonly segment: string;
  /** Both count from 1. */
  readonly field: number;
  readonly component: number;
  /** The components of this repetition. */
  readonly values: readonly string[];
  /** OBX-2. */
  readonly valueType: string;
  /** OBX-3's name of a sender's own; '' = a standard's, or none. */
  readonly label: string;
}

interface Said {
  readonly cls: PhiClass | 'clear' | undefined;
  readonly reads: Reading;
}

/** What a type's components hold: those of `clear` are codes, those of `parts` are what they say, all others are `rest`. */
interface Type {
  readonly rest: PhiClass | 'clear';
  readonly parts?: Readonly<Record<number, PhiClass>>;
  readonly clear?: string;
}

const codesOfId = '2 3 4 5 6 7 8 9 10';
const types: Readonly<Record<string, Type>> = {
  XPN: { rest: 'name', clear: '4 5 6 7 8 9 10 11 12 13 14' },
  XCN: { rest: 'clear', parts: { 1: 'license', 2: 'name', 3: 'name', 4: 'name', 16: 'name' } },
  XAD: { rest: 'address', clear: '4 6 7 11 13 14 16 18 19 20' },
  XON: { rest: 'clear', parts: { 1: 'address', 3: 'other_id', 10: 'other_id' } },
  XTN: { rest: 'phone', clear: '2 3 10 11 13 14 15 16 17 18' },
  MRN: { rest: 'mrn', clear: codesOfId },
  ID: { rest: 'other_id', clear: codesOfId },
  PLAN: { rest: 'health_plan', clear: codesOfId },
  ACCOUNT: { rest: 'account', clear: codesOfId },
  SSN: { rest: 'ssn' },
  LICENSE: { rest: 'license', clear: codesOfId },
  PLACE: { rest: 'address', clear: '5 6' },
  DEVICE: { rest: 'device' },
  // Names with a link to a person before them (v2.3 NDL: 1 the person, then when and where).
  NDL: { rest: 'address', parts: { 1: 'name', 2: 'date', 3: 'date' } },
  EMAIL: { rest: 'email' },
  DATE: { rest: 'date' },
  NAME: { rest: 'name' },
  TOWN: { rest: 'address' },
  CODE: { rest: 'clear' },
};

/** Segment → `field:type …`. */
const segments: Readonly<Record<string, string>> = {
  MSH: '8:ID 9:CODE 10:ID 11:CODE 12:CODE 13:CODE 15:CODE 16:CODE 17:CODE 18:CODE 19:CODE 20:CODE 21:CODE 22:XON 23:XON',
  FHS: '8:ID 11:ID 12:ID',
  BHS: '8:ID 11:ID 12:ID',
  EVN: '1:CODE 4:CODE 5:XCN 7:XON',
  PID: '1:CODE 2:MRN 3:MRN 4:ID 5:XPN 6:XPN 7:DATE 8:CODE 9:XPN 10:CODE 11:XAD 12:PLACE 13:XTN 14:XTN 15:CODE 16:CODE 17:CODE 18:ACCOUNT 19:SSN 20:LICENSE 21:MRN 22:CODE 23:PLACE 24:CODE 25:CODE 26:CODE 27:CODE 28:CODE 29:DATE 30:CODE 31:CODE 32:CODE 34:XON 35:CODE 36:CODE 38:CODE 39:CODE 40:XTN',
  PD1: '1:CODE 2:CODE 3:XON 4:XCN 5:CODE 6:CODE 7:CODE 8:XON 9:ID 10:ID 14:PLACE 20:CODE',
  NK1: '1:CODE 2:XPN 3:CODE 4:XAD 5:XTN 6:XTN 7:CODE 12:ID 13:XON 14:CODE 15:CODE 16:DATE 26:XPN 30:XPN 31:XTN 32:XAD 33:ID 37:SSN 38:PLACE 39:CODE 40:XTN 41:XTN',
  MRG: '1:MRN 2:ID 3:ACCOUNT 4:MRN 5:ID 6:ID 7:XPN',
  PV1: '1:CODE 2:CODE 3:PLACE 4:CODE 5:ID 6:PLACE 7:XCN 8:XCN 9:XCN 10:CODE 11:PLACE 12:CODE 13:CODE 14:CODE 15:CODE 16:CODE 17:XCN 18:CODE 19:ID 20:CODE 36:CODE 37:PLACE 39:CODE 42:PLACE 43:PLACE 50:ID 52:XCN 54:ID',
  PV2: '1:PLACE 2:CODE 13:XCN 23:XON 25:CODE',
  ROL: '1:ID 2:CODE 3:CODE 4:XCN 11:XAD 12:XTN 13:PLACE 14:XON',
  PRT: '1:ID 2:CODE 4:CODE 5:XCN 6:CODE 7:XON 8:XON 9:PLACE 10:DEVICE 14:XAD 15:XTN 16:DEVICE 18:DEVICE 19:DEVICE 20:DEVICE 21:DEVICE 22:CODE 23:CODE',
  GT1: '1:CODE 2:ID 3:XPN 4:XPN 5:XAD 6:XTN 7:XTN 8:DATE 9:CODE 10:CODE 11:CODE 12:SSN 16:XPN 17:XAD 18:XTN 19:ID 21:XON 28:XPN 29:ID 42:XPN 45:XPN 46:XTN 51:XON 52:PLACE',
  IN1: '1:CODE 2:PLAN 3:ID 4:XON 5:XAD 6:XPN 7:XTN 8:PLAN 9:XON 10:PLAN 11:XON 14:PLAN 16:XPN 17:CODE 18:DATE 19:XAD 36:PLAN 43:CODE 44:XAD 46:PLAN 49:MRN 52:TOWN 53:CODE',
  IN2: '1:ID 2:SSN 3:XCN 4:CODE 6:PLAN 7:XPN 8:PLAN 9:XPN 10:PLAN 22:XPN 25:PLAN 26:PLAN 40:XPN 49:XPN 50:XTN 52:XPN 53:XTN 61:PLAN 63:XTN 64:XTN 69:XON 70:XON',
  IN3: '1:CODE 2:ID 3:XCN 8:XCN 14:XCN 16:XTN 19:XTN 22:NAME 25:XCN',
  ORC: '1:CODE 2:ID 3:ID 4:ID 5:CODE 6:CODE 7:CODE 8:ID 10:XCN 11:XCN 12:XCN 13:PLACE 14:XTN 16:CODE 17:XON 18:ID 19:XCN 21:XON 22:XAD 23:XTN 24:XAD 29:CODE 30:CODE',
  OBR: '1:CODE 2:ID 3:ID 4:CODE 5:CODE 10:XCN 11:CODE 15:CODE 16:XCN 17:XTN 18:ID 19:ID 20:ID 21:ID 24:CODE 25:CODE 28:XCN 29:ID 31:CODE 32:NDL 33:NDL 34:NDL 35:NDL 43:CODE 44:CODE 45:CODE 47:CODE 49:CODE 50:XCN 53:ID 54:ID',
  OBX: '1:CODE 2:CODE 3:CODE 4:CODE 6:CODE 7:CODE 8:CODE 10:CODE 11:CODE 15:XON 16:XCN 17:CODE 18:DEVICE 20:CODE 21:ID 23:XON 24:XAD 25:XCN',
  SPM: '1:CODE 2:ID 3:ID 4:CODE 5:CODE 6:CODE 7:CODE 8:CODE 9:CODE 10:CODE 11:CODE 30:ID 31:ID',
  SAC: '1:ID 2:ID 3:ID 4:ID 6:CODE',
  TXA: '1:CODE 2:CODE 3:CODE 5:XCN 9:XCN 10:XCN 11:XCN 12:ID 13:ID 14:ID 15:ID 16:ID 17:CODE 18:CODE 19:CODE 22:XCN 23:XCN',
  DG1: '1:CODE 2:CODE 3:CODE 6:CODE 8:CODE 15:CODE 16:XCN 17:CODE 20:ID 22:ID',
  DRG: '1:CODE',
  AL1: '1:CODE 2:CODE 3:CODE 4:CODE',
  IAM: '1:CODE 2:CODE 3:CODE 4:CODE 6:CODE 7:ID 9:CODE 14:XPN 15:CODE 17:CODE 18:XCN 19:XON',
  PR1: '1:CODE 2:CODE 3:CODE 6:CODE 8:XCN 11:XCN 12:XCN 15:CODE 16:CODE 19:ID 23:PLACE',
  RXA: '1:CODE 2:CODE 5:CODE 6:CODE 7:CODE 8:CODE 9:CODE 10:XCN 11:PLACE 15:DEVICE 17:CODE 18:CODE 19:CODE 20:CODE 21:CODE 27:PLACE 28:XAD',
  RXE: '2:CODE 3:CODE 4:CODE 5:CODE 6:CODE 7:CODE 8:PLACE 9:CODE 10:CODE 11:CODE 12:CODE 13:XCN 14:XCN 15:ID 27:PLACE 28:XAD 31:CODE 40:PLACE 41:XAD',
  RXO: '1:CODE 2:CODE 3:CODE 4:CODE 5:CODE 6:CODE 8:PLACE 10:CODE 14:XCN 15:XCN 32:PLACE 33:XAD',
  RXD: '1:CODE 2:CODE 4:CODE 5:CODE 7:ID 10:XCN 13:PLACE 18:DEVICE',
  RXG: '1:CODE 4:CODE 5:CODE 6:CODE 7:CODE 8:CODE 10:PLACE 19:DEVICE',
  RXC: '1:CODE 2:CODE 3:CODE 4:CODE',
  RXR: '1:CODE 2:CODE 3:CODE 4:CODE',
  FT1: '1:CODE 2:ID 3:ID 6:CODE 7:CODE 10:CODE 13:CODE 16:PLACE 19:CODE 20:XCN 21:XCN 23:ID 24:XCN 25:CODE 26:CODE 27:ID',
  SCH: '1:ID 2:ID 4:ID 5:ID 6:CODE 8:CODE 10:CODE 12:XCN 13:XTN 14:XAD 15:PLACE 16:XCN 17:XTN 18:XAD 19:PLACE 20:XCN 21:XTN 22:PLACE 23:ID 24:ID 25:CODE 26:ID 27:ID',
  ARQ: '1:ID 2:ID 4:ID 5:ID 8:CODE 15:XCN 16:XTN 17:XAD 18:PLACE 19:XCN 20:XTN 21:XAD 22:PLACE 23:XCN 24:ID 25:ID',
  RGS: '1:CODE 2:CODE 3:CODE',
  AIS: '1:CODE 2:CODE 3:CODE 10:CODE',
  AIG: '1:CODE 2:CODE 3:NAME 4:CODE',
  AIP: '1:CODE 2:CODE 3:XCN 4:CODE 5:CODE 12:CODE',
  AIL: '1:CODE 2:CODE 3:PLACE 4:CODE 12:CODE',
  AUT: '1:PLAN 2:ID 3:XON 6:ID 11:XCN 16:XCN 23:PLACE 26:ID',
  RF1: '1:CODE 2:CODE 3:CODE 4:CODE 5:CODE 6:ID 10:CODE 11:ID',
  ACC: '1:DATE 2:CODE 3:TOWN 4:CODE 5:CODE 7:XCN 9:NAME 11:XAD 13:ID',
  UB1: '1:CODE',
  UB2: '1:CODE 17:ID',
  PRD: '1:CODE 2:XPN 3:XAD 4:PLACE 5:XTN 6:CODE 7:LICENSE 10:XON 11:XAD 12:PLACE 13:XTN',
  CTD: '1:CODE 2:XPN 3:XAD 4:PLACE 5:XTN 6:CODE 7:LICENSE',
  CTI: '1:ID 2:CODE 3:CODE',
  CSR: '1:ID 2:ID 3:CODE 4:ID 5:ID 7:XCN 8:XCN 14:XCN',
  STF: '1:ID 2:ID 3:XPN 4:CODE 5:CODE 6:DATE 7:CODE 8:CODE 9:CODE 10:XTN 11:XAD 14:ID 15:EMAIL 16:CODE 17:CODE 18:NAME 22:LICENSE 26:ID 30:CODE 40:XTN',
  PRA: '1:ID 2:CODE 3:CODE 4:CODE 5:CODE 6:LICENSE 7:LICENSE',
  ORG: '1:CODE 2:XON 3:CODE 4:ID 5:LICENSE',
  AFF: '1:CODE 2:XON 3:XAD 5:CODE',
  EDU: '1:CODE 2:CODE 6:XON 7:CODE 8:XAD',
  CER: '1:CODE 2:LICENSE 3:ID 4:XON 5:XON 6:CODE',
  LAN: '1:CODE 2:CODE 3:CODE 4:CODE',
  QRD: '2:CODE 3:CODE 4:ID 8:XCN 9:CODE 10:CODE',
  QRF: '1:CODE',
  QPD: '1:CODE 2:ID 3:ID 4:XPN 5:XPN 6:DATE 7:CODE 8:XAD 9:XTN',
  QAK: '1:ID 2:CODE 3:CODE',
  RCP: '1:CODE 2:CODE',
  FAC: '1:ID 2:CODE 3:XAD 4:XTN 5:XCN 7:XAD 8:XTN 9:XCN',
  MSA: '1:CODE 2:ID 6:CODE',
  ERR: '2:CODE 3:CODE 4:CODE 5:CODE',
  NTE: '1:CODE 2:CODE 4:CODE 5:XCN',
  SFT: '1:XON',
  UAC: '1:ID 2:ID',
  TQ1: '1:CODE 2:CODE 3:CODE 6:CODE 9:CODE',
  TQ2: '1:CODE',
  BLG: '1:CODE 2:CODE 3:ACCOUNT',
  BPO: '1:CODE 2:CODE',
  BPX: '1:CODE 5:CODE 6:ID 13:ID 14:CODE',
  GOL: '1:CODE 3:CODE 4:ID',
  PRB: '1:CODE 3:CODE 4:ID',
  PTH: '1:CODE 2:CODE 3:ID',
  VAR: '1:ID 4:XCN',
  DB1: '1:CODE 2:CODE 3:ID',
  CON: '1:CODE 2:CODE 3:ID 4:ID 24:XPN',
  ARV: '1:CODE 2:CODE 3:CODE',
  REL: '1:CODE 2:CODE 3:ID 4:ID 5:ID 6:ID 7:XPN 8:XAD 9:XTN',
  NPU: '1:PLACE 2:CODE',
  PDA: '1:CODE 2:PLACE 5:XCN 9:XCN',
  PEO: '7:XAD',
  PES: '1:XON 2:XCN 3:XAD 4:XTN 5:ID 7:ID',
  PCR: '1:CODE',
  MFI: '1:CODE 2:CODE 3:CODE 6:CODE',
  MFE: '1:CODE 2:ID 4:ID 5:CODE',
  BTS: '1:CODE',
  FTS: '1:CODE',
  DSC: '1:ID',
  DSP: '1:CODE',
};

/** Segments of running text, of codes and of counts, whose other fields are read as they are. */
const fields: ReadonlyMap<string, string> = new Map(
  Object.entries(segments).flatMap(([segment, list]) =>
    list.split(' ').map((each): [string, string] => {
      const [field = '', type = ''] = each.split(':');
      return [`${segment}-${field}`, type];
    }),
  ),
);

export function isHl7Segment(name: string): boolean {
  return Object.hasOwn(segments, name);
}

/** Coding systems of table 0396 and what stands for them in practice. */
const coding =
  /^(?:LN|LOINC|L|L0|99\w{1,10}|HL7\d{4}|HL7\w*|I9C?|I9\w*|I10[CP]?|ICD.{0,10}|SCT2?|SNM3?|SNOMED.{0,4}|SCT\w*|RXNORM|NDC|C4|C5|CPT.{0,2}|HCPCS|HPC|CVX|MVX|UCUM|ISO\+?|NIP\d+|CDCREC|UML|ART|AS4|DCM|FDDC|FDDX|MDC|W[124])$/i;

export function hl7Field(place: Hl7Place, value: string): Said {
  const { segment, field, component, values } = place;
  if (!isHl7Segment(segment)) return said(isCount(value) ? 'clear' : 'other_id');
  const asked = segment === 'QPD' ? /^@([A-Z][A-Z0-9]{2})\.(\d{1,2})/.exec(values[0] ?? '') : null;
  // A parameter of a query names its field (HL7 v2.5.1 §2.A.58).
  if (asked && component === 1) return said('clear');
  if (asked)
    return hl7Field({ ...place, segment: asked[1] ?? '', field: Number(asked[2]), component: 1, values: [] }, value);
  const type = fields.get(`${segment}-${field}`);
  if (type !== undefined) {
    const cls = ofType(type, component, value);
    const isOne = type === 'CODE' ? !isInstruction(values, value) : isCode(type, component, value);
    return said(cls === 'clear' && !isOne ? undefined : cls);
  }
  if (segment === 'OBX' && field === 5) {
    const of = observed(place, value);
    return of.cls === undefined && place.label !== '' ? { ...of, cls: labelClass(place.label) } : of;
  }
  const isCoded = [values[2], values[5]].some((each) => coding.test(each ?? ''));
  if (isCoded && component <= 9) return said('clear');
  if (component <= 4 && values.length > 1 && isWord(value) && values.slice(0, 3).some(isListedName))
    return said('name');
  return { cls: undefined, reads: 'record' };
}

function said(cls: Said['cls']): Said {
  return { cls, reads: 'record' };
}

function ofType(name: string, component: number, value: string): PhiClass | 'clear' {
  const type = types[name];
  if (!type) return 'other_id';
  const part = type.parts?.[component];
  if (part !== undefined) return part;
  if (type.clear?.split(' ').includes(String(component))) return 'clear';
  if (type.rest === 'phone' && value.includes('@')) return 'email';
  return type.rest;
}

/** OBX-5, as OBX-2 says. */
function observed({ valueType, component, values }: Hl7Place, value: string): Said {
  const isNumber = /^[<>=]{0,2}\s*[-+]?\d+(?:\.\d+)?%?$/.test(value);
  switch (valueType) {
    case 'NM':
    case 'SN':
      return said(isNumber || /^[<>=:/+-]{1,2}$/.test(value) ? 'clear' : undefined);
    case 'CE':
    case 'CWE':
    case 'CNE':
    case 'CF':
    case 'ID':
    case 'IS':
      return said(values.some((each) => coding.test(each)) ? 'clear' : undefined);
    case 'DT':
    case 'TS':
    case 'DTM':
      return said('date');
    case 'XPN':
    case 'PN':
      return said(ofType('XPN', component, value));
    case 'XCN':
    case 'CN':
      return said(ofType('XCN', component, value));
    case 'XAD':
    case 'AD':
      return said(ofType('XAD', component, value));
    case 'XTN':
    case 'TN':
      return said(ofType('XTN', component, value));
    case 'XON':
      return said(ofType('XON', component, value));
    case 'PL':
      return said(ofType('PLACE', component, value));
    case 'CX':
    case 'CK':
    case 'EI':
      return said(ofType('ID', component, value));
    case 'ED':
      return component === 5 ? { cls: undefined, reads: 'encoded' } : said(component === 1 ? undefined : 'clear');
    case 'RP':
      return said(component <= 2 ? 'url' : 'clear');
    default:
      return said(undefined);
  }
}

/** Senders put things into the wrong place: of what identifies somebody, only what looks like a code is one. */
function isCode(type: string, component: number, value: string): boolean {
  const isRegion = type === 'XAD' && (component === 4 || component === 6);
  return isRegion || /^(?:[A-Za-z\d.]{1,5}|\d+(?:\.\d+){3,})$/.test(value);
}

/** A sentence where no coding system is named: what somebody wrote in the place of a code. */
function isInstruction(values: readonly string[], value: string): boolean {
  return value.trim().split(/\s+/).length > 3 && !values.some((each) => coding.test(each));
}

function isWord(value: string): boolean {
  return /^\p{Lu}[\p{L}'’. -]+$/u.test(value.trim());
}

/** Senders put people into fields nobody has a type for. */
function isListedName(value: string): boolean {
  const word = value.trim().toLowerCase();
  return isWord(value) && (givenNames.has(word) || ambiguousGivenNames.has(word) || surnames.has(word));
}

/** A set id, a flag. */
function isCount(value: string): boolean {
  return /^(?:\d{1,2}|[A-Za-z])$/.test(value.trim());
}
