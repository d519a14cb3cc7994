// What statements that differ in their values alone have in common: PostgreSQL's tree of them, without constants and parameters,
// and without where each word stood. Whatever else differs (an operator, the length of a list, a cast) is another statement.

import { createHash } from 'node:crypto';
import { canonicalJson, isJsonObject, type Json, parseJson } from '../core/json.ts';
import { parseStatements } from './parse.ts';

/** SHA-256 (hex) of that; null for a text that does not parse. */
export function fingerprintOf(text: string): string | null {
  const parsed = parseStatements(text);
  if (!parsed.ok) return null;
  const trees = parseJson(JSON.stringify(parsed.value.map(({ node }) => node)));
  return createHash('sha256')
    .update(canonicalJson(withoutValues(trees)))
    .digest('hex');
}

/** Where a word stands in the text. */
const places: ReadonlySet<string> = new Set([
  'location',
  'name_location',
  'list_start',
  'list_end',
  'rexpr_list_start',
  'rexpr_list_end',
]);

function withoutValues(tree: Json): Json {
  if (Array.isArray(tree)) return tree.map(withoutValues);
  if (!isJsonObject(tree)) return tree;
  if ('A_Const' in tree || 'ParamRef' in tree) return {};
  return Object.fromEntries(
    Object.entries(tree)
      .filter(([key]) => !places.has(key))
      .map(([key, value]) => [key, withoutValues(value)]),
  );
}
