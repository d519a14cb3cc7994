// What leaves for an MCP client, masked: every string at any depth. The protocol's own structure is walked; whatever it
// holds is masked as data, with its member names. Must never let a member through because the protocol does not name it.

import type { Decision } from '../core/decision.ts';
import { isJsonObject, type Json, type JsonObject, listOf, objectOf } from '../core/json.ts';
import { unionOf } from '../core/phi.ts';
import type { JsonRpcOutcome } from '../wire/mcp/json-rpc.ts';
import { planMeta } from './mcp-mask-meta.ts';
import {
  type Masked,
  named,
  type Parts,
  planData,
  planIdentifier,
  planReserved,
  type Rebuild,
  type RebuildMember,
} from './mcp-mask-plan.ts';
import { planSchema, schemas } from './mcp-mask-schema.ts';
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
/** Lists of what is asked for by its name (tools, prompts and their arguments). */
const callable = new Set(['tools', 'prompts', 'arguments']);
/** What a pointer may hold that nobody is found by: where it points; and on the web the codes of sessions and sign-ins. */
const notOfPointers = ['url', 'ip'] as const;
const notOfPages = [...notOfPointers, 'other_id'] as const;

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
    error: {
      code: decision.obligations.unmask === 'all' || isShort(code) ? code : internalError,
      message: typeof text === 'string' ? text : '',
      ...(data === undefined ? {} : { data: more }),
    },
  };
}

/** JSON-RPC 2.0 §5.1. */
const internalError = -32603;

/** A longer number may be somebody's: no detector tells by itself, and the protocols' own have five digits. */
function isShort(code: number): boolean {
  return Math.abs(code) < 100_000;
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
  const identifiers = new Map<string, number>();
  const { members: whole, beside } = joinedTexts(members);
  const rebuild = plan(whole, {
    part: (value) => parts.push(value) - 1,
    pointer: (value) => pointers.push(value) - 1,
    identifier: (value) => {
      const at = identifiers.get(value) ?? identifiers.size;
      identifiers.set(value, at);
      return at;
    },
    binary: decision.obligations.unmask === 'all' ? 'unmasked' : binary,
  });
  // One call for all parts, so that a name found in one place is masked wherever it recurs.
  const masked = rebuild({
    parts: parts.length === 0 ? parts : listOf(mask(parts, decision, counts, beside)),
    pointers: maskPointers(pointers, parts, decision, mask, counts),
    identifiers: maskIdentifiers([...identifiers.keys()], decision, mask),
  });
  return isJsonObject(masked) ? masked : {};
}

/** Apart from each other, so that none is taken for what another one says of it. They are counted among the parts. */
function maskIdentifiers(identifiers: readonly string[], decision: Decision, mask: MaskJson): readonly Json[] {
  if (identifiers.length === 0) return identifiers;
  const apart = identifiers.flatMap((each): Json[] => [each, null]);
  return listOf(mask(apart, decision, {})).filter((_each, at) => at % 2 === 0);
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

interface MemberParts extends Parts {
  readonly binary: Binary | 'unmasked';
}

function plan(value: Json, parts: MemberParts): Rebuild {
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

function planMembers(value: JsonObject, parts: MemberParts): Rebuild {
  const members = Object.entries(value).map(([name, member]) => planMember(name, member, parts));
  return (masked) => Object.fromEntries(members.map((rebuild) => rebuild(masked)));
}

function planMember(name: string, member: Json, parts: MemberParts): RebuildMember {
  const reserved = planReserved(name, member, parts);
  if (reserved) return reserved;
  if (name === '_meta' && isJsonObject(member)) return planMeta(member, parts);
  // prompts/list describes arguments in an array; anywhere else `arguments` are values.
  const structural = structure.has(name) || (name === 'arguments' && Array.isArray(member));
  if (name === 'annotations' && isJsonObject(member)) return named(name, planAnnotations(member, parts));
  if (structural && Array.isArray(member) && callable.has(name)) return named(name, planCallable(member, parts));
  if (structural && typeof member === 'object' && member !== null) return named(name, plan(member, parts));
  const use = schemas.get(name);
  return use ? named(name, planSchema(member, use, parts)) : planData(name, member, parts);
}

/** A time that was masked is none any more: it is left out, as a client would take the whole message for malformed. */
function planAnnotations(annotations: JsonObject, parts: MemberParts): Rebuild {
  const { lastModified } = annotations;
  const rebuild = planMembers(annotations, parts);
  return (masked) => {
    const whole = objectOf(rebuild(masked));
    const { lastModified: shown, ...rest } = whole;
    return shown === undefined || shown === lastModified || isTime(shown) ? whole : rest;
  };
}

/** ISO 8601, with the time and its zone. */
function isTime(value: Json): boolean {
  return typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)$/.test(value);
}

/** INVARIANT: what can be asked for by its name is not called by another because of what is said beside it. */
function planCallable(items: readonly Json[], parts: MemberParts): Rebuild {
  const all = items.map((item) => {
    const { name, ...rest } = objectOf(item);
    if (!isJsonObject(item) || typeof name !== 'string') return plan(item, parts);
    const [called, whole] = [planIdentifier(name, parts), plan(rest, parts)];
    return (masked: Masked): Json => ({ name: called(masked), ...objectOf(whole(masked)) });
  });
  return (masked) => all.map((rebuild) => rebuild(masked));
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
