// What arguments are called, as servers read it: some find a member whatever its case (Go's encoding/json, .NET's Web defaults), or
// whichever way its letters are written. INVARIANT: a rule about an argument is not met by one that the server finds where policy did
// not look.

import { isJsonObject, type Json, type JsonObject, listOf, objectOf } from '../core/json.ts';

/**
 * Whether a value has a member that leads to the prototype of objects anywhere. Policy reads it as a member like any other; a server
 * that merges objects takes what it holds for members of the object around it, or of all.
 */
export function namesPrototype(value: Json): boolean {
  if (Array.isArray(value)) return (value as readonly Json[]).some(namesPrototype);
  return (
    isJsonObject(value) &&
    Object.entries(value).some(([name, member]) => leadsToPrototype(name, member) || namesPrototype(member))
  );
}

function leadsToPrototype(name: string, member: Json): boolean {
  return name === '__proto__' || (name === 'constructor' && isJsonObject(member) && Object.hasOwn(member, 'prototype'));
}

/** Whether this is called as one of the others, but for case or the way its letters are written. */
export function isAlmostOneOf(name: string, names: Iterable<string>): boolean {
  const folded = foldedName(name);
  return [...names].some((each) => each !== name && foldedName(each) === folded);
}

function foldedName(name: string): string {
  return name.normalize('NFKC').toLowerCase();
}

/** Keywords whose schemas, or lists of them, describe the same value (JSON Schema 2020-12, Core §10.2). */
const beside = ['allOf', 'anyOf', 'oneOf', 'if', 'then', 'else'];
/** Those that describe members or items no keyword names one by one; `items` is a list of schemas in draft 7. */
const ofMembers = ['additionalProperties', 'unevaluatedProperties'];
const ofItems = ['items', 'prefixItems', 'additionalItems', 'unevaluatedItems', 'contains'];
const references = ['$ref', '$dynamicRef', '$recursiveRef'];
const anchors = ['$anchor', '$dynamicAnchor'];
/** So many are remembered of one schema: a schema that refers to itself has fewer than values have places. */
const placesMax = 1_000;

/** What a schema calls the arguments it describes, at any depth; references within it are followed. */
export class ArgumentNames {
  readonly #root: JsonObject;
  readonly #schemas = new Map<JsonObject, Schema>();
  readonly #places = new Map<string, Place>();
  #anchors: ReadonlyMap<string, Json> | null = null;

  constructor(schema: JsonObject) {
    this.#root = schema;
  }

  /** Whether an argument is called as the schema has another one, but for case or the way its letters are written; at any depth. */
  isMiscalled(given: JsonObject): boolean {
    return this.#isMiscalled(given, this.#place([this.#root]));
  }

  #isMiscalled(given: Json, place: Place | null): boolean {
    if (place === null) return false;
    if (Array.isArray(given)) {
      const items = this.#place(place.items);
      return (given as readonly Json[]).some((each) => this.#isMiscalled(each, items));
    }
    if (!isJsonObject(given)) return false;
    return Object.entries(given).some(([name, value]) => {
      if (place.isMiscalled(name)) return true;
      const isNested = typeof value === 'object' && value !== null;
      return isNested && this.#isMiscalled(value, this.#place(place.members(name)));
    });
  }

  /** Null where nothing describes it. */
  #place(schemas: readonly Json[]): Place | null {
    const described = schemas.filter((each) => isJsonObject(each));
    if (described.length === 0) return null;
    // A set of schemas is known again by their numbers.
    const key = described.map((each) => this.#schema(each).number).join();
    const known = this.#places.get(key);
    if (known) return known;
    const place = new Place(this.#whole(described).map((each) => this.#schema(each)));
    if (this.#places.size >= placesMax) this.#places.clear();
    this.#places.set(key, place);
    return place;
  }

  #schema(members: JsonObject): Schema {
    const known = this.#schemas.get(members);
    if (known) return known;
    const schema = new Schema(members, this.#schemas.size);
    this.#schemas.set(members, schema);
    return schema;
  }

  /** These schemas, and all that describe the same value. */
  #whole(schemas: readonly JsonObject[]): readonly JsonObject[] {
    const whole = new Set(schemas);
    for (const schema of whole) {
      for (const other of [...this.#referred(schema), ...schemasAt(schema, beside), ...dependent(schema)])
        whole.add(other);
    }
    return [...whole];
  }

  #referred(schema: JsonObject): readonly JsonObject[] {
    return references.flatMap((keyword) => {
      const reference = schema[keyword];
      const target = typeof reference === 'string' ? this.#at(reference) : undefined;
      return isJsonObject(target) ? [target] : [];
    });
  }

  /** What a reference within the schema (RFC 3986 §4.4) is to; undefined where it leads elsewhere, or nowhere. */
  #at(reference: string): Json | undefined {
    if (!reference.startsWith('#')) return undefined;
    const fragment = decoded(reference.slice(1));
    if (fragment !== '' && !fragment.startsWith('/')) {
      this.#anchors ??= anchorsIn(this.#root);
      return this.#anchors.get(fragment);
    }
    let at: Json | undefined = this.#root;
    for (const step of fragment.split('/').slice(1)) {
      const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
      at = typeof at === 'object' && at !== null ? new Map(Object.entries(at)).get(name) : undefined;
    }
    return at;
  }
}

/** A schema, and what it says by itself of the members and items of a value. */
class Schema {
  readonly number: number;
  readonly members: JsonObject;
  readonly patterns: readonly JsonObject[];
  readonly others: readonly JsonObject[];
  readonly items: readonly JsonObject[];
  readonly #names: ReadonlySet<string>;
  readonly #folded: ReadonlySet<string>;

  constructor(schema: JsonObject, number: number) {
    this.number = number;
    this.members = objectOf(schema['properties']);
    this.patterns = objectsIn(Object.values(objectOf(schema['patternProperties'])));
    this.others = schemasAt(schema, ofMembers);
    this.items = schemasAt(schema, ofItems);
    this.#names = new Set(namesIn(schema));
    this.#folded = new Set([...this.#names].map(foldedName));
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }

  hasFolded(folded: string): boolean {
    return this.#folded.has(folded);
  }
}

/** What all schemas of one value say of its members and items. */
class Place {
  readonly items: readonly JsonObject[];
  readonly #schemas: readonly Schema[];

  constructor(schemas: readonly Schema[]) {
    this.#schemas = schemas;
    this.items = schemas.flatMap((each) => each.items);
  }

  isMiscalled(name: string): boolean {
    if (this.#schemas.some((each) => each.has(name))) return false;
    const folded = foldedName(name);
    return this.#schemas.some((each) => each.hasFolded(folded));
  }

  /** The schemas of the member of this name. */
  members(name: string): readonly JsonObject[] {
    const own = this.#schemas.flatMap(({ members }) =>
      Object.hasOwn(members, name) ? objectsIn([members[name] ?? null]) : [],
    );
    const others = own.length > 0 ? [] : this.#schemas.flatMap((each) => each.others);
    return [...own, ...this.#schemas.flatMap((each) => each.patterns), ...others];
  }
}

function namesIn({ properties, required, dependentRequired, propertyNames }: JsonObject): readonly string[] {
  const lists = [required, objectOf(propertyNames)['enum'], ...Object.values(objectOf(dependentRequired))];
  const listed = lists.flatMap((each) => listOf(each)).filter((each) => typeof each === 'string');
  return [...Object.keys(objectOf(properties)), ...Object.keys(objectOf(dependentRequired)), ...listed];
}

function schemasAt(schema: JsonObject, keywords: readonly string[]): readonly JsonObject[] {
  return keywords.flatMap((keyword) => {
    const found = schema[keyword] ?? null;
    return objectsIn(Array.isArray(found) ? (found as readonly Json[]) : [found]);
  });
}

/** Schemas that hold where a member is there; `dependencies` in draft 7. */
function dependent({ dependentSchemas, dependencies }: JsonObject): readonly JsonObject[] {
  return objectsIn([...Object.values(objectOf(dependentSchemas)), ...Object.values(objectOf(dependencies))]);
}

function objectsIn(values: readonly Json[]): readonly JsonObject[] {
  return values.filter((each) => isJsonObject(each));
}

function anchorsIn(schema: Json): ReadonlyMap<string, Json> {
  const found = new Map<string, Json>();
  const visit = (each: Json): void => {
    if (typeof each !== 'object' || each === null) return;
    for (const keyword of anchors) {
      const anchor = objectOf(each)[keyword];
      if (typeof anchor === 'string' && !found.has(anchor)) found.set(anchor, each);
    }
    for (const member of Object.values(each)) visit(member);
  };
  visit(schema);
  return found;
}

/** Of the percent-encoding of a URI (RFC 6901 §6); as it is where that is broken. */
function decoded(fragment: string): string {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return fragment;
  }
}
