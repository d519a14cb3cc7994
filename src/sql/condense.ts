// A long text is long by its constants: rows of VALUES, lists of IN, elements of ARRAY. What a thousand of them mean is what
// one of each kind means, so that one of each kind is kept. INVARIANT: nothing but a constant is ever left out.

import type { ParsedStatement } from './parse.ts';
import { treeText } from './tree-text.ts';

/** Any part of a syntax tree. */
type Tree = { [key: string]: unknown };

/** Shorter lists stay as they are: there would be little to gain. */
const itemsMax = 16;

/** The same statements with their long lists condensed, in place: the trees given are not to be used any more. */
export function condensed(statements: readonly ParsedStatement[]): readonly ParsedStatement[] {
  // A stack of our own: trees may be deeper than JavaScript's.
  const open: unknown[] = statements.map(({ node }) => node);
  while (open.length > 0) {
    const tree = open.pop();
    if (Array.isArray(tree)) {
      open.push(...tree);
      continue;
    }
    if (!isTree(tree)) continue;
    for (const [key, value] of Object.entries(tree)) {
      if (lists.has(key) && Array.isArray(value) && value.length > itemsMax) tree[key] = oneOfEachKind(value);
      // A row of VALUES keeps all of its items: which column one is, its place says.
      open.push(key === 'valuesLists' ? itemsOf(tree[key]) : tree[key]);
    }
  }
  return statements;
}

/** Of each row of VALUES. */
function itemsOf(rows: unknown): unknown[] {
  return (Array.isArray(rows) ? rows : []).map((row) =>
    isTree(row) && isTree(row['List']) ? row['List']['items'] : row,
  );
}

/** SelectStmt.valuesLists, List.items (right sides of IN) and A_ArrayExpr.elements. */
const lists: ReadonlySet<string> = new Set(['valuesLists', 'items', 'elements']);

function oneOfEachKind(items: readonly unknown[]): unknown[] {
  const seen = new Set<string>();
  return items.filter((each) => {
    const kind = kindOf(each);
    if (kind === null) return true;
    if (seen.has(kind)) return false;
    seen.add(kind);
    return true;
  });
}

/** Constants of one kind mean the same to the analysis. Null = no constant, nor a list of them. */
function kindOf(item: unknown): string | null {
  if (!isTree(item)) return null;
  const [only, ...others] = Object.entries(item);
  if (!only || others.length > 0) return null;
  const [name, value] = only;
  if (!isTree(value)) return null;
  switch (name) {
    case 'A_Const':
      return Object.keys(value).sort().join();
    case 'SetToDefault':
      return name;
    case 'TypeCast': {
      const of = kindOf(value['arg']);
      return of === null ? null : `${of}::${treeText(value['typeName'])}`;
    }
    case 'List': {
      if (!Array.isArray(value['items'])) return null;
      const kinds = value['items'].map(kindOf);
      return kinds.includes(null) ? null : `(${kinds.join('|')})`;
    }
    default:
      return null;
  }
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
