// How deep a statement's text nests, found by one pass over its characters, so that the recursive parser is never given
// what would exhaust its stack. It must never understate: quoting follows PostgreSQL §4.1 with standard strings on.

import { limits } from '../core/limits.ts';

/**
 * Operators, joins and set operations nest to the left without a bracket, and what is inside a bracket nests below them: so
 * many tokens may follow one another between commas, those within brackets included. The parser stands about twice that.
 */
const runTokensMax = 8_000;

const opening = /[([]|\bcase\b/gi;
/** One token or one stretch of space; the quoted ones as a whole. Block comments nest and are skipped by hand. */
const token =
  /\s+|--[^\n\r]*|\/\*|[eE]'(?:[^'\\]|\\[^]|'')*(?:'|$)|'(?:[^']|'')*(?:'|$)|"(?:[^"]|"")*(?:"|$)|\$(?:[\p{L}_][\p{L}\p{N}_]*)?\$|[\p{L}_][\p{L}\p{N}_$]*|[\d.]+|[^]/uy;

/** Whether the parser can be trusted with this text: brackets and CASE no deeper than the limit, no endless chains. */
export function nestsTooDeep(text: string): boolean {
  if (text.length < limits.statementDepthMax) return false;
  if (text.length < runTokensMax && (text.match(opening)?.length ?? 0) <= limits.statementDepthMax) return false;
  const levels: Level[] = [{ ends: '', run: 0, longest: 0 }];
  token.lastIndex = 0;
  while (token.lastIndex < text.length) {
    const word = token.exec(text)?.[0];
    if (word === undefined) return true;
    if (word === '/*') {
      token.lastIndex = afterBlockComment(text, token.lastIndex);
    } else if (word.length >= 2 && word.startsWith('$') && word.endsWith('$')) {
      const end = text.indexOf(word, token.lastIndex);
      token.lastIndex = end === -1 ? text.length : end + word.length;
    } else if (!step(levels, word)) {
      return true;
    }
  }
  return false;
}

/** What ends it, how many tokens it has had since the last comma, and the most it had between two. */
interface Level {
  readonly ends: string;
  run: number;
  longest: number;
}

const ends: Readonly<Record<string, string>> = { '(': ')', '[': ']', case: 'end' };

/** False when a limit is passed. */
function step(levels: Level[], word: string): boolean {
  const level = levels.at(-1);
  const lower = word.length === 3 || word.length === 4 ? word.toLowerCase() : word;
  if (!level || word.startsWith('--') || word.trim() === '') return true;
  if (lower === level.ends) {
    levels.pop();
    const around = levels.at(-1);
    if (around) count(around, level.longest + 1);
    return !around || around.run <= runTokensMax;
  }
  if (word === ',' || word === ';') level.run = 0;
  else count(level, 1);
  const closedBy = Object.hasOwn(ends, lower) ? ends[lower] : undefined;
  if (closedBy !== undefined) levels.push({ ends: closedBy, run: 0, longest: 0 });
  return levels.length <= limits.statementDepthMax && level.run <= runTokensMax;
}

function count(level: Level, tokens: number): void {
  level.run += tokens;
  level.longest = Math.max(level.longest, level.run);
}

function afterBlockComment(text: string, from: number): number {
  const edge = /\/\*|\*\//g;
  edge.lastIndex = from;
  for (let depth = 1; depth > 0; ) {
    const found = edge.exec(text);
    if (!found) return text.length;
    depth += found[0] === '/*' ? 1 : -1;
  }
  return edge.lastIndex;
}

/** The depth of a syntax tree, without recursion. */
export function treeDepth(root: unknown, max: number): number {
  let deepest = 0;
  const open: [unknown, number][] = [[root, 1]];
  for (let next = open.pop(); next; next = open.pop()) {
    const [value, depth] = next;
    if (typeof value !== 'object' || value === null) continue;
    if (depth > deepest) deepest = depth;
    if (deepest > max) return deepest;
    for (const child of Object.values(value)) open.push([child, depth + 1]);
  }
  return deepest;
}
