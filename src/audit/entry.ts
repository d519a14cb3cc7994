// One entry of the log as bytes: canonical JSON, and nothing that is not exactly that is accepted back.
// The bytes are what the tree commits to, so encode and decode are inverse on everything decode accepts.

import { canonicalJson, isCanonicalJson, isJsonObject, type Json, parseJson } from '../core/json.ts';
import { limits } from '../core/limits.ts';
import { type Entry, type RecordInput, recordTypes } from '../core/record.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { EntryScan } from './entry-scan.ts';

/** Nothing here waits, so one serves all. */
const scan = new EntryScan();
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @throws as {@link encodeRecord}. */
export function encodeEntry(entry: Entry): Uint8Array {
  return encodeRecord(entry, entry);
}

/**
 * The record as the entry it becomes. Its members are written in the order of the canonical form: to sort them anew for each
 * entry would cost more than all else about them. @throws TypeError for what JSON cannot say, RangeError for more than
 * `limits.entryBytesMax` bytes.
 */
export function encodeRecord(record: RecordInput, more: Pick<Entry, 'seq' | 'time' | 'payload'>): Uint8Array {
  const { approval, connection, data, parent, request, session, subject, type } = record;
  const { seq, time, payload } = more;
  let text = '{';
  if (approval !== undefined) text += `"approval":${canonicalJson(approval)},`;
  if (connection !== undefined) text += `"connection":${canonicalJson(connection)},`;
  if (data !== undefined) text += `"data":${canonicalJson(data)},`;
  if (parent !== undefined) text += `"parent":${canonicalJson(parent)},`;
  if (payload) text += `"payload":{"bytes":${payload.bytes},"media":"${payload.media}","sha256":"${payload.sha256}"},`;
  if (request !== undefined) text += `"request":${canonicalJson(request)},`;
  text += `"seq":${seq},`;
  if (session !== undefined) text += `"session":${canonicalJson(session)},`;
  if (subject !== undefined) text += `"subject":${canonicalJson(subject)},`;
  const bytes = Buffer.from(`${text}"time":"${time}","type":"${type}","v":1}`);
  if (bytes.length > limits.entryBytesMax)
    throw new RangeError(`an entry of ${bytes.length} bytes is over ${limits.entryBytesMax}`);
  return bytes;
}

/** The error says what is wrong with the form; it never repeats a value. */
export function decodeEntry(bytes: Uint8Array): Result<Entry, string> {
  if (!scan.read(bytes, 0, bytes.length)) return judgeEntry(bytes);
  // The form was proven on the bytes: only the object is still wanted.
  return ok(JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString()));
}

/** What {@link decodeEntry} says, without the help of a scan: for what one did not take, and to hold one against. */
export function judgeEntry(bytes: Uint8Array): Result<Entry, string> {
  if (bytes.length > limits.entryBytesMax) return fail('the entry is too long');
  let text: string;
  let value: Json;
  try {
    text = strictUtf8.decode(bytes);
    value = parseJson(text);
  } catch {
    return fail('the entry is not JSON');
  }
  if (!isJsonObject(value)) return fail('the entry is not a JSON object');
  try {
    if (!isCanonicalJson(text, value)) return fail('the entry is not in canonical form');
  } catch {
    return fail('the entry is not in canonical form');
  }
  return isEntry(value) ? ok(value) : fail(`the entry ${faultOf(value)}`);
}

function isEntry(value: Record<string, unknown>): value is Record<string, unknown> & Entry {
  return faultOf(value) === undefined;
}

function faultOf(value: Record<string, unknown>): string | undefined {
  for (const key in value) {
    const check = members.get(key);
    if (!check) return 'has an unknown member';
    if (!check(value[key])) return `has a ${key} that is not valid`;
  }
  const missing = required.find((key) => value[key] === undefined);
  return missing === undefined ? undefined : `has no ${missing}`;
}

const required = ['v', 'seq', 'time', 'type'];
const knownTypes: ReadonlySet<unknown> = new Set(recordTypes);
const timeForm = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/;
const sha256Form = /^[0-9a-f]{64}$/;

const members: ReadonlyMap<string, (value: unknown) => boolean> = new Map(
  Object.entries<(value: unknown) => boolean>({
    v: (value) => value === 1,
    seq: isCount,
    time: isTime,
    type: (value) => knownTypes.has(value),
    session: isName,
    request: isName,
    approval: isName,
    connection: isName,
    parent: (value) =>
      isJsonObject(value) &&
      isName(value['session']) &&
      only(value, ['session', 'request']) &&
      optionalName(value['request']),
    subject: (value) =>
      isJsonObject(value) &&
      only(value, ['id', 'issuer', 'kind', 'agent', 'actors']) &&
      isName(value['id']) &&
      isName(value['issuer']) &&
      (value['kind'] === 'person' || value['kind'] === 'workload') &&
      optionalName(value['agent']) &&
      (value['actors'] === undefined || isNames(value['actors'])),
    data: isJsonObject,
    payload: (value) =>
      isJsonObject(value) &&
      Object.keys(value).length === 3 &&
      typeof value['sha256'] === 'string' &&
      sha256Form.test(value['sha256']) &&
      isCount(value['bytes']) &&
      (value['media'] === 'application/json' || value['media'] === 'application/x-postgres-backend'),
  }),
);

/** Every month has its first 28 days, so only the others are looked up. */
function isTime(value: unknown): boolean {
  if (typeof value !== 'string' || !timeForm.test(value)) return false;
  return value.slice(8, 10) <= '28' || new Date(value).toISOString() === value;
}

function isName(value: unknown): boolean {
  return typeof value === 'string';
}

function isNames(value: unknown): boolean {
  return Array.isArray(value) && value.every(isName);
}

function optionalName(value: unknown): boolean {
  return value === undefined || isName(value);
}

export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function only(value: Record<string, unknown>, keys: readonly string[]): boolean {
  return Object.keys(value).every((key) => keys.includes(key));
}
