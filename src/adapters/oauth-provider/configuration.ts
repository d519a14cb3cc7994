// What oidc-provider is told: which grants, clients, lifetimes and pages this gate has, and that a token is for one door.

import type { JWK } from 'jose';
import { type Configuration, errors, type KoaContextWithOIDC } from 'oidc-provider';
import type { Clock } from '../../ports/clock.ts';
import type { KeptRecords } from '../../ports/kept-records.ts';
import { type GrantRefusal, idJagProfile, type TokenGrants } from '../../ports/token-grants.ts';
import { pageHeaders } from '../../wire/http/page.ts';
import { checkClient } from './client-metadata.ts';
import { checkAssertion, fetchKeys, type GrantClient, gateScope, metadataOf, refuseGrants } from './grants.ts';
import { userCodeOf } from './incoming-request.ts';
import { deviceConfirmPage, deviceDonePage, devicePage, errorPage } from './pages.ts';
import { publicFetch } from './public-fetch.ts';
import { requestCookie } from './requests.ts';
import { promptPolicy, type StepUpDeps, scopesNow } from './step-up.ts';
import { storageIn } from './storage.ts';

export interface AuthorizationServerDeps extends StepUpDeps {
  readonly clock: Clock;
  readonly records: KeptRecords;
  readonly publicUrl: string;
  /** Whether this resource is a door of the gate (RFC 8707). */
  readonly isDoor: (resource: string) => boolean;
  /** The door a scope parameter names, for clients that name no resource. */
  readonly resourceOfScope: (scope: string) => string | undefined;
  readonly absoluteMs: number;
  /** Longest life of an access token. */
  readonly accessMs: number;
  readonly registration: boolean;
  /** Of web applications whose scripts may register themselves, as browsers write them. */
  readonly origins: ReadonlySet<string>;
  readonly clientMetadata: boolean;
  /** Hosts of client metadata that may have private addresses. */
  readonly privateHosts: readonly string[];
  /** 32 bytes; signs the cookies. */
  readonly cookieKey: string;
  /** Programs the operator knows, and who decides about their grants. */
  readonly clients: readonly GrantClient[];
  readonly grants: TokenGrants;
  readonly onRegistered: (clientId: string) => void;
  /** A request that was turned away, by the error's name (RFC 6749 §4.1.2.1, §5.2). */
  readonly onRefused: (error: string, address: string, refusal?: GrantRefusal) => void;
  /** What a sign-in allowed a client (null: those of the gate's own) is taken back: by it, or as a token came twice. */
  readonly onRevoked: (signIn: string, agent: string | null) => void;
  readonly onBug: (error: unknown) => void;
}

const metadataBytesMax = 65_536;

/** `key` signs what this server signs. */
export function configurationOf(deps: AuthorizationServerDeps, key: JWK): Configuration {
  const { publicUrl, isLive, absoluteMs, accessMs, records, clock } = deps;
  const lifetime = Math.floor(absoluteMs / 1000);
  const scopes = ['offline_access', gateScope, ...deps.stepUpScopes];
  const known = new Set(deps.clients.map(({ id }) => id));
  const isAsserted = deps.clients.some(({ grants }) => grants.includes('assertion'));
  return {
    adapter: storageIn(records, clock),
    assertJwtClientAuthClaimsAndHeader: async (_context, claims) =>
      checkAssertion(claims, (issuer, id, untilMs) => deps.grants.firstTime(issuer, id, untilMs), clock.now()),
    clients: [commandLine, libpq, ...deps.clients.map(metadataOf)],
    clientDefaults: { id_token_signed_response_alg: 'ES256', grant_types: ['authorization_code', 'refresh_token'] },
    clientAuthMethods: ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'],
    clientBasedCORS: (_context, origin, client) =>
      (client.redirectUris ?? []).some((each) => URL.parse(each)?.origin === origin),
    cookies: {
      names: { session: 'chartgate-oauth', interaction: requestCookie, resume: 'chartgate-resume' },
      keys: [deps.cookieKey],
      long: { signed: true, httpOnly: true, sameSite: 'lax' },
      short: { signed: true, httpOnly: true, sameSite: 'lax' },
    },
    enabledJWA: {
      clientAuthSigningAlgValues: ['RS256', 'PS256', 'ES256', 'EdDSA'],
      idTokenSigningAlgValues: ['ES256'],
    },
    expiresWithSession: async () => false,
    extraClientMetadata: {
      properties: ['software_id'],
      validator: (_context, _key, _value, metadata) => {
        checkClient(metadata);
        refuseGrants(metadata, known);
        // RFC 7591 §2: a client that registered for what it knew of then may still be asked to step up, and ask for all that the
        // metadata names as supported.
        if (metadata.scope !== undefined) metadata.scope = ['openid', ...scopes].join(' ');
      },
    },
    fetch: fetchKeys(deps.clients, publicFetch(deps.privateHosts)),
    fetchResponseBodyLimits: { jwks_uri: metadataBytesMax, sector_identifier_uri: metadataBytesMax },
    features: featuresOf(deps),
    findAccount: async (_context, sub) => (isLive(sub) ? { accountId: sub, claims: async () => ({ sub }) } : undefined),
    interactions: { policy: promptPolicy(deps), url: async (_context, { uid }) => `/signin/a/${uid}` },
    issueRefreshToken: async (_context, client) => client.grantTypeAllowed('refresh_token'),
    jwks: { keys: [key] },
    pkce: { required: () => true },
    renderError: async (context, out) => {
      const client = context.oidc.params?.['client_id'];
      show(context, errorPage(out.error, out.error_description ?? '', typeof client === 'string' ? client : ''));
    },
    responseTypes: ['code'],
    rotateRefreshToken: true,
    scopes,
    routes,
    discovery: {
      service_documentation: `${publicUrl}/signin`,
      ...(isAsserted ? { authorization_grant_profiles_supported: [idJagProfile] } : {}),
    },
    ttl: {
      AccessToken: (_context, { resourceServer }) => resourceServer?.accessTokenTTL ?? accessMs / 1000,
      AuthorizationCode: 60,
      DeviceCode: 600,
      Grant: lifetime,
      IdToken: 300,
      Interaction: 600,
      RefreshToken: lifetime,
      Session: lifetime,
    },
  };
}

export const routes = {
  authorization: '/oauth/authorize',
  code_verification: '/device',
  device_authorization: '/oauth/device',
  end_session: '/oauth/end',
  jwks: '/oauth/jwks',
  registration: '/oauth/register',
  revocation: '/oauth/revoke',
  token: '/oauth/token',
};

function featuresOf(deps: AuthorizationServerDeps): Configuration['features'] {
  const { isDoor, resourceOfScope, onRefused, registration, clientMetadata } = deps;
  return {
    devInteractions: { enabled: false },
    dPoP: { enabled: false },
    pushedAuthorizationRequests: { enabled: false },
    rpInitiatedLogout: { enabled: false },
    userinfo: { enabled: false },
    revocation: { enabled: true },
    deviceFlow: {
      enabled: true,
      userCodeInputSource: async (context, _form, out, error) => {
        const wrong = out !== undefined || error !== undefined;
        if (wrong) onRefused('user_code', context.req.socket.remoteAddress ?? '');
        show(context, devicePage(secretOf(context), userCodeOf(context.req), wrong));
      },
      userCodeConfirmSource: async (context, _form, client, _device, userCode) => {
        show(context, deviceConfirmPage(secretOf(context), userCode, client.clientName ?? client.clientId));
      },
      successSource: async (context) => show(context, deviceDonePage()),
    },
    registration: { enabled: registration, issueRegistrationAccessToken: false },
    clientIdMetadataDocument: { enabled: clientMetadata, ack: 'draft-02' },
    resourceIndicators: {
      enabled: true,
      // INVARIANT: no token without a door it is good for.
      defaultResource: async (context, _client, oneOf) => {
        const scope = context.oidc.params?.['scope'];
        const resource = oneOf ?? (typeof scope === 'string' ? resourceOfScope(scope) : undefined);
        if (resource === undefined) throw new errors.InvalidTarget('resource is required (RFC 8707)');
        return resource;
      },
      useGrantedResource: async () => true,
      getResourceServerInfo: async (context, resource) => {
        if (!isDoor(resource)) throw new errors.InvalidTarget('resource is no door of this gate');
        return {
          scope: [gateScope, ...scopesNow(context, deps)].join(' '),
          audience: resource,
          accessTokenTTL: Math.floor(deps.accessMs / 1000),
          accessTokenFormat: 'opaque',
        };
      },
    },
  };
}

const commandLine = {
  client_id: 'chartgate-cli',
  client_name: 'Chartgate command line',
  application_type: 'native' as const,
  token_endpoint_auth_method: 'none' as const,
  grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
  response_types: ['code' as const],
  redirect_uris: ['http://127.0.0.1/callback'],
};

/** psql and whatever else uses libpq 18: device codes only, and nothing to refresh. */
const libpq = {
  client_id: 'chartgate-psql',
  client_name: 'psql, or another program that uses libpq',
  application_type: 'native' as const,
  token_endpoint_auth_method: 'none' as const,
  grant_types: ['urn:ietf:params:oauth:grant-type:device_code'],
  response_types: [],
  redirect_uris: [],
};

/** The library's own protection of its device forms. */
function secretOf(context: KoaContextWithOIDC): string {
  const secret = context.oidc.session?.state?.['secret'];
  return typeof secret === 'string' ? secret : '';
}

function show(context: KoaContextWithOIDC, html: string): void {
  context.set({ ...pageHeaders });
  context.body = html;
}
