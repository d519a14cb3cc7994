// One MCP server as one session of the gate sees it, whatever the transport. Never shared between sessions.

import type { Refusal, Result } from '../core/result.ts';

export interface McpUpstreamEvents {
  /**
   * The UTF-8 text of one JSON-RPC message, not yet parsed. The upstream is not read on until it resolves, with the id
   * of the request that this was taken as the answer to, or null. `about` is the request in whose reply it came, where the
   * transport tells. Never rejects.
   */
  readonly message: (bytes: Uint8Array, about?: number) => Promise<number | null>;
  /**
   * Asked once a message has turned out long: who takes it as it comes. `id`: of the request it is the reply to, as far as the
   * transport or its first bytes tell; `unsaid` for a result whose id has not come yet; null for what is no reply. `streamed`: it
   * comes in an event stream.
   */
  readonly long?: (id: number | 'unsaid' | null, streamed: boolean) => LongReply;
  /**
   * The server has ended the stream of an answer and means to go on with it, once it is asked after `retryMs` (MCP 2025-11-25,
   * Transports / Sending Messages to the Server). Resolves when that may be sooner. Never rejects.
   */
  readonly paused?: (id: number, retryMs: number) => Promise<void>;
  /** Called once, unless `close` was called first. Codes: upstream_closed, upstream_protocol, upstream_refused, upstream_unavailable. */
  readonly closed: (reason: Refusal) => void;
}

/** Takes one message as it comes. */
export interface LongReply {
  /** Something of it has been given out as the answer to this request (an id of the gate), and it can be no other's; null: nothing. */
  readonly begun: number | null;
  /** The next part of its UTF-8 text. The upstream is not read on until it resolves. Never rejects. */
  push(bytes: Uint8Array): Promise<void>;
  /** All parts have come: what is left of it for `message`. Refused: upstream_protocol, too_many. */
  end(): Result<Uint8Array>;
}

export interface McpUpstream {
  readonly transport: 'http' | 'stdio';
  /** Called once, first. Refused: upstream_unavailable. */
  start(events: McpUpstreamEvents): Promise<Result<void>>;
  /**
   * Sends one JSON-RPC message. Over Streamable HTTP it resolves when the reply to this message has been delivered, so
   * a refusal also means that no reply will come; over stdio when the line is handed to the process.
   */
  send(message: OutgoingMessage): Promise<Result<void>>;
  /** What initialize agreed on, where there was one; Streamable HTTP repeats it in a header and then listens for server messages. */
  initialized(version: string): void;
  /** Ends the process or the HTTP session, and resolves when nothing of it is left. Never rejects. */
  close(): Promise<void>;
}

export interface OutgoingMessage {
  /** One line of JSON. */
  readonly text: string;
  /** The id of a request, so that a transport can tell whether its reply came; null for anything else. */
  readonly id: number | null;
  /** With a request of MCP 2026-07-28: the headers that repeat it, and when nobody waits for its answer any more. */
  readonly stateless?: {
    readonly headers: Readonly<Record<string, string>>;
    readonly signal: AbortSignal;
    /** Its reply is a stream without an end. */
    readonly lasting: boolean;
  };
}
