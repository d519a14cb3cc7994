// An issuer of real JWTs for tests: its public keys as a JWKS, and tokens good, expired or forged.

import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';

export interface SignOptions {
  /** Seconds from now until it expires; negative = it already has. Default 600. */
  readonly expiresIn?: number;
  /** Instead of the issuer's own. */
  readonly audience?: string;
  readonly issuer?: string;
  /** Signed by a key that is not in the JWKS, under the `kid` of one that is. */
  readonly wrongKey?: boolean;
}

export interface Issuer {
  readonly issuer: string;
  readonly audience: string;
  /** The content of a JWKS file (RFC 7517). */
  readonly jwks: string;
  /** A compact JWS, ES256. `sub` is required; `exp`, `iat` and `nbf` in the claims win over the options. */
  readonly sign: (claims: JWTPayload & { sub: string }, options?: SignOptions) => Promise<string>;
}

export async function createIssuer(name: { readonly issuer: string; readonly audience: string }): Promise<Issuer> {
  const [own, other] = await Promise.all([generateKeyPair('ES256'), generateKeyPair('ES256')]);
  const header = { alg: 'ES256', kid: 'test-1', typ: 'JWT' };
  const jwk = { ...(await exportJWK(own.publicKey)), kid: header.kid, alg: header.alg, use: 'sig' };
  return {
    ...name,
    jwks: JSON.stringify({ keys: [jwk] }),
    sign: (claims, options = {}) => {
      const now = Math.floor(Date.now() / 1000);
      const times = { iat: now, exp: now + (options.expiresIn ?? 600) };
      return new SignJWT({ ...times, ...claims })
        .setProtectedHeader(header)
        .setIssuer(options.issuer ?? name.issuer)
        .setAudience(options.audience ?? name.audience)
        .sign((options.wrongKey ? other : own).privateKey);
    },
  };
}
