// What leaves for an MCP client, masked: every string at any depth. The protocol's own structure is walked; whatever it
// holds is masked as data, with its member names. Must never let a member through because the protocol does not name it.

import type { Decision } from '../core/decision.ts';
import { isJsonObject, type Json, type JsonObject, listOf, objectOf } from '../core/json.ts';
import { unionOf } from '../core/phi.ts';
import { plainWord, valueClass } from '../masking/packs/generic.ts';
import type { JsonRpcOutcome } from '../wire/mcp/json-rpc.ts';
import { isClientVersion } from '../wire/mcp/streamable-http.ts';
import { joinedTexts } from './mcp-parted-texts.ts';
import { pointerFrom, readingOf } from './mcp-pointers.ts';

/**
 * Masks data under a decision's obligations, and adds to `counts` what it masked, by class. `beside`: texts that say more of
 * its values, as of MaskView.
 */
export type MaskJson = (
  value: Json,
  decision: Decision,
  counts: Record<string, number>,
  beside?: readonly string[],
) => Json;

/** The masking of one message, made for what it says: a result, params, or an error's message and data. A promise where somebody is asked. */
export type MaskFor = (message: Json) => MaskJson | Promise<MaskJson>;

/** Images, audio and blobs, which cannot be looked into: a line of text in their place, or as they are. */
export type Binary = 'withhold' | 'pass';

/** What an outcome says. */
export function dataOf(outcome: JsonRpcOutcome): Json {
  return 'result' in outcome ? outcome.result : [outcome.error.message, outcome.error.data ?? null];
}

/** Members whose objects and arrays are the protocol's structure (MCP 2025-11-25, schema). */
const structure = new Set(
  `content contents messages resource resources resourceTemplates tools prompts completion values annotations icons
  capabilities serverInfo execution modelPreferences hints roots`.split(/\s+/),
);
/** Members that hold a JSON Schema, where a property called `address` is no address. */
const schemas = new Set(['inputSchema', 'outputSchema', 'requestedSchema']);
/** Keywords of JSON Schema that hold schemas by name, schemas, or values of what they describe (2020-12, and draft 7). */
const namedSchemas = new Set(
  'properties patternProperties $defs definitions dependentSchemas dependentRequired'.split(' '),
);
const subschemas = new Set(
  `items prefixItems additionalItems unevaluatedItems contains additionalProperties unevaluatedProperties propertyNames
  not if then else allOf anyOf oneOf`.split(/\s+/),
);
const values = new Set(['default', 'const', 'example', 'examples']);
/** Keywords whose number may be somebody's, where the property is: one that would be masked is left out, as a schema has no null there. */
const bounds = new Set(['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf']);
/** A list of what may be chosen says nothing of anybody by where it stands. */
const choices = new Set(['anyOf', 'oneOf']);
/** Members that point somewhere and must still do so: a URL or host in them is no identifier, all else is. */
const pointers = new Set(['uri', 'uriTemplate', 'url', 'src', 'websiteUrl', '$schema', '$ref', '$id']);
/** What a pointer may hold that nobody is found by: where it points; and on the web the codes of sessions and sign-ins. */
const notOfPointers = ['url', 'ip'] as const;
const notOfPages = [...notOfPointers, 'other_id'] as const;
/** What the protocol itself has a member say, in so many words: there is nothing in it to look for. */
const ownWords: ReadonlyMap<string, ReadonlySet<Json>> = new Map([
  ['type', new Set<Json>(['text', 'image', 'audio', 'resource', 'resource_link'])],
  ['role', new Set<Json>(['user', 'assistant'])],
  ['isError', new Set<Json>([true, false])],
  ['resultType', new Set<Json>(['complete'])],
  ['$schema', new Set<Json>(['2020-12', '2019-09'].map((draft) => `https://json-schema.org/draft/${draft}/schema`))],
]);

export function maskOutcome(
  outcome: JsonRpcOutcome,
  decision: Decision,
  mask: MaskJson,
  counts: Record<string, number>,
  binary: Binary = 'withhold',
): JsonRpcOutcome {
  if ('result' in outcome) return { result: maskMembers(outcome.result, decision, mask, counts, binary) };
  const { code, message, data } = outcome.error;
  const [text, more = null] = listOf(mask([message, data ?? null], decision, counts));
  return {
    error: { code, message: typeof text === 'string' ? text : '', ...(data === undefined ? {} : { data: more }) },
  };
}

/** A result or params. */
export function maskMembers(
  members: JsonObject,
  decision: Decision,
  mask: MaskJson,
  counts: Record<string, number>,
  binary: Binary = 'withhold',
): JsonObject {
  const parts: Json[] = [];
  const pointers: string[] = [];
  const { members: whole, beside } = joinedTexts(members);
  const rebuild = plan(whole, {
    part: (value) => parts.push(value) - 1,
    pointer: (value) => pointers.push(value) - 1,
    binary: decision.obligations.unmask === 'all' ? 'unmasked' : binary,
  });
  // One call for all parts, so that a name found in one place is masked wherever it recurs.
  const masked = rebuild({
    parts: parts.length === 0 ? parts : listOf(mask(parts, decision, counts, beside)),
    pointers: maskPointers(pointers, parts, decision, mask, counts),
  });
  return isJsonObject(masked) ? masked : {};
}

/** Piece by piece: what names a person must not hide in what is a URL. */
function maskPointers(
  uris: readonly string[],
  parts: readonly Json[],
  decision: Decision,
  mask: MaskJson,
  counts: Record<string, number>,
): readonly Json[] {
  const masked = new Map<string, Json>();
  for (const isWeb of [true, false]) {
    const some = uris.filter((uri) => /^https?:/i.test(uri) === isWeb);
    if (some.length === 0) continue;
    const unmask = unionOf(decision.obligations.unmask, isWeb ? notOfPages : notOfPointers);
    const pointing = { ...decision, obligations: { ...decision.obligations, unmask } };
    const readings = some.map(readingOf);
    const alone = listOf(mask(readings, pointing, counts));
    // Once more beside the parts, for the names found in them.
    const among =
      parts.length === 0
        ? alone
        : listOf(objectOf(mask({ said: [...parts], pointers: readings }, pointing, {}))['pointers'] ?? null);
    for (const [at, uri] of some.entries()) {
      masked.set(uri, pointerFrom(uri, { alone: alone[at] ?? null, among: among[at] ?? null }));
    }
  }
  return uris.map((uri) => masked.get(uri) ?? null);
}

/** Each gives the number under which the masked value is found. */
interface Parts {
  readonly part: (value: Json) => number;
  readonly pointer: (value: string) => number;
  readonly binary: Binary | 'unmasked';
}

interface Masked {
  readonly parts: readonly Json[];
  readonly pointers: readonly Json[];
}

type Rebuild = (masked: Masked) => Json;

function plan(value: Json, parts: Parts): Rebuild {
  if (Array.isArray(value)) {
    const items = value.map((each: Json) => plan(each, parts));
    return (masked) => items.map((rebuild) => rebuild(masked));
  }
  if (!isJsonObject(value)) {
    const at = parts.part(value);
    return (masked) => masked.parts[at] ?? null;
  }
  if (parts.binary === 'unmasked') return planMembers(value, parts);
  const raw = parts.binary === 'pass' ? opaqueMember(value) : null;
  if (raw === null) return planMembers(withoutBinary(value), parts);
  const { [raw]: content = null, ...rest } = value;
  const rebuild = planMembers(rest, parts);
  return (masked) => ({ ...objectOf(rebuild(masked)), [raw]: content });
}

function planMembers(value: JsonObject, parts: Parts): Rebuild {
  const members = Object.entries(value).map(([name, member]) => planMember(name, member, parts));
  return (masked) => Object.fromEntries(members.map((rebuild) => rebuild(masked)));
}

function planMember(name: string, member: Json, parts: Parts): (masked: Masked) => [string, Json] {
  // A version of the protocol reads like a date.
  const isOwn = ownWords.get(name)?.has(member) || (name === 'protocolVersion' && isClientVersion(member));
  if (isOwn) return () => [name, member];
  if (pointers.has(name) && typeof member === 'string') return named(name, planPointer(member, parts));
  // prompts/list describes arguments in an array; anywhere else `arguments` are values.
  const structural = structure.has(name) || (name === 'arguments' && Array.isArray(member));
  if (structural && typeof member === 'object' && member !== null) return named(name, plan(member, parts));
  if (schemas.has(name)) return named(name, planSchema(member, parts, null));
  return planData(name, member, parts);
}

function named(name: string, rebuild: Rebuild): (masked: Masked) => [string, Json] {
  return (masked) => [name, rebuild(masked)];
}

function planPointer(pointer: string, parts: Parts): Rebuild {
  const at = parts.pointer(pointer);
  return (masked) => masked.pointers[at] ?? null;
}

/** A member whose name says something of its value. */
function planData(name: string, member: Json, parts: Parts): (masked: Masked) => [string, Json] {
  const at = parts.part({ [name]: member });
  return (masked) => Object.entries(objectOf(masked.parts[at] ?? null))[0] ?? [name, null];
}

/** `of`: the property it describes. */
function planSchema(schema: Json, parts: Parts, of: string | null): Rebuild {
  if (Array.isArray(schema)) {
    const items = schema.map((each: Json) => planSchema(each, parts, of));
    return (masked) => items.map((rebuild) => rebuild(masked));
  }
  if (!isJsonObject(schema)) return planLeaf(schema, parts);
  const members = Object.entries(schema).map(([keyword, member]) => {
    if (pointers.has(keyword) || ownWords.has(keyword)) return planMember(keyword, member, parts);
    if (namedSchemas.has(keyword) && isJsonObject(member)) return named(keyword, planNamed(member, parts));
    if (choices.has(keyword) && Array.isArray(member)) return named(keyword, planAlternatives(member, parts, of));
    if (subschemas.has(keyword)) return named(keyword, planSchema(member, parts, of));
    if (keyword === 'enum' && Array.isArray(member)) return named(keyword, planChoices(member, parts, of));
    const isBound = bounds.has(keyword);
    if ((!values.has(keyword) && !isBound) || of === null) return planData(keyword, member, parts);
    const value = planData(of, member, parts);
    return (masked: Masked): [string, Json] | null => {
      const [, shown] = value(masked);
      return isBound && shown !== member ? null : [keyword, shown];
    };
  });
  return (masked) =>
    Object.fromEntries(members.flatMap((rebuild) => [rebuild(masked)].filter((each) => each !== null)));
}

/** INVARIANT: no two of them become the same, so that none is lost. */
function planNamed(schema: JsonObject, parts: Parts): Rebuild {
  const members = Object.entries(schema).map(([name, member]) => ({
    name: planLeaf(name, parts),
    member: planSchema(member, parts, name),
  }));
  return (masked) => {
    const all = new Map<string, Json>();
    for (const { name, member } of members) {
      const text = textAt(name(masked));
      all.set(all.has(text) ? `${text} ${all.size}` : text, member(masked));
    }
    return Object.fromEntries(all);
  };
}

/** Where what may be chosen are names, each says so with the property; codes, types and words say nothing by where they stand. */
function planAlternatives(alternatives: readonly Json[], parts: Parts, of: string | null): Rebuild {
  const all = alternatives.map((each: Json) => {
    const { const: choice } = objectOf(each);
    return planSchema(each, parts, of !== null && typeof choice === 'string' && isPersonal(of, choice) ? of : null);
  });
  return (masked) => all.map((rebuild) => rebuild(masked));
}

/** INVARIANT: no two of them become the same, as no schema has a choice twice. */
function planChoices(choice: readonly Json[], parts: Parts, of: string | null): Rebuild {
  const all = choice.map((each) => {
    if (of === null || (typeof each === 'string' && !isPersonal(of, each))) return planLeaf(each, parts);
    const value = planData(of, each, parts);
    return (masked: Masked): Json => value(masked)[1];
  });
  return (masked) => {
    const shown = new Set<Json>();
    for (const rebuild of all) {
      const value = rebuild(masked);
      shown.add(shown.has(value) && typeof value === 'string' ? `${value} ${shown.size}` : value);
    }
    return [...shown];
  };
}

/** Whose names these are, where codes stand as often: `lastName` of `Mudd`, not of `required`. */
function isPersonal(of: string, choice: string): boolean {
  return plainWord(of) !== 'name' && valueClass(of) === 'name' && /^\p{Lu}\p{Ll}/u.test(choice);
}

function textAt(value: Json): string {
  return typeof value === 'string' ? value : '';
}

function planLeaf(value: Json, parts: Parts): Rebuild {
  const at = parts.part(value);
  return (masked) => masked.parts[at] ?? null;
}

/** The member that holds what no detector could read; null where there is none. Text in base64 is none. */
function opaqueMember({ type, blob, data }: JsonObject): 'data' | 'blob' | null {
  const name = type === 'image' || type === 'audio' ? 'data' : 'blob';
  const content = name === 'data' ? data : blob;
  return content === undefined || !isBase64(content) || textOf(content) !== null ? null : name;
}

/** Images, audio and blobs cannot be looked into: a line of text says that something was there. */
function withoutBinary(value: JsonObject): JsonObject {
  const { type, blob, data, ...rest } = value;
  if ((type === 'image' || type === 'audio') && data !== undefined) {
    return { type: 'text', text: `[${type} withheld by the gate: binary content cannot be masked]` };
  }
  if (blob === undefined) return value;
  const text = textOf(blob);
  return text === null
    ? { ...rest, mimeType: 'text/plain', text: '[binary content withheld by the gate: it cannot be masked]' }
    : { ...rest, text };
}

/** By so much of a blob most are told that are no text. */
const headChars = 4096;

/** Whether what begins so cannot be the base64 of a text, whatever follows. */
export function isOpaque(head: string): boolean {
  const whole = head.slice(0, head.length - (head.length % 4));
  return !isBase64(whole) || (!whole.endsWith('=') && decodedText(whole, true) === null);
}

function isBase64(value: Json): value is string {
  return typeof value === 'string' && /^[A-Za-z0-9+/]*={0,2}$/.test(value);
}

/** A text that was sent as a blob is a text: it leaves as one, masked. Null for what is none. */
function textOf(blob: Json): string | null {
  return isBase64(blob) && !isOpaque(blob.slice(0, headChars)) ? decodedText(blob, false) : null;
}

/** Null where it is no text; `isPart`: its last character may be cut. */
function decodedText(base64: string, isPart: boolean): string | null {
  try {
    const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: isPart });
    // oxlint-disable-next-line no-control-regex -- control characters are what text does not have
    return /[\u0000-\u0008\u000e-\u001f]/.test(text) ? null : text;
  } catch {
    return null;
  }
}
