// Tokens without a browser: workloads with a key of their own, agents that act for people by the exchange of tokens, clients an
// identity provider sends people through. What each gives, and everything that must not.

import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  CrossAppAccessProvider,
  Client as McpClient,
  type OAuthClientProvider,
  PrivateKeyJwtProvider,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client';
import { type JWTPayload, SignJWT } from 'jose';
import { type Hospital, startHospital } from '../parts/hospital.ts';
import { createIssuer, type Issuer } from '../parts/issuer.ts';
import { createKeyClient, type KeyClient } from '../parts/key-client.ts';
import { oauthAt } from '../parts/oauth-client.ts';

const exchangeGrant = 'urn:ietf:params:oauth:grant-type:token-exchange';
const bearerGrant = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const jwtType = 'urn:ietf:params:oauth:token-type:jwt';
const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const assistantSecret = 'a secret of the assistant, long enough';

let hospital: Hospital;
const { tokensFor } = oauthAt(() => hospital);
let agents: Issuer;
let nightly: KeyClient;
let orchestrator: KeyClient;
let narrow: KeyClient;
let here: string;

before(async () => {
  [nightly, orchestrator, narrow, agents] = await Promise.all([
    createKeyClient('nightly'),
    createKeyClient('orchestrator'),
    createKeyClient('narrow'),
    createIssuer({ issuer: 'https://agents.example', audience: 'chartgate-exchange' }),
  ]);
  hospital = await startHospital(
    ', domains: [hospital.example]',
    '',
    (clinic, provider) => `  clients:
    known:
      nightly: { jwks: ./nightly.json, workload: { groups: [analysts] }, doors: [mcp/ehr-tools, postgres/ehr, api] }
      orchestrator:
        jwks: ./orchestrator.json
        exchange:
          subjects: ["https://ci.example", "https://agents.example", "${clinic.url}"]
          actors: [{ issuer: "https://agents.example", subjects: [planner] }]
      narrow: { jwks: ./narrow.json, workload: {}, exchange: { subjects: ["https://agents.example"] }, doors: [mcp/ehr-tools] }
      assistant: { secret: "\${file:./assistant}", assertions: ["${provider.issuer}"] }
`,
  );
  const { clinic } = hospital;
  here = clinic.url;
  const write = (name: string, text: string): Promise<void> =>
    writeFile(join(clinic.directory, name), text, { mode: 0o600 });
  await Promise.all([
    write('nightly.json', nightly.jwks),
    write('orchestrator.json', orchestrator.jwks),
    write('narrow.json', narrow.jwks),
    write('agents.json', agents.jwks),
    write('assistant', assistantSecret),
  ]);
  const config = await readFile(clinic.config, 'utf8');
  const more = `    - { issuer: https://agents.example, audience: chartgate-exchange, jwks: ./agents.json, at_doors: false, claims: { team: rounds } }
`;
  await writeFile(clinic.config, config.replace('connections:\n', `${more}connections:\n`));
  await clinic.startGate();
});

after(() => hospital?.stop());

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

async function post(
  form: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const answer = await fetch(`${here}/oauth/token`, { method: 'POST', headers, body: new URLSearchParams(form) });
  return { status: answer.status, body: (await answer.json()) as Answer['body'] };
}

async function as(client: KeyClient, form: Readonly<Record<string, string>>, claims: JWTPayload = {}): Promise<Answer> {
  const client_assertion = await client.assertion({ aud: here, ...claims });
  return post({ client_assertion_type: assertionType, client_assertion, ...form });
}

const tools = (): string => `${here}/mcp/ehr-tools`;
const workload = (more: Readonly<Record<string, string>> = {}): Record<string, string> => ({
  grant_type: 'client_credentials',
  resource: tools(),
  ...more,
});
const exchange = (subject_token: string, more: Readonly<Record<string, string>> = {}): Record<string, string> => ({
  grant_type: exchangeGrant,
  subject_token,
  subject_token_type: jwtType,
  resource: tools(),
  ...more,
});

function tokenOf({ status, body }: Answer): string {
  assert.equal(status, 200, JSON.stringify(body));
  assert.equal(body['token_type'], 'Bearer');
  assert.equal(body['scope'], 'gate');
  assert.ok(Number(body['expires_in']) <= 900);
  assert.equal(body['refresh_token'], undefined);
  return String(body['access_token']);
}

function isRefused({ status, body }: Answer, error: string, what: string | RegExp = /./): void {
  assert.equal(body['access_token'], undefined, String(what));
  assert.equal(body['error'], error, `${String(what)}: ${JSON.stringify(body)}`);
  assert.equal(status, error === 'invalid_client' ? 401 : 400);
  if (typeof what !== 'string') assert.match(String(body['error_description']), what);
}

/** One call of a tool with this token, by the SDK's client. */
async function ask(authorization: { readonly token: string } | OAuthClientProvider): Promise<string> {
  const options =
    'token' in authorization
      ? { requestInit: { headers: { authorization: `Bearer ${authorization.token}` } } }
      : { authProvider: authorization };
  const client = new McpClient({ name: 'agent', version: '1' });
  await client.connect(new StreamableHTTPClientTransport(new URL(tools()), options));
  try {
    return JSON.stringify(
      await client.callTool({ name: 'query', arguments: { sql: 'SELECT label FROM wards WHERE id = 1' } }),
    );
  } finally {
    await client.close();
  }
}

async function newest(): Promise<{ readonly subject: object }> {
  const [session] = await hospital.clinic.sessions({ connection: 'ehr-tools' });
  assert.ok(session);
  return session;
}

async function status(token: string, path = '/mcp/ehr-tools'): Promise<number> {
  const answer = await fetch(`${here}${path}`, {
    method: path.startsWith('/api') ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(path.startsWith('/api') ? {} : { body: '{}' }),
  });
  return answer.status;
}

/** What stands in the log and beside it. */
async function entries(): Promise<string> {
  const names = await readdir(hospital.clinic.state, { recursive: true, withFileTypes: true });
  const files = names.filter((each) => each.isFile()).map((each) => join(each.parentPath, each.name));
  return (await Promise.all(files.map((each) => readFile(each, 'latin1').catch(() => '')))).join('\n');
}

test('a session goes on with the next token of the same client, and not with that of another', async () => {
  let token = tokenOf(await as(nightly, workload()));
  const client = new McpClient({ name: 'agent', version: '1' });
  const withToken: typeof fetch = (input, init = {}) => {
    const headers = new Headers(init.headers);
    headers.set('authorization', `Bearer ${token}`);
    return fetch(input, { ...init, headers });
  };
  await client.connect(new StreamableHTTPClientTransport(new URL(tools()), { fetch: withToken }));
  token = tokenOf(await as(nightly, workload()));
  assert.ok((await client.listTools()).tools.length > 0);
  token = tokenOf(await as(orchestrator, exchange(await hospital.clinic.token('ana'))));
  await assert.rejects(client.listTools());
  await client.close().catch(() => {});
});

test('the metadata says what there is', async () => {
  const metadata = (await (await fetch(`${here}/.well-known/oauth-authorization-server`)).json()) as Answer['body'];
  const types = metadata['grant_types_supported'] as string[];
  for (const each of ['client_credentials', exchangeGrant, bearerGrant, 'authorization_code'])
    assert.ok(types.includes(each), each);
  assert.deepEqual(metadata['authorization_grant_profiles_supported'], ['urn:ietf:params:oauth:grant-profile:id-jag']);
  assert.ok((metadata['token_endpoint_auth_methods_supported'] as string[]).includes('private_key_jwt'));
});

test('a workload with a key of its own calls a tool, by the SDK, as itself', async () => {
  const provider = new PrivateKeyJwtProvider({
    clientId: nightly.id,
    privateKey: nightly.pem,
    algorithm: 'ES256',
    expectedIssuer: here,
  });
  assert.match(await ask(provider), /ward 1/);
  const { subject } = await newest();
  assert.deepEqual(subject, { id: 'nightly', issuer: here, kind: 'workload' });
});

test('its token is for the door it asked for; the database takes it as a password, the API as a bearer', async () => {
  const forDatabase = tokenOf(await as(nightly, workload({ resource: `${here}/postgres/ehr` })));
  const client = await hospital.clinic.connect('nightly', { password: forDatabase });
  assert.equal((await client.query('SELECT id FROM wards WHERE id = 1')).rowCount, 1);
  await client.end();
  assert.equal(await status(forDatabase), 401);
  const forApi = tokenOf(await as(nightly, workload({ resource: `${here}/api/v1` }), { aud: `${here}/oauth/token` }));
  assert.equal(await status(forApi, '/api/v1/whoami'), 200);
  assert.equal(await status(forApi), 401);
});

test('an assertion that is not a fresh one of this client for this server gives nothing', async () => {
  const now = Math.floor(Date.now() / 1000);
  const other = await createKeyClient('nightly');
  const hmac = await new SignJWT({ iss: 'nightly', sub: 'nightly', aud: here, jti: 'h', exp: now + 60 })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(new TextEncoder().encode(nightly.jwks.padEnd(32)));
  const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(
    JSON.stringify({ iss: 'nightly', sub: 'nightly', aud: here, jti: 'n', exp: now + 60 }),
  ).toString('base64url')}.`;
  const bad: Readonly<Record<string, string>> = {
    'HS256 with the public key': hmac,
    'alg=none': none,
    'another key': await other.assertion({ aud: here }),
    'another audience': await nightly.assertion({ aud: 'https://elsewhere.example' }),
    'two audiences': await nightly.assertion({ aud: [here, 'https://elsewhere.example'] }),
    'another issuer': await nightly.assertion({ aud: here, iss: 'orchestrator' }),
    'another subject': await nightly.assertion({ aud: here, sub: 'orchestrator' }),
    expired: await nightly.assertion({ aud: here, exp: now - 600 }),
    'a year long': await nightly.assertion({ aud: here, exp: now + 31_536_000 }),
    'not yet': await nightly.assertion({ aud: here, nbf: now + 600 }),
  };
  for (const [what, client_assertion] of Object.entries(bad)) {
    isRefused(
      await post({ client_assertion_type: assertionType, client_assertion, ...workload() }),
      'invalid_client',
      what,
    );
  }
  const once = await nightly.assertion({ aud: here });
  const twice = await Promise.all(
    [once, once, once].map((client_assertion) =>
      post({ client_assertion_type: assertionType, client_assertion, ...workload() }),
    ),
  );
  assert.equal(twice.filter((each) => each.status === 200).length, 1);
  isRefused(await post({ ...workload(), client_id: 'nightly' }), 'invalid_client', 'no proof at all');
});

test('a client gets the grants, doors and scopes it was given, and no more', async () => {
  const ana = await hospital.clinic.token('ana');
  isRefused(await as(nightly, exchange(ana)), 'invalid_request', 'nightly may not exchange');
  isRefused(await as(orchestrator, workload()), 'invalid_request', 'orchestrator is no workload');
  isRefused(await as(narrow, workload({ resource: `${here}/postgres/ehr` })), 'invalid_target', /that door/);
  isRefused(await as(orchestrator, exchange(ana, { resource: `${here}/api/v1` })), 'invalid_target', /that door/);
  isRefused(
    await as(nightly, workload({ resource: 'https://elsewhere.example/mcp/ehr-tools' })),
    'invalid_target',
    /no door/,
  );
  isRefused(await as(nightly, { grant_type: 'client_credentials' }), 'invalid_target', /resource/);
  isRefused(await as(nightly, workload({ audience: `${here}/postgres/ehr` })), 'invalid_target', /name two/);
  isRefused(await as(nightly, workload({ scope: 'gate admin' })), 'invalid_scope', /no such scope/);
  for (const grant of ['client_credentials', exchangeGrant, bearerGrant]) {
    const answer = await fetch(`${here}/oauth/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ grant_types: [grant], response_types: [], redirect_uris: [], client_name: 'x' }),
    });
    assert.equal(answer.status, 400, grant);
  }
});

test('an agent acts for a person: both are in the record, and the token ends with the shorter of theirs', async () => {
  const ana = await hospital.clinic.issuer.sign({ sub: 'ana', groups: ['analysts'] }, { expiresIn: 120 });
  const byClient = await as(orchestrator, exchange(ana));
  assert.equal(byClient.body['issued_token_type'], 'urn:ietf:params:oauth:token-type:access_token');
  assert.ok(Number(byClient.body['expires_in']) <= 120);
  assert.match(await ask({ token: tokenOf(byClient) }), /ward 1/);
  assert.deepEqual((await newest()).subject, {
    id: 'ana',
    issuer: 'https://ci.example',
    kind: 'person',
    agent: 'orchestrator',
  });

  const planner = await agents.sign({ sub: 'planner', team: 'rounds' }, { expiresIn: 60 });
  const byPlanner = await as(orchestrator, exchange(ana, { actor_token: planner, actor_token_type: jwtType }));
  assert.ok(Number(byPlanner.body['expires_in']) <= 60);
  assert.match(await ask({ token: tokenOf(byPlanner) }), /ward 1/);
  assert.deepEqual((await newest()).subject, {
    id: 'ana',
    issuer: 'https://ci.example',
    kind: 'person',
    agent: 'planner',
  });

  const nested = await hospital.clinic.issuer.sign({
    sub: 'ana',
    groups: ['analysts'],
    act: { sub: 'desk', act: { sub: 'phone' } },
  });
  tokenOf(await as(orchestrator, exchange(nested)));
  assert.ok(/"act":\["orchestrator","desk","phone"\]/.test(await entries()));
});

test('a token of the gate is exchanged for another door, and ends with the sign-in it comes from', async () => {
  const own = await tokensFor('ana');
  const answer = await as(
    orchestrator,
    exchange(own.access_token, { subject_token_type: 'urn:ietf:params:oauth:token-type:access_token' }),
  );
  const token = tokenOf(answer);
  assert.match(await ask({ token }), /ward 1/);
  const { subject } = await newest();
  assert.equal('agent' in subject && subject.agent, 'orchestrator');
  assert.ok(new RegExp(`"act":\\["orchestrator","${own.client}"\\]`).test(await entries()));
  isRefused(await as(narrow, exchange(own.access_token)), 'invalid_grant', /may not bring/);
  const further = tokenOf(await as(orchestrator, exchange(token, { resource: `${here}/postgres/ehr` })));
  const database = await hospital.clinic.connect('ana', { password: further });
  const ended = new Promise((resolve) => database.once('end', resolve));
  await revoke('ana');
  await ended;
  assert.equal(await status(token), 401);
  isRefused(await as(orchestrator, exchange(own.access_token)), 'invalid_grant');
});

test('nobody acts whom the token, its issuer or the operator did not let', async () => {
  const { issuer } = hospital.clinic;
  const ana = (claims: JWTPayload = {}, options: Parameters<Issuer['sign']>[1] = {}): Promise<string> =>
    issuer.sign({ sub: 'ana', groups: ['analysts'], ...claims }, options);
  const planner = (claims: JWTPayload = {}): Promise<string> =>
    agents.sign({ sub: 'planner', team: 'rounds', ...claims });
  const actor = (actor_token: string): Record<string, string> => ({ actor_token, actor_token_type: jwtType });
  const good = await ana();
  const now = Math.floor(Date.now() / 1000);

  isRefused(await as(orchestrator, exchange(await ana({}, { expiresIn: -3600 }))), 'invalid_grant', /expired/);
  // Within the tolerance of clocks a token may still be read, but nothing is made of it.
  isRefused(await as(orchestrator, exchange(await ana({ exp: now - 5 }))), 'invalid_grant', /ends now/);
  isRefused(await as(orchestrator, exchange(await ana({}, { audience: 'else' }))), 'invalid_grant', /audience/);
  isRefused(
    await as(orchestrator, exchange(await ana({}, { issuer: 'https://else.example' }))),
    'invalid_grant',
    /issuer/,
  );
  isRefused(await as(orchestrator, exchange(await ana({}, { wrongKey: true }))), 'invalid_grant', /signature/);
  isRefused(await as(narrow, exchange(good)), 'invalid_grant', /issuer/);
  isRefused(await as(orchestrator, exchange(await ana({ pad: 'x'.repeat(20_000) }))), 'invalid_grant', /larger/);
  isRefused(await as(orchestrator, exchange(await ana({ cnf: { jkt: 'x' } }))), 'invalid_grant', /cnf/);
  isRefused(await as(orchestrator, exchange(await ana({ act: 'somebody' }))), 'invalid_grant', /act/);
  const many = [...Array(8).keys()].reduceRight<object | undefined>(
    (act, n) => ({ sub: `a${n}`, ...(act && { act }) }),
    undefined,
  );
  isRefused(await as(orchestrator, exchange(await ana({ act: many }))), 'invalid_grant', /act/);
  isRefused(await as(orchestrator, exchange(`${good.split('.').slice(0, 2).join('.')}.`)), 'invalid_grant');

  isRefused(
    await as(orchestrator, exchange(good, actor(await planner({ sub: 'stranger' })))),
    'invalid_grant',
    /may not act/,
  );
  isRefused(await as(orchestrator, exchange(good, actor(good))), 'invalid_grant', /issuer/);
  isRefused(await as(orchestrator, exchange(good, actor(await planner({ team: 'else' })))), 'invalid_grant', /"team"/);
  isRefused(
    await as(orchestrator, exchange(good, actor(await planner({ act: { sub: 'x' } })))),
    'invalid_grant',
    /come itself/,
  );
  isRefused(
    await as(orchestrator, exchange(good, { actor_token: await planner() })),
    'invalid_request',
    /come together/,
  );
  isRefused(await as(orchestrator, exchange(good, { actor_token_type: jwtType })), 'invalid_request', /come together/);
  isRefused(
    await as(orchestrator, exchange(good, { subject_token_type: 'urn:ietf:params:oauth:token-type:saml2' })),
    'invalid_request',
  );
  isRefused(
    await as(orchestrator, exchange(good, { requested_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' })),
    'invalid_request',
  );

  const forPlanner = await ana({ may_act: { sub: 'planner', iss: 'https://agents.example' } });
  isRefused(await as(orchestrator, exchange(forPlanner)), 'invalid_grant', /somebody else/);
  tokenOf(await as(orchestrator, exchange(forPlanner, actor(await planner()))));
  const elsewhere = await ana({ may_act: { sub: 'planner', iss: 'https://else.example' } });
  isRefused(await as(orchestrator, exchange(elsewhere, actor(await planner()))), 'invalid_grant', /somebody else/);
  tokenOf(await as(orchestrator, exchange(await ana({ may_act: { sub: 'orchestrator' } }))));
  // What is there to be exchanged is no bearer, and a workload's own subject may be exchanged like any other.
  assert.equal(await status(await planner()), 401);
  tokenOf(await as(orchestrator, exchange(await planner())));
});

test('a person an identity provider sends calls a tool, by the SDK; the client stands beside them', async () => {
  const provider = new CrossAppAccessProvider({
    clientId: 'assistant',
    clientSecret: assistantSecret,
    expectedIssuer: here,
    assertion: ({ authorizationServerUrl, resourceUrl }) => {
      assert.equal(new URL(authorizationServerUrl).origin, here);
      return idJag({ resource: resourceUrl });
    },
  });
  assert.match(await ask(provider), /ward 1/);
  assert.deepEqual((await newest()).subject, {
    id: 'ana',
    issuer: hospital.provider.issuer,
    kind: 'person',
    agent: 'assistant',
  });
});

function idJag(claims: Record<string, unknown> = {}, header: Record<string, unknown> = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return hospital.provider.sign(
    {
      sub: 'ana',
      groups: ['analysts'],
      email: 'ana@hospital.example',
      email_verified: true,
      aud: here,
      client_id: 'assistant',
      resource: tools(),
      jti: crypto.randomUUID(),
      iat: now,
      exp: now + 300,
      ...claims,
    },
    header,
  );
}

const basic = (secret: string): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(`assistant:${encodeURIComponent(secret)}`).toString('base64')}`,
});
const present = (
  assertion: string,
  more: Readonly<Record<string, string>> = {},
  secret = assistantSecret,
): Promise<Answer> => post({ grant_type: bearerGrant, assertion, ...more }, basic(secret));

test('an ID-JAG counts once, for its client, its resource and this server', async () => {
  const now = Math.floor(Date.now() / 1000);
  const bad: readonly (readonly [Record<string, unknown>, string, RegExp, Record<string, unknown>?])[] = [
    [{}, 'invalid_grant', /typ/, { typ: 'JWT' }],
    [{ aud: 'https://else.example' }, 'invalid_grant', /audience/],
    [{ aud: [here, 'https://else.example'] }, 'invalid_grant', /more than this/],
    [{ client_id: 'nightly' }, 'invalid_grant', /another client/],
    [{ iss: 'https://else.example' }, 'invalid_grant', /issuer/],
    [{ exp: now - 600 }, 'invalid_grant', /expired/],
    [{ exp: now + 86_400 }, 'invalid_grant', /longer/],
    [{ iat: now + 600 }, 'invalid_grant', /./],
    [{ jti: undefined }, 'invalid_grant', /jti/],
    [{ sub: undefined }, 'invalid_grant', /sub/],
    [{ resource: undefined }, 'invalid_grant', /resource/],
    [{ resource: 'https://else.example/mcp' }, 'invalid_target', /no door/],
    [{ resource: `${here}/api/v1` }, 'invalid_target', /that door/],
    [{ resource: [tools(), `${here}/mcp/else`] }, 'invalid_target', /several/],
    [{ scope: 'else' }, 'invalid_scope', /did not grant/],
    [{ cnf: { jkt: 'x' } }, 'invalid_grant', /cnf/],
    [{ act: [] }, 'invalid_grant', /act/],
    [{ groups: undefined, _claim_names: { groups: 'src1' } }, 'invalid_grant', /overage/],
  ];
  for (const [claims, error, what, header] of bad) isRefused(await present(await idJag(claims, header)), error, what);
  const good = await idJag();
  isRefused(await present(good, { resource: `${here}/mcp/else` }), 'invalid_target', /does not name/);
  isRefused(await present(good, { scope: 'gate else' }), 'invalid_scope', /./);
  isRefused(await present(good, {}, 'guessed'), 'invalid_client', 'a guessed secret');
  isRefused(await as(nightly, { grant_type: bearerGrant, assertion: good }), 'invalid_request', 'another client');
  const answers = await Promise.all([present(good), present(good), present(good)]);
  assert.equal(answers.filter((each) => each.status === 200).length, 1);
  isRefused(await present(good), 'invalid_grant', /presented before/);
  // The word of a provider on a person is no token of theirs.
  assert.equal(await status(await idJag()), 401);
});

test('the provider that sent somebody ends what came of it, by a logout token', async () => {
  const token = tokenOf(await present(await idJag({ sub: 'omar' })));
  assert.equal(await status(token), 400, 'it is let in');
  const body = new URLSearchParams({ logout_token: await hospital.provider.logoutToken({ sub: 'omar' }) });
  assert.equal((await fetch(`${here}/signin/backchannel/hospital`, { method: 'POST', body })).status, 200);
  assert.equal(await status(token), 401);
});

test('who is signed out stays out: assertions and tokens made before give nothing any more', async () => {
  const [before, token] = [await idJag(), tokenOf(await present(await idJag()))];
  const ana = await hospital.clinic.token('ana');
  await revoke('ana');
  assert.equal(await status(token), 401);
  isRefused(await present(before), 'invalid_grant', /signed out/);
  isRefused(await as(orchestrator, exchange(ana)), 'invalid_grant', /signed out/);
});

test('a client that gives its token back ends what came of it', async () => {
  const token = tokenOf(await as(nightly, workload({ resource: `${here}/postgres/ehr` })));
  const database = await hospital.clinic.connect('nightly', { password: token });
  const ended = new Promise((resolve) => database.once('end', resolve));
  const client_assertion = await nightly.assertion({ aud: here });
  const form = new URLSearchParams({ token, client_assertion, client_assertion_type: assertionType });
  assert.equal((await fetch(`${here}/oauth/revoke`, { method: 'POST', body: form })).status, 200);
  await ended;
  assert.equal(await status(token), 401);
});

test('each grant and each refusal is on record, by client and reason, and no token with it', async () => {
  const ana = await hospital.clinic.issuer.sign({ sub: 'cora', groups: ['analysts'], canary: 'never-in-the-log' });
  tokenOf(await as(orchestrator, exchange(ana)));
  const all = await entries();
  assert.ok(
    /"client":"orchestrator","door":"oauth","grant":"urn:ietf:params:oauth:grant-type:token-exchange"/.test(all),
  );
  assert.ok(/"code":"grant_refused","door":"oauth","error":"invalid_target"/.test(all));
  assert.ok(/"error":"invalid_client"/.test(all));
  for (const secret of [ana, assistantSecret, 'never-in-the-log']) assert.ok(!all.includes(secret));
});

async function revoke(subject: string): Promise<void> {
  const answer = await fetch(`${here}/api/v1/sign-ins/revoke`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await hospital.clinic.token('pia')}`, 'content-type': 'application/json' },
    body: JSON.stringify({ subject, reason: 'test' }),
  });
  assert.equal(answer.status, 200, await answer.clone().text());
  // Tokens carry whole seconds: those made from the next one on are made after.
  await new Promise((resolve) => setTimeout(resolve, 1001 - (Date.now() % 1000)));
}
