// What an MCP request means to the policy: facts, and the exact act that an approval is bound to. Pure.

import { askerOf, type Facts, type McpFacts, noMcp, noSql, type Subject } from '../core/facts.ts';
import { isJsonObject, type Json, type JsonObject } from '../core/json.ts';
import type { PhiClass } from '../core/phi.ts';
import { classesOfMembers } from './detected-classes.ts';

export type DetectClasses = (text: string) => readonly PhiClass[];

export interface Asking {
  readonly now: number;
  readonly subject: Subject;
  readonly connection: string;
  /** The client's own name, from initialize. */
  readonly client: string;
}

export function factsOf(
  asking: Asking,
  mcp: Partial<McpFacts> & Pick<McpFacts, 'method'>,
  phi: readonly PhiClass[],
): Facts {
  return {
    now: asking.now,
    subject: askerOf(asking.subject, asking.now),
    connection: { name: asking.connection, type: 'mcp' },
    client: { name: asking.client },
    request: { door: 'mcp', phi },
    sql: noSql,
    mcp: { ...noMcp, ...mcp },
  };
}

/** Without hints a tool may write, and what it writes may destroy (MCP 2025-11-25, ToolAnnotations defaults). */
export function toolFacts(definition: JsonObject): McpFacts['tool'] {
  const annotations = objectAt(definition, 'annotations');
  const readonly = annotations['readOnlyHint'] === true;
  return {
    name: stringAt(definition, 'name'),
    readonly,
    destructive: !readonly && annotations['destructiveHint'] !== false,
    title: stringAt(definition, 'title') || stringAt(annotations, 'title'),
  };
}

/** Facts and act of a request that names its object in its params. */
export interface NamedRequest {
  readonly mcp: Partial<McpFacts> & Pick<McpFacts, 'method'>;
  readonly forwarded: JsonObject;
}

/** Undefined for methods that are not decided by policy. */
export function namedRequest(method: string, params: JsonObject): NamedRequest | undefined {
  switch (method) {
    case 'resources/read':
    case 'resources/subscribe': {
      const uri = stringAt(params, 'uri');
      return { mcp: { method, resource: { uri } }, forwarded: { uri } };
    }
    case 'prompts/get': {
      const prompt = { name: stringAt(params, 'name') };
      const given = objectAt(params, 'arguments');
      return { mcp: { method, prompt, arguments: given }, forwarded: { ...prompt, arguments: given } };
    }
    case 'completion/complete': {
      const ref = referenceOf(objectAt(params, 'ref'));
      const argument = objectAt(params, 'argument');
      const resource = { uri: stringAt(ref, 'uri') };
      const context = params['context'] ? { context: objectAt(params, 'context') } : {};
      const prompt = { name: stringAt(ref, 'name') };
      const mcp = { method, resource, prompt, arguments: { ...argument, ...context } };
      const forwarded = { ref, argument, ...context };
      return { mcp, forwarded };
    }
    default:
      return undefined;
  }
}

/** Whether the one thing that such a request asks for has no name in it. */
export function isNameless(method: string, params: JsonObject): boolean {
  const member = method === 'prompts/get' ? 'name' : 'uri';
  return method !== 'completion/complete' && typeof params[member] !== 'string';
}

/** INVARIANT: what its type does not name is neither decided on nor sent, so that the one is never decided on for the other. */
function referenceOf(ref: JsonObject): JsonObject {
  const { type = '' } = ref;
  return only(
    ref,
    type === 'ref/prompt' ? ['type', 'name', 'title'] : type === 'ref/resource' ? ['type', 'uri'] : ['type'],
  );
}

/** Classes found in every string and number of a value, member names included, and in what they say together. */
export function classesIn(value: Json, detect: DetectClasses): readonly PhiClass[] {
  const hasMembers = isJsonObject(value) && Object.keys(value).length > 0;
  const found = new Set<PhiClass>(hasMembers ? classesOfMembers(value) : []);
  const visit = (each: Json): void => {
    if (typeof each === 'string' || typeof each === 'number') {
      for (const cls of detect(String(each))) found.add(cls);
    } else if (Array.isArray(each)) {
      for (const item of each as readonly Json[]) visit(item);
    } else if (isJsonObject(each)) {
      for (const [name, member] of Object.entries(each)) {
        visit(name);
        visit(member);
      }
    }
  };
  visit(value);
  return [...found].sort();
}

export function stringAt(object: JsonObject, member: string): string {
  const value = object[member];
  return typeof value === 'string' ? value : '';
}

export function objectAt(object: JsonObject, member: string): JsonObject {
  const value = object[member];
  return isJsonObject(value) ? value : {};
}

/** The object with these members alone. */
export function only(object: JsonObject, members: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => members.includes(name)));
}
