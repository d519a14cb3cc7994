// URIs read as data: segments of the path, and values of the query by their names, so that whoever is named in one is found.
// Scheme and host stay, as a pointer has to point. Pure.

import { isJsonArray, isJsonObject, type Json } from '../core/json.ts';
import { valueClass } from '../masking/packs/generic.ts';

/** What a URI says, to be masked; `pointerFrom` makes a URI of what became of it. */
export function readingOf(uri: string): Json {
  // RFC 2397: it points nowhere, it is the data.
  if (isData(uri)) return uri;
  // Not a list alone: the first of several would be taken for the header of a table.
  return { uri: true, pieces: piecesOf(uri).map(({ name, text }) => (name === null ? text : { [name]: text })) };
}

/** What became of `readingOf(uri)`: masked by itself, and beside all that was said with it. */
export function pointerFrom(uri: string, { alone, among }: { readonly alone: Json; readonly among: Json }): Json {
  if (isData(uri)) return alone;
  let text = '';
  let from = 0;
  for (const [at, piece] of piecesOf(uri).entries()) {
    const [by, beside] = [valueAt(alone, at), valueAt(among, at)];
    // By itself a word of a path may be anything; beside others it may be somebody they name.
    const value = by === piece.text || isWord(piece) ? (by === beside ? piece.text : beside) : by;
    text += uri.slice(from, piece.start);
    text += value === piece.text ? uri.slice(piece.start, piece.end) : encodeURIComponent(value);
    from = piece.end;
  }
  return text + uri.slice(from);
}

/**
 * Whether a server might read this as another URI than the one that was decided: dot segments, backslashes, or what no URI
 * holds, however often they are encoded (RFC 3986 §5.2.4, §6.2.2).
 */
export function isAmbiguous(uri: string): boolean {
  let text = uri;
  for (let round = 0; round < decodingsMax; round++) {
    // oxlint-disable-next-line no-control-regex -- control characters are what a URI does not have
    if (/[\u0000-\u0020\u007f\\]/.test(round === 0 ? text : text.replaceAll(' ', ''))) return true;
    if (
      text
        .split(/[?#]/, 1)[0]
        ?.split(/[/:]/)
        .some((segment) => segment === '.' || segment === '..')
    )
      return true;
    const plain = decoded(text);
    if (plain === text) return false;
    text = plain;
  }
  return true;
}

const decodingsMax = 4;
const unreserved = /%(?:4[1-9a-f]|5[0-9a]|6[1-9a-f]|7[0-9a]|3[0-9]|2[de]|5f|7e)/gi;

/**
 * How else a server may read this: what need not be encoded decoded (RFC 3986 §6.2.2.2), as URL parsers write it, scheme and host
 * in small letters, without a default port (WHATWG URL), and, of a file, as its path. INVARIANT: policy decides on each of them.
 */
export function otherReadings(uri: string): readonly string[] {
  const plain = uri.replaceAll(unreserved, decoded);
  const url = URL.parse(plain);
  const written = url?.href ?? plain;
  const others = new Set([plain, written === `${plain}/` ? plain : written]);
  if (url?.protocol === 'file:') others.add(`file://${url.host}${pathOf(url)}`);
  others.delete(uri);
  return [...others];
}

/** As a file system has it (RFC 8089 §2): nothing encoded, no empty segment, no query. */
function pathOf({ pathname }: URL): string {
  return decoded(pathname).replaceAll(/\/{2,}/g, '/');
}

interface Piece {
  readonly start: number;
  readonly end: number;
  /** Decoded. */
  readonly text: string;
  /** Of a value of the query. */
  readonly name: string | null;
}

function isData(uri: string): boolean {
  return /^data:/i.test(uri);
}

/** RFC 3986 §3. */
const head = /^[A-Za-z][A-Za-z0-9+.-]*:(?:\/\/)?/;
const host = /^[^/?#]*/;
const part = /[^/?#&;,:=]+/g;
/** RFC 6570: no value, but where one will stand. */
const expression = /^\{[+#./;?&]?[\w.,*:]{1,100}\}$/;
/** Nobody calls a variable so. */
const oddVariable = /\d{4}|\p{Lu}\p{Ll}+_\p{Lu}/u;

/** INVARIANT: of what is no address of the web all is read, of that the names of hosts are not. */
function piecesOf(uri: string): readonly Piece[] {
  const [scheme = ''] = head.exec(uri) ?? [];
  const [authority = ''] = scheme.endsWith('//') ? (host.exec(uri.slice(scheme.length)) ?? []) : [];
  const login = authority.lastIndexOf('@') + 1;
  const pieces: Piece[] = [];
  // Whoever logs in there, and by what.
  if (login > 1) pieces.push(pieceAt(uri, scheme.length, scheme.length + login - 1, 'username'));
  const isWeb = /^(?:https?|wss?):/i.test(scheme);
  if (isWeb) pieces.push(...hostPieces(uri, scheme.length + login, scheme.length + authority.length));
  const from = scheme.length + (isWeb ? authority.length : login);
  // RFC 5870.
  let name = /^geo:/i.test(scheme) ? 'coordinates' : fieldIn(scheme.replace(/:.*/, ''), uri.slice(from));
  for (const { 0: text, index } of uri.slice(from).matchAll(part)) {
    const start = from + index;
    const end = start + text.length;
    if (!expression.test(text)) pieces.push(pieceAt(uri, start, end, name));
    else if (oddVariable.test(text)) pieces.push(variableAt(uri, start, end));
    const next = uri.charAt(end);
    // RFC 6749 §4.1.1: not where somebody lives.
    if (next === '=') name = text === 'state' ? null : decoded(text);
    else if (next === '/' || next === ':') name = fieldIn(decoded(text), uri.slice(end + 1));
    else if (next !== ',') name = null;
  }
  return pieces;
}

/** A segment that names what the next one is: `ssn/123456789`, `last_name/Mudd`. Words alone are folders more often. */
function fieldIn(segment: string, rest: string): string | null {
  const [next = ''] = rest.split(/[/?#&;:=]/, 1);
  const isTold = /\d{3}/.test(next) || /\p{L}[-_ ]\p{L}|\p{Ll}\p{Lu}/u.test(segment);
  return isTold && valueClass(segment) !== undefined ? segment : null;
}

/** Labels below a domain that are somebody's: `jane-doe.patients.example`. */
function hostPieces(uri: string, start: number, end: number): readonly Piece[] {
  const labels = Array.from(uri.slice(start, end).matchAll(/[^.:]+/g), (match) => match);
  return labels
    .slice(0, -2)
    .filter(({ 0: label }) => /\p{L}-\p{L}|\d-?\d{5}/u.test(label))
    .map(({ 0: label, index }) => pieceAt(uri, start + index, start + index + label.length, null));
}

function variableAt(uri: string, start: number, end: number): Piece {
  const inner = /[\w.,*:]+/.exec(uri.slice(start, end));
  const from = start + (inner?.index ?? 0);
  const text = (inner?.[0] ?? '').replaceAll('_', ' ');
  return { start: from, end: from + text.length, text, name: null };
}

function pieceAt(uri: string, start: number, end: number, name: string | null): Piece {
  return { start, end, text: decoded(uri.slice(start, end)), name };
}

/** As it stands, where it is no percent-encoded text. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function isWord({ name, text }: Piece): boolean {
  const stem = text.replace(/\.\w{1,5}$/, '');
  return name === null && !/\s|\d{3}|@|\p{L}{2}[-_.]\p{L}{2}|^[\w+/-]{24,}={0,2}$/u.test(stem);
}

function valueAt(reading: Json, at: number): string {
  const pieces = isJsonObject(reading) ? (reading['pieces'] ?? null) : null;
  const masked = isJsonArray(pieces) ? (pieces[at] ?? null) : null;
  const value = isJsonObject(masked) ? (Object.values(masked)[0] ?? null) : masked;
  return typeof value === 'string' ? value : '';
}
