// People sign in at the hospital's provider, through the gate's own authorization server: an MCP client that knows nothing
// but the address, what ends a sign-in, and everything that must not work.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Client as McpClient, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client';
import { memoryOf } from '../parts/client-memory.ts';
import { type Hospital, signInAt, startHospital } from '../parts/hospital.ts';
import { callback, oauthAt, type Registered, type Tokens, verifier } from '../parts/oauth-client.ts';
import { type Page, UserAgent } from '../parts/user-agent.ts';

let hospital: Hospital;
const { register, authorizationUrl, token, codeFor, tokensFor, redeem, whoami } = oauthAt(() => hospital);

before(async () => {
  hospital = await startHospital(', domains: [hospital.example]');
  await hospital.clinic.startGate();
});

after(() => hospital?.stop());

test('an MCP client that knows the address alone: 401, metadata, registration, sign-in, call', async () => {
  const { clinic, provider } = hospital;
  const agent = new UserAgent(callback);
  let last: Page | undefined;
  const memory = memoryOf(async (url) => {
    const consent = await signInAt(provider, agent, await agent.get(url), 'ana');
    assert.match(consent.html, /Let this client act for you/);
    assert.match(consent.html, /An &#60;b&#62;agent/);
    assert.match(consent.html, /call tools of ehr-tools/);
    assert.doesNotMatch(consent.html, /<script/);
    last = await agent.submit(consent, 'value="allow"');
    assert.equal(last.url.searchParams.get('iss'), clinic.url);
  });
  const address = new URL('/mcp/ehr-tools', clinic.url);
  const transport = new StreamableHTTPClientTransport(address, { authProvider: memory });
  await assert.rejects(new McpClient({ name: 'agent', version: '1' }).connect(transport), UnauthorizedError);
  await transport.finishAuth(last?.url.searchParams ?? new URLSearchParams());

  const client = new McpClient({ name: 'agent', version: '1' });
  await client.connect(new StreamableHTTPClientTransport(address, { authProvider: memory }));
  const answer = await client.callTool({ name: 'query', arguments: { sql: 'SELECT label FROM wards WHERE id = 1' } });
  assert.match(JSON.stringify(answer), /ward 1/);
  await client.close();
  const [session] = await clinic.sessions({ subject: 'ana', connection: 'ehr-tools' });
  assert.equal(session?.subject.issuer, provider.issuer);
  assert.match(session?.subject.agent ?? '', /^[\w-]{20,}$/);
});

test('a token is for one door, lives a quarter of an hour, and is no password of another connection', async () => {
  const { clinic } = hospital;
  const { access_token: access, expires_in: seconds } = await tokensFor('ana');
  assert.ok(seconds <= 900);
  assert.equal((await whoami(access)).status, 200);
  const mcp = await fetch(`${clinic.url}/mcp/ehr-tools`, {
    method: 'POST',
    headers: { authorization: `Bearer ${access}`, 'content-type': 'application/json' },
    body: '{}',
  });
  assert.equal(mcp.status, 401);
  assert.match(await mcp.text(), /another door/);
  await assert.rejects(clinic.connect('ana', { password: access }), /another door/);
  const forDatabase = await tokensFor('ana', '/postgres/ehr');
  const database = await clinic.connect('ana', { password: forDatabase.access_token });
  assert.equal((await database.query('SELECT id FROM wards WHERE id = 1')).rowCount, 1);
  await database.end();
});

test('a refresh token works once: its second use ends all of its line', async () => {
  const { client, refresh_token: first } = await tokensFor('ana');
  const refresh = (refresh_token: string): Promise<Response> =>
    token({ grant_type: 'refresh_token', client_id: client, refresh_token, resource: `${hospital.clinic.url}/api/v1` });
  const second = (await (await refresh(first)).json()) as Tokens;
  assert.equal((await whoami(second.access_token)).status, 200);
  assert.equal((await refresh(first)).status, 400);
  assert.equal((await refresh(second.refresh_token)).status, 400);
  assert.equal((await whoami(second.access_token)).status, 401);
});

test('a client refreshes with the scopes it asked for, `offline_access` among them, and is told what it got', async () => {
  // As Codex does.
  const resource = `${hospital.clinic.url}/mcp/ehr-tools`;
  const scope = 'gate offline_access';
  const { client, code } = await codeFor('ana', { resource, scope });
  let tokens = (await (await redeem(client, code)).json()) as Tokens & { readonly scope: string };
  for (let times = 0; times < 2; times++) {
    const { refresh_token } = tokens;
    const refreshed = await token({ grant_type: 'refresh_token', client_id: client, refresh_token, scope, resource });
    assert.equal(refreshed.status, 200, await refreshed.clone().text());
    tokens = (await refreshed.json()) as Tokens & { readonly scope: string };
    assert.equal(tokens.scope, 'gate');
  }
  const { refresh_token } = tokens;
  const more = { grant_type: 'refresh_token', client_id: client, refresh_token, scope: 'gate openid', resource };
  assert.equal((await token(more)).status, 400, 'what was not granted is no more to be had');
});

test('a client that registered for some scopes may ask for every one the metadata names', async () => {
  // As Gemini CLI does.
  const metadata = await fetch(`${hospital.clinic.url}/.well-known/oauth-authorization-server`);
  const { scopes_supported: supported } = (await metadata.json()) as { readonly scopes_supported: readonly string[] };
  const registered = await register({ client_name: 'Gemini CLI MCP Client', scope: 'gate' });
  const { client_id: client } = (await registered.json()) as Registered;
  const resource = `${hospital.clinic.url}/mcp/ehr-tools`;
  const agent = new UserAgent(callback);
  const page = await agent.get(authorizationUrl(client, { resource, scope: supported.join(' ') }));
  const consent = await signInAt(hospital.provider, agent, page, 'ana');
  const last = await agent.submit(consent, 'value="allow"');
  const answer = await redeem(client, last.url.searchParams.get('code') ?? '');
  const tokens = (await answer.json()) as Tokens;
  assert.equal(answer.status, 200, JSON.stringify(tokens));
  const form = { grant_type: 'refresh_token', client_id: client, refresh_token: tokens.refresh_token, resource };
  assert.equal((await token({ ...form, scope: supported.join(' ') })).status, 200);
});

test('signing somebody out ends tokens, credentials and open sessions, whatever door', async () => {
  const { clinic } = hospital;
  const { access_token: access } = await tokensFor('ana');
  const forDatabase = await tokensFor('ana', '/postgres/ehr');
  const byToken = await clinic.connect('ana', { password: forDatabase.access_token });
  const made = await fetch(`${clinic.url}/api/v1/connections/ehr/credentials`, {
    method: 'POST',
    headers: { authorization: `Bearer ${access}` },
  });
  const credential = (await made.json()) as { user: string; password: string };
  const byCredential = await clinic.connect('ana', credential);
  const workload = await clinic.token('ana');
  const ends = [byToken, byCredential].map((each) => new Promise((resolve) => each.once('end', resolve)));
  const answer = await fetch(`${clinic.url}/api/v1/sign-ins/revoke`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await clinic.token('pia')}`, 'content-type': 'application/json' },
    body: JSON.stringify({ subject: 'ana', reason: 'left the hospital' }),
  });
  assert.equal(answer.status, 200, await answer.clone().text());
  await Promise.all(ends);
  assert.equal((await whoami(access)).status, 401);
  await assert.rejects(clinic.connect('ana', credential));
  // A token of a trusted issuer that was made before counts no more, either.
  assert.equal((await whoami(workload)).status, 401);
});

test('the provider ends a sign-in by a logout token; a forged, old or foreign one ends nothing', async () => {
  const { clinic, provider } = hospital;
  const { access_token: access } = await tokensFor('ana');
  const post = async (claims: Record<string, unknown>): Promise<number> => {
    const body = new URLSearchParams({ logout_token: await provider.logoutToken(claims) });
    return (await fetch(`${clinic.url}/signin/backchannel/hospital`, { method: 'POST', body })).status;
  };
  const old = Math.floor(Date.now() / 1000) - 3600;
  for (const wrong of [
    { sub: 'ana', aud: 'else' },
    { sub: 'ana', iat: old },
    { sub: 'ana', nonce: 'n' },
    { sub: 'ana', events: {} },
    {},
  ]) {
    assert.equal(await post(wrong), 400, JSON.stringify(wrong));
  }
  assert.equal(await post({ sub: 'ana', iss: 'https://elsewhere.example' }), 400);
  assert.equal((await whoami(access)).status, 200);
  assert.equal(await post({ sub: 'ana' }), 200);
  assert.equal((await whoami(access)).status, 401);
});

test('a code is redeemed once, by its client, with its verifier', async () => {
  const one = await codeFor('ana');
  assert.equal((await redeem(one.client, one.code, 'w'.repeat(64))).status, 400);
  const two = await codeFor('ana');
  const { client_id: other } = (await (await register()).json()) as Registered;
  assert.equal((await redeem(other, two.code)).status, 400);
  const three = await codeFor('ana');
  const answers = await Promise.all([redeem(three.client, three.code), redeem(three.client, three.code)]);
  assert.ok(answers.filter((each) => each.status === 200).length <= 1);
  assert.equal((await redeem(three.client, three.code)).status, 400);
});

test('no authorization without S256, without a door, or for a redirect that was not registered', async () => {
  const { client_id: client } = (await (await register()).json()) as Registered;
  const agent = new UserAgent(callback);
  const errorOf = async (more: Readonly<Record<string, string>>): Promise<string> => {
    const page = await agent.get(authorizationUrl(client, more));
    return page.url.searchParams.get('error') ?? `${page.status} ${page.url.host}`;
  };
  assert.equal(await errorOf({ code_challenge: '', code_challenge_method: '' }), 'invalid_request');
  assert.equal(await errorOf({ code_challenge: verifier, code_challenge_method: 'plain' }), 'invalid_request');
  assert.equal(await errorOf({ resource: '' }), 'invalid_target');
  assert.equal(await errorOf({ resource: 'https://elsewhere.example/mcp/ehr-tools' }), 'invalid_target');
  const { host } = new URL(hospital.clinic.url);
  for (const redirect_uri of [
    'https://elsewhere.example/',
    `${callback}/`,
    `${callback}?a=b`,
    `${callback}#a`,
    'http://127.0.0.1:9@elsewhere.example/callback',
    'http://127.0.0.1:9/callback/../else',
    'javascript:alert(1)',
  ]) {
    assert.equal(await errorOf({ redirect_uri }), `400 ${host}`, redirect_uri);
  }
});

test('an application on a device may be sent back to any port of its own loopback address, and to no other (RFC 8252 §7.3)', async () => {
  const reaching = async (metadata: object): Promise<(redirect_uri: string) => Promise<boolean>> => {
    const { client_id: client } = (await (await register(metadata)).json()) as Registered;
    return async (redirect_uri) => {
      const page = await new UserAgent(redirect_uri).get(authorizationUrl(client, { redirect_uri }));
      return page.url.origin === hospital.provider.issuer;
    };
  };
  const reaches = await reaching({ redirect_uris: ['http://127.0.0.1/cb'] });
  assert.ok(await reaches('http://127.0.0.1:5555/cb'));
  for (const uri of ['http://localhost:5555/cb', 'http://127.0.0.1:5555/else', 'https://127.0.0.1:5555/cb'])
    assert.ok(!(await reaches(uri)), uri);

  // As VS Code registers: through its maker's site from a browser, else to a port of its own.
  const both = ['https://vscode.dev/redirect', 'http://127.0.0.1/', 'http://127.0.0.1:33418/'];
  const reachesBoth = await reaching({ redirect_uris: both, application_type: 'native' });
  for (const uri of ['https://vscode.dev/redirect', 'http://127.0.0.1:33418/', 'http://127.0.0.1:5555/'])
    assert.ok(await reachesBoth(uri), uri);
  assert.ok(!(await reachesBoth('https://vscode.dev:444/redirect')), 'a web site has one port');
});

test('no client registers a redirect in clear to elsewhere, with a user in it, or a secret it chose', async () => {
  for (const uri of [
    'http://elsewhere.example/',
    'https://user:x@elsewhere.example/',
    'javascript:alert(1)',
    'data:x',
    'a',
  ]) {
    assert.equal((await register({ redirect_uris: [uri] })).status, 400, uri);
  }
  assert.equal((await register({ token_endpoint_auth_method: 'client_secret_jwt' })).status, 400);
});

test('client metadata is not fetched from addresses inside the network', async () => {
  const agent = new UserAgent(callback);
  for (const id of [
    'https://127.0.0.1:1/client.json',
    'https://localhost/client.json',
    'https://169.254.169.254/latest/meta-data',
    'https://[::1]/client.json',
    'https://[::ffff:10.0.0.1]/client.json',
    'https://0/client.json',
    'https://2130706433/client.json',
  ]) {
    const page = await agent.get(authorizationUrl(id));
    assert.equal(page.status, 400, id);
    assert.equal(page.url.origin, hospital.clinic.url);
  }
  // Claude Code names such an address wherever the gate reads them: also where the gate has no way out.
  const page = await agent.get(authorizationUrl('https://client.invalid/claude-code-client-metadata'));
  assert.match(page.html, /could not read what the client says of itself, at client\.invalid/);
  assert.match(page.html, /Tell the operator .*identity\.clients\.metadata_documents: false/);
});

test('a sign-in answers in the browser it began in, once, and by a state of the gate', async () => {
  const { clinic, provider } = hospital;
  const victim = new UserAgent();
  const stranger = new UserAgent(`${clinic.url}/signin/callback`);
  const page = await stranger.get(`${clinic.url}/signin`);
  const answer = await signInAt(provider, stranger, page, 'ana');
  assert.match(answer.url.pathname, /^\/signin\/callback\/hospital$/);
  const forged = await victim.get(answer.url);
  assert.equal(forged.status, 403);
  assert.match(forged.html, /another browser/);
  assert.equal((await new UserAgent().get(`${clinic.url}/signin/callback/hospital?code=x&state=y`)).status, 403);
  const again = await stranger.get(answer.url);
  assert.equal(again.url.pathname, '/signin/callback/hospital');
});

test('nobody gets in whose groups the provider does not tell (group overage)', async () => {
  const agent = new UserAgent();
  const page = await agent.get(`${hospital.clinic.url}/signin`);
  const refused = await signInAt(hospital.provider, agent, page, 'many');
  assert.equal(refused.status, 403);
  assert.match(refused.html, /group overage/);
});

test('a sign-in leads to pages of the gate only', async () => {
  const agent = new UserAgent();
  for (const wish of [
    'https://elsewhere.example/',
    '//elsewhere.example/',
    '/\\elsewhere.example',
    'javascript:alert(1)',
    '/\t/x',
    '',
  ]) {
    const page = await agent.get(`${hospital.clinic.url}/signin?${new URLSearchParams({ return: wish }).toString()}`);
    assert.equal(page.status, 400, JSON.stringify(wish));
  }
});

test('consent and signing out take a form of this sign-in; each sign-in has a cookie of its own', async () => {
  const { clinic, provider } = hospital;
  const agent = new UserAgent(callback);
  const planted = `chartgate=${randomBytes(32).toString('base64url')}`;
  const stranger = await fetch(`${clinic.url}/signin`, { headers: { cookie: planted }, redirect: 'manual' });
  assert.equal(stranger.status, 303);
  const account = await signInAt(provider, agent, await agent.get(`${clinic.url}/signin`), 'ana');
  assert.match(account.html, /You are signed in/);
  const signed = agent.cookies(new URL(clinic.url));
  assert.match(signed, /chartgate=[\w-]{43}/);
  assert.ok(!signed.includes(planted));
  assert.equal((await agent.post(`${clinic.url}/signin/out`, { csrf: 'guessed' })).status, 403);
  const { client_id: client } = (await (await register()).json()) as Registered;
  const consent = await agent.get(authorizationUrl(client));
  const forged = await agent.submit(consent, 'value="allow"', { csrf: 'guessed' });
  assert.equal(forged.status, 403);
  const out = await agent.submit(await agent.get(`${clinic.url}/signin`), 'name="csrf"');
  assert.match(out.html, /You are signed out/);
  const over = await fetch(`${clinic.url}/signin`, { headers: { cookie: signed }, redirect: 'manual' });
  assert.equal(over.status, 303);
});

test('what was accepted and refused is in the log, by code and provider, and no token with it', async () => {
  const { clinic } = hospital;
  const { access_token: access, code } = await tokensFor('ana');
  const names = await readdir(clinic.state, { recursive: true, withFileTypes: true });
  const files = names.filter((each) => each.isFile()).map((each) => join(each.parentPath, each.name));
  const all = (await Promise.all(files.map((each) => readFile(each, 'latin1').catch(() => '')))).join('\n');
  assert.match(all, /"code":"sign_in_refused","door":"sign-in","provider":"hospital"/);
  assert.match(all, /"type":"auth.accepted"/);
  assert.match(all, /"type":"auth.signed_out"/);
  assert.match(all, /"type":"client.registered"/);
  assert.ok(!all.includes(access) && !all.includes(code));
});
