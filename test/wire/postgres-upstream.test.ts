// Signing in to a real PostgreSQL by every way it offers, and to servers that lie.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { upstreamConnector } from '../../src/adapters/node-net/upstream.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { systemRandom } from '../../src/adapters/system/random.ts';
import { limits } from '../../src/core/limits.ts';
import type { Result } from '../../src/core/result.ts';
import { QuerySession, simpleQuery } from '../../src/gateway/upstream-query.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { UpstreamConnection, UpstreamTarget } from '../../src/ports/postgres-upstream.ts';
import { encodeAuthentication } from '../../src/wire/postgres/authentication.ts';
import { encodeBackendKeyData } from '../../src/wire/postgres/cancel.ts';
import { encodeErrorResponse } from '../../src/wire/postgres/error-fields.ts';
import { encodeCommandComplete } from '../../src/wire/postgres/query.ts';
import { encodeDataRow, encodeRowDescription } from '../../src/wire/postgres/rows.ts';
import { encodeParameterStatus, encodeReadyForQuery } from '../../src/wire/postgres/status.ts';
import { createAuthority } from '../parts/certificate.ts';
import { type PostgresServer, startPostgres } from '../parts/postgres.ts';
import { type Peer, scriptedServer } from '../parts/scripted-postgres.ts';

const authority = createAuthority();
const connectUpstream = upstreamConnector({ clock: systemClock, random: systemRandom });
const secret = 'pässwörd ªⅨ';
let server: PostgresServer;

before(async () => {
  server = await startPostgres({ tls: authority.issue(['localhost', '127.0.0.1']) });
  await server.createDatabase('ehr');
  await server.query('ehr', `CREATE ROLE gate LOGIN PASSWORD '${secret}'`);
});

after(() => server.stop());

function target(changes: Partial<UpstreamTarget> = {}): UpstreamTarget {
  return {
    host: '127.0.0.1',
    port: server.port,
    user: 'gate',
    database: 'ehr',
    password: secret,
    tls: 'disable',
    ca: authority.cert,
    ...changes,
  };
}

async function connected(result: Promise<Result<UpstreamConnection>>): Promise<UpstreamConnection> {
  const settled = await result;
  assert.ok(settled.ok, settled.ok ? '' : settled.error.text);
  return settled.value;
}

async function refusal(result: Promise<Result<UpstreamConnection>>): Promise<string> {
  const settled = await result;
  if (settled.ok) {
    settled.value.destroy();
    assert.fail('it connected');
  }
  assert.ok(!JSON.stringify(settled.error).includes(secret));
  return settled.error.code;
}

test('SCRAM without TLS, startup parameters, a query of many chunks and its errors', async () => {
  const connection = await connected(
    connectUpstream(target(), { application_name: 'chartgate', client_encoding: 'UTF8' }),
  );
  assert.equal(connection.encrypted, false);
  assert.equal(connection.parameters.get('client_encoding'), 'UTF8');
  assert.ok(connection.processId > 0 && connection.secretKey.length >= 4);
  const one = await simpleQuery(
    connection,
    "SELECT current_setting('application_name') AS name, NULL AS nothing, 'ä' AS text",
  );
  assert.deepEqual(one, { ok: true, value: { fields: ['name', 'nothing', 'text'], rows: [['chartgate', null, 'ä']] } });
  const many = await simpleQuery(connection, "SELECT i, repeat('x', 100) FROM generate_series(1, 20000) i");
  assert.ok(many.ok);
  assert.equal(many.value.rows.length, 20_000);
  assert.equal(many.value.rows[19_999]?.[0], '20000');
  const bad = await simpleQuery(connection, "SELECT 'secret-value'::int");
  assert.ok(!bad.ok);
  assert.equal(bad.error.code, 'upstream_error');
  assert.ok(bad.error.text.includes('22P02') && !bad.error.text.includes('secret-value'));
  assert.ok((await simpleQuery(connection, 'SELECT 1')).ok, 'the connection lives on after an error');
  connection.terminate();
});

test('questions of the gate do not wait for one another, and each has its own answer', async () => {
  const connection = await connected(connectUpstream(target(), {}));
  const session = new QuerySession(connection);
  const questions = [
    "SELECT 'first' FROM pg_sleep(0.1)",
    'SELECT nothing',
    'CREATE TEMP TABLE t (a int)',
    'SELECT 2 AS n',
  ];
  const answers = questions.map((sql) => session.ask(sql));
  session.end();
  const late = await session.ask('SELECT 1');
  const [first, bad, made, second] = await Promise.all(answers);
  assert.deepEqual(first?.ok && first.value.rows, [['first']]);
  assert.equal(!bad?.ok && bad?.error.code, 'upstream_error');
  assert.deepEqual(made, { ok: true, value: { fields: [], rows: [] } });
  assert.deepEqual(second, { ok: true, value: { fields: ['n'], rows: [['2']] } });
  assert.equal(!late.ok && late.error.code, 'upstream_closed', 'what is asked after the end');
  // It had said Terminate when the last was answered.
  await new Promise<void>((resolve) => connection.onClose(resolve));
});

test('questions that are on their way when the connection goes all fail', async () => {
  const session = new QuerySession(await connected(connectUpstream(target(), {})));
  const answers = ['SELECT 1', 'SELECT pg_terminate_backend(pg_backend_pid())', 'SELECT 3'].map((sql) =>
    session.ask(sql),
  );
  const codes = (await Promise.all(answers)).map((each) => (each.ok ? 'ok' : each.error.code));
  assert.deepEqual(codes, ['ok', 'upstream_closed', 'upstream_closed']);
  const after = await session.ask('SELECT 4');
  assert.equal(!after.ok && after.error.code, 'upstream_closed');
});

test('TLS with a name that is verified uses channel binding', async () => {
  for (const host of ['localhost', '127.0.0.1']) {
    const connection = await connected(connectUpstream(target({ tls: 'verify-full', host }), {}));
    assert.equal(connection.encrypted, true);
    const answer = await simpleQuery(connection, 'SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()');
    assert.deepEqual(answer, { ok: true, value: { fields: ['ssl', 'version'], rows: [['t', 'TLSv1.3']] } });
    connection.terminate();
  }
});

test('verify-full refuses another name and an unknown authority; require does not ask', async () => {
  const other = createAuthority('Somebody else').cert;
  assert.equal(await refusal(connectUpstream(target({ tls: 'verify-full', ca: other }), {})), 'upstream_refused');
  await using fake = await startedElsewhere();
  assert.equal(
    await refusal(connectUpstream(target({ tls: 'verify-full', host: 'localhost', port: fake.port }), {})),
    'upstream_refused',
  );
  (await connected(connectUpstream(target({ tls: 'require', ca: other }), {}))).terminate();
});

/** A server whose certificate the authority has signed, for another name. */
function startedElsewhere(): Promise<PostgresServer> {
  return startPostgres({ tls: authority.issue(['db.elsewhere.example']) });
}

test('a wrong password, no password and a missing database are refused without a word of them', async () => {
  assert.equal(await refusal(connectUpstream(target({ password: 'wrong' }), {})), 'upstream_refused');
  assert.equal(await refusal(connectUpstream(target({ password: null }), {})), 'upstream_refused');
  assert.equal(await refusal(connectUpstream(target({ database: 'nowhere' }), {})), 'upstream_refused');
});

test('cancel ends what runs on the connection, over TLS too', async () => {
  for (const tls of ['disable', 'verify-full'] as const) {
    const connection = await connected(connectUpstream(target({ tls, host: 'localhost' }), {}));
    const sleeping = simpleQuery(connection, 'SELECT pg_sleep(30)');
    const watcher = await connected(connectUpstream(target(), {}));
    for (;;) {
      const state = await simpleQuery(
        watcher,
        `SELECT 1 FROM pg_stat_activity WHERE pid = ${connection.processId} AND wait_event = 'PgSleep'`,
      );
      if (state.ok && state.value.rows.length > 0) break;
    }
    assert.ok((await connection.cancel()).ok);
    const answer = await sleeping;
    assert.ok(!answer.ok && answer.error.text.includes('57014'));
    connection.terminate();
    watcher.terminate();
  }
});

test('a connection that the server ends is reported', async () => {
  const connection = await connected(connectUpstream(target(), {}));
  const sleeping = simpleQuery(connection, 'SELECT pg_sleep(30)');
  await server.query('ehr', `SELECT pg_terminate_backend(${connection.processId})`);
  const answer = await sleeping;
  assert.ok(!answer.ok);
  assert.equal(answer.error.code, 'upstream_closed');
});

test('nobody there', async () => {
  const { port } = await closedPort();
  assert.equal(await refusal(connectUpstream(target({ port }), {})), 'upstream_unavailable');
  assert.equal(await refusal(connectUpstream(target({ host: '/nowhere' }), {})), 'upstream_unavailable');
});

async function closedPort(): Promise<{ port: number }> {
  await using gone = await scriptedServer(async () => {});
  return { port: gone.port };
}

const liars: Readonly<Record<string, { say: (peer: Peer) => void; code: string; tls?: 'require' }>> = {
  garbage: { say: (peer) => peer.send(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')), code: 'upstream_protocol' },
  'a hang-up': { say: () => {}, code: 'upstream_unavailable' },
  'bytes before TLS': { say: (peer) => peer.send(Buffer.from('SX')), code: 'upstream_protocol', tls: 'require' },
  'no TLS': { say: (peer) => peer.send(Buffer.from('N')), code: 'upstream_refused', tls: 'require' },
  'no TLS but garbage': {
    say: (peer) => peer.send(Buffer.from('Sgarbage')),
    code: 'upstream_protocol',
    tls: 'require',
  },
  'a TLS handshake that is none': {
    say: (peer) => peer.send(Buffer.from('S')),
    code: 'upstream_refused',
    tls: 'require',
  },
  'a way to sign in that we do not speak': {
    say: (peer) => peer.send(encodeAuthentication({ kind: 'other', method: 7, data: Buffer.alloc(0) })),
    code: 'upstream_refused',
  },
  'SASL without SCRAM': {
    say: (peer) => peer.send(encodeAuthentication({ kind: 'sasl', mechanisms: ['PLAIN'] })),
    code: 'upstream_refused',
  },
  Kerberos: {
    say: (peer) => peer.send(encodeAuthentication({ kind: 'other', method: 2, data: Buffer.alloc(0) })),
    code: 'upstream_refused',
  },
  SSPI: {
    say: (peer) => peer.send(encodeAuthentication({ kind: 'other', method: 9, data: Buffer.alloc(0) })),
    code: 'upstream_refused',
  },
  'a way to sign in of the future': {
    say: (peer) => peer.send(encodeAuthentication({ kind: 'other', method: 4_000_000_000, data: Buffer.alloc(9) })),
    code: 'upstream_refused',
  },
  'no SASL mechanism at all': {
    say: (peer) => peer.send(encodeAuthentication({ kind: 'sasl', mechanisms: [] })),
    code: 'upstream_refused',
  },
  'SCRAM-SHA-256-PLUS without TLS': {
    say: (peer) => peer.send(encodeAuthentication({ kind: 'sasl', mechanisms: ['SCRAM-SHA-256-PLUS'] })),
    code: 'upstream_refused',
  },
  'the second step of SASL first': {
    say: (peer) => peer.send(encodeAuthentication({ kind: 'saslContinue', data: Buffer.from('r=x,s=AAAA,i=1') })),
    code: 'upstream_protocol',
  },
  'the last step of SASL first': {
    say: (peer) => peer.send(encodeAuthentication({ kind: 'saslFinal', data: Buffer.from('v=AAAA') })),
    code: 'upstream_protocol',
  },
  'a salt of three bytes': {
    say: (peer) => peer.send(Buffer.from('R\0\0\0\x0b\0\0\0\x05abc')),
    code: 'upstream_protocol',
  },
  'an Authentication of two bytes': {
    say: (peer) => peer.send(Buffer.from('R\0\0\0\x06\0\0')),
    code: 'upstream_protocol',
  },
  'mechanisms without an end': {
    say: (peer) => peer.send(Buffer.from('R\0\0\0\x0c\0\0\0\x0aSCRA')),
    code: 'upstream_protocol',
  },
  'the password asked for twice': {
    say: (peer) => peer.send(encodeAuthentication({ kind: 'cleartext' }), encodeAuthentication({ kind: 'cleartext' })),
    code: 'upstream_protocol',
  },
  'a hash of the password, then the password': {
    say: (peer) =>
      peer.send(
        encodeAuthentication({ kind: 'md5', salt: Buffer.from('salt') }),
        encodeAuthentication({ kind: 'cleartext' }),
      ),
    code: 'upstream_protocol',
  },
  'AuthenticationOk twice': {
    say: (peer) => peer.send(encodeAuthentication({ kind: 'ok' }), encodeAuthentication({ kind: 'ok' })),
    code: 'upstream_protocol',
  },
  'ReadyForQuery before AuthenticationOk': {
    say: (peer) => peer.send(encodeReadyForQuery('I')),
    code: 'upstream_protocol',
  },
  'a key before AuthenticationOk': {
    say: (peer) => peer.send(encodeBackendKeyData(7, Buffer.alloc(4))),
    code: 'upstream_protocol',
  },
  'a key of 300 bytes': {
    say: (peer) => peer.send(encodeAuthentication({ kind: 'ok' }), Buffer.from('K\0\0\x01\x34\0\0\0\x07')),
    code: 'upstream_protocol',
  },
  'a key without a secret': {
    say: (peer) => peer.send(encodeAuthentication({ kind: 'ok' }), Buffer.from('K\0\0\0\x08\0\0\0\x07')),
    code: 'upstream_protocol',
  },
  'a setting without an end': {
    say: (peer) => peer.send(encodeAuthentication({ kind: 'ok' }), Buffer.from('S\0\0\0\x08ab\0c')),
    code: 'upstream_protocol',
  },
  'a transaction that is open already, of no known status': {
    say: (peer) => peer.send(encodeAuthentication({ kind: 'ok' }), Buffer.from('Z\0\0\0\x05?')),
    code: 'upstream_protocol',
  },
  'an error without fields': { say: (peer) => peer.send(Buffer.from('E\0\0\0\x05\0')), code: 'upstream_refused' },
  'an error that says the password': {
    say: (peer) =>
      peer.send(
        encodeErrorResponse(
          new Map([
            ['C', secret],
            ['M', secret],
          ]),
        ),
      ),
    code: 'upstream_refused',
  },
  'an error without an end': { say: (peer) => peer.send(Buffer.from('E\0\0\0\x06SE')), code: 'upstream_protocol' },
  'a length of three': { say: (peer) => peer.send(Buffer.from('R\0\0\0\x03')), code: 'upstream_protocol' },
  'a length of 2 GB': {
    say: (peer) => peer.send(Buffer.from('R\x7f\xff\xff\xff', 'latin1')),
    code: 'upstream_protocol',
  },
  'a negotiation down to protocol 2': {
    say: (peer) => peer.send(Buffer.from('v\0\0\0\x0c\0\x02\0\0\0\0\0\0'), encodeReadyForQuery('I')),
    code: 'upstream_protocol',
  },
  'rows before sign-in': { say: (peer) => peer.send(encodeDataRow([])), code: 'upstream_protocol' },
};

for (const [name, { say, code, tls }] of Object.entries(liars)) {
  test(`a server that answers with ${name}`, async () => {
    await using liar = await scriptedServer(async (peer) => {
      await peer.receiveStartup();
      say(peer);
    });
    assert.equal(await refusal(connectUpstream(target({ port: liar.port, tls: tls ?? 'disable' }), {})), code);
  });
}

const lyingScram: Readonly<Record<string, { first: (nonce: string) => string; final?: string; code: string }>> = {
  'a nonce that does not begin with ours': { first: () => 'r=other,s=AAAA,i=4096', code: 'upstream_protocol' },
  'no nonce of its own': { first: (nonce) => `r=${nonce},s=AAAA,i=4096`, code: 'upstream_protocol' },
  'no iterations': { first: (nonce) => `r=${nonce}x,s=AAAA,i=0`, code: 'upstream_protocol' },
  'iterations for a day': { first: (nonce) => `r=${nonce}x,s=AAAA,i=9999999`, code: 'upstream_protocol' },
  'a salt that is no base 64': { first: (nonce) => `r=${nonce}x,s=A!,i=1`, code: 'upstream_protocol' },
  'an extension it demands': { first: (nonce) => `m=x,r=${nonce}x,s=AAAA,i=1`, code: 'upstream_protocol' },
  'an error in place of its proof': {
    first: (nonce) => `r=${nonce}x,s=AAAA,i=1`,
    final: 'e=other-error',
    code: 'upstream_refused',
  },
  'a proof that is too short': {
    first: (nonce) => `r=${nonce}x,s=AAAA,i=1`,
    final: 'v=AAAA',
    code: 'upstream_refused',
  },
  'no proof': { first: (nonce) => `r=${nonce}x,s=AAAA,i=1`, final: '', code: 'upstream_refused' },
};

for (const [name, { first, final = '', code }] of Object.entries(lyingScram)) {
  test(`SCRAM with ${name}`, async () => {
    await using liar = await scriptedServer(async (peer) => {
      await peer.receiveStartup();
      peer.send(encodeAuthentication({ kind: 'sasl', mechanisms: ['SCRAM-SHA-256'] }));
      const asked = await peer.receive();
      const nonce = /r=(.+)$/.exec(asked?.body.toString('latin1') ?? '')?.[1] ?? '';
      peer.send(encodeAuthentication({ kind: 'saslContinue', data: Buffer.from(first(nonce)) }));
      await peer.receive();
      peer.send(encodeAuthentication({ kind: 'saslFinal', data: Buffer.from(final) }));
      peer.send(encodeAuthentication({ kind: 'ok' }), encodeReadyForQuery('I'));
      await peer.receive();
    });
    assert.equal(await refusal(connectUpstream(target({ port: liar.port }), {})), code);
  });
}

test('a server that skips its own proof is not believed', async () => {
  await using liar = await scriptedServer(async (peer) => {
    await peer.receiveStartup();
    peer.send(encodeAuthentication({ kind: 'sasl', mechanisms: ['SCRAM-SHA-256'] }));
    const first = await peer.receive();
    const nonce = /r=(.+)$/.exec(first?.body.toString('latin1') ?? '')?.[1];
    peer.send(encodeAuthentication({ kind: 'saslContinue', data: Buffer.from(`r=${nonce}x,s=AAAA,i=1`) }));
    await peer.receive();
    peer.send(encodeAuthentication({ kind: 'saslFinal', data: Buffer.from(`v=${'A'.repeat(43)}=`) }));
    peer.send(encodeAuthentication({ kind: 'ok' }), encodeReadyForQuery('I'));
    await peer.receive();
  });
  assert.equal(await refusal(connectUpstream(target({ port: liar.port }), {})), 'upstream_refused');
});

test('a silent server is given up when the time is over', async () => {
  let ring = (): void => {};
  const clock: Clock = {
    now: () => 0,
    after: (_ms, callback) => {
      ring = callback;
      return () => {};
    },
  };
  await using silent = await scriptedServer(async (peer) => {
    await peer.receiveStartup();
    ring();
    await peer.receive();
  });
  const impatient = upstreamConnector({ clock, random: systemRandom });
  assert.equal(await refusal(impatient(target({ port: silent.port }), {})), 'upstream_unavailable');
});

test('a silent server is given up when nobody wants the connection any more', async () => {
  const over = new AbortController();
  await using silent = await scriptedServer(async (peer) => {
    await peer.receiveStartup();
    over.abort();
    await peer.receive();
  });
  const connect = upstreamConnector({ clock: systemClock, random: systemRandom, over: over.signal });
  const begun = performance.now();
  assert.match(await refusal(connect(target({ port: silent.port }), {})), /^upstream_(unavailable|closed|refused)$/);
  assert.ok(performance.now() - begun < limits.upstreamConnectMs / 2);
  assert.match(
    await refusal(connect(target({ port: silent.port }), {})),
    /^upstream_(unavailable|closed|refused)$/,
    'afterwards',
  );
});

test('what comes with the sign-in is neither lost nor reordered', async () => {
  const field = { name: 'n', tableOid: 0, attnum: 0, typeOid: 25, typeSize: -1, typeModifier: -1, format: 0 } as const;
  await using eager = await scriptedServer(async (peer) => {
    await peer.receiveStartup();
    peer.send(
      encodeAuthentication({ kind: 'ok' }),
      encodeParameterStatus({ name: 'server_version', value: '18' }),
      encodeBackendKeyData(7, Buffer.alloc(32, 5)),
      encodeReadyForQuery('I'),
      // The answer to a query that has not been asked yet.
      encodeRowDescription([field]),
      encodeDataRow([Buffer.from('early')]),
    );
    await peer.receive();
    peer.send(encodeCommandComplete('SELECT 1'), encodeReadyForQuery('I'));
    await peer.receive();
  });
  const connection = await connected(connectUpstream(target({ port: eager.port }), {}));
  assert.equal(connection.secretKey.length, 32);
  assert.equal(connection.parameters.get('server_version'), '18');
  assert.deepEqual(await simpleQuery(connection, 'SELECT 1'), {
    ok: true,
    value: { fields: ['n'], rows: [['early']] },
  });
  connection.destroy();
});
