// The answer to one POST: a single JSON body, or, as soon as something has to be said before the end, an event stream.

import type { HttpExchange, HttpHeaders, HttpStream } from '../ports/http-exchange.ts';
import { encodeEvent } from '../wire/mcp/event-stream.ts';
import { encodeMessage, type JsonRpcMessage } from '../wire/mcp/json-rpc.ts';

export const streamHeaders: HttpHeaders = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
};

export class McpReply {
  readonly #exchange: HttpExchange;
  #stream: HttpStream | undefined;

  constructor(exchange: HttpExchange) {
    this.#exchange = exchange;
  }

  /** Aborted when the caller hung up. */
  get signal(): AbortSignal {
    return this.#exchange.signal;
  }

  /** False when the caller is gone. */
  send(message: JsonRpcMessage): Promise<boolean> {
    this.#stream ??= this.#exchange.stream(200, streamHeaders);
    return this.#stream.write(encodeEvent(encodeMessage(message)));
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
    await this.#stream.write(encodeEvent(text));
    this.#stream.end();
  }
}
