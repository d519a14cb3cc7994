// An OpenID provider whose every word a test chooses. It asks nobody who they are: the test itself brings the answer back.

import { createHash, type KeyObject } from 'node:crypto';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';

export type Claims = Record<string, unknown>;

/** What an honest provider would do for the code that is redeemed, to be bent. */
export interface Honesty {
  readonly claims: Claims;
  readonly accessToken: string;
  /** Signed by the published key, unless told otherwise. */
  readonly sign: (claims: Claims, header?: Claims, key?: CryptoKey | KeyObject | Uint8Array) => Promise<string>;
}

export interface LyingProvider {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** What it publishes. */
  keys: JWK[];
  /** The ID token for a code; null = none. */
  idToken: (honest: Honesty) => Promise<string | null>;
  /** A code for the request this address makes. */
  codeFor(authorization: URL): string;
  close(): Promise<void>;
}

export async function startLyingProvider(): Promise<LyingProvider> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const nonces = new Map<string, string>();
  const server = createServer((request, response) => {
    void answer(request.url ?? '', request).then((body) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const issuer = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
  const provider: LyingProvider = {
    issuer,
    clientId: 'the-gate',
    clientSecret: 'a secret of the liar, for the gate alone',
    keys: [{ ...(await exportJWK(publicKey)), kid: 'k1', use: 'sig', alg: 'ES256' }],
    idToken: ({ claims, sign }) => sign(claims),
    codeFor(authorization) {
      const code = `code-${nonces.size}`;
      nonces.set(code, authorization.searchParams.get('nonce') ?? '');
      return code;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };

  async function answer(path: string, body: NodeJS.ReadableStream): Promise<object> {
    if (path === '/jwks') return { keys: provider.keys };
    if (path !== '/token')
      return {
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/jwks`,
        response_types_supported: ['code'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['ES256'],
        authorization_response_iss_parameter_supported: true,
      };
    const code = new URLSearchParams(await text(body)).get('code') ?? '';
    const [now, accessToken] = [Math.floor(Date.now() / 1000), `access token for ${code}`];
    const claims = {
      iss: issuer,
      aud: provider.clientId,
      sub: 'ana',
      nonce: nonces.get(code),
      iat: now,
      exp: now + 300,
      groups: ['analysts'],
      email: 'ana@hospital.example',
    };
    const sign: Honesty['sign'] = (told, header = {}, key = privateKey) =>
      new SignJWT(told).setProtectedHeader({ alg: 'ES256', kid: 'k1', ...header }).sign(key);
    const idToken = await provider.idToken({ claims, accessToken, sign });
    return { access_token: accessToken, token_type: 'Bearer', ...(idToken === null ? {} : { id_token: idToken }) };
  }
  return provider;
}

/** The left half of a SHA-256, as `at_hash` and `c_hash` are made (OpenID Connect Core 1.0 §3.1.3.6). */
export function halfHash(value: string): string {
  return createHash('sha256').update(value).digest().subarray(0, 16).toString('base64url');
}
