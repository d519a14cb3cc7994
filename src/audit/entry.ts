// One entry of the log as bytes: canonical JSON, and nothing that is not exactly that is accepted back.
// The bytes are what the tree commits to, so encode and decode are inverse on everything decode accepts.

import { canonicalJson, isCanonicalJson, type Json, type JsonObject } from '../core/json.ts';
import { limits } from '../core/limits.ts';
import { type Entry, recordTypes } from '../core/record.ts';
import { fail, ok, type Result } from '../core/result.ts';

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @throws TypeError for what JSON cannot say, RangeError for more than `limits.entryBytesMax` bytes. */
export function encodeEntry(entry: Entry): Uint8Array {
  const members: JsonObject = { ...entry };
  const bytes = Buffer.from(canonicalJson(members));
  if (bytes.length > limits.entryBytesMax)
    throw new RangeError(`an entry of ${bytes.length} bytes is over ${limits.entryBytesMax}`);
  return bytes;
}

/** The error says what is wrong with the form; it never repeats a value. */
export function decodeEntry(bytes: Uint8Array): Result<Entry, string> {
  if (bytes.length > limits.entryBytesMax) return fail('the entry is too long');
  let text: string;
  let value: Json;
  try {
    text = strictUtf8.decode(bytes);
    value = JSON.parse(text);
  } catch {
    return fail('the entry is not JSON');
  }
  if (!isObject(value)) return fail('the entry is not a JSON object');
  try {
    if (!isCanonicalJson(text, value)) return fail('the entry is not in canonical form');
  } catch {
    return fail('the entry is not in canonical form');
  }
  return isEntry(value) ? ok(value) : fail(`the entry ${faultOf(value)}`);
}

function isEntry(value: object): value is Entry {
  return faultOf(value) === undefined;
}

function faultOf(value: object): string | undefined {
  let wanted = 0;
  for (const [key, member] of Object.entries(value)) {
    const check = members.get(key);
    if (!check) return 'has an unknown member';
    if (!check(member)) return `has a ${key} that is not valid`;
    if (required.includes(key)) wanted++;
  }
  if (wanted === required.length) return undefined;
  return `has no ${required.find((key) => !Object.hasOwn(value, key))}`;
}

const required = ['v', 'seq', 'time', 'type'];
const knownTypes: ReadonlySet<unknown> = new Set(recordTypes);
const timeForm = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const sha256Form = /^[0-9a-f]{64}$/;

const members: ReadonlyMap<string, (value: unknown) => boolean> = new Map(
  Object.entries<(value: unknown) => boolean>({
    v: (value) => value === 1,
    seq: isCount,
    time: (value) => typeof value === 'string' && timeForm.test(value) && !Number.isNaN(Date.parse(value)),
    type: (value) => knownTypes.has(value),
    session: isName,
    request: isName,
    approval: isName,
    connection: isName,
    parent: (value) =>
      isObject(value) &&
      isName(value['session']) &&
      only(value, ['session', 'request']) &&
      optionalName(value['request']),
    subject: (value) =>
      isObject(value) &&
      only(value, ['id', 'issuer', 'kind', 'agent']) &&
      isName(value['id']) &&
      isName(value['issuer']) &&
      (value['kind'] === 'person' || value['kind'] === 'workload') &&
      optionalName(value['agent']),
    data: isObject,
    payload: (value) =>
      isObject(value) &&
      only(value, ['sha256', 'bytes', 'media']) &&
      typeof value['sha256'] === 'string' &&
      sha256Form.test(value['sha256']) &&
      isCount(value['bytes']) &&
      (value['media'] === 'application/json' || value['media'] === 'application/x-postgres-backend'),
  }),
);

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isName(value: unknown): boolean {
  return typeof value === 'string';
}

function optionalName(value: unknown): boolean {
  return value === undefined || isName(value);
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function only(value: Record<string, unknown>, keys: readonly string[]): boolean {
  return Object.keys(value).every((key) => keys.includes(key));
}
