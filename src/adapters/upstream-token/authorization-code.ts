// The gate as an OAuth client of an MCP server's authorization server, for people's own accounts there: authorization code
// with PKCE (OAuth 2.1, MCP 2025-11-25 Authorization), by openid-client. INVARIANT: what the server names is fetched at public
// addresses only, and a code or token goes to the authorization server that the browser was sent to.

import * as client from 'openid-client';
import type { JsonObject } from '../../core/json.ts';
import { ok, type Result, refuse } from '../../core/result.ts';
import { Turns } from '../../core/turns.ts';
import type { AccountClient, ClientRegistration, Grant } from '../../ports/upstream-account.ts';
import { type ProtectedResource, readProtectedResource } from './protected-resource.ts';
import { isEndpoint, isToken } from './token-endpoint.ts';

export interface AccountServer {
  /** Of the MCP server. */
  readonly url: string;
  readonly issuer: string | null;
  readonly clientId: string | null;
  readonly clientSecret: string | null;
  readonly authentication: 'basic' | 'post';
  readonly scopes: readonly string[];
  readonly resource: string | null;
  /** Where the browser comes back to. */
  readonly redirectUri: string;
  /** Where the document stands that says what the gate is as a client; null where no authorization server would fetch it. */
  readonly documentUrl: string | null;
  /** The gate's registrations, by authorization server. */
  readonly registrations: {
    get(issuer: string): ClientRegistration | undefined;
    put(issuer: string, registration: ClientRegistration): void;
    remove(issuer: string): void;
  };
  /** For hosts nobody in the configuration has named. */
  readonly fetchStranger: typeof fetch;
  /** For the operator. */
  readonly onFailure: (reason: string) => void;
}

const requestSeconds = 10;
/** Metadata of an authorization server is read again so often. */
const metadataMs = 600_000;
/** RFC 6749 §5.1 only recommends `expires_in`: a token without it is good until it is refused. */
const lifeMsUnsaid = 30 * 86_400_000;

const away = refuse(
  'upstream_unavailable',
  'The authorization server of the MCP server does not answer as it should.',
  {
    next: 'Try again in a moment; the operator finds the cause in the log of the gate.',
  },
);
const over = refuse('account_required', 'The authorization of your account has ended.');

export function createAccountClient(server: AccountServer, now: () => number): AccountClient {
  return new CodeClient(server, now);
}

class CodeClient implements AccountClient {
  readonly document: JsonObject | null;
  readonly #server: AccountServer;
  readonly #now: () => number;
  readonly #found = new Map<string, { readonly at: number; readonly configuration: Promise<client.Configuration> }>();
  /** One registration at a time. */
  readonly #registering = new Turns();

  constructor(server: AccountServer, now: () => number) {
    this.#server = server;
    this.#now = now;
    this.document =
      server.documentUrl === null
        ? null
        : { client_id: server.documentUrl, ...describedClient(server.redirectUri), token_endpoint_auth_method: 'none' };
  }

  async start(state: string): Promise<Result<{ readonly url: string; readonly keep: JsonObject }>> {
    const about = await this.#about();
    if (!about.ok) return about;
    const { issuer, resource } = about.value;
    try {
      const configuration = await this.#configurationOf(issuer);
      const metadata = configuration.serverMetadata();
      // MCP 2025-11-25, Authorization: a client does not go on where PKCE is not offered.
      if (!metadata.supportsPKCE('S256'))
        return refuse('upstream_refused', 'The authorization server offers no PKCE with S256 (RFC 7636).');
      const lasting = metadata.scopes_supported?.includes('offline_access') ?? false;
      const scopes = [...new Set([...about.value.scopes, ...(lasting ? ['offline_access'] : [])])];
      const verifier = client.randomPKCECodeVerifier();
      const url = client.buildAuthorizationUrl(configuration, {
        redirect_uri: this.#server.redirectUri,
        response_type: 'code',
        state,
        resource,
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        ...(scopes.length > 0 ? { scope: scopes.join(' ') } : {}),
        // OpenID Connect Core 1.0 §11.
        ...(lasting ? { prompt: 'consent' } : {}),
      });
      return ok({ url: url.href, keep: { state, verifier, issuer, resource } });
    } catch (error) {
      this.#server.onFailure(reasonOf(error));
      return error instanceof NoClient ? refuse('upstream_refused', error.message) : away;
    }
  }

  async finish(query: string, keep: JsonObject): Promise<Result<Grant>> {
    const { state, verifier, issuer, resource } = keep;
    if (
      typeof state !== 'string' ||
      typeof verifier !== 'string' ||
      typeof issuer !== 'string' ||
      typeof resource !== 'string'
    )
      return away;
    try {
      const configuration = await this.#configurationOf(issuer);
      const tokens = await client.authorizationCodeGrant(
        configuration,
        new URL(`${this.#server.redirectUri}${query}`),
        { expectedState: state, pkceCodeVerifier: verifier },
        { resource },
      );
      return this.#grantOf(tokens, { issuer, resource, refreshToken: null });
    } catch (error) {
      this.#server.onFailure(reasonOf(error));
      if (codeOf(error) === 'invalid_client') this.#forget(issuer);
      return refuse('sign_in_refused', 'The answer of the authorization server was not accepted.', {
        next: 'Begin again; if it is refused again, the operator finds the cause in the log of the gate.',
      });
    }
  }

  async refresh(grant: Grant): Promise<Result<Grant>> {
    const { issuer, resource, refreshToken } = grant;
    if (refreshToken === null) return over;
    try {
      const configuration = await this.#configurationOf(issuer);
      const tokens = await client.refreshTokenGrant(configuration, refreshToken, { resource });
      return this.#grantOf(tokens, { issuer, resource, refreshToken });
    } catch (error) {
      this.#server.onFailure(reasonOf(error));
      const code = codeOf(error);
      if (code === 'invalid_client') this.#forget(issuer);
      return code === 'invalid_grant' || code === 'invalid_client' ? over : away;
    }
  }

  async revoke({ issuer, refreshToken, token }: Grant): Promise<void> {
    try {
      const configuration = await this.#configurationOf(issuer);
      if (configuration.serverMetadata().revocation_endpoint === undefined) return;
      await client.tokenRevocation(configuration, refreshToken ?? token);
    } catch (error) {
      this.#server.onFailure(reasonOf(error));
    }
  }

  /** As configured, and for the rest as the server says. */
  async #about(): Promise<Result<ProtectedResource>> {
    const { url, issuer, resource, scopes } = this.#server;
    const said = issuer === null ? await readProtectedResource(url) : ok({ issuer, resource: url, scopes: [] });
    if (!said.ok) return said;
    return ok({
      issuer: said.value.issuer,
      resource: resource ?? said.value.resource,
      scopes: scopes.length > 0 ? scopes : said.value.scopes,
    });
  }

  #grantOf(
    tokens: client.TokenEndpointResponse,
    before: Pick<Grant, 'issuer' | 'resource' | 'refreshToken'>,
  ): Result<Grant> {
    const { access_token: token, refresh_token: refreshToken = before.refreshToken, expires_in: seconds } = tokens;
    if (!isToken(token) || tokens.token_type.toLowerCase() !== 'bearer')
      return refuse('upstream_refused', 'The authorization server gave no bearer token.');
    const lifeMs = seconds === undefined ? lifeMsUnsaid : seconds * 1000;
    return ok({ ...before, token, refreshToken: refreshToken ?? null, expiresMs: this.#now() + lifeMs });
  }

  #configurationOf(issuer: string): Promise<client.Configuration> {
    const known = this.#found.get(issuer);
    if (known && this.#now() < known.at + metadataMs) return known.configuration;
    const configuration = this.#configure(issuer);
    this.#found.set(issuer, { at: this.#now(), configuration });
    configuration.catch(() => this.#found.delete(issuer));
    return configuration;
  }

  #forget(issuer: string): void {
    this.#found.delete(issuer);
    this.#server.registrations.remove(issuer);
  }

  async #configure(issuer: string): Promise<client.Configuration> {
    const { clientId, clientSecret, authentication, registrations } = this.#server;
    if (clientId !== null) {
      const way =
        clientSecret === null
          ? client.None()
          : authentication === 'post'
            ? client.ClientSecretPost(clientSecret)
            : client.ClientSecretBasic(clientSecret);
      return (await this.#discover(issuer, clientId, clientSecret, way)).configuration;
    }
    const introduced = async (): Promise<ClientRegistration> =>
      registrations.get(issuer) ?? (await this.#introduce(issuer));
    const { id, secret } = await this.#registering.take(introduced);
    const way = secret === null ? client.None() : client.ClientSecretBasic(secret);
    return (await this.#discover(issuer, id, secret, way)).configuration;
  }

  /** RFC 8414 first, OpenID Connect Discovery where a server has that alone. */
  async #discover(
    issuer: string,
    id: string,
    secret: string | null,
    way: client.ClientAuth,
  ): Promise<{ readonly configuration: client.Configuration; readonly algorithm: Algorithm }> {
    const metadata = secret === null ? {} : { client_secret: secret };
    const attempt = async (algorithm: Algorithm) => ({
      algorithm,
      configuration: await client.discovery(new URL(issuer), id, metadata, way, this.#options(issuer, algorithm)),
    });
    return attempt('oauth2').catch(() => attempt('oidc'));
  }

  #options(issuer: string, algorithm: Algorithm): client.DiscoveryRequestOptions {
    const { url, fetchStranger, issuer: configured } = this.#server;
    const named = new Set([url, ...(configured === null ? [] : [configured])].map((each) => new URL(each).hostname));
    return {
      algorithm,
      timeout: requestSeconds,
      // What is not of this machine goes by TLS whatever this says: see `isEndpoint`.
      execute: issuer.startsWith('http:') ? [client.allowInsecureRequests] : [],
      [client.customFetch]: (target, { body, ...options }) => {
        if (!isEndpoint(target)) throw new TypeError('only https is fetched');
        const whole = { ...options, ...(body === undefined || body === null ? {} : { body }) };
        return named.has(new URL(target).hostname) ? fetch(target, whole) : fetchStranger(target, whole);
      },
    };
  }

  /**
   * The gate registers itself, where that can be done; else it is known by its document, where the authorization server reads
   * such documents (draft-ietf-oauth-client-id-metadata-document): that needs the gate to be reached from there.
   */
  async #introduce(issuer: string): Promise<ClientRegistration> {
    const { documentUrl } = this.#server;
    const { configuration, algorithm } = await this.#discover(issuer, 'none yet', null, client.None());
    const metadata = configuration.serverMetadata();
    const described = metadata['client_id_metadata_document_supported'] === true ? documentUrl : null;
    const { registration_endpoint: endpoint, token_endpoint_auth_methods_supported: ways } = metadata;
    if (endpoint === undefined) {
      if (described !== null) return { id: described, secret: null };
      throw new NoClient('The authorization server registers no clients: name a client_id for this connection.');
    }
    const confidential = ways === undefined || ways.includes('client_secret_basic');
    const registered = await this.#register(issuer, algorithm, confidential);
    if (registered !== null) return registered;
    if (described !== null) return { id: described, secret: null };
    throw new NoClient('The authorization server does not register the gate: name a client_id for this connection.');
  }

  /** RFC 7591. Null where it is refused. */
  async #register(issuer: string, algorithm: Algorithm, confidential: boolean): Promise<ClientRegistration | null> {
    const { redirectUri, registrations } = this.#server;
    const registering = client.dynamicClientRegistration(
      new URL(issuer),
      { ...describedClient(redirectUri), token_endpoint_auth_method: confidential ? 'client_secret_basic' : 'none' },
      undefined,
      this.#options(issuer, algorithm),
    );
    const registered = await registering.catch((error: unknown) => {
      if (!(error instanceof client.ResponseBodyError)) throw error;
      this.#server.onFailure(reasonOf(error));
      return null;
    });
    if (registered === null) return null;
    const { client_id: id, client_secret: secret } = registered.clientMetadata();
    const registration = { id, secret: confidential && typeof secret === 'string' ? secret : null };
    registrations.put(issuer, registration);
    return registration;
  }
}

type Algorithm = 'oauth2' | 'oidc';

/** What the gate is as a client, wherever it is said (RFC 7591 §2). */
function describedClient(redirectUri: string) {
  return {
    client_name: 'Chartgate',
    // OpenID Connect Dynamic Client Registration 1.0 §2: http only for what runs on this machine.
    application_type: redirectUri.startsWith('http:') ? 'native' : 'web',
    redirect_uris: [redirectUri],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
  };
}

/** What is missing for the gate to be a client there; its text may be shown. */
class NoClient extends Error {
  override readonly name = 'NoClient';
}

function codeOf(error: unknown): string | null {
  return error instanceof client.ResponseBodyError ? error.error : null;
}

/** What went wrong, by its kind: the words of an authorization server may name a person. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const named = codeOf(error) ?? (error instanceof client.AuthorizationResponseError ? error.error : null);
  return named === null ? `${error.name}: ${error.message}` : `${error.name} ${named}`;
}
