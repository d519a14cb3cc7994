// Messages as the protocol's own schemas have them, made from what the SDK publishes: every member there can be, every alternative, a
// member that no schema names in every object; and every place in them where a text can stand.

import assert from 'node:assert/strict';
import { type SpecTypeName, specTypeSchemas } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { isJsonObject, type Json, type JsonObject, listOf, objectOf } from '../../src/core/json.ts';

/** One that is marked, and the same as it stands where the protocol has it in another form. */
export const patient = 'Patient Zebulon Quartermain, SSN 219-09-9999';
const [plain, uri, base64, time] = ['word', 'https://h.example/word', 'd29yZA==', '2026-01-02T03:04:05Z'];
const marked: Readonly<Record<string, string>> = {
  [plain]: patient,
  [uri]: 'https://h.example/219-09-9999/?of=Zebulon%20Quartermain',
  [base64]: Buffer.from(patient).toString('base64'),
};
const depthMax = 12;

/** What there is of this type: one with every member, and one more for each alternative of each. */
export function messagesOf(type: SpecTypeName): readonly Json[] {
  const published: unknown = specTypeSchemas[type];
  assert.ok(published instanceof z.ZodType, type);
  const schema = objectOf(z.toJSONSchema(published, { io: 'input' }) as Json);
  return variants(schema, schema, 0);
}

function variants(schema: JsonObject, root: JsonObject, depth: number): readonly Json[] {
  const { $ref, anyOf, oneOf, allOf, enum: choices, type, format, items, properties } = schema;
  if (schema['const'] !== undefined) return [schema['const']];
  if (choices !== undefined) return listOf(choices);
  if (typeof $ref === 'string') return depth > depthMax ? [plain] : variants(referred($ref, root), root, depth + 1);
  const alternatives = listOf(anyOf ?? oneOf);
  if (alternatives.length > 0) return alternatives.flatMap((each) => variants(objectOf(each), root, depth));
  const parts = listOf(allOf);
  if (parts.length > 0) {
    const whole = parts.map((each) => variants(objectOf(each), root, depth));
    return [Object.assign({}, ...whole.map(([first]) => objectOf(first))), ...whole.flatMap((each) => each.slice(1))];
  }
  switch (typeof type === 'string' ? type : '') {
    case 'string':
      return [
        format === 'uri'
          ? uri
          : format === 'date-time'
            ? time
            : schema['contentEncoding'] || format === 'base64'
              ? base64
              : plain,
      ];
    case 'integer':
    case 'number':
      return [1];
    case 'boolean':
      return [true];
    case 'null':
      return [null];
    case 'array':
      return variants(objectOf(items), root, depth + 1).map((each) => [each]);
    case 'object':
      return objects(objectOf(properties), schema['additionalProperties'], root, depth);
    default:
      // Anything may stand here.
      return [plain, { word: { word: [plain] } }];
  }
}

function objects(
  properties: JsonObject,
  additional: Json | undefined,
  root: JsonObject,
  depth: number,
): readonly Json[] {
  if (depth > depthMax) return [{}];
  const others = isJsonObject(additional) ? variants(additional, root, depth + 1) : [plain];
  const members = [
    ...Object.entries(properties).map(([name, each]) => [name, variants(objectOf(each), root, depth + 1)] as const),
    ['word', others] as const,
  ];
  const whole = Object.fromEntries(members.map(([name, [first = null]]) => [name, first]));
  return [whole, ...members.flatMap(([name, all]) => all.slice(1).map((each) => ({ ...whole, [name]: each })))];
}

function referred($ref: string, root: JsonObject): JsonObject {
  assert.match($ref, /^#/);
  return objectOf(
    $ref
      .split('/')
      .slice(1)
      .reduce<Json>((at, step) => objectOf(at)[step] ?? null, root),
  );
}

export interface TextPlace {
  readonly path: readonly (string | number)[];
  /** What stands there, or is the name of a member. */
  readonly text: string;
  readonly isName: boolean;
}

/** Where a text can stand that a server chose. */
export function textPlaces(message: Json, path: readonly (string | number)[] = []): readonly TextPlace[] {
  if (typeof message === 'string')
    return Object.hasOwn(marked, message) ? [{ path, text: message, isName: false }] : [];
  if (typeof message !== 'object' || message === null) return [];
  return Object.entries(message).flatMap(([name, member]: [string, Json]) => {
    const below = [...path, Array.isArray(message) ? Number(name) : name];
    const named = name === plain ? [{ path: below, text: plain, isName: true }] : [];
    return [...named, ...textPlaces(member, below)];
  });
}

/** The message with the patient in one place. */
export function markedAt(message: Json, { path, text, isName }: TextPlace): Json {
  const [step, ...rest] = path;
  if (step === undefined) return marked[text] ?? '';
  if (Array.isArray(message))
    return message.map((each: Json, at) => (at === step ? markedAt(each, { path: rest, text, isName }) : each));
  return Object.fromEntries(
    Object.entries(objectOf(message)).map(([name, member]) => {
      if (name !== step) return [name, member];
      return isName && rest.length === 0 ? [patient, member] : [name, markedAt(member, { path: rest, text, isName })];
    }),
  );
}

/** The message with the patient in every place. */
export function markedAll(message: Json): Json {
  if (typeof message === 'string') return marked[message] ?? message;
  if (Array.isArray(message)) return message.map(markedAll);
  if (!isJsonObject(message)) return message;
  return Object.fromEntries(Object.entries(message).map(([name, member]) => [marked[name] ?? name, markedAll(member)]));
}

/** Whether the patient is found in it, by somebody who tries. */
export function tellsOf(text: string): boolean {
  const runs = Array.from(text.matchAll(/[A-Za-z0-9+/_-]{16,}={0,2}/g), ([run]) =>
    Buffer.from(run, 'base64').toString('latin1'),
  );
  return /219-?09-?9999|Zebulon|Quartermain/i.test([text, ...runs].join('\n').replaceAll(/%20|\+/g, ' '));
}
