// JSON that a statement makes → what lies where in it, so that each of its values is masked by its own class.
// INVARIANT: which places a document has, and whether text, a number or more of them stands there, is decided by nothing protected.

import type { FuncCall, Node } from 'libpg-query';
import type { JsonPaths } from '../core/phi.ts';
import type { PostgresType } from '../core/postgres-type.ts';
import { typesOf } from './held-types.ts';
import { anyName, isProtected, type Lineage, type Shape, unite } from './lineage.ts';
import { type Walk, writtenText } from './walk.ts';

/** `pg_type.dat`. */
const [jsonOid, jsonbOid] = [114, 3802];

const typeSet = (text: string): ReadonlySet<string> => new Set(text.split(' '));

/** What is a number or text by its value (NaN), or holds more than one value. */
const manifold = typeSet('json jsonb hstore float4 float8 numeric');
/**
 * In a document these are masked as they are by themselves: every text by its operator, no number but an age that is capped, and no
 * boolean. Of other types an operator may leave more of the text than of the value: the last four digits of a date.
 */
const single = typeSet('text varchar bpchar name citext bool int2 int4');
/** Of a longer document nobody needs to see a part. */
const placesMax = 1_000;

/** Of a call that makes JSON of what it is given; undefined = one of others, or all of it has to be masked as a whole. */
export function documentMade(
  walk: Walk,
  name: string,
  { args = [], func_variadic: isVariadic = false }: FuncCall,
  given: readonly Lineage[],
): Lineage | undefined {
  const all = unite(given);
  // What is made of answers alone is one.
  if (isVariadic || !isProtected(all) || all.form) return undefined;
  const jsonPaths = pathsMade(walk, name, args, given);
  if (!jsonPaths || Object.keys(jsonPaths).length > placesMax) return undefined;
  const typeOid = /^jsonb|_jsonb$/.test(name) ? jsonbOid : jsonOid;
  const { classes, columns } = all;
  return { classes, columns, form: { kind: 'column', column: '', cls: 'unknown', typeOid, jsonPaths, mixed: false } };
}

function pathsMade(walk: Walk, name: string, args: readonly Node[], given: readonly Lineage[]): JsonPaths | undefined {
  const [first, second] = given;
  switch (name) {
    case 'to_json':
    case 'to_jsonb':
    case 'row_to_json':
      return first && given.slice(1).every((each) => !isProtected(each)) ? pathsOf(walk, first) : undefined;
    case 'json_agg':
    case 'jsonb_agg':
      return first && together([['*', pathsOf(walk, first)]]);
    // That of json keeps what has the same name, of which but the last is seen by nobody who reads it.
    case 'jsonb_object_agg':
      return first && second && !isProtected(first) ? together([['*', pathsOf(walk, second)]]) : undefined;
    case 'json_build_array':
    case 'jsonb_build_array':
      return together(given.map((each, at) => [String(at), pathsOf(walk, each)]));
    case 'json_build_object':
    case 'jsonb_build_object':
      return membersOf(
        walk,
        given.flatMap((lineage, at) => (at % 2 === 1 ? { name: keyOf(args[at - 1]), lineage } : [])),
      );
    default:
      return undefined;
  }
}

/** A key that is written out. */
function keyOf(node: Node | undefined): string {
  return writtenText(node) ?? anyName;
}

function membersOf(walk: Walk, columns: Shape['columns']): JsonPaths | undefined {
  const names = new Set(columns?.map(({ name }) => name));
  // Of two members of one name only one is read; `*` would stand for all of them.
  const isCertain = names.size === columns?.length && !names.has(anyName) && !names.has('*');
  if (!isCertain || names.size > placesMax) return undefined;
  return together(columns.map(({ name, lineage }) => [segment(name), pathsOf(walk, lineage)]));
}

function segment(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

function together(parts: readonly (readonly [segment: string, paths: JsonPaths | undefined])[]): JsonPaths | undefined {
  const all: [string, JsonPaths[string]][] = [];
  for (const [at, paths] of parts) {
    if (!paths) return undefined;
    for (const [pointer, cls] of Object.entries(paths)) all.push([`/${at}${pointer}`, cls]);
  }
  return Object.fromEntries(all);
}

/** What lies where in the JSON of one such value; the pointer '' is the value itself. */
function pathsOf(walk: Walk, lineage: Lineage): JsonPaths | undefined {
  const { catalog } = walk;
  if (!isProtected(lineage)) return { '': 'scan' };
  const { form, nullTells } = lineage;
  if (nullTells) return undefined;
  if (form?.kind === 'row') return membersOf(walk, form.shape.columns);
  if (form?.kind !== 'column') {
    const types = typesOf(catalog, lineage);
    return types.length > 0 && types.every(isPlain) ? { '': 'unknown' } : undefined;
  }
  const { cls, typeOid, jsonPaths } = form;
  if (jsonPaths && (typeOid === jsonOid || typeOid === jsonbOid)) {
    const { '*': rest, ...places } = jsonPaths;
    return rest === undefined ? places : { '': rest, ...places };
  }
  const type = catalog.type(typeOid);
  if (!jsonPaths && cls !== 'unknown' && isSingle(type)) return { '': cls };
  return isPlain(type) ? { '': 'unknown' } : undefined;
}

function isSingle(type: PostgresType): boolean {
  if (type.kind === 'domain') return isSingle(type.base);
  return type.kind === 'base' && single.has(type.name);
}

/** Whether one of its values is in JSON what any other is: text, a number or a boolean. */
function isPlain(type: PostgresType): boolean {
  if (type.kind === 'domain') return isPlain(type.base);
  if (type.kind === 'base') return !manifold.has(type.name);
  return type.kind === 'enum' || type.kind === 'range' || type.kind === 'multirange';
}
