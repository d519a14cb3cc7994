// Identifiers that prove themselves by their form: MBI, DEA, VIN, UDI, UUID; and the plates of a car, beside their word.

import type { PhiClass } from '../../core/phi.ts';
import { type About, after, before, type Emit, type Find, luhn, matches, matchesIn } from './detector.ts';
import { lookedFor } from './letter-pairs.ts';
import { isDigit, isLetter } from './words.ts';

const uuid =
  /(?<![0-9A-Za-z])[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}(?![0-9A-Za-z])/y;
const uuidChars = 36;
const dea = /\b[A-HJ-MP-UX][A-Z9]\d{7}\b/g;
// CMS: Medicare beneficiary identifier, positions 1–11.
const mbi =
  /\b[1-9][AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9]\d-?[AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9]\d-?[AC-HJKMNP-RT-Y]{2}\d{2}\b/iy;
const udi = /\(01\)\d{14}(?:\((?:10|11|17|21)\)[A-Za-z0-9/-]{1,20}){0,4}/g;
// HIBC (ANSI/HIBC 2.6): the maker, the number of the article, and behind $$ its expiry, lot and serial number.
const hibc = /(?<!\w)\+[A-Z]\d{3}[A-Z0-9]{2,22}\/\$[$+A-Z0-9/]{4,60}/g;
/** As a DICOM object is printed: "(0010,0020) LO [ZX-88271]"; of a patient, and the number of the study (PS3.6). */
const dicom =
  /\((0010,(?:0010|0020|0030|1000|1001|1005|1040|1060|2154|21[bB]0|4000)|0008,0050)\)(?: [A-Z]{2})? [[=]?([^\]\n]{1,64})/g;
const dicomClasses: Readonly<Record<string, PhiClass>> = {
  '0010,0010': 'name',
  '0010,0020': 'mrn',
  '0010,0030': 'date',
  '0010,1001': 'name',
  '0010,1005': 'name',
  '0010,1040': 'address',
  '0010,1060': 'name',
  '0010,2154': 'phone',
};
// Blanks within, so that no label finds it whole. A plate of bone surgery has no number of five signs.
const plate =
  /(?:[Pp]lates?|[Tt]ag)(?: (?:[Nn]umber|[Nn]o\.?|#))?(?: (?:is|was))?[\s:#]{1,3}((?=[A-Z0-9 -]{0,8}\d)[A-Z0-9]{1,4}(?:[ -]?[A-Z0-9]{1,4}){1,2})\b/g;

/** "Kennzeichen HH-AB 1234" */
const germanPlate = /(?<=[Kk]ennzeichen[\s:]{1,3}(?:ist )?)[A-ZÄÖÜ]{1,3}[ -][A-Z]{1,2} ?\d{1,4}[EH]?(?!\w)/g;

/** A label and its number in one word, as files and keys are called: "mrn_00482913_scan.pdf". */
const joinedLabel =
  /(?:^|[^A-Za-z0-9])(ssn|mrn|dob|phone|tel|fax|cell|mobile|acct|account|member|policy|npi|patient|pt|chart)(?:_(?:id|no|num|number))?_$/i;
const joinedNumber = /^\d[\d_-]{3,18}\d(?![A-Za-z0-9])/;
const joinedChars = 24;
const tenDigits = /^1?\d{10}$/;
const fiveDigits = /^\d{5,}$/;
/** Of labels whose numbers have so many digits; any other is that of a record. */
const joinedKinds: Readonly<Record<string, readonly [PhiClass, RegExp]>> = {
  ssn: ['ssn', /^\d{9}$/],
  dob: ['date', /^\d{8}$/],
  phone: ['phone', tenDigits],
  tel: ['phone', tenDigits],
  cell: ['phone', tenDigits],
  mobile: ['phone', tenDigits],
  fax: ['fax', tenDigits],
  acct: ['account', fiveDigits],
  account: ['account', fiveDigits],
  member: ['health_plan', fiveDigits],
  policy: ['health_plan', fiveDigits],
  npi: ['license', /^\d{10}$/],
};

const mayBePlate = lookedFor('plate tag');

export const findCodedId: Find = (text, emit, _words, numbers, pairs) => {
  for (let at = text.indexOf('-'); at !== -1; at = text.indexOf('-', at + 1)) {
    if (text.charAt(at + 5) !== '-' || text.charAt(at + 10) !== '-') continue;
    uuid.lastIndex = at - 8;
    if (at > 7 && uuid.test(text)) emit(at - 8, at - 8 + uuidChars, 'other_id');
  }
  if (text.includes('(01)'))
    for (const match of matches(text, udi)) emit(match.index, match.index + match[0].length, 'device');
  if (text.includes('/$'))
    for (const match of matches(text, hibc)) emit(match.index, match.index + match[0].length, 'device');
  if (text.includes('(0010,') || text.includes('(0008,0050'))
    for (const { 0: whole, 1: tag = '', 2: value = '', index } of matches(text, dicom))
      emit(index + whole.length - value.length, index + whole.length, dicomClasses[tag] ?? 'other_id');
  for (const start of numbers.runs) {
    if (text.charAt(start - 1) === '_') joinedAt(text, start, emit);
    // One digit, then a letter.
    if (isDigit(text.charCodeAt(start + 1)) || !isLetter(text.charCodeAt(start + 1))) continue;
    mbi.lastIndex = start;
    const [whole] = mbi.exec(text) ?? [];
    if (whole !== undefined) emit(start, start + whole.length, 'health_plan');
  }
  findVin(text, emit);
  for (const match of mayBePlate(pairs) ? matches(text, plate) : []) {
    const [whole, number = ''] = match;
    const signs = number.replace(/[ -]/g, '');
    const end = match.index + whole.length;
    if (signs.length >= 5 && /[A-Z]/.test(signs)) emit(end - number.length, end, 'vehicle');
  }
  if (text.includes('ennzeichen'))
    for (const match of matches(text, germanPlate)) emit(match.index, match.index + match[0].length, 'vehicle');
  for (const match of numbers.longest >= 7 ? matchesIn(numbers, dea) : []) {
    if (isDea(match[0])) emit(match.index, match.index + match[0].length, 'license');
  }
};

function joinedAt(text: string, start: number, emit: Emit): void {
  const [, label] = joinedLabel.exec(before(text, start, joinedChars)) ?? [];
  const [number] = (label !== undefined && joinedNumber.exec(after(text, start, joinedChars))) || [];
  if (label === undefined || number === undefined) return;
  const [cls, digits] = joinedKinds[label.toLowerCase()] ?? ['mrn', fiveDigits];
  if (digits.test(number.replace(/\D/g, ''))) emit(start, start + number.length, cls);
}

/** Seventeen capitals and digits in a row: one of every seventeen places lies inside, so no other is looked at. */
function findVin(text: string, emit: Emit): void {
  for (let at = vinLength - 1; at < text.length; at += vinLength) {
    if (!isVinUnit(text.charCodeAt(at))) continue;
    let start = at;
    while (start > 0 && at - start < vinLength && isVinUnit(text.charCodeAt(start - 1))) start--;
    let end = at + 1;
    while (end - start <= vinLength && isVinUnit(text.charCodeAt(end))) end++;
    if (end - start !== vinLength) continue;
    const candidate = text.slice(start, end);
    if (!/^(?=.{0,16}\d)[A-HJ-NPR-Z0-9]{17}$/.test(candidate) || !isVin(candidate)) continue;
    const isAlone = !/\w/.test(text.charAt(start - 1)) && !/\w/.test(text.charAt(start + vinLength));
    if (isAlone) emit(start, start + vinLength, 'vehicle');
  }
}

const vinLength = 17;

function isVinUnit(unit: number): boolean {
  return (unit >= 65 && unit <= 90) || (unit >= 48 && unit <= 57);
}

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

export const aboutCodedId: About = {
  shapes: {
    other_id: ['«3edac2e3-d223-6fae-d515-daf96ef6bc76»'],
    device: ['«(01)00643169007222(17)160712(21)SER99»'],
    health_plan: ['«1EG4-TE5-MK73»'],
    vehicle: ['«1HGCM82633A004352»', 'plates «KJH 4821»'],
    mrn: ['mrn_«00482913»_scan.pdf'],
    license: ['«A91234563»'],
  },
  checks:
    'MBI: the positions of CMS. VIN: its check digit (49 CFR 565.15). DEA number: its check digit. UDI: the identifiers of GS1. UUID: RFC 9562 by shape.',
  context:
    'None, except for licence plates: the word before them, and at least five letters and digits; and for the number in a file’s name: its label there.',
  misses: ['VIN of Europe, without a check digit: «WVWZZZ1JZXW000001»', 'a car, «KJH 4821»'],
};
