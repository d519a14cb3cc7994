// A JSON-RPC message that is too long to be held, read as it comes: the texts of a result's items (MCP 2025-11-25, schema:
// CallToolResult, ReadResourceResult, GetPromptResult) are given out in pieces, all else is kept, and is in the end a message like
// any other, its long texts empty. Whoever reads bounds the message; what is kept has still to be decoded strictly.

import { type Json, type JsonObject, objectOf, parseJson } from '../../core/json.ts';
import { ok, type Result, refuse } from '../../core/result.ts';

/** In order: `opened`, any number of `text`, `closed`; and so on with the next one. */
export type LongPart =
  /**
   * The items as far as they have come; the last is the one whose text begins, with its members until then and an empty text,
   * which lies at `path` of it.
   */
  | { readonly kind: 'opened'; readonly path: readonly string[]; readonly items: readonly Json[] }
  /** Well-formed Unicode. */
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'closed' };

export type ItemList = 'content' | 'contents' | 'messages';

/** Of a string that turns out to be long: it is given out in pieces, kept, or left out, and a few bytes of nothing are in its place. */
export type LongString = 'flow' | 'keep' | 'skip';

export interface LongBounds {
  /** The list of a result whose items may hold long texts; null where all is kept. */
  readonly list: ItemList | null;
  /** A text that is longer is given out in pieces. UTF-16 code units, as written in JSON. */
  readonly textMin: number;
  /** Where more than this is kept already, all of the rest is kept: beginning a text costs as much. UTF-16 code units. */
  readonly heldMax: number;
  readonly depthMax: number;
  /** Objects, arrays and what stands in them, in texts that are kept too: each costs more than its letters. */
  readonly valuesMax: number;
  /**
   * What becomes of a string that begins with `head`, a member `name` of what `holder` gives as far as it has come (null where that
   * is not told any more).
   */
  readonly fate: (head: string, name: string, holder: () => JsonObject | null) => LongString;
}

/** Where in an item a string may lie that is not kept. */
const places: Readonly<Record<ItemList, readonly string[]>> = {
  content: ['text', 'data', 'resource.text', 'resource.blob'],
  contents: ['text', 'blob'],
  messages: ['content.text', 'content.data', 'content.resource.text', 'content.resource.blob'],
};

/** A value that is masked takes four times this in bytes. */
const valueWeight = 256;
/** What is kept is read again for a string that is not; so much of it in all. UTF-16 code units. */
const rereadMax = 134_217_728;
/** What stands for a string that is left out: three bytes that are no text, in base64. */
const nothing = 'AAAA';

interface Frame {
  readonly isJsonObject: boolean;
  /** The member that is being read. */
  key: string;
  /** A string that comes now is the name of a member. */
  namesNext: boolean;
}

type Mode = 'structure' | 'name' | 'kept' | 'text' | 'flowing' | 'skipped';

export class LongMessageReader {
  readonly #bounds: LongBounds;
  readonly #utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  readonly #frames: Frame[] = [];
  readonly #held: string[] = [];
  /** Of the piece that is being read: many short ones, which become one. */
  #fresh: string[] = [];
  #heldChars = 0;
  #values = 0;
  #reread = 0;
  #mode: Mode = 'structure';
  /** Of the string that is being read, without its quotes. */
  #string: string[] = [];
  #stringChars = 0;
  /** What is not complete yet: an escape, or half of one. */
  #rest = '';
  /** The first half of a character beyond U+FFFF. */
  #high = '';
  /** How many items there were when the last text was opened: no item has two. */
  #opened = 0;
  #weighed = 0;

  constructor(bounds: LongBounds) {
    this.#bounds = bounds;
  }

  /** What is kept, about: UTF-16 code units, and as many as they cost for values. */
  get #weight(): number {
    return this.#heldChars + this.#stringChars + valueWeight * this.#values;
  }

  /** By how much that is more than it has ever been when this was asked. */
  grown(): number {
    const growth = Math.max(0, this.#weight - this.#weighed);
    this.#weighed += growth;
    return growth;
  }

  /** After a refusal it is not to be used again. Refused: malformed, too_large. */
  push(bytes: Uint8Array): Result<readonly LongPart[]> {
    const parts: LongPart[] = [];
    let text: string;
    try {
      text = this.#rest + this.#utf8.decode(bytes, { stream: true });
    } catch {
      return malformed('The message is not valid UTF-8.');
    }
    this.#rest = '';
    for (let at = 0; at < text.length; ) {
      const next = this.#mode === 'structure' ? this.#structure(text, at) : this.#inString(text, at, parts);
      if (!next.ok) return next;
      at = next.value;
    }
    this.#settle();
    return ok(parts);
  }

  /** The message with its long texts empty. Refused: malformed. */
  end(): Result<Uint8Array> {
    if (this.#mode !== 'structure' || this.#frames.length > 0) return malformed('The message is not complete.');
    return ok(new TextEncoder().encode(this.#held.join('')));
  }

  /** Up to the next string, or the end of the piece; gives where to go on. */
  #structure(text: string, from: number): Result<number> {
    for (let at = from; at < text.length; at++) {
      const frame = this.#frames.at(-1);
      switch (text.charAt(at)) {
        case '{':
        case '[':
          if (++this.#values > this.#bounds.valuesMax) return crowded;
          if (this.#frames.length >= this.#bounds.depthMax)
            return refuse('too_large', 'The message is nested too deep.');
          this.#frames.push({ isJsonObject: text[at] === '{', key: '', namesNext: text[at] === '{' });
          break;
        case '}':
        case ']':
          if (!this.#frames.pop()) return malformed('The message is not valid JSON.');
          break;
        case ',':
          if (++this.#values > this.#bounds.valuesMax) return crowded;
          if (frame?.isJsonObject) frame.namesNext = true;
          break;
        case '"':
          this.#keep(text.slice(from, at + 1));
          this.#mode = frame?.namesNext ? 'name' : this.#path() ? 'text' : 'kept';
          return ok(at + 1);
        default:
      }
    }
    this.#keep(text.slice(from));
    return ok(text.length);
  }

  /** Up to the end of the string, or of what is complete of the piece. */
  #inString(text: string, from: number, parts: LongPart[]): Result<number> {
    const { end, complete } = stringEnd(text, from);
    const raw = text.slice(from, complete);
    const isOver = end >= 0;
    if (!isOver) this.#rest = text.slice(complete);
    if (this.#mode !== 'flowing' && this.#mode !== 'skipped') this.#values += marksIn(raw);
    if (this.#values > this.#bounds.valuesMax) return crowded;
    if (this.#mode === 'kept') this.#keep(raw);
    else if (this.#mode === 'name' || this.#mode === 'text') {
      this.#string.push(raw);
      this.#stringChars += raw.length;
    }
    const flow =
      this.#mode === 'flowing' ? this.#flow(raw, parts) : this.#mode === 'text' ? this.#begin(parts) : ok(undefined);
    if (!flow.ok) return flow;
    if (isOver) {
      const closed = this.#close(parts);
      if (!closed.ok) return closed;
    }
    return ok(isOver ? end + 1 : text.length);
  }

  /** Turns the text that is being read into one that is given out, once it is long. */
  #begin(parts: LongPart[]): Result<void> {
    if (this.#stringChars <= this.#bounds.textMin) return ok(undefined);
    const raw = this.#string.join('');
    const head = decoded(raw);
    if (head === null) return malformed('The message is not valid JSON.');
    const path = this.#path() ?? [];
    const fate = this.#bounds.fate(head, path.at(-1) ?? '', () => holderIn(path, this.#itemsSoFar()));
    const items = fate === 'flow' && this.#heldChars <= this.#bounds.heldMax ? this.#itemsSoFar() : null;
    this.#dropString();
    if (items && items.length > this.#opened) {
      this.#mode = 'flowing';
      this.#opened = items.length;
      parts.push({ kind: 'opened', path, items });
      return this.#flow(raw, parts);
    }
    this.#mode = fate === 'skip' ? 'skipped' : 'kept';
    this.#keep(fate === 'skip' ? nothing : raw);
    return ok(undefined);
  }

  #flow(raw: string, parts: LongPart[]): Result<void> {
    const text = decoded(raw);
    if (text === null) return malformed('The message is not valid JSON.');
    const whole = this.#high + text;
    const cut = /[\ud800-\udbff]$/.test(whole) ? whole.length - 1 : whole.length;
    this.#high = whole.slice(cut);
    const given = whole.slice(0, cut);
    if (!given.isWellFormed()) return malformed('The message holds a lone surrogate.');
    if (given !== '') parts.push({ kind: 'text', text: given });
    return ok(undefined);
  }

  #close(parts: LongPart[]): Result<void> {
    const frame = this.#frames.at(-1);
    if (this.#mode === 'flowing') {
      if (this.#high !== '') return malformed('The message holds a lone surrogate.');
      parts.push({ kind: 'closed' });
    }
    const raw = this.#string.join('');
    this.#keep(`${raw}"`);
    if (this.#mode === 'name' && frame) {
      frame.key = decoded(raw) ?? '';
      frame.namesNext = false;
    }
    this.#dropString();
    this.#mode = 'structure';
    return ok(undefined);
  }

  /** Where in an item of the list the string is that is being read; null where all is kept. */
  #path(): readonly string[] | null {
    const { list } = this.#bounds;
    const [root, result, items, ...inner] = this.#frames;
    if (list === null || root?.key !== 'result' || result?.key !== list || items?.isJsonObject !== false) return null;
    if (!inner.every((frame) => frame.isJsonObject)) return null;
    const path = inner.map(({ key }) => key);
    return places[list].includes(path.join('.')) ? path : null;
  }

  /** Null where it is no message so far, or has been read often enough. */
  #itemsSoFar(): readonly Json[] | null {
    this.#reread += this.#heldChars;
    if (this.#reread > rereadMax) return null;
    this.#settle();
    const open = this.#frames.map((frame) => (frame.isJsonObject ? '}' : ']')).reverse();
    try {
      const message = parseJson(`${this.#held.join('')}"${open.join('')}`);
      const items = objectOf(objectOf(message)['result'])[this.#bounds.list ?? ''];
      return Array.isArray(items) ? (items as readonly Json[]) : null;
    } catch {
      return null;
    }
  }

  #keep(text: string): void {
    this.#fresh.push(text);
    this.#heldChars += text.length;
  }

  #settle(): void {
    if (this.#fresh.length === 0) return;
    this.#held.push(this.#fresh.join(''));
    this.#fresh = [];
  }

  #dropString(): void {
    this.#string = [];
    this.#stringChars = 0;
  }
}

/** Signs that part the values of a document within a string: JSON, tables, markup, lines. */
function marksIn(raw: string): number {
  let marks = 0;
  for (let at = 0; at < raw.length; at++) {
    const unit = raw.charCodeAt(at);
    // , ; < [ { | and the escapes of a line's end and a tab
    if (unit === 44 || unit === 59 || unit === 60 || unit === 91 || unit === 123 || unit === 124) marks++;
    else if (unit === 92 && (raw.charCodeAt(at + 1) === 110 || raw.charCodeAt(at + 1) === 116)) marks++;
  }
  return marks;
}

const crowded = refuse('too_large', 'The message holds more values than the gate accepts.');

const answerStart =
  /^\s*\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?(?:"id"\s*:\s*(\d{1,15})\s*,\s*)?(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?"result"\s*:/;

/** The id of the answer that begins so, as far as it says; null where it is no answer, or has an id that is none of the gate's. */
export function idAhead(head: Uint8Array): number | 'unsaid' | null {
  const [start, id] = answerStart.exec(String.fromCharCode(...head)) ?? [];
  if (start === undefined) return null;
  return id === undefined ? 'unsaid' : Number(id);
}

/** The object that holds the string at this place. */
function holderIn(path: readonly string[], items: readonly Json[] | null): JsonObject | null {
  return items && path.slice(0, -1).reduce((held, name) => objectOf(held[name]), objectOf(items.at(-1)));
}

/** Where a string ends (the index of its closing quote, or -1), and how far it is complete: no escape is cut. */
function stringEnd(text: string, from: number): { readonly end: number; readonly complete: number } {
  let quote = text.indexOf('"', from);
  for (let at = from; ; ) {
    const slash = text.indexOf('\\', at);
    if (slash < 0 || (quote >= 0 && quote < slash)) return { end: quote, complete: quote < 0 ? text.length : quote };
    const after = slash + (text[slash + 1] === 'u' ? 6 : 2);
    if (after > text.length) return { end: -1, complete: slash };
    if (quote >= 0 && quote < after) quote = text.indexOf('"', after);
    at = after;
  }
}

/** What a part of a JSON string says that cuts no escape; null where it is none. */
function decoded(raw: string): string | null {
  // oxlint-disable-next-line no-control-regex -- control characters are what a JSON string does not have
  if (!/[\\\u0000-\u001f]/.test(raw)) return raw;
  try {
    return String(JSON.parse(`"${raw}"`));
  } catch {
    return null;
  }
}

function malformed(text: string): ReturnType<typeof refuse> {
  return refuse('malformed', text);
}
