// node:http (or node:https) as HttpExchange, and the one listener that all HTTP doors share: the first route whose
// prefix fits gets the request. It bounds sockets, headers and time; what a request means is the doors' business.

import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { isLoopback } from '../../core/loopback.ts';
import { ok, type Result, refuse } from '../../core/result.ts';
import type { HttpExchange, HttpHeaders, HttpStream } from '../../ports/http-exchange.ts';

// Not imported: an import asks for every member of node:http, and one of them makes Node load its own fetch and WebSocket.
const { createServer } = process.getBuiltinModule('node:http');

interface HttpRoute {
  /** Of the path, e.g. `/mcp/`. */
  readonly prefix: string;
  /** Never rejects. */
  readonly handle: (exchange: HttpExchange) => Promise<void>;
}

export interface HttpListening {
  readonly host: string;
  /** 0 = any free one. */
  readonly port: number;
  readonly tls: { readonly cert: string; readonly key: string } | null;
  readonly routes: readonly HttpRoute[];
  /** What no route wants. */
  readonly otherwise: RequestListener;
  /** A caller who reads nothing of a stream for so long is cut off. Default 60 000. */
  readonly stalledMs?: number;
}

export interface HttpListener {
  readonly port: number;
  /** For connections from now on. Only where it listens with TLS. */
  useCertificate(pem: { readonly cert: string; readonly key: string }): void;
  /** Stops listening, and cuts whatever is still open after `graceMs`. */
  close(graceMs: number): Promise<void>;
}

const headerBytesMax = 65_536;
const headersMs = 20_000;
const stalledMsDefault = 60_000;
const minVersion = 'TLSv1.2';

/** Refused: port_unavailable. */
export function listenHttp(listening: HttpListening): Promise<Result<HttpListener>> {
  const { host, port, tls, routes, otherwise, stalledMs = stalledMsDefault } = listening;
  const loopback = isLoopback(host);
  const answer: RequestListener = (request, response) => {
    const route = routes.find((each) => request.url?.startsWith(each.prefix));
    if (route) void route.handle(new NodeExchange(request, response, { loopback, stalledMs }));
    else otherwise(request, response);
  };
  // INVARIANT: of a header that may stand once, no value is chosen where it stands twice: joined, they are none that anybody accepts.
  const options = { maxHeaderSize: headerBytesMax, headersTimeout: headersMs, joinDuplicateHeaders: true };
  const secure = tls && createTlsServer({ ...options, ...tls, minVersion }, answer);
  const server = secure ?? createServer(options, answer);
  return new Promise((resolve) => {
    server.once('error', ({ code = 'unknown error' }: NodeJS.ErrnoException) =>
      resolve(refuse('port_unavailable', `Cannot listen on ${host}:${port} for HTTP (${code}).`)),
    );
    server.listen({ host, port }, () => {
      server.removeAllListeners('error');
      const address = server.address();
      const bound = typeof address === 'object' && address ? address.port : port;
      resolve(
        ok({
          port: bound,
          useCertificate: (pem) => secure?.setSecureContext({ ...pem, minVersion }),
          close: (graceMs) => closeServer(server, graceMs),
        }),
      );
    });
  });
}

function closeServer(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    server.closeIdleConnections();
  });
}

interface Listening {
  readonly loopback: boolean;
  readonly stalledMs: number;
}

class NodeExchange implements HttpExchange {
  readonly remoteAddress: string;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #listening: Listening;
  readonly #gone = new AbortController();

  constructor(request: IncomingMessage, response: ServerResponse, listening: Listening) {
    // Not known any more once the caller has hung up.
    this.remoteAddress = request.socket.remoteAddress ?? '';
    this.#request = request;
    this.#response = response;
    this.#listening = listening;
    response.on('close', () => {
      if (!response.writableFinished) this.#gone.abort();
    });
  }

  get method(): string {
    return this.#request.method ?? '';
  }

  get target(): string {
    return this.#request.url ?? '/';
  }

  get loopback(): boolean {
    return this.#listening.loopback;
  }

  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  header(name: string): string | undefined {
    const value = this.#request.headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  }

  body(bytesMax: number): Promise<Result<Uint8Array>> {
    return readBody(this.#request, bytesMax);
  }

  respond(status: number, headers: HttpHeaders, body: string): void {
    const response = this.#response;
    if (response.headersSent || response.destroyed) return;
    // What was not read of the body is not worth reading: the connection ends with the answer.
    const unread = this.#request.readableEnded || this.method === 'GET' ? {} : { connection: 'close' };
    response.writeHead(status, { ...headers, ...unread, 'content-length': Buffer.byteLength(body) });
    response.end(body);
  }

  stream(status: number, headers: HttpHeaders): HttpStream {
    return streamOf(this.#response, status, headers, this.#listening.stalledMs);
  }
}

const tooLarge = refuse('too_large', 'The message is larger than the gate accepts.');
const hungUp = refuse('canceled', 'The caller hung up in the middle of a message.');

function readBody(request: IncomingMessage, bytesMax: number): Promise<Result<Uint8Array>> {
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) return Promise.resolve(tooLarge);
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const more = (chunk: Buffer): void => {
      bytes += chunk.length;
      chunks.push(chunk);
      if (bytes <= bytesMax) return;
      // The caller has yet to hear of it: the connection stays until it has.
      request.off('data', more).pause();
      resolve(tooLarge);
    };
    const gone = (): void => resolve(hungUp);
    request.on('data', more).on('error', gone).on('close', gone);
    request.on('end', () => resolve(ok(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks))));
    if (request.destroyed) gone();
  });
}

function streamOf(response: ServerResponse, status: number, headers: HttpHeaders, stalledMs: number): HttpStream {
  if (!response.headersSent && !response.destroyed) {
    response.writeHead(status, headers);
    response.flushHeaders();
  }
  return {
    write: (text) => {
      if (response.destroyed || response.writableEnded) return Promise.resolve(false);
      if (response.write(text)) return Promise.resolve(true);
      return new Promise((resolve) => {
        const settle = (): void => {
          clearTimeout(timer);
          response.off('drain', settle).off('close', settle);
          resolve(!response.destroyed);
        };
        const timer = setTimeout(() => response.destroy(), stalledMs);
        response.once('drain', settle).once('close', settle);
      });
    },
    end: () => {
      response.end();
    },
  };
}
