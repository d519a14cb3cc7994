// Why the requester says they ask, where a protocol has room for it: a comment that opens the statement, or `_meta` of an
// MCP request. It is a claim for the reviewer to read, and decides nothing.

import type { JsonObject } from '../core/json.ts';

const charactersMax = 2_000;

/** A block comment or a line `-- reason: …` that comes first in the text: there a comment can be nothing else. */
export function reasonInSql(sql: string): JsonObject {
  const found = /^\s*(?:\/\*\s*reason:([^*]*)\*\/|--[ \t]*reason:([^\r\n]*))/i.exec(sql);
  return known(found?.[1] ?? found?.[2]);
}

/** `_meta["chartgate/reason"]` (MCP, General fields: keys with a prefix of one's own). */
export function reasonInMeta(meta: JsonObject): JsonObject {
  const reason = meta['chartgate/reason'];
  return known(typeof reason === 'string' ? reason : undefined);
}

function known(text: string | undefined): JsonObject {
  const reason = text?.trim() ?? '';
  return reason === '' ? {} : { reason: reason.slice(0, charactersMax).toWellFormed() };
}
