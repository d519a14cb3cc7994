// The plan of a masked message: what of it is masked together, what by itself, and how the message is put together again.

import { type Json, objectOf } from '../core/json.ts';
import { isClientVersion } from '../wire/mcp/streamable-http.ts';

/** Each gives the number under which the masked value is found. */
export interface Parts {
  readonly part: (value: Json) => number;
  readonly pointer: (value: string) => number;
  /** What something is called by, which is masked for what it says itself, and not for what is said beside it. */
  readonly identifier: (value: string) => number;
}

export interface Masked {
  readonly parts: readonly Json[];
  readonly pointers: readonly Json[];
  readonly identifiers: readonly Json[];
}

export type Rebuild = (masked: Masked) => Json;

export type RebuildMember = (masked: Masked) => readonly [name: string, value: Json];

/** Members that point somewhere and must still do so: a URL or host in them is no identifier, all else is. */
const pointers = new Set(['uri', 'uriTemplate', 'url', 'src', 'websiteUrl', '$schema', '$ref', '$id']);
/** What the protocol itself has a member say, in so many words: there is nothing in it to look for. */
const ownWords: ReadonlyMap<string, ReadonlySet<Json>> = new Map([
  ['type', new Set<Json>(['text', 'image', 'audio', 'resource', 'resource_link'])],
  ['role', new Set<Json>(['user', 'assistant'])],
  ['isError', new Set<Json>([true, false])],
  ['resultType', new Set<Json>(['complete'])],
  ['$schema', new Set<Json>(['2020-12', '2019-09'].map((draft) => `https://json-schema.org/draft/${draft}/schema`))],
]);

/** A member that is the protocol's own word, or that points somewhere; null for any other. */
export function planReserved(name: string, member: Json, parts: Parts): RebuildMember | null {
  // A version of the protocol reads like a date.
  const isOwn = ownWords.get(name)?.has(member) || (name === 'protocolVersion' && isClientVersion(member));
  if (isOwn) return () => [name, member];
  return pointers.has(name) && typeof member === 'string' ? named(name, planPointer(member, parts)) : null;
}

export function named(name: string, rebuild: Rebuild): RebuildMember {
  return (masked) => [name, rebuild(masked)];
}

function planPointer(pointer: string, parts: Parts): Rebuild {
  const at = parts.pointer(pointer);
  return (masked) => masked.pointers[at] ?? null;
}

/** It stands among the parts all the same, as it may say what they are. */
export function planIdentifier(identifier: string, parts: Parts): Rebuild {
  parts.part(identifier);
  const at = parts.identifier(identifier);
  return (masked) => masked.identifiers[at] ?? null;
}

/** A member whose name says something of its value. */
export function planData(name: string, member: Json, parts: Parts): RebuildMember {
  const at = parts.part({ [name]: member });
  return (masked) => Object.entries(objectOf(masked.parts[at] ?? null))[0] ?? [name, null];
}

export function planLeaf(value: Json, parts: Parts): Rebuild {
  const at = parts.part(value);
  return (masked) => masked.parts[at] ?? null;
}
