// What the gate asks of a server, and what comes of it.

import type { Result } from '../core/result.ts';
import type { LongReply } from '../ports/mcp-upstream.ts';
import type { JsonRpcOutcome } from '../wire/mcp/json-rpc.ts';
import type { ParamHeader } from '../wire/mcp/stateless.ts';

export interface LinkOptions {
  /** The server may report on it: notifications carry the request's id as their token. */
  readonly progress?: boolean;
  /** Arguments that headers repeat. */
  readonly headers?: readonly ParamHeader[];
  readonly logLevel?: string | undefined;
  /** Its answer is the end of a long stream. */
  readonly lasting?: boolean;
  /** Who takes an answer as it comes that is too long to be held; what is left of it is the outcome. `id`: of the request. */
  readonly long?: (id: number, streamed: boolean) => LongReply;
  /** The server runs it as a task of its own: its outcome is that of the task. */
  readonly asTask?: boolean;
}

export interface LinkRequest {
  /** The gate's id for it, which is also its progress token. */
  readonly id: number;
  /** Never rejects. Refused: upstream_*, canceled. */
  readonly outcome: Promise<Result<JsonRpcOutcome>>;
  /** Whether the server gave its answer as a stream, once there is one. */
  readonly streamed: () => boolean;
}
