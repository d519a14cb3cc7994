// The identity provider of the demo: oidc-provider on loopback, a sign-in page, and JWT access tokens for the gate that
// carry the person's groups. Keys, accounts and sessions live in memory and end with the process.

import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { exportJWK, generateKeyPair } from 'jose';
import {
  type Adapter,
  type AdapterPayload,
  type ClientMetadata,
  type Configuration,
  interactionPolicy,
  Provider,
} from 'oidc-provider';
import type { Person } from './people.ts';
import { interaction } from './sign-in.ts';

export const audience = 'chartgate';
export const clientId = 'chartgate-demo';
/** RFC 8707: what a client asks a token for. */
export const resource = 'urn:chartgate:demo';
/** A native app's loopback redirect (RFC 8252 §7.3); nothing has to listen, the code is read off the redirect. */
export const redirectUri = 'http://127.0.0.1/callback';
const tokenSeconds = 3_600;

/** The gate itself, as a client that sends people here to sign in. */
export interface GateClient {
  readonly id: string;
  readonly secret: string;
  readonly redirectUri: string;
}

export interface IdentityProvider {
  readonly issuer: string;
  stop(): Promise<void>;
}

export async function startProvider(
  port: number,
  accounts: readonly Person[],
  gate: GateClient,
): Promise<IdentityProvider> {
  const issuer = `http://127.0.0.1:${port}`;
  const provider = new Provider(issuer, await configuration(accounts, gate));
  const protocol = provider.callback();
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/interaction/')) {
      interaction(provider, accounts, request, response).catch(() =>
        response.writeHead(400).end('This sign-in has ended.'),
      );
    } else {
      void protocol(request, response);
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    issuer,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const ownClient: ClientMetadata = {
  client_id: clientId,
  application_type: 'native',
  redirect_uris: [redirectUri],
  token_endpoint_auth_method: 'none',
  grant_types: ['authorization_code'],
  response_types: ['code'],
  id_token_signed_response_alg: 'ES256',
};

function clientOf(gate: GateClient): ClientMetadata {
  return {
    client_id: gate.id,
    client_secret: gate.secret,
    redirect_uris: [gate.redirectUri],
    grant_types: ['authorization_code'],
    response_types: ['code'],
    id_token_signed_response_alg: 'ES256',
  };
}

async function configuration(accounts: readonly Person[], gate: GateClient): Promise<Configuration> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = { ...(await exportJWK(privateKey)), use: 'sig', alg: 'ES256', kid: 'demo-1' };
  return {
    adapter: memory(),
    jwks: { keys: [jwk] },
    cookies: { keys: [randomBytes(32).toString('base64url')] },
    clients: [ownClient, clientOf(gate)],
    pkce: { required: () => true },
    scopes: ['openid'],
    claims: { openid: ['sub', 'name', 'email', 'email_verified', 'groups'] },
    conformIdTokenClaims: false,
    enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
    ttl: {
      AccessToken: tokenSeconds,
      AuthorizationCode: 60,
      Grant: tokenSeconds,
      Interaction: 600,
      Session: tokenSeconds,
      IdToken: 300,
    },
    findAccount: (_, id) => {
      const person = accounts.find((each) => each.id === id);
      if (!person) return undefined;
      const email = `${id}@hospital.example`;
      const claims = { sub: id, name: person.name, email, email_verified: true, groups: [...person.groups] };
      return { accountId: id, claims: () => claims };
    },
    extraTokenClaims: (_, token) => {
      const person = 'accountId' in token ? accounts.find((each) => each.id === token.accountId) : undefined;
      return person ? { groups: person.groups, name: person.name } : {};
    },
    // Both clients are the demo's own and need nobody's consent.
    loadExistingGrant: async (ctx) => {
      const accountId = ctx.oidc.session?.accountId;
      const clientId = ctx.oidc.client?.clientId;
      if (!accountId || clientId === undefined) return undefined;
      const grant = new ctx.oidc.provider.Grant({ clientId, accountId });
      grant.addOIDCScope('openid');
      grant.addResourceScope(resource, 'gate');
      await grant.save();
      return grant;
    },
    interactions: { policy: promptsForSignInOnly(), url: (_, { uid }) => `/interaction/${uid}` },
    features: {
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => resource,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: 'gate',
          audience,
          accessTokenFormat: 'jwt',
          accessTokenTTL: tokenSeconds,
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
  };
}

/** A native client's user is asked before each code, since any app on the machine could pose as it; here the machine is the demo's. */
function promptsForSignInOnly(): interactionPolicy.DefaultPolicy {
  const policy = interactionPolicy.base();
  policy.get('consent')?.checks.remove('native_client_prompt');
  return policy;
}

/** oidc-provider's adapter contract over a Map. Entries end with the process, so expiry is left to the provider's own check. */
function memory(): (model: string) => Adapter {
  const entries = new Map<string, AdapterPayload>();
  return (model) => {
    const key = (id: string): string => `${model}:${id}`;
    const byField = (field: 'uid' | 'userCode', value: string): AdapterPayload | undefined =>
      [...entries].find(([name, entry]) => name.startsWith(`${model}:`) && entry[field] === value)?.[1];
    return {
      upsert: async (id, payload) => void entries.set(key(id), payload),
      find: async (id) => entries.get(key(id)),
      findByUid: async (uid) => byField('uid', uid),
      findByUserCode: async (code) => byField('userCode', code),
      destroy: async (id) => void entries.delete(key(id)),
      consume: async (id) => {
        const entry = entries.get(key(id));
        if (entry) entry.consumed = Math.floor(Date.now() / 1000);
      },
      revokeByGrantId: async (grantId) => {
        for (const [name, entry] of entries) if (entry.grantId === grantId) entries.delete(name);
      },
    };
  };
}
