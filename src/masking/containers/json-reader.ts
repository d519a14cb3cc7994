// Reads JSON (RFC 8259) with the offset of every value; leniently, also what was cut off and what other languages print for
// it. Never throws, and never goes deeper than its bound.

import type { JsonNode, Member, Text } from './json-node.ts';

/** Deeper nesting is no record anybody keeps: such a text is read as text. */
const depthMax = 200;

export class JsonReader {
  readonly #text: string;
  readonly #isLenient: boolean;
  #at: number;
  /** What stood between the values; JSON has none. */
  readonly comments: Text[] = [];

  constructor(text: string, isLenient: boolean) {
    this.#text = text;
    this.#isLenient = isLenient;
    this.#at = text.startsWith('\uFEFF') ? 1 : 0;
  }

  get at(): number {
    return this.#at;
  }

  atEnd(): boolean {
    this.#blank();
    return this.#at >= this.#text.length;
  }

  /** Null for what is no JSON, or too deep. */
  node(depth = 0): JsonNode | null {
    if (depth > depthMax) return null;
    this.#blank();
    const char = this.#text.charAt(this.#at);
    if (char === '{') return this.#object(depth);
    const token = this.#isLenient ? this.#bare(maskTokens) : null;
    if (token) return token;
    if (char === '[') return this.#array(depth, ']');
    if (this.#isLenient) {
      const call = char === '(' ? null : this.#bare(dates);
      if (call) return dateOf(call);
      if (char === '(' || this.#bare(calls)) return this.#array(depth, ')');
    }
    if (char === '"' || (this.#isLenient && char === "'")) return this.#string(char);
    const scalar = this.#match(scalars);
    if (scalar && !(this.#isLenient && /[\w-]/.test(this.#text.charAt(this.#at)))) return { kind: 'scalar', ...scalar };
    if (scalar) this.#at = scalar.start;
    return this.#isLenient ? this.#bare(barewords) : null;
  }

  #object(depth: number): JsonNode | null {
    const members: Member[] = [];
    this.#at++;
    for (;;) {
      if (this.#take('}') || this.#isCutOff()) return { kind: 'object', members };
      this.#blank();
      const char = this.#text.charAt(this.#at);
      const isQuoted = char === '"' || (this.#isLenient && char === "'");
      const key = isQuoted ? this.#string(char) : this.#isLenient ? this.#bare(bareKeys) : null;
      if (!key) return null;
      if (!this.#take(':') && !(this.#isLenient && this.#take('='))) {
        if (!this.#isCutOff()) return null;
        return { kind: 'object', members: [...members, { key, node: key }] };
      }
      if (this.#isCutOff()) return { kind: 'object', members };
      const node = this.node(depth + 1);
      if (!node) return null;
      members.push({ key, node });
      if (this.#take('}') || this.#isCutOff()) return { kind: 'object', members };
      if (!this.#take(',')) return null;
      if (!this.#isLenient && this.#peek() === '}') return null;
    }
  }

  /** Also what other languages print: `('a', 'b')`, `Decimal('1')`. */
  #array(depth: number, close: ']' | ')'): JsonNode | null {
    const items: JsonNode[] = [];
    this.#at++;
    for (;;) {
      if (this.#take(close) || this.#isCutOff()) return { kind: 'array', items };
      const node = this.node(depth + 1);
      if (!node) return null;
      items.push(node);
      if (this.#take(close) || this.#isCutOff()) return { kind: 'array', items };
      if (!this.#take(',')) return null;
      if (!this.#isLenient && this.#peek() === ']') return null;
    }
  }

  #string(quote: string): Text | null {
    const pattern = this.#isLenient ? (quote === "'" ? apostrophed : cutOff) : quoted;
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (!match) return null;
    const start = this.#at + 1;
    this.#at += match[0].length;
    const isClosed = match[0].length > 1 && match[0].endsWith(quote);
    const raw = match[0].slice(1, isClosed ? -1 : undefined);
    const end = start + raw.length;
    if (!raw.includes('\\')) return { kind: 'string', start, end, value: raw, offsets: null };
    return { kind: 'string', start, end, ...unescaped(raw, start) };
  }

  #bare(pattern: RegExp): Text | null {
    const match = this.#match(pattern);
    return match && { kind: 'string', ...match, offsets: null };
  }

  #match(pattern: RegExp): { readonly start: number; readonly end: number; readonly value: string } | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (!match) return null;
    this.#at += match[0].length;
    return { start: match.index, end: this.#at, value: match[0] };
  }

  #isCutOff(): boolean {
    return this.#isLenient && this.atEnd();
  }

  #peek(): string {
    this.#blank();
    return this.#text.charAt(this.#at);
  }

  #take(char: string): boolean {
    if (this.#peek() !== char) return false;
    this.#at++;
    return true;
  }

  #blank(): void {
    for (;;) {
      while (blanks.has(this.#text.charCodeAt(this.#at))) this.#at++;
      const comment = this.#isLenient && this.#text.charAt(this.#at) === '/' ? this.#bare(comments) : null;
      if (!comment) return;
      this.comments.push(comment);
    }
  }
}

const blanks: ReadonlySet<number> = new Set([32, 9, 10, 13]);
const scalars = /-?\d[\d.eE+-]*|true|false|null/y;
// oxlint-disable-next-line no-control-regex -- RFC 8259: what a string may hold unescaped
const quoted = /"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*"/y;
const cutOff = /"[^"\\]*(?:\\[\s\S][^"\\]*)*(?:"|\\?$)/y;
const apostrophed = /'[^'\\]*(?:\\[\s\S][^'\\]*)*(?:'|\\?$)/y;
/** What another door has put in the place of a value. */
const maskTokens = /\[[A-Z][A-Z_]{1,11}\](?=\s*[,)\]}])/y;
/** The name of what makes a value, up to its bracket. */
const calls = /[A-Za-z_][\w.]{0,60}(?=\()/y;
/** `datetime.date(1954, 3, 12)`. */
const dates =
  /(?:[A-Za-z_]\w{0,20}\.){0,3}(?:date|datetime|Date|DateTime|LocalDate|Timestamp)\(\s*(\d{4}),\s*(\d{1,2}),\s*(\d{1,2})[\w\s,.=]{0,80}\)/y;
const comments = /\/\/[^\n]*|\/\*(?:[^*]|\*(?!\/))*(?:\*\/|$)/y;
const bareKeys = /[A-Za-z_$][\w$ .-]{0,60}/y;
const barewords = /[^\s,:[\]{}"'][^\n,[\]{}"']{0,200}/y;

/** A day that is made of its parts, as a day is written. */
function dateOf(call: Text): Text {
  const [year = '', month = '', day = ''] = call.value.match(/\d+/g) ?? [];
  return { ...call, value: `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}` };
}

function unescaped(raw: string, start: number): { readonly value: string; readonly offsets: readonly number[] } {
  const offsets: number[] = [];
  let value = '';
  for (let at = 0; at < raw.length; ) {
    const escape =
      raw.charAt(at) === '\\'
        ? (/^\\(?:u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|[\s\S]?)/.exec(raw.slice(at, at + 6))?.[0] ?? '\\')
        : '';
    const plain = escape === '' ? raw.charAt(at) : plainOf(escape);
    for (let unit = 0; unit < plain.length; unit++) offsets.push(start + at);
    value += plain;
    at += Math.max(1, escape.length);
  }
  offsets.push(start + raw.length);
  return { value, offsets };
}

const letters: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

function plainOf(escape: string): string {
  if (escape.length > 2) return String.fromCharCode(Number.parseInt(escape.slice(2), 16));
  return letters[escape.slice(1)] ?? escape.slice(1);
}
