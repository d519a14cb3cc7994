// ErrorResponse and NoticeResponse: their fields, the ones made from a refusal, and upstream's with the values withheld.
// INVARIANT: what `withholdValues` returns holds no free text of the server's: a code, a position, names of objects.

import { errors } from '../../core/errors.ts';
import type { Refusal } from '../../core/result.ts';
import { BodyReader, MessageWriter } from './body.ts';
import { malformed } from './protocol-error.ts';
import { conditionText, isKnownCondition } from './sqlstate.ts';

/** Field letter → text (PostgreSQL protocol, "Error and Notice Message Fields"). */
export type NoticeFields = ReadonlyMap<string, string>;

/** The body of 'E' or 'N'. */
export function decodeNoticeFields(body: Buffer): NoticeFields {
  const reader = new BodyReader(body, 'ErrorResponse or NoticeResponse');
  const fields = new Map<string, string>();
  for (let letter = reader.uint8(); letter !== 0; letter = reader.uint8()) {
    fields.set(String.fromCharCode(letter), reader.cString());
  }
  reader.end();
  return fields;
}

export function encodeErrorResponse(fields: NoticeFields): Buffer {
  return encodeFields('E', fields);
}

export function encodeNoticeResponse(fields: NoticeFields): Buffer {
  return encodeFields('N', fields);
}

function encodeFields(type: 'E' | 'N', fields: NoticeFields): Buffer {
  const writer = new MessageWriter(type);
  for (const [letter, text] of fields) {
    const code = letter.charCodeAt(0);
    if (letter.length !== 1 || code === 0 || code > 255) malformed('error field to be sent');
    writer.uint8(code).cString(text);
  }
  return writer.uint8(0).finish();
}

/** A refusal in PostgreSQL's words: what, by which rule, what to do next. `FATAL` ends the session. */
export function errorFields(refusal: Refusal, severity: 'ERROR' | 'FATAL' = 'ERROR'): NoticeFields {
  const row = errors[refusal.code];
  const fields = new Map([
    ['S', severity],
    ['V', severity],
    ['C', row.sqlstate],
    ['M', refusal.text],
  ]);
  const detail = [
    ...(refusal.rule === undefined ? [] : [`Rule: ${refusal.rule}.`]),
    ...(refusal.approval === undefined ? [] : [`Approval: ${refusal.approval}.`]),
  ];
  if (detail.length > 0) fields.set('D', detail.join(' '));
  return fields.set('H', refusal.next ?? row.next);
}

const severities = new Set(['ERROR', 'FATAL', 'PANIC', 'WARNING', 'NOTICE', 'DEBUG', 'INFO', 'LOG']);
/** Schema, table, column, data type, constraint. */
const nameLetters = ['s', 't', 'c', 'd', 'n'] as const;

/** Keeps severity, SQLSTATE, position and the names of objects; every other text may quote a value and is dropped. */
export function withholdValues(fields: NoticeFields): NoticeFields {
  const said = fields.get('V') ?? fields.get('S') ?? '';
  const severity = severities.has(said) ? said : 'ERROR';
  const sqlstate = fields.get('C') ?? '';
  // RAISE … USING can put a value into any field, and into a SQLSTATE of its own making: only what PostgreSQL itself
  // raises is passed on.
  const known = isKnownCondition(sqlstate);
  const kept = new Map([
    ['S', severity],
    ['V', severity],
    ['C', known ? sqlstate : 'XX000'],
    ['M', conditionText(sqlstate)],
  ]);
  const position = fields.get('P');
  if (position !== undefined && /^\d{1,10}$/.test(position)) kept.set('P', position);
  for (const letter of known ? nameLetters : []) {
    const name = fields.get(letter);
    if (name !== undefined) kept.set(letter, name);
  }
  return kept;
}
