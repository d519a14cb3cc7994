// Tokens of the gate's own for an upstream: client credentials (RFC 6749 §4.4), and one for the caller by token exchange (RFC
// 8693). INVARIANT: the caller's token goes to the token endpoint the operator named, and never on to the upstream.

import { type Result, refuse } from '../../core/result.ts';
import type { Clock } from '../../ports/clock.ts';
import type { IssuedToken, UpstreamCredential } from '../../ports/upstream-credential.ts';
import { TokenCache } from './token-cache.ts';
import { type OAuthClient, requestToken } from './token-endpoint.ts';

export interface Wanted {
  readonly client: OAuthClient;
  readonly scopes: readonly string[];
  /** RFC 8707: what the token is for. */
  readonly resource: string;
  /** For servers that ask for a name instead of, or beside, a resource. */
  readonly audience: string | null;
}

export function clientCredentials(wanted: Wanted, clock: Pick<Clock, 'now'>): UpstreamCredential {
  return new TokenCache(clock, () =>
    requestToken(wanted.client, { grant_type: 'client_credentials', ...targetOf(wanted) }, clock.now()),
  );
}

/** For one session: `caller` gives the token its subject came with last. */
export function tokenExchange(wanted: Wanted, caller: () => string, clock: Pick<Clock, 'now'>): UpstreamCredential {
  return new TokenCache(clock, async (): Promise<Result<IssuedToken>> => {
    const subjectToken = caller();
    const issued = await requestToken(
      wanted.client,
      {
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token: subjectToken,
        subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
        requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        ...targetOf(wanted),
      },
      clock.now(),
    );
    return issued.ok && issued.value.token === subjectToken
      ? refuse('upstream_refused', "The authorization server gave the caller's own token back.")
      : issued;
  });
}

function targetOf({ scopes, resource, audience }: Wanted): Record<string, string> {
  return {
    resource,
    ...(scopes.length > 0 ? { scope: scopes.join(' ') } : {}),
    ...(audience === null ? {} : { audience }),
  };
}
