// JSON with the offset of every value. Classes come from FHIR's datatypes where a resource says it is one, else from field
// names; a field's class holds for everything below it.

import type { PhiClass } from '../../core/phi.ts';
import { ageCap } from '../operators.ts';
import { type FhirPlace, fhirClass } from '../packs/fhir.ts';
import { fieldClass } from '../packs/generic.ts';
import { type JsonNode, type Member, stringOf } from './json-node.ts';
import { type Container, isDate, type Leaf } from './leaf.ts';

/** Deeper nesting is no record anybody keeps: such a text is read as text. */
const depthMax = 200;

export const readJson: Container = (text) => {
  const first = /^\s*[[{]/.exec(text);
  if (!first) return null;
  const reader = new Reader(text);
  const roots: JsonNode[] = [];
  // Bulk data: one resource a line.
  while (!reader.atEnd()) {
    const node = reader.node(0);
    if (!node) return null;
    roots.push(node);
  }
  const leaves: Leaf[] = [];
  const isFhir = roots.some((root) => stringOf(root, 'resourceType') !== undefined);
  for (const root of roots)
    walk(root, { key: '', parent: null, parentKey: '', resource: '' }, undefined, isFhir, leaves);
  return leaves;
};

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  atEnd(): boolean {
    this.#blank();
    return this.#at >= this.#text.length;
  }

  /** Null for what is no JSON, or too deep. */
  node(depth: number): JsonNode | null {
    if (depth > depthMax) return null;
    this.#blank();
    const char = this.#text.charAt(this.#at);
    if (char === '{') return this.#object(depth);
    if (char === '[') return this.#array(depth);
    if (char === '"') return this.#string();
    scalar.lastIndex = this.#at;
    const match = scalar.exec(this.#text);
    if (!match) return null;
    this.#at += match[0].length;
    return { kind: 'scalar', start: match.index, end: this.#at, value: match[0] };
  }

  #object(depth: number): JsonNode | null {
    const members: Member[] = [];
    this.#at++;
    if (this.#take('}')) return { kind: 'object', members };
    do {
      this.#blank();
      const key = this.#text.charAt(this.#at) === '"' ? this.#string() : null;
      if (!key || !this.#take(':')) return null;
      const node = this.node(depth + 1);
      if (!node) return null;
      members.push({ key, node });
    } while (this.#take(','));
    return this.#take('}') ? { kind: 'object', members } : null;
  }

  #array(depth: number): JsonNode | null {
    const items: JsonNode[] = [];
    this.#at++;
    if (this.#take(']')) return { kind: 'array', items };
    do {
      const node = this.node(depth + 1);
      if (!node) return null;
      items.push(node);
    } while (this.#take(','));
    return this.#take(']') ? { kind: 'array', items } : null;
  }

  #string(): Extract<JsonNode, { kind: 'string' }> | null {
    quoted.lastIndex = this.#at;
    const match = quoted.exec(this.#text);
    if (!match) return null;
    const start = this.#at + 1;
    this.#at += match[0].length;
    const raw = match[0].slice(1, -1);
    if (!raw.includes('\\')) return { kind: 'string', start, end: this.#at - 1, value: raw, offsets: null };
    return { kind: 'string', start, end: this.#at - 1, ...unescaped(raw, start) };
  }

  #take(char: string): boolean {
    this.#blank();
    if (this.#text.charAt(this.#at) !== char) return false;
    this.#at++;
    return true;
  }

  #blank(): void {
    while (blanks.has(this.#text.charCodeAt(this.#at))) this.#at++;
  }
}

const blanks: ReadonlySet<number> = new Set([32, 9, 10, 13]);
const scalar = /-?\d[\d.eE+-]*|true|false|null/y;
// oxlint-disable-next-line no-control-regex -- RFC 8259: what a string may hold unescaped
const quoted = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;

function unescaped(raw: string, start: number): { readonly value: string; readonly offsets: readonly number[] } {
  const offsets: number[] = [];
  let value = '';
  for (let at = 0; at < raw.length; ) {
    offsets.push(start + at);
    const length = raw.charAt(at) !== '\\' ? 1 : raw.charAt(at + 1) === 'u' ? 6 : 2;
    value += length === 1 ? raw.charAt(at) : String(JSON.parse(`"${raw.slice(at, at + length)}"`));
    at += length;
  }
  offsets.push(start + raw.length);
  return { value, offsets };
}

function walk(
  node: JsonNode,
  place: FhirPlace,
  inherited: PhiClass | 'clear' | undefined,
  isFhir: boolean,
  leaves: Leaf[],
): void {
  if (node.kind === 'array') {
    for (const item of node.items) walk(item, place, inherited, isFhir, leaves);
  } else if (node.kind === 'object') {
    const resource = stringOf(node, 'resourceType') ?? place.resource;
    const keyOf = node.members[0]?.key.start ?? 0;
    for (const { key, node: member } of node.members) {
      const named = isFhir ? undefined : fieldClass(key.value);
      const isField = isFhir || named !== undefined || /^[A-Za-z_$][\w$-]{0,39}$/.test(key.value);
      leaves.push({ ...key, cls: isField ? 'clear' : undefined, prose: false, encode: escaped, keyOf });
      const inside: FhirPlace = { key: key.value, parent: node, parentKey: place.key, resource };
      walk(member, inside, named ?? inherited, isFhir, leaves);
    }
  } else {
    leaves.push(leafOf(node, place, inherited, isFhir));
  }
}

function leafOf(
  node: Extract<JsonNode, { kind: 'string' | 'scalar' }>,
  place: FhirPlace,
  inherited: PhiClass | 'clear' | undefined,
  isFhir: boolean,
): Leaf {
  const said = isFhir ? fhirClass(place, node.value) : inherited;
  if (node.kind === 'string') {
    const cls = said ?? (isDate(node.value) && node.value.length > 6 ? 'date' : undefined);
    return { ...node, cls, prose: !isFhir, encode: escaped };
  }
  // A number by itself is no text to search; true, false and null identify nobody.
  const isNumber = /^-?\d/.test(node.value);
  return {
    ...node,
    offsets: null,
    cls: isNumber ? (said ?? 'clear') : 'clear',
    prose: false,
    encode: said === 'age' ? ageOf(node.value) : numberOf(node.value),
  };
}

/** Only ages over 89 say who somebody is (164.514(b)(2)(i)(C)). */
function ageOf(written: string): Leaf['encode'] {
  return (replacement) => (replacement === written || Number(written) < ageCap ? written : String(ageCap));
}

/** A number stays one: itself, where it may be seen, else null. */
function numberOf(written: string): Leaf['encode'] {
  return (replacement) => (replacement === written ? written : 'null');
}

function escaped(replacement: string | null): string {
  return JSON.stringify(replacement ?? '').slice(1, -1);
}
