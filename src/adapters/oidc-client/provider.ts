// Sign-in at an OpenID provider: authorization code with PKCE, state and nonce (OpenID Connect Core 1.0 §3.1), by
// openid-client. The ID token's signature is always verified; nothing of the provider's words reaches a person.

import { hash } from 'node:crypto';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import * as client from 'openid-client';
import type { JsonObject } from '../../core/json.ts';
import { limits } from '../../core/limits.ts';
import { ok, type Result, refuse } from '../../core/result.ts';
import type { IdentityProvider, SignedOut } from '../../ports/sign-in.ts';

export interface OidcProvider {
  readonly issuer: string;
  readonly clientId: string;
  /** Null: a public client. */
  readonly clientSecret: string | null;
  readonly scopes: readonly string[];
  /** Asked for as `acr_values`; that they were met is checked elsewhere. */
  readonly acrValues: readonly string[];
  /** Where the provider sends the browser back to. */
  readonly redirectUri: string;
  /** For the operator. */
  readonly onFailure: (reason: string) => void;
}

const requestSeconds = 10;
/** The provider's metadata is read again so often, keys whenever one is not known. */
const metadataMs = 600_000;
const logoutEvent = 'http://schemas.openid.net/event/backchannel-logout';

export function createOidcProvider(options: OidcProvider, now: () => number): IdentityProvider {
  const discover = discovery(options, now);
  const away = refuse('upstream_unavailable', 'The identity provider does not answer as it should.', {
    next: 'Try again in a moment; the operator finds the cause in the log of the gate.',
  });
  return {
    metadata: null,
    async start({ state, loginHint, stepUp }) {
      const found = await discover();
      if (!found) return away;
      const verifier = client.randomPKCECodeVerifier();
      const nonce = client.randomNonce();
      const acrValues = stepUp?.acr ?? options.acrValues;
      const maxAge = stepUp && Math.floor(stepUp.withinMs / 1000);
      const url = client.buildAuthorizationUrl(found, {
        redirect_uri: options.redirectUri,
        response_type: 'code',
        scope: [...new Set(['openid', ...options.scopes])].join(' '),
        state,
        nonce,
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        ...(loginHint === null ? {} : { login_hint: loginHint }),
        ...(acrValues.length === 0 ? {} : { acr_values: acrValues.join(' ') }),
        ...(maxAge === null ? {} : { max_age: String(maxAge) }),
      });
      return ok({ url: url.href, keep: { state, nonce, verifier, maxAge } });
    },
    async finish(answer, keep) {
      const { state, nonce, verifier, maxAge } = keep;
      if (
        answer.kind !== 'query' ||
        typeof state !== 'string' ||
        typeof nonce !== 'string' ||
        typeof verifier !== 'string'
      )
        return refuse('sign_in_refused', 'This is no answer of an OpenID provider.');
      const found = await discover();
      if (!found) return away;
      try {
        const checks = {
          expectedState: state,
          expectedNonce: nonce,
          pkceCodeVerifier: verifier,
          idTokenExpected: true,
          ...(typeof maxAge === 'number' ? { maxAge } : {}),
        };
        const tokens = await client.authorizationCodeGrant(found, new URL(answer.url), checks);
        const claims = claimsForUs(tokens, answer.url, options.clientId, now());
        if (claims) return ok({ claims, session: textOf(claims['sid']), once: null });
        options.onFailure('no ID token, or not for us: azp, iat, at_hash, c_hash');
        return refuse('sign_in_refused', 'The answer of the identity provider was not accepted.');
      } catch (error) {
        options.onFailure(reasonOf(error));
        return refuse('sign_in_refused', 'The answer of the identity provider was not accepted.');
      }
    },
    async signedOut(logoutToken) {
      const found = await discover();
      const keys = found?.serverMetadata().jwks_uri;
      if (keys === undefined) return away;
      return readLogoutToken(logoutToken, keys, options, now());
    },
  };
}

/**
 * Null where the token was not made for us, here and now, with this code and this access token: what openid-client leaves to
 * its caller (OpenID Connect Core 1.0 §3.1.3.7, §3.1.3.8, §3.3.2.11). Each is checked where it is claimed.
 */
function claimsForUs(
  tokens: client.TokenEndpointResponse & client.TokenEndpointResponseHelpers,
  answer: string,
  clientId: string,
  now: number,
): JsonObject | null {
  const told = tokens.claims();
  if (!told || (told.azp !== undefined && told.azp !== clientId) || told.iat * 1000 > now + limits.clockSkewMs)
    return null;
  // By the hash of the signature: SHA-384 for ES384, SHA-512 for EdDSA, which says no number.
  const bits = /\d{3}$/.exec(decodeProtectedHeader(tokens.id_token ?? '').alg ?? '')?.[0] ?? '512';
  const isOf = (claim: unknown, value: string): boolean => {
    const digest = hash(`sha${bits}`, value, 'buffer');
    return claim === undefined || claim === digest.subarray(0, digest.length / 2).toString('base64url');
  };
  const code = new URL(answer).searchParams.get('code') ?? '';
  if (!isOf(told['at_hash'], tokens.access_token) || !isOf(told['c_hash'], code)) return null;
  // They come from JSON; whatever is undefined among them is left out.
  const claims: JsonObject = JSON.parse(JSON.stringify(told));
  return claims;
}

/** OpenID Connect Back-Channel Logout 1.0 §2.6. */
async function readLogoutToken(
  token: string,
  keys: string,
  { issuer, clientId, onFailure }: OidcProvider,
  now: number,
): Promise<Result<SignedOut>> {
  try {
    const { payload } = await jwtVerify(token, createRemoteJWKSet(new URL(keys), { timeoutDuration: 5000 }), {
      issuer,
      audience: clientId,
      algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'],
      requiredClaims: ['iat', 'events'],
      maxTokenAge: limits.logoutTokenMs / 1000,
      clockTolerance: limits.clockSkewMs / 1000,
      currentDate: new Date(now),
    });
    const { events, sub } = payload;
    const isLogout = typeof events === 'object' && events !== null && Object.hasOwn(events, logoutEvent);
    const session = textOf(payload['sid']);
    if (!isLogout || payload['nonce'] !== undefined) return refuse('sign_in_refused', 'This is no logout token.');
    if (session !== null) return ok({ session, subject: sub ?? null });
    if (sub !== undefined) return ok({ session: null, subject: sub });
    return refuse('sign_in_refused', 'The logout token names nobody.');
  } catch (error) {
    onFailure(reasonOf(error));
    return refuse('sign_in_refused', 'The logout token was not accepted.');
  }
}

/** The provider's metadata, fetched when it is needed: a gate starts without its providers. */
function discovery(options: OidcProvider, now: () => number): () => Promise<client.Configuration | null> {
  let kept: { readonly at: number; readonly found: Promise<client.Configuration | null> } | null = null;
  return () => {
    if (kept && now() < kept.at + metadataMs) return kept.found;
    const issuer = new URL(options.issuer);
    const authentication =
      options.clientSecret === null ? client.None() : client.ClientSecretBasic(options.clientSecret);
    const found = client
      .discovery(issuer, options.clientId, { [client.clockTolerance]: limits.clockSkewMs / 1000 }, authentication, {
        timeout: requestSeconds,
        // The configuration lets http stand for this machine alone.
        execute: [
          client.enableNonRepudiationChecks,
          ...(issuer.protocol === 'http:' ? [client.allowInsecureRequests] : []),
        ],
      })
      .catch((error: unknown) => {
        options.onFailure(reasonOf(error));
        kept = null;
        return null;
      });
    kept = { at: now(), found };
    return found;
  };
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** What went wrong, by its kind: the words of a provider may name a person. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const { name } = error;
  const code = 'code' in error && typeof error.code === 'string' ? ` ${error.code}` : '';
  const own = error instanceof client.ResponseBodyError || error instanceof client.AuthorizationResponseError;
  if (own) return `${name}${code} ${error.error}`;
  // What `fetch` says is that it failed; why, is beneath.
  let beneath: Error = error;
  while (beneath.cause instanceof Error) beneath = beneath.cause;
  const why = beneath !== error && 'code' in beneath ? ` (${String(beneath.code)})` : '';
  return `${name}${code}: ${error.message}${why}`;
}
