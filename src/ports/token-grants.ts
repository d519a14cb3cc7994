// Tokens without a browser, as the token endpoint asks for them: it has authenticated the client, and knows nothing of people.

import type { ErrorCode } from '../core/errors.ts';
import type { Result } from '../core/result.ts';

/** `grant_type` by what it is for: RFC 6749 §4.4, RFC 8693 §2.1, RFC 7523 §2.1 (profile ID-JAG). */
export const grantTypes = {
  workload: 'client_credentials',
  exchange: 'urn:ietf:params:oauth:grant-type:token-exchange',
  assertion: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
} as const;

export type Grant = keyof typeof grantTypes;

/** What the metadata announces under `authorization_grant_profiles_supported`. */
export const idJagProfile = 'urn:ietf:params:oauth:grant-profile:id-jag';

/** RFC 8693 §3. */
export const tokenTypes = {
  access: 'urn:ietf:params:oauth:token-type:access_token',
  jwt: 'urn:ietf:params:oauth:token-type:jwt',
  id: 'urn:ietf:params:oauth:token-type:id_token',
} as const;

export interface GrantRequest {
  /** Authenticated. */
  readonly client: string;
  /** Of the form, each given once. */
  readonly params: Readonly<Record<string, string>>;
  /** Peer address. */
  readonly address: string;
}

/** What the token is to be made of. */
export interface Granted {
  /** It ends the token when it ends. */
  readonly signIn: string;
  /** The door, as its resource identifier. */
  readonly resource: string;
  /** The token may not outlive it; ms since the epoch. */
  readonly expiresMs: number;
}

/** `error` as RFC 6749 §5.2 and RFC 8707 §2 have it. */
export interface GrantRefusal {
  readonly error: 'invalid_request' | 'invalid_grant' | 'invalid_target' | 'invalid_scope' | 'unauthorized_client';
  readonly code: ErrorCode;
  readonly text: string;
}

export interface TokenGrants {
  /** What is granted is on record when this resolves. @throws LogUnavailable */
  grant(kind: Grant, request: GrantRequest): Promise<Result<Granted, GrantRefusal>>;
  /** True once for each id of an issuer: what is presented a second time has been copied. */
  firstTime(issuer: string, id: string, untilMs: number): boolean;
}
