// Identifiers that prove themselves by their form: MBI, DEA, VIN, UDI, UUID, Synthea's and others' record ids.

import { type Find, luhn } from './detector.ts';

const uuid = /(?<![0-9a-z])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![0-9a-z])/gi;
const vin = /\b(?=[A-Z0-9]{0,16}\d)[A-HJ-NPR-Z0-9]{17}\b/g;
const dea = /\b[A-HJ-MP-UX][A-Z9]\d{7}\b/g;
// CMS: Medicare beneficiary identifier, positions 1–11.
const mbi =
  /\b[1-9][AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9]\d-?[AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9]\d-?[AC-HJKMNP-RT-Y]{2}\d{2}\b/gi;
const udi = /\(01\)\d{14}(?:\((?:10|11|17|21)\)[A-Za-z0-9/-]{1,20}){0,4}/g;

export const findCodedId: Find = (text, emit) => {
  for (const match of text.matchAll(uuid)) emit(match.index, match.index + match[0].length, 'other_id');
  for (const match of text.matchAll(udi)) emit(match.index, match.index + match[0].length, 'device');
  for (const match of text.matchAll(mbi)) emit(match.index, match.index + match[0].length, 'health_plan');
  for (const match of text.matchAll(vin)) {
    if (isVin(match[0])) emit(match.index, match.index + match[0].length, 'vehicle');
  }
  for (const match of text.matchAll(dea)) {
    if (isDea(match[0])) emit(match.index, match.index + match[0].length, 'license');
  }
};

/** NPI: Luhn over the number with the prefix 80840. */
export function isNpi(digits: string): boolean {
  return /^[12]\d{9}$/.test(digits) && luhn(`80840${digits}`);
}

function isDea(text: string): boolean {
  const at = (index: number): number => text.charCodeAt(index) - 48;
  return (at(2) + at(4) + at(6) + 2 * (at(3) + at(5) + at(7))) % 10 === at(8);
}

/** 49 CFR 565.15: weighted sum mod 11 in position 9. */
function isVin(text: string): boolean {
  const values = '0123456789.ABCDEFGH..JKLMN.P.R..STUVWXYZ';
  const weights = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
  const sum = weights.reduce((total, weight, index) => total + (values.indexOf(text.charAt(index)) % 10) * weight, 0);
  const check = sum % 11;
  return text.charAt(8) === (check === 10 ? 'X' : String(check));
}
