// Entries of a directory (LDIF, RFC 2849) of which some value is written in base64, behind two colons: what it says counts as if it
// were written plainly. Without such a value a text is lines with labels, as any other.

import type { PhiClass } from '../../core/phi.ts';
import { valueClass } from '../packs/generic.ts';
import { base64Of, textOfBase64 } from './encoded.ts';
import { asWritten, type Container, type Leaf } from './leaf.ts';

const attribute = /^([A-Za-z][\w.-]{0,60}(?:;[\w.;-]{1,60})?)(:[:<]?)[ \t]*(.*)$/;
/** Attributes of somebody (RFC 4519, RFC 2798) whose names say so nowhere else. */
const ofSomebody: ReadonlyMap<string, PhiClass> = new Map([
  ['cn', 'name'],
  ['sn', 'name'],
  ['gn', 'name'],
  ['uid', 'other_id'],
]);

interface Line {
  readonly name: string;
  readonly isPacked: boolean;
  value: string;
  /** Where each unit of the value, and its end, lies. */
  readonly offsets: number[];
}

export const readLdif: Container = (text) => {
  if (!/^[A-Za-z][\w.;-]{0,121}::[ \t]*[\w+/]/m.test(text)) return null;
  const lines = linesOf(text);
  if (!lines) return null;
  const leaves: Leaf[] = [];
  let hasPacked = false;
  for (const line of lines) {
    const leaf = leafOf(line);
    if (leaf === null) return null;
    hasPacked ||= leaf !== 'none' && line.isPacked;
    if (leaf !== 'none') leaves.push(leaf);
  }
  return hasPacked ? leaves : null;
};

/** Null = some line is no attribute. A line that begins with a blank goes on with the one before. */
function linesOf(text: string): readonly Line[] | null {
  const lines: Line[] = [];
  for (const { 0: written, index } of text.matchAll(/[^\r\n]+/g)) {
    if (written.startsWith('#') || written.trim() === '' || written === '-') continue;
    const last = lines.at(-1);
    if (written.startsWith(' ') && last) {
      add(last, written.slice(1), index + 1);
      continue;
    }
    const [, name, sign, value = ''] = attribute.exec(written) ?? [];
    if (name === undefined) return null;
    const line: Line = { name, isPacked: sign === '::', value: '', offsets: [index + written.length - value.length] };
    add(line, value, index + written.length - value.length);
    lines.push(line);
  }
  return lines;
}

function add(line: Line, value: string, from: number): void {
  line.value += value;
  line.offsets.pop();
  for (let at = 0; at <= value.length; at++) line.offsets.push(from + at);
}

/** Null = it is no base64; `none` = it says nothing. */
function leafOf({ name, isPacked, value, offsets }: Line): Leaf | 'none' | null {
  if (value.trim() === '') return 'none';
  const bare = name.replace(/;.*$/, '');
  const place = { start: offsets[0] ?? 0, end: offsets.at(-1) ?? 0, cls: ofSomebody.get(bare) ?? valueClass(bare) };
  if (!isPacked) return { ...place, value, offsets, reads: 'record', encode: asWritten };
  const text = textOfBase64(value);
  // A picture, say: what it is is told by its first bytes.
  if (text === null)
    return base64.test(value) ? { ...place, value, offsets, reads: 'encoded', encode: asWritten } : null;
  const encode = (said: string): string => base64Of(new TextEncoder().encode(said));
  return {
    ...place,
    value: text,
    offsets: null,
    reads: 'record',
    packed: { text, encode, isPlain: false },
    encode: place.cls === undefined ? asWritten : (replacement) => encode(replacement ?? ''),
  };
}

const base64 = /^[A-Za-z0-9+/]{4,}={0,2}$/;
