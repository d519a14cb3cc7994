// Short-lived database credentials. Only the SCRAM verifier is kept (RFC 5802 §3: StoredKey, ServerKey, salt, iterations).

import type { Subject } from '../core/facts.ts';

export interface ScramVerifier {
  readonly iterations: number;
  readonly salt: Uint8Array;
  readonly storedKey: Uint8Array;
  readonly serverKey: Uint8Array;
}

export interface DatabaseCredential {
  /** Starts with `cg_`; unique. */
  readonly user: string;
  readonly verifier: ScramVerifier;
  readonly subject: Subject;
  readonly connection: string;
  /** ms since the epoch; from then on it opens no session. */
  readonly expiresMs: number;
  /** The MCP session this credential was made for: its SQL belongs under that session's tool calls. */
  readonly parentSession: string | null;
}

export interface Credentials {
  save(credential: DatabaseCredential): void;
  find(user: string): DatabaseCredential | undefined;
  remove(user: string): void;
  /** Of every subject `which` is true for. */
  removeOf(which: (subject: Subject) => boolean): void;
  removeExpired(now: number): number;
}
