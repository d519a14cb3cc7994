// Of functions and operators that otherwise take every value: on which types, and with which other arguments, one may make
// them raise, or be NULL, and another not. INVARIANT: what is not known to take every value tells of it.
// What fails on nothing but an infinite value or a \u0000 as it lies in the table is not counted: nobody can bring another value
// there by asking, as sums can be brought to their end by joining rows (docs/guide/threat-model.md).

import type { Node } from 'libpg-query';
import { mayHold } from './held-types.ts';
import { isProtected, type Lineage } from './lineage.ts';
import { stringOf, type Walk } from './walk.ts';

const typeSet = (text: string): ReadonlySet<string> => new Set(text.split(' '));

/** `json` keeps numbers of any size, which nothing but itself can hold. */
const json = typeSet('json');
const moments = 'date timestamp timestamptz';
/** A constant of these types says what is written. */
const uncut = typeSet(`text varchar ${moments}`);
/** Their sums come to an end; a time is summed as an interval. */
const summed = `money interval time ${moments}`;
/** They compare one by one, and not all that can be in a row or an array has an order. */
const rows = typeSet('record');
const ranges = typeSet('range');

const raisedBy: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  // A float4 ends at 38 digits; `avg` of it counts in float8.
  ['sum', typeSet(`${summed} float4`)],
  ['avg', typeSet(summed)],
  ['length', typeSet('lseg path')],
  ['min', rows],
  ['max', rows],
  ['to_char', typeSet('interval')],
  ['date_part', typeSet('interval')],
  ['extract', typeSet('interval')],
  ['date_trunc', typeSet('interval')],
  ...`to_jsonb jsonb_agg jsonb_build_array jsonb_build_object jsonb_object_agg jsonb_object_agg_strict
    jsonb_object_agg_unique jsonb_object_agg_unique_strict`
    .split(/\s+/)
    .map((name) => [name, json] as const),
]);

/** Whether a function or operator of this name may raise because of what these values are, of the types they are made of. */
export function raisesOn(walk: Walk, name: string, given: readonly Lineage[]): boolean {
  if (name === 'sum' && given.some(isComputed)) return true;
  // They compare field by field, and come to one that has no order where those before it are alike.
  if ((name === 'min' || name === 'max') && given.some(isRecord)) return true;
  const types = raisedBy.get(name);
  return types !== undefined && given.some((each) => mayHold(walk.catalog, each, types));
}

function isRecord(value: Lineage): boolean {
  return isProtected(value) && value.type === 'record';
}

/** A sum of sums, as of a recursive query's rows, comes to the end of every type, of numeric too. */
function isComputed(value: Lineage): boolean {
  return isProtected(value) && value.form?.kind !== 'column';
}

/** Casts between these are implicit and fail on some values, by both: `pg_cast` of 14 to 18. */
const narrowed = typeSet('int8 numeric macaddr8');
const narrow = typeSet(
  'oid float4 float8 macaddr regclass regcollation regconfig regdictionary regnamespace regoper regoperator regproc regprocedure regrole regtype',
);

/**
 * Values that are made one type of: branches, elements, rows of a set. INVARIANT: a protected one beside what may be of a type
 * that does not hold all of its own tells by failing.
 */
export function alike(walk: Walk, values: readonly Lineage[]): void {
  if (values.length < 2) return;
  for (const value of values) {
    if (!isProtected(value) || !isNarrowed(walk, value)) continue;
    if (values.some((other) => other !== value && isNarrow(other))) walk.findings.mayTell(value);
  }
}

function isNarrowed(walk: Walk, value: Lineage): boolean {
  return value.type === undefined ? mayHold(walk.catalog, value, narrowed) : narrowed.has(elementOf(value.type));
}

function isNarrow({ type }: Lineage): boolean {
  return type === undefined || narrow.has(elementOf(type));
}

function elementOf(type: string): string {
  return type.replace(/^_/, '');
}

/** Whether the value may be a range, whose bounds may be missing. */
export function mayBeRange(walk: Walk, lineage: Lineage): boolean {
  return mayHold(walk.catalog, lineage, ranges);
}

/** An infinite time has no fields but these words are taken of any, before it is looked at. */
const fields =
  /^(?:microseconds?|milliseconds?|seconds?|minutes?|hours?|days?|weeks?|months?|quarter|years?|decades?|century|centuries|millennium|millennia)$/i;
const moreFields = /^(?:dow|isodow|doy|isoyear|epoch|julian)$/i;

/** In lower case. Asked for when a statement first names one: it takes as long as three modules of a start. */
let zones: ReadonlySet<string> | undefined;

/** Whether such a call takes every value in the place where functions.ts says so, with the arguments beside it. */
export function takesAll(name: string, args: readonly Node[]): boolean {
  const [first, second, third] = args.map(literalOf);
  switch (name) {
    case 'date_part':
    case 'extract':
      return first !== undefined && (fields.test(first) || moreFields.test(first));
    case 'date_trunc':
      return first !== undefined && fields.test(first) && (args.length < 3 || isZone(third));
    case 'timezone':
      return isZone(first);
    // Infinity less infinity is none.
    case 'age':
      return args.length < 2 || (second !== undefined && !/inf/i.test(second));
    // `V` multiplies a number, until its type can hold no more.
    case 'to_char':
      return second !== undefined && !/v/i.test(second);
    // What grows where there is something to replace comes to where the server can hold no more.
    case 'replace':
      return second !== undefined && third !== undefined && Buffer.byteLength(third) <= Buffer.byteLength(second);
    default:
      return true;
  }
}

function isZone(zone: string | undefined): boolean {
  zones ??= new Set(['UTC', 'GMT', 'Z', ...Intl.supportedValuesOf('timeZone')].map((known) => known.toLowerCase()));
  return zone !== undefined && zones.has(zone.toLowerCase());
}

/** The text of a constant, unless a cast could cut it. */
function literalOf(node: Node | undefined): string | undefined {
  if (node && 'TypeCast' in node) {
    const { arg, typeName } = node.TypeCast;
    const isWhole = uncut.has(stringOf(typeName?.names?.at(-1)) ?? '') && !typeName?.typmods?.length;
    return isWhole ? literalOf(arg) : undefined;
  }
  return node && 'A_Const' in node ? node.A_Const.sval?.sval : undefined;
}
