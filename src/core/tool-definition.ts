// The definition of an MCP tool as something that can change under a caller: its digest, and what differs between two.

import { createHash } from 'node:crypto';
import { canonicalJson, isJsonArray, type Json, type JsonObject, objectOf } from './json.ts';

/** The page a client shows with a tool (MCP Apps), and whatever has a prefix: the conventions by which clients act. */
const acted = /^(?:ui$|[^/]+\/)/;

/** What a model reads, a client checks against and acts on. Other members of `_meta` are the server's own, which may fill them anew. */
export function pinnedPart(definition: JsonObject): JsonObject {
  const { _meta: meta, ...rest } = definition;
  const pinned = Object.entries(objectOf(meta)).filter(([key]) => acted.test(key));
  return pinned.length === 0 ? rest : { ...rest, _meta: Object.fromEntries(pinned) };
}

/** SHA-256 (hex) of the canonical form. Pins and approvals are bound to it. */
export function digestOfDefinition(definition: JsonObject): string {
  return createHash('sha256')
    .update(canonicalJson(pinnedPart(definition)))
    .digest('hex');
}

export interface Difference {
  /** JSON pointer (RFC 6901). */
  readonly at: string;
  /** Absent where there was nothing. */
  readonly was?: Json;
  /** Absent where nothing is left. */
  readonly is?: Json;
}

/** The smallest parts that differ, in the order of their names. */
export function differencesOf(was: Json | undefined, is: Json | undefined, at = ''): readonly Difference[] {
  const [before, after] = [membersOf(was), membersOf(is)];
  if (before && after && isArray(was) === isArray(is)) {
    const names = [...new Set([...before.keys(), ...after.keys()])].sort();
    return names.flatMap((name) => differencesOf(before.get(name), after.get(name), `${at}/${escape(name)}`));
  }
  if (was !== undefined && is !== undefined && canonicalJson(was) === canonicalJson(is)) return [];
  return [{ at, ...(was === undefined ? {} : { was }), ...(is === undefined ? {} : { is }) }];
}

function membersOf(value: Json | undefined): ReadonlyMap<string, Json> | null {
  return typeof value === 'object' && value !== null ? new Map(Object.entries(value)) : null;
}

function isArray(value: Json | undefined): boolean {
  return value !== undefined && isJsonArray(value);
}

function escape(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}
