// The gate's own OAuth 2.1 authorization server: oidc-provider, told what this gate allows. It gives out opaque tokens for
// one door each, and never says who somebody is: that is the sign-in's business.

import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { type errors, type KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { AuthorizationRequests } from '../../ports/sign-in.ts';
import { type AuthorizationServerDeps, configurationOf, routes } from './configuration.ts';
import { GrantRefused, isOfGrant, registerGrants } from './grants.ts';
import { asConfigured } from './incoming-request.ts';
import { createRates } from './rates.ts';
import { requestsOf } from './requests.ts';

/** What an access token of ours is good for. */
export interface AccessToken {
  readonly signIn: string;
  /** The client that acts for the person; null for the gate's own command line and psql, and where the sign-in says who does. */
  readonly agent: string | null;
  /** The door, as its resource identifier. */
  readonly resource: string;
  /** What was asked for besides, and granted. */
  readonly scopes: readonly string[];
  readonly expiresMs: number;
}

export interface AuthorizationServer {
  readonly requests: AuthorizationRequests;
  /** Undefined for what is no live access token of ours. */
  find(token: string): Promise<AccessToken | undefined>;
  /** Whether a path is this server's. */
  serves(path: string): boolean;
  readonly listener: RequestListener;
}

/** What people type into themselves: no agent acts for them there. */
const ownClients: ReadonlySet<string> = new Set(['chartgate-cli', 'chartgate-psql']);

const paths = ['/oauth/', '/device', '/.well-known/oauth-authorization-server', '/.well-known/openid-configuration'];

export async function createAuthorizationServer(deps: AuthorizationServerDeps): Promise<AuthorizationServer> {
  const provider = new Provider(deps.publicUrl, configurationOf(deps, await signingKey(deps)));
  // See `asConfigured`.
  provider.proxy = true;
  provider.on('server_error', (_context, error) => deps.onBug(error));
  reportRefusals(provider, deps.onRefused);
  provider.on('grant.revoked', ({ oidc: { entities } }) => {
    const { RefreshToken, AuthorizationCode, DeviceCode } = entities;
    const { accountId, clientId } = RefreshToken ?? AuthorizationCode ?? DeviceCode ?? {};
    if (accountId !== undefined && clientId !== undefined) deps.onRevoked(accountId, agentOf(clientId));
  });
  registerGrants(provider, deps.clients, deps.grants);
  // Such a token is all that was allowed: whoever gives it back ends what came of it.
  provider.on('access_token.destroyed', ({ accountId, gty }) => {
    if (accountId !== undefined && isOfGrant(gty)) deps.onRevoked(accountId, null);
  });
  provider.on('registration_create.success', (_context, client) => deps.onRegistered(client.clientId));
  const answer = provider.callback();
  const isTooMany = createRates(deps.clock);
  return {
    requests: requestsOf(provider, deps.stepUpOf),
    find: async (token) => {
      if (!/^[\w-]{43}$/.test(token)) return undefined;
      const found = await provider.AccessToken.find(token);
      if (!found || typeof found.aud !== 'string' || found.accountId === undefined) return undefined;
      const { accountId, clientId, aud, exp = 0, gty } = found;
      const agent = clientId === undefined || isOfGrant(gty) ? null : agentOf(clientId);
      return { signIn: accountId, agent, resource: aud, scopes: [...found.scopes], expiresMs: exp * 1000 };
    },
    serves: (path) => paths.some((each) => path === each || path.startsWith(each.endsWith('/') ? each : `${each}/`)),
    listener: (request, response) => {
      if (isTooMany(request)) {
        // The body is left where it is: nobody reads on.
        response.shouldKeepAlive = false;
        response.writeHead(429, { 'retry-after': '60', 'content-type': 'application/json' });
        return void response.end('{"error":"temporarily_unavailable"}');
      }
      if (answersPreflight(request, response, deps)) return;
      void answer(asConfigured(request, deps.publicUrl), response);
    },
  };
}

/**
 * The library lets scripts of other origins have its metadata, and of a client's own its tokens, but register nobody. True where a browser
 * only asks whether it may (WHATWG Fetch §3.3.2).
 */
function answersPreflight(
  { url = '/', method, headers: { origin = '' } }: IncomingMessage,
  response: ServerResponse,
  { origins, registration }: AuthorizationServerDeps,
): boolean {
  if (!registration || origins.size === 0 || url.split('?')[0] !== routes.registration) return false;
  response.setHeader('vary', 'Origin');
  if (!origins.has(origin)) return false;
  response.setHeader('access-control-allow-origin', origin);
  if (method !== 'OPTIONS') return false;
  const allowed = { 'access-control-allow-methods': 'POST', 'access-control-allow-headers': 'content-type' };
  response.writeHead(204, { ...allowed, 'access-control-max-age': '600' }).end();
  return true;
}

function agentOf(clientId: string): string | null {
  return ownClients.has(clientId) ? null : clientId;
}

/** What a device that waits for its person is told each time it asks. */
const waiting: ReadonlySet<string> = new Set(['authorization_pending', 'slow_down']);

function reportRefusals(provider: Provider, onRefused: AuthorizationServerDeps['onRefused']): void {
  const report = ({ req }: KoaContextWithOIDC, refused: errors.OIDCProviderError): void => {
    const refusal = refused instanceof GrantRefused ? [refused.refusal] : [];
    if (!waiting.has(refused.error)) onRefused(refused.error, req.socket.remoteAddress ?? '', ...refusal);
  };
  provider.on('authorization.error', report);
  provider.on('device_authorization.error', report);
  provider.on('grant.error', report);
  provider.on('registration_create.error', report);
  provider.on('revocation.error', report);
}

/** ES256; made once, kept sealed. */
async function signingKey({ records, clock }: AuthorizationServerDeps): Promise<JWK> {
  const kept = records.get('signing key', 'ES256', clock.now());
  if (kept) return kept;
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const key = { ...(await exportJWK(privateKey)), use: 'sig', alg: 'ES256' };
  records.put('signing key', 'ES256', key, Number.MAX_SAFE_INTEGER);
  return key;
}
