// The gate as an OAuth client of authorization servers that cannot be trusted, and what becomes of an account while its
// tokens are renewed: nothing is asked of hosts nobody named, and nothing that was removed comes back.

import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { afterEach, describe, it } from 'node:test';
import { publicFetch } from '../../src/adapters/oauth-provider/public-fetch.ts';
import { openStore } from '../../src/adapters/sqlite-store/store.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { systemRandom } from '../../src/adapters/system/random.ts';
import { createAccountClient } from '../../src/adapters/upstream-token/authorization-code.ts';
import { TokenCache } from '../../src/adapters/upstream-token/token-cache.ts';
import { createAccountPages } from '../../src/admin/account-page.ts';
import type { Subject } from '../../src/core/facts.ts';
import type { RecordInput } from '../../src/core/record.ts';
import { AccountDesk } from '../../src/gateway/account-desk.ts';
import type { AccountClient, ClientRegistration } from '../../src/ports/upstream-account.ts';

interface Answers {
  /** By path, of the one server that is MCP server and authorization server. */
  [path: string]: object;
}

const opened: Server[] = [];
afterEach(() => {
  for (const each of opened.splice(0)) {
    each.closeAllConnections();
    each.close();
  }
});

async function serve(answers: (origin: string) => Answers): Promise<{ origin: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '', 'http://x').pathname;
    asked.push(`${request.method} ${path}`);
    const found = answers(origin)[path];
    response
      .writeHead(found ? ('error' in found ? 403 : request.method === 'POST' ? 201 : 200) : 404, {
        'content-type': 'application/json',
      })
      .end(JSON.stringify(found ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  opened.push(server);
  const address = server.address();
  const origin = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
  return { origin, asked };
}

function clientOf(origin: string, failures: string[] = [], documentUrl: string | null = null): AccountClient {
  const registrations = new Map<string, ClientRegistration>();
  return createAccountClient(
    {
      url: `${origin}/mcp`,
      issuer: null,
      clientId: null,
      clientSecret: null,
      authentication: 'basic',
      scopes: [],
      resource: null,
      redirectUri: 'http://127.0.0.1:1/connect/notes/callback',
      documentUrl,
      registrations: {
        get: (issuer) => registrations.get(issuer),
        put: (issuer, registration) => void registrations.set(issuer, registration),
        remove: (issuer) => void registrations.delete(issuer),
      },
      fetchStranger: publicFetch([]),
      onFailure: (reason) => void failures.push(reason),
    },
    () => Date.now(),
  );
}

const metadataPath = '/.well-known/oauth-protected-resource/mcp';
const metadata = (origin: string, more: object = {}): object => ({
  issuer: origin,
  authorization_endpoint: `${origin}/authorize`,
  token_endpoint: `${origin}/token`,
  registration_endpoint: `${origin}/register`,
  code_challenge_methods_supported: ['S256'],
  ...more,
});

describe('what the gate is called at an authorization server', () => {
  const documentUrl = 'https://gate.example/connect/notes/client.json';
  const answers =
    (more: object, register?: object) =>
    (origin: string): Answers => ({
      [metadataPath]: { resource: `${origin}/mcp`, authorization_servers: [origin] },
      '/.well-known/oauth-authorization-server': metadata(origin, {
        client_id_metadata_document_supported: true,
        ...more,
      }),
      ...(register ? { '/register': register } : {}),
    });
  const calledAt = async (serving: (origin: string) => Answers, url: string | null): Promise<string> => {
    const { origin } = await serve(serving);
    const started = await clientOf(origin, [], url).start('state');
    return started.ok ? (new URL(started.value.url).searchParams.get('client_id') ?? '') : started.error.text;
  };

  it('is a name it registered, or that of the document that describes it', async () => {
    const registers = answers({}, { client_id: 'registered', client_id_issued_at: 1 });
    assert.equal(await calledAt(registers, documentUrl), 'registered');
    // It registers nobody, or refuses to.
    assert.equal(await calledAt(answers({ registration_endpoint: undefined }), documentUrl), documentUrl);
    assert.equal(await calledAt(answers({}, { error: 'access_denied' }), documentUrl), documentUrl);
    assert.match(await calledAt(answers({ registration_endpoint: undefined }), null), /name a client_id/);
    const reads = { registration_endpoint: undefined, client_id_metadata_document_supported: 'yes' };
    assert.match(await calledAt(answers(reads), documentUrl), /name a client_id/);
  });

  it('is what the document says of itself, for anybody to read', async () => {
    const client = clientOf('http://127.0.0.1:1', [], documentUrl);
    const said = {
      client_id: documentUrl,
      client_name: 'Chartgate',
      application_type: 'native',
      redirect_uris: ['http://127.0.0.1:1/connect/notes/callback'],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    };
    assert.deepEqual(client.document, said);
    const desk = { documentOf: (connection: string) => (connection === 'notes' ? client.document : null) };
    const pages = createAccountPages({ desk, sessions: {}, log: {} } as never);
    const read = (path: string): Promise<Response> => pages.fetch(new Request(`https://gate.example/connect${path}`));
    const answer = await read('/notes/client.json');
    assert.match(answer.headers.get('content-type') ?? '', /^application\/json/);
    assert.deepEqual(await answer.json(), said);
    assert.equal((await read('/ehr/client.json')).status, 404);
  });
});

describe('an authorization server that cannot be trusted', () => {
  const about = (origin: string, more: object = {}): Answers => ({
    [metadataPath]: { resource: `${origin}/mcp`, authorization_servers: [origin], ...more },
  });
  const cases: [string, (origin: string) => Answers, RegExp][] = [
    [
      'metadata of another resource',
      (origin) => about(origin, { resource: 'https://evil.example/mcp' }),
      /another resource/,
    ],
    [
      'metadata of a part that is not this one',
      (origin) => about(origin, { resource: `${origin}/mcp2` }),
      /another resource/,
    ],
    [
      'no authorization server',
      (origin) => about(origin, { authorization_servers: ['nowhere'] }),
      /names no authorization server/,
    ],
    [
      'an authorization server of another name',
      (origin) => ({ ...about(origin), '/.well-known/oauth-authorization-server': metadata('https://evil.example') }),
      /does not answer as it should/,
    ],
    [
      'no PKCE',
      (origin) => ({
        ...about(origin),
        '/.well-known/oauth-authorization-server': metadata(origin, { code_challenge_methods_supported: ['plain'] }),
        '/register': { client_id: 'gate', client_id_issued_at: 1 },
      }),
      /PKCE/,
    ],
    [
      'no registration',
      (origin) => ({
        ...about(origin),
        '/.well-known/oauth-authorization-server': metadata(origin, { registration_endpoint: undefined }),
      }),
      /name a client_id/,
    ],
  ];
  for (const [what, answers, expected] of cases) {
    it(`is refused by name: ${what}`, async () => {
      const { origin } = await serve(answers);
      const started = await clientOf(origin).start('state');
      assert.ok(!started.ok);
      assert.match(started.error.text, expected);
      assert.doesNotMatch(started.error.text, /evil/);
    });
  }

  it('on an address of the inside, or without TLS, is never asked', async () => {
    const inside = await serve(() => ({}));
    const port = new URL(inside.origin).port;
    for (const issuer of [
      `http://localhost:${port}`,
      `https://127.0.0.2:${port}`,
      'http://169.254.169.254',
      'https://10.0.0.1',
    ]) {
      const { origin } = await serve((self) => about(self, { authorization_servers: [issuer] }));
      const failures: string[] = [];
      const started = await clientOf(origin, failures).start('state');
      assert.equal(started.ok || started.error.code, 'upstream_unavailable', issuer);
      assert.equal(failures.length, 1, issuer);
    }
    assert.deepEqual(inside.asked, []);
  });
});

describe('an account', () => {
  const ana: Subject = { id: 'ana', issuer: 'https://idp.example', kind: 'person', groups: [], aliases: [] };
  const eve: Subject = { ...ana, issuer: 'https://other.example' };

  function deskWith(refresh: AccountClient['refresh']) {
    const store = openStore(':memory:', new Uint8Array(32));
    assert.ok(store.ok);
    const records: RecordInput[] = [];
    const revoked: string[] = [];
    let open = true;
    const client: AccountClient = {
      document: null,
      start: (state) => Promise.resolve({ ok: true, value: { url: `https://as.example/?state=${state}`, keep: {} } }),
      finish: () =>
        Promise.resolve({
          ok: true,
          value: { token: 'first', refreshToken: 'r1', issuer: 'https://as.example', resource: 'x', expiresMs: 0 },
        }),
      refresh,
      revoke: ({ token }) => Promise.resolve(void revoked.push(token)),
    };
    const desk = new AccountDesk({
      clock: systemClock,
      random: systemRandom,
      log: {
        append: async (record) => {
          if (!open) throw new Error('the log is closed');
          records.push(record);
          return { seq: 0 };
        },
      },
      records: store.value.records,
      clients: new Map([['notes', client]]),
      keep: (issue) => new TokenCache(systemClock, issue),
      publicUrl: 'https://gate.example',
    });
    const connect = async (person: Subject): Promise<void> => {
      const begun = await desk.begin('notes', person);
      assert.ok(begun.ok);
      assert.ok((await desk.finish('notes', person, new URL(begun.value).search)).ok);
    };
    return { desk, connect, records, revoked, close: () => (open = false) };
  }
  const renewed = (grant: Parameters<AccountClient['refresh']>[0], token: string) =>
    ({ ok: true, value: { ...grant, token, refreshToken: `${token}-r`, expiresMs: Date.now() + 60_000 } }) as const;

  it('is renewed once for everybody who waits, by the newest refresh token, and serves its person alone', async () => {
    const used: (string | null)[] = [];
    const { desk, connect, records } = deskWith(async (grant) => {
      used.push(grant.refreshToken);
      await new Promise((resolve) => setTimeout(resolve, 30));
      return renewed(grant, `token-${used.length}`);
    });
    await connect(ana);
    const sessions = [1, 2, 3].map(() => desk.credentialOf('notes', ana));
    const headers = await Promise.all(sessions.map((each) => each.header()));
    assert.deepEqual([...new Set(headers.map((each) => each.ok && each.value.value))], ['Bearer token-1']);
    assert.ok(sessions[0]?.rejected('Bearer token-1'));
    await Promise.all(sessions.map((each) => each.header()));
    assert.deepEqual(used, ['r1', 'token-1-r'], 'it rotates');
    const others = await desk.credentialOf('notes', eve).header();
    assert.equal(others.ok || others.error.code, 'account_required', 'the same id at another issuer is somebody else');
    assert.equal(others.ok || others.error.page, 'https://gate.example/connect/notes');
    assert.deepEqual(
      records.map(({ type, subject }) => [type, subject?.id]),
      [['account.connected', 'ana']],
    );
    assert.doesNotMatch(JSON.stringify(records), /token-|first|r1/);
  });

  it('that is removed while it is renewed does not come back, and is revoked', async () => {
    const [begun, going] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const { desk, connect, records, revoked } = deskWith(async (grant) => {
      begun.resolve();
      await going.promise;
      return renewed(grant, 'late');
    });
    await connect(ana);
    const waiting = desk.credentialOf('notes', ana).header();
    await begun.promise;
    await desk.removeAll('ana', ana.issuer);
    going.resolve();
    const outcome = await waiting;
    assert.equal(outcome.ok || outcome.error.code, 'account_required');
    assert.equal(desk.since('notes', ana), null);
    assert.deepEqual(revoked, ['first', 'late'], 'whatever was given out is taken back');
    assert.deepEqual(
      records.map(({ type, data }) => [type, data?.['reason']]),
      [
        ['account.connected', undefined],
        ['account.removed', 'revoked'],
      ],
    );
  });

  it('is neither connected nor removed where the log cannot say so', async () => {
    const { desk, connect, close } = deskWith((grant) => Promise.resolve(renewed(grant, 'on')));
    await connect(ana);
    close();
    await assert.rejects(desk.remove('notes', ana, 'person'));
    assert.notEqual(desk.since('notes', ana), null);
    const begun = await desk.begin('notes', eve);
    assert.ok(begun.ok);
    await assert.rejects(desk.finish('notes', eve, new URL(begun.value).search));
    assert.equal(desk.since('notes', eve), null);
  });
});
