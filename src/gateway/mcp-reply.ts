// The answer to one POST: a single JSON body, or, as soon as something has to be said before the end, an event stream.

import type { HttpExchange, HttpHeaders, HttpStream } from '../ports/http-exchange.ts';
import { encodeEvent } from '../wire/mcp/event-stream.ts';
import { encodeMessage, type JsonRpcMessage } from '../wire/mcp/json-rpc.ts';
import type { McpTrace } from './mcp-replay.ts';

export const streamHeaders: HttpHeaders = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
};

export class McpReply {
  readonly #exchange: HttpExchange;
  readonly #trace: McpTrace | null;
  #stream: HttpStream | undefined;

  /** With a trace, a stream that breaks off can be gone on with. */
  constructor(exchange: HttpExchange, trace: McpTrace | null = null) {
    this.#exchange = exchange;
    this.#trace = trace;
  }

  /** The caller is gone, and will not come again for what is said now. */
  get lost(): boolean {
    return this.signal.aborted && this.#trace?.kept !== true;
  }

  /** Aborted when the caller hung up. */
  get signal(): AbortSignal {
    return this.#exchange.signal;
  }

  /** Answers as a stream from here on. */
  open(): HttpStream {
    if (!this.#stream) {
      this.#stream = this.#exchange.stream(200, streamHeaders);
      this.#trace?.begin(this.#stream);
    }
    return this.#stream;
  }

  /** False when the caller is gone. */
  send(message: JsonRpcMessage): Promise<boolean> {
    const stream = this.open();
    const text = encodeMessage(message);
    return this.#trace ? this.#trace.say(text) : stream.write(encodeEvent(text));
  }

  /** Says nothing, so that nobody in between thinks the stream is dead. */
  async beat(): Promise<void> {
    await this.#stream?.write(':\n\n');
  }

  async finish(text: string, status = 200, headers: HttpHeaders = {}): Promise<void> {
    if (!this.#stream) {
      this.#exchange.respond(
        status,
        { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers },
        text,
      );
      return;
    }
    if (this.#trace) return this.#trace.end(text);
    await this.#stream.write(encodeEvent(text));
    this.#stream.end();
  }
}
