// What leaves for an MCP client, masked: every string at any depth. The protocol's own structure is walked; whatever it
// holds is masked as data, with its member names. Must never let a member through because the protocol does not name it.

import type { Decision } from '../core/decision.ts';
import { isJsonObject, type Json, type JsonObject } from '../core/json.ts';
import { unionOf } from '../core/phi.ts';
import type { JsonRpcOutcome } from '../wire/mcp/json-rpc.ts';
import { isClientVersion } from '../wire/mcp/streamable-http.ts';

/** Masks data under a decision's obligations, and adds to `counts` what it masked, by class. */
export type MaskJson = (value: Json, decision: Decision, counts: Record<string, number>) => Json;

/** The masking of one message, made for what it says: a result, params, or an error's message and data. */
export type MaskFor = (message: Json) => Promise<MaskJson>;

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
/** Members that point somewhere and must still do so: a URL or host in them is no identifier, all else is. */
const pointers = new Set(['uri', 'uriTemplate', 'url', 'src', 'websiteUrl', '$schema', '$ref', '$id']);
/** What the protocol itself has a member say, in so many words: there is nothing in it to look for. */
const ownWords: ReadonlyMap<string, ReadonlySet<Json>> = new Map([
  ['type', new Set<Json>(['text', 'image', 'audio', 'resource', 'resource_link'])],
  ['role', new Set<Json>(['user', 'assistant'])],
  ['isError', new Set<Json>([true, false])],
  ['resultType', new Set<Json>(['complete'])],
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
  let pointing: Decision | undefined;
  const parts: Json[] = [];
  const rebuild = plan(members, {
    part: (value) => parts.push(value) - 1,
    pointer: (value) => mask(value, (pointing ??= pointingUnder(decision)), counts),
    binary: decision.obligations.unmask === 'all' ? 'unmasked' : binary,
  });
  // One call for all parts, so that a name found in one place is masked wherever it recurs.
  const masked = rebuild(parts.length === 0 ? parts : listOf(mask(parts, decision, counts)));
  return isJsonObject(masked) ? masked : {};
}

function pointingUnder(decision: Decision): Decision {
  const { obligations } = decision;
  return { ...decision, obligations: { ...obligations, unmask: unionOf(obligations.unmask, ['url', 'ip']) } };
}

/** Masking keeps the shape of a list. */
function listOf(value: Json): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

interface Parts {
  readonly part: (value: Json) => number;
  readonly pointer: (value: string) => Json;
  readonly binary: Binary | 'unmasked';
}

type Rebuild = (masked: readonly Json[]) => Json;

function plan(value: Json, parts: Parts): Rebuild {
  if (Array.isArray(value)) {
    const items = value.map((each: Json) => plan(each, parts));
    return (masked) => items.map((rebuild) => rebuild(masked));
  }
  if (!isJsonObject(value)) {
    const at = parts.part(value);
    return (masked) => masked[at] ?? null;
  }
  if (parts.binary === 'unmasked') return planMembers(value, parts);
  const raw = parts.binary === 'pass' ? opaqueMember(value) : null;
  if (raw === null) return planMembers(withoutBinary(value), parts);
  const { [raw]: content = null, ...rest } = value;
  const rebuild = planMembers(rest, parts);
  return (masked) => Object.assign({}, rebuild(masked), { [raw]: content });
}

function planMembers(value: JsonObject, parts: Parts): Rebuild {
  const members = Object.entries(value).map(([name, member]) => planMember(name, member, parts));
  return (masked) => Object.fromEntries(members.map((rebuild) => rebuild(masked)));
}

function planMember(name: string, member: Json, parts: Parts): (masked: readonly Json[]) => [string, Json] {
  if (pointers.has(name) && typeof member === 'string') {
    const pointer = parts.pointer(member);
    return () => [name, pointer];
  }
  // A version of the protocol reads like a date.
  const isOwn = ownWords.get(name)?.has(member) || (name === 'protocolVersion' && isClientVersion(member));
  if (isOwn) return () => [name, member];
  // prompts/list describes arguments in an array; anywhere else `arguments` are values.
  const structural = structure.has(name) || (name === 'arguments' && Array.isArray(member));
  if (structural && typeof member === 'object' && member !== null) {
    const rebuild = plan(member, parts);
    return (masked) => [name, rebuild(masked)];
  }
  if (schemas.has(name)) {
    const rebuild = planSchema(member, parts);
    return (masked) => [name, rebuild(masked)];
  }
  const at = parts.part({ [name]: member });
  return (masked) => {
    const part = masked[at];
    return (isJsonObject(part) && Object.entries(part)[0]) || [name, null];
  };
}

function planSchema(value: Json, parts: Parts): Rebuild {
  if (Array.isArray(value)) {
    const items = value.map((each: Json) => planSchema(each, parts));
    return (masked) => items.map((rebuild) => rebuild(masked));
  }
  if (!isJsonObject(value)) {
    if (typeof value !== 'string') return () => value;
    const at = parts.part(value);
    return (masked) => masked[at] ?? null;
  }
  const members = Object.entries(value).map(([name, member]): [string, Rebuild] => {
    if (!pointers.has(name) || typeof member !== 'string') return [name, planSchema(member, parts)];
    const pointer = parts.pointer(member);
    return [name, () => pointer];
  });
  return (masked) => Object.fromEntries(members.map(([name, rebuild]) => [name, rebuild(masked)]));
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

function isBase64(value: Json): value is string {
  return typeof value === 'string' && /^[A-Za-z0-9+/]*={0,2}$/.test(value);
}

/** A text that was sent as a blob is a text: it leaves as one, masked. Null for what is none. */
function textOf(blob: Json): string | null {
  if (!isBase64(blob)) return null;
  try {
    const bytes = Uint8Array.from(atob(blob), (char) => char.charCodeAt(0));
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    // oxlint-disable-next-line no-control-regex -- control characters are what text does not have
    return /[\u0000-\u0008\u000e-\u001f]/.test(text) ? null : text;
  } catch {
    return null;
  }
}
