// Names in a database whose encoding is not UTF-8. Its server truncates, folds and compares them in its own encoding, so two
// names that are one here may be two there. It must never let such a name pass as known: only ASCII is the same in all.

import type { ParsedStatement } from './parse.ts';

const foreign = /[^\0-\x7f]/g;

/** Whether all a text names is ASCII: what is not stands in plain string literals, and nothing is spelled by escapes. */
export function namesAreAscii(text: string, statements: readonly ParsedStatement[]): boolean {
  if (/u&/i.test(text)) return false;
  const written = text.match(foreign)?.length ?? 0;
  if (written === 0) return true;
  // An escape would count as a character that is written elsewhere.
  return !text.includes('\\') && written === inLiterals(statements);
}

function inLiterals(node: object): number {
  if ('A_Const' in node) return inStrings(node.A_Const);
  return Object.values(node).reduce(
    (count: number, member) => count + (typeof member === 'object' && member !== null ? inLiterals(member) : 0),
    0,
  );
}

function inStrings(value: unknown): number {
  if (typeof value === 'string') return value.match(foreign)?.length ?? 0;
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce((count: number, member) => count + inStrings(member), 0);
}
