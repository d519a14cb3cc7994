// Hostile and broken peers on both sides of the PostgreSQL door, through a real gate and a real database. Whatever
// happens: the client is told in the protocol's own words where it can be, the log says how it ended, no protected value
// is in any byte, other sessions do not notice, and the process lives.
// Longer than 400 lines: one list of bad input, one test for each.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { connect as connectTcp } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { freePort } from '../../demo/ports.ts';
import type { SessionView, TimelineView } from '../../src/admin/contract.ts';
import { limits } from '../../src/core/limits.ts';
import { encodePasswordMessage } from '../../src/wire/postgres/authentication.ts';
import { decodeBackendKeyData } from '../../src/wire/postgres/cancel.ts';
import { encodeCopyData, encodeCopyDone } from '../../src/wire/postgres/copy.ts';
import { encodeErrorResponse, encodeNoticeResponse } from '../../src/wire/postgres/error-fields.ts';
import { encodeClose, encodeDescribe, encodeSync } from '../../src/wire/postgres/extended.ts';
import { encodeCommandComplete, encodeFunctionCall, encodeQuery } from '../../src/wire/postgres/query.ts';
import {
  decodeRowDescription,
  encodeDataRow,
  encodeRowDescription,
  type FieldDescription,
} from '../../src/wire/postgres/rows.ts';
import {
  decodeNegotiateProtocolVersion,
  encodeCancelRequest,
  encodeGssEncRequest,
  encodeSslRequest,
  encodeStartupMessage,
} from '../../src/wire/postgres/startup.ts';
import { decodeParameterStatus, encodeParameterStatus, encodeReadyForQuery } from '../../src/wire/postgres/status.ts';
import { type Clinic, canaries, type Gate, startClinic } from '../parts/clinic.ts';
import { eventually } from '../parts/eventually.ts';
import { bind, execute, parse } from '../parts/extended-messages.ts';
import { type Lie, type Meddler, meddler } from '../parts/meddler.ts';
import {
  hangUp,
  hear,
  type Peer,
  pause,
  type Step,
  say,
  scriptedClient,
  signedInAt,
} from '../parts/scripted-postgres.ts';

let clinic: Clinic;
let gate: Gate;
let road: Meddler;
/** Somebody else's session, from the first test to the last. */
let bystander: Client;

before(async () => {
  clinic = await startClinic();
  road = await meddler(await freePort(), clinic.postgres.port);
  await clinic.writeConfig((config) => config.replaceAll(`:${clinic.postgres.port}/`, `:${road.port}/`));
  gate = await clinic.startGate();
  bystander = await clinic.connect('cora');
});
after(async () => {
  await bystander?.end();
  await road?.[Symbol.asyncDispose]();
  await clinic?.stop();
});

const startup = (person: string, minor = 0, options: [string, string][] = []): Buffer =>
  encodeStartupMessage(
    [
      ['user', person],
      ['database', 'ehr'],
    ],
    minor,
    options,
  );

const signedIn = (person: string, minor = 0): Promise<Peer> => signedInAt(clinic, person, { minor });

const query = (text: string): Step => say(encodeQuery(text));

function assertClean(peer: Peer): void {
  const heard = Buffer.concat(peer.heard).toString('latin1');
  for (const canary of canaries) assert.ok(!heard.includes(canary), `${canary} has left`);
}

/** The person's newest session, once it has ended, with its records. */
async function ending(person: string): Promise<TimelineView> {
  let last: SessionView | undefined;
  await eventually(async () => {
    [last] = await clinic.sessions({ subject: person });
    return typeof last?.ended === 'string';
  }, 'the end of the session is on record');
  return clinic.replay(last?.id ?? '');
}

async function endsAs(person: string, reason: string): Promise<TimelineView> {
  const timeline = await ending(person);
  const said = JSON.stringify(timeline.events.map(({ type, data }) => ({ type, data })));
  const { data } = timeline.events.findLast(({ type }) => type === 'session.end') ?? {};
  assert.match(JSON.stringify(data), new RegExp(reason), said);
  const requests = timeline.events.filter(({ type }) => type === 'request').length;
  const outcomes = timeline.events.filter(({ type }) => type === 'request.end').length;
  assert.equal(outcomes, requests, `every request has its outcome: ${said}`);
  return timeline;
}

/** Nobody else noticed, and nothing went wrong that the gate did not expect. */
async function allIsWell(): Promise<void> {
  assert.deepEqual((await bystander.query('SELECT 1 AS one')).rows, [{ one: 1 }]);
  assert.doesNotMatch(gate.output(), /broken assertion|"level":50/);
}

async function conversation(person: string, ...steps: Step[]): Promise<void> {
  const peer = await signedIn(person);
  await peer.converse(...steps);
  if (person === 'ana') assertClean(peer);
  peer.close();
}

const half = (bytes: Buffer): Buffer => bytes.subarray(0, bytes.length >> 1);
const cutAt =
  (letter: string): Lie =>
  (type, frame) =>
    type === letter ? { cut: half(frame.whole) } : null;
const replace =
  (letter: string, bytes: Buffer): Lie =>
  (type) =>
    type === letter ? bytes : null;
/** A message of any letter and body, with its right length. */
function message(letter: string, body: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(4 + body.length);
  return Buffer.concat([Buffer.from(letter), length, Buffer.from(body, 'latin1')]);
}
const ahead =
  (letter: string, bytes: Buffer): Lie =>
  (type, frame) =>
    type === letter ? Buffer.concat([bytes, frame.whole]) : null;
const lieInBytes =
  (letter: string, change: (body: Buffer) => void): Lie =>
  (type, frame) => {
    if (type !== letter) return null;
    const whole = Buffer.from(frame.whole);
    change(whole.subarray(5));
    return whole;
  };
const lieInFields =
  (change: (field: FieldDescription) => Partial<FieldDescription>): Lie =>
  (type, frame) =>
    type === 'T'
      ? encodeRowDescription(decodeRowDescription(frame.body).map((field) => ({ ...field, ...change(field) })))
      : null;

describe('an upstream that dies', () => {
  for (const [when, person, marker, lie, steps] of [
    [
      'in the middle of a row',
      'ana',
      'row',
      cutAt('D'),
      [query('SELECT ssn, city FROM patients --row'), hear('T* E:08006 !')],
    ],
    [
      'in the middle of a COPY out',
      'dora',
      'copy out',
      cutAt('d'),
      [query('COPY wards TO STDOUT --copy out'), hear('H* d* E:08006 !')],
    ],
    [
      'in the middle of a COPY in',
      'dora',
      'copy in',
      (type, frame) => (type === 'G' ? { cut: frame.whole } : null),
      [
        query('COPY wards FROM STDIN --copy in'),
        hear('G'),
        say([encodeCopyData(Buffer.from('9001\tnew\t1\n')), encodeCopyDone()]),
        hear('E:08006 !'),
      ],
    ],
    [
      'in the middle of a transaction',
      'ana',
      'in a transaction',
      (type) => (type === 'T' ? { cut: Buffer.alloc(0) } : null),
      [query('BEGIN'), hear('C Z'), query('SELECT label FROM wards --in a transaction'), hear('E:08006 !')],
    ],
  ] as readonly [string, string, string, Lie, Step[]][]) {
    it(when, async () => {
      road.lie(`--${marker}`, lie);
      await conversation(person, ...steps);
      await endsAs(person, 'upstream_closed');
      await allIsWell();
    });
  }
});

describe('an upstream that lies', () => {
  const rows = 'SELECT ssn, first FROM patients';
  const oneField = encodeRowDescription([
    { name: 'ssn', tableOid: 0, attnum: 0, typeOid: 25, typeSize: -1, typeModifier: -1, format: 0 },
  ]);
  const oneRow = (values: readonly string[]): Buffer => encodeDataRow(values.map((value) => Buffer.from(value)));

  for (const [what, lie] of [
    ['a row with more columns than described', replace('D', oneRow(['123-45-6789', 'Zebulon', 'Zebulon']))],
    ['a row with fewer columns than described', replace('D', oneRow(['123-45-6789']))],
    [
      'a column whose length points beyond the row',
      replace('D', Buffer.from('D\0\0\0\x0d\0\x02\x7f\xff\xff\xff123', 'latin1')),
    ],
    ['a column of negative length', replace('D', Buffer.from('D\0\0\0\x0d\0\x02\xff\xff\xff\xfe123', 'latin1'))],
    ['a row of a million columns', replace('D', Buffer.from('D\0\0\0\x0a\xff\xff\xff\xff\xff\xff', 'latin1'))],
    ['a description of more columns than it holds', replace('T', Buffer.from('T\0\0\0\x08\xff\xffx\0', 'latin1'))],
    ['a description of 16 MB', replace('T', Buffer.from('T\x01\0\0\0\x7f\xff', 'latin1'))],
    ['rows without a description', replace('T', Buffer.alloc(0))],
    ['two ReadyForQuery', replace('Z', Buffer.concat([encodeReadyForQuery('I'), encodeReadyForQuery('I')]))],
    ['a transaction status that is none', replace('Z', Buffer.from('Z\0\0\0\x05Q'))],
    ['a message that does not exist', replace('C', Buffer.from('~\0\0\0\x04'))],
    ['an AuthenticationOk in a session', replace('C', Buffer.from('R\0\0\0\x08\0\0\0\0'))],
    ['a length below its own four bytes', replace('C', Buffer.from('C\0\0\0\x03'))],
    ['a negative length', replace('C', Buffer.from('C\xff\xff\xff\xff', 'latin1'))],
    ['an answer to a Parse that nobody sent', replace('C', Buffer.from('1\0\0\0\x04'))],
    ['a COPY that nobody asked for', replace('T', Buffer.from('H\0\0\0\x07\0\0\0'))],
    ['a replication stream', replace('T', Buffer.from('W\0\0\0\x07\0\0\0'))],
    [
      'bytes that are no UTF-8 in a masked column',
      replace('D', encodeDataRow([Buffer.from([0xff, 0xfe]), Buffer.from([0xc3])])),
    ],
    ['a second BackendKeyData', ahead('T', Buffer.from('K\0\0\0\x0c\0\0\0\x07\0\0\0\x07'))],
    ['a NegotiateProtocolVersion', ahead('T', Buffer.from('v\0\0\0\x0c\0\0\0\x02\0\0\0\0'))],
    ['a request for a password', ahead('T', Buffer.from('R\0\0\0\x08\0\0\0\x03'))],
    ['a BindComplete', ahead('D', Buffer.from('2\0\0\0\x04'))],
    ['a CloseComplete', ahead('C', Buffer.from('3\0\0\0\x04'))],
    ['a NoData', replace('T', Buffer.from('n\0\0\0\x04'))],
    ['a ParameterDescription', replace('T', Buffer.from('t\0\0\0\x06\0\0'))],
    ['a PortalSuspended', replace('C', Buffer.from('s\0\0\0\x04'))],
    ['a FunctionCallResponse', ahead('C', Buffer.from('V\0\0\0\x08\xff\xff\xff\xff', 'latin1'))],
    ['a CopyInResponse', ahead('T', Buffer.from('G\0\0\0\x07\0\0\0'))],
    ['CopyData outside of a COPY', ahead('D', Buffer.from('d\0\0\0\x0bZebulon'))],
    ['a CopyDone outside of a COPY', ahead('C', Buffer.from('c\0\0\0\x04'))],
    ['a row behind the end of its statement', ahead('Z', oneRow(['123-45-6789', 'Zebulon']))],
    ['a description behind the end of its statement', ahead('Z', oneField)],
    ['ReadyForQuery in place of CommandComplete', replace('C', encodeReadyForQuery('I'))],
    ['a ReadyForQuery that is empty', replace('Z', Buffer.from('Z\0\0\0\x04'))],
    ['a ReadyForQuery that is too long', replace('Z', Buffer.from('Z\0\0\0\x06II'))],
    ['a command tag that says a value', replace('C', encodeCommandComplete('SELECT Zebulon'))],
    ['a command tag without an end', replace('C', Buffer.from('C\0\0\0\x0cSELECT 1'))],
    ['a command tag with two texts', replace('C', Buffer.from('C\0\0\0\x0fSELECT\x001\x002\0'))],
    ['an error without an end', replace('D', Buffer.from('E\0\0\0\x0cSERROR\0M'))],
    ['an error of no bytes', replace('D', Buffer.from('E\0\0\0\x04'))],
    ['a notice without an end', ahead('D', Buffer.from('N\0\0\0\x0bMZebulo'))],
    ['a ParameterStatus without a value', ahead('D', Buffer.from('S\0\0\0\x0dTimeZone\0'))],
    ['a ParameterStatus with a third text', ahead('D', Buffer.from('S\0\0\0\x0aa\0b\0c\0'))],
    ['a description without its names', replace('T', Buffer.from('T\0\0\0\x08\0\x01ss'))],
    ['a description with bytes behind it', replace('T', Buffer.from('T\0\0\0\x08\0\0ss'))],
    ['a description with a format that is none', lieInBytes('T', (body) => body.writeInt16BE(7, body.length - 2))],
    ['a row with bytes behind it', lieInBytes('D', (body) => body.writeUInt16BE(1, 0))],
    ['a row of no columns', replace('D', Buffer.from('D\0\0\0\x06\0\0'))],
    ['a row cut within a length', replace('D', Buffer.from('D\0\0\0\x08\0\x02\0\0'))],
    ['a row of 4 GB', replace('D', Buffer.from('D\xff\xff\xff\xfe\0\x02', 'latin1'))],
    ['a message of type NUL', ahead('T', Buffer.from('\0\0\0\0\x04'))],
    ['a message of a client', ahead('T', Buffer.from('Q\0\0\0\x09x\0\0\0\0'))],
    ['an error whose text is no UTF-8', replace('D', Buffer.from('E\0\0\0\x0cSERR\0M\xff', 'latin1'))],
  ] as readonly [string, Lie][]) {
    it(what, async () => {
      road.lie(`--${what}`, lie);
      const peer = await signedIn('ana');
      await peer.converse(query(`${rows} --${what}`), async () => {
        for (let frame = await peer.receive(); frame; frame = await peer.receive()) {
          if (frame.type === 'Z'.charCodeAt(0)) peer.close();
        }
      });
      assertClean(peer);
      if (what.includes('no UTF-8 in a masked column')) return allIsWell();
      await endsAs('ana', 'upstream_protocol');
      return allIsWell();
    });
  }

  it('what is odd but no lie passes without a value: no fields, fields nobody knows, a NotificationResponse', async () => {
    road.lie('--no fields', replace('D', Buffer.from('E\0\0\0\x05\0')));
    road.lie('--odd fields', replace('D', message('E', 'yZebulon\0MZebulon\0~Zebulon\0C22P02\0\0')));
    road.lie('--notified', ahead('D', message('A', '\0\0\0\x07x\0Zebulon\0')));
    await conversation('ana', query(`${rows} --no fields`), hear('T E+ C Z'));
    await conversation('ana', query(`${rows} --odd fields`), hear('T E+ C Z'));
    await conversation('ana', query(`${rows} --notified`), hear('T D+ C Z'));
    await allIsWell();
  });

  it('in the extended protocol: answers in another order, or to what was not asked', async () => {
    for (const [marker, lie] of [
      ['2 for 1', replace('1', Buffer.from('2\0\0\0\x04'))],
      ['no 1', replace('1', Buffer.alloc(0))],
      ['1 twice', replace('1', Buffer.from('1\0\0\0\x041\0\0\0\x04'))],
      ['3 for 2', replace('2', Buffer.from('3\0\0\0\x04'))],
      ['rows before 2', ahead('2', oneRow(['123-45-6789', 'Zebulon']))],
      ['n for T', replace('T', Buffer.from('n\0\0\0\x04'))],
      ['T for t', replace('t', oneField)],
      ['65,535 parameters', replace('t', Buffer.from('t\0\0\0\x06\xff\xff', 'latin1'))],
      ['I for 1', replace('1', Buffer.from('I\0\0\0\x04'))],
      ['s for C', replace('C', Buffer.from('s\0\0\0\x04s\0\0\0\x04'))],
      ['a query’s T', ahead('D', oneField)],
      ['C twice', replace('C', Buffer.concat([encodeCommandComplete('SELECT 2'), encodeCommandComplete('SELECT 2')]))],
    ] as readonly [string, Lie][]) {
      road.lie(`--${marker}`, lie);
      const peer = await signedIn('ana');
      peer.send(parse(`${rows} --${marker}`), bind(), execute(), encodeSync());
      for (let frame = await peer.receive(); frame; frame = await peer.receive()) {
        if (frame.type === 'Z'.charCodeAt(0)) peer.close();
      }
      assertClean(peer);
      await endsAs('ana', 'upstream_protocol');
    }
    await allIsWell();
  });

  it('rows of a statement that has none', async () => {
    for (const text of ['BEGIN', 'SET extra_float_digits = 1', 'PREPARE one AS SELECT 1', 'DEALLOCATE ALL']) {
      road.lie('--with rows', ahead('C', Buffer.concat([oneField, oneRow(['Zebulon'])])));
      road.lie('--described', (type, frame) =>
        type === 'n' ? oneField : type === 'C' ? Buffer.concat([oneRow(['Zebulon']), frame.whole]) : null,
      );
      for (const asked of [
        [encodeQuery(`${text} --with rows`)],
        [parse(`${text} --described`), bind(), execute(), encodeSync()],
      ]) {
        const peer = await signedIn('ana');
        peer.send(...asked);
        for (let frame = await peer.receive(); frame; frame = await peer.receive()) {
          if (frame.type === 'Z'.charCodeAt(0)) peer.close();
        }
        assertClean(peer);
        await endsAs('ana', 'upstream_protocol');
      }
    }
    await allIsWell();
  });

  it('in a COPY: other columns, another format, half a row, a direction nobody asked for', async () => {
    for (const [marker, lie] of [
      ['more columns', replace('d', message('d', '123-45-6789\tZebulon\tZebulon\n'))],
      ['fewer columns', replace('d', Buffer.from('d\0\0\0\x0cZebulon\n'))],
      ['half a row', replace('d', Buffer.from('d\0\0\0\x0f123-45-6789'))],
      ['binary', replace('H', Buffer.from('H\0\0\0\x0b\x01\0\x02\0\x01\0\x01'))],
      ['one column', replace('H', Buffer.from('H\0\0\0\x09\0\0\x01\0\0'))],
      ['the other direction', replace('H', Buffer.from('G\0\0\0\x0b\0\0\x02\0\0\0\0'))],
      ['both directions', replace('H', Buffer.from('W\0\0\0\x0b\0\0\x02\0\0\0\0'))],
      ['rows of a query', replace('d', oneRow(['123-45-6789', 'Zebulon']))],
      ['no end', replace('c', Buffer.alloc(0))],
      ['two ends', replace('c', Buffer.from('c\0\0\0\x04c\0\0\0\x04'))],
      ['data behind the end', ahead('C', Buffer.from('d\0\0\0\x0cZebulon\n'))],
    ] as readonly [string, Lie][]) {
      road.lie(`--copy, ${marker}`, lie);
      const peer = await signedIn('ana');
      peer.send(encodeQuery(`COPY (SELECT ssn, first FROM patients) TO STDOUT --copy, ${marker}`));
      for (let frame = await peer.receive(); frame; frame = await peer.receive()) {
        if ('ZG'.includes(String.fromCharCode(frame.type))) peer.close();
      }
      assertClean(peer);
      peer.close();
    }
    await allIsWell();
  });

  it('settings other than those the gate asks for, from the first message on', async () => {
    const reported =
      (name: string, value: string | null): Lie =>
      (type, frame) => {
        if (type !== 'S' || decodeParameterStatus(frame.body).name !== name) return null;
        return value === null ? Buffer.alloc(0) : encodeParameterStatus({ name, value });
      };
    for (const [name, value] of [
      ['client_encoding', 'SQL_ASCII'],
      ['client_encoding', null],
      ['standard_conforming_strings', 'off'],
      ['DateStyle', 'German, DMY'],
      ['search_path', '"$user", public'],
    ] as const) {
      road.lie('at sign-in', reported(name, value));
      const peer = await scriptedClient(clinic.postgresPort);
      await peer.converse(say(startup('ana')), hear('R'), say(encodePasswordMessage(await clinic.token('ana'))));
      const answer = await peer.receive();
      assert.match(answer?.body.toString() ?? '', new RegExp(`does not start its sessions with the ${name}`));
      assert.equal(await peer.receive(), null);
    }
    road.lie('at sign-in', () => null);
    await conversation('ana', query('SELECT label FROM wards LIMIT 1'), hear('T D C Z'));
    await allIsWell();
  });

  it('another type, another size and binary format for a masked column: it stays masked', async () => {
    for (const [marker, change] of [
      ['as int4', () => ({ typeOid: 23, typeSize: 4 })],
      ['as bytea', () => ({ typeOid: 17 })],
      ['as an unknown type', () => ({ typeOid: 4_000_000_000 })],
      ['as binary', () => ({ format: 1 as const })],
      ['as a dropped column', () => ({ attnum: 32_000 })],
      ['as an unknown table', () => ({ tableOid: 4_000_000_000 })],
      ['as no table', () => ({ tableOid: 0, attnum: 0 })],
      ['by another name', () => ({ name: 'label' })],
    ] as const) {
      road.lie(`--${marker}`, lieInFields(change));
      const peer = await signedIn('ana');
      peer.send(encodeQuery(`${rows} --${marker}`));
      await peer.receiveUntil('Z').catch(() => {});
      assertClean(peer);
      peer.close();
    }
    await allIsWell();
  });

  it('columns that change between Describe and Execute', async () => {
    let described = 0;
    road.lie('--changing', (type, frame) => {
      if (type !== 'T' || ++described === 1) return null;
      return encodeRowDescription(
        decodeRowDescription(frame.body).map((field) => ({ ...field, tableOid: 0, attnum: 0, typeOid: 23 })),
      );
    });
    const peer = await signedIn('ana');
    await peer.converse(
      say([parse(`${rows} --changing`), bind(), encodeDescribe({ kind: 'portal', name: '' }), execute(), encodeSync()]),
      hear('1 2 T D+ C Z'),
      say([bind(), execute(), encodeSync()]),
      hear('2 D+ C Z'),
      hangUp,
    );
    assertClean(peer);
    await allIsWell();
  });

  it('values in the texts, names and settings it reports', async () => {
    road.lie('--texts', (type) =>
      type === 'T'
        ? Buffer.concat([
            encodeNoticeResponse(
              new Map([
                ['S', 'NOTICE'],
                ['C', '00000'],
                ['M', 'Zebulon'],
                ['D', '123-45-6789'],
              ]),
            ),
            encodeParameterStatus({ name: 'application_name', value: 'Zebulon' }),
            encodeErrorResponse(
              new Map([
                ['S', 'ERROR'],
                ['C', '22P02'],
                ['M', 'invalid: "Zebulon"'],
                ['t', 'patients'],
              ]),
            ),
          ])
        : ['D', 'C'].includes(type)
          ? Buffer.alloc(0)
          : null,
    );
    await conversation('ana', query(`${rows} --texts`), hear('N S* E:22P02 Z'));
    await allIsWell();
  });

  it('a client_encoding other than the pinned one', async () => {
    road.lie('--encoding', replace('T', encodeParameterStatus({ name: 'client_encoding', value: 'LATIN1' })));
    await conversation('ana', query(`${rows} --encoding`), hear('E !'));
    await endsAs('ana', 'unsafe_setting');
    await allIsWell();
  });
});

/** Resident memory of the gate. */
async function residentBytes(): Promise<number> {
  const status = await readFile(`/proc/${gate.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024;
}

describe('what is too large', () => {
  it('a value of 1 GB is refused at its header, in words that name the limit', async () => {
    road.lie('--declared', replace('D', Buffer.from('D\x40\0\0\0', 'latin1')));
    const before = await residentBytes();
    const peer = await signedIn('dora');
    await peer.converse(query('SELECT label FROM wards --declared'), hear('T*'));
    const error = await peer.receive();
    assert.match(
      error?.body.toString() ?? '',
      new RegExp(`1073741825 bytes; the limit is ${limits.backendMessageBytesMax}`),
    );
    assert.ok((await residentBytes()) - before < 64e6);
    await endsAs('dora', 'upstream_protocol');
    await allIsWell();
  });

  it('a real value of 100 MB is not taken in; one of 20 MB passes', async () => {
    const before = await residentBytes();
    await conversation('dora', query("SELECT repeat('x', 100000000)"), hear('T* E !'));
    await conversation('dora', query("SELECT repeat('x', 20000000)"), hear('T D C Z'));
    assert.ok((await residentBytes()) - before < 400e6);
    await allIsWell();
  });

  it('messages of the client beyond their limit', async () => {
    const declared = (letter: string, length: number): Buffer => {
      const header = Buffer.from(`${letter}\0\0\0\0`);
      header.writeUInt32BE(length, 1);
      return header;
    };
    for (const [letter, length] of [
      ['Q', 0x7fffffff],
      ['P', limits.statementBytesMax + 1],
      ['B', 0x40000000],
      ['d', 0xffffffff],
      ['E', 10_001],
      ['C', 10_001],
      ['S', 5],
      ['X', 5],
      ['Q', 3],
      ['Q', 0],
    ] as const) {
      await conversation('ana', say(declared(letter, length)), hear('E !'));
    }
    await endsAs('ana', 'malformed|too_large');
    await allIsWell();
  });

  it('names of a megabyte, nesting of 100,000 levels', async () => {
    const long = 'n'.repeat(1_000_000);
    await conversation(
      'ana',
      say([parse('SELECT 1', long), bind(long), execute(), encodeSync()]),
      hear('1 2 D C Z'),
      query(`SELECT ${'('.repeat(100_000)}1${')'.repeat(100_000)}`),
      hear('E Z'),
      query('SELECT 1'),
      hear('T D C Z'),
    );
    await allIsWell();
  });

  it('more messages than answers are read: 50,000 Syncs, and as many Parses without one', async () => {
    const before = await residentBytes();
    const peer = await signedIn('ana');
    const flood = Buffer.concat(Array.from({ length: 10_000 }, () => encodeSync()));
    for (let times = 0; times < 5; times++) peer.send(flood);
    await peer.converse(hear(Array.from({ length: 50_000 }, () => 'Z').join(' ')), hangUp);
    const other = await signedIn('ana');
    const parses = Buffer.concat(Array.from({ length: 5_000 }, () => parse('SELECT 1')));
    for (let times = 0; times < 4; times++) other.send(parses);
    await other.converse(say(encodeSync()), hear('1+ Z'), hangUp);
    assert.ok((await residentBytes()) - before < 200e6);
    await allIsWell();
  });

  it('a client that asks for 120 MB and does not read: the gate waits with it', async () => {
    const peer = await signedIn('dora');
    const before = await residentBytes();
    peer.socket.pause();
    peer.send(encodeQuery("SELECT n, repeat('x', 1000) FROM generate_series(1, 120000) n"));
    const waits = "SELECT FROM pg_stat_activity WHERE wait_event = 'ClientWrite' AND query LIKE 'SELECT n, repeat%'";
    const isWaiting = async (): Promise<boolean> => (await clinic.postgres.query('ehr', waits)).length > 0;
    await eventually(isWaiting, 'the server waits for the gate');
    const taken = (await residentBytes()) - before;
    peer.socket.resume();
    const frames = await peer.receiveUntil('Z');
    assert.equal(frames.filter(({ type }) => type === 'D'.charCodeAt(0)).length, 120_000);
    peer.close();
    assert.ok(taken < 80e6, `${Math.round(taken / 1e6)} MB were taken`);
    await allIsWell();
  });
});

describe('a client that breaks the rules', () => {
  /** A message with an honest length and this body. */
  const raw = (letter: string, body: string): Step => {
    const message = Buffer.from(`${letter}\0\0\0\0${body}`, 'latin1');
    message.writeUInt32BE(message.length - 1, 1);
    return say(message);
  };
  for (const [what, message] of [
    ['an unknown message', raw('~', '')],
    ['a password after sign-in', say(encodePasswordMessage('again'))],
    ['a statement that is no UTF-8', raw('Q', "SELECT '\xff'\0")],
    ['NUL in a statement', raw('Q', 'SELECT 1\0--x\0')],
    ['a statement without its NUL', raw('Q', 'SELECT 1')],
    ['a statement name that is cut within a letter', raw('P', `${'a'.repeat(62)}\xc3\xa9\0SELECT 1\0\0\0`)],
    ['a parameter of negative length', raw('B', '\0\0\0\0\0\x01\xff\xff\xff\xfe\0\0')],
    ['more parameters than it holds', raw('B', '\0\0\0\0\xff\xff\0\0')],
    ['formats for other parameters than given', raw('B', '\0\0\0\x02\0\0\0\0\0\0\0\0')],
    ['a format that is none', raw('B', '\0\0\0\x01\0\x07\0\0\0\0')],
    ['bytes behind the last field', raw('E', '\0\0\0\0\0x')],
    ['a target that is none', raw('D', 'Q\0')],
  ] as const) {
    it(what, async () => {
      await conversation('ana', message, hear('E:08P01 !'));
      await endsAs('ana', 'malformed');
      await allIsWell();
    });
  }

  it('COPY data outside of COPY is ignored, as by the server; a function call is refused', async () => {
    await conversation(
      'ana',
      say([encodeCopyData(Buffer.from('x')), encodeCopyDone(), encodeQuery('SELECT 1')]),
      hear('T D C Z'),
      say(encodeFunctionCall({ functionOid: 1, argumentFormats: [], arguments: [], resultFormat: 0 })),
      hear('E:0A000 Z'),
      say([execute(), encodeSync()]),
      hear('E:34000 Z'),
    );
    await allIsWell();
  });

  it('two names that are one to the server are one to the gate', async () => {
    const same = 'a'.repeat(63);
    const peer = await signedIn('ana');
    await peer.converse(
      say([parse('SELECT label FROM wards', `${same}x`), encodeClose({ kind: 'statement', name: `${same}y` })]),
      say([parse('SELECT ssn FROM patients', `${same}z`), bind(`${same}x`), execute(), encodeSync()]),
      hear('1 3 1 2 D+ C Z'),
      hangUp,
    );
    assertClean(peer);
    await allIsWell();
  });

  it('everything in pieces of one byte', async () => {
    await conversation(
      'ana',
      say([parse('SELECT ssn FROM patients'), bind(), execute(), encodeSync(), encodeQuery('SELECT 1')], 1),
      hear('1 2 D+ C Z T D C Z'),
    );
  });

  it('leaves in a hold, in a COPY, and half-way through a message', async () => {
    await conversation('dora', query('DELETE FROM wards'), hear('N'), hangUp);
    const held = await endsAs('dora', 'closed');
    assert.ok(held.events.some(({ type }) => type === 'approval.requested'));
    await conversation(
      'dora',
      query('COPY wards FROM STDIN'),
      hear('G'),
      say(encodeCopyData(Buffer.from('7'))),
      hangUp,
    );
    await endsAs('dora', 'closed');
    await conversation('ana', say(half(encodeQuery('SELECT ssn FROM patients'))), pause(20), hangUp);
    await endsAs('ana', 'closed');
    const { rows } = await clinic.postgres.query('ehr', 'SELECT count(*)::int AS n FROM wards').then(asRows);
    assert.equal(rows[0]?.['n'], 500);
    await allIsWell();
  });

  it('closes its half while a statement runs: the statement is not left running', async () => {
    const lock = await clinic.lockWards();
    const peer = await signedIn('ana');
    peer.send(encodeQuery('SELECT count(*) FROM wards'));
    await lock.wanted();
    peer.socket.end();
    await endsAs('ana', 'closed');
    await lock.release();
    await allIsWell();
  });
});

/** `query` of the superuser gives rows or nothing, by its statement. */
function asRows(result: unknown): { readonly rows: readonly Record<string, unknown>[] } {
  return Array.isArray(result) ? { rows: result } : (result as { rows: Record<string, unknown>[] });
}

describe('cancel', () => {
  it('for somebody else: a wrong key, a wrong process and a key of another length are answered alike, with silence', async () => {
    const lock = await clinic.lockWards();
    const victim = await scriptedClient(clinic.postgresPort);
    victim.send(startup('ana', 2));
    await victim.receive();
    victim.send(encodePasswordMessage(await clinic.token('ana')));
    const key = (await victim.receiveUntil('Z')).find(({ type }) => type === 'K'.charCodeAt(0));
    assert.ok(key);
    const { processId, secretKey } = decodeBackendKeyData(key.body);
    assert.equal(secretKey.length, 32, 'protocol 3.2 has long keys');
    victim.send(encodeQuery('SELECT count(*) FROM wards'));
    await lock.wanted();
    const wrong = Buffer.from(secretKey);
    wrong[31] = (wrong[31] ?? 0) ^ 1;
    for (const attempt of [
      encodeCancelRequest(processId, wrong),
      encodeCancelRequest(processId, secretKey.subarray(0, 4)),
      encodeCancelRequest(processId + 1, secretKey),
      encodeCancelRequest(0xffffffff, secretKey),
      encodeCancelRequest(processId, Buffer.alloc(256)),
      encodeCancelRequest(processId, Buffer.alloc(257)),
    ]) {
      const peer = await scriptedClient(clinic.postgresPort);
      peer.send(attempt);
      const answer = await peer.receiveBytes();
      // A key of 257 bytes is no cancel request at all, and said to be none.
      assert.equal(answer === null, attempt.length <= 12 + 256);
    }
    await sleep(100);
    assert.ok(!Buffer.concat(victim.heard).includes('57014'), 'it still runs');
    const right = await scriptedClient(clinic.postgresPort);
    right.send(encodeCancelRequest(processId, secretKey));
    assert.equal(await right.receiveBytes(), null);
    await victim.converse(hear('T* E:57014 Z'), hangUp);
    await lock.release();
    await allIsWell();
  });
});

describe('the first packets', () => {
  async function refused(bytes: Buffer, ...more: Step[]): Promise<void> {
    const peer = await scriptedClient(clinic.postgresPort);
    await peer.converse(say(bytes), ...more);
    peer.close();
    await allIsWell();
  }

  it('grease: protocol 3.9999 and options nobody knows are negotiated down to 3.2', async () => {
    const peer = await scriptedClient(clinic.postgresPort);
    peer.send(
      startup('ana', 9999, [
        ['_pq_.test_protocol_negotiation', ''],
        ['_pq_.command', 'x'],
      ]),
    );
    const answer = await peer.receive();
    assert.equal(answer?.type, 'v'.charCodeAt(0));
    assert.deepEqual(decodeNegotiateProtocolVersion(answer.body), {
      minor: 2,
      unknownOptions: ['_pq_.test_protocol_negotiation', '_pq_.command'],
    });
    await peer.converse(
      hear('R'),
      say(encodePasswordMessage(await clinic.token('ana'))),
      hear('R S+ K Z'),
      query('SELECT 1'),
      hear('T D C Z'),
      hangUp,
    );
  });

  it('bytes behind a request for encryption are no part of the encrypted session', async () => {
    await refused(Buffer.concat([encodeSslRequest(), startup('ana')]), hear('E:08P01 !'));
    await refused(Buffer.concat([encodeGssEncRequest(), startup('ana')]), hear('E:08P01 !'));
  });

  it('GSS and SSL are each declined once; asked for again, the connection ends', async () => {
    const peer = await scriptedClient(clinic.postgresPort);
    for (const request of [encodeGssEncRequest(), encodeSslRequest()]) {
      peer.send(request);
      assert.equal((await peer.receiveBytes())?.toString(), 'N');
    }
    await peer.converse(say(encodeSslRequest()), hear('E:08P01 !'));
  });

  it('versions, lengths and contents that are none', async () => {
    const packet = (...words: number[]): Buffer => {
      const bytes = Buffer.alloc(4 * words.length);
      for (const [index, word] of words.entries()) bytes.writeUInt32BE(word, 4 * index);
      return bytes;
    };
    await refused(packet(8, 2 << 16), hear('E !'));
    await refused(packet(8, 4 << 16), hear('E !'));
    await refused(packet(4), hear('E:08P01 !'));
    await refused(packet(0x7fffffff), hear('E !'));
    await refused(packet(0xffffffff), hear('E !'));
    await refused(packet(8, 3 << 16), hear('E:08P01 !'));
    await refused(encodeStartupMessage([['database', 'ehr']]), hear('E:08P01 !'));
    await refused(
      encodeStartupMessage([
        ['user', 'ana'],
        ['user', 'dora'],
      ]),
      hear('E:08P01 !'),
    );
    await refused(
      encodeStartupMessage([
        ['user', 'ana'],
        ['replication', 'database'],
      ]),
      hear('E !'),
    );
    for (const options of [
      '-c row_security=off',
      '-c geqo=on --search-path=pg_temp',
      '-c Role=gate',
      '-c user=dora',
      '-d 5',
      '-c',
    ]) {
      await refused(
        encodeStartupMessage([
          ['user', 'ana'],
          ['options', options],
        ]),
        hear('E:42501 !'),
      );
    }
  });

  it('anything but a password when one is asked for', async () => {
    for (const message of [
      execute(),
      encodeQuery('SELECT 1'),
      encodeSync(),
      Buffer.from('p\0\0\0\x03'),
      Buffer.from('p\x7f\xff\xff\xff', 'latin1'),
    ]) {
      await refused(startup('ana'), hear('R'), say(message), hear('E !'));
    }
    await refused(startup('ana'), hear('R'), say(encodePasswordMessage('x'.repeat(60_000))), hear('E:28P01 !'));
  });

  it('five hundred connections that say nothing, or a little, are in nobody’s way', async () => {
    const idle = Array.from({ length: 500 }, (_each, index) => {
      const socket = connectTcp(clinic.postgresPort, '127.0.0.1').on('error', () => {});
      if (index % 2 === 0) socket.write(startup('ana').subarray(0, 6));
      return socket;
    });
    await sleep(100);
    await conversation('ana', query('SELECT 1'), hear('T D C Z'));
    for (const socket of idle) socket.destroy();
    await allIsWell();
  });
});

it('still runs, and its log verifies', async () => {
  assert.equal(gate.output().includes('upstream-secret'), false);
  const verified = await clinic.chartgate(['audit', 'verify', clinic.state], null);
  assert.equal(verified.code, 0, verified.stdout + verified.stderr);
});
