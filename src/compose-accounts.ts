// People's own accounts at MCP servers: the gate as an OAuth client of each connection that wants them. Part of the
// composition root; loaded only where there is such a connection.

import type { Logger } from 'pino';
import { publicFetch } from './adapters/oauth-provider/public-fetch.ts';
import type { Store } from './adapters/sqlite-store/store.ts';
import { systemClock as clock } from './adapters/system/clock.ts';
import { systemRandom as random } from './adapters/system/random.ts';
import { createAccountClient } from './adapters/upstream-token/authorization-code.ts';
import { TokenCache } from './adapters/upstream-token/token-cache.ts';
import type { LoadedConfig } from './config/resolve.ts';
import { AccountDesk, accountPages, clientDocument } from './gateway/account-desk.ts';
import type { Log } from './ports/log.ts';
import type { AccountClient, ClientRegistration } from './ports/upstream-account.ts';

/** A registration is kept for so long; one that the authorization server has forgotten before is made anew. */
const registrationMs = 10 * 366 * 86_400_000;

export function openAccounts(
  { config, secret }: LoadedConfig,
  { log, store: { records } }: { readonly log: Log; readonly store: Pick<Store, 'records'> },
  logger: Logger,
): AccountDesk {
  const clients = new Map<string, AccountClient>();
  const fetchStranger = publicFetch(config.identity.clients.privateHosts);
  for (const [name, connection] of Object.entries(config.connections)) {
    if (connection.type !== 'mcp' || connection.transport !== 'http') continue;
    const { url, credential } = connection;
    if (credential?.type !== 'oauth-per-user') continue;
    const redirectUri = `${config.publicUrl}${accountPages}/${name}/callback`;
    const keyOf = (issuer: string): string => JSON.stringify([name, issuer, redirectUri]);
    const server = {
      ...credential,
      url,
      clientSecret: credential.clientSecret && secret(credential.clientSecret),
      redirectUri,
      // Nobody fetches one without TLS.
      documentUrl: redirectUri.startsWith('https:')
        ? `${config.publicUrl}${accountPages}/${name}/${clientDocument}`
        : null,
      registrations: {
        get: (issuer: string) => records.get('account client', keyOf(issuer), clock.now()),
        put: (issuer: string, registration: ClientRegistration) =>
          records.put('account client', keyOf(issuer), registration, clock.now() + registrationMs),
        remove: (issuer: string) => records.remove('account client', keyOf(issuer)),
      },
      fetchStranger,
      onFailure: (reason: string) =>
        logger.warn(
          { connection: name, error: reason },
          'the authorization server of an MCP server was not as it should be',
        ),
    };
    clients.set(
      name,
      createAccountClient(server, () => clock.now()),
    );
  }
  const keep: ConstructorParameters<typeof AccountDesk>[0]['keep'] = (issue) => new TokenCache(clock, issue);
  return new AccountDesk({ clock, random, log, records, clients, keep, publicUrl: config.publicUrl });
}
