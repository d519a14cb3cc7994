// Sign-in at an OpenID provider: authorization code with PKCE, state and nonce (OpenID Connect Core 1.0 §3.1), by
// openid-client. The ID token's signature is always verified; nothing of the provider's words reaches a person.

import { createRemoteJWKSet, jwtVerify } from 'jose';
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
    async start({ state, loginHint }) {
      const found = await discover();
      if (!found) return away;
      const verifier = client.randomPKCECodeVerifier();
      const nonce = client.randomNonce();
      const url = client.buildAuthorizationUrl(found, {
        redirect_uri: options.redirectUri,
        response_type: 'code',
        scope: [...new Set(['openid', ...options.scopes])].join(' '),
        state,
        nonce,
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        ...(loginHint === null ? {} : { login_hint: loginHint }),
        ...(options.acrValues.length === 0 ? {} : { acr_values: options.acrValues.join(' ') }),
      });
      return ok({ url: url.href, keep: { state, nonce, verifier } });
    },
    async finish(answer, keep) {
      const { state, nonce, verifier } = keep;
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
        };
        const tokens = await client.authorizationCodeGrant(found, new URL(answer.url), checks);
        const told = tokens.claims();
        if (!told) return refuse('sign_in_refused', 'The identity provider sent no ID token.');
        // They come from JSON; whatever is undefined among them is left out.
        const claims: JsonObject = JSON.parse(JSON.stringify(told));
        return ok({ claims, session: textOf(claims['sid']), once: null });
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
  return own ? `${name}${code} ${error.error}` : `${name}${code}: ${error.message}`;
}
