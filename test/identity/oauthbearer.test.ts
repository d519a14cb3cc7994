// OAUTHBEARER at the PostgreSQL door, by a client that says what libpq 18 says, to the letter: discovery, the device flow at
// the gate's own authorization server, the token; and everything that must not work.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  decodeAuthentication,
  encodeSaslInitialResponse,
  encodeSaslResponse,
} from '../../src/wire/postgres/authentication.ts';
import { encodeQuery } from '../../src/wire/postgres/query.ts';
import { encodeStartupMessage } from '../../src/wire/postgres/startup.ts';
import { type Hospital, signInAt, startHospital } from '../parts/hospital.ts';
import { logRecords } from '../parts/log-records.ts';
import { hear, type Peer, say, scriptedClient } from '../parts/scripted-postgres.ts';
import { UserAgent } from '../parts/user-agent.ts';

let hospital: Hospital;

before(async () => {
  hospital = await startHospital();
  await hospital.clinic.startGate();
});
after(() => hospital?.stop());

const startup = (database = 'ehr', user = 'oauth', minor = 0): Buffer =>
  encodeStartupMessage(
    [
      ['user', user],
      ['database', database],
    ],
    minor,
  );
const bearer = (auth: string, header = 'n,,'): Buffer => Buffer.from(`${header}\x01auth=${auth}\x01\x01`);
const initially = (data: Uint8Array | null): Buffer => encodeSaslInitialResponse('OAUTHBEARER', data);
const farewell = encodeSaslResponse(Buffer.of(1));

/** The mechanisms the gate offers first. */
async function offered(peer: Peer): Promise<readonly string[]> {
  const frame = await peer.receive();
  assert.ok(frame);
  const asked = decodeAuthentication(frame.body);
  return asked.kind === 'sasl' ? asked.mechanisms : [asked.kind];
}

/** Where a client that has no token is sent. */
async function discover(database = 'ehr'): Promise<Readonly<Record<string, string>>> {
  const peer = await scriptedClient(hospital.clinic.postgresPort);
  peer.send(startup(database));
  assert.deepEqual(await offered(peer), ['OAUTHBEARER']);
  peer.send(initially(bearer('')));
  const challenge = await peer.receive();
  assert.ok(challenge);
  const said = decodeAuthentication(challenge.body);
  assert.ok(said.kind === 'saslContinue');
  await peer.converse(say(farewell), hear('E:28000 !'));
  return JSON.parse(said.data.toString()) as Record<string, string>;
}

/** RFC 8628 with the parameters of libpq-oauth and no others: no resource in it. */
async function tokenBy({ scope = '' }: Readonly<Record<string, string>>, person: string): Promise<string> {
  const { clinic, provider } = hospital;
  const ask = async (path: string, form: Record<string, string>): Promise<Record<string, string>> => {
    const answer = await fetch(path, { method: 'POST', body: new URLSearchParams(form) });
    const body = (await answer.json()) as Record<string, string>;
    assert.ok(answer.ok, JSON.stringify(body));
    return body;
  };
  const metadata = (await (await fetch(`${clinic.url}/.well-known/openid-configuration`)).json()) as Record<
    string,
    string
  >;
  const client = { client_id: 'chartgate-psql' };
  const device = await ask(metadata['device_authorization_endpoint'] ?? '', { ...client, scope });
  const agent = new UserAgent();
  const form = await agent.get(`${device['verification_uri']}?user_code=${device['user_code']}`);
  const confirm = await agent.submit(form, 'name="user_code"');
  assert.match(confirm.html, /psql, or another program that uses libpq/);
  const consent = await signInAt(provider, agent, await agent.submit(confirm, 'name="confirm"'), person);
  assert.match(consent.html, /open the database ehr/);
  assert.match((await agent.submit(consent, 'value="allow"')).html, /Your device is signed in/);
  const grant = 'urn:ietf:params:oauth:grant-type:device_code';
  const tokens = await ask(metadata['token_endpoint'] ?? '', {
    ...client,
    grant_type: grant,
    device_code: device['device_code'] ?? '',
  });
  assert.equal(tokens['refresh_token'], undefined);
  return tokens['access_token'] ?? '';
}

test('a client that knows the name of the gate alone: discovery, device code, token, statement', async () => {
  const { clinic, provider } = hospital;
  const discovery = await discover();
  assert.deepEqual(discovery, {
    status: 'invalid_token',
    scope: 'gate postgres:ehr',
    'openid-configuration': `${clinic.url}/.well-known/openid-configuration`,
  });
  const token = await tokenBy(discovery, 'ana');
  const messages = [startup(), initially(bearer(`Bearer ${token}`))];
  const peer = await scriptedClient(clinic.postgresPort);
  await peer.converse(
    say(messages),
    hear('R R S* K Z'),
    say(encodeQuery('SELECT ssn FROM patients WHERE id = 1')),
    hear('T D C Z'),
  );
  assert.match(Buffer.concat(peer.heard).toString('latin1'), /\*\*\*-\*\*-6789/);
  peer.close();
  const [session] = await clinic.sessions({ subject: 'ana', connection: 'ehr' });
  assert.equal(session?.subject.issuer, provider.issuer);
  assert.equal(session?.subject.agent, undefined);

  // An empty challenge for whoever says nothing at first (RFC 4422 §3.3); the person named in the message.
  const slow = await scriptedClient(clinic.postgresPort);
  slow.send(startup('ehr', 'oauth', 2), initially(null));
  assert.deepEqual(await offered(slow), ['OAUTHBEARER']);
  const empty = await slow.receive();
  assert.deepEqual(empty && decodeAuthentication(empty.body), { kind: 'saslContinue', data: Buffer.alloc(0) });
  await slow.converse(
    say(encodeSaslResponse(bearer(`bearer  ${token}`, 'y,a=ana@hospital.example,'))),
    hear('R S* K Z'),
  );
  slow.close();

  // A token is for one database, and for whoever it names.
  for (const [hello, header] of [
    [startup('ehr2'), 'n,,'],
    [startup(), 'n,a=cora,'],
  ] as const) {
    const refused = await scriptedClient(clinic.postgresPort);
    refused.send(hello, initially(bearer(`Bearer ${token}`, header)));
    await refused.converse(hear('R R'), say(farewell), hear(header === 'n,,' ? 'E:28P01 !' : 'E:28000 !'));
  }
});

test('split at every byte, the exchange is the same', async () => {
  const messages = Buffer.concat([startup(), initially(bearer('Bearer not.a.token')), farewell]);
  const whole = await scriptedClient(hospital.clinic.postgresPort);
  await whole.converse(say(messages), hear('R R E:28P01 !'));
  const heard = Buffer.concat(whole.heard);
  const one = async (at: number): Promise<void> => {
    const peer = await scriptedClient(hospital.clinic.postgresPort);
    peer.send(messages.subarray(0, at));
    await new Promise((resolve) => setTimeout(resolve, 5));
    await peer.converse(say(messages.subarray(at)), hear('R R E:28P01 !'));
    assert.deepEqual(Buffer.concat(peer.heard), heard, `split at ${at}`);
  };
  // From the end of the startup message on.
  const first = startup().length;
  await Promise.all(Array.from({ length: messages.length - first }, (_, index) => one(first + index)));
});

test('what is no OAUTHBEARER ends the connection, and is on record as refused', async () => {
  const { clinic } = hospital;
  const good = await clinic.token('ana');
  const cases: readonly (readonly [Buffer, string])[] = [
    [encodeSaslInitialResponse('SCRAM-SHA-256', Buffer.from('n,,n=,r=abc')), 'R E:08P01 !'],
    [initially(bearer(`Bearer ${good}`, 'p=tls-server-end-point,,')), 'R E:08P01 !'],
    [initially(Buffer.from(`n,,\x01auth=Bearer ${good}`)), 'R E:08P01 !'],
    [initially(Buffer.from(`n,,\x01auth=Bearer ${good}\x01auth=Bearer ${good}\x01\x01`)), 'R E:08P01 !'],
    [Buffer.concat([initially(bearer('Bearer x')), encodeSaslResponse(Buffer.from('\x01\x01'))]), 'R R E:08P01 !'],
    // A second try in one connection is none.
    [Buffer.concat([initially(bearer('Bearer x')), encodeSaslResponse(bearer(`Bearer ${good}`))]), 'R R E:08P01 !'],
    [Buffer.concat([initially(bearer(`Basic ${good}`)), farewell]), 'R R E:28000 !'],
    [encodeQuery('SELECT 1'), 'R E:08P01 !'],
  ];
  for (const [message, transcript] of cases) {
    const peer = await scriptedClient(clinic.postgresPort);
    await peer.converse(say([startup(), message]), hear(transcript));
  }
  const refused = (await logRecords(clinic.state, 'auth.refused')).map(({ data }) => data?.['code']);
  const wanted = cases.map(([, transcript]) => (transcript.includes('08P01') ? 'malformed' : 'token_missing'));
  assert.deepEqual(refused.slice(-wanted.length), wanted);
});

test('a client that knows no OAUTHBEARER notices nothing; a token of a trusted issuer is taken by it too', async () => {
  const { clinic } = hospital;
  for (const minor of [0, 2]) {
    const peer = await scriptedClient(clinic.postgresPort);
    peer.send(startup('ehr', 'ana', minor));
    assert.deepEqual(await offered(peer), ['cleartext']);
    peer.close();
  }
  const peer = await scriptedClient(clinic.postgresPort);
  peer.send(startup('ehr', 'cg_0123456789'));
  assert.deepEqual(await offered(peer), ['SCRAM-SHA-256']);
  peer.close();
  const byToken = await scriptedClient(clinic.postgresPort);
  await byToken.converse(
    say([startup(), initially(bearer(`Bearer ${await clinic.token('ana')}`))]),
    hear('R R S* K Z'),
  );
  byToken.close();
});
