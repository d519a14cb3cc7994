// A JSON Schema as it leaves: whatever it says of somebody is masked, and what follows it can still be sent. INVARIANT: what a masked
// keyword would have a client send, or not send, is left out: nobody is told to send a mask, or to send nothing else.

import { canonicalJson, isJsonObject, type Json, type JsonObject, listOf, objectOf } from '../core/json.ts';
import { plainWord, valueClass } from '../masking/packs/generic.ts';
import {
  type Masked,
  named,
  type Parts,
  planData,
  planIdentifier,
  planLeaf,
  planReserved,
  type Rebuild,
  type RebuildMember,
} from './mcp-mask-plan.ts';

/** Of what a schema is: arguments and answers are sent by the client, results are not. */
export type SchemaUse = 'arguments' | 'answer' | 'result';

/** Members that hold a JSON Schema, where a property called `address` is no address. */
export const schemas: ReadonlyMap<string, SchemaUse> = new Map([
  ['inputSchema', 'arguments'],
  ['requestedSchema', 'answer'],
  ['outputSchema', 'result'],
]);
/** Keywords of JSON Schema that hold schemas by name, schemas, or values of what they describe (2020-12, and draft 7). */
const namedSchemas = new Set(
  'properties patternProperties $defs definitions dependentSchemas dependentRequired'.split(' '),
);
const subschemas = new Set(
  `items prefixItems additionalItems unevaluatedItems contains additionalProperties unevaluatedProperties propertyNames
  not if then else allOf anyOf oneOf`.split(/\s+/),
);
const values = new Set(['default', 'const', 'example', 'examples']);
/** Keywords whose number may be somebody's, where the property is: one that would be masked is left out, as a schema has no null there. */
const bounds = new Set(['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf']);
/** A list of what may be chosen says nothing of anybody by where it stands. */
const choices = new Set(['anyOf', 'oneOf']);
/** Keywords that name the arguments of a call. */
const naming = new Set(['properties', 'required', 'dependentRequired']);
/** What a client that follows the schema would send, or refuse to send anything beside. */
const binding = new Set(['default', 'const', 'enum', ...choices]);

/** What a schema describes. */
interface Described {
  /** The property; null for no property. */
  readonly of: string | null;
  readonly use: SchemaUse;
  /** An item of a list. */
  readonly item?: boolean;
}

export function planSchema(schema: Json, use: SchemaUse, parts: Parts): Rebuild {
  return planWhole(schema, { of: null, use }, parts);
}

function planWhole(schema: Json, described: Described, parts: Parts): Rebuild {
  if (Array.isArray(schema)) {
    const items = schema.map((each: Json) => planWhole(each, described, parts));
    return (masked) => items.map((rebuild) => rebuild(masked));
  }
  if (!isJsonObject(schema)) return planLeaf(schema, parts);
  const members = Object.entries(schema).map(([keyword, member]) => planKeyword(keyword, member, described, parts));
  return (masked) =>
    Object.fromEntries(members.flatMap((rebuild) => [rebuild(masked)].filter((each) => each !== null)));
}

type PlanName = (name: string, parts: Parts) => Rebuild;

/** Null where the keyword is left out. */
type RebuildKeyword = (masked: Masked) => readonly [keyword: string, value: Json] | null;

function planKeyword(keyword: string, member: Json, described: Described, parts: Parts): RebuildKeyword {
  const reserved = planReserved(keyword, member, parts);
  if (reserved) return reserved;
  const { use } = described;
  const rebuild = planValue(keyword, member, described, parts);
  // A number that was masked is no longer a length or a bound.
  const isBound = typeof member === 'number';
  const isBinding = use !== 'result' && binding.has(keyword);
  if (!isBound && !isBinding) return rebuild;
  // Without its choices a list would be none that a form can ask for: those that nobody is named in stay.
  const isChosenFrom = described.item === true && use === 'answer' && (keyword === 'enum' || choices.has(keyword));
  return (masked) => {
    const [name, shown] = rebuild(masked);
    if (isChosenFrom && Array.isArray(member)) return [name, keptOf(member, listOf(shown))];
    return isKept(keyword, member, shown) ? [name, shown] : null;
  };
}

function planValue(keyword: string, member: Json, described: Described, parts: Parts): RebuildMember {
  const { of, use } = described;
  const planName = use === 'arguments' && naming.has(keyword) ? planIdentifier : planLeaf;
  if (namedSchemas.has(keyword) && isJsonObject(member)) return named(keyword, planNamed(member, use, parts, planName));
  if (keyword === 'required' && Array.isArray(member)) return named(keyword, planNames(member, parts, planName));
  if (choices.has(keyword) && Array.isArray(member)) {
    return named(keyword, planAlternatives(member, described, parts));
  }
  if (subschemas.has(keyword)) {
    return named(keyword, planWhole(member, keyword === 'items' ? { ...described, item: true } : described, parts));
  }
  if (keyword === 'enum' && Array.isArray(member)) return named(keyword, planChoices(member, parts, of));
  if ((!values.has(keyword) && !bounds.has(keyword)) || of === null) return planData(keyword, member, parts);
  const value = planData(of, member, parts);
  return (masked) => [keyword, value(masked)[1]];
}

/** Of what may be chosen, that which is as it was. */
function keptOf(was: readonly Json[], now: readonly Json[]): Json {
  return now.filter((each, at) => isKept(isJsonObject(each) ? 'anyOf' : 'enum', [was[at] ?? null], [each]));
}

/** Whether what binds a client still does, and to the same. Alternatives may say less in their words. */
function isKept(keyword: string, was: Json, now: Json): boolean {
  if (!choices.has(keyword) || !Array.isArray(was) || !Array.isArray(now))
    return canonicalJson(was) === canonicalJson(now);
  return was.every((each: Json, at) =>
    Object.keys(objectOf(each)).every((name) => !binding.has(name) || Object.hasOwn(objectOf(now[at] ?? null), name)),
  );
}

/** INVARIANT: no two of them become the same, so that none is lost. */
function planNamed(schema: JsonObject, use: SchemaUse, parts: Parts, planName: PlanName): Rebuild {
  const members = Object.entries(schema).map(([name, member]) => ({
    name: planName(name, parts),
    member: Array.isArray(member) ? planNames(member, parts, planName) : planWhole(member, { of: name, use }, parts),
  }));
  return (masked) => {
    const all = new Map<string, Json>();
    for (const { name, member } of members) {
      const text = textAt(name(masked));
      all.set(all.has(text) ? `${text} ${all.size}` : text, member(masked));
    }
    return Object.fromEntries(all);
  };
}

function planNames(names: readonly Json[], parts: Parts, planName: PlanName): Rebuild {
  const all = names.map((each) => (typeof each === 'string' ? planName(each, parts) : planLeaf(each, parts)));
  return (masked) => all.map((rebuild) => rebuild(masked));
}

/** Where what may be chosen are names, each says so with the property; codes, types and words say nothing by where they stand. */
function planAlternatives(alternatives: readonly Json[], { of, use }: Described, parts: Parts): Rebuild {
  const all = alternatives.map((each: Json) => {
    const { const: choice } = objectOf(each);
    const personal = of !== null && typeof choice === 'string' && isPersonal(of, choice);
    return planWhole(each, { of: personal ? of : null, use }, parts);
  });
  return (masked) => all.map((rebuild) => rebuild(masked));
}

/** INVARIANT: no two of them become the same, as no schema has a choice twice. */
function planChoices(choice: readonly Json[], parts: Parts, of: string | null): Rebuild {
  const all = choice.map((each) => {
    if (of === null || (typeof each === 'string' && !isPersonal(of, each))) return planLeaf(each, parts);
    const value = planData(of, each, parts);
    return (masked: Masked): Json => value(masked)[1];
  });
  return (masked) => {
    const shown = new Set<Json>();
    for (const rebuild of all) {
      const value = rebuild(masked);
      shown.add(shown.has(value) && typeof value === 'string' ? `${value} ${shown.size}` : value);
    }
    return [...shown];
  };
}

/** Whose names these are, where codes stand as often: `lastName` of `Mudd`, not of `required`. */
function isPersonal(of: string, choice: string): boolean {
  return plainWord(of) !== 'name' && valueClass(of) === 'name' && /^\p{Lu}\p{Ll}/u.test(choice);
}

function textAt(value: Json): string {
  return typeof value === 'string' ? value : '';
}
