// JSON whose beginning is missing, as a second page or the end of a log has it. Nothing tells how deep a string lies, so each
// is judged by the key before it alone, and all of it is read as a record's free text.

import { classOfPerson } from '../packs/header.ts';
import { asWritten, type Container, isDate, type Leaf, type Reading } from './leaf.ts';

/** The first quote closes what was cut, or opens a key. */
const beginning = /^[^"\n]{0,4000}"\s*(?:[,:}\]]|[\w$-]{1,60}"\s*:)/;
const string = /"((?:[^"\\\n]|\\[\s\S])*)(?:"(\s*:)?|(?=\n)|$)|(?<=[:,[\s])-?(\d[\d.]*)/g;
const pairsMin = 3;
const codes: ReadonlySet<string> = new Set(['code', 'system', 'unit', 'use', 'status', 'resourceType', 'contentType']);
const files: ReadonlySet<string> = new Set(['data', 'query']);
const ids: ReadonlySet<string> = new Set(['id', 'reference', 'value', 'fullUrl', 'source']);

export const readJsonTail: Container = (text) => {
  if (/^\s*[[{]/.test(text) || !beginning.test(text)) return null;
  const first = text.indexOf('"');
  const isCut = /^"\s*[,:}\]]/.test(text.slice(first, first + 100));
  const leaves: Leaf[] = [];
  let keys = 0;
  let key = '';
  if (isCut) add(leaves, text.slice(0, first), 0, undefined, 'record');
  string.lastIndex = isCut ? first + 1 : first;
  for (let match = string.exec(text); match; match = string.exec(text)) {
    const [whole, value = '', colon, number] = match;
    if (whole === '') break;
    if (number !== undefined) addNumber(leaves, whole, match.index);
    else if (colon === undefined)
      add(leaves, value, match.index + 1, classOf(key), files.has(key) ? 'encoded' : 'record');
    else {
      key = value;
      keys++;
    }
  }
  return keys < pairsMin ? null : leaves;
};

function classOf(key: string): Leaf['cls'] {
  if (codes.has(key)) return 'clear';
  return ids.has(key) ? 'other_id' : classOfPerson(key);
}

/** As in the rest of a record: six digits are somebody's. */
function addNumber(leaves: Leaf[], value: string, start: number): void {
  if (value.replace(/\D/g, '').length < 6) return;
  const encode = (each: string | null): string => (each === value ? value : 'null');
  leaves.push({ start, end: start + value.length, value, offsets: null, cls: 'other_id', reads: 'value', encode });
}

function add(leaves: Leaf[], value: string, start: number, said: Leaf['cls'], reads: Reading): void {
  if (!/[\p{L}\p{N}]/u.test(value)) return;
  const cls = said === 'age' || said === undefined ? (isDate(value) ? 'date' : undefined) : said;
  leaves.push({ start, end: start + value.length, value, offsets: null, cls, reads, encode: asWritten });
}
