// Whether a value follows a JSON Schema (2020-12, and what draft 7 says alike), as far as this can be told: a keyword it does
// not know, a reference it does not follow or too much work is `unknown`, never a yes. Patterns run in linear time (RE2).

import { RE2JS } from 're2js';
import { canonicalJson, isJsonArray, isJsonObject, type Json, type JsonObject } from '../core/json.ts';

/** Null: it cannot be told. */
export type Conformance = boolean | null;

/** One document, so that `#/…` references are found, and the work spent on it so far. */
export interface SchemaDocument {
  readonly root: Json;
  /** Texts taken to have the format or pattern that stands where they do: those of the answer before it was masked. */
  readonly vouched: ReadonlySet<string>;
  steps: number;
  readonly patterns: Map<string, RE2JS | null>;
}

const stepsMax = 1_000_000;
const depthMax = 200;

export function schemaDocument(root: Json, vouched: ReadonlySet<string> = new Set()): SchemaDocument {
  return { root, vouched, steps: 0, patterns: new Map() };
}

export function conforms(document: SchemaDocument, schema: Json | undefined, value: Json, depth = 0): Conformance {
  if (schema === undefined || schema === true) return true;
  if (schema === false) return false;
  if (!isJsonObject(schema) || ++document.steps > stepsMax || depth > depthMax) return null;
  let verdict: Conformance = true;
  for (const keyword of Object.keys(schema)) {
    const each = keywordHolds({ document, schema, value, depth }, keyword, schema[keyword] ?? null);
    if (each === false) return false;
    if (each === null) verdict = null;
  }
  return verdict;
}

/** The schema a local reference names; undefined when there is none, or it is not local. */
export function referenced(document: SchemaDocument, reference: Json): Json | undefined {
  if (typeof reference !== 'string' || !/^#(?:\/|$)/.test(reference)) return undefined;
  let here: Json | undefined = document.root;
  for (const step of reference.slice(2).split('/')) {
    if (reference === '#') break;
    const name = decodePointer(step);
    here = isJsonObject(here) && Object.hasOwn(here, name) ? here[name] : undefined;
  }
  return here;
}

interface Place {
  readonly document: SchemaDocument;
  readonly schema: JsonObject;
  readonly value: Json;
  readonly depth: number;
}

type Keyword = (place: Place, argument: Json) => Conformance;

const annotations = new Set(
  `$schema $id $comment $defs definitions title description default examples deprecated readOnly writeOnly
  contentMediaType contentEncoding`.split(/\s+/),
);

function keywordHolds(place: Place, keyword: string, argument: Json): Conformance {
  if (annotations.has(keyword)) return true;
  return Object.hasOwn(keywords, keyword) ? (keywords[keyword]?.(place, argument) ?? null) : null;
}

const keywords: Readonly<Record<string, Keyword>> = {
  $ref: (place, reference) => {
    const target = referenced(place.document, reference);
    return target === undefined ? null : inside(place, target);
  },
  type: ({ value }, types) => listOf(types).some((type) => isOfType(value, type)),
  enum: ({ value }, values) => listOf(values).some((each) => same(each, value)),
  const: ({ value }, only) => same(only, value),
  allOf: (place, schemas) => every(listOf(schemas).map((each) => inside(place, each))),
  anyOf: (place, schemas) => some(listOf(schemas).map((each) => inside(place, each))),
  oneOf: (place, schemas) => {
    const verdicts = listOf(schemas).map((each) => inside(place, each));
    return verdicts.includes(null) ? null : verdicts.filter((each) => each === true).length === 1;
  },
  not: (place, schema) => {
    const verdict = inside(place, schema);
    return verdict === null ? null : !verdict;
  },

  minimum: ofNumber((value, limit) => value >= limit),
  maximum: ofNumber((value, limit) => value <= limit),
  exclusiveMinimum: ofNumber((value, limit) => value > limit),
  exclusiveMaximum: ofNumber((value, limit) => value < limit),
  // 0.1 + 0.2: whether a fraction divides another depends on who computes it.
  multipleOf: ofNumber((value, unit) =>
    Number.isInteger(value) && Number.isInteger(unit) ? value % unit === 0 : value === 0 || null,
  ),

  minLength: ofString((value, limit) => Array.from(value).length >= limit),
  maxLength: ofString((value, limit) => Array.from(value).length <= limit),
  pattern: ({ document, value }, source) => {
    if (typeof value !== 'string') return true;
    const pattern = typeof source === 'string' ? patternOf(document, source) : null;
    return pattern ? pattern.matcher(value).find() : document.vouched.has(value) || null;
  },
  format: ({ document, value }, format) => {
    if (typeof value !== 'string' || document.vouched.has(value)) return true;
    return (typeof format === 'string' && Object.hasOwn(neutralOf, format) && neutralOf[format] === value) || null;
  },

  properties: ({ document, value, depth }, schemas) => {
    if (!isJsonObject(value) || !isJsonObject(schemas)) return isJsonObject(schemas) || null;
    const known = Object.keys(value).filter((name) => Object.hasOwn(schemas, name));
    return every(known.map((name) => conforms(document, schemas[name], value[name] ?? null, depth + 1)));
  },
  additionalProperties: ({ document, schema, value, depth }, rest) => {
    if (!isJsonObject(value)) return true;
    const { properties = {} } = schema;
    const others = Object.keys(value).filter((name) => !isJsonObject(properties) || !Object.hasOwn(properties, name));
    return every(others.map((name) => conforms(document, rest, value[name] ?? null, depth + 1)));
  },
  required: ({ value }, names) =>
    !isJsonObject(value) || listOf(names).every((name) => typeof name === 'string' && Object.hasOwn(value, name)),
  minProperties: ({ value }, count) => !isJsonObject(value) || Object.keys(value).length >= Number(count),
  maxProperties: ({ value }, count) => !isJsonObject(value) || Object.keys(value).length <= Number(count),

  prefixItems: ({ document, value, depth }, schemas) =>
    !Array.isArray(value) ||
    every(
      listOf(schemas).map(
        (each, index) => index >= value.length || conforms(document, each, listOf(value)[index] ?? null, depth + 1),
      ),
    ),
  items: ({ document, schema, value, depth }, rest) => {
    // Draft 7 has a list here, with a meaning of its own.
    if (Array.isArray(rest)) return null;
    if (!Array.isArray(value)) return true;
    const { prefixItems = [] } = schema;
    return every(
      listOf(value)
        .slice(listOf(prefixItems).length)
        .map((each) => conforms(document, rest, each, depth + 1)),
    );
  },
  minItems: ({ value }, count) => !Array.isArray(value) || value.length >= Number(count),
  maxItems: ({ value }, count) => !Array.isArray(value) || value.length <= Number(count),
  uniqueItems: ({ value }, unique) =>
    unique !== true || !Array.isArray(value) || new Set(listOf(value).map(canonicalJson)).size === value.length,
};

/** A value of each format that says nothing: names RFC 2606 and RFC 6761 keep free, the first of all days. */
export const neutralOf: Readonly<Record<string, string>> = {
  date: '0001-01-01',
  'date-time': '0001-01-01T00:00:00Z',
  time: '00:00:00Z',
  duration: 'P0D',
  email: 'masked@masked.invalid',
  hostname: 'masked.invalid',
  ipv4: '0.0.0.0',
  ipv6: '::',
  uri: 'https://masked.invalid/',
  'uri-reference': 'https://masked.invalid/',
  url: 'https://masked.invalid/',
  uuid: '00000000-0000-0000-0000-000000000000',
};

function inside({ document, value, depth }: Place, schema: Json): Conformance {
  return conforms(document, schema, value, depth + 1);
}

function ofNumber(holds: (value: number, limit: number) => Conformance): Keyword {
  return ({ value }, limit) => (typeof limit === 'number' ? typeof value !== 'number' || holds(value, limit) : null);
}

function ofString(holds: (value: string, limit: number) => boolean): Keyword {
  return ({ value }, limit) => (typeof limit === 'number' ? typeof value !== 'string' || holds(value, limit) : null);
}

function patternOf({ patterns }: SchemaDocument, source: string): RE2JS | null {
  const known = patterns.get(source);
  if (known !== undefined) return known;
  let pattern: RE2JS | null = null;
  try {
    pattern = RE2JS.compile(source);
  } catch {
    // Lookarounds and back-references: not of RE2.
  }
  patterns.set(source, pattern);
  return pattern;
}

function isOfType(value: Json, type: Json): boolean {
  if (type === 'integer') return Number.isInteger(value);
  const own = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
  return own === type;
}

function every(verdicts: readonly Conformance[]): Conformance {
  return verdicts.includes(false) ? false : verdicts.includes(null) ? null : true;
}

function some(verdicts: readonly Conformance[]): Conformance {
  return verdicts.includes(true) ? true : verdicts.includes(null) ? null : false;
}

function same(a: Json, b: Json): boolean {
  return a === b || (typeof a === 'object' && typeof b === 'object' && canonicalJson(a) === canonicalJson(b));
}

function listOf(value: Json): readonly Json[] {
  return isJsonArray(value) ? value : [value];
}

function decodePointer(step: string): string {
  try {
    return decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~');
  } catch {
    return step;
  }
}
