// A person's own account at an MCP server: the gate as an OAuth client of the server's authorization server, for one
// connection, and what the gate keeps of what a person allowed it there.

import type { JsonObject } from '../core/json.ts';
import type { Result } from '../core/result.ts';
import type { IssuedToken } from './upstream-credential.ts';

/** Tokens of one person. INVARIANT: they leave the gate for the authorization server and the connection's server alone. */
export interface Grant extends IssuedToken {
  /** Null where the authorization server gave none: then it ends with the token. */
  readonly refreshToken: string | null;
  /** The authorization server (RFC 8414), and what the tokens are for (RFC 8707). */
  readonly issuer: string;
  readonly resource: string;
}

export interface AccountClient {
  /** What an authorization server may read of the gate as its client; null where none would fetch it. */
  readonly document: JsonObject | null;
  /**
   * Where to send the browser. `keep` is for `finish` alone.
   * Refused: upstream_unavailable, upstream_refused.
   */
  start(state: string): Promise<Result<{ readonly url: string; readonly keep: JsonObject }>>;
  /** `query` is what the browser came back with. Refused: sign_in_refused, upstream_unavailable. Never rejects. */
  finish(query: string, keep: JsonObject): Promise<Result<Grant>>;
  /** Refused: account_required when it is good no longer; upstream_unavailable, upstream_refused. Never rejects. */
  refresh(grant: Grant): Promise<Result<Grant>>;
  /** Tells the authorization server that it is not wanted any more (RFC 7009), where that can be told. Never rejects. */
  revoke(grant: Grant): Promise<void>;
}

/** As it is kept. */
export interface Account {
  readonly connection: string;
  readonly subject: { readonly id: string; readonly issuer: string };
  readonly grant: Grant;
  /** ms since the epoch. */
  readonly sinceMs: number;
}

/** How the gate is known at an authorization server it registered itself with; `secret` null: a public client. */
export interface ClientRegistration {
  readonly id: string;
  readonly secret: string | null;
}

/** A person on the way to an authorization server and back. */
export interface AccountFlow {
  readonly connection: string;
  readonly subject: Account['subject'];
  readonly keep: JsonObject;
}
