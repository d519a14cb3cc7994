// An MCP server's own authorization server, made of oidc-provider: it registers whoever asks, gives tokens for one resource
// (RFC 8707) with refresh tokens that rotate, and takes them back.

import { createServer } from 'node:http';
import { createLocalJWKSet, exportJWK, generateKeyPair, jwtVerify } from 'jose';
import { Provider } from 'oidc-provider';
import type { Page, UserAgent } from './user-agent.ts';

export interface NotesAccounts {
  readonly issuer: string;
  /** Requests to the token endpoint, by grant type, with what came of them. */
  readonly grants: { readonly type: string; readonly status: number; readonly resource: string }[];
  readonly registered: string[];
  readonly revoked: string[];
  /** The account a token for this resource stands for, or null. */
  accountOf(authorization: string, resource: string): Promise<string | null>;
  /** Tokens given so far are refused, as if somebody had revoked them here. */
  distrust(): void;
  /** From now on no refresh token is good. */
  readonly mischief: { forgetful?: boolean; slowMs?: number };
  close(): Promise<void>;
}

export async function startNotesAccounts(lifeSeconds = 3600): Promise<NotesAccounts> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const issuer = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
  const about = { kid: 'notes-1', use: 'sig', alg: 'RS256' };
  const keys = createLocalJWKSet({ keys: [{ ...(await exportJWK(publicKey)), ...about }] });
  const grants: NotesAccounts['grants'] = [];
  const registered: string[] = [];
  const revoked: string[] = [];
  const distrusted = new Set<string>();
  const seen = new Set<string>();
  const mischief: NotesAccounts['mischief'] = {};
  const provider = new Provider(issuer, {
    clients: [],
    cookies: { keys: ['for the tests'] },
    jwks: { keys: [{ ...(await exportJWK(privateKey)), ...about }] },
    scopes: ['openid', 'offline_access', 'notes:read'],
    rotateRefreshToken: true,
    features: {
      devInteractions: { enabled: true },
      registration: { enabled: true },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_context, resource) => ({
          scope: 'notes:read',
          audience: resource,
          accessTokenFormat: 'jwt',
          accessTokenTTL: lifeSeconds,
        }),
        useGrantedResource: () => true,
      },
    },
    findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  });
  provider.on('registration_create.success', (_context, client) => void registered.push(client.clientId));
  provider.on('refresh_token.destroyed', (token) => void revoked.push(token.accountId ?? ''));
  provider.on('grant.revoked', (_context, id) => void revoked.push(id));
  provider.use(async (context, next) => {
    const isToken = context.path === '/token' && context.method === 'POST';
    if (isToken && mischief.slowMs !== undefined) await new Promise((resolve) => setTimeout(resolve, mischief.slowMs));
    await next();
    if (!isToken) return;
    const { grant_type: type = '', resource = '' } = (context['oidc']?.params ?? {}) as Record<string, string>;
    if (mischief.forgetful && type === 'refresh_token') {
      context.status = 400;
      context.body = { error: 'invalid_grant', error_description: 'for operators' };
    }
    grants.push({ type, status: context.status, resource });
  });
  const answer = provider.callback();
  server.on('request', (request, response) => void answer(request, response));
  return {
    issuer,
    grants,
    registered,
    revoked,
    mischief,
    async accountOf(authorization, resource) {
      const token = authorization.replace(/^Bearer /, '');
      if (distrusted.has(token)) return null;
      const verified = await jwtVerify(token, keys, { issuer, audience: resource }).catch(() => null);
      if (verified) seen.add(token);
      return verified?.payload.sub ?? null;
    },
    distrust: () => {
      for (const token of seen) distrusted.add(token);
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Signs in there as this account, and allows what is asked; ends where the browser comes to rest. */
export async function allowAt(notes: NotesAccounts, agent: UserAgent, page: Page, account: string): Promise<Page> {
  if (page.url.origin !== notes.issuer)
    throw new Error(`not at the authorization server: ${page.url.href}\n${page.html}`);
  const signedIn = page.html.includes('name="login"')
    ? await agent.submit(page, 'name="login"', { login: account, password: 'x' })
    : page;
  return agent.submit(signedIn, 'value="consent"');
}
