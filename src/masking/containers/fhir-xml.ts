// FHIR's XML form (hl7.org/fhir/R4/xml.html) as the tree its JSON form has, so that one pack reads both.

import type { JsonNode, Member, Text } from './json-node.ts';
import { type Container, type Leaf } from './leaf.ts';
import { fhirLeaves } from './tree.ts';
import { entities, type XmlPart, xmlParts } from './xml-parts.ts';

const namespace = /xmlns(?::\w+)?\s*=\s*["']http:\/\/hl7\.org\/fhir["']/;

interface Open {
  readonly name: string;
  readonly start: number;
  readonly members: Member[];
}

export const readFhirXml: Container = (text) => {
  if (!/^\s*</.test(text) || !namespace.test(text)) return null;
  const root: Open = { name: '', start: 0, members: [] };
  const open: Open[] = [root];
  const rest: Leaf[] = [];
  for (const part of xmlParts(text)) take(part, open, rest);
  while (open.length > 1) close(open);
  return [...fhirLeaves({ kind: 'object', members: root.members }, entities), ...rest].sort(
    (a, b) => a.start - b.start,
  );
};

function take(part: XmlPart, open: Open[], rest: Leaf[]): void {
  if (part.kind === 'end') {
    const from = open.findLastIndex((each) => each.name === part.name);
    while (from > 0 && open.length > from) close(open);
  } else if (part.kind === 'start') {
    const element: Open = { name: part.name, start: part.start, members: [] };
    open.push(element);
    for (const { name, text } of part.attributes) {
      if (name.startsWith('xmlns')) continue;
      // The narrative is HTML, whose attributes are no elements.
      if (open.some((each) => each.name === 'div')) rest.push(freeText(text));
      else element.members.push({ key: keyOf(name, part.start), node: text });
    }
    if (part.isEmpty) close(open);
  } else rest.push(freeText(part.text));
}

function freeText(text: Text): Leaf {
  return { ...text, cls: undefined, reads: 'record', encode: entities };
}

/** `<family value="…"/>` is a string; with more inside it is two members, as JSON has `birthDate` and `_birthDate`. */
function close(open: Open[]): void {
  const element = open.pop();
  const around = open.at(-1);
  if (!element || !around) return;
  const { name, start, members } = element;
  const key = keyOf(name, start);
  const value = members.find((each) => each.key.value === 'value' && each.node.kind === 'string');
  const others = members.filter((each) => each !== value);
  if (value) around.members.push({ key, node: value.node });
  if (others.length === 0) return;
  const isResource = /^[A-Z]/.test(name);
  const type: Text = { kind: 'string', start, end: start, value: name, offsets: null };
  const node: JsonNode = {
    kind: 'object',
    members: isResource ? [{ key: keyOf('resourceType', start), node: type }, ...others] : others,
  };
  around.members.push({ key: value ? keyOf(`_${name}`, start) : key, node });
}

function keyOf(name: string, start: number): Text {
  return { kind: 'string', start, end: start, value: name, offsets: null };
}
