// Step-up: a tool that asks for a stronger sign-in. The SDK's client is told the scope, the person proves themselves once more,
// and the same session goes on; nobody gets there without.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Client as McpClient, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client';
import { Client, type DatabaseError } from 'pg';
import { limits } from '../../src/core/limits.ts';
import { msLeft, scopesMet, strictestOf } from '../../src/identity/step-up.ts';
import { post } from '../mcp/raw-client.ts';
import { memoryOf } from '../parts/client-memory.ts';
import { type Clinic, main, startClinic } from '../parts/clinic.ts';
import { eventually } from '../parts/eventually.ts';
import type { Hospital } from '../parts/hospital.ts';
import { type LyingProvider, startLyingProvider } from '../parts/lying-provider.ts';
import { callback, oauthAt, type Registered, type Tokens } from '../parts/oauth-client.ts';
import { type Page, UserAgent } from '../parts/user-agent.ts';

let clinic: Clinic;
let provider: LyingProvider;
/** What the provider says besides of how somebody proved themselves. */
let proof: Record<string, unknown> = {};

const rules = `    - name: numbers-need-proof
      connections: [ehr]
      when: sql.columns.exists(each, each == "public.patients.ssn")
      step_up: strong
    - name: wards-through-agents-need-proof
      connections: [free]
      when: mcp.method == "tools/call" && string(mcp.arguments.sql).contains("wards")
      step_up: strong
`;

before(async () => {
  [clinic, provider] = await Promise.all([startClinic(), startLyingProvider()]);
  provider.idToken = ({ claims, sign }) => sign({ ...claims, auth_time: Math.floor(Date.now() / 1000), ...proof });
  await writeFile(join(clinic.directory, 'secret'), provider.clientSecret, { mode: 0o600 });
  const section = `identity:
  providers:
    hospital: { type: oidc, issuer: "${provider.issuer}", client_id: ${provider.clientId}, client_secret: "\${file:./secret}" }
  step_up: { strong: { acr: [phr], within: 2m } }
`;
  await clinic.writeConfig((text) =>
    text
      .replace('identity:\n', section)
      .replace(
        'classification:',
        '  strict: { type: mcp, url: "http://127.0.0.1:9/mcp", step_up: { scope: strong } }\nclassification:',
      )
      .replace(/^ {2}ehr-tools: (.*)$/m, '  ehr-tools: $1\n  free: $1')
      .replace('ehr-tools: { type: mcp,', 'ehr-tools: { type: mcp, step_up: { scope: strong, tools: [query] },')
      .replace('connections: [ehr-tools]', 'connections: [ehr-tools, free]')
      .replace('  rules:\n', `  rules:\n${rules}`),
  );
  await clinic.startGate();
});

after(async () => {
  await provider?.close();
  await clinic?.stop();
});

/** Where the provider sends the browser back to. */
function answerTo(at: URL): URL {
  const back = new URL(at.searchParams.get('redirect_uri') ?? '');
  const state = at.searchParams.get('state') ?? '';
  back.search = new URLSearchParams({ code: provider.codeFor(at), state, iss: provider.issuer }).toString();
  return back;
}

const query = { name: 'query', arguments: { sql: 'SELECT label FROM wards WHERE id = 1' } };

test('the client is told the scope, its person proves themselves, and the session goes on', async () => {
  const agent = new UserAgent(callback);
  const asked: string[] = [];
  const demanded: string[] = [];
  let last: Page | undefined;
  const memory = memoryOf(async (url) => {
    asked.push(url.searchParams.get('scope') ?? '');
    let page = await agent.get(url);
    if (page.url.origin === provider.issuer) {
      demanded.push(`${page.url.searchParams.get('acr_values') ?? ''} ${page.url.searchParams.get('max_age') ?? ''}`);
      page = await agent.get(answerTo(page.url));
    }
    last = page.html.includes('value="allow"') ? await agent.submit(page, 'value="allow"') : page;
  });
  const transport = new StreamableHTTPClientTransport(new URL('/mcp/ehr-tools', clinic.url), { authProvider: memory });
  await assert.rejects(new McpClient({ name: 'agent', version: '1' }).connect(transport), UnauthorizedError);
  await transport.finishAuth(last?.url.searchParams ?? new URLSearchParams());
  assert.deepEqual(asked, ['gate']);

  const going = new StreamableHTTPClientTransport(new URL('/mcp/ehr-tools', clinic.url), { authProvider: memory });
  const client = new McpClient({ name: 'agent', version: '1' });
  await client.connect(going);
  assert.ok((await client.listTools()).tools.some(({ name }) => name === 'query'));

  // The provider vouches for no second factor: the person is told, and nothing comes of it.
  await assert.rejects(client.callTool(query), UnauthorizedError);
  assert.equal(last?.status, 403, last?.url.href);
  assert.match(last?.html ?? '', /as strong and new as was asked for/);

  proof = { acr: 'phr', auth_time: Math.floor(Date.now() / 1000) - 600 };
  await assert.rejects(client.callTool(query), UnauthorizedError);
  assert.equal(last?.status, 403, 'strong, but not new');
  proof = { acr: 'phr' };
  await assert.rejects(client.callTool(query), UnauthorizedError);
  assert.deepEqual(
    asked.slice(1).map((each) => each.split(' ').toSorted().join(' ')),
    ['gate strong', 'gate strong', 'gate strong'],
  );
  await going.finishAuth(last?.url.searchParams ?? new URLSearchParams());
  assert.deepEqual(demanded, [' ', 'phr 120', 'phr 120', 'phr 120']);
  const tokens = await memory.tokens();
  assert.deepEqual(tokens?.scope?.split(' ').toSorted(), ['gate', 'strong']);
  assert.ok(Number(tokens?.expires_in) > 600, 'a token that ends soon is refreshed by some clients without end');
  assert.match(JSON.stringify(await client.callTool(query)), /ward 1/);
  await client.close();
  const sessions = await clinic.sessions({ subject: 'ana', connection: 'ehr-tools' });
  assert.equal(sessions.length, 1, 'the step-up raised the sign-in the session hangs on');
});

test('a scope is gone with the proof, whatever the token says, and a refreshed token has it no more', async () => {
  const { register, authorizationUrl, token, redeem } = oauthAt(() => ({ clinic }) as Hospital);
  const { client_id: client } = (await (await register()).json()) as Registered;
  const resource = `${clinic.url}/mcp/strict`;
  const agent = new UserAgent(callback);
  proof = { acr: 'phr', auth_time: Math.floor(Date.now() / 1000) - 115 };
  const { url } = await agent.get(authorizationUrl(client, { resource, scope: 'gate strong offline_access' }));
  const consented = await agent.submit(await agent.get(answerTo(url)), 'value="allow"');
  const first = (await (await redeem(client, consented.url.searchParams.get('code') ?? '')).json()) as Tokens;
  assert.ok(first.expires_in > 600);
  /** What is asked for besides; no rule covers the connection, but that comes later. */
  const ask = async (): Promise<string | null> => {
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } };
    const response = await post(resource, { id: 1, method: 'initialize', params }, { person: first.access_token });
    return response.headers.get('www-authenticate');
  };
  assert.equal(await ask(), null, 'what was proven counts');
  await eventually(async () => (await ask())?.includes('insufficient_scope') === true, 'and then it does no more');
  const form = { grant_type: 'refresh_token', client_id: client, refresh_token: first.refresh_token, resource };
  const second = (await (await token(form)).json()) as Tokens & { readonly scope: string };
  assert.equal(second.scope, 'gate');
  assert.ok(second.expires_in > 600);
  proof = { acr: 'phr' };
});

test('a token of a trusted issuer has to say how and when its person proved themselves', async () => {
  const now = Math.floor(Date.now() / 1000);
  const call = async (claims: Record<string, unknown>): Promise<Response> => {
    const person = await clinic.issuer.sign({ sub: 'ana', groups: ['analysts'], ...claims });
    return post(`${clinic.url}/mcp/ehr-tools`, { id: 1, method: 'tools/call', params: query }, { person });
  };
  for (const claims of [
    {},
    { acr: 'phr' },
    { acr: 'pwd', auth_time: now },
    { acr: 'phr', auth_time: now - 600 },
    { acr: ['phr'], auth_time: now },
  ]) {
    const answer = await call(claims);
    assert.equal(answer.status, 403, JSON.stringify(claims));
    const challenge = answer.headers.get('www-authenticate') ?? '';
    assert.match(challenge, /^Bearer error="insufficient_scope", scope="gate strong", resource_metadata="http/);
  }
  // It is let through to where a session would be needed.
  assert.equal((await call({ acr: 'phr', auth_time: now })).status, 400);
});

test('a whole connection that asks says so from the start, and lets nothing through without', async () => {
  const metadata = async (name: string): Promise<unknown> => {
    const answer = await fetch(`${clinic.url}/.well-known/oauth-protected-resource/mcp/${name}`);
    return ((await answer.json()) as Record<string, unknown>)['scopes_supported'];
  };
  assert.deepEqual(await metadata('strict'), ['gate', 'strong']);
  assert.deepEqual(await metadata('ehr-tools'), ['gate']);
  const authorization = `Bearer ${await clinic.token('ana')}`;
  for (const method of ['GET', 'POST', 'DELETE'])
    assert.equal((await fetch(`${clinic.url}/mcp/strict`, { method, headers: { authorization } })).status, 403, method);
});

const numbers = 'SELECT ssn FROM patients LIMIT 1';

test('a rule asks for a stronger sign-in at the PostgreSQL door, says how, and lets it pass until that is over', async () => {
  const password = async (claims: Record<string, unknown>): Promise<string> =>
    clinic.issuer.sign({ sub: 'ana', groups: ['analysts'], ...claims });
  const seconds = (): number => Math.floor(Date.now() / 1000);
  for (const claims of [{}, { acr: 'pwd', auth_time: seconds() }, { acr: 'phr', auth_time: seconds() - 121 }]) {
    const plain = await clinic.connect('ana', { password: await password(claims) });
    await assert.rejects(plain.query(numbers), {
      code: '28000',
      message: /stronger or newer sign-in \(strong\) \(rule numbers-need-proof\)/,
      hint: 'Prove who you are once more: chartgate login --scope strong. Then connect anew: chartgate connect ehr.',
    });
    assert.equal((await plain.query('SELECT label FROM wards WHERE id = 1')).rows.length, 1);
    await plain.end();
  }
  const strong = await clinic.connect('ana', { password: await password({ acr: 'phr', auth_time: seconds() - 116 }) });
  assert.equal((await strong.query(numbers)).rows.length, 1);
  const isOver = (): Promise<boolean> =>
    strong.query(numbers).then(
      () => false,
      (error: DatabaseError) => error.code === '28000',
    );
  await eventually(isOver, 'the proof is over');
  await strong.end();
});

test('the command line proves it once more, and what connect gives is enough', async () => {
  proof = { acr: 'phr' };
  const child = spawn(process.execPath, [main, 'login', '--scope', 'strong', '-c', clinic.config], {
    cwd: clinic.directory,
    env: { PATH: process.env['PATH'] ?? '', HOME: clinic.directory },
  });
  let said = '';
  const address = await new Promise<string>((resolve) => {
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      const found = /https?:\/\/\S+user_code=\S+/.exec(said)?.[0];
      if (found) resolve(found);
    });
  });
  const agent = new UserAgent();
  const confirm = await agent.submit(await agent.get(address), 'name="user_code"');
  const { url } = await agent.submit(confirm, 'name="confirm"');
  assert.equal(url.searchParams.get('acr_values'), 'phr');
  await agent.submit(await agent.get(answerTo(url)), 'value="allow"');
  const [exit] = await once(child, 'exit');
  assert.equal(exit, 0, said);
  const made = await clinic.chartgate(['connect', 'ehr', '--print', '-c', clinic.config], null);
  assert.equal(made.code, 0, made.stderr);
  const database = new Client({ connectionString: made.stdout.trim() });
  await database.connect();
  assert.equal((await database.query(numbers)).rows.length, 1);
  await database.end();
});

test('a rule asks the client of an MCP session for the scope, and the SQL of the tool is decided by the same proof', async () => {
  proof = {};
  const agent = new UserAgent(callback);
  const asked: string[] = [];
  let last: Page | undefined;
  const memory = memoryOf(async (url) => {
    asked.push(url.searchParams.get('scope') ?? '');
    let page = await agent.get(url);
    if (page.url.origin === provider.issuer) page = await agent.get(answerTo(page.url));
    last = page.html.includes('value="allow"') ? await agent.submit(page, 'value="allow"') : page;
  });
  const transport = new StreamableHTTPClientTransport(new URL('/mcp/free', clinic.url), { authProvider: memory });
  await assert.rejects(new McpClient({ name: 'agent', version: '1' }).connect(transport), UnauthorizedError);
  await transport.finishAuth(last?.url.searchParams ?? new URLSearchParams());
  const going = new StreamableHTTPClientTransport(new URL('/mcp/free', clinic.url), { authProvider: memory });
  const client = new McpClient({ name: 'agent', version: '1' });
  await client.connect(going);
  assert.ok((await client.listTools()).tools.some(({ name }) => name === 'query'));
  const ssn = { name: 'query', arguments: { sql: numbers } };
  await assert.rejects(client.callTool(ssn), /numbers-need-proof/, 'PostgreSQL tells the tool');
  proof = { acr: 'phr' };
  await assert.rejects(client.callTool(query), UnauthorizedError);
  assert.deepEqual(
    asked.map((each) => each.split(' ').toSorted().join(' ')),
    ['gate', 'gate strong'],
  );
  await going.finishAuth(last?.url.searchParams ?? new URLSearchParams());
  assert.match(JSON.stringify(await client.callTool(query)), /ward 1/);
  const seen = JSON.stringify(await client.callTool(ssn));
  assert.ok(!seen.includes('numbers-need-proof') && !seen.includes('isError":true'), seen);
  await client.close();
});

test('each who was asked for more is on record', async () => {
  const names = await readdir(clinic.state, { recursive: true, withFileTypes: true });
  const files = names.filter((each) => each.isFile()).map((each) => join(each.parentPath, each.name));
  const all = (await Promise.all(files.map((each) => readFile(each, 'latin1').catch(() => '')))).join('\n');
  assert.ok(/"code":"insufficient_scope","door":"mcp"/.test(all));
  assert.ok(/"code":"sign_in_refused","door":"sign-in","provider":"hospital"/.test(all));
});

test('what is not said is not met, and it ends to the millisecond', () => {
  const strong = { acr: ['phr', 'phrh'], withinMs: 60_000 };
  const proven = { acr: 'phr', authenticatedMs: 1_000_000 };
  assert.equal(msLeft(strong, proven, 1_059_999), 1);
  assert.equal(msLeft(strong, proven, 1_060_000), 0);
  assert.equal(msLeft(strong, { acr: 'phr' }, 0), 0);
  assert.equal(msLeft(strong, { acr: 'phr', authenticatedMs: limits.clockSkewMs + 1 }, 0), 0, 'a proof to come');
  assert.ok(msLeft(strong, { acr: 'phr', authenticatedMs: limits.clockSkewMs }, 0) > 0, 'a clock a little ahead');
  assert.equal(msLeft(strong, { authenticatedMs: 0 }, 0), 0);
  assert.deepEqual(scopesMet(['strong', 'else'], new Map([['strong', strong]]), proven, 1_000_000), {
    strong: 1_060_000,
  });
  const other = { acr: ['phrh'], withinMs: 90_000 };
  assert.deepEqual(strictestOf([strong, other]), { acr: ['phrh'], withinMs: 60_000 });
  assert.equal(strictestOf([]), null);
});
