// A whole text as somebody hands it over: structure first, where it has one; then what structure has named, wherever it
// recurs; then the detectors. Never decides how something is masked.

import type { PhiClass } from '../core/phi.ts';
import { readDelimited } from './containers/delimited.ts';
import { readHl7 } from './containers/hl7v2.ts';
import { readJson } from './containers/json.ts';
import { asWritten, type Container, type Leaf, placeOf } from './containers/leaf.ts';
import { readX12 } from './containers/x12.ts';
import { readXml } from './containers/xml.ts';
import { detect } from './detect.ts';
import type { Find } from './detectors/detector.ts';
import { KnownValues } from './known-values.ts';
import type { Span } from './mask.ts';

/** Something to mask: where it lies in the text, what it says, and how its replacement is written there. */
export interface Found extends Span {
  readonly value: string;
  readonly encode: (replacement: string | null) => string;
}

/** `replacement`: what stands there instead; null = nothing does. */
export type Replace = (value: string, cls: PhiClass) => string | null;

export interface Masked {
  readonly text: string;
  readonly found: readonly Found[];
  /** It was read, and written again, as JSON. */
  readonly isJson: boolean;
}

const containers: readonly Container[] = [readJson, readXml, readHl7, readX12, readDelimited];
/** Texts within texts, no deeper. */
const nestingMax = 4;

/** Idempotent for tokens. `prose`: as for detect, for a text without structure. */
export function maskDocument(text: string, replace: Replace, prose = true, own: readonly Find[] = []): Masked {
  return maskText(text, prose, { replace, known: new KnownValues(), own }, 0);
}

/** How one text as a whole is searched. */
interface Search {
  readonly replace: Replace;
  readonly known: KnownValues;
  readonly own: readonly Find[];
}

function maskText(text: string, prose: boolean, search: Search, depth: number): Masked {
  const { replace, known, own } = search;
  const document = depth < nestingMax ? leavesOf(text) : null;
  if (!document) {
    const spans = merged([...known.find(text), ...detect(text, prose, own)]);
    const found = spans.map((span) => ({ ...span, value: text.slice(span.start, span.end), encode: asWritten }));
    return { text: rewritten(text, found, replace, null), found, isJson: false };
  }
  const { leaves, isJson } = document;
  for (const { cls, value } of leaves) if (cls !== undefined && cls !== 'clear') known.add(value, cls);
  const found = leaves.flatMap((leaf) => foundIn(leaf, search, depth));
  return { text: rewritten(text, found, replace, new Keys(leaves)), found, isJson };
}

function leavesOf(text: string): { readonly leaves: readonly Leaf[]; readonly isJson: boolean } | null {
  for (const read of containers) {
    const leaves = read(text);
    if (leaves) return { leaves, isJson: read === readJson };
  }
  return null;
}

const documentStart = /^\s*(?:[[{]|<[?!A-Za-z]|MSH\W|ISA\W)/;

/** Whether the text that begins so may be a document, which only its end can tell. */
export function mayBeDocument(head: string): boolean {
  return documentStart.test(head) || readDelimited(head.slice(0, head.lastIndexOf('\n') + 1)) !== null;
}

function foundIn(leaf: Leaf, search: Search, depth: number): readonly Found[] {
  const { known, own } = search;
  const { start, end, value, cls, encode } = leaf;
  if (cls === 'clear') {
    // A number that is somebody's is so within a code, too.
    const numbers =
      leaf.keyOf === undefined ? known.find(value).filter((span) => /\d/.test(value.slice(span.start, span.end))) : [];
    return marked(leaf, numbers);
  }
  if (cls !== undefined && cls !== 'note')
    return /[\p{L}\p{N}]/u.test(value) ? [{ start, end, type: cls, value, encode }] : [];
  const inner = innerText(value);
  if (inner) {
    const masked = maskText(inner.text, leaf.prose, search, depth + 1);
    if (masked.found.length === 0) return [];
    const [first] = masked.found;
    // What was found lies inside of an encoding: the whole place is written anew.
    return [{ start, end, type: first?.type ?? 'other_id', value, encode: () => encode(inner.encode(masked.text)) }];
  }
  return marked(leaf, merged([...known.find(value), ...detect(value, leaf.prose, own)]));
}

function marked(leaf: Leaf, spans: readonly Span[]): readonly Found[] {
  return spans.map((span) => ({
    start: placeOf(leaf, span.start),
    end: placeOf(leaf, span.end),
    type: span.type,
    value: leaf.value.slice(span.start, span.end),
    encode: leaf.encode,
  }));
}

/** A document within a string, as it is or in base64. */
function innerText(value: string): { readonly text: string; readonly encode: (text: string) => string } | null {
  if (documentStart.test(value)) return { text: value, encode: (text) => text };
  if (value.length < 24 || value.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(value)) return null;
  try {
    const bytes = Uint8Array.from(atob(value), (char) => char.charCodeAt(0));
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    // oxlint-disable-next-line no-control-regex -- control characters are what text does not have
    if (/[\u0000-\u0008\u000e-\u001f]/.test(text)) return null;
    return {
      text,
      encode: (each) => btoa(Array.from(new TextEncoder().encode(each), (byte) => String.fromCharCode(byte)).join('')),
    };
  } catch {
    return null;
  }
}

/** Overlapping spans become one; the first names the class. */
function merged(spans: readonly Span[]): readonly Span[] {
  const result: { start: number; end: number; type: PhiClass }[] = [];
  for (const span of spans.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const last = result.at(-1);
    if (last && span.start < last.end) last.end = Math.max(last.end, span.end);
    else result.push({ ...span });
  }
  return result;
}

function rewritten(text: string, found: readonly Found[], replace: Replace, keys: Keys | null): string {
  let masked = '';
  let from = 0;
  for (const each of found) {
    const replacement = each.encode(replace(each.value, each.type));
    masked += text.slice(from, each.start) + (keys?.unique(each, replacement) ?? replacement);
    from = each.end;
  }
  return masked + text.slice(from);
}

/** INVARIANT: no two keys of an object become the same, so that no member is lost. */
class Keys {
  readonly #objects: ReadonlyMap<number, number>;
  readonly #used = new Map<string, number>();

  constructor(leaves: readonly Leaf[]) {
    this.#objects = new Map(
      leaves.flatMap((leaf) => (leaf.keyOf === undefined ? [] : [[leaf.start, leaf.keyOf] as const])),
    );
  }

  unique(found: Found, replacement: string): string {
    const object = this.#objects.get(found.start);
    if (object === undefined) return replacement;
    const name = `${object} ${replacement}`;
    const count = this.#used.get(name) ?? 0;
    this.#used.set(name, count + 1);
    return count === 0 ? replacement : `${replacement} ${count}`;
  }
}
