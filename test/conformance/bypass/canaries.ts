// The values nobody may see, every trivial way to write them, and the search for them in what a backend said.

import { createHash } from 'node:crypto';
import type { Frame } from '../../../src/wire/postgres/frame.ts';
import { decodeDataRow } from '../../../src/wire/postgres/rows.ts';

/** Values of protected columns of the clinic, the families' own included. */
export const secrets: readonly string[] = [
  '123-45-6789',
  '987-65-4320',
  'Zebulon',
  'Quartermain',
  'Ophelia',
  'Vandersloot',
  'Springfield',
  'Shelbyville',
  '555-867-5309',
  '1961-07-23',
  '1970-02-11',
  // Under a mask that keeps the last four digits, the first ones are the secret.
  '123-45',
  '987-65',
];

const hashes = ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'] as const;

/** Lower case, as the searched text is. */
const forms: ReadonlyMap<string, string> = new Map(
  secrets.flatMap((each) => formsOf(each).map((form) => [form, each])),
);
/** Without anything but letters and digits, for values that leave in pieces. */
const squeezedForms: ReadonlyMap<string, string> = new Map(
  secrets
    .filter((each) => each.length > 6)
    .flatMap((each) => [squeezed(each), reversed(squeezed(each))].map((form) => [form, each])),
);
/** Text in code units of two bytes; numbers and times as binary values have them, dates within arrays, rows and ranges. */
const binaryForms: ReadonlyMap<string, Buffer> = new Map(
  secrets.flatMap((each): [string, Buffer][] => [
    [`${each} in UTF-16LE`, Buffer.from(each, 'utf16le')],
    [`${each} in UTF-16BE`, Buffer.from(each, 'utf16le').swap16()],
    ...(/^[\d-]{11}$/.test(each) ? numbersOf(each) : []),
    ...(/^\d{4}-\d\d-\d\d$/.test(each) ? timesOf(each) : []),
  ]),
);

function numbersOf(secret: string): [string, Buffer][] {
  const digits = Number(secret.replaceAll('-', ''));
  const integer = Buffer.alloc(4);
  integer.writeInt32BE(digits);
  const float = Buffer.alloc(8);
  float.writeDoubleBE(digits);
  // Numeric: groups of four decimal digits, each in two bytes.
  const numeric = Buffer.alloc(6);
  for (const [at, power] of [8, 4, 0].entries())
    numeric.writeUInt16BE(Math.floor(digits / 10 ** power) % 10_000, 2 * at);
  return [
    [`${secret} as a binary integer`, integer],
    [`${secret} as a binary float`, float],
    [`${secret} as a binary numeric`, numeric],
  ];
}

function timesOf(secret: string): [string, Buffer][] {
  const sinceEpochDays = Math.floor(Date.parse(secret) / 86_400_000) - 10_957;
  const date = Buffer.alloc(8);
  date.writeInt32BE(4);
  date.writeInt32BE(sinceEpochDays, 4);
  const timestamp = Buffer.alloc(8);
  timestamp.writeBigInt64BE(BigInt(sinceEpochDays) * 86_400_000_000n);
  return [
    [`${secret} as a binary date`, date],
    [`${secret} as a binary timestamp`, timestamp],
  ];
}

function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const cases = [secret, secret.toLowerCase(), secret.toUpperCase()];
  const found = [secret, reversed(secret), bytes.toString('hex'), escaped(bytes)];
  for (const text of cases) {
    // Base64 reads three bytes at a time: wherever the text begins, its inner groups are one of three.
    for (const shift of [0, 1, 2]) {
      const groups = Buffer.concat([Buffer.alloc(shift), Buffer.from(text)]).toString('base64');
      found.push(groups.slice(shift === 0 ? 0 : 4).replace(/..?=*$|=+$/, ''));
    }
    for (const hash of hashes) found.push(createHash(hash).update(text).digest('hex'));
    for (const hash of hashes) found.push(createHash(hash).update(text).digest('base64'));
  }
  if (/^\d{4}-\d\d-\d\d$/.test(secret)) found.push(...datesOf(secret));
  return [...new Set(found.map((form) => form.toLowerCase()))].filter((form) => form.length >= 5);
}

function datesOf(iso: string): string[] {
  const [year = '', month = '', day = ''] = iso.split('-');
  const ms = Date.parse(iso);
  return [
    `${month}/${day}/${year}`,
    `${day}.${month}.${year}`,
    `${day}-${month}-${year}`,
    `${year}${month}${day}`,
    `${year}/${month}/${day}`,
    String(ms / 1000),
    String(Math.floor(ms / 86_400_000) + 2_440_588),
    String(Math.floor(ms / 86_400_000) - 10_957),
  ];
}

function escaped(bytes: Buffer): string {
  return [...bytes].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
}

function reversed(text: string): string {
  return [...text].reverse().join('');
}

function squeezed(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9]/g, '');
}

/** Days since 2000, as DataRow carries a binary date: only where a cell is nothing else. */
const binaryDates: ReadonlyMap<number, string> = new Map(
  secrets
    .filter((each) => /^\d{4}-\d\d-\d\d$/.test(each))
    .map((each) => [Math.floor(Date.parse(each) / 86_400_000) - 10_957, each]),
);

/** What of the secrets these messages hold, each with where and how; none = clean. */
export function secretsIn(frames: readonly Frame[]): string[] {
  const found = new Set<string>();
  const columns: string[] = [];
  for (const { type, body } of frames) {
    const letter = String.fromCharCode(type);
    search(body.toString('latin1'), `message ${letter}`, found);
    for (const [form, bytes] of binaryForms) if (body.includes(bytes)) found.add(`${form} in message ${letter}`);
    if (letter !== 'D') continue;
    const cells = decodeDataRow(body);
    cells.forEach((cell, at) => {
      columns[at] = (columns[at] ?? '') + (cell?.toString('latin1') ?? '');
      if (cell?.length === 4 && binaryDates.has(cell.readInt32BE())) found.add('a binary date in DataRow');
    });
    searchSqueezed(cells.map((cell) => cell?.toString('latin1') ?? '').join(''), 'the pieces of a row', found);
  }
  for (const column of columns) searchSqueezed(column, 'the pieces of a column', found);
  return [...found];
}

function search(text: string, where: string, found: Set<string>): void {
  const low = text.toLowerCase();
  for (const [form, secret] of forms) if (low.includes(form)) found.add(`${secret} as ${form} in ${where}`);
  searchSqueezed(text, where, found);
}

function searchSqueezed(text: string, where: string, found: Set<string>): void {
  const low = squeezed(text);
  for (const [form, secret] of squeezedForms) if (low.includes(form)) found.add(`${secret} as ${form} in ${where}`);
}
