// JSON as a type, and its one canonical form (RFC 8785 for the values we write: no floats but safe integers and finite
// doubles as ECMAScript prints them). Digests and log entries are taken over this form.

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/**
 * What JSON.parse says, with every name as it is written. V8 takes a name with escapes for one that it has read before in its place,
 * where that one looks as this one is written: once `{"a":1,"pr\\u00":2}` has been read, the name of `{"a":1,"pr\u00e9nom":2}` is
 * `pr\u00` (V8 13.6). @throws SyntaxError as JSON.parse.
 */
export function parseJson(text: string): Json {
  const value: Json = JSON.parse(text);
  return hasEscapedName(text) ? parsedByToken(text) : value;
}

const [backslash, colon] = [0x5c, 0x3a];

/** Of what is JSON. */
function hasEscapedName(text: string): boolean {
  // The first escape behind one string is the first of another.
  for (let at = text.indexOf('\\'); at >= 0; at = text.indexOf('\\', at)) {
    at = stringEnd(text, at);
    while (/[ \t\r\n]/.test(text.charAt(at))) at++;
    if (text.charCodeAt(at) === colon) return true;
  }
  return false;
}

/** After the quote that ends the string in which `at` lies. */
function stringEnd(text: string, at: number): number {
  for (let end = text.indexOf('"', at); ; end = text.indexOf('"', end + 1)) {
    let escape = end;
    while (text.charCodeAt(escape - 1) === backslash) escape--;
    if ((end - escape) % 2 === 0) return end + 1;
  }
}

/** A number as it is written, where a double is not all of it or is written otherwise: JSON.stringify gives it back. */
export interface WrittenNumber extends JsonObject {
  readonly rawJSON: string;
}

export function isWrittenNumber(value: Json): value is WrittenNumber {
  return JSON.isRawJSON(value);
}

/** Digits that a double may not have, or writes otherwise: many of them, a fraction, an exponent, zero below zero. */
const notShort = /(?<=^|[\s:,[])-?\d+(?:\.\d+(?:[eE][+-]?\d+)?|[eE][+-]?\d+|(?<=\d{16}|-0))(?=$|[\s,\]}])/g;

/** In a text, too, where it stands so: that is read by token in vain. */
function hasRewrittenNumber(text: string): boolean {
  return text.match(notShort)?.some((number) => String(Number(number)) !== number) ?? false;
}

/** The same with each number as it is written. @throws SyntaxError as JSON.parse. */
export function parseJsonAsWritten(text: string): Json {
  const value = parseJson(text);
  return hasRewrittenNumber(text) ? parsedByToken(text, numberAsWritten) : value;
}

function numberAsWritten(token: string): Json {
  const value: Json = JSON.parse(token);
  return typeof value === 'number' && String(value) !== token ? JSON.rawJSON(token) : value;
}

const tokens = /["{}[\]]|[^\s{}[\],:"]+/g;

/** The same of what is JSON, a name or a value at a time: by itself, a text is read as it is written. */
function parsedByToken(text: string, valueOf: (token: string) => Json = JSON.parse): Json {
  const whole: Json[] = [];
  const open: (Json[] | Record<string, Json>)[] = [whole];
  let name: string | null = null;
  const add = (value: Json): void => {
    const around = open.at(-1) ?? whole;
    if (Array.isArray(around)) around.push(value);
    else if (name === null) name = typeof value === 'string' ? value : '';
    else {
      // Not by assignment, for the sake of `__proto__`.
      Object.defineProperty(around, name, { value, writable: true, enumerable: true, configurable: true });
      name = null;
    }
  };
  tokens.lastIndex = 0;
  for (let match = tokens.exec(text); match; match = tokens.exec(text)) {
    const [token] = match;
    if (token === '}' || token === ']') open.pop();
    else if (token === '{' || token === '[') {
      const inner = token === '{' ? {} : [];
      add(inner);
      open.push(inner);
    } else {
      if (token === '"') tokens.lastIndex = stringEnd(text, match.index + 1);
      add(valueOf(text.slice(match.index, tokens.lastIndex)));
    }
  }
  return whole[0] ?? null;
}

/** @throws TypeError for what JSON has no word for (undefined, NaN, functions, lone surrogates). */
export function canonicalJson(value: Json): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError('a number that is not finite has no canonical form');
    return String(value);
  }
  if (typeof value !== 'object') throw new TypeError(`${typeof value} has no canonical form`);
  if (isJsonArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const known = spelled.get(value);
  if (known !== undefined) return known;
  let members = '';
  // The default order of sort() is that of UTF-16 code units, as RFC 8785 asks.
  for (const key of Object.keys(value).sort()) {
    const member = value[key];
    if (member === undefined) throw new TypeError('undefined has no canonical form');
    members += `${members === '' ? '' : ','}${quote(key)}:${canonicalJson(member)}`;
  }
  return `{${members}}`;
}

/**
 * Whether `text`, of which `value` was parsed, is the canonical form of it. @throws TypeError as {@link canonicalJson}.
 * Where the keys come in order already, what JSON.stringify says is canonical, and it says so in a fraction of the time.
 */
export function isCanonicalJson(text: string, value: Json): boolean {
  if (!text.includes('\\u') && isSorted(value) && JSON.stringify(value) === text) return true;
  return canonicalJson(value) === text;
}

function isSorted(value: Json): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (isJsonArray(value)) return value.every(isSorted);
  let before: string | undefined;
  for (const key in value) {
    if (before !== undefined && before >= key) return false;
    before = key;
    const member = value[key];
    if (typeof member === 'object' && !isSorted(member)) return false;
  }
  return true;
}

const spelled = new WeakMap<object, string>();

/** The same object, never to change: its canonical form is made now and kept, for what is written many times. */
export function spelledOnce<T extends JsonObject>(value: T): T {
  if (!spelled.has(value)) spelled.set(value, oneByteText(canonicalJson(value)));
  return value;
}

/**
 * The same text, a byte a character where that can be. V8 keeps what was decoded from UTF-8, and every text made with a part of
 * it, at two bytes: for what is written many times they cost more than all else about it.
 */
export function oneByteText(text: string): string {
  const bytes = Buffer.from(text);
  return bytes.length === text.length ? bytes.toString('latin1') : text;
}

const plain = /^[ !#-[\]-~]*$/;

/** Every record of the log passes here: a text without anything to escape is not handed to JSON.stringify, which is slower. */
function quote(text: string): string {
  if (plain.test(text)) return `"${text}"`;
  if (!text.isWellFormed()) throw new TypeError('a lone surrogate has no canonical form');
  return JSON.stringify(text);
}

/** What has members by name; of what came from outside too, where it came as JSON. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Nothing in it where it is none. */
export function objectOf(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

/** Nothing in it where it is none. */
export function listOf(value: Json | undefined): readonly Json[] {
  return value !== undefined && isJsonArray(value) ? value : [];
}

/** Array.isArray does not tell a read-only array from the other containers. */
export function isJsonArray(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
