// The answer to one POST: a single JSON body, or, as soon as something has to be said before the end, an event stream.

import type { HttpExchange, HttpHeaders, HttpStream } from '../ports/http-exchange.ts';
import { encodeEvent, eventHead } from '../wire/mcp/event-stream.ts';
import { encodeMessage, type JsonRpcMessage } from '../wire/mcp/json-rpc.ts';
import { McpOutgoing } from './mcp-outgoing.ts';
import type { McpTrace } from './mcp-replay.ts';

export const streamHeaders: HttpHeaders = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
};

const jsonHeaders: HttpHeaders = { 'content-type': 'application/json', 'cache-control': 'no-store' };

export class McpReply {
  readonly #exchange: HttpExchange;
  readonly #newTrace: (() => McpTrace) | null;
  readonly #aside: ((message: JsonRpcMessage) => Promise<boolean>) | null;
  /** Made for a stream alone: most answers are none. */
  #trace: McpTrace | null = null;
  #stream: HttpStream | undefined;
  #outgoing: McpOutgoing | null = null;
  /** Where the answer goes that is given in pieces, and what is written after them. */
  #pieces: { readonly stream: HttpStream; readonly tail: string } | undefined;

  /** With a trace, a stream that breaks off can be gone on with; `aside` takes what is said before the answer, elsewhere. */
  constructor(
    exchange: HttpExchange,
    newTrace: (() => McpTrace) | null = null,
    aside: ((message: JsonRpcMessage) => Promise<boolean>) | null = null,
  ) {
    this.#exchange = exchange;
    this.#newTrace = newTrace;
    this.#aside = aside;
  }

  /** The caller is gone, and will not come again for what is said now. */
  get lost(): boolean {
    return this.signal.aborted && this.#trace?.kept !== true;
  }

  /** Aborted when the caller hung up. */
  get signal(): AbortSignal {
    return this.#exchange.signal;
  }

  /** What is sent once it is on record. The answer comes after it. */
  get outgoing(): McpOutgoing {
    this.#outgoing ??= new McpOutgoing();
    return this.#outgoing;
  }

  /** Answers as a stream from here on. */
  open(): HttpStream {
    if (!this.#stream) {
      this.#stream = this.#exchange.stream(200, streamHeaders);
      this.#traced()?.begin(this.#stream);
    }
    return this.#stream;
  }

  /** False when the caller is gone. */
  send(message: JsonRpcMessage): Promise<boolean> {
    if (this.#pieces) return Promise.resolve(false);
    if (this.#aside) return this.#aside(message);
    const stream = this.open();
    const text = encodeMessage(message);
    return this.#trace ? this.#trace.say(text) : stream.write(encodeEvent(text));
  }

  /** Nobody listens now, and the client has been told to come again. */
  get paused(): boolean {
    return this.#trace?.paused === true;
  }

  /** Has a client that knows how come again for the rest after so long; resolves when it has. Never rejects. */
  async pause(retryMs: number): Promise<void> {
    await this.#outgoing?.over;
    const trace = this.#traced();
    if (this.#pieces || !trace?.primed) return new Promise(() => {});
    this.open();
    await trace.pause(retryMs);
  }

  #traced(): McpTrace | null {
    this.#trace ??= this.#newTrace?.() ?? null;
    return this.#trace;
  }

  /** Says nothing, so that nobody in between thinks the stream is dead. */
  async beat(): Promise<void> {
    if (!this.#pieces) await this.#stream?.write(':\n\n');
  }

  /** From here on the answer comes in pieces, as one event where this is a stream, and nothing besides. It cannot be had again. */
  async begin(): Promise<void> {
    await this.#outgoing?.over;
    if (!this.#stream) {
      this.#pieces = { stream: this.#exchange.stream(200, jsonHeaders), tail: '' };
      return;
    }
    const { stream, id } = this.#trace?.leave() ?? { stream: this.#stream };
    this.#pieces = { stream, tail: '\n\n' };
    await stream.write(eventHead(id));
  }

  /** A piece of the answer, without line breaks. False when the caller is gone. */
  piece(text: string): Promise<boolean> {
    return this.#pieces?.stream.write(text) ?? Promise.resolve(false);
  }

  async endPieces(): Promise<void> {
    if (!this.#pieces) return;
    const { stream, tail } = this.#pieces;
    if (tail !== '') await stream.write(tail);
    stream.end();
  }

  async finish(text: string, status = 200, headers: HttpHeaders = {}): Promise<void> {
    if (this.#outgoing) await this.#outgoing.over;
    // What cannot be said any more: the answer is cut short, and is no message.
    if (this.#pieces) return this.#pieces.stream.end();
    if (!this.#stream) return this.#exchange.respond(status, { ...jsonHeaders, ...headers }, text);
    if (this.#trace) return this.#trace.end(text);
    await this.#stream.write(encodeEvent(text));
    this.#stream.end();
  }
}
