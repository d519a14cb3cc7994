// HL7 v2.3–2.8: the data type of the fields that identify somebody, and what each component of such a type holds
// (chapters 2A, 3, 4, 6). Codes are clear; observation values and notes say nothing and are searched.

import type { PhiClass } from '../../core/phi.ts';
import { isDate } from '../containers/leaf.ts';

type Said = PhiClass | 'clear' | undefined;

/** Component number → what it holds. Components that are not named are codes. */
const types: Readonly<Record<string, Readonly<Record<number, PhiClass>>>> = {
  XPN: { 1: 'name', 2: 'name', 3: 'name' },
  XCN: { 1: 'license', 2: 'name', 3: 'name', 4: 'name' },
  XAD: { 1: 'address', 2: 'address', 3: 'address', 5: 'address', 8: 'address', 9: 'address', 10: 'address' },
  XON: { 1: 'address', 3: 'other_id' },
  XTN: { 1: 'phone', 4: 'email', 5: 'phone', 6: 'phone', 7: 'phone', 8: 'phone', 12: 'phone' },
  MRN: { 1: 'mrn' },
  ID: { 1: 'other_id' },
  PLAN: { 1: 'health_plan' },
  ACCOUNT: { 1: 'account' },
  SSN: { 1: 'ssn' },
  LICENSE: { 1: 'license' },
  PLACE: { 1: 'address', 2: 'address', 3: 'address', 4: 'address', 7: 'address', 9: 'address' },
  DEVICE: { 1: 'device' },
};

/** Segment → `field:type …`. */
const segments: Readonly<Record<string, string>> = {
  EVN: '5:XCN 7:XON',
  PID: '2:MRN 3:MRN 4:ID 5:XPN 6:XPN 9:XPN 11:XAD 12:PLACE 13:XTN 14:XTN 18:ACCOUNT 19:SSN 20:LICENSE 21:MRN 23:PLACE 40:XTN',
  PD1: '3:XON 4:XCN 8:XON',
  NK1: '2:XPN 4:XAD 5:XTN 6:XTN 12:ID 13:XON 26:XPN 30:XPN 31:XTN 32:XAD 33:ID 37:SSN 38:PLACE 40:XTN 41:XTN',
  MRG: '1:MRN 2:ID 3:ACCOUNT 4:MRN 5:ID 6:ID 7:XPN',
  PV1: '3:PLACE 5:ID 6:PLACE 7:XCN 8:XCN 9:XCN 11:PLACE 17:XCN 19:ID 42:PLACE 43:PLACE 50:ID 52:XCN',
  PV2: '1:PLACE 13:XCN 23:XON',
  ROL: '4:XCN 11:XAD 12:XTN',
  GT1: '2:ID 3:XPN 4:XPN 5:XAD 6:XTN 7:XTN 12:SSN 16:XPN 17:XAD 18:XTN 19:ID 21:XON 28:XPN 42:XPN 45:XPN 46:XTN 51:XON',
  IN1: '2:PLAN 3:ID 4:XON 5:XAD 6:XPN 7:XTN 8:PLAN 9:XON 10:PLAN 11:XON 14:PLAN 16:XPN 19:XAD 36:PLAN 44:XAD 49:MRN 52:PLACE',
  IN2: '1:ID 2:SSN 3:XCN 6:PLAN 7:XPN 8:PLAN 9:XPN 10:PLAN 22:XPN 25:PLAN 26:PLAN 40:XPN 49:XPN 50:XTN 52:XPN 53:XTN 61:PLAN 63:XTN 64:XTN',
  IN3: '1:ID 8:XCN 14:XCN 16:XTN 19:XTN 25:XCN',
  ORC: '2:ID 3:ID 4:ID 8:ID 10:XCN 11:XCN 12:XCN 13:PLACE 14:XTN 19:XCN 21:XON 22:XAD 23:XTN 24:XAD',
  OBR: '2:ID 3:ID 10:XCN 16:XCN 17:XTN 18:ID 19:ID 20:ID 21:ID 28:XCN 29:ID 32:NDL 33:NDL 34:NDL 35:NDL',
  OBX: '16:XCN 18:DEVICE 23:XON 24:XAD 25:XCN',
  SPM: '2:ID 3:ID',
  TXA: '5:XCN 9:XCN 10:XCN 11:XCN 12:ID 13:ID 14:ID 22:XCN 23:XCN',
  DG1: '16:XCN',
  PR1: '8:XCN 11:XCN 12:XCN',
  RXA: '10:XCN 11:PLACE 15:DEVICE 27:PLACE 28:XAD',
  RXE: '13:XCN 14:XCN 15:ID 27:PLACE 28:XAD 40:PLACE 41:XAD',
  RXO: '14:XCN 15:XCN',
  RXD: '7:ID 10:XCN 18:DEVICE',
  FT1: '2:ID 7:clear 16:PLACE 20:XCN 21:XCN 23:ID 24:XCN',
  SCH: '1:ID 2:ID 5:ID 12:XCN 13:XTN 14:XAD 15:PLACE 16:XCN 17:XTN 18:XAD 19:PLACE 20:XCN 21:XTN 22:PLACE',
  AIP: '3:XCN',
  AIL: '3:PLACE',
  AUT: '2:PLAN 6:ID',
  ACC: '2:date 3:clear 4:PLACE 5:PLACE',
  PRD: '2:XPN 3:XAD 4:PLACE 5:XTN 7:LICENSE',
  CTD: '2:XPN 3:XAD 4:PLACE 5:XTN',
  STF: '2:ID 3:XPN 10:XTN 11:XAD 15:email',
  QRD: '8:XCN',
  QRF: '',
  FAC: '1:PLACE 3:XAD 4:XTN 5:XCN',
};

const fields: ReadonlyMap<string, string> = new Map(
  Object.entries(segments).flatMap(([segment, list]) =>
    list
      .split(' ')
      .filter((each) => each !== '')
      .map((each): [string, string] => [
        `${segment}-${each.slice(0, each.indexOf(':'))}`,
        each.slice(each.indexOf(':') + 1),
      ]),
  ),
);

/** `field` and `component` count from 1. */
export function hl7Field(segment: string, field: number, component: number, value: string): Said {
  const type = fields.get(`${segment}-${field}`);
  if (type === 'NDL') return component === 1 ? undefined : 'name';
  const cls = type === undefined ? undefined : types[type]?.[component];
  if (cls !== undefined) return cls === 'phone' && value.includes('@') ? 'email' : cls;
  if (isDate(value) && value.trim().length >= 6) return 'date';
  if (type !== undefined) return 'clear';
  return undefined;
}
