// Server-sent events (WHATWG HTML §9.2) as MCP uses them: encode one event, decode incrementally at any split point.
// Must never buffer more than its limit.

import { ok, type Result, refuse } from '../../core/result.ts';

export interface ServerSentEvent {
  /** `message` unless the stream says otherwise. */
  readonly event: string;
  readonly data: string;
  readonly id: string | null;
  /** Its data go on in the next event given. */
  readonly more?: true;
}

/** `data` is one line of JSON, so one data field carries it. */
export function encodeEvent(data: string, id?: string): string {
  return `${eventHead(id)}${data}\n\n`;
}

/** Tells how long to wait before coming again, ms; it is no event. */
export function retryOf(ms: number): string {
  return `retry: ${Math.round(ms)}\n\n`;
}

/** What stands before the data of an event, which an empty line ends. */
export function eventHead(id?: string): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: message\ndata: `;
}

/** What a line of data costs beside its letters. */
const lineWeight = 32;

export class EventStreamDecoder {
  readonly #bytesMax: number;
  readonly #longMin: number;
  readonly #utf8 = new TextDecoder('utf-8', { fatal: true });
  #line: string[] = [];
  #lineChars = 0;
  #data: string[] = [];
  #dataChars = 0;
  #event = '';
  #id: string | null = null;
  #afterCr = false;
  /** The data of this event are given out as they come: those of this line, or of one before. */
  #flowing: 'no' | 'line' | 'event' = 'no';
  /** How long the server wants a client to wait before it comes again, ms. */
  retryMs: number | null = null;

  /**
   * `bytesMax` bounds one line and the data of one event. The data of a message that become longer than `longMin` are given out in
   * pieces, of which nothing is kept, and which the caller bounds.
   */
  constructor(bytesMax: number, longMin: number = Number.POSITIVE_INFINITY) {
    this.#bytesMax = bytesMax;
    this.#longMin = longMin;
  }

  /** The events that `chunk` completes. After a failure the decoder is not to be used again. Refused: malformed, too_large. */
  push(chunk: Uint8Array): Result<readonly ServerSentEvent[]> {
    let text: string;
    try {
      text = this.#utf8.decode(chunk, { stream: true });
    } catch {
      return refuse('malformed', 'The event stream is not valid UTF-8.');
    }
    const events: ServerSentEvent[] = [];
    let from = 0;
    for (let at = 0; at < text.length; at++) {
      const character = text.charCodeAt(at);
      if (character !== 0x0a && character !== 0x0d) {
        this.#afterCr = false;
        continue;
      }
      if (character === 0x0a && this.#afterCr) {
        this.#afterCr = false;
      } else {
        this.#line.push(text.slice(from, at));
        const event = this.#endLine();
        if (event) events.push(event);
        this.#afterCr = character === 0x0d;
      }
      from = at + 1;
    }
    this.#line.push(text.slice(from));
    this.#lineChars += text.length - from;
    const piece = this.#pieceOfLine();
    if (piece) events.push(piece);
    // No other field is as long as data may be, and none is looked at again with each piece of it.
    const isOther = this.#lineChars > this.#longMin && !this.#isData();
    if (isOther || this.#lineChars > this.#bytesMax || this.#dataChars > this.#bytesMax) {
      return refuse('too_large', 'An event is larger than the gate accepts.');
    }
    return ok(events);
  }

  #isData(): boolean {
    let head = '';
    for (const piece of this.#line) {
      head += piece.slice(0, 5);
      if (head.length >= 5) break;
    }
    return this.#flowing === 'line' || head.startsWith('data:');
  }

  /** What has come of a long line of data. */
  #pieceOfLine(): ServerSentEvent | null {
    if (this.#flowing !== 'line') {
      const isMessage = this.#event === '' || this.#event === 'message';
      if (this.#lineChars <= this.#longMin || this.#data.length > 0 || this.#flowing !== 'no' || !isMessage)
        return null;
      if (!this.#isData()) return null;
      const line = this.#line.join('');
      this.#flowing = 'line';
      this.#line = [line.slice(line.charAt(5) === ' ' ? 6 : 5)];
    }
    const data = this.#line.join('');
    this.#line = [];
    this.#lineChars = 0;
    return data === '' ? null : { event: 'message', data, id: this.#id, more: true };
  }

  #endLine(): ServerSentEvent | null {
    if (this.#flowing === 'line') {
      const piece = this.#pieceOfLine();
      this.#flowing = 'event';
      return piece;
    }
    const line = this.#line.join('');
    this.#line = [];
    this.#lineChars = 0;
    if (line === '') return this.#dispatch();
    const colon = line.indexOf(':');
    if (colon === 0) return null;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line.charAt(colon + 1) === ' ' ? colon + 2 : colon + 1);
    if (field === 'data') {
      this.#data.push(value);
      this.#dataChars += value.length + lineWeight;
    } else if (field === 'event') {
      this.#event = value;
    } else if (field === 'id' && !value.includes('\0')) {
      this.#id = value;
    } else if (field === 'retry' && /^\d{1,9}$/.test(value)) {
      this.retryMs = Number(value);
    }
    return null;
  }

  #dispatch(): ServerSentEvent | null {
    const data = this.#data.join('\n');
    const event = { event: this.#event || 'message', data, id: this.#id };
    const [empty, flowed] = [this.#data.length === 0, this.#flowing !== 'no'];
    this.#data = [];
    this.#dataChars = 0;
    this.#event = '';
    this.#flowing = 'no';
    if (flowed) return { ...event, data: empty ? '' : `\n${data}` };
    return empty ? null : event;
  }
}
