// One request of an MCP client, from its first byte to its last: how it is given up, and what it says while it is held.

import { errors } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import type { Refusal, Result } from '../core/result.ts';
import type { Clock } from '../ports/clock.ts';
import type { HttpHeaders } from '../ports/http-exchange.ts';
import { encodeMessage, type JsonRpcId, type JsonRpcOutcome, type JsonRpcRequest } from '../wire/mcp/json-rpc.ts';
import type { HeaderOf, ParamHeader } from '../wire/mcp/stateless.ts';
import { objectAt } from './mcp-facts.ts';
import type { Holding } from './mcp-held-bytes.ts';
import type { Leg } from './mcp-input.ts';
import type { ListedItems } from './mcp-listing.ts';
import type { OpenCall } from './mcp-outlet.ts';
import { errorOutcome } from './mcp-refusal.ts';
import type { McpReply } from './mcp-reply.ts';

/** What a request of MCP 2026-07-28 brings along, as there is no session that knows it. */
export interface Carried {
  /** Log messages about this request are wanted from this level on; undefined for none. */
  readonly logLevel: string | undefined;
  readonly header: HeaderOf;
  /** When the token it came with ends. */
  readonly expiresMs: number | undefined;
}

/** An answer that is given as it comes. */
interface LongAnswer {
  /** Something of it has been given out: then it has to be finished, whatever the outcome. */
  readonly begun: number | null;
  finish(outcome: Result<JsonRpcOutcome>): Promise<void>;
}

/** Held calls say that they still wait, so that clients with a progress timeout wait with them. */
const holdBeatMs = 15_000;

export class McpCall {
  readonly id: JsonRpcId;
  readonly method: string;
  readonly params: JsonObject;
  readonly reply: McpReply;
  /** Null for a request within a session. */
  readonly carried: Carried | null;
  /** The client's; it may get progress notifications under it. */
  readonly progressToken: string | number | undefined;
  /** The gate's id for it, once it runs upstream. */
  upstreamId: number | undefined;
  /** Of the tool that is called, where it promises one. */
  outputSchema: JsonObject | null = null;
  /** Its tool runs as a task of the server, and no other way. */
  asTask = false;
  /** Arguments of the tool that headers repeat. */
  paramHeaders: readonly ParamHeader[] = [];
  /** What it is told when it is refused for a reason that is of its method. */
  refusedAs: (refusal: Refusal) => JsonRpcOutcome = errorOutcome;
  /** Headers that ask for a sign-in of that scope. */
  challenge: (scope: string) => HttpHeaders = () => ({});
  /** How long it may be held, where that is not the rule's to say; ms. */
  holdMs: number | undefined;
  /** Told once it is held. */
  onHeld: (words: string) => void = () => {};
  /** What its subject may see of each item of the list it asks for. */
  listed: ListedItems | null = null;
  /** What it answers of an earlier one. */
  leg: Leg | null = null;
  /** What it holds of an answer that is too long to be held without asking; until it has been answered. */
  holding: Holding | null = null;
  /** Its answer, where it is given as it comes. */
  long: LongAnswer | null = null;
  /** Once it is admitted. */
  open: OpenCall | undefined;
  readonly #controller = new AbortController();
  readonly #hungUp: () => void;
  #stopHoldBeat: () => void = () => {};

  constructor(message: JsonRpcRequest, reply: McpReply, carried: Carried | null = null) {
    this.id = message.id;
    this.method = message.method;
    this.carried = carried;
    this.params = message.params;
    this.reply = reply;
    const token = objectAt(message.params, '_meta')['progressToken'];
    this.progressToken = typeof token === 'string' || typeof token === 'number' ? token : undefined;
    // Whoever hangs up before the call runs does not want it; once it runs, it runs to its end, so that the log knows the
    // end. Without a session, hanging up is how a call is canceled (MCP 2026-07-28, Transports / Cancellation).
    this.#hungUp = () => {
      if (this.upstreamId === undefined || carried) this.abort();
    };
    reply.signal.addEventListener('abort', this.#hungUp, { once: true });
    if (reply.signal.aborted) this.#hungUp();
  }

  /** Aborted when the call must not run any more. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  abort(): void {
    this.#controller.abort();
  }

  finish(outcome: JsonRpcOutcome, status?: number, headers?: HttpHeaders): Promise<void> {
    return this.reply.finish(encodeMessage({ kind: 'response', id: this.id, outcome }), status, headers);
  }

  /** Where a stronger sign-in is all that is lacking, the client is asked for that. */
  refuse(outcome: JsonRpcOutcome, { scope }: Refusal): Promise<void> {
    if (scope === undefined) return this.finish(outcome);
    return this.finish(outcome, errors.insufficient_scope.http, this.challenge(scope));
  }

  /** Tells a client that asked for progress what it waits for, until `decided`. */
  held(clock: Clock, hold: { readonly approval: string; readonly link: string }): void {
    const { progressToken } = this;
    const message = `Waiting for approval ${hold.approval}: ${hold.link}`;
    this.onHeld(message);
    if (progressToken === undefined) return;
    let progress = 0;
    const tell = (): void => {
      const params = { progressToken, progress, message };
      void this.reply.send({ kind: 'notification', method: 'notifications/progress', params });
      // Progress has to increase, and must stay below whatever the server will report.
      progress += 1e-6;
      this.#stopHoldBeat = clock.after(holdBeatMs, tell);
    };
    tell();
  }

  decided(): void {
    this.#stopHoldBeat();
  }

  /** It has been answered. */
  close(): void {
    this.decided();
    this.holding?.release();
    this.reply.signal.removeEventListener('abort', this.#hungUp);
  }
}
