// What a PostgreSQL client says before it is let in, message by message: which startup is taken, and which proof makes whom.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Subject } from '../../src/core/facts.ts';
import { ok, type Result, refuse } from '../../src/core/result.ts';
import { type SignedIn, type SignInDeps, signIn } from '../../src/gateway/postgres-sign-in.ts';
import { type Startup, takeStartup } from '../../src/gateway/postgres-startup.ts';
import { StreamReader } from '../../src/gateway/stream-reader.ts';
import type { DatabaseCredential } from '../../src/ports/credentials.ts';
import { LogUnavailable } from '../../src/ports/log.ts';
import type { ByteStream } from '../../src/ports/postgres-upstream.ts';
import {
  decodeAuthentication,
  encodePasswordMessage,
  encodeSaslInitialResponse,
  encodeSaslResponse,
} from '../../src/wire/postgres/authentication.ts';
import { ProtocolError } from '../../src/wire/postgres/protocol-error.ts';
import { encodeQuery } from '../../src/wire/postgres/query.ts';
import { type ChannelBinding, deriveVerifier, ScramClient } from '../../src/wire/postgres/scram.ts';
import {
  decodeNegotiateProtocolVersion,
  encodeCancelRequest,
  encodeGssEncRequest,
  encodeSslRequest,
  encodeStartupMessage,
} from '../../src/wire/postgres/startup.ts';

type Situation = Pick<ByteStream, 'loopback' | 'encrypted' | 'tlsOffered' | 'endPoint'>;

const onLoopback: Situation = { loopback: true, encrypted: false, tlsOffered: false, endPoint: null };
const fromAfar: Situation = { ...onLoopback, loopback: false };
const overTls: Situation = { ...fromAfar, encrypted: true, endPoint: Buffer.alloc(32, 5) };

/** A client that answers each thing it is told by the next of what it has to say; then it leaves. */
class Scripted {
  readonly told: Buffer[] = [];
  secured = 0;
  ended = false;
  readonly stream: ByteStream;
  readonly reader: StreamReader;

  constructor(
    situation: Situation,
    answers: readonly (Buffer | ((told: Buffer) => Buffer))[],
    first?: Buffer,
    handshake: Result<void> = ok(undefined),
  ) {
    let hear: (chunk: Buffer) => void = () => assert.fail('nobody listens');
    let leave = (): void => {};
    const waiting = [...answers];
    this.stream = {
      ...situation,
      remote: '192.0.2.1',
      write: (bytes) => {
        const told = Buffer.from(bytes);
        this.told.push(told);
        const next = waiting.shift();
        setImmediate(() => {
          if (next) hear(typeof next === 'function' ? next(told) : next);
          if (waiting.length === 0) leave();
        });
        return true;
      },
      onData: (listener) => {
        hear = listener;
        if (first)
          setImmediate(() => {
            hear(first);
            if (waiting.length === 0) leave();
          });
      },
      onDrain: () => {},
      onEnd: (listener) => {
        leave = listener;
      },
      onClose: () => {},
      pause: () => {},
      resume: () => {},
      end: () => {
        this.ended = true;
      },
      destroy: () => {},
      startTls: () => {
        this.secured += 1;
        return Promise.resolve(handshake);
      },
    };
    this.reader = new StreamReader(this.stream);
  }
}

function startup(more: Readonly<Record<string, string>> = {}, minor = 0, options: readonly string[] = []): Buffer {
  const said = Object.entries({ user: 'ana', database: 'ehr', ...more });
  return encodeStartupMessage(
    said,
    minor,
    options.map((name) => [name, 'x'] as const),
  );
}

interface Began {
  readonly client: Scripted;
  readonly taken: Result<Startup> | null;
  readonly canceled: readonly number[];
}

async function begin(first: Buffer, answers: readonly Buffer[] = [], situation = onLoopback): Promise<Began> {
  const client = new Scripted(situation, answers, first);
  const canceled: number[] = [];
  const taken = await takeStartup(client.stream, client.reader, ({ processId }) => {
    canceled.push(processId);
    return Promise.resolve();
  });
  return { client, taken, canceled };
}

async function takenOf(first: Buffer): Promise<Startup> {
  const { taken } = await begin(first);
  assert.ok(taken?.ok);
  return taken.value;
}

async function refusedWith(first: Buffer): Promise<string> {
  const { taken } = await begin(first);
  assert.ok(taken && !taken.ok);
  return taken.error.code;
}

const pinned = {
  client_encoding: 'UTF8',
  standard_conforming_strings: 'on',
  DateStyle: 'ISO',
  search_path: 'public',
};

describe('a startup message', () => {
  test('says who comes, where to, and with which settings; the gate’s own win', async () => {
    assert.deepEqual(await takenOf(startup({ application_name: 'psql', client_encoding: 'SQL_ASCII' })), {
      user: 'ana',
      database: 'ehr',
      applicationName: 'psql',
      upstream: { application_name: 'psql', ...pinned },
      secretKeyBytes: 4,
    });
    const { database, applicationName } = await takenOf(encodeStartupMessage([['user', 'ehr']]));
    assert.deepEqual([database, applicationName], ['ehr', '']);
  });

  test('has the settings of its options among them, which those beside them win over', async () => {
    const { upstream } = await takenOf(startup({ options: '-c work_mem=1MB -c jit=off', work_mem: '2MB' }));
    assert.deepEqual(upstream, { work_mem: '2MB', jit: 'off', ...pinned });
  });

  test('is refused where it could not be said by SET, whichever way it is said', async () => {
    const refused: readonly [Readonly<Record<string, string>>, string][] = [
      [{ user: '' }, 'malformed'],
      [{ session_replication_role: 'replica' }, 'unsafe_setting'],
      [{ standard_conforming_strings: 'off' }, 'unsafe_setting'],
      [{ search_path: 'other' }, 'unsafe_setting'],
      [{ options: '-c session_replication_role=replica' }, 'unsafe_setting'],
      [{ options: '-c client_encoding=LATIN1' }, 'unsafe_setting'],
      [{ options: '-c user=bob' }, 'unsafe_setting'],
      [{ options: '-c database=other' }, 'unsafe_setting'],
      [{ options: '-d 5' }, 'unsafe_setting'],
      [{ replication: 'database' }, 'unsupported'],
      [{ replication: 'false' }, 'unsupported'],
      [{ options: '-c replication=true' }, 'unsupported'],
      [{ __proto__: null, constructor: 'x' } as unknown as Record<string, string>, 'unsafe_setting'],
    ];
    for (const [said, code] of refused) assert.equal(await refusedWith(startup(said)), code, JSON.stringify(said));
    assert.equal(await refusedWith(encodeStartupMessage([['database', 'ehr']])), 'malformed');
  });

  test('of a newer version, or with options nobody knows, is answered with what the gate speaks', async () => {
    const answerTo = async (message: Buffer): Promise<unknown> => {
      const { client, taken } = await begin(message);
      assert.ok(taken?.ok);
      const [told] = client.told;
      return told && decodeNegotiateProtocolVersion(told.subarray(5));
    };
    assert.equal(await answerTo(startup()), undefined);
    assert.equal(await answerTo(startup({}, 2)), undefined);
    assert.deepEqual(await answerTo(startup({}, 9)), { minor: 2, unknownOptions: [] });
    assert.deepEqual(await answerTo(startup({}, 0, ['_pq_.x'])), { minor: 0, unknownOptions: ['_pq_.x'] });
    assert.deepEqual(
      await Promise.all([0, 1, 2, 9].map(async (minor) => (await takenOf(startup({}, minor))).secretKeyBytes)),
      [4, 4, 32, 32],
    );
  });

  test('comes after at most one wish for each kind of encryption', async () => {
    const plain = await begin(encodeSslRequest(), [encodeGssEncRequest(), startup()]);
    assert.ok(plain.taken?.ok);
    assert.deepEqual([Buffer.concat(plain.client.told).toString(), plain.client.secured], ['NN', 0]);
    const offered = await begin(encodeSslRequest(), [startup()], { ...fromAfar, tlsOffered: true });
    assert.ok(offered.taken?.ok);
    assert.deepEqual([Buffer.concat(offered.client.told).toString(), offered.client.secured], ['S', 1]);
    for (const twice of [encodeSslRequest(), encodeGssEncRequest()])
      await assert.rejects(begin(twice, [twice]), ProtocolError);
  });

  test('does not come in clear where encryption was promised and failed', async () => {
    const failed = refuse('malformed', 'The handshake failed.');
    const client = new Scripted({ ...fromAfar, tlsOffered: true }, [startup()], encodeSslRequest(), failed);
    assert.equal(await takeStartup(client.stream, client.reader, () => assert.fail('canceled')), null);
  });

  test('that never comes whole is none', async () => {
    for (const first of [startup().subarray(0, 20), Buffer.alloc(0), encodeSslRequest()])
      assert.equal((await begin(first)).taken, null);
  });

  test('is not what a cancel request is, which ends there', async () => {
    const { client, taken, canceled } = await begin(encodeCancelRequest(7, Buffer.alloc(4)));
    assert.deepEqual([taken, canceled, client.ended, client.told], [null, [7], true, []]);
  });
});

const now = Date.UTC(2030, 0, 1);
const ana: Subject = { id: 'ana', issuer: 'https://idp', kind: 'person', groups: [], aliases: ['ana@h.example'] };
const password = 'correct horse';
const credential: DatabaseCredential = {
  user: 'cg_1',
  verifier: deriveVerifier(password, Buffer.alloc(16, 1), 4096),
  subject: ana,
  connection: 'ehr',
  expiresMs: now + 1,
  parentSession: 's_1',
};

const asked: string[] = [];
const deps: SignInDeps = {
  clock: { now: () => now, after: () => () => {} },
  random: { bytes: (length) => Buffer.alloc(length, 9), id: (prefix) => prefix },
  credentials: {
    find: (user) => ({ cg_1: credential, cg_old: { ...credential, user, expiresMs: now } })[user],
  } as SignInDeps['credentials'],
  authenticate: (token, connection) => {
    asked.push(`${token} for ${connection}`);
    return Promise.resolve(token === 'good' ? ok(ana) : refuse('token_invalid', 'No.'));
  },
  isSignedOut: () => false,
  discovery: () => ({ metadata: 'https://gate/metadata', scope: 'postgres:ehr' }),
  mockSecret: Buffer.alloc(32, 3),
};

type Answers = ConstructorParameters<typeof Scripted>[1];

async function come(user: string, answers: Answers, situation = onLoopback): Promise<readonly [string, Scripted]> {
  asked.length = 0;
  const client = new Scripted(situation, answers);
  const signedIn: Result<SignedIn> = await signIn(deps, client.stream, client.reader, { user, connection: 'ehr' });
  return [signedIn.ok ? signedIn.value.method : signedIn.error.code, client];
}

const kindsOf = ({ told }: Scripted): readonly string[] =>
  told.map((each) => decodeAuthentication(each.subarray(5)).kind);

describe('a token as the password', () => {
  test('is the subject’s whom the user name names, by any of their names', async () => {
    for (const user of ['ana', 'ana@h.example']) {
      const [outcome, client] = await come(user, [encodePasswordMessage('good')]);
      assert.deepEqual([outcome, kindsOf(client), asked], ['jwt', ['cleartext'], ['good for ehr']]);
    }
    assert.equal((await come('bob', [encodePasswordMessage('good')]))[0], 'user_mismatch');
    assert.equal((await come('ana', [encodePasswordMessage('bad')]))[0], 'token_invalid');
    assert.equal((await come('ana', []))[0], 'token_missing');
  });

  test('that cannot be looked at is nobody’s mistake but the gate’s', async () => {
    const broken = { ...deps, authenticate: () => Promise.reject(new LogUnavailable('closed')) };
    const client = new Scripted(onLoopback, [encodePasswordMessage('good')]);
    const caller = { user: 'ana', connection: 'ehr' };
    await assert.rejects(signIn(broken, client.stream, client.reader, caller), LogUnavailable);
  });

  test('is not even asked for in clear from afar', async () => {
    for (const user of ['ana', 'oauth']) {
      const [outcome, client] = await come(user, [encodePasswordMessage('good')], fromAfar);
      assert.deepEqual([outcome, client.told, asked], ['tls_required', [], []]);
      assert.notEqual((await come(user, [], overTls))[0], 'tls_required');
    }
  });

  test('comes in one message of its kind, of a size there is a limit to', async () => {
    const header = (type: number, length: number): Buffer => {
      const bytes = Buffer.alloc(5);
      bytes.writeUInt8(type, 0);
      bytes.writeUInt32BE(length, 1);
      return bytes;
    };
    const answers: readonly [Buffer, string][] = [
      [encodeQuery('SELECT 1'), 'malformed'],
      [header(0x70, 3), 'malformed'],
      [header(0x70, 65_537), 'too_large'],
      [Buffer.concat([header(0x70, 65_536), Buffer.alloc(65_532, 'x')]), 'malformed'],
      [header(0x70, 65_536), 'token_missing'],
      [encodePasswordMessage('good').subarray(0, -1), 'token_missing'],
      [Buffer.concat([header(0x70, 4), Buffer.alloc(1)]), 'malformed'],
    ];
    for (const [answer, code] of answers)
      assert.equal((await come('ana', [answer]))[0], code, answer.subarray(0, 5).toString('hex'));
  });
});

describe('OAUTHBEARER', () => {
  const bearer = (auth: string, header = 'n,,'): Buffer => Buffer.from(`${header}\x01auth=${auth}\x01\x01`);
  const initially = (data: Uint8Array | null, mechanism = 'OAUTHBEARER'): Buffer =>
    encodeSaslInitialResponse(mechanism, data);
  const farewell = encodeSaslResponse(Buffer.of(1));

  test('takes a bearer token, at once or when it is asked for', async () => {
    for (const answers of [
      [initially(bearer('Bearer good'))],
      [initially(null), encodeSaslResponse(bearer('Bearer good'))],
      [initially(bearer('Bearer good', 'n,a=ana@h.example,'))],
    ])
      assert.equal((await come('oauth', answers))[0], 'oauthbearer');
    assert.deepEqual(asked, ['good for ehr']);
    assert.equal((await come('oauth', []))[0], 'token_missing');
    assert.equal((await come('oauth', [initially(null)]))[0], 'token_missing');
    assert.equal((await come('oauth', [initially(bearer('Bearer good'), 'SCRAM-SHA-256')]))[0], 'malformed');
  });

  test('says where a token is got before it says why not', async () => {
    const bad: readonly [Buffer, string][] = [
      [bearer('Bearer bad'), 'token_invalid'],
      [bearer('Basic good'), 'token_invalid'],
      [bearer('Bearer good more'), 'token_invalid'],
      [bearer(''), 'token_invalid'],
      [bearer('Bearer good', 'n,a=bob,'), 'user_mismatch'],
    ];
    for (const [response, code] of bad) {
      const [outcome, client] = await come('oauth', [initially(response), farewell]);
      assert.deepEqual([outcome, kindsOf(client)], [code, ['sasl', 'saslContinue']], response.toString());
      assert.match(client.told[1]?.toString() ?? '', /https:\/\/gate\/metadata/);
      assert.equal((await come('oauth', [initially(response)]))[0], code, 'the client just leaves');
      assert.equal(
        (await come('oauth', [initially(response), encodeSaslResponse(bearer('Bearer good'))]))[0],
        'malformed',
      );
    }
  });
});

describe('a credential of the gate', () => {
  const scram = (secret: string, binding: ChannelBinding = { kind: 'none' }): Answers => {
    const client = new ScramClient({ password: secret, nonce: 'client', binding });
    return [
      encodeSaslInitialResponse(client.mechanism, client.first()),
      (told) => {
        const said = decodeAuthentication(told.subarray(5));
        assert.ok(said.kind === 'saslContinue');
        return encodeSaslResponse(client.final(said.data));
      },
    ];
  };

  test('opens its own connection, from afar too, and the session it was made for', async () => {
    const client = new Scripted(fromAfar, scram(password));
    const signedIn = await signIn(deps, client.stream, client.reader, { user: 'cg_1', connection: 'other' });
    assert.deepEqual(signedIn, ok({ subject: ana, method: 'scram', connection: 'ehr', parentSession: 's_1' }));
    assert.deepEqual(kindsOf(client), ['sasl', 'saslContinue', 'saslFinal']);
  });

  test('that is wrong, unknown or over meets the same exchange', async () => {
    const wrong: readonly [string, string, string][] = [
      ['cg_1', 'wrong', 'token_invalid'],
      ['cg_2', password, 'token_invalid'],
      ['cg_old', password, 'token_expired'],
      ['cg_old', 'wrong', 'token_expired'],
    ];
    for (const [user, secret, code] of wrong) {
      const [outcome, client] = await come(user, scram(secret));
      assert.deepEqual([outcome, kindsOf(client)], [code, ['sasl', 'saslContinue']], `${user} ${secret}`);
    }
    assert.equal((await come('cg_1', []))[0], 'token_missing');
    assert.equal((await come('cg_1', scram(password).slice(0, 1)))[0], 'token_missing');
    assert.equal((await come('cg_1', [encodeSaslInitialResponse('SCRAM-SHA-256', null)]))[0], 'malformed');
  });

  test('is bound to the certificate where there is one to be bound to', async () => {
    const endPoint = Buffer.alloc(32, 5);
    assert.equal((await come('cg_1', scram(password, { kind: 'bound', endPoint }), overTls))[0], 'scram');
    const other = Buffer.alloc(32, 6);
    assert.equal(
      (await come('cg_1', scram(password, { kind: 'bound', endPoint: other }), overTls))[0],
      'token_invalid',
    );
    assert.equal((await come('cg_1', scram(password, { kind: 'offered' }), overTls))[0], 'malformed');
    const inClear = { ...overTls, encrypted: false };
    assert.equal((await come('cg_1', scram(password, { kind: 'bound', endPoint }), inClear))[0], 'malformed');
  });
});
