// The attack table of signing in and deciding: each attempt is refused, and is in the log by its code, with nothing it said.
// What attacks codes, redirects and PKCE stands in sign-in.test.ts, SAML in saml.e2e.ts, time and double spending in test/e2e.

import assert from 'node:assert/strict';
import { createSecretKey } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { exportJWK, generateKeyPair } from 'jose';
import type { DatabaseError } from 'pg';
import { eventually } from '../parts/eventually.ts';
import { type Hospital, signInAt, startHospital } from '../parts/hospital.ts';
import { type LogRecord, logRecords } from '../parts/log-records.ts';
import { type Honesty, halfHash, type LyingProvider, startLyingProvider } from '../parts/lying-provider.ts';
import { type Page, UserAgent } from '../parts/user-agent.ts';

let hospital: Hospital;
let liar: LyingProvider;

before(async () => {
  liar = await startLyingProvider();
  hospital = await startHospital(
    '',
    `    liar: { type: oidc, issuer: "${liar.issuer}", client_id: ${liar.clientId}, client_secret: "\${file:./liar}" }\n`,
  );
  const { clinic, provider } = hospital;
  provider.people['ana-2'] = { groups: ['privacy-officers'], email: 'Ana@hospital.example', email_verified: true };
  await writeFile(join(clinic.directory, 'liar'), liar.clientSecret, { mode: 0o600 });
  await clinic.startGate();
});
after(async () => {
  await hospital?.stop();
  await liar?.close();
});

/** What came on record while `attempt` ran. */
async function recorded<T>(attempt: () => Promise<T>): Promise<{ outcome: T; records: LogRecord[] }> {
  const { state } = hospital.clinic;
  const since = (await logRecords(state)).length;
  const outcome = await attempt();
  return { outcome, records: (await logRecords(state)).slice(since) };
}

/** As far as the provider's door. */
function sentTo(agent: UserAgent, name: string): Promise<Page> {
  return agent.post(`${hospital.clinic.url}/signin/start`, { provider: name, to: '/signin' });
}

/** The gate's answer to what the liar says now. */
async function answerTo(
  change: (callback: URL) => void = () => {},
  agent = new UserAgent(`${liar.issuer}/authorize`),
): Promise<Page> {
  const { url } = await sentTo(agent, 'liar');
  const callback = new URL(url.searchParams.get('redirect_uri') ?? '');
  callback.searchParams.set('code', liar.codeFor(url));
  callback.searchParams.set('state', url.searchParams.get('state') ?? '');
  callback.searchParams.set('iss', liar.issuer);
  change(callback);
  return agent.get(callback);
}

const bent =
  (change: (claims: Honesty['claims']) => void) =>
  ({ claims, sign }: Honesty): Promise<string> => {
    change(claims);
    return sign(claims);
  };
const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

const lies: Readonly<Record<string, (honest: Honesty) => Promise<string | null>>> = {
  'alg none': async ({ claims }) => `${part({ alg: 'none' })}.${part(claims)}.`,
  'alg none, with a kid': async ({ claims }) => `${part({ alg: 'none', kid: 'k1' })}.${part(claims)}.`,
  'alg None': async ({ claims }) => `${part({ alg: 'None' })}.${part(claims)}.`,
  'signed with the secret of the client': ({ claims, sign }) =>
    sign(claims, { alg: 'HS256' }, createSecretKey(Buffer.from(liar.clientSecret))),
  'signed with the public key as a secret': ({ claims, sign }) =>
    sign(claims, { alg: 'HS256' }, createSecretKey(Buffer.from(JSON.stringify(liar.keys[0])))),
  'another key under the same kid': async ({ claims, sign }) =>
    sign(claims, {}, (await generateKeyPair('ES256')).privateKey),
  'a key that is not published': async ({ claims, sign }) =>
    sign(claims, { kid: 'k2' }, (await generateKeyPair('ES256')).privateKey),
  'a key it brings along': async ({ claims, sign }) => {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
    return sign(claims, { kid: 'k2', jwk: await exportJWK(publicKey) }, privateKey);
  },
  'claims changed after signing': async ({ claims, sign }) => {
    const [head, , signature] = (await sign(claims)).split('.');
    return `${head}.${part({ ...claims, sub: 'dora' })}.${signature}`;
  },
  'another audience': bent((claims) => (claims['aud'] = 'else')),
  'no audience': bent((claims) => delete claims['aud']),
  'an audience more, and nobody it is for': bent((claims) => (claims['aud'] = [liar.clientId, 'else'])),
  'for another party (azp)': bent((claims) => (claims['azp'] = 'else')),
  'another issuer': bent((claims) => (claims['iss'] = hospital.provider.issuer)),
  'an issuer with a slash more': bent((claims) => (claims['iss'] = `${liar.issuer}/`)),
  'another nonce': bent((claims) => (claims['nonce'] = 'else')),
  'no nonce': bent((claims) => delete claims['nonce']),
  expired: bent((claims) => (claims['exp'] = Number(claims['iat']) - 120)),
  'without an end': bent((claims) => delete claims['exp']),
  'not valid before tomorrow': bent((claims) => (claims['nbf'] = Number(claims['iat']) + 86_400)),
  'made tomorrow': bent((claims) => (claims['iat'] = Number(claims['iat']) + 86_400)),
  'without a subject': bent((claims) => delete claims['sub']),
  'an empty subject': bent((claims) => (claims['sub'] = '')),
  'a subject that is no text': bent((claims) => (claims['sub'] = 7)),
  'the hash of another access token': bent((claims) => (claims['at_hash'] = halfHash('else'))),
  'the hash of another code': bent((claims) => (claims['c_hash'] = halfHash('else'))),
  'no ID token': async () => null,
  'no token at all': async () => 'x',
};

test('what the lies start from is accepted, hashes and all', async () => {
  liar.idToken = ({ claims, accessToken, sign }) =>
    sign({ ...claims, aud: [liar.clientId, 'else'], azp: liar.clientId, at_hash: halfHash(accessToken) });
  assert.match((await answerTo()).html, /You are signed in/);
});

test('no lie of a provider signs anybody in; each is on record', async () => {
  for (const [what, idToken] of Object.entries(lies)) {
    liar.idToken = idToken;
    const { outcome, records } = await recorded(() => answerTo());
    assert.equal(outcome.status, 403, what);
    assert.deepEqual(
      records.map(({ type, data }) => [type, data?.['code'], data?.['provider']]),
      [['auth.refused', 'sign_in_refused', 'liar']],
      what,
    );
  }
  liar.idToken = ({ claims, sign }) => sign(claims);
});

test('an answer from elsewhere, to another question, or given twice is none', async () => {
  const refused = async (what: string, attempt: () => Promise<Page>): Promise<void> => {
    const { outcome, records } = await recorded(attempt);
    assert.equal(outcome.status, 403, what);
    assert.deepEqual(
      records.map(({ type, data }) => [type, data?.['code']]),
      [['auth.refused', 'sign_in_refused']],
      what,
    );
  };
  await refused('another issuer in the answer (RFC 9207)', () =>
    answerTo((url) => url.searchParams.set('iss', hospital.provider.issuer)),
  );
  await refused('no issuer in the answer', () => answerTo((url) => url.searchParams.delete('iss')));
  await refused('an error', () => answerTo((url) => url.searchParams.set('error', 'access_denied')));
  await refused('a state of nobody', () => answerTo((url) => url.searchParams.set('state', 'x')));
  await refused('the answer of one provider at the address of another', () =>
    answerTo((url) => (url.pathname = '/signin/callback/hospital')),
  );
  const agent = new UserAgent(`${liar.issuer}/authorize`);
  let answered = new URL('http://none.invalid');
  assert.match((await answerTo((url) => (answered = new URL(url)), agent)).html, /You are signed in/);
  await refused('a code and state that were used', () => agent.get(answered));
});

test('a cookie planted before the sign-in is worth nothing after it; forms of others change nothing', async () => {
  const { clinic, provider } = hospital;
  const agent = new UserAgent();
  await signInAt(provider, agent, await sentTo(agent, 'hospital'), 'ana');
  const [first] = /chartgate=[\w-]{43}/.exec(agent.cookies(new URL(clinic.url))) ?? [];
  // The same browser signs in anew: another cookie; the old one goes on to be of the first sign-in alone.
  await signInAt(provider, agent, await sentTo(agent, 'hospital'), 'pia').catch(() => undefined);
  const [second] = /chartgate=[\w-]{43}/.exec(agent.cookies(new URL(clinic.url))) ?? [];
  assert.ok(first && second);
  for (const [what, path, fields] of [
    ['sign-out', '/signin/out', {}],
    ['sign-out with a guess', '/signin/out', { csrf: 'x'.repeat(43) }],
    ['a field twice', '/signin/start', { provider: 'liar', to: 'https://elsewhere.example/' }],
  ] as const) {
    const { outcome, records } = await recorded(() => agent.post(`${clinic.url}${path}`, fields));
    assert.ok(outcome.status >= 400, what);
    assert.deepEqual(
      records.map(({ type, data }) => [type, data?.['door']]),
      [['auth.refused', 'sign-in']],
      what,
    );
  }
  const { records } = await recorded(() => agent.get(`${clinic.url}/signin?return=//elsewhere.example`));
  assert.deepEqual(
    records.map(({ type, data }) => [type, data?.['code']]),
    [['auth.refused', 'invalid_request']],
  );
});

/** The id of the request that holds this statement of ana's. */
async function heldBy(sql: string): Promise<string> {
  const { issuer } = hospital.clinic;
  const password = await issuer.sign({ sub: 'ana', groups: ['analysts'], email: 'ana@hospital.example' });
  const client = await hospital.clinic.connect('ana', { password });
  const error = await client.query(sql).then(
    () => assert.fail('it ran'),
    (thrown: DatabaseError) => thrown,
  );
  await client.end();
  return /a_[0-9A-Z]{26}/.exec(error.message)?.[0] ?? assert.fail(error.message);
}

async function signedIn(person: string): Promise<UserAgent> {
  const agent = new UserAgent();
  await signInAt(hospital.provider, agent, await sentTo(agent, 'hospital'), person);
  return agent;
}

test('a verdict takes a form of this very sign-in, and a person who is not the one who asked', async () => {
  const { clinic } = hospital;
  const id = await heldBy('DELETE FROM wards');
  const path = `${clinic.url}/approvals/${id}`;
  const [pia, other, second] = [await signedIn('pia'), await signedIn('pia'), await signedIn('ana-2')];
  const form = await pia.get(path);
  const attempts: readonly (readonly [string, () => Promise<Page>, string, string])[] = [
    ['without its secret', () => pia.post(path, { effect: 'approve', reason: 'x' }), 'auth.refused', 'invalid_request'],
    [
      "with another sign-in's",
      () => other.submit(form, 'value="approve"', { effect: 'approve', reason: 'x' }),
      'auth.refused',
      'invalid_request',
    ],
    [
      'by a second account of who asked',
      async () => second.post(path, { effect: 'approve', reason: 'x', csrf: await csrfOf(second) }),
      'approval.refused',
      'own_request',
    ],
  ];
  for (const [what, attempt, type, code] of attempts) {
    const { outcome, records } = await recorded(attempt);
    assert.ok(outcome.status >= 400, `${what}: ${outcome.status}`);
    assert.deepEqual(
      records.filter((each) => each.type !== 'audit.read').map((each) => [each.type, each.data?.['code']]),
      [[type, code]],
      what,
    );
  }
  const fromElsewhere = await fetch(path, {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams({ effect: 'approve', reason: 'x', csrf: await csrfOf(pia) }),
  });
  assert.equal(fromElsewhere.status, 303, 'without the cookie it is nobody');
  const shown = await pia.get(path);
  assert.match(shown.html, /<dd>waits for a decision<\/dd>/);
  assert.match(
    (await pia.submit(shown, 'value="approve"', { effect: 'approve', reason: 'seen' })).html,
    /<dd>approved, not used yet<\/dd>/,
  );

  // Approved was this statement, not the next; and once.
  const { outcome: changed, records } = await recorded(() => heldBy('DELETE FROM wards WHERE true'));
  assert.notEqual(changed, id);
  assert.ok(records.some(({ type }) => type === 'approval.requested'));
  const clients = await Promise.all([clinic.connect('ana'), clinic.connect('ana')]);
  const spending = await recorded(() => Promise.allSettled(clients.map((each) => each.query('DELETE FROM wards'))));
  assert.equal(spending.outcome.filter(({ status }) => status === 'fulfilled').length, 1);
  assert.equal(spending.records.filter(({ type }) => type === 'approval.used').length, 1);
  assert.equal(spending.records.filter(({ type }) => type === 'approval.requested').length, 1);
  for (const each of clients) await each.end();
  const late = await recorded(async () => pia.post(path, { effect: 'deny', reason: 'x', csrf: await csrfOf(pia) }));
  assert.deepEqual(
    late.records.filter(({ type }) => type === 'approval.refused').map(({ data }) => data?.['code']),
    ['approval_settled'],
  );
});

/** Of this sign-in; it stands on the page of every signed-in browser. */
async function csrfOf(agent: UserAgent): Promise<string> {
  return /name="csrf" value="([^"]*)"/.exec((await agent.get(`${hospital.clinic.url}/signin`)).html)?.[1] ?? '';
}

test('what clients try at the authorization server is on record by the name of the error', async () => {
  const { clinic } = hospital;
  /** They are written beside the answer, not before it. */
  const errorsOf = async (attempt: () => Promise<unknown>): Promise<unknown[]> => {
    const { records } = await recorded(async () => {
      const before = (await logRecords(clinic.state)).length;
      await attempt();
      await eventually(async () => (await logRecords(clinic.state)).length > before, 'it is on record');
    });
    return records.map(({ data }) => data?.['error']);
  };
  const at = (query: Record<string, string>): Promise<unknown> =>
    fetch(`${clinic.url}/oauth/authorize?${new URLSearchParams(query).toString()}`, { redirect: 'manual' });
  const token = (form: Record<string, string>): Promise<unknown> =>
    fetch(`${clinic.url}/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams({ client_id: 'chartgate-cli', ...form }),
    });
  const good = {
    client_id: 'chartgate-cli',
    response_type: 'code',
    redirect_uri: 'http://127.0.0.1/callback',
    resource: `${clinic.url}/api/v1`,
  };
  assert.deepEqual(await errorsOf(() => at(good)), ['invalid_request'], 'no PKCE');
  assert.deepEqual(await errorsOf(() => at({ ...good, redirect_uri: 'https://elsewhere.example/' })), [
    'invalid_redirect_uri',
  ]);
  assert.deepEqual(await errorsOf(() => at({ ...good, client_id: 'https://169.254.169.254/x' })), ['invalid_client']);
  assert.deepEqual(
    await errorsOf(() =>
      token({
        grant_type: 'authorization_code',
        code: 'x'.repeat(43),
        code_verifier: 'v'.repeat(64),
        redirect_uri: good.redirect_uri,
      }),
    ),
    ['invalid_grant'],
  );
  assert.deepEqual(await errorsOf(() => token({ grant_type: 'refresh_token', refresh_token: 'x'.repeat(43) })), [
    'invalid_grant',
  ]);
  const agent = new UserAgent();
  const form = await agent.get(`${clinic.url}/device`);
  assert.deepEqual(await errorsOf(() => agent.submit(form, 'name="user_code"', { user_code: 'AAAA-AAAA' })), [
    'user_code',
  ]);
});
