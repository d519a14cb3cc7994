// An MCP server that wants an account of each person, behind a real gate: a certified authorization server, a server that
// checks its tokens, people in browsers who allow the gate to use their accounts; and whatever must not work.

import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import type { Gate } from '../parts/clinic.ts';
import { eventually } from '../parts/eventually.ts';
import { type Hospital, signInAt, startHospital } from '../parts/hospital.ts';
import { createIssuer } from '../parts/issuer.ts';
import { allowAt, type NotesAccounts, startNotesAccounts } from '../parts/notes-accounts.ts';
import { type Page, UserAgent } from '../parts/user-agent.ts';
import { type ServedFixture, serveFixture } from './fixture-server.ts';
import { at } from './gate.ts';

let hospital: Hospital;
let notes: NotesAccounts;
let upstream: ServedFixture;
/** Which account each request to the MCP server was made with. */
const used: string[] = [];
let gate: Gate;
let tokenOf: (person: string) => Promise<string>;

before(async () => {
  hospital = await startHospital();
  notes = await startNotesAccounts();
  upstream = await serveFixture({
    admits: async (authorization) => {
      const account = await notes.accountOf(authorization, upstream.url);
      if (account !== null) used.push(account);
      return account !== null;
    },
    resourceMetadata: (resource) => ({
      resource,
      authorization_servers: [notes.issuer],
      scopes_supported: ['notes:read'],
    }),
  });
  const { clinic, provider } = hospital;
  provider.people['ben'] = { groups: ['analysts'] };
  const agents = await createIssuer({ issuer: provider.issuer, audience: 'chartgate' });
  tokenOf = (person) => agents.sign({ sub: person, groups: ['analysts'] });
  await writeFile(join(clinic.directory, 'agents.json'), agents.jwks);
  const trust = `    - { issuer: "${provider.issuer}", audience: chartgate, jwks: ./agents.json, groups_claim: groups, kind: person }\n`;
  const connection = `  notes: { type: mcp, url: "${upstream.url}", credential: { type: oauth-per-user } }\n`;
  const rule = `    - { name: notes, subjects: { groups: [analysts] }, connections: [notes], when: mcp.tool.readonly, allow: true }\n`;
  const text = await readFile(clinic.config, 'utf8');
  await writeFile(
    clinic.config,
    text
      .replace('  trust:\n', `  trust:\n${trust}`)
      .replace('connections:\n', `connections:\n${connection}`)
      .replace('  rules:\n', `  rules:\n${rule}`),
  );
  gate = await clinic.startGate();
});

after(async () => {
  await upstream?.close();
  await notes?.close();
  await hospital?.stop();
});

/** An agent of this person, and what it is told unasked. */
async function agentOf(
  person: string,
  capabilities = {},
  version?: string,
): Promise<{ client: Client; told: string[] }> {
  const told: string[] = [];
  const options = version ? { versionNegotiation: { mode: { pin: version } } } : {};
  const client = new Client({ name: 'agent', version: '1' }, { capabilities, ...options });
  client.fallbackNotificationHandler = async ({ method, params }) => {
    told.push(
      method === 'notifications/elicitation/complete' ? `complete ${String(params?.['elicitationId'])}` : method,
    );
  };
  await client.connect(
    new StreamableHTTPClientTransport(new URL('/mcp/notes', hospital.clinic.url), {
      requestInit: { headers: { authorization: `Bearer ${await tokenOf(person)}` } },
    }),
  );
  return { client, told };
}

/** The page of the connection, for a browser that has signed in as this person. */
async function pageFor(person: string, browser: UserAgent): Promise<Page> {
  return signInAt(hospital.provider, browser, await browser.get(`${hospital.clinic.url}/connect/notes`), person);
}

async function connectAs(person: string, account: string, browser: UserAgent = new UserAgent()): Promise<Page> {
  const page = await pageFor(person, browser);
  return allowAt(notes, browser, await browser.submit(page, 'value="connect"'), account);
}

const link = (): string => `${hospital.clinic.url}/connect/notes`;

test('before: the session stands, lists the way in alone, and a call is refused by name with the link', async () => {
  const { client, told } = await agentOf('ana');
  const { tools } = await client.listTools();
  assert.deepEqual(
    tools.map((each) => each.name),
    ['connect_account'],
  );
  assert.match(tools[0]?.description ?? '', /wants an account of the person you work for/);
  assert.deepEqual((await client.listResources()).resources, []);
  const refused = await client.callTool({ name: 'read_chart', arguments: {} });
  assert.equal(refused.isError, true);
  assert.ok(JSON.stringify(refused.content).includes(link()), JSON.stringify(refused));
  assert.equal(at(refused, '_meta', 'chartgate', 'code'), 'account_required');
  await assert.rejects(client.readResource({ uri: 'chart://one' }), (error: Error & { code?: number }) => {
    assert.equal(error.code, -32004);
    return error.message.includes(link());
  });

  const shown = await agentOf('ana', { elicitation: { url: {} } });
  let elicitation = '';
  await assert.rejects(shown.client.callTool({ name: 'connect_account', arguments: {} }), (error) => {
    assert.equal(at(error, 'code'), -32042);
    assert.equal(at(error, 'data', 'elicitations', 0, 'url'), link());
    elicitation = String(at(error, 'data', 'elicitations', 0, 'elicitationId'));
    return true;
  });
  assert.deepEqual(used, [], 'nothing has reached the server with a token');

  const end = await connectAs('ana', 'ana-at-notes');
  assert.equal(end.url.href, link(), 'the code does not stay in the address');
  assert.match(end.html, /connected since/);
  await eventually(() => shown.told.includes(`complete ${elicitation}`), 'the client is told that it may come again');
  await eventually(() => told.includes('notifications/tools/list_changed'), 'the waiting session goes on');
  assert.ok((await client.listTools()).tools.some((each) => each.name === 'read_chart'));
  const read = await client.callTool({ name: 'read_chart', arguments: {} });
  assert.match(JSON.stringify(read), /\*\*\*-\*\*-9999/, 'and is masked like any other');
  assert.deepEqual([...new Set(used)], ['ana-at-notes']);
  assert.equal(notes.registered.length, 1);
  assert.deepEqual(
    notes.grants.map(({ type, resource }) => [type, resource]),
    [['authorization_code', upstream.url]],
  );
  await Promise.all([client.close(), shown.client.close()]);
});

test('an account is of one person: another has to connect their own, and cannot finish what somebody began', async () => {
  const { client } = await agentOf('ben');
  assert.equal((await client.callTool({ name: 'read_chart', arguments: {} })).isError, true);
  assert.ok(!used.includes('ben-at-notes'));
  await client.close();
  // Ana begins; the answer of the authorization server is brought by Ben's browser, and by nobody's.
  const [ana, ben, nobody] = [new UserAgent(`${link()}/callback`), new UserAgent(), new UserAgent()];
  await pageFor('ben', ben);
  const away = await ana.submit(await pageFor('ana', ana), 'value="connect"');
  const last = await allowAt(notes, ana, away, 'ana-at-notes');
  assert.equal(last.url.pathname, '/connect/notes/callback');
  assert.equal((await nobody.get(last.url)).status, 401);
  const stolen = await ben.get(last.url);
  assert.equal(stolen.status, 403);
  assert.match(stolen.html, /was not begun here by you/);
  assert.equal((await ana.get(last.url)).status, 403, 'and it counts once');
  const forged = await ben.post(link(), { csrf: 'guessed', do: 'remove' });
  assert.match(forged.html, /does not come from a page/);
  assert.equal((await ben.get(`${hospital.clinic.url}/connect/ehr-tools`)).status, 404);
  assert.match((await ben.get(`${hospital.clinic.url}/signin`)).html, /<a href="\/connect">/);
});

test('2026-07-28: a question with the link; the call goes on once it is done', async () => {
  const { client } = await agentOf('ben', { elicitation: { url: {} } }, '2026-07-28');
  const asked: string[] = [];
  client.setRequestHandler('elicitation/create', async ({ params }) => {
    asked.push(String(at(params, 'url')));
    await connectAs('ben', 'ben-at-notes');
    return { action: 'accept' };
  });
  const read = await client.callTool({ name: 'read_chart', arguments: {} });
  assert.match(JSON.stringify(read), /\*\*\*-\*\*-9999/);
  assert.deepEqual(asked, [link()]);
  assert.ok(used.includes('ben-at-notes'));
  await client.close();
});

test('kept over a restart, sealed; renewed for all who wait at once; gone when it is taken back or the person leaves', async () => {
  await gate.kill();
  gate = await hospital.clinic.startGate();
  const before = notes.grants.length;
  const [one, two] = await Promise.all([agentOf('ana'), agentOf('ana')]);
  const call = (client: Client): Promise<unknown> => client.callTool({ name: 'pid', arguments: {} });
  await Promise.all([one, two].map(({ client }) => call(client)));
  assert.equal(notes.grants.length, before, 'the token that is kept will do');
  const ben = await agentOf('ben');
  await call(ben.client);
  notes.mischief.slowMs = 150;
  notes.distrust();
  for (const answer of await Promise.all([one, two, one, two].map(({ client }) => call(client))))
    assert.equal(at(answer, 'isError'), undefined, JSON.stringify(answer));
  assert.deepEqual(
    notes.grants.slice(before).map(({ type, status }) => [type, status]),
    [['refresh_token', 200]],
    'one flight for everybody who waits',
  );
  delete notes.mischief.slowMs;

  notes.mischief.forgetful = true;
  const lost = await call(ben.client);
  assert.equal(at(lost, 'isError'), true);
  assert.ok(JSON.stringify(lost).includes(link()), 'the person is asked again, by name');
  delete notes.mischief.forgetful;
  await connectAs('ben', 'ben-at-notes');
  assert.equal(at(await call(ben.client), 'isError'), undefined);

  const { clinic, provider } = hospital;
  const revoked = await clinic.chartgate(
    ['sessions', 'revoke', 'ana', '--issuer', provider.issuer, '--reason', 'left', '-c', clinic.config],
    'pia',
  );
  assert.equal(revoked.code, 0, revoked.stderr);
  await eventually(() => notes.revoked.length > 0, 'the authorization server is told');
  const state = await everyByteIn(clinic.state);
  assert.ok(!/ana-at-notes|eyJ[\w-]{20,}\.eyJ/.test(state), 'no token or account lies anywhere in the clear');
  assert.ok(!gate.output().includes('eyJ'));
  await Promise.all([one, two, ben].map(({ client }) => client.close().catch(() => {})));
});

async function everyByteIn(directory: string): Promise<string> {
  const files = (await readdir(directory, { recursive: true, withFileTypes: true })).filter((each) => each.isFile());
  const texts = await Promise.all(files.map((each) => readFile(join(each.parentPath, each.name), 'latin1')));
  return texts.join('\n');
}
