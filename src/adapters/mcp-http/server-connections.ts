// The connections of one session to its MCP server: node:http or node:https, kept alive between requests and shared with nobody.
// It follows no redirect, takes no compressed answer, and reads no more of a body than its reader asks for.

import type { Agent, ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import { request as overTls, Agent as TlsAgent } from 'node:https';
import { urlToHttpOptions } from 'node:url';
import { limits } from '../../core/limits.ts';
import { ok, type Result, refuse } from '../../core/result.ts';
import type { LongReply } from '../../ports/mcp-upstream.ts';

// Not imported: an import asks for every member of node:http, and one of them makes Node load its own fetch and WebSocket.
const { Agent: PlainAgent, request: plain } = process.getBuiltinModule('node:http');

export interface HttpAsk {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** Cuts it off, its answer included. */
  readonly signal: AbortSignal;
}

const ownHeaders = { 'user-agent': 'chartgate', 'accept-encoding': 'identity' };
/** Many servers close a connection after five idle seconds, and most of them do not say so. */
const idleMs = 4_000;
const connectMs = 10_000;
const discardedBytesMax = 65_536;
const discardedMs = 1_000;

export class ServerConnections {
  readonly #server: RequestOptions;
  readonly #agent: Agent;
  readonly #request: (options: RequestOptions) => ClientRequest;

  constructor(address: string) {
    const url = new URL(address);
    const isTls = url.protocol === 'https:';
    this.#agent = new (isTls ? TlsAgent : PlainAgent)({ keepAlive: true, timeout: idleMs });
    this.#request = isTls ? overTls : plain;
    this.#server = { ...urlToHttpOptions(url), agent: this.#agent };
  }

  /** The answer, its body not read yet. Rejects when the server cannot be reached, breaks off, or nobody waits any more. */
  ask({ method, headers, body, signal }: HttpAsk): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const outgoing = this.#request({ ...this.#server, method, headers: { ...ownHeaders, ...headers } });
      // Without an error of ours: once the answer is there the socket has nobody who would take one.
      const cut = (): void => void outgoing.destroy();
      signal.addEventListener('abort', cut, { once: true });
      outgoing
        .once('socket', boundConnecting)
        .once('response', (answer) => {
          // INVARIANT: an answer that breaks off while nobody reads it is no error of the process.
          answer.on('error', () => {});
          resolve(answer);
        })
        .once('close', () => signal.removeEventListener('abort', cut))
        .on('error', reject);
      if (signal.aborted) cut();
      outgoing.end(body);
    });
  }

  /** Of what is under way as well. */
  close(): void {
    this.#agent.destroy();
  }
}

function boundConnecting(this: ClientRequest): void {
  const { socket } = this;
  if (!socket?.connecting) return;
  const timer = setTimeout(() => socket.destroy(new Error('no connection')), connectMs);
  socket.once('connect', () => clearTimeout(timer)).once('close', () => clearTimeout(timer));
}

/**
 * The whole of a body, or what is left of it by whoever takes a long one as it comes (`long`, asked once it is known to be one).
 * Refused: upstream_protocol. Rejects when it breaks off.
 */
export function bodyOf(
  answer: IncomingMessage,
  long: () => LongReply | null = () => null,
): Promise<Result<Uint8Array>> {
  const { promise, resolve, reject } = Promise.withResolvers<Result<Uint8Array>>();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const finish = (): void => resolve(ok(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
  const take = (chunk: Uint8Array): void => {
    bytes += chunk.length;
    chunks.push(chunk);
    if (bytes <= limits.mcpHeldBytesMax) return;
    answer.off('data', take).off('end', finish).pause();
    resolve(longBodyOf(answer, chunks, long()));
  };
  answer.on('data', take).once('end', finish);
  answer.once('error', reject).once('close', () => {
    // An error is not made for nobody: its stack costs as much as reading a short body.
    if (!answer.readableEnded) reject(new Error('broken off'));
  });
  if (answer.destroyed) reject(new Error('broken off'));
  return promise;
}

async function longBodyOf(
  answer: IncomingMessage,
  first: readonly Uint8Array[],
  reply: LongReply | null,
): Promise<Result<Uint8Array>> {
  const message = new LongMessage(reply);
  for (const chunk of first) await message.push(chunk);
  const rest: AsyncIterable<Uint8Array> = answer;
  for await (const chunk of rest) {
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

/** What is not looked at: its connection can be used again where it ends at once, else it is cut off. */
export function discard(answer: IncomingMessage): void {
  if (answer.readableEnded || answer.destroyed) return;
  const timer = setTimeout(() => answer.destroy(), discardedMs).unref();
  let bytes = 0;
  answer
    .on('error', () => {})
    .once('close', () => clearTimeout(timer))
    .on('data', (chunk: Uint8Array) => {
      bytes += chunk.length;
      if (bytes > discardedBytesMax) answer.destroy();
    });
}
