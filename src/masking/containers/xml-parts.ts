// XML and HTML as a row of tags and texts with their offsets. It survives what is not well-formed: a stray sign is text.
// INVARIANT: no entity but the five of XML and characters by number is ever expanded, and nothing is ever fetched.

import type { Text } from './json-node.ts';

export interface Attribute {
  /** As written, with its prefix. */
  readonly name: string;
  readonly text: Text;
}

export type XmlPart =
  | {
      readonly kind: 'start';
      /** Local name. */
      readonly name: string;
      readonly start: number;
      readonly attributes: readonly Attribute[];
      readonly isEmpty: boolean;
    }
  | { readonly kind: 'end'; readonly name: string }
  | { readonly kind: 'text' | 'cdata' | 'comment'; readonly text: Text }
  /** A document type with declarations of its own, which may hold anything. */
  | { readonly kind: 'declarations'; readonly text: Text };

/** What is not a tag: how it begins, how it ends, and what lies between is. */
const sections = [
  { open: '<!--', close: '-->', kind: 'comment' },
  { open: '<![CDATA[', close: ']]>', kind: 'cdata' },
  { open: '<?', close: '?>', kind: 'comment' },
] as const;
const endTag = /<\/([A-Za-z_][\w:.-]*)\s*>/y;
const startTag = /<([A-Za-z_][\w:.-]*)(?:\s+(?:[^<>"']|"[^"<]*"|'[^'<]*')*)?\/?>/y;
const declaration = /<![A-Za-z][^<>[\]]*>/y;
const attribute = /([A-Za-z_][\w:.-]*)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>=`]+))/g;

export function xmlParts(text: string): readonly XmlPart[] {
  const parts: XmlPart[] = [];
  const closes = new Closes(text);
  let at = 0;
  for (let open = text.indexOf('<'); open !== -1; open = text.indexOf('<', Math.max(at, open + 1))) {
    const found = partAt(text, open, closes);
    if (!found) continue;
    addText(text, at, open, parts);
    if (found.part) parts.push(found.part);
    at = found.end;
  }
  addText(text, at, text.length, parts);
  return parts;
}

function addText(text: string, start: number, end: number, parts: XmlPart[]): void {
  if (end > start && /\S/.test(text.slice(start, end))) parts.push({ kind: 'text', text: decoded(text, start, end) });
}

/** Null for a sign that is text. */
function partAt(
  text: string,
  start: number,
  closes: Closes,
): { readonly part: XmlPart | null; readonly end: number } | null {
  for (const { open, close, kind } of sections) {
    if (!text.startsWith(open, start)) continue;
    const from = closes.next(close, start + open.length);
    if (from === -1) return null;
    const isProlog = /^<\?xml(?:-stylesheet)?[\s?]/.test(text.slice(start, start + 20));
    const part: XmlPart | null = isProlog ? null : { kind, text: asIs(text, start + open.length, from) };
    return { part, end: from + close.length };
  }
  if (/^<!DOCTYPE/i.test(text.slice(start, start + 9))) return documentType(text, start);
  const end = matchAt(endTag, text, start);
  if (end) return { part: { kind: 'end', name: localName(end[1] ?? '') }, end: start + end[0].length };
  const tagged = matchAt(startTag, text, start);
  if (tagged)
    return { part: tag(text, start, start + tagged[0].length, tagged[1] ?? ''), end: start + tagged[0].length };
  const declared = matchAt(declaration, text, start);
  return declared && { part: null, end: start + declared[0].length };
}

/** One with declarations of its own ends with its bracket; one that never does holds all of the rest. */
function documentType(text: string, start: number): { readonly part: XmlPart | null; readonly end: number } {
  const head = /^[^<>[\]]*/.exec(text.slice(start + 1, start + 2_001))?.[0] ?? '';
  const mark = start + 1 + head.length;
  if (text.charAt(mark) === '>') return { part: null, end: mark + 1 };
  const end = declarationsEnd(text, mark);
  return { part: { kind: 'declarations', text: asIs(text, start, end) }, end };
}

/** After the sign that closes the declarations, quoted values aside; the end of the text, where none does. */
function declarationsEnd(text: string, start: number): number {
  const signs = /["'>\]]/g;
  let isClosed = false;
  signs.lastIndex = start;
  for (let match = signs.exec(text); match; match = signs.exec(text)) {
    if (match[0] === ']') isClosed = true;
    else if (match[0] === '>' && isClosed) return signs.lastIndex;
    else if (match[0] !== '>') {
      const close = text.indexOf(match[0], signs.lastIndex);
      if (close === -1) return text.length;
      signs.lastIndex = close + 1;
    }
  }
  return text.length;
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/** Where a sign stands next; one that is nowhere is not looked for again. */
class Closes {
  readonly #text: string;
  readonly #missing = new Set<string>();

  constructor(text: string) {
    this.#text = text;
  }

  next(sign: string, from: number): number {
    if (this.#missing.has(sign)) return -1;
    const at = this.#text.indexOf(sign, from);
    if (at === -1) this.#missing.add(sign);
    return at;
  }
}

function tag(text: string, start: number, end: number, name: string): XmlPart {
  const from = start + 1 + name.length;
  const attributes = Array.from(text.slice(from, end).matchAll(attribute), (match): Attribute => {
    const value = match[2] ?? match[3] ?? match[4] ?? '';
    const close = from + match.index + match[0].length - (match[4] === undefined ? 1 : 0);
    const isSlash = match[4] !== undefined && close === end - 1 && value.endsWith('/');
    return { name: match[1] ?? '', text: decoded(text, close - value.length, isSlash ? close - 1 : close) };
  });
  return { kind: 'start', name: localName(name), start, attributes, isEmpty: text.charAt(end - 2) === '/' };
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

function asIs(text: string, start: number, end: number): Text {
  return { kind: 'string', start, end, value: text.slice(start, end), offsets: null };
}

const reference = /&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|(amp|lt|gt|quot|apos|nbsp));/g;
const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };

function decoded(text: string, start: number, end: number): Text {
  const raw = text.slice(start, end);
  if (!raw.includes('&')) return asIs(text, start, end);
  const offsets: number[] = [];
  let value = '';
  let at = 0;
  const copy = (to: number): void => {
    for (; at < to; at++) offsets.push(start + at);
  };
  for (const match of raw.matchAll(reference)) {
    value += raw.slice(at, match.index);
    copy(match.index);
    const code = match[1] === undefined ? Number.parseInt(match[2] ?? '', 16) : Number(match[1]);
    const char = named[match[3] ?? ''] ?? (code <= 0x10ffff ? String.fromCodePoint(code) : '\uFFFD');
    for (let unit = 0; unit < char.length; unit++) offsets.push(start + at);
    value += char;
    at = match.index + match[0].length;
  }
  value += raw.slice(at);
  copy(raw.length);
  offsets.push(end);
  return { kind: 'string', start, end, value, offsets };
}

/** A replacement as it is written in a text or an attribute. */
export function entities(replacement: string | null): string {
  return (replacement ?? '').replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
