// Web applications at the MCP door: the CORS protocol (WHATWG Fetch §3.3) for the origins that are configured, and for no other.
// INVARIANT: an origin is named back as it is configured, never `*`; nothing is allowed with cookies, which this door does not read.

import type { Result } from '../core/result.ts';
import type { HttpExchange, HttpHeaders, HttpStream } from '../ports/http-exchange.ts';

/** Request headers of the protocol and its authorization, besides those that repeat arguments (MCP 2026-07-28). */
const requestHeaders = new Set(
  'accept authorization content-type last-event-id mcp-method mcp-name mcp-protocol-version mcp-session-id'.split(' '),
);
const paramHeader = /^mcp-param-[!#$%&'*+.^_`|~\w-]+$/;
const requestHeadersMax = 64;
/** A browser asks again after so long, s. */
const preflightSeconds = 600;
const exposed = 'Mcp-Session-Id, MCP-Protocol-Version, WWW-Authenticate';

/** The exchange with a script of an origin: whatever is answered may be read by it. */
export function readableBy(origin: string, exchange: HttpExchange): HttpExchange {
  const headers = { 'access-control-allow-origin': origin, 'access-control-expose-headers': exposed };
  return new CrossOriginExchange(exchange, headers);
}

/** An exchange at a door that scripts of some origins may use, though not of this one: no cache gives its answer to another. */
export function readableByNone(exchange: HttpExchange): HttpExchange {
  return new CrossOriginExchange(exchange, {});
}

/** Whether a browser asks what a script may send, before it is sent (§3.3.2, CORS-preflight request). */
export function isPreflight(exchange: HttpExchange): boolean {
  return exchange.method === 'OPTIONS' && exchange.header('access-control-request-method') !== undefined;
}

/** To the script of an origin that is configured. */
export function answerPreflight(exchange: HttpExchange): void {
  const asked = (exchange.header('access-control-request-headers') ?? '').split(',', requestHeadersMax);
  const allowed = asked
    .map((each) => each.trim().toLowerCase())
    .filter((each) => requestHeaders.has(each) || paramHeader.test(each));
  exchange.respond(
    200,
    {
      'access-control-allow-methods': 'GET, POST, DELETE',
      ...(allowed.length === 0 ? {} : { 'access-control-allow-headers': allowed.join(', ') }),
      'access-control-max-age': String(preflightSeconds),
    },
    '',
  );
}

class CrossOriginExchange implements HttpExchange {
  readonly #exchange: HttpExchange;
  readonly #headers: HttpHeaders;

  constructor(exchange: HttpExchange, headers: HttpHeaders) {
    this.#exchange = exchange;
    this.#headers = { vary: 'Origin', ...headers };
  }

  get method(): string {
    return this.#exchange.method;
  }

  get target(): string {
    return this.#exchange.target;
  }

  get remoteAddress(): string {
    return this.#exchange.remoteAddress;
  }

  get loopback(): boolean {
    return this.#exchange.loopback;
  }

  get signal(): AbortSignal {
    return this.#exchange.signal;
  }

  header(name: string): string | undefined {
    return this.#exchange.header(name);
  }

  body(bytesMax: number): Promise<Result<Uint8Array>> {
    return this.#exchange.body(bytesMax);
  }

  respond(status: number, headers: HttpHeaders, body: string): void {
    this.#exchange.respond(status, { ...headers, ...this.#headers }, body);
  }

  stream(status: number, headers: HttpHeaders): HttpStream {
    return this.#exchange.stream(status, { ...headers, ...this.#headers });
  }
}
