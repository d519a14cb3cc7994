// Whoever is signed out loses what is open, on every door, within two seconds: idle, running, held, streaming; by each of the
// ways a sign-in or a client's tokens end. What somebody else has open goes on.

import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client as McpClient, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import type { Client } from 'pg';
import { greet, listen } from '../mcp/raw-client.ts';
import { eventually } from '../parts/eventually.ts';
import { type Hospital, startHospital } from '../parts/hospital.ts';
import { logRecords } from '../parts/log-records.ts';
import { callback, oauthAt } from '../parts/oauth-client.ts';
import { UserAgent } from '../parts/user-agent.ts';

/** What the issue promises; on a machine that does much else, asked for with room. */
const promisedMs = 2_000;
const roomMs = 6_000;

let hospital: Hospital;
const { tokensFor, token, whoami } = oauthAt(() => hospital);

before(async () => {
  hospital = await startHospital();
  const { clinic } = hospital;
  await writeFile(clinic.config, (await readFile(clinic.config, 'utf8')).replace('wait: 1s', 'wait: 60s'));
  await clinic.startGate();
});
after(() => hospital?.stop());

/** Something that is open, and when it was seen to end. */
interface Open {
  readonly what: string;
  readonly endedMs: Promise<number>;
}

function open(what: string, end: Promise<unknown>): Open {
  const now = (): number => performance.now();
  return { what, endedMs: end.then(now, now) };
}

const ending = (client: Client): Promise<unknown> => new Promise((resolve) => client.once('end', resolve));

async function agentOf(access: string, options: object = {}): Promise<McpClient> {
  const client = new McpClient({ name: 'agent', version: '1' }, options);
  const transport = new StreamableHTTPClientTransport(new URL('/mcp/ehr-tools', hospital.clinic.url), {
    requestInit: { headers: { authorization: `Bearer ${access}` } },
  });
  await client.connect(transport);
  return client;
}

/** The stream of a client of 2025 that does nothing but listen. */
async function listening(access: string): Promise<Open> {
  const url = `${hospital.clinic.url}/mcp/ehr-tools`;
  const { headers } = await greet(url, '2025-11-25', { person: access });
  const stream = await listen(url, { person: access, headers });
  assert.equal(stream.status, 200);
  return open('a stream', stream.text());
}

async function credentialOf(access: string): Promise<{ user: string; password: string }> {
  const made = await fetch(`${hospital.clinic.url}/api/v1/connections/ehr/credentials`, {
    method: 'POST',
    headers: { authorization: `Bearer ${access}` },
  });
  return (await made.json()) as { user: string; password: string };
}

async function allEnd(opened: readonly Open[], by: () => Promise<unknown>): Promise<void> {
  const began = performance.now();
  await by();
  const late = sleep(roomMs, Number.NaN);
  for (const { what, endedMs } of opened) {
    const took = (await Promise.race([endedMs, late])) - began;
    assert.ok(took > 0, `${what} ${Number.isNaN(took) ? 'goes on' : 'had ended before'}`);
    if (took > promisedMs) console.log(`${what} took ${took.toFixed(0)} ms`);
  }
}

const reads = 'SELECT count(*) FROM wards';

test('revoked by a reviewer: PostgreSQL idle, running, copying, held; MCP of both eras, running, held, listening; API and pages', async () => {
  const { clinic, provider } = hospital;
  const browser = new UserAgent(callback);
  const api = await tokensFor('ana', '/api/v1', browser);
  const database = await tokensFor('ana', '/postgres/ehr', browser);
  const tools = await tokensFor('ana', '/mcp/ehr-tools', browser);
  const credential = await credentialOf(api.access_token);
  const [idle, running, copying, held] = [
    await clinic.connect('ana', { password: database.access_token }),
    await clinic.connect('ana', credential),
    await clinic.connect('ana', credential),
    await clinic.connect('ana', { password: database.access_token }),
  ];
  const other = await clinic.connect('cora');
  const session = await agentOf(tools.access_token);
  const waiting = await agentOf(tools.access_token);
  const stateless = await agentOf(tools.access_token, { versionNegotiation: { mode: { pin: '2026-07-28' } } });
  const call = (client: McpClient, sql: string): Promise<unknown> =>
    client.callTool({ name: 'query', arguments: { sql } });
  assert.match(JSON.stringify(await call(stateless, 'SELECT label FROM wards WHERE id = 3')), /ward 3/);
  const lock = await clinic.lockWards();
  const opened = [
    open('an idle session', ending(idle)),
    open('a running statement', running.query(reads)),
    open('a COPY', copying.query(`COPY (${reads}) TO STDOUT`)),
    open('a held statement', held.query('DELETE FROM wards')),
    await listening(tools.access_token),
    open('a running call', call(session, reads)),
    open('a held call', call(waiting, 'DELETE FROM wards')),
    open('a running call without a session', call(stateless, reads)),
  ];
  const heldByNow = async (): Promise<number> => (await logRecords(clinic.state, 'approval.requested')).length;
  await eventually(async () => (await heldByNow()) === 2, 'two acts are held');
  await lock.wanted(4);
  await allEnd(opened, async () => {
    const answer = await fetch(`${clinic.url}/api/v1/sign-ins/revoke`, {
      method: 'POST',
      headers: { authorization: `Bearer ${await clinic.token('pia')}`, 'content-type': 'application/json' },
      body: JSON.stringify({ subject: 'ana', issuer: provider.issuer, reason: 'left the hospital' }),
    });
    assert.equal(answer.status, 200);
  });
  await lock.release();
  assert.equal((await whoami(api.access_token)).status, 401);
  const cookie = browser.cookies(new URL(clinic.url));
  const page = await fetch(`${clinic.url}/approvals`, { headers: { cookie }, redirect: 'manual' });
  assert.match(page.headers.get('location') ?? '', /^\/signin\?/);
  await assert.rejects(clinic.connect('ana', credential));
  await assert.rejects(clinic.connect('ana', { password: database.access_token }));
  await assert.rejects(call(stateless, 'SELECT 1'));
  await assert.rejects(call(session, 'SELECT 1'));
  assert.equal((await other.query('SELECT id FROM wards WHERE id = 1')).rowCount, 1);
  await other.end();
  const refused = await Promise.all(
    [...'ab'].map(() =>
      token({ grant_type: 'refresh_token', client_id: api.client, refresh_token: api.refresh_token }),
    ),
  );
  assert.deepEqual(
    refused.map(({ status }) => status),
    [400, 400],
  );
  const [record] = await logRecords(clinic.state, 'auth.signed_out');
  assert.deepEqual([record?.subject?.id, record?.data?.['by'], record?.data?.['reason']], ['ana', 'pia', 'revoked']);
  const ends = (await logRecords(clinic.state, 'session.end')).map(({ data }) => data?.['reason']);
  assert.ok(ends.filter((each) => each === 'signed_out').length >= 7, JSON.stringify(ends));
});

/** One sign-in with what can be open in it, cheaply. */
async function little(browser: UserAgent): Promise<{ opened: Open[]; api: Awaited<ReturnType<typeof tokensFor>> }> {
  const { clinic } = hospital;
  const api = await tokensFor('ana', '/api/v1', browser);
  const database = await tokensFor('ana', '/postgres/ehr', browser);
  const clients = [
    await clinic.connect('ana', { password: database.access_token }),
    await clinic.connect('ana', await credentialOf(api.access_token)),
  ];
  return { opened: clients.map((each, index) => open(`session ${index}`, ending(each))), api };
}

test('signed out by oneself in the browser, or by the provider', async () => {
  const { clinic, provider } = hospital;
  const browser = new UserAgent(callback);
  const mine = await little(browser);
  const elsewhere = await little(new UserAgent(callback));
  let goesOn = true;
  for (const each of elsewhere.opened) void each.endedMs.then(() => (goesOn = false));
  const account = await browser.get(`${clinic.url}/signin`);
  await allEnd(mine.opened, () => browser.submit(account, 'name="csrf"'));
  assert.equal((await whoami(mine.api.access_token)).status, 401);
  assert.ok(goesOn, 'another sign-in of the same person');
  assert.equal((await whoami(elsewhere.api.access_token)).status, 200);
  await allEnd(elsewhere.opened, async () => {
    const body = new URLSearchParams({ logout_token: await provider.logoutToken({ sub: 'ana' }) });
    assert.equal((await fetch(`${clinic.url}/signin/backchannel/hospital`, { method: 'POST', body })).status, 200);
  });
  assert.equal((await whoami(elsewhere.api.access_token)).status, 401);
});

test("a client's tokens given back, or a refresh token that came twice, end what that client has open", async () => {
  const { clinic } = hospital;
  const browser = new UserAgent(callback);
  for (const how of ['given back', 'came twice']) {
    const tools = await tokensFor('ana', '/mcp/ehr-tools', browser);
    const others = await tokensFor('ana', '/postgres/ehr', browser);
    const other = await clinic.connect('ana', { password: others.access_token });
    const stream = await listening(tools.access_token);
    const client = { client_id: tools.client };
    const { refresh_token } = tools;
    await allEnd([stream], async () => {
      if (how === 'given back') {
        const body = new URLSearchParams({ ...client, token: refresh_token });
        assert.equal((await fetch(`${clinic.url}/oauth/revoke`, { method: 'POST', body })).status, 200);
        return;
      }
      const refresh = { ...client, grant_type: 'refresh_token', refresh_token };
      assert.equal((await token(refresh)).status, 200);
      assert.equal((await token(refresh)).status, 400);
    });
    assert.equal((await other.query('SELECT id FROM wards WHERE id = 1')).rowCount, 1, 'another client goes on');
    await other.end();
  }
  const told = async (): Promise<unknown[]> =>
    (await logRecords(clinic.state, 'auth.signed_out')).map(({ data }) => data?.['reason']);
  await eventually(async () => (await told()).length >= 5, 'all sign-outs are on record');
  assert.deepEqual(await told(), ['revoked', 'signed_out', 'provider', 'client', 'client']);
});

test('a sign-out that comes while a session opens is not missed', async () => {
  const { clinic } = hospital;
  for (let round = 0; round < 5; round++) {
    const browser = new UserAgent(callback);
    const { access_token: password } = await tokensFor('ana', '/postgres/ehr', browser);
    const account = await browser.get(`${clinic.url}/signin`);
    const opening = Array.from({ length: 4 }, () => clinic.connect('ana', { password }).catch(() => null));
    await sleep(round * 3);
    await browser.submit(account, 'name="csrf"');
    for (const client of await Promise.all(opening))
      await assert.rejects(async () => client?.query('SELECT 1') ?? assert.fail('never opened'));
  }
});
