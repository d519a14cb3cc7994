// The connections of one session to its MCP server: HTTP/1.1, kept alive between requests and shared with nobody. It follows no
// redirect, takes no compressed answer, and reads no more of a body than its reader asks for.

import type { Dispatcher, Pool } from 'undici';
import type ServerPool from 'undici/lib/dispatcher/pool.js';
import { limits } from '../../core/limits.ts';
import { ok, type Result, refuse } from '../../core/result.ts';
import type { LongReply } from '../../ports/mcp-upstream.ts';

type Headers = Readonly<Record<string, string | string[] | undefined>>;

export interface HttpAsk {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** Cuts it off, its answer included. */
  readonly signal: AbortSignal;
  /** The answer is given up when it has said nothing for so long. Default: never. */
  readonly quietMs?: number | undefined;
}

const ownHeaders = { 'user-agent': 'chartgate', 'accept-encoding': 'identity' };
/** Many servers close a connection after five idle seconds, and most of them do not say so. */
const idleMs = 4_000;
const connectMs = 10_000;
const discardedBytesMax = 65_536;
const discardedMs = 1_000;
/** What comes before anybody reads it. */
const unreadBytesMax = 65_536;

const options: Pool.Options = {
  pipelining: 1,
  keepAliveTimeout: idleMs,
  keepAliveMaxTimeout: idleMs,
  headersTimeout: 0,
  connect: { timeout: connectMs },
};

/** The HTTP client, which most commands and many gates have no need of. */
export function loadClient(): Promise<{ readonly default: typeof ServerPool }> {
  return import('undici/lib/dispatcher/pool.js');
}

export class ServerConnections {
  readonly #pool: Pool;
  readonly #path: string;
  readonly #headers: Readonly<Record<string, string>>;

  private constructor(pool: Pool, { pathname, search, username, password }: URL) {
    this.#pool = pool;
    this.#path = pathname + search;
    const user = [username, password].map(decodeURIComponent).join(':');
    const basic = { authorization: `Basic ${Buffer.from(user).toString('base64')}` };
    this.#headers = user === ':' ? ownHeaders : { ...ownHeaders, ...basic };
  }

  /** Connects to nothing yet. */
  static async to(address: string): Promise<ServerConnections> {
    const { default: Connections } = await loadClient();
    const url = new URL(address);
    return new ServerConnections(new Connections(url.origin, options), url);
  }

  /** The answer, its body not read yet. Rejects when the server cannot be reached, breaks off, or nobody waits any more. */
  ask({ method, headers, body, signal, quietMs = 0 }: HttpAsk): Promise<ServerAnswer> {
    const answer = new ServerAnswer(signal);
    const request = { path: this.#path, method, headers: { ...this.#headers, ...headers }, bodyTimeout: quietMs };
    this.#pool.dispatch(body === undefined ? request : { ...request, body }, answer);
    return answer.begun;
  }

  /** Of what is under way as well. */
  close(): void {
    void this.#pool.destroy();
  }
}

/** So much may come before the answer; a server that says nothing else is none. */
const interimMax = 64;

/** What a server answers, from its first byte to its last. */
export class ServerAnswer implements Dispatcher.DispatchHandler {
  statusCode = 0;
  #headers: Headers = {};
  /** Resolves with this once its status and headers are known. */
  readonly begun: Promise<this>;
  readonly #begin: PromiseWithResolvers<this> = Promise.withResolvers();
  readonly #signal: AbortSignal;
  readonly #cut = (): void => this.destroy();
  #controller: Dispatcher.DispatchController | null = null;
  #interim = 0;
  #unread: Uint8Array[] = [];
  #unreadBytes = 0;
  #end: 'ended' | 'broken off' | null = null;
  #wake: (() => void) | null = null;

  constructor(signal: AbortSignal) {
    this.begun = this.#begin.promise;
    this.#signal = signal;
    signal.addEventListener('abort', this.#cut, { once: true });
    if (signal.aborted) this.destroy();
  }

  /** By lower-case name. One that was sent twice is joined by ", " (RFC 9110 §5.3). */
  header(name: string): string | undefined {
    const value = this.#headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  }

  /** The whole of a body that has come all at once, as most do; null of any other. */
  get whole(): Uint8Array | null {
    const [only] = this.#unread;
    return this.#end === 'ended' && this.#unread.length === 1 && only ? only : null;
  }

  /** The next part of the body; null at its end. What comes meanwhile waits at the server. Rejects when it broke off. */
  async read(): Promise<Uint8Array | null> {
    for (;;) {
      const chunk = this.#unread.shift();
      if (chunk) {
        this.#unreadBytes -= chunk.length;
        return chunk;
      }
      if (this.#end === 'ended') return null;
      if (this.#end) throw new Error('broken off');
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      // What lies ready comes, and may end, before this returns.
      if (this.#controller?.paused) this.#controller.resume();
      await promise;
    }
  }

  /** What is not looked at: its connection can be used again where it ends at once, else it is cut off. */
  discard(): void {
    if (this.#end) return;
    const timer = setTimeout(this.#cut, discardedMs).unref();
    void this.#drain()
      .catch(() => {})
      .then(() => clearTimeout(timer));
  }

  async #drain(): Promise<void> {
    let bytes = 0;
    for (let chunk = await this.read(); chunk; chunk = await this.read()) {
      bytes += chunk.length;
      if (bytes > discardedBytesMax) this.destroy();
    }
  }

  /** Cuts it off, with its connection. */
  destroy(): void {
    if (this.#end) return;
    this.#unread = [];
    this.#controller?.abort(new Error('cut off'));
    this.#over('broken off');
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#end) controller.abort(new Error('cut off'));
  }

  onResponseStart(_controller: Dispatcher.DispatchController, statusCode: number, headers: Headers): void {
    // What comes before the answer (RFC 9110 §15.2) is none.
    if (statusCode < 200) {
      if (++this.#interim > interimMax) this.destroy();
      return;
    }
    this.statusCode = statusCode;
    this.#headers = headers;
    this.#begin.resolve(this);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    this.#unread.push(chunk);
    this.#unreadBytes += chunk.length;
    if (this.#unreadBytes > unreadBytesMax) controller.pause();
    this.#wake?.();
  }

  onResponseEnd(): void {
    this.#over('ended');
  }

  // INVARIANT: an answer that breaks off while nobody reads it is no error of the process.
  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#over('broken off', isUnreadInterim(error) ? new UnreadInterim() : undefined);
  }

  #over(end: 'ended' | 'broken off', reason?: Error): void {
    if (this.#end) return;
    this.#end = end;
    this.#signal.removeEventListener('abort', this.#cut);
    if (end === 'broken off') this.#begin.reject(reason ?? new Error('broken off'));
    this.#wake?.();
  }
}

/** The server said "100 Continue" unasked. What it was asked may have run all the same. */
export class UnreadInterim extends Error {}

/** What undici ends the connection of a request with at a 100, which it does not read past (7.30, client-h1, onHeadersComplete). */
function isUnreadInterim(error: Error): boolean {
  return error.message === 'bad response';
}

/**
 * The whole of a body, or what is left of it by whoever takes a long one as it comes (`long`, asked once it is known to be one).
 * Refused: upstream_protocol. Rejects when it breaks off.
 */
export async function bodyOf(
  answer: ServerAnswer,
  long: () => LongReply | null = () => null,
): Promise<Result<Uint8Array>> {
  const { whole } = answer;
  if (whole) return ok(withoutMark(whole));
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for (let chunk = await answer.read(); chunk; chunk = await answer.read()) {
    chunks.push(bytes === 0 ? withoutMark(chunk) : chunk);
    bytes += chunk.length;
    if (bytes > limits.mcpHeldBytesMax) return longBodyOf(answer, chunks, long());
  }
  return ok(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks));
}

/** A byte order mark before JSON may be ignored (RFC 8259 §8.1), and other clients do. */
function withoutMark(bytes: Uint8Array): Uint8Array {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

async function longBodyOf(
  answer: ServerAnswer,
  first: readonly Uint8Array[],
  reply: LongReply | null,
): Promise<Result<Uint8Array>> {
  const message = new LongMessage(reply);
  for (const chunk of first) await message.push(chunk);
  for (let chunk = await answer.read(); chunk; chunk = await answer.read()) {
    const taken = await message.push(chunk);
    if (!taken.ok) return taken;
  }
  return message.end();
}

/** A message that comes in parts: for whoever takes it as it comes, or else gathered. */
export class LongMessage {
  readonly #reply: LongReply | null;
  readonly #chunks: Uint8Array[] = [];
  #bytes = 0;

  constructor(reply: LongReply | null) {
    this.#reply = reply;
  }

  /** Refused: upstream_protocol. */
  async push(chunk: Uint8Array): Promise<Result<void>> {
    this.#bytes += chunk.length;
    if (this.#bytes > limits.mcpResponseBytesMax)
      return refuse('upstream_protocol', 'The MCP server sent more than the gate accepts.');
    if (this.#reply) await this.#reply.push(chunk);
    else this.#chunks.push(chunk);
    return ok(undefined);
  }

  /** All of it, or what is left of it. Refused: upstream_protocol. */
  end(): Result<Uint8Array> {
    return this.#reply ? this.#reply.end() : ok(Buffer.concat(this.#chunks));
  }
}
