// The text of a statement with schemas called by other names, where relations and columns are named with one. For views
// that stand for tables in schemas of their own. It changes nothing but those names, and must never look into literals.

import type { ParsedStatement } from './parse.ts';

/** `now`: schema as the statement says it → its quoted name upstream. The text is that of the statements, as parsed. */
export function withSchemas(
  text: string,
  statements: readonly ParsedStatement[],
  now: ReadonlyMap<string, string>,
): string {
  const places = new Map<number, string>();
  for (const { node } of statements) collect(node, now, places);
  if (places.size === 0) return text;
  const bytes = Buffer.from(text);
  const parts: Buffer[] = [];
  let at = 0;
  for (const [start, schema] of [...places].toSorted(([a], [b]) => a - b)) {
    const end = endOfName(bytes, start, schema);
    const name = now.get(schema);
    // A name written in a way this does not read stays, and the server says that it may not be used.
    if (end === null || name === undefined || start < at) continue;
    parts.push(bytes.subarray(at, start), Buffer.from(name));
    at = end;
  }
  return Buffer.concat([...parts, bytes.subarray(at)]).toString();
}

/** `schema.relation` of a RangeVar; `schema.relation.column` (or `.*`) of a ColumnRef. */
function collect(value: unknown, now: ReadonlyMap<string, string>, places: Map<number, string>): void {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (const each of value) collect(each, now, places);
    return;
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- any object can be asked for any member
  const node = value as Readonly<Record<string, unknown>>;
  const schema = typeof node['relname'] === 'string' ? node['schemaname'] : firstOfThree(node['fields']);
  const named = typeof schema === 'string' && now.has(schema) && node['catalogname'] === undefined;
  if (named) places.set(typeof node['location'] === 'number' ? node['location'] : 0, schema);
  for (const each of Object.values(node)) collect(each, now, places);
}

function firstOfThree(fields: unknown): unknown {
  if (!Array.isArray(fields) || fields.length !== 3) return undefined;
  const [first]: unknown[] = fields;
  const name = typeof first === 'object' && first !== null && 'String' in first ? first.String : undefined;
  return typeof name === 'object' && name !== null && 'sval' in name ? name.sval : undefined;
}

const quote = 0x22;

/** Where the name that starts here ends, if it is this one. */
function endOfName(bytes: Buffer, start: number, name: string): number | null {
  if (bytes[start] === quote) {
    const written = Buffer.from(`"${name.replaceAll('"', '""')}"`);
    const end = start + written.length;
    return bytes.subarray(start, end).equals(written) && bytes[end] !== quote ? end : null;
  }
  const end = start + Buffer.byteLength(name);
  const written = bytes.toString('utf8', start, end);
  const isWhole = /^[\s.]$/.test(String.fromCharCode(bytes[end] ?? 0));
  return isWhole && written.toLowerCase() === name ? end : null;
}
