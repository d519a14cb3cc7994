// Credentials of the gate at an MCP server over HTTP: real token endpoints, tokens kept and renewed, nothing of the caller's
// passed on, and no request to anybody the operator has not named.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, it, test } from 'node:test';
import { Provider } from 'oidc-provider';
import { createHttpUpstream } from '../../src/adapters/mcp-http/upstream.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { createCredential } from '../../src/adapters/upstream-token/credential.ts';
import { fixedCredential } from '../../src/adapters/upstream-token/fixed.ts';
import { TokenCache } from '../../src/adapters/upstream-token/token-cache.ts';
import type { CredentialConfig, OAuthCredential } from '../../src/config/config.ts';
import { ok, refuse } from '../../src/core/result.ts';
import { type AuthorizationServer, clientOfTests, startAuthorizationServer } from '../parts/authorization-server.ts';
import { type ServedFixture, serveFixture } from './fixture-server.ts';
import { connect, openGate, type TestGate } from './gate.ts';

const oauth = (
  type: OAuthCredential['type'],
  at: OAuthCredential['at'],
  more: Partial<OAuthCredential> = {},
): OAuthCredential => ({
  type,
  at,
  clientId: clientOfTests.id,
  clientSecret: { raw: clientOfTests.secret },
  authentication: 'basic',
  scopes: [],
  resource: null,
  audience: null,
  ...more,
});

let server: AuthorizationServer;
let upstream: ServedFixture;
const opened: { close(): Promise<void> }[] = [];

beforeEach(async () => {
  server = await startAuthorizationServer();
  upstream = await serveFixture({ json: true, admits: (authorization) => server.admits(authorization) });
  opened.push(server, upstream);
});
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

/** A gate whose connection `remote` is the fixture, entered with this credential. */
async function gateWith(config: CredentialConfig, url = upstream.url): Promise<TestGate> {
  const own = new Map<string, ReturnType<typeof createCredential>>();
  const gate = await openGate({
    startUpstream: (_session, caller) => {
      const parts = { clock: systemClock, url, secret: ({ raw }: { raw: string }) => raw, caller: () => caller.token };
      const credential = own.get('one') ?? createCredential(config, parts);
      if (config.type !== 'token-exchange') own.set('one', credential);
      return Promise.resolve(ok(createHttpUpstream({ url, credential })));
    },
  });
  opened.push(gate);
  return gate;
}

const shown = (): string[] => [...new Set(upstream.seen.map(({ authorization = '' }) => authorization))];

describe('client credentials (RFC 6749 §4.4)', () => {
  it('one token for all sessions, found by the metadata of the issuer', async () => {
    const gate = await gateWith(
      oauth('oauth-client-credentials', { issuer: server.issuer }, { scopes: ['read', 'list'], audience: 'notes' }),
    );
    const clients = await Promise.all(['ana', 'bob', 'ana'].map((person) => connect(gate, 'remote', person)));
    for (const client of clients) {
      assert.equal((await client.callTool({ name: 'pid' })).isError, undefined);
      await client.close();
    }
    assert.equal(server.requests.length, 1, 'one request, whoever waited');
    assert.deepEqual(server.requests[0]?.form, {
      grant_type: 'client_credentials',
      resource: upstream.url,
      scope: 'read list',
      audience: 'notes',
    });
    assert.deepEqual(shown(), ['Bearer issued-1']);
  });

  it('a refused token is renewed once, and not without end', async () => {
    const gate = await gateWith(
      oauth('oauth-client-credentials', { tokenUrl: server.tokenUrl }, { authentication: 'post' }),
    );
    await using client = await connect(gate, 'remote');
    server.revokeAll();
    assert.equal((await client.callTool({ name: 'pid' })).isError, undefined, 'the caller notices nothing');
    assert.equal(server.requests.length, 2);
    server.revokeAll();
    await assert.rejects(client.callTool({ name: 'pid' }), /HTTP status 401/);
    await assert.rejects(client.callTool({ name: 'pid' }), /HTTP status 401/);
    assert.equal(server.requests.length, 2, 'a token that young is not renewed again');
  });

  it('works with a certified provider', async () => {
    const listener = createServer();
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    const address = listener.address();
    const issuer = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
    const provider = new Provider(issuer, {
      clients: [
        {
          client_id: clientOfTests.id,
          client_secret: clientOfTests.secret,
          grant_types: ['client_credentials'],
          redirect_uris: [],
          response_types: [],
        },
      ],
      features: {
        devInteractions: { enabled: false },
        clientCredentials: { enabled: true },
        resourceIndicators: {
          enabled: true,
          getResourceServerInfo: () => ({ scope: 'read', accessTokenFormat: 'jwt', audience: 'notes' }),
        },
      },
    });
    const answer = provider.callback();
    listener.on('request', (incoming, outgoing) => void answer(incoming, outgoing));
    opened.push({
      close: () => {
        listener.closeAllConnections();
        return new Promise((resolve) => listener.close(() => resolve()));
      },
    });
    const config = oauth(
      'oauth-client-credentials',
      { issuer },
      { scopes: ['read'], resource: 'https://notes.internal/mcp' },
    );
    const credential = createCredential(config, {
      clock: systemClock,
      url: '',
      secret: ({ raw }) => raw,
      caller: () => '',
    });
    const header = await credential.header();
    assert.ok(header.ok, JSON.stringify(header));
    const [, claims = ''] = header.value.value.split('.');
    const { aud, scope, client_id: id } = JSON.parse(Buffer.from(claims, 'base64url').toString());
    assert.deepEqual([aud, scope, id], ['notes', 'read', clientOfTests.id]);
  });
});

describe('token exchange (RFC 8693)', () => {
  it("a token for each caller's session, and never the caller's own", async () => {
    const gate = await gateWith(oauth('token-exchange', { tokenUrl: server.tokenUrl }));
    for (const person of ['ana', 'bob']) {
      await using client = await connect(gate, 'remote', person);
      assert.equal((await client.callTool({ name: 'pid' })).isError, undefined);
    }
    assert.deepEqual(
      server.requests.map(({ form }) => form['subject_token']),
      ['ana', 'bob'],
    );
    assert.deepEqual(shown(), ['Bearer issued-1', 'Bearer issued-2']);
    for (const headers of upstream.seen) assert.doesNotMatch(JSON.stringify(headers), /\b(?:ana|bob)\b/);
  });

  it('a server that gives the same token back is refused', async () => {
    const gate = await gateWith(oauth('token-exchange', { tokenUrl: server.tokenUrl }));
    server.mischief.echo = true;
    await assert.rejects(connect(gate, 'remote'), /own token back/);
    assert.deepEqual(upstream.seen, []);
  });
});

describe('a Google service account', () => {
  it('an ID token for an audience, or an access token with scopes', async () => {
    const key = { raw: server.serviceAccountKey };
    for (const want of [{ audience: 'https://notes.run.app' }, { scopes: ['one', 'two'] }]) {
      const gate = await gateWith({ type: 'google-service-account', key, want });
      await using client = await connect(gate, 'remote');
      assert.equal((await client.callTool({ name: 'pid' })).isError, undefined);
    }
    assert.equal(server.requests.length, 2);
    const [idToken = '', accessToken] = shown();
    assert.equal(
      JSON.parse(Buffer.from(idToken.split('.')[1] ?? '', 'base64url').toString()).aud,
      'https://notes.run.app',
    );
    assert.equal(accessToken, 'Bearer issued-1');
  });

  it('what is no key file, or would send the grant in clear, is refused', async () => {
    const key = JSON.parse(server.serviceAccountKey);
    for (const raw of ['hunter2', '{}', JSON.stringify({ ...key, token_uri: 'http://elsewhere.example/token' })]) {
      const gate = await gateWith({ type: 'google-service-account', key: { raw }, want: { scopes: ['one'] } });
      await assert.rejects(connect(gate, 'remote'), (error: Error) => {
        assert.match(error.message, /JSON key file/);
        return !error.message.includes('hunter2');
      });
    }
    assert.deepEqual(server.requests, []);
  });
});

describe('a token endpoint that cannot be trusted', () => {
  const attempt = async (config: CredentialConfig) => {
    const parts = {
      clock: systemClock,
      url: upstream.url,
      secret: ({ raw }: { raw: string }) => raw,
      caller: () => 'ana',
    };
    const header = await createCredential(config, parts).header();
    return header.ok ? 'ok' : `${header.error.code}: ${header.error.text}`;
  };

  it('metadata that leads elsewhere, or belongs to another, is refused and nobody else is asked', async () => {
    const other = await startAuthorizationServer();
    opened.push(other);
    const byIssuer = oauth('oauth-client-credentials', { issuer: server.issuer });
    server.mischief.metadata = { token_endpoint: other.tokenUrl };
    assert.match(await attempt(byIssuer), /^upstream_refused: .*another origin/);
    server.mischief.metadata = { token_endpoint: 'http://169.254.169.254/latest/meta-data' };
    assert.match(await attempt(byIssuer), /^upstream_refused: .*another origin/);
    server.mischief.metadata = { issuer: other.issuer };
    assert.match(await attempt(byIssuer), /^upstream_refused: .*belongs to another/);
    server.mischief.metadata = {};
    const redirecting = oauth('oauth-client-credentials', { tokenUrl: server.tokenUrl });
    server.mischief.answer = [307, { location: other.tokenUrl }, ''];
    assert.match(await attempt(redirecting), /^upstream_refused: .*no token/);
    assert.deepEqual(other.requests, []);
  });

  it('answers that are none', async () => {
    const config = oauth('oauth-client-credentials', { tokenUrl: server.tokenUrl });
    const answers: [number, string, RegExp][] = [
      [
        400,
        '{"error":"invalid_scope","error_description":"ssn 219-09-9999"}',
        /^upstream_refused: .*\(invalid_scope\)\.$/,
      ],
      [400, '{"error":"219-09-9999"}', /^upstream_refused: .*no token\.$/],
      [503, 'down', /^upstream_unavailable: .*503/],
      [200, 'not JSON', /no bearer token/],
      [200, '{"access_token":"a b","token_type":"Bearer"}', /no bearer token/],
      [200, '{"access_token":"ab","token_type":"mac"}', /no bearer token/],
      [200, `{"access_token":"${'a'.repeat(300_000)}","token_type":"Bearer"}`, /more than the gate accepts/],
    ];
    for (const [status, body, expected] of answers) {
      server.mischief.answer = [status, {}, body];
      const told = await attempt(config);
      assert.match(told, expected);
      assert.doesNotMatch(told, /219-09/);
    }
    await server.close();
    assert.match(await attempt(config), /^upstream_unavailable/);
  });
});

describe('a token that is kept', () => {
  it('is used until shortly before its end; a failure is not kept', async () => {
    let now = 1_000_000;
    let fails = false;
    let count = 0;
    const cache = new TokenCache({ now: () => now }, async () =>
      fails ? refuse('upstream_unavailable', 'down') : ok({ token: `t${++count}`, expiresMs: now + 600_000 }),
    );
    const value = async (): Promise<string> => {
      const header = await cache.header();
      return header.ok ? header.value.value : header.error.code;
    };
    assert.equal(await value(), 'Bearer t1');
    now += 539_000;
    assert.equal(await value(), 'Bearer t1');
    now += 2_000;
    fails = true;
    assert.equal(await value(), 'upstream_unavailable');
    fails = false;
    assert.deepEqual(await Promise.all([value(), value(), value()]), Array(3).fill('Bearer t2'));
    assert.equal(cache.rejected('Bearer t1'), true, 'an old one: there is a newer already');
    assert.equal(await value(), 'Bearer t2');
    assert.equal(cache.rejected('Bearer t2'), true);
    assert.equal(await value(), 'Bearer t3');
    assert.equal(cache.rejected('Bearer t3'), false, 'the one that came after a refusal, seconds later');
    now += 6_000;
    assert.equal(cache.rejected('Bearer t3'), true);
  });
});

test('a user in the URL is sent as Basic (RFC 7617), and a header that is configured stands for any of that name', async () => {
  const seen: IncomingHttpHeaders[] = [];
  const plain = createServer((request, response) => {
    seen.push(request.headers);
    request.resume();
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"jsonrpc":"2.0","id":1,"result":{}}');
  }).listen(0, '127.0.0.1');
  await once(plain, 'listening');
  opened.push({ close: async () => void plain.close() });
  const { port } = plain.address() as AddressInfo;
  const url = `http://gate:p%40ss@127.0.0.1:${port}/mcp?of=one`;
  const header = fixedCredential({ name: 'Authorization', value: 'Bearer one' });
  const agent = fixedCredential({ name: 'User-Agent', value: 'somebody else' });
  for (const credential of [null, header, agent]) {
    const server = createHttpUpstream({ url, credential });
    await server.start({ message: () => Promise.resolve(1), closed: () => {} });
    const sent = await server.send({ text: '{"jsonrpc":"2.0","id":1,"method":"ping"}', id: 1 });
    assert.ok(sent.ok);
    await server.close();
  }
  const basic = `Basic ${Buffer.from('gate:p@ss').toString('base64')}`;
  assert.deepEqual(
    seen.map((each) => [each.authorization, each['user-agent']]),
    [
      [basic, 'chartgate'],
      ['Bearer one', 'chartgate'],
      [basic, 'somebody else'],
    ],
  );
});
