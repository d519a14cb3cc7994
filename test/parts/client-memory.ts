// What the SDK's MCP client keeps of its authorization, in memory; the person is whoever `visit` sends.

import type { OAuthClientProvider } from '@modelcontextprotocol/client';
import { callback } from './oauth-client.ts';

/** What an MCP client keeps of its authorization; the person is a user agent. */
export function memoryOf(visit: (url: URL) => Promise<void>): OAuthClientProvider {
  const kept: Record<string, unknown> = {};
  return {
    redirectUrl: callback,
    clientMetadata: { client_name: 'An <b>agent</b>', redirect_uris: [callback], token_endpoint_auth_method: 'none' },
    clientInformation: () => kept['client'] as never,
    saveClientInformation: (client) => void (kept['client'] = client),
    tokens: () => kept['tokens'] as never,
    saveTokens: (tokens) => void (kept['tokens'] = tokens),
    redirectToAuthorization: visit,
    saveCodeVerifier: (verifier) => void (kept['verifier'] = verifier),
    codeVerifier: () => kept['verifier'] as string,
    discoveryState: () => kept['discovery'] as never,
    saveDiscoveryState: (state) => void (kept['discovery'] = state),
  };
}
