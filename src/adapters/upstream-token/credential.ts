// From what the configuration says of a credential to the credential itself.

import type { CredentialConfig, SecretString } from '../../config/config.ts';
import type { Clock } from '../../ports/clock.ts';
import type { UpstreamCredential } from '../../ports/upstream-credential.ts';
import { fixedCredential } from './fixed.ts';
import { googleServiceAccount } from './google.ts';
import { clientCredentials, tokenExchange } from './oauth.ts';

export interface CredentialParts {
  readonly clock: Pick<Clock, 'now'>;
  /** The connection's URL. */
  readonly url: string;
  readonly secret: (secret: SecretString) => string;
  /** The token the caller of this session came with last. */
  readonly caller: () => string;
}

export function createCredential(config: CredentialConfig, parts: CredentialParts): UpstreamCredential {
  const { clock, url, secret, caller } = parts;
  switch (config.type) {
    case 'bearer':
      return fixedCredential({ name: 'authorization', value: `Bearer ${secret(config.token)}` });
    case 'header':
      return fixedCredential({ name: config.name, value: secret(config.value) });
    case 'google-service-account':
      return googleServiceAccount({ key: secret(config.key), want: config.want }, clock);
    case 'oauth-client-credentials':
    case 'token-exchange': {
      const { at, clientId: id, clientSecret, authentication, scopes, audience } = config;
      const client = { at, id, secret: secret(clientSecret), authentication };
      const wanted = { client, scopes, resource: config.resource ?? url, audience };
      return config.type === 'token-exchange' ? tokenExchange(wanted, caller, clock) : clientCredentials(wanted, clock);
    }
  }
}
