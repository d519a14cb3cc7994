// A client with a key of its own, as the gate's token endpoint knows it: its key set, and assertions good and bad (RFC 7523).

import { exportJWK, exportPKCS8, generateKeyPair, type JWTPayload, SignJWT } from 'jose';

export interface KeyClient {
  readonly id: string;
  /** A private key (PKCS#8 PEM) for clients that sign themselves. */
  readonly pem: string;
  /** The content of a JWKS file. */
  readonly jwks: string;
  assertion(claims: JWTPayload, header?: Record<string, unknown>): Promise<string>;
}

export async function createKeyClient(id: string): Promise<KeyClient> {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  return {
    id,
    pem: await exportPKCS8(privateKey),
    jwks: JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), alg: 'ES256', use: 'sig' }] }),
    assertion: (claims, header = {}) => {
      const now = Math.floor(Date.now() / 1000);
      const standard = { iss: id, sub: id, jti: crypto.randomUUID(), iat: now, exp: now + 60 };
      return new SignJWT({ ...standard, ...claims }).setProtectedHeader({ alg: 'ES256', ...header }).sign(privateKey);
    },
  };
}
