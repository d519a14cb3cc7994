// What statements that differ in their values alone have in common: PostgreSQL's tree of them, without constants and parameters.
// Whatever else differs (an operator, the length of a list, a cast) is another statement.

import { hash } from 'node:crypto';
import { parseStatements } from './parse.ts';
import { treeText } from './tree-text.ts';

/** SHA-256 (hex) of that; null for a text that does not parse. */
export function fingerprintOf(text: string): string | null {
  const parsed = parseStatements(text);
  if (!parsed.ok) return null;
  const trees = parsed.value.map(({ node }) => node);
  return hash(
    'sha256',
    treeText(trees, (value) => (isValue(value) ? {} : value)),
  );
}

function isValue(node: unknown): boolean {
  return typeof node === 'object' && node !== null && ('A_Const' in node || 'ParamRef' in node);
}
