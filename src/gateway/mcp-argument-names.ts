// What arguments are called, as servers read it: some find a member whatever its case (Go's encoding/json, .NET's Web defaults), or
// whichever way its letters are written. INVARIANT: a rule about an argument is not met by one that the server finds where policy did
// not look.

import { isJsonObject, type Json, type JsonObject } from '../core/json.ts';

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

/** Whether an argument is called as the schema has another one, but for case or the way its letters are written; at any depth. */
export function isMiscalled(given: JsonObject, schema: JsonObject): boolean {
  const { properties } = schema;
  if (!isJsonObject(properties)) return false;
  return Object.entries(given).some(([name, value]) => {
    if (!Object.hasOwn(properties, name)) {
      const folded = foldedName(name);
      return Object.keys(properties).some((each) => foldedName(each) === folded);
    }
    const inner = properties[name];
    if (!isJsonObject(inner)) return false;
    const { items } = inner;
    if (isJsonObject(value)) return isMiscalled(value, inner);
    return (
      Array.isArray(value) &&
      isJsonObject(items) &&
      (value as readonly Json[]).some((each) => isJsonObject(each) && isMiscalled(each, items))
    );
  });
}

function foldedName(name: string): string {
  return name.normalize('NFKC').toLowerCase();
}
