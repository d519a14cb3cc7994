// The leaves of a tree of values. Classes come from FHIR's datatypes where a resource says it is one, else from field names;
// a field's class holds for everything below it.

import type { PhiClass } from '../../core/phi.ts';
import { ageCap } from '../operators.ts';
import { type FhirPlace, fhirLeaf } from '../packs/fhir.ts';
import { fieldClass, labelClass } from '../packs/generic.ts';
import { areOfPerson, classOfPerson, type Header, headerOf } from '../packs/header.ts';
import { type JsonNode, memberOf, stringOf } from './json-node.ts';
import { isDate, type Leaf } from './leaf.ts';

/** `encode`: how a string is written in the text. */
export function treeLeaves(roots: readonly JsonNode[], encode: Leaf['encode']): readonly Leaf[] {
  const leaves: Leaf[] = [];
  // A fragment of a resource in the midst of others: one a line, some of them cut.
  for (const root of roots) new Walk(encode, leaves).generic(root, undefined, false);
  return leaves;
}

/** The same for what is FHIR without saying so itself: the place of the root is given. */
export function fhirLeaves(root: JsonNode, encode: Leaf['encode']): readonly Leaf[] {
  const leaves: Leaf[] = [];
  new Walk(encode, leaves).fhir(root, rootPlace);
  return leaves;
}

const rootPlace: FhirPlace = {
  key: '',
  parent: null,
  parentKey: '',
  around: null,
  aroundKey: '',
  resource: '',
  label: '',
};

class Walk {
  readonly #encode: Leaf['encode'];
  readonly #leaves: Leaf[];

  constructor(encode: Leaf['encode'], leaves: Leaf[]) {
    this.#encode = encode;
    this.#leaves = leaves;
  }

  /** `isOfPerson`: other fields around show that it is about somebody. */
  generic(node: JsonNode, inherited: PhiClass | undefined, isOfPerson: boolean): void {
    if (node.kind === 'array') {
      const header = inherited === undefined ? headerAbove(node.items) : null;
      for (const item of node.items) this.#row(item, header, inherited, isOfPerson);
    } else if (node.kind !== 'object') {
      this.#leaf(node, inherited, isOfPerson);
    } else if (isResource(node)) {
      this.fhir(node, rootPlace);
    } else {
      const named = labelled(node);
      const rows = columnsOf(node);
      const isPerson = areOfPerson(node.members.map((each) => each.key.value));
      const keyOf = node.members[0]?.key.start ?? 0;
      for (const { key, node: member } of node.members) {
        const said =
          (isPerson ? classOfPerson : fieldClass)(key.value) ??
          (named && valueKeys.has(key.value.toLowerCase()) ? named : undefined);
        const isField = said !== undefined || (/^[A-Za-z_$][\w$-]{0,39}$/.test(key.value) && !/\d{4}/.test(key.value));
        const cls = isField ? 'clear' : undefined;
        if (key !== member) this.#leaves.push({ ...key, cls, reads: 'value', encode: this.#encode, keyOf });
        if (rows && member.kind === 'array' && rowKeys.has(key.value.toLowerCase()))
          for (const item of member.items) this.#row(item, rows, inherited, isOfPerson);
        else this.generic(member, said ?? inherited, isPerson || isOfPerson);
      }
    }
  }

  /** A row of cells below a header, or anything else. */
  #row(node: JsonNode, header: Header | null, inherited: PhiClass | undefined, isOfPerson: boolean): void {
    if (!header || node.kind !== 'array') return this.generic(node, inherited, isOfPerson);
    node.items.forEach((cell, at) => {
      const cls = header.classes[at];
      const isName =
        cell.kind === 'string' && node.items.length === header.classes.length && header.names[at] === cell.value;
      if (isName) this.#leaves.push({ ...cell, cls: 'clear', reads: 'value', encode: this.#encode });
      else this.generic(cell, cls === 'clear' ? undefined : (cls ?? inherited), header.isOfPeople || isOfPerson);
    });
  }

  fhir(node: JsonNode, place: FhirPlace): void {
    if (node.kind === 'array') {
      for (const item of node.items) this.fhir(item, place);
    } else if (node.kind === 'object') {
      const resource = stringOf(node, 'resourceType') ?? place.resource;
      const label = labelOf(node, place) ?? place.label;
      const keyOf = node.members[0]?.key.start ?? 0;
      for (const { key, node: member } of node.members) {
        if (key !== member && key.end > key.start)
          this.#leaves.push({ ...key, cls: 'clear', reads: 'value', encode: this.#encode, keyOf });
        this.fhir(member, {
          key: key.value,
          parent: node,
          parentKey: place.key,
          around: place.parent,
          aroundKey: place.parentKey,
          resource,
          label,
        });
      }
    } else if (node.kind === 'string') {
      const leaf = fhirLeaf(place, { ...node, cls: undefined, reads: 'record', encode: this.#encode });
      if (leaf) this.#leaves.push(leaf);
    } else
      this.#scalar(
        node,
        /^-?\d/.test(node.value)
          ? fhirLeaf(place, { ...node, offsets: null, cls: undefined, reads: 'value', encode: this.#encode })?.cls
          : 'clear',
      );
  }

  #leaf(node: Exclude<JsonNode, { kind: 'object' | 'array' }>, said: PhiClass | undefined, isOfPerson: boolean): void {
    if (node.kind === 'scalar') return this.#scalar(node, said);
    const cls = said ?? (isDate(node.value) && node.value.length > 6 ? 'date' : undefined);
    this.#leaves.push({ ...node, cls, reads: isOfPerson ? 'record' : 'prose', encode: this.#encode });
  }

  /** A number by itself is no text to search; true, false and null identify nobody. */
  #scalar(node: Extract<JsonNode, { kind: 'scalar' }>, said: Leaf['cls']): void {
    const isNumber = /^-?\d/.test(node.value);
    this.#leaves.push({
      ...node,
      offsets: null,
      cls: isNumber ? (said ?? 'clear') : 'clear',
      reads: 'value',
      encode: said === 'age' ? ageOf(node.value) : numberOf(node.value),
    });
  }
}

function isResource(node: JsonNode): boolean {
  return /^[A-Za-z]{3,60}$/.test(stringOf(node, 'resourceType') ?? '');
}

const columnKeys = ['columns', 'fields', 'header', 'headers', 'column_names', 'columnNames', 'names', 'cols'] as const;
const rowKeys: ReadonlySet<string> = new Set(['rows', 'data', 'values', 'records', 'result', 'results', 'items']);

/** Of `{"columns": […], "rows": [[…], …]}`: what the columns hold. */
function columnsOf(node: JsonNode): Header | null {
  for (const key of columnKeys) {
    const list = memberOf(node, key);
    const names = list?.kind === 'array' ? namesOf(list.items) : null;
    if (names) return headerOf(names);
  }
  return null;
}

function namesOf(items: readonly JsonNode[]): readonly string[] | null {
  const names = items.flatMap((item) => (item.kind === 'string' ? item.value : (stringOf(item, 'name') ?? [])));
  return names.length > 0 && names.length === items.length ? names : null;
}

/** Of rows of cells: the first, if it names what the others hold. */
function headerAbove(items: readonly JsonNode[]): Header | null {
  const [first, ...others] = items;
  if (first?.kind !== 'array' || others.length === 0 || others.some((each) => each.kind !== 'array')) return null;
  const names = first.items.every((item) => item.kind === 'string') ? namesOf(first.items) : null;
  const header = names && headerOf(names);
  return header?.classes.some((cls) => cls !== undefined) === true ? header : null;
}

const valueKeys: ReadonlySet<string> = new Set(['value', 'val', 'answer', 'response', 'text', 'content']);
const nameKeys = ['name', 'key', 'field', 'label', 'column', 'question', 'attribute', 'property'] as const;

/** Of `{"name": "Last name", "value": …}`: what stands in the value. */
function labelled(node: JsonNode): PhiClass | undefined {
  if (node.kind !== 'object' || node.members.length > 8) return undefined;
  if (!node.members.some((each) => valueKeys.has(each.key.value.toLowerCase()))) return undefined;
  for (const name of nameKeys) {
    const label = stringOf(node, name);
    const cls = label === undefined ? undefined : labelClass(label);
    if (cls !== undefined) return cls;
  }
  return undefined;
}

/** What a FHIR element is called where its own name says nothing: a question, a parameter, an extension, a code. */
function labelOf(node: JsonNode, { key }: FhirPlace): string | undefined {
  if (key === 'item') return stringOf(node, 'text') ?? stringOf(node, 'linkId');
  if (key === 'parameter' || key === 'part') return stringOf(node, 'name');
  if (key === 'extension' || key === 'modifierExtension') return stringOf(node, 'url')?.replace(/^.*[/:#]/, '');
  return undefined;
}

/** Only ages over 89 say who somebody is (164.514(b)(2)(i)(C)). */
function ageOf(written: string): Leaf['encode'] {
  return (replacement) => (replacement === written || Number(written) < ageCap ? written : String(ageCap));
}

/** A number stays one: itself, where it may be seen, else null. */
function numberOf(written: string): Leaf['encode'] {
  return (replacement) => (replacement === written ? written : 'null');
}
