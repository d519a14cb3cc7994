// What a statement's text looks like with its plain literals left out, so that `… WHERE id = 1` and `… WHERE id = 2` are
// analysed once. It must never leave out a literal that the analysis may have looked at: whatever is unusual has no template.

import { isCatalogKeyword } from './operators.ts';
import type { ParsedStatement } from './parse.ts';
import { type NodeOf, stringOf } from './walk.ts';

export interface Template {
  /** The same for texts that differ in nothing but the values left out; equal values stay equal. */
  readonly key: string;
  /** Where the literals left out stand: characters, which are bytes here, into the text. */
  readonly offsets: readonly number[];
}

const charactersMax = 8_192;

/** Stands around the number of a literal; only texts of ASCII characters have a template. */
const mark = '\u00b7';

/**
 * One token, or the spaces between two: a word or parameter, an identifier in quotes, a number, a plain string, an operator.
 * What PostgreSQL reads by another rule (comments, dollar quotes, backslashes, `E'…'`, `0x1`, `1_000`, doubled quotes,
 * strings continued on the next line) is no token here.
 */
const token =
  /([A-Za-z_][\w$]*(?!['&\w$])|\$\d+(?!\w)|"[^"\\]+"(?!"))|(\d+\.\d*(?![\w.])|\.\d+(?![\w.]))|(0|[1-9]\d*)(?![\w.])|'([^'\\]*)'(?!\s*')|\s+|-(?!-)|\/(?!\*)|[^\w\s'"$\\/.-]|\.(?!\d)/y;

/** Null = only the text itself tells what it means. */
export function templateOf(text: string): Template | null {
  if (text.length > charactersMax || !/^[\t\n\r -~]*$/.test(text)) return null;
  const offsets: number[] = [];
  const numbers = new Map<string, number>();
  let key = '';
  token.lastIndex = 0;
  while (token.lastIndex < text.length) {
    const at = token.lastIndex;
    const found = token.exec(text);
    if (!found) return null;
    const [whole, , , integer, string] = found;
    // These the analysis reads.
    if (string !== undefined && isCatalogKeyword(string)) {
      key += whole;
      continue;
    }
    // Ten digits may be more than an integer holds: then it is another kind of constant.
    if ((integer !== undefined && integer.length < 10) || string !== undefined) {
      const number = numbers.get(whole) ?? numbers.size;
      numbers.set(whole, number);
      key += string === undefined ? `${mark}${number}${mark}` : `${mark}'${number}${mark}`;
      offsets.push(at);
    } else key += whole;
  }
  return { key, offsets };
}

/**
 * Whether every literal left out is compared with a column, where the analysis has no use for its value but to tell whether
 * it equals another (src/sql/bounds.ts). INVARIANT: an analysis that looks at more has to be told apart here.
 */
export function looksPastLiterals(statement: ParsedStatement, template: Template): boolean {
  const [kind] = Object.keys(statement.node);
  if (!read.has(kind ?? '')) return false;
  const compared = new Set<number>();
  collect(statement.node, compared);
  return template.offsets.every((offset) => compared.has(offset));
}

const read: ReadonlySet<string> = new Set(['SelectStmt', 'InsertStmt', 'UpdateStmt', 'DeleteStmt']);
const comparisons: ReadonlySet<string> = new Set(['=', '<>', '<', '<=', '>', '>=']);

function collect(node: object, compared: Set<number>): void {
  if (isExpression(node)) {
    const offset = comparedAt(node.A_Expr);
    if (offset !== null) compared.add(offset);
  }
  for (const member of Object.values(node)) {
    if (typeof member === 'object' && member !== null) collect(member, compared);
  }
}

function isExpression(node: object): node is { readonly A_Expr: NodeOf<'A_Expr'> } {
  return 'A_Expr' in node;
}

/** Where the literal of `column = literal` stands. */
function comparedAt({ kind, name, lexpr, rexpr }: NodeOf<'A_Expr'>): number | null {
  if (kind !== 'AEXPR_OP' || name?.length !== 1 || !comparisons.has(stringOf(name[0]) ?? '')) return null;
  const [column, constant] = lexpr && 'ColumnRef' in lexpr ? [lexpr, rexpr] : [rexpr, lexpr];
  if (!column || !('ColumnRef' in column) || !constant || !('A_Const' in constant)) return null;
  const { sval, ival, location } = constant.A_Const;
  return sval || ival ? (location ?? null) : null;
}
