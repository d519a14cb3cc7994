// What the gate shows an upstream over HTTP: a header of its own, fixed or made anew before it runs out. Never anything of
// the caller's.

import type { Result } from '../core/result.ts';

export interface CredentialHeader {
  readonly name: string;
  readonly value: string;
}

/** A bearer token (RFC 6750 §2.1, b64token). */
export interface IssuedToken {
  readonly token: string;
  /** ms since the epoch. */
  readonly expiresMs: number;
}

export interface UpstreamCredential {
  /** The header to send now. Refused: upstream_unavailable, upstream_refused, config_invalid, account_required. Never rejects. */
  header(): Promise<Result<CredentialHeader>>;
  /** The upstream did not accept this value (401). True when `header` will give another. */
  rejected(value: string): boolean;
}
