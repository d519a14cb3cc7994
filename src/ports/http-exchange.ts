// One HTTP request and the way to answer it, as a door sees it. The adapter owns sockets, parsing and TLS.

import type { Result } from '../core/result.ts';

export interface HttpExchange {
  readonly method: string;
  /** Origin form (RFC 9112 §3.2.1): path and query. */
  readonly target: string;
  /** Peer address, for the record. */
  readonly remoteAddress: string;
  /** The listener is bound to a loopback address. */
  readonly loopback: boolean;
  /** Aborted when the caller hangs up before the answer is complete. */
  readonly signal: AbortSignal;
  /** By lower-case name; undefined when absent. A header sent twice is joined by ", " (RFC 9110 §5.3). */
  header(name: string): string | undefined;
  /** The whole body, read once. Refused: too_large, canceled. */
  body(bytesMax: number): Promise<Result<Uint8Array>>;
  /** Answers at once. Never throws; answering a caller who is gone does nothing. */
  respond(status: number, headers: HttpHeaders, body: string): void;
  /** Answers piece by piece. */
  stream(status: number, headers: HttpHeaders): HttpStream;
}

export type HttpHeaders = Readonly<Record<string, string>>;

export interface HttpStream {
  /** Resolves when the caller is ready for more, true; or false when the caller is gone. Never rejects. */
  write(text: string): Promise<boolean>;
  end(): void;
}
