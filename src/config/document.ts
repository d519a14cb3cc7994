// YAML (or JSON) text → plain values that remember where they stood. It knows nothing of what the keys mean.

import { type Document, isAlias, isMap, isNode, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { fail, ok, type Result } from '../core/result.ts';
import type { Path } from './problem.ts';

interface Position {
  readonly line: number;
  readonly column: number;
}

export interface SourceDocument {
  /** Plain objects, arrays and scalars; anchors resolved. */
  readonly raw: unknown;
  /** Where a value stands; the closest ancestor that exists, if it does not. With `key`, where its key stands. */
  locate(path: Path, key?: boolean, offset?: number): Position;
}

export interface SyntaxProblem extends Position {
  readonly text: string;
}

export function readDocument(text: string): Result<SourceDocument, readonly SyntaxProblem[]> {
  const lines = new LineCounter();
  const document = parseDocument(shield(text), { lineCounter: lines, merge: true, version: '1.2' });
  if (document.errors.length > 0) {
    return fail(
      document.errors.map((error) => {
        const { line, col } = lines.linePos(error.pos[0]);
        return { line, column: col, text: firstLine(error.message) };
      }),
    );
  }
  let raw: unknown;
  try {
    raw = unshield(document.toJS({ maxAliasCount: 100 }));
  } catch {
    // The only thing left that can go wrong: aliases that multiply without bound.
    return fail([{ line: 1, column: 1, text: 'too many aliases' }]);
  }
  return ok({ raw, locate: (path, key = false, offset = 0) => locate(document, lines, path, key, offset) });
}

/**
 * In a flow mapping an unquoted `${env:NAME}` would end at its own brace. The braces (and commas inside) are put under
 * a same-length cloak of private-use characters while YAML is parsed, so that every position stays what it was.
 */
function shield(text: string): string {
  return text.replaceAll(
    /\$\{([a-z]+:[^{}\s"']*)\}/g,
    (_, inner: string) => `$\uE000${inner.replaceAll(',', '\uE002')}\uE001`,
  );
}

function unshield(value: unknown): unknown {
  if (typeof value === 'string') {
    return value.replaceAll(
      /\$\uE000([^\uE001]*)\uE001/g,
      (_, inner: string) => `\${${inner.replaceAll('\uE002', ',')}}`,
    );
  }
  if (Array.isArray(value)) return value.map(unshield);
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [String(unshield(key)), unshield(each)]));
  }
  return value;
}

function locate(document: Document, lines: LineCounter, path: Path, key: boolean, offset: number): Position {
  let node: unknown = document.contents;
  let start = startOf(node) ?? 0;
  for (const [index, step] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      const pair = node.items.find((each) => isScalar(each.key) && unshield(String(each.key.value)) === step);
      if (!pair) return at(lines, start);
      if (key && index === path.length - 1) return at(lines, startOf(pair.key) ?? start);
      start = startOf(pair.value) ?? startOf(pair.key) ?? start;
      node = pair.value;
    } else if (isSeq(node) && typeof step === 'number' && step < node.items.length) {
      node = node.items[step];
      start = startOf(node) ?? start;
    } else {
      return at(lines, start);
    }
  }
  return at(lines, start + (isScalar(node) && node.type === 'PLAIN' ? offset : 0));
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? (node as Node).range?.[0] : undefined;
}

function at(lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset);
  return { line, column: col };
}

function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:?$/, '');
}
