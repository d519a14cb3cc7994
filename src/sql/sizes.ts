// How long values can be that a statement makes. What comes to a limit of the server fails, and beside a value whose length the statement
// decides it takes but one byte more: anybody could ask so for the length of what they do not see, and by what is as long as its content
// says (`starts_with(…)::text`) for that too. INVARIANT: whoever reads protected values may make nothing that comes near a limit.
// What lies in tables counts as little, and as few rows: nobody makes it longer by asking.

import type { FuncCall, Node, SelectStmt, TypeName } from 'libpg-query';
import { limits } from '../core/limits.ts';
import { type Lineage, nothing, sized } from './lineage.ts';
import { stringOf, type Walk, writtenText } from './walk.ts';

const storedBytes = 65_536;
const storedRows = 8;

/** A jsonb holds no more. A text holds four times that, and is written out in up to twice as much, bits in eight times. */
const valueBytesMax = 268_435_456;
const rowBytesMax = 2 * valueBytesMax;

/** A parameter comes in one message. */
export const parameterBytes: number = limits.statementBytesMax;

function bytesOf({ size }: Lineage): number {
  return size ?? storedBytes;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, each) => all + each, 0);
}

/** Of what is longer than what lies in tables; if nothing is, as much as that. */
function longBytes(values: readonly Lineage[]): number {
  return sum(values.map(({ size = 0 }) => size)) || storedBytes;
}

/** The same value, of at most so many bytes. */
export function measured({ findings }: Walk, lineage: Lineage, bytes: number): Lineage {
  if (bytes > valueBytesMax) findings.swollen = true;
  return sized(lineage, bytes > storedBytes ? bytes : undefined);
}

/** What stands in one row, side by side. */
export function inRow({ findings }: Walk, values: readonly Lineage[]): void {
  if (sum(values.map(bytesOf)) > rowBytesMax) findings.swollen = true;
}

/** Of a constant that is written out. */
export function bytesOfText(text: string): number {
  return Buffer.byteLength(text);
}

/** Of these, one after the other. */
export function bytesJoined(values: readonly Lineage[]): number {
  return sum(values.map(bytesOf));
}

/** Of these within a record, an array or JSON, where quotes and backslashes are put before each other. */
export function bytesQuoted(values: readonly Lineage[]): number {
  return 2 * longBytes(values);
}

/** Of as many such values as there are rows. */
export function bytesGathered({ findings }: Walk, values: readonly Lineage[]): number {
  return storedRows * findings.rowsMade * longBytes(values);
}

/** Of a long list of constants only one is left in the tree (condense.ts). */
export function bytesListed({ textBytes }: Walk, values: readonly Lineage[]): number {
  return Math.max(textBytes, bytesQuoted(values));
}

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

const gathering = words(`
  string_agg array_agg json_agg jsonb_agg json_agg_strict jsonb_agg_strict json_object_agg jsonb_object_agg json_object_agg_strict
  jsonb_object_agg_strict json_object_agg_unique jsonb_object_agg_unique json_object_agg_unique_strict
  jsonb_object_agg_unique_strict range_agg
`);
const quoting = words(`
  quote_literal quote_nullable quote_ident to_json to_jsonb row_to_json array_to_json json_build_object jsonb_build_object json_build_array
  jsonb_build_array json_object jsonb_object
`);
/** Of one byte up to four. */
const spreading = words(`
  encode convert convert_from convert_to translate unaccent string_to_array regexp_split_to_array regexp_match regexp_matches to_tsvector
`);
/** What is nested, or found at every depth of it, is written once for each. */
const squaring = words('jsonb_pretty jsonb_path_query_array jsonb_path_query_array_tz');

/** Bytes that a call may come to. */
export function bytesOfCall(walk: Walk, name: string, { args = [] }: FuncCall, given: readonly Lineage[]): number {
  const [subject, second, third] = args;
  const first = Math.max(1, writtenText(subject)?.length ?? bytesOf(given[0] ?? nothing));
  if (gathering.has(name)) return bytesGathered(walk, given);
  if (quoting.has(name)) return bytesQuoted(given);
  if (spreading.has(name)) return 4 * longBytes(given);
  if (squaring.has(name)) return given[0]?.columns.size === 0 || given[0]?.size ? Infinity : 4 * first;
  switch (name) {
    case 'repeat':
      return first * atMost(second);
    case 'lpad':
    case 'rpad':
      return 4 * atMost(second);
    case 'array_fill':
      return Infinity;
    case 'normalize':
      return 18 * first;
    case 'replace':
      return first * replacing(writtenText(second), writtenText(third));
    case 'regexp_replace':
    case 'array_replace':
      return first * (1 + 2 * lengthOf(third));
    case 'array_to_string':
      return first * (1 + lengthOf(second) + (third ? lengthOf(third) : 0));
    case 'ts_headline':
      return first * Math.max(8, ...args.map((each) => writtenText(each)?.length ?? 0));
    case 'to_char':
      return 12 * (writtenText(second)?.length ?? bytesOf(given[1] ?? nothing));
    case 'concat':
      return bytesJoined(given);
    case 'concat_ws':
      return bytesJoined(given) + first * given.length;
    case 'format':
      return formatted(writtenText(args[0]) ?? '%*s', given);
    default:
      return longBytes(given);
  }
}

/** How often longer a text becomes. */
function replacing(from: string | undefined, to: string | undefined): number {
  if (from === undefined || to === undefined) return Infinity;
  return Buffer.byteLength(to) <= Buffer.byteLength(from) ? 1 : to.length;
}

function lengthOf(node: Node | undefined): number {
  return writtenText(node)?.length ?? Infinity;
}

/** A width that is computed is any. */
function formatted(format: string, given: readonly Lineage[]): number {
  const parts = [...format.matchAll(/%(?:\d+\$)?-?(\*|\d*)/g)];
  const widths = parts.map(([, width]) => (width === '*' ? Infinity : Number(width)));
  return format.length + 4 * sum(widths) + 2 * parts.length * Math.max(...given.map(bytesOf));
}

/** Bytes of a value that is cast: `char(n)` is filled up with spaces, `bit(n)` with zeros, also within arrays. */
export function bytesCast(lineage: Lineage, type: TypeName | undefined): number {
  const name = stringOf(type?.names?.at(-1));
  const width = name === 'bpchar' || name === 'bit' ? 4 * (integerOf(type?.typmods?.[0]) ?? 1) : 0;
  return type?.arrayBounds?.length ? Math.max(1, width) * bytesOf(lineage) : Math.max(width, longBytes([lineage]));
}

const manifold = words(`
  unnest generate_subscripts string_to_table regexp_split_to_table regexp_matches jsonb_path_query jsonb_path_query_tz json_array_elements
  json_array_elements_text jsonb_array_elements jsonb_array_elements_text json_each json_each_text jsonb_each jsonb_each_text
  json_object_keys jsonb_object_keys json_to_recordset jsonb_to_recordset json_populate_recordset jsonb_populate_recordset
`);

/** Notes how many rows a call makes of what the statement gives: of columns there are as many as lie in tables. */
export function makesRows(walk: Walk, name: string, { args = [] }: FuncCall, given: readonly Lineage[]): void {
  const { findings, textBytes } = walk;
  if (name === 'generate_series') {
    const [from, to, step] = args.map(integerOf);
    const isCounted = from !== undefined && to !== undefined && (args.length < 3 || step !== undefined);
    findings.rowsMade *= isCounted ? Math.abs(to - from) + 1 : Infinity;
  } else if (manifold.has(name)) {
    const isMade = given.every((each) => each.columns.size === 0);
    if (given.some((each) => each.size !== undefined)) findings.rowsMade = Infinity;
    else if (isMade) findings.rowsMade *= Math.max(1, textBytes);
  }
}

/** Tables that are joined by less than one equality each: there are as many rows as one of them has times as many as another. */
export function isUnjoined({ fromClause = [], whereClause }: SelectStmt): boolean {
  return fromClause.flatMap(tablesOf).length > 1 + equalities(whereClause) + sum(fromClause.map(joined));
}

/** What stands in a FROM item by itself, not by the rows of others. */
function tablesOf(item: Node | undefined): Node[] {
  if (!item) return [];
  if ('JoinExpr' in item) return [item.JoinExpr.larg, item.JoinExpr.rarg].flatMap(tablesOf);
  if ('RangeTableSample' in item) return tablesOf(item.RangeTableSample.relation);
  return 'RangeVar' in item || ('RangeSubselect' in item && !item.RangeSubselect.lateral) ? [item] : [];
}

function joined(item: Node | undefined): number {
  if (!item || !('JoinExpr' in item)) return 0;
  const { larg, rarg, isNatural, usingClause, quals } = item.JoinExpr;
  return (isNatural || usingClause?.length ? 1 : equalities(quals)) + joined(larg) + joined(rarg);
}

/** Conditions that all have to hold, of columns on both sides. */
function equalities(condition: Node | undefined): number {
  if (!condition) return 0;
  if ('BoolExpr' in condition && condition.BoolExpr.boolop === 'AND_EXPR')
    return sum((condition.BoolExpr.args ?? []).map(equalities));
  if (!('A_Expr' in condition) || condition.A_Expr.kind !== 'AEXPR_OP') return 0;
  const { name, lexpr, rexpr } = condition.A_Expr;
  return stringOf(name?.at(-1)) === '=' && holdsColumn(lexpr) && holdsColumn(rexpr) ? 1 : 0;
}

function holdsColumn(node: unknown): boolean {
  if (typeof node !== 'object' || node === null) return false;
  return 'ColumnRef' in node || Object.values(node).some(holdsColumn);
}

/** Of a recursive query, whether it goes on by itself, as long as it likes: it joins its rows with no others. */
export function isEndless(name: string, query: Node | undefined): boolean {
  const recursive = query && 'SelectStmt' in query ? query.SelectStmt.rarg : undefined;
  const tables = (recursive?.fromClause ?? []).flatMap(tablesOf);
  return tables.every((each) => 'RangeVar' in each && each.RangeVar.relname === name);
}

/** Rounds of a recursive query that are waited for: each writes all of what has grown once more. */
const rounds = 500;

/** Bytes of what a recursive query makes, by those of three of its rounds. */
export function bytesGrown(before: Lineage, now: Lineage, after: Lineage): number {
  const growing = bytesOf(after) - bytesOf(now);
  return growing > bytesOf(now) - bytesOf(before) ? Infinity : bytesOf(after) + rounds * growing;
}

/** A number that is written out, or the least of several of which one is. */
function atMost(node: Node | undefined): number {
  const least =
    node && 'MinMaxExpr' in node && node.MinMaxExpr.op === 'IS_LEAST' ? (node.MinMaxExpr.args ?? []) : [node];
  return Math.min(...least.map((each) => integerOf(each) ?? Infinity));
}

function integerOf(node: Node | undefined): number | undefined {
  return node && 'A_Const' in node && node.A_Const.ival ? (node.A_Const.ival.ival ?? 0) : undefined;
}
