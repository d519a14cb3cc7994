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
/** Binary dates, text in code units of two bytes. */
const binaryForms: ReadonlyMap<string, Buffer> = new Map(
  secrets.flatMap((each): [string, Buffer][] => [
    [`${each} in UTF-16LE`, Buffer.from(each, 'utf16le')],
    [`${each} in UTF-16BE`, Buffer.from(each, 'utf16le').swap16()],
  ]),
);

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
