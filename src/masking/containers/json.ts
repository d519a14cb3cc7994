// JSON, and bulk data with a value a line, as leaves.

import type { JsonNode } from './json-node.ts';
import { JsonReader } from './json-reader.ts';
import { asWritten, type Container, type Leaf } from './leaf.ts';
import { treeLeaves } from './tree.ts';

export const readJson: Container = (text) => (/^\s*[[{]/.test(text) ? leavesOf(text, false) : null);

/** What was meant to be JSON: cut off, with barewords and apostrophes, with commas too many. */
export const readLooseJson: Container = (text) =>
  !section.test(text) && /^\s*[[{]\s*(?:["'{[]|\/[/*]|[A-Za-z_$][\w$]*\s*:)/.test(text) ? leavesOf(text, true) : null;

/** A section of TOML or an INI file. */
const section = /^\s*\[{1,2}[\w. "'-]{1,80}\]{1,2}[ \t]*\r?\n\s*[\w."'-]{1,80}[ \t]*=/;

function leavesOf(text: string, isLenient: boolean): readonly Leaf[] | null {
  const reader = new JsonReader(text, isLenient);
  const roots: JsonNode[] = [];
  while (!reader.atEnd()) {
    const root = reader.node();
    if (!root) return null;
    roots.push(root);
  }
  if (isLenient && !roots.some((root) => root.kind === 'object' || root.kind === 'array')) return null;
  const leaves = treeLeaves(roots, escaped);
  if (reader.comments.length === 0) return leaves;
  const comments = reader.comments.map(
    (each): Leaf => ({ ...each, cls: undefined, reads: 'prose', encode: asWritten }),
  );
  return [...leaves, ...comments].sort((a, b) => a.start - b.start);
}

function escaped(replacement: string | null): string {
  return JSON.stringify(replacement ?? '').slice(1, -1);
}
