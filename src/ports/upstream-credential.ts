// What the gate shows an upstream over HTTP: a header of its own, fixed or made anew before it runs out. Never anything of
// the caller's.

import type { Result } from '../core/result.ts';

export interface CredentialHeader {
  readonly name: string;
  readonly value: string;
}

export interface UpstreamCredential {
  /** The header to send now. Refused: upstream_unavailable, upstream_refused, config_invalid. Never rejects. */
  header(): Promise<Result<CredentialHeader>>;
  /** The upstream did not accept this value (401). True when `header` will give another. */
  rejected(value: string): boolean;
}
