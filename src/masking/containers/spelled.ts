// A list of numbers or single characters that is a text: bytes as JSON writes them (`[80, 97, 116]`, `{"0": 80, "1": 97}`), code
// points, characters one by one. Reads, and writes the same kind of list again; never decides what it says.

import { spelledBy, spelledMin, textOfCodes } from '../spelled-text.ts';
import type { JsonNode } from './json-node.ts';
import { asWritten, type Leaf, type Reading } from './leaf.ts';

type Value = Extract<JsonNode, { kind: 'string' | 'scalar' }>;

/** From inside the first value (or key) to inside the last. Null for what is no list, or no text. */
export function spelledLeaf(node: JsonNode, reads: Reading): Leaf | null {
  if (node.kind !== 'array' && node.kind !== 'object') return null;
  const values: Value[] = [];
  const [first, ...others] = node.kind === 'array' ? node.items : node.members.map((member) => member.node);
  if (first?.kind !== 'scalar' && first?.kind !== 'string') return null;
  const count = others.length + 1;
  if (count < spelledMin || (first.kind === 'string' && first.value.length > 7)) return null;
  for (const each of [first, ...others]) {
    if (each.kind !== first.kind) return null;
    values.push(each);
  }
  const isCounted = node.kind === 'object' && node.members.every(({ key }, at) => key.value === String(at));
  if (node.kind === 'object' && (!isCounted || first.kind === 'string')) return null;
  const read = first.kind === 'scalar' ? numbersOf(values) : (charactersOf(values) ?? digitsOf(values));
  if (read === null) return null;
  const { text, written, joint } = read;
  const start = node.kind === 'object' ? (node.members[0]?.key.start ?? 0) : first.start;
  const encode = (masked: string): string => {
    const items = written(masked);
    return node.kind === 'object' ? items.map((each, at) => `${at}":${each}`).join(',"') : items.join(joint);
  };
  const packed = { text, encode, isPlain: false };
  return {
    start,
    end: values.at(-1)?.end ?? 0,
    value: text,
    offsets: null,
    cls: undefined,
    reads,
    encode: asWritten,
    packed,
  };
}

interface Read {
  readonly text: string;
  readonly written: (text: string) => readonly string[];
  /** Between two values. */
  readonly joint: string;
}

const integer = /^-?\d{1,7}$/;

function numbersOf(values: readonly Value[]): Read | null {
  if (!values.every(({ value }) => integer.test(value))) return null;
  const text = textOfCodes(values.map(({ value }) => Number(value)));
  return text === null ? null : { text, written: (each) => codesOf(each, 10), joint: ',' };
}

function charactersOf(values: readonly Value[]): Read | null {
  if (!values.every(({ value }) => value.length === 1 || /^.$/u.test(value))) return null;
  const written = (text: string): readonly string[] => Array.from(text, (char) => JSON.stringify(char).slice(1, -1));
  return { text: values.map(({ value }) => value).join(''), written, joint: '","' };
}

function digitsOf(values: readonly Value[]): Read | null {
  const spelled = spelledBy(values.map(({ value }) => value));
  return spelled && { text: spelled.text, written: (each) => codesOf(each, spelled.radix), joint: '","' };
}

function codesOf(text: string, radix: 10 | 16): readonly string[] {
  return Array.from(new TextEncoder().encode(text), (byte) => byte.toString(radix));
}
