// URIs read as data: segments of the path, and values of the query by their names, so that whoever is named in one is found.
// Scheme and host stay, as a pointer has to point. Pure.

import { isJsonArray, isJsonObject, type Json } from '../core/json.ts';

/** What a URI says, to be masked; `pointerFrom` makes a URI of what became of it. */
export function readingOf(uri: string): Json {
  // RFC 2397: it points nowhere, it is the data.
  if (isData(uri)) return uri;
  return piecesOf(uri).map(({ name, text }) => (name === null ? text : { [name]: text }));
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

/** RFC 3986 §3: the scheme, and the authority without whoever logs in there. */
const head = /^[A-Za-z][A-Za-z0-9+.-]*:(?:\/\/)?/;
const host = /^[^/?#]*/;
const part = /[^/?#&;,:=]+/g;
/** RFC 6570: no value, but where one will stand. */
const expression = /^\{[+#./;?&]?[\w.,*:]{1,100}\}$/;

function piecesOf(uri: string): readonly Piece[] {
  const [scheme = ''] = head.exec(uri) ?? [];
  const [authority = ''] = scheme.endsWith('//') ? (host.exec(uri.slice(scheme.length)) ?? []) : [];
  const login = authority.lastIndexOf('@');
  const pieces: Piece[] = [];
  if (login > 0) pieces.push(pieceAt(uri, scheme.length, scheme.length + login, null));
  const path = scheme.length + authority.length;
  let name: string | null = null;
  for (const { 0: text, index } of uri.slice(path).matchAll(part)) {
    const start = path + index;
    const end = start + text.length;
    if (!expression.test(text)) pieces.push(pieceAt(uri, start, end, name));
    // RFC 6749 §4.1.1: not where somebody lives.
    name = uri.charAt(end) === '=' && text !== 'state' ? decoded(text) : null;
  }
  return pieces;
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
  return name === null && !/\s|\d{3}|@|^[\w+/-]{24,}={0,2}$/.test(text);
}

function valueAt(reading: Json, at: number): string {
  const masked = isJsonArray(reading) ? (reading[at] ?? null) : null;
  const value = isJsonObject(masked) ? (Object.values(masked)[0] ?? null) : masked;
  return typeof value === 'string' ? value : '';
}
