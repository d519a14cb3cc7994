// Masked JSON made to follow the schema the caller was promised. What does not fit is left out, or becomes null, or a
// neutral value of its type. Must never choose among the values of an enum (a false statement is no mask), and must never
// bring a masked value back.

import {
  canonicalJson,
  isJsonArray,
  isJsonObject,
  type Json,
  type JsonObject,
  listOf,
  objectOf,
} from '../core/json.ts';
import { conforms, neutralOf, referenced, type SchemaDocument, schemaDocument } from './json-schema.ts';

export interface Fitted {
  readonly value: Json;
  /** JSON pointers of what became null, was left out or was replaced to fit. */
  readonly places: readonly string[];
}

/** Null when it cannot be shown to follow the schema. `was` is the value before masking; unmasked JSON passes as it is. */
export function fitToSchema(schema: Json, was: Json, now: Json): Fitted | null {
  if (canonicalJson(was) === canonicalJson(now)) return { value: now, places: [] };
  const document = schemaDocument(schema, new Set(textsIn(was)));
  const fitter = new Fitter(document);
  const value = fitter.fit(schema, was, now, { at: '', required: true, depth: 0 });
  return value !== undefined && conforms(document, schema, value) === true ? { value, places: fitter.places } : null;
}

interface Place {
  readonly at: string;
  readonly required: boolean;
  readonly depth: number;
}

const viewsMax = 16;
const depthMax = 64;
const placesMax = 100;
/** How long a text of one character is tried for a pattern. */
const repeatsMax = 12;

class Fitter {
  readonly places: string[] = [];
  readonly #document: SchemaDocument;

  constructor(document: SchemaDocument) {
    this.#document = document;
  }

  /** Undefined: it is left out. What does not fit at the end is found by the check of the whole. */
  fit(schema: Json | undefined, was: Json | undefined, now: Json, place: Place): Json | undefined {
    if (place.depth > depthMax) return now;
    const views = this.#viewsOf(schema, 0);
    const marks = this.places.length;
    for (const view of views) {
      const fitted = this.#fitOne(view, was, now, place);
      if (fitted !== undefined && conforms(this.#document, schema, fitted) === true) return fitted;
      this.places.length = marks;
    }
    if (place.required) return this.#fitOne(views[0] ?? {}, was, now, place);
    if (was !== undefined && same(was, now)) return now;
    this.#mark(place.at);
    return undefined;
  }

  #fitOne(view: JsonObject, was: Json | undefined, now: Json, place: Place): Json | undefined {
    if (isJsonArray(now)) return this.#fitItems(view, was, now, place);
    if (isJsonObject(now)) return this.#fitMembers(view, was, now, place);
    const fits = (value: Json): boolean => conforms(this.#document, view, value) === true;
    if (now === was || fits(now)) return now;
    if (fits(null)) return this.#replaced(place, null);
    const only = onlyOf(view);
    if (only !== undefined && fits(only)) return this.#replaced(place, only);
    if (!place.required) return undefined;
    const found = standIns(view, was, now).find(fits);
    return found === undefined ? now : this.#replaced(place, found);
  }

  #fitItems(view: JsonObject, was: Json | undefined, now: readonly Json[], place: Place): Json {
    const before = was !== undefined && isJsonArray(was) && was.length === now.length ? was : [];
    const { prefixItems = [], items } = view;
    const schemaOf = (index: number): Json | undefined =>
      isJsonArray(prefixItems) && index < prefixItems.length ? prefixItems[index] : items;
    const fitted = now.flatMap((each, index) => {
      const at = { at: `${place.at}/${index}`, required: true, depth: place.depth + 1 };
      const value = this.fit(schemaOf(index), before[index], each, at);
      return value === undefined ? [] : [value];
    });
    if (view['uniqueItems'] !== true) return fitted;
    const known = new Set<string>();
    // Two names become one token: a set has it once.
    return fitted.filter((each) => known.size < known.add(canonicalJson(each)).size);
  }

  #fitMembers(view: JsonObject, was: Json | undefined, now: JsonObject, place: Place): Json {
    const { properties, required = [], additionalProperties } = view;
    const declared = isJsonObject(properties) ? properties : {};
    const names = Object.keys(now);
    const before = objectOf(was);
    const namesBefore = Object.keys(before);
    const fitted: [string, Json][] = [];
    for (const [index, nameNow] of names.entries()) {
      const nameWas = namesBefore.length === names.length ? namesBefore[index] : undefined;
      // A name the schema itself declares tells nothing about anybody.
      const name = nameWas !== undefined && Object.hasOwn(declared, nameWas) ? nameWas : nameNow;
      const schema = Object.hasOwn(declared, name) ? declared[name] : additionalProperties;
      const at = `${place.at}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
      if (schema === false) {
        this.#mark(at);
        continue;
      }
      const valueWas = nameWas === undefined ? undefined : before[nameWas];
      const must = isJsonArray(required) && required.includes(name);
      const value = this.fit(schema, valueWas, now[nameNow] ?? null, { at, required: must, depth: place.depth + 1 });
      if (value !== undefined) fitted.push([name, value]);
    }
    return Object.fromEntries(fitted);
  }

  #replaced(place: Place, value: Json): Json {
    this.#mark(place.at);
    return value;
  }

  #mark(at: string): void {
    if (this.places.length < placesMax) this.places.push(at);
  }

  /** The schema with its references and combinations laid together, one for each alternative. */
  #viewsOf(schema: Json | undefined, depth: number): JsonObject[] {
    if (!isJsonObject(schema) || depth > viewsMax) return [{}];
    const { $ref, allOf, anyOf, oneOf, ...own } = schema;
    let views: JsonObject[] = [own];
    const cross = (others: readonly JsonObject[]): void => {
      views = views.flatMap((view) => others.map((other) => merged(view, other))).slice(0, viewsMax);
    };
    if ($ref !== undefined) cross(this.#viewsOf(referenced(this.#document, $ref), depth + 1));
    if (allOf !== undefined && isJsonArray(allOf)) for (const each of allOf) cross(this.#viewsOf(each, depth + 1));
    for (const either of [anyOf, oneOf]) {
      if (either !== undefined && isJsonArray(either)) cross(either.flatMap((each) => this.#viewsOf(each, depth + 1)));
    }
    return views;
  }
}

function merged(a: JsonObject, b: JsonObject): JsonObject {
  const [properties, required] = [
    { ...objectOf(a['properties']), ...objectOf(b['properties']) },
    [...listOf(a['required']), ...listOf(b['required'])],
  ];
  return {
    ...a,
    ...b,
    ...(Object.keys(properties).length > 0 ? { properties } : {}),
    ...(required.length > 0 ? { required } : {}),
  };
}

/** Where a schema leaves one value only, that value is no secret. */
function onlyOf(view: JsonObject): Json | undefined {
  const { const: only, enum: values } = view;
  if (only !== undefined) return only;
  return values !== undefined && isJsonArray(values) && values.length === 1 ? values[0] : undefined;
}

/** A limit from here on may be somebody's number itself. */
const boundMax = 100_000;

/** Values to stand where a masked one does not fit, the plainest first. */
function standIns(view: JsonObject, was: Json | undefined, now: Json): Json[] {
  if (view['enum'] !== undefined) return [];
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = view;
  const bounds = [minimum, maximum, above(exclusiveMinimum, 1), above(exclusiveMaximum, -1), multipleOf];
  const numbers = [
    0,
    ...bounds.filter((each): each is number => typeof each === 'number' && Math.abs(each) < boundMax),
  ];
  const { format, minLength, maxLength, pattern } = view;
  const token = typeof now === 'string' ? now : '[MASKED]';
  const least = typeof minLength === 'number' ? minLength : 0;
  const texts = [
    typeof maxLength === 'number' ? Array.from(token).slice(0, maxLength).join('') : token.padEnd(least, '*'),
    ...(typeof format === 'string' && Object.hasOwn(neutralOf, format) ? [neutralOf[format] ?? ''] : []),
    ...(pattern === undefined ? [] : shapes(least, typeof was === 'string' ? was : '')),
  ];
  return [...texts, ...numbers, [], {}];
}

/** For a pattern: as few characters as will do; at last the text itself with every letter and digit replaced. */
function shapes(least: number, was: string): string[] {
  const lengths = Array.from({ length: repeatsMax }, (_, index) => Math.max(least, 1) + index);
  const digits = was.replaceAll(/\p{N}/gu, '0');
  return [
    ...lengths.flatMap((length) => ['0', 'X', 'x'].map((character) => character.repeat(length))),
    ...['X', 'x'].map((letter) => digits.replaceAll(/\p{L}/gu, letter)),
  ];
}

function above(bound: Json | undefined, step: number): number | undefined {
  return typeof bound === 'number' ? bound + step : undefined;
}

function same(a: Json, b: Json): boolean {
  return canonicalJson(a) === canonicalJson(b);
}

function textsIn(value: Json): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
