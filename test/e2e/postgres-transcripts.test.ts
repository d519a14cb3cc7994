// Transcripts of the wire protocol as hardly any driver writes them, straight and through the gate. Who sees everything gets
// message for message what the server says; to a masked subject no protected value is said, and whatever is wrong with a
// message ends that one session. What a server says out of turn: see the end.
// Longer than 400 lines: lists of transcripts, one line each.

import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import type { Client } from 'pg';
import { freePort } from '../../demo/ports.ts';
import {
  decodeAuthentication,
  encodePasswordMessage,
  encodeSaslInitialResponse,
  encodeSaslResponse,
} from '../../src/wire/postgres/authentication.ts';
import { encodeCopyData, encodeCopyDone, encodeCopyFail } from '../../src/wire/postgres/copy.ts';
import { encodeErrorResponse, encodeNoticeResponse } from '../../src/wire/postgres/error-fields.ts';
import { encodeClose, encodeDescribe, encodeFlush, encodeParse, encodeSync } from '../../src/wire/postgres/extended.ts';
import type { Frame } from '../../src/wire/postgres/frame.ts';
import {
  encodeCommandComplete,
  encodeEmptyQueryResponse,
  encodeQuery,
  encodeTerminate,
} from '../../src/wire/postgres/query.ts';
import { encodeDataRow, encodeRowDescription } from '../../src/wire/postgres/rows.ts';
import { ScramClient } from '../../src/wire/postgres/scram.ts';
import { encodeGssEncRequest, encodeSslRequest, encodeStartupMessage } from '../../src/wire/postgres/startup.ts';
import { encodeParameterStatus, encodeReadyForQuery } from '../../src/wire/postgres/status.ts';
import { type Clinic, canaries, type Gate, startClinic } from '../parts/clinic.ts';
import { eventually } from '../parts/eventually.ts';
import { bind, execute, parse, told } from '../parts/extended-messages.ts';
import { type Lie, type Meddler, meddler } from '../parts/meddler.ts';
import { openRoad, type Road } from '../parts/road.ts';
import { hear, type Peer, pause, say, scriptedClient, signedInAt } from '../parts/scripted-postgres.ts';

let clinic: Clinic;
let gate: Gate;
let road: Meddler;
let crumbs: Crumbs;
/** Somebody else's session, from the first test to the last. */
let bystander: Client;

before(async () => {
  clinic = await startClinic();
  road = await meddler(await freePort(), clinic.postgres.port);
  crumbs = await inCrumbs(road.port);
  await clinic.writeConfig((config) => config.replaceAll(`:${clinic.postgres.port}/`, `:${crumbs.port}/`));
  gate = await clinic.startGate();
  bystander = await clinic.connect('cora');
});
after(async () => {
  await bystander?.end();
  await crumbs?.[Symbol.asyncDispose]();
  await road?.[Symbol.asyncDispose]();
  await clinic?.stop();
});

const sync = encodeSync();
const flush = encodeFlush();
const query = encodeQuery;
const close = (kind: 'statement' | 'portal', name = ''): Buffer => encodeClose({ kind, name });
const describing = (kind: 'statement' | 'portal', name = ''): Buffer => encodeDescribe({ kind, name });
const run = (sql: string): Buffer[] => [parse(sql), bind(), execute()];
const copied = (text: string): Buffer => encodeCopyData(Buffer.from(text));

/** A message of any letter and body; `length` where it lies. */
function message(letter: string, body: string | Buffer, length?: number): Buffer {
  const bytes = typeof body === 'string' ? Buffer.from(body, 'latin1') : body;
  const header = Buffer.from(`${letter}\0\0\0\0`, 'latin1');
  header.writeInt32BE(length ?? bytes.length + 4, 1);
  return Buffer.concat([header, bytes]);
}

const nul = Buffer.of(0);
const int16 = (value: number): Buffer => Buffer.of((value >> 8) & 0xff, value & 0xff);
function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
const value = (text: string): Buffer => Buffer.concat([int32(text.length), Buffer.from(text)]);

/** Bind of the unnamed ones with counts and formats as they are given. */
function oddBind(
  parameterFormats: readonly number[],
  parameters: readonly Buffer[],
  resultFormats: readonly number[],
  count = parameters.length,
): Buffer {
  const formats = (codes: readonly number[]): Buffer[] => [int16(codes.length), ...codes.map(int16)];
  return message(
    'B',
    Buffer.concat([nul, nul, ...formats(parameterFormats), int16(count), ...parameters, ...formats(resultFormats)]),
  );
}

/** What is sent, and the letters up to each of which is then waited for; `!` the end. */
type Turn = readonly [messages: readonly Buffer[], until: string];

const most = 65_535;
const everyParameter = Array.from({ length: most }, (_, at) => `$${at + 1}::int`);
const ssns = 'SELECT ssn FROM patients ORDER BY id';

const transcripts: Readonly<Record<string, readonly Turn[]>> = {
  'Flush in place of Sync': [
    [[parse(ssns), flush], '1'],
    [[bind(), flush], '2'],
    [[execute(), flush], 'C'],
    [[sync], 'Z'],
  ],
  'Flush behind an error': [
    [[parse('SELEC 1'), flush], 'E'],
    [[bind(), execute(), flush, flush, sync], 'Z'],
  ],
  'a storm of Syncs': [
    [[sync, sync, sync, sync], 'ZZZZ'],
    [[parse(ssns), sync, sync, bind(), sync, flush, sync, execute(), sync], 'ZZZZZ'],
  ],
  'Close of a portal in use': [
    [[query('BEGIN')], 'Z'],
    [[parse(ssns, 'a'), bind('a', 'p'), execute('p', 1), close('portal', 'p'), execute('p', 1), sync], 'Z'],
    [[query('ROLLBACK'), close('statement', 'a'), sync], 'ZZ'],
  ],
  'Close of a portal in use, waited for': [
    [[query('BEGIN')], 'Z'],
    [[parse(ssns), bind('', 'p'), execute('p', 1), flush], 's'],
    [[close('portal', 'p'), flush], '3'],
    [[execute('p', 1), sync], 'Z'],
    [[query('ROLLBACK')], 'Z'],
  ],
  'Close of a statement whose portal runs': [
    [[parse(ssns, 'c'), bind('c', 'p'), close('statement', 'c'), execute('p'), sync], 'Z'],
    [[bind('c'), sync], 'Z'],
  ],
  'Close of nothing': [[[close('portal', 'none'), close('statement', 'none'), sync], 'Z']],
  'Describe before Parse': [
    [[describing('statement', 'd'), parse('SELECT 1', 'd'), sync], 'Z'],
    [[describing('statement', 'd'), sync], 'Z'],
  ],
  'Describe of what failed': [
    [[parse(ssns, 'good'), parse('SELEC', 'bad'), describing('statement', 'good'), sync], 'Z'],
    [[describing('statement', 'good'), describing('statement', 'bad'), sync], 'Z'],
  ],
  'Describe of nothing': [
    [[describing('statement'), sync], 'Z'],
    [[describing('portal'), sync], 'Z'],
  ],
  'Describe of all': [
    [
      [
        parse('SELECT ssn, $1::int4 FROM patients ORDER BY id'),
        bind('', '', ['\0\0\0\x05'], 0),
        describing('portal'),
        describing('statement'),
        sync,
      ],
      'Z',
    ],
  ],
  'portals in pieces, two at a time': [
    [[query('BEGIN')], 'Z'],
    [
      [
        parse(ssns),
        bind('', 'a'),
        bind('', 'b'),
        execute('a', 1),
        execute('b', 1),
        execute('a', 1),
        close('portal', 'a'),
        execute('b', 5),
        execute('b', 5),
        sync,
      ],
      'Z',
    ],
    [[execute('b', 1), sync], 'Z'],
    [[query('COMMIT')], 'Z'],
    [[execute('b', 1), sync], 'Z'],
  ],
  'a portal beyond its transaction': [
    [[parse(ssns), bind(), execute('', 1), sync], 'Z'],
    [[execute('', 1), sync], 'Z'],
  ],
  'a portal that a Query takes away': [
    [[query('BEGIN')], 'Z'],
    [[parse(ssns), bind(), execute('', 1), sync], 'Z'],
    [[query('SELECT 1')], 'Z'],
    [[execute('', 1), sync], 'Z'],
    [[query('ROLLBACK')], 'Z'],
  ],
  'row limits below nought': [[[parse(ssns), bind(), execute('', -1), bind(), execute('', -2_147_483_648), sync], 'Z']],
  'Execute twice': [[[parse(ssns), bind(), execute(), execute(), sync], 'Z']],
  'Execute of nothing': [[[parse(''), bind(), describing('portal'), execute(), execute(), sync], 'Z']],
  'Execute of nobody': [
    [[execute('nobody'), sync], 'Z'],
    [[bind('nobody'), sync], 'Z'],
  ],
  'a Query in a pipeline': [[[parse(ssns), bind(), query('SELECT 2'), execute(), sync], 'ZZ']],
  'a Query behind an error': [[[parse('SELEC'), query(ssns), sync], 'Z']],
  'a Query between Parse and Bind': [
    [[parse(ssns, 'q'), query('SELECT 2'), bind('q'), execute(), close('statement', 'q'), sync], 'ZZ'],
  ],
  'a name twice': [
    [[parse(ssns, 't'), parse('SELECT 2', 't'), bind('t'), sync], 'Z'],
    [[bind('t'), execute(), close('statement', 't'), sync], 'Z'],
  ],
  'a name anew': [
    [
      [
        parse('SELECT 1', 'n'),
        close('statement', 'n'),
        parse(ssns, 'n'),
        bind('n'),
        execute(),
        close('statement', 'n'),
        sync,
      ],
      'Z',
    ],
  ],
  'the unnamed statement twice': [[[parse(ssns), parse('SELECT 2'), bind(), execute(), sync], 'Z']],
  'a portal twice': [
    [[query('BEGIN')], 'Z'],
    [[parse(ssns), bind('', 'p'), bind('', 'p'), execute('p'), sync], 'Z'],
    [[query('ROLLBACK')], 'Z'],
  ],
  'transactions in a pipeline': [
    [[...run('BEGIN'), ...run(ssns), ...run('SELECT 1/0'), ...run('ROLLBACK'), sync], 'Z'],
    [[...run(ssns), sync], 'Z'],
    [[...run('ROLLBACK'), ...run(ssns), sync], 'Z'],
    [[...run('SELECT 1'), ...run('BEGIN'), sync], 'Z'],
    [[query('ROLLBACK')], 'Z'],
    [[...run('SAVEPOINT a'), sync], 'Z'],
  ],
  'several statements, of which one fails': [[[query(`SELECT 1; ${ssns}; SELECT 1/0; SELECT 4`)], 'Z']],
  'settings in a pipeline': [
    [[...run("SET application_name = 'x'"), sync], 'Z'],
    [[query("BEGIN; SET LOCAL application_name = 'y'")], 'Z'],
    [[query('ROLLBACK')], 'Z'],
    [[...run('RESET application_name'), sync], 'Z'],
  ],
  'COPY data that nobody asked for': [
    [[encodeCopyDone(), encodeCopyFail('no'), copied('x'), query('SELECT 1')], 'Z'],
    [[query('COPY wards TO STDOUT'), copied('a'), encodeCopyDone(), query('SELECT 1')], 'ZZ'],
  ],
  'CopyData beside Execute of a COPY that fails': [
    [[...run('COPY nowhere FROM STDIN'), copied('a'), encodeCopyDone(), sync], 'Z'],
  ],
  'another number of parameters': [
    [[parse('SELECT $1::text'), oddBind([], [], []), execute(), sync], 'Z'],
    [[parse('SELECT $1::text'), oddBind([], [value('a'), value('b')], []), execute(), sync], 'Z'],
    [[parse(ssns), oddBind([1], [], []), execute(), sync], 'Z'],
  ],
  'another number of result formats': [
    [[parse(ssns), oddBind([], [], [0, 0]), execute(), sync], 'Z'],
    [[parse('SELECT id, ssn FROM patients ORDER BY id'), oddBind([], [], [1]), execute(), sync], 'Z'],
    [[parse('SELECT id, ssn FROM patients ORDER BY id'), oddBind([], [], [1, 0, 1]), execute(), sync], 'Z'],
    [[parse(ssns), oddBind([], [], Array(most).fill(0)), execute(), sync], 'Z'],
    [[parse('BEGIN'), oddBind([], [], [1, 1, 1]), execute(), sync], 'Z'],
    [[query('ROLLBACK')], 'Z'],
  ],
  '65,535 parameters': [
    [[parse(`SELECT cardinality(ARRAY[${everyParameter.join()}]), ssn FROM patients ORDER BY id`), sync], 'Z'],
    [[oddBind([], Array(most).fill(value('7')), []), execute(), sync], 'Z'],
    [[parse(`SELECT $${most}::int`), sync], 'Z'],
    [[encodeParse({ name: '', text: ssns, parameterTypes: Array(most).fill(23) }), bind(), sync], 'Z'],
    [[encodeParse({ name: '', text: ssns, parameterTypes: Array(most).fill(0) }), sync], 'Z'],
    [[encodeParse({ name: '', text: 'SELECT $1', parameterTypes: [4_294_967_295] }), sync], 'Z'],
  ],
  'Terminate, and more behind it': [[[encodeTerminate(), query(ssns)], '!']],
  'a request for TLS in a session': [[[encodeSslRequest()], '!']],
  'a message nobody knows': [[[message('~', '')], '!']],
  'a password in a session': [[[encodePasswordMessage('again')], '!']],
};

/** Who may write, besides: an analyst is refused at the first message. */
const writing: Readonly<Record<string, readonly Turn[]>> = {
  CopyFail: [
    [[query('COPY wards FROM STDIN')], 'G'],
    [[encodeCopyFail('no more')], 'Z'],
  ],
  'an error among CopyData': [
    [[query('COPY wards FROM STDIN')], 'G'],
    [[copied('bad\tx\ty\n'), copied('2\tx\t1\n'), encodeCopyDone()], 'Z'],
    [[copied('late'), encodeCopyDone(), encodeCopyFail('x'), query('SELECT 1')], 'Z'],
  ],
  'Sync and Flush within a COPY are swallowed': [
    [[...run('COPY wards FROM STDIN'), flush], 'G'],
    [[sync, flush, sync, encodeCopyFail('x'), sync], 'EZ'],
  ],
  'a COPY by Execute and Sync': [
    [[...run('COPY wards FROM STDIN'), sync], 'G'],
    [[encodeCopyFail('x')], 'E'],
    [[sync], 'Z'],
  ],
  'a Query within a COPY': [
    [[query('COPY wards FROM STDIN')], 'G'],
    [[query('SELECT 1')], '!'],
  ],
  'a Parse within a COPY': [
    [[query('COPY wards FROM STDIN')], 'G'],
    [[parse('SELECT 1')], '!'],
  ],
  'a Parse within a COPY by Execute': [
    [[...run('COPY wards FROM STDIN'), flush], 'G'],
    [[...run('SELECT 1'), sync], '!'],
  ],
  'two COPYs in a message': [
    [[query('COPY wards FROM STDIN; COPY wards FROM STDIN')], 'G'],
    [[encodeCopyDone()], 'CG'],
    [[encodeCopyFail('x')], 'Z'],
  ],
  'rows ahead of the answer': [
    [[query('BEGIN')], 'Z'],
    [[query('COPY wards FROM STDIN'), copied('9001\tnew\t1\n'), encodeCopyDone(), query('ROLLBACK')], 'ZZ'],
  ],
  'notifications in a pipeline': [
    [[query('LISTEN c'), query("NOTIFY c, 'x'"), ...run("NOTIFY c, 'y'"), sync, query('UNLISTEN *')], 'ZZZZ'],
  ],
  'what must not run in a pipeline': [[[...run('SELECT 1'), ...run('VACUUM wards'), sync], 'Z']],
};

/** What came, message by message, each with its own bytes; those that are another's own on each connection left out. */
async function held(peer: Peer, turns: readonly Turn[]): Promise<string> {
  const said: string[] = [];
  for (const [messages, until] of turns) {
    peer.send(...messages);
    for (const letter of until) {
      for (let frame = await peer.receive(); ; frame = await peer.receive()) {
        if (frame === null) {
          said.push('!');
          break;
        }
        const type = String.fromCharCode(frame.type);
        const isNotified = type === 'A';
        said.push(isNotified ? 'A' : type === 'E' ? told([frame]) : frame.whole.toString('latin1'));
        if (type === letter) break;
      }
    }
  }
  peer.close();
  return said.join('\n');
}

/** The gate's own login, straight. */
async function straight(): Promise<Peer> {
  const peer = await scriptedClient(clinic.postgres.port);
  const scram = new ScramClient({ password: 'upstream-secret', nonce: 'nonce', binding: { kind: 'none' } });
  const challenge = async (): Promise<Buffer> => {
    const frame = await peer.receive();
    const asked = frame && decodeAuthentication(frame.body);
    return asked?.kind === 'saslContinue' ? asked.data : Buffer.alloc(0);
  };
  const settings = [
    ['user', 'gate'],
    ['database', 'ehr'],
    ['search_path', 'public'],
  ] as const;
  await peer.converse(say(encodeStartupMessage(settings)), hear('R'));
  peer.send(encodeSaslInitialResponse('SCRAM-SHA-256', scram.first()));
  peer.send(encodeSaslResponse(scram.final(await challenge())));
  await peer.receiveUntil('Z');
  return peer;
}

const signedIn = (person: string): Promise<Peer> => signedInAt(clinic, person);

function assertClean(peer: Peer): void {
  const heard = Buffer.concat(peer.heard).toString('latin1');
  for (const canary of canaries) assert.ok(!heard.includes(canary), `${canary} has left`);
}

/** The person's newest session has ended, and every request in it. */
async function assertEnded(person: string): Promise<string> {
  let id = '';
  await eventually(async () => {
    const [last] = await clinic.sessions({ subject: person });
    id = last?.id ?? '';
    return typeof last?.ended === 'string';
  }, 'the end of the session is on record');
  const { events } = await clinic.replay(id);
  const count = (type: string): number => events.filter((each) => each.type === type).length;
  assert.equal(count('request.end'), count('request'));
  return JSON.stringify(events.findLast(({ type }) => type === 'session.end')?.data);
}

/** Nobody else noticed, and nothing went wrong that the gate did not expect. */
async function allIsWell(): Promise<void> {
  assert.deepEqual((await bystander.query('SELECT 1 AS one')).rows, [{ one: 1 }]);
  assert.doesNotMatch(gate.output(), /broken assertion|"level":60/);
}

describe('straight and through the gate', () => {
  for (const [name, turns] of Object.entries({ ...transcripts, ...writing })) {
    it(name, async () => {
      const want = await held(await straight(), turns);
      assert.notEqual(want, '');
      assert.equal(await held(await signedIn('dora'), turns), want);
      if (name in transcripts) {
        const ana = await signedIn('ana');
        await held(ana, turns);
        assertClean(ana);
        await assertEnded('ana');
      }
      await allIsWell();
    });
  }
});

describe('a message that does not add up fails at the server, and ends the session at the gate', () => {
  for (const [name, odd, sqlstate] of [
    ['two formats for one parameter', oddBind([0, 0], [value('a')], []), '08P01'],
    ['two formats for no parameter', oddBind([1, 1], [], []), '08P01'],
    ['a result format of -1', oddBind([], [value('a')], [-1]), '22023'],
    ['a parameter format of -1', oddBind([-1], [value('a')], []), '22023'],
    ['a parameter of length -2', oddBind([], [int32(-2)], []), '08P01'],
    ['a parameter of the least length there is', oddBind([], [int32(-2_147_483_648)], []), '08P01'],
    ['a parameter longer than the message', oddBind([], [int32(1000)], []), '08P01'],
    ['65,535 parameters, said to be there', oddBind([], [], [], most), '08P01'],
    ['fewer types than said', message('P', Buffer.concat([Buffer.from('\0SELECT 1\0'), int16(3), int32(23)])), '08P01'],
    ['a Sync with a body', message('S', 'x'), '08P01'],
    ['a Flush with a body', message('H', 'x'), '08P01'],
    ['an Execute with a tail', message('E', '\0\0\0\0\0x'), '08P01'],
    ['a Describe of neither', message('D', 'Q\0'), '08P01'],
    ['a Close of neither', message('C', 'Q\0'), '08P01'],
    ['a Query without its end', message('Q', 'SELECT 1'), '08P01'],
    ['a Query that is no UTF-8', message('Q', "SELECT '\xff'\0"), '22021'],
  ] as const) {
    it(name, async () => {
      const messages = [parse('SELECT $1::text, ssn FROM patients'), odd, execute(), sync];
      assert.match(await held(await straight(), [[messages, 'Z']]), new RegExp(`E\\(${sqlstate}\\)`));
      const ana = await signedIn('ana');
      ana.send(...messages);
      await ana.converse(hear('1* E !'));
      assertClean(ana);
      assert.match(await assertEnded('ana'), /malformed|too_large/);
      await allIsWell();
    });
  }
});

describe('the first messages', () => {
  const startup = encodeStartupMessage([
    ['user', 'ana'],
    ['database', 'ehr'],
  ]);
  for (const [name, late] of [
    ['SSLRequest', encodeSslRequest()],
    ['GSSENCRequest', encodeGssEncRequest()],
    ['the startup message again', startup],
    ['Terminate', encodeTerminate()],
    ['a Query', query(ssns)],
    ['a password of no bytes', message('p', '')],
    ['a password without its end', message('p', 'abc')],
    ['a password of 4 GB', message('p', 'abc', -1)],
    ['a length of three', message('p', '', 3)],
  ] as const) {
    it(`${name} where a password is asked for`, async () => {
      const peer = await scriptedClient(clinic.postgresPort);
      await peer.converse(say(startup), hear('R'), say(late), hear('E !'));
      assertClean(peer);
      await allIsWell();
    });
  }

  it('GSSENCRequest, SSLRequest, then all of the startup in one packet with what follows it', async () => {
    const peer = await scriptedClient(clinic.postgresPort);
    for (const request of [encodeGssEncRequest(), encodeSslRequest()]) {
      peer.send(request);
      assert.equal(String(await peer.receiveBytes()), 'N');
    }
    peer.send(startup, encodePasswordMessage(await clinic.token('ana')), ...run(ssns), sync);
    await peer.converse(hear('R R S+ K Z 1 2 D+ C Z'));
    peer.close();
    assertClean(peer);
  });

  it('a startup packet at every length', async () => {
    for (let length = 1; length < startup.length; length++) {
      const peer = await scriptedClient(clinic.postgresPort);
      peer.send(startup.subarray(0, length));
      peer.socket.end();
      while (await peer.receive());
      peer.close();
    }
    await allIsWell();
  });
});

describe('cut anywhere', () => {
  const pipeline = Buffer.concat([
    ...run(ssns),
    parse('SELEC'),
    bind(),
    sync,
    parse('SELECT first, $1::text FROM patients ORDER BY id', 's'),
    bind('s', 'p', ['x'], 1),
    describing('portal', 'p'),
    execute('p', 1),
    execute('p', 1),
    close('statement', 's'),
    ...run("SELECT id FROM patients WHERE ssn = '1'"),
    ...run(ssns),
    sync,
    query(`${ssns}; SELECT 1/0; SELECT 2`),
  ]);
  const answer = async (peer: Peer): Promise<string> => {
    const frames: Frame[] = [];
    for (const _ of 'ZZZ') frames.push(...(await peer.receiveUntil('Z')));
    return told(frames);
  };
  const whole = async (peer: Peer): Promise<string> => {
    peer.send(pipeline);
    return answer(peer);
  };

  it('a pipeline with errors in its middle, at every byte of the client', async () => {
    const peer = await signedIn('ana');
    const expected = await whole(peer);
    assert.match(expected, /^1 2 D\(.*\) C E\(42601\) Z 1 2 T D.* s D.* s 3 1 E\(42501\) Z T D.* C E\(22012\) Z$/);
    for (let at = 1; at < pipeline.length; at++) {
      await peer.converse(say(pipeline.subarray(0, at)), pause(1), say(pipeline.subarray(at)));
      assert.equal(await answer(peer), expected, `cut at ${at}`);
    }
    peer.close();
    assertClean(peer);
    await allIsWell();
  });

  it('the same, in small pieces from the server', async () => {
    const peer = await signedIn('ana');
    const expected = await whole(peer);
    for (const bytes of [1, 2, 3, 5, 7, 11]) {
      crumbs.bytes = bytes;
      assert.equal(await whole(peer), expected, `in pieces of ${bytes}`);
    }
    crumbs.bytes = Number.POSITIVE_INFINITY;
    peer.close();
    assertClean(peer);
  });
});

interface Crumbs extends Road {
  /** What the server says is passed on in pieces of so many bytes. */
  bytes: number;
}

/** A road to a server on loopback that breaks what it says into small pieces. */
async function inCrumbs(to: number): Promise<Crumbs> {
  const size = { bytes: Number.POSITIVE_INFINITY };
  const carry = (client: Socket, upstream: Socket): void => {
    client.pipe(upstream);
    upstream.on('data', (chunk: Buffer) => {
      const step = Math.min(size.bytes, chunk.length);
      for (let at = 0; at < chunk.length; at += step) client.write(chunk.subarray(at, at + step));
    });
  };
  return Object.assign(size, await openRoad(0, to, carry));
}

const notice = encodeNoticeResponse(
  new Map([
    ['S', 'NOTICE'],
    ['V', 'NOTICE'],
    ['C', '00000'],
    ['M', 'Zebulon 123-45-6789'],
  ]),
);
const error = encodeErrorResponse(
  new Map([
    ['S', 'ERROR'],
    ['V', 'ERROR'],
    ['C', '22P02'],
    ['M', 'Zebulon'],
  ]),
);
const status = encodeParameterStatus({ name: 'application_name', value: 'noise' });
const row = (...values: readonly string[]): Buffer => encodeDataRow(values.map((each) => Buffer.from(each)));
const described = (...names: readonly string[]): Buffer =>
  encodeRowDescription(
    names.map((name) => ({ name, tableOid: 0, attnum: 0, typeOid: 25, typeSize: -1, typeModifier: -1, format: 0 })),
  );

const ahead =
  (letter: string, ...bytes: readonly Buffer[]): Lie =>
  (type, frame) =>
    type === letter ? Buffer.concat([...bytes, frame.whole]) : null;
const behind =
  (letter: string, ...bytes: readonly Buffer[]): Lie =>
  (type, frame) =>
    type === letter ? Buffer.concat([frame.whole, ...bytes]) : null;
const instead =
  (letter: string, bytes: Buffer): Lie =>
  (type) =>
    type === letter ? bytes : null;
/** Of its first message of this kind alone. */
function first(lie: Lie): Lie {
  let isTold = false;
  return (letter, frame) => {
    const said = isTold ? null : lie(letter, frame);
    isTold ||= said !== null;
    return said;
  };
}

/** Ends every statement, so that the road knows what to lie about. */
const asked = (marker: string, sql: string): string => `${sql} --${marker}`;

describe('a server that speaks out of turn', () => {
  const names = 'SELECT ssn, first FROM patients ORDER BY id';
  const two = 'SELECT upper(first) FROM patients; SELECT label FROM wards WHERE id < 3';
  const copy = 'COPY (SELECT ssn, first FROM patients) TO STDOUT';
  const piped = (sql: string): Buffer[] => [...run(sql), sync];
  const simple = (sql: string): Buffer[] => [query(sql)];

  for (const [name, lie, sql, send] of [
    ['CommandComplete ahead of the first answer', first(ahead('T', encodeCommandComplete('SELECT 0'))), two, simple],
    ['EmptyQueryResponse ahead of the first answer', first(ahead('T', encodeEmptyQueryResponse())), two, simple],
    ['EmptyQueryResponse in place of a description', instead('T', encodeEmptyQueryResponse()), names, simple],
    ['EmptyQueryResponse ahead of rows', ahead('D', encodeEmptyQueryResponse()), names, piped],
    ['rows behind CommandComplete', behind('C', row('123-45-6789', 'Zebulon')), names, simple],
    ['rows behind CommandComplete, in a pipeline', behind('C', row('123-45-6789', 'Zebulon')), names, piped],
    ['a narrower description behind the right one', behind('T', described('a')), names, simple],
    ['a description behind BindComplete', ahead('D', described('a', 'b')), names, piped],
    ['a description twice', behind('T', described('a', 'b')), names, piped],
    ['BindComplete twice', behind('2', message('2', '')), names, piped],
    ['ParseComplete late', ahead('2', message('1', '')), names, piped],
    ['PortalSuspended before rows', ahead('D', message('s', '')), names, piped],
    ['ReadyForQuery before rows', ahead('D', encodeReadyForQuery('I')), names, piped],
    ['an error, twice, before rows', ahead('D', error, error), names, piped],
    ['CopyOutResponse for a query', ahead('T', message('H', '\0\0\x02\0\0\0\0')), names, simple],
    ['CopyData in a query', ahead('D', copied('Zebulon\n')), names, simple],
    ['an error in a COPY', ahead('d', error), copy, simple],
    ['CopyData behind CopyDone', behind('c', copied('Zebulon\n')), copy, simple],
    ['CopyOutResponse twice, the second narrower', behind('H', message('H', '\0\0\x01\0\0')), copy, simple],
    ['CommandComplete in a COPY', ahead('d', encodeCommandComplete('COPY 1')), copy, simple],
    ['ReadyForQuery in a COPY', ahead('d', encodeCommandComplete('COPY 1'), encodeReadyForQuery('I')), copy, simple],
  ] as readonly [string, Lie, string, (sql: string) => Buffer[]][]) {
    it(`${name} ends the session`, async () => {
      road.lie(`--${name}`, lie);
      const ana = await signedIn('ana');
      ana.send(...send(asked(name, sql)));
      for (let frame = await ana.receive(); frame; frame = await ana.receive());
      assertClean(ana);
      ana.close();
      assert.match(await assertEnded('ana'), /upstream_protocol/);
      await allIsWell();
    });
  }

  for (const [name, lie, sql, send] of [
    ['CommandComplete twice', behind('C', encodeCommandComplete('SELECT 2')), names, simple],
    [
      'a description and a row of another width before the right ones',
      ahead('T', described('a'), row('Zebulon')),
      names,
      simple,
    ],
    ['an error before rows', ahead('D', error), names, simple],
    ['an error behind CommandComplete', ahead('Z', error), names, simple],
    ['NULL for all', instead('D', message('D', '\0\x02\xff\xff\xff\xff\xff\xff\xff\xff')), names, simple],
    ['a transaction that is none', instead('Z', encodeReadyForQuery('T')), names, simple],
    ['ParameterDescription twice', behind('t', message('t', '\0\0')), names, piped],
    ['CopyOutResponse twice', behind('H', message('H', '\0\0\x02\0\0\0\0')), copy, simple],
    ['a description and a row in a COPY', ahead('d', described('a'), row('Zebulon')), copy, simple],
    ['CopyData of no bytes', ahead('d', message('d', '')), copy, simple],
    [
      'notifications everywhere',
      (_, frame) => Buffer.concat([message('A', '\0\0\0\x07x\0Zebulon\0'), frame.whole]),
      names,
      simple,
    ],
  ] as readonly [string, Lie, string, (sql: string) => Buffer[]][]) {
    it(`${name}: what it says is masked`, async () => {
      road.lie(`--${name}`, lie);
      const ana = await signedIn('ana');
      ana.send(...send(asked(name, sql)));
      await ana.receiveUntil('Z');
      await ana.converse(say(query('SELECT 1')), hear('E* T D C Z'));
      assertClean(ana);
      ana.close();
      await assertEnded('ana');
      await allIsWell();
    });
  }

  it('a notice and a setting between every two messages: all the same answers', async () => {
    road.lie('--noise', (_, frame) => Buffer.concat([notice, status, frame.whole, notice, status]));
    const answer = async (person: string, marker: string): Promise<string> => {
      const peer = await signedIn(person);
      peer.send(parse(asked(marker, names)), bind(), describing('portal'), execute('', 1), execute(), sync);
      const frames = await peer.receiveUntil('Z');
      if (person === 'ana') assertClean(peer);
      peer.close();
      return told(frames.filter(({ type }) => !'NS'.includes(String.fromCharCode(type))));
    };
    for (const person of ['ana', 'dora']) assert.equal(await answer(person, 'noise'), await answer(person, 'quiet'));
    await allIsWell();
  });
});
