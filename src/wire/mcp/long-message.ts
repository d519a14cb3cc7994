// A JSON-RPC response that is too long to be held, read as it comes: the texts of `result.content` (MCP 2025-11-25, Tools / Tool
// Result) are given out in pieces, all else is kept, and is in the end a message like any other, its long texts empty. Whoever
// reads bounds the message; what is kept has still to be decoded strictly.

import { isJsonObject, type Json } from '../../core/json.ts';
import { ok, type Result, refuse } from '../../core/result.ts';

/** In order: `opened`, any number of `text`, `closed`; and so on with the next one. */
export type LongPart =
  /** `content` as far as it has come; the last item is the one whose text begins, with its members until then and an empty text. */
  | { readonly kind: 'opened'; readonly content: readonly Json[] }
  /** Well-formed Unicode. */
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'closed' };

export interface LongBounds {
  /** A text that is longer is given out in pieces. UTF-16 code units, as written in JSON. */
  readonly textMin: number;
  /** Where more than this is kept already, all of the rest is kept: beginning a text costs as much. UTF-16 code units. */
  readonly heldMax: number;
  readonly depthMax: number;
  /** Whether a text that begins so can be given out in pieces; else it is kept. */
  readonly mayFlow: (head: string) => boolean;
}

/** So many are given out in pieces. */
const flowingMax = 64;

interface Frame {
  readonly isJsonObject: boolean;
  /** The member that is being read. */
  key: string;
  /** A string that comes now is the name of a member. */
  namesNext: boolean;
}

type Mode = 'structure' | 'name' | 'kept' | 'text' | 'flowing';

export class LongMessageReader {
  readonly #bounds: LongBounds;
  readonly #utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  readonly #frames: Frame[] = [];
  #held: string[] = [];
  #heldChars = 0;
  #mode: Mode = 'structure';
  /** Of the string that is being read, without its quotes. */
  #string: string[] = [];
  #stringChars = 0;
  /** What is not complete yet: an escape, or half of one. */
  #rest = '';
  /** The first half of a character beyond U+FFFF. */
  #high = '';
  #flowed = 0;

  constructor(bounds: LongBounds) {
    this.#bounds = bounds;
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
          if (this.#frames.length >= this.#bounds.depthMax)
            return refuse('too_large', 'The message is nested too deep.');
          this.#frames.push({ isJsonObject: text[at] === '{', key: '', namesNext: text[at] === '{' });
          break;
        case '}':
        case ']':
          if (!this.#frames.pop()) return malformed('The message is not valid JSON.');
          break;
        case ',':
          if (frame?.isJsonObject) frame.namesNext = true;
          break;
        case '"':
          this.#keep(text.slice(from, at + 1));
          this.#mode = frame?.namesNext ? 'name' : this.#isText() ? 'text' : 'kept';
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
    if (this.#mode === 'kept') this.#keep(raw);
    else if (this.#mode !== 'flowing') {
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
    const mayBegin = this.#flowed < flowingMax && this.#heldChars <= this.#bounds.heldMax;
    const content = mayBegin && this.#bounds.mayFlow(head) ? this.#contentSoFar() : null;
    if (content === null) {
      this.#keep(raw);
      this.#dropString();
      this.#mode = 'kept';
      return ok(undefined);
    }
    this.#dropString();
    this.#mode = 'flowing';
    this.#flowed++;
    parts.push({ kind: 'opened', content });
    return this.#flow(raw, parts);
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

  /** Whether the string that begins is `result.content[…].text`. */
  #isText(): boolean {
    const [root, result, content, item, ...deeper] = this.#frames;
    const isPlace = root?.key === 'result' && result?.key === 'content' && content?.isJsonObject === false;
    return isPlace && item?.isJsonObject === true && item.key === 'text' && deeper.length === 0;
  }

  /** Null where it is no message so far. */
  #contentSoFar(): readonly Json[] | null {
    const open = this.#frames.map((frame) => (frame.isJsonObject ? '}' : ']')).reverse();
    try {
      const message: Json = JSON.parse(`${this.#held.join('')}"${open.join('')}`);
      const result = isJsonObject(message) ? message['result'] : undefined;
      const content = isJsonObject(result) ? result['content'] : undefined;
      return Array.isArray(content) ? (content as readonly Json[]) : null;
    } catch {
      return null;
    }
  }

  #keep(text: string): void {
    this.#held.push(text);
    this.#heldChars += text.length;
  }

  #dropString(): void {
    this.#string = [];
    this.#stringChars = 0;
  }
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
