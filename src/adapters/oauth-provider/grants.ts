// The grants without a browser, at oidc-provider's token endpoint: it authenticates the client and makes the token, the
// gate decides. INVARIANT: a client that was not configured for one of these grants cannot have it, however it registered.

import { type ClientMetadata, errors, type Provider, type TokenEndpointGrantContext } from 'oidc-provider';
import { limits } from '../../core/limits.ts';
import { type Grant, type GrantRefusal, grantTypes, type TokenGrants, tokenTypes } from '../../ports/token-grants.ts';

/** A client of the configuration, as the token endpoint has to know it. */
export interface GrantClient {
  readonly id: string;
  readonly label: string;
  readonly grants: readonly Grant[];
  readonly proof:
    | {
        /** The key set as it is now (RFC 7517), JSON. */
        readonly readKeys: () => Promise<string>;
      }
    | { readonly secret: string };
}

/** The one scope: to use a door as oneself. What that allows, the policy says. */
export const gateScope = 'gate';

const grants: readonly Grant[] = ['workload', 'exchange', 'assertion'];
const names: ReadonlySet<string> = new Set(Object.values(grantTypes));

/** Form fields besides those that authenticate the client. */
const fields: Readonly<Record<Grant, readonly string[]>> = {
  workload: ['resource', 'audience', 'scope'],
  exchange: [
    'resource',
    'audience',
    'scope',
    'subject_token',
    'subject_token_type',
    'actor_token',
    'actor_token_type',
    'requested_token_type',
  ],
  assertion: ['resource', 'scope', 'assertion'],
};

/** A grant the gate did not give; its words are the gate's own. */
export class GrantRefused extends errors.CustomOIDCProviderError {
  readonly refusal: GrantRefusal;

  constructor(refusal: GrantRefusal) {
    super(refusal.error, refusal.text);
    this.statusCode = 400;
    this.refusal = refusal;
  }
}

/** The library asks for keys by address; those of configured clients are answered here, from wherever they are. */
const keysHost = 'clients.invalid';

export function metadataOf({ id, label, grants: given, proof }: GrantClient): ClientMetadata {
  return {
    client_id: id,
    client_name: label,
    grant_types: given.map((each) => grantTypes[each]),
    response_types: [],
    redirect_uris: [],
    ...('secret' in proof
      ? { token_endpoint_auth_method: 'client_secret_basic', client_secret: proof.secret }
      : { token_endpoint_auth_method: 'private_key_jwt', jwks_uri: `https://${keysHost}/${encodeURIComponent(id)}` }),
  };
}

/** @param elsewhere fetches for clients that nobody knows */
export function fetchKeys(clients: readonly GrantClient[], elsewhere: typeof fetch): typeof fetch {
  return async (input, options) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (url.hostname !== keysHost) return elsewhere(input, options);
    const id = decodeURIComponent(url.pathname.slice(1));
    const proof = clients.find((each) => each.id === id)?.proof;
    if (!proof || !('readKeys' in proof)) return new Response(null, { status: 404 });
    return new Response(await proof.readKeys(), { headers: { 'content-type': 'application/json' } });
  };
}

/** For metadata of whoever registers. */
export function refuseGrants(metadata: ClientMetadata, known: ReadonlySet<string>): void {
  if (!known.has(metadata.client_id) && metadata.grant_types?.some((each) => names.has(each)))
    throw new errors.InvalidClientMetadata('grant_types is for clients the operator has configured');
}

/**
 * RFC 7523 §3, besides what the library checks: an assertion for this server alone, that is used at once, and once.
 * @throws InvalidClientAuth
 */
export function checkAssertion(
  { iss, aud, exp, jti }: Readonly<Record<string, unknown>>,
  firstTime: TokenGrants['firstTime'],
  now: number,
): void {
  if (Array.isArray(aud) && aud.length !== 1)
    throw new errors.InvalidClientAuth('the assertion has to be for this authorization server alone');
  if (typeof exp !== 'number' || exp * 1000 > now + limits.assertionMs + limits.clockSkewMs)
    throw new errors.InvalidClientAuth('the assertion lives longer than one that is used at once has to');
  // The library looks for it and writes it down in two steps, which two requests can take at the same time.
  if (!firstTime(`client ${String(iss)}`, String(jti), exp * 1000))
    throw new errors.InvalidClientAuth('the assertion has been presented before');
}

/** Those that some configured client may use. */
export function registerGrants(provider: Provider, clients: readonly GrantClient[], desk: TokenGrants): void {
  for (const kind of grants) {
    if (!clients.some((each) => each.grants.includes(kind))) continue;
    provider.registerGrantType(grantTypes[kind], (context) => answer(provider, kind, context, desk), fields[kind]);
  }
}

async function answer(
  provider: Provider,
  kind: Grant,
  context: TokenEndpointGrantContext,
  desk: TokenGrants,
): Promise<void> {
  const { client, params } = context.oidc;
  const given = Object.fromEntries(
    fields[kind].flatMap((field): [string, string][] => {
      const value: unknown = Reflect.get(params, field);
      return typeof value === 'string' && value !== '' ? [[field, value]] : [];
    }),
  );
  const address = context.req.socket.remoteAddress ?? '';
  const granted = await desk.grant(kind, { client: client.clientId, params: given, address });
  if (!granted.ok) throw new GrantRefused(granted.error);
  const { signIn, resource, expiresMs } = granted.value;
  const seconds = Math.floor(expiresMs / 1000) - Math.floor(Date.now() / 1000);
  if (seconds < 1) throw new errors.InvalidGrant('what was brought ends now');
  const token = new provider.AccessToken({
    accountId: signIn,
    grantId: signIn,
    client,
    gty: grantTypes[kind],
    scope: gateScope,
    expiresIn: seconds,
  });
  token.setAudience(resource);
  context.oidc.entity('AccessToken', token);
  context.body = {
    access_token: await token.save(),
    token_type: 'Bearer',
    expires_in: seconds,
    scope: gateScope,
    ...(kind === 'exchange' ? { issued_token_type: tokenTypes.access } : {}),
  };
}

/** Whether a token came of one of these grants: its subject says who acts. */
export function isOfGrant(gty: string | undefined): boolean {
  return gty !== undefined && names.has(gty);
}
