// Which values a statement looks a key column up by: `id = 7`, `id = $1`, `id IN (7, 8)`, `id = ANY ('{…}')` is left out. It
// reads the text alone and may name a value too many (a column of the same name), never decides anything.

import { parseStatements } from './parse.ts';

/** `schema.table.column` → what the key is called. */
export type KeyColumns = Readonly<Record<string, string>>;

export interface KeyLookup {
  readonly key: string;
  readonly value: string;
}

/** `params`: as text, null where unknown. None for a text that does not parse. */
export function keyLookups(text: string, params: readonly (string | null)[], keys: KeyColumns): KeyLookup[] {
  const parsed = parseStatements(text);
  if (!parsed.ok) return [];
  const found: KeyLookup[] = [];
  for (const { node } of parsed.value) {
    const tables = tablesIn(node);
    for (const comparison of comparisonsIn(node)) {
      const key = keyOf(comparison.column, tables, keys);
      if (key === null) continue;
      for (const value of comparison.values.flatMap((each) => constantOf(each, params))) found.push({ key, value });
    }
  }
  return found;
}

interface Comparison {
  /** The parts of its name, the column last. */
  readonly column: readonly string[];
  readonly values: readonly unknown[];
}

function* comparisonsIn(value: unknown): Generator<Comparison> {
  if (typeof value !== 'object' || value === null) return;
  const expression = memberOf(value, 'A_Expr');
  if (expression !== undefined && /^AEXPR_(?:OP|IN)$/.test(String(memberOf(expression, 'kind')))) {
    const [left, right] = [memberOf(expression, 'lexpr'), memberOf(expression, 'rexpr')];
    const operator = nameIn(memberOf(expression, 'name'));
    if (operator.at(-1) === '=') {
      for (const [one, other] of [
        [left, right],
        [right, left],
      ]) {
        const column = nameIn(memberOf(memberOf(bare(one), 'ColumnRef'), 'fields'));
        if (column.length > 0) yield { column, values: listIn(other) };
      }
    }
  }
  for (const each of Object.values(value)) yield* comparisonsIn(each);
}

/** Without the casts around it. */
function bare(node: unknown): unknown {
  const cast = memberOf(node, 'TypeCast');
  return cast === undefined ? node : bare(memberOf(cast, 'arg'));
}

function listIn(node: unknown): readonly unknown[] {
  const items = memberOf(memberOf(node, 'List'), 'items');
  return Array.isArray(items) ? items : [node];
}

function constantOf(node: unknown, params: readonly (string | null)[]): string[] {
  const inner = bare(node);
  const parameter = memberOf(inner, 'ParamRef');
  if (parameter !== undefined) {
    const bound = params[Number(memberOf(parameter, 'number') ?? 0) - 1] ?? null;
    return bound === null ? [] : [bound];
  }
  const constant = memberOf(inner, 'A_Const');
  if (constant === undefined) return [];
  const text = memberOf(memberOf(constant, 'sval'), 'sval') ?? memberOf(memberOf(constant, 'fval'), 'fval');
  if (typeof text === 'string') return [text];
  const integer = memberOf(constant, 'ival');
  // Zero is written as an empty node.
  const number = memberOf(integer, 'ival') ?? 0;
  return integer === undefined || typeof number !== 'number' ? [] : [String(number)];
}

/** Names a table goes by in this statement → its own name. */
function tablesIn(value: unknown, found = new Map<string, string>()): Map<string, string> {
  if (typeof value !== 'object' || value === null) return found;
  const range = memberOf(value, 'RangeVar') ?? memberOf(value, 'relation');
  const name = memberOf(range, 'relname');
  if (typeof name === 'string') {
    const alias = memberOf(memberOf(range, 'alias'), 'aliasname');
    found.set(typeof alias === 'string' ? alias : name, name);
  }
  for (const each of Object.values(value)) tablesIn(each, found);
  return found;
}

function keyOf(column: readonly string[], tables: ReadonlyMap<string, string>, keys: KeyColumns): string | null {
  const name = column.at(-1);
  const qualifier = column.at(-2);
  const named = qualifier === undefined ? null : (tables.get(qualifier) ?? qualifier);
  const here = new Set(tables.values());
  for (const [place, key] of Object.entries(keys)) {
    const [, table = '', own = ''] = place.split('.');
    if (own === name && here.has(table) && (named === null || named === table || !here.has(named))) return key;
  }
  return null;
}

function nameIn(list: unknown): string[] {
  if (!Array.isArray(list)) return [];
  return list.map((each: unknown) => {
    const text = memberOf(memberOf(each, 'String'), 'sval');
    return typeof text === 'string' ? text : '';
  });
}

function memberOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;
}
