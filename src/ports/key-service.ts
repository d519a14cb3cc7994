// A key in a service that never gives it away: it encrypts and decrypts other keys.

import type { Result } from '../core/result.ts';

/** Both refuse with secret_unresolved, saying whether the service could not be reached or said no; they never reject. */
export interface KeyVault {
  /** As the configuration names it. */
  readonly name: string;
  wrap(key: Uint8Array): Promise<Result<Uint8Array>>;
  unwrap(wrapped: Uint8Array): Promise<Result<Uint8Array>>;
}
