// Every message encodes to bytes that decode to the same message, and nothing else decodes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import * as authentication from '../../src/wire/postgres/authentication.ts';
import * as cancel from '../../src/wire/postgres/cancel.ts';
import * as copy from '../../src/wire/postgres/copy.ts';
import * as errorFields from '../../src/wire/postgres/error-fields.ts';
import * as extended from '../../src/wire/postgres/extended.ts';
import { ProtocolError } from '../../src/wire/postgres/protocol-error.ts';
import * as query from '../../src/wire/postgres/query.ts';
import * as rows from '../../src/wire/postgres/rows.ts';
import * as startup from '../../src/wire/postgres/startup.ts';
import * as status from '../../src/wire/postgres/status.ts';

function record<T extends object>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record<T>(model, { noNullPrototype: true });
}

const text = fc.string({ unit: 'binary', maxLength: 30 }).filter((each) => !each.includes('\0'));
const word = text.filter((each) => each !== '');
const bytes = fc.uint8Array({ maxLength: 40 }).map((each) => Buffer.from(each));
const value = fc.option(bytes);
const format = fc.constantFrom<0 | 1>(0, 1);
const oid = fc.integer({ min: 0, max: 0xffffffff });
const int32 = fc.integer({ min: -0x80000000, max: 0x7fffffff });
const int16 = fc.integer({ min: -0x8000, max: 0x7fff });
const target = record({ kind: fc.constantFrom<'statement' | 'portal'>('statement', 'portal'), name: text });
const key = fc.uint8Array({ minLength: 4, maxLength: 256 }).map((each) => Buffer.from(each));

interface Codec<T> {
  readonly messages: fc.Arbitrary<T>;
  readonly encode: (message: T) => Buffer;
  readonly decode: (body: Buffer) => unknown;
  /** Its end is its length: any more bytes are data. */
  readonly open?: boolean;
}

function codec<T>(each: Codec<T>): Codec<never> {
  return each as unknown as Codec<never>;
}

const codecs: Readonly<Record<string, Codec<never>>> = {
  Query: codec({ messages: text, encode: query.encodeQuery, decode: query.decodeQuery }),
  CommandComplete: codec({ messages: text, encode: query.encodeCommandComplete, decode: query.decodeCommandComplete }),
  FunctionCall: codec({
    messages: record({
      functionOid: oid,
      argumentFormats: fc.array(format, { maxLength: 3 }),
      arguments: fc.array(value, { maxLength: 3 }),
      resultFormat: format,
    }),
    encode: query.encodeFunctionCall,
    decode: query.decodeFunctionCall,
  }),
  FunctionCallResponse: codec({
    messages: value,
    encode: query.encodeFunctionCallResponse,
    decode: query.decodeFunctionCallResponse,
  }),
  Parse: codec({
    messages: record({ name: text, text, parameterTypes: fc.array(oid, { maxLength: 5 }) }),
    encode: extended.encodeParse,
    decode: extended.decodeParse,
  }),
  Bind: codec({
    messages: record({
      portal: text,
      statement: text,
      parameterFormats: fc.array(format, { maxLength: 1 }),
      parameters: fc.array(value, { maxLength: 5 }),
      resultFormats: fc.array(format, { maxLength: 4 }),
    }),
    encode: extended.encodeBind,
    decode: extended.decodeBind,
  }),
  Describe: codec({ messages: target, encode: extended.encodeDescribe, decode: extended.decodeDescribe }),
  Close: codec({ messages: target, encode: extended.encodeClose, decode: extended.decodeClose }),
  Execute: codec({
    messages: record({ portal: text, rowsMax: fc.nat(0x7fffffff) }),
    encode: extended.encodeExecute,
    decode: extended.decodeExecute,
  }),
  ParameterDescription: codec({
    messages: fc.array(oid, { maxLength: 5 }),
    encode: extended.encodeParameterDescription,
    decode: extended.decodeParameterDescription,
  }),
  RowDescription: codec({
    messages: fc.array(
      record({
        name: text,
        tableOid: oid,
        attnum: int16,
        typeOid: oid,
        typeSize: int16,
        typeModifier: int32,
        format,
      }),
      { maxLength: 4 },
    ),
    encode: rows.encodeRowDescription,
    decode: rows.decodeRowDescription,
  }),
  DataRow: codec({
    messages: fc.array(value, { maxLength: 5 }),
    encode: rows.encodeDataRow,
    decode: rows.decodeDataRow,
  }),
  CopyFail: codec({ messages: text, encode: copy.encodeCopyFail, decode: copy.decodeCopyFail }),
  CopyResponse: codec({
    messages: record({ format, columnFormats: fc.array(format, { maxLength: 4 }) }),
    encode: (message) => copy.encodeCopyResponse('G', message),
    decode: copy.decodeCopyResponse,
  }),
  ParameterStatus: codec({
    messages: record({ name: text, value: text }),
    encode: status.encodeParameterStatus,
    decode: status.decodeParameterStatus,
  }),
  ReadyForQuery: codec({
    messages: fc.constantFrom<'I' | 'T' | 'E'>('I', 'T', 'E'),
    encode: status.encodeReadyForQuery,
    decode: status.decodeReadyForQuery,
  }),
  NotificationResponse: codec({
    messages: record({ processId: oid, channel: text, payload: text }),
    encode: status.encodeNotificationResponse,
    decode: status.decodeNotificationResponse,
  }),
  BackendKeyData: codec({
    messages: record({ processId: oid, secretKey: key }),
    encode: (message) => cancel.encodeBackendKeyData(message.processId, message.secretKey),
    decode: cancel.decodeBackendKeyData,
    open: true,
  }),
  NegotiateProtocolVersion: codec({
    messages: record({ minor: fc.nat(0xffff), unknownOptions: fc.array(text, { maxLength: 3 }) }),
    encode: startup.encodeNegotiateProtocolVersion,
    decode: startup.decodeNegotiateProtocolVersion,
  }),
  ErrorResponse: codec({
    messages: fc
      .array(fc.tuple(fc.constantFrom('S', 'V', 'C', 'M', 'D', 'H', 'P', 's', 't'), text))
      .map((fields) => new Map(fields)),
    encode: errorFields.encodeErrorResponse,
    decode: errorFields.decodeNoticeFields,
  }),
  Authentication: codec<authentication.Authentication>({
    messages: fc.oneof(
      fc.constantFrom<authentication.Authentication>({ kind: 'ok' }, { kind: 'cleartext' }),
      record({ kind: fc.constant('md5' as const), salt: fc.constant(Buffer.of(1, 2, 3, 4)) }),
      record({ kind: fc.constant('sasl' as const), mechanisms: fc.array(word, { maxLength: 3 }) }),
      record({ kind: fc.constantFrom('saslContinue' as const, 'saslFinal' as const), data: bytes }),
      record({ kind: fc.constant('other' as const), method: fc.constantFrom(2, 7, 8, 9, 77), data: bytes }),
    ),
    encode: authentication.encodeAuthentication,
    decode: authentication.decodeAuthentication,
    open: true,
  }),
  PasswordMessage: codec({
    messages: text,
    encode: authentication.encodePasswordMessage,
    decode: authentication.decodePasswordMessage,
  }),
  SASLInitialResponse: codec({
    messages: record({ mechanism: word, data: value }),
    encode: (message) => authentication.encodeSaslInitialResponse(message.mechanism, message.data),
    decode: authentication.decodeSaslInitialResponse,
  }),
};

for (const [name, { messages, encode, decode, open }] of Object.entries(codecs)) {
  test(`${name}: round trip; cut short or with more, it is refused or at least no other error`, () => {
    fc.assert(
      fc.property(messages, fc.nat(), (message, cut) => {
        const whole = encode(message);
        assert.equal(whole.readUInt32BE(1), whole.length - 1);
        const body = whole.subarray(5);
        assert.deepEqual(decode(body), message);
        if (!open) assert.throws(() => decode(Buffer.concat([body, Buffer.of(0)])), ProtocolError);
        onlyProtocolErrors(() => decode(body.subarray(0, cut % (body.length + 1))));
      }),
      { numRuns: 200 },
    );
  });

  test(`${name}: mutated bytes decode or throw ProtocolError, nothing else`, () => {
    fc.assert(
      fc.property(messages, fc.nat(), fc.nat(255), (message, at, byte) => {
        const body = Buffer.from(encode(message).subarray(5));
        if (body.length > 0) body[at % body.length] = byte;
        onlyProtocolErrors(() => decode(body));
      }),
      { numRuns: 200 },
    );
  });
}

function onlyProtocolErrors(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof ProtocolError, String(error));
  }
}

test('a statement is decoded as the server will read it', () => {
  assert.equal(query.decodeQuery(Buffer.from('\ufeffSELECT 1\0')), '\ufeffSELECT 1');
  for (const body of ['SELECT 1', 'SELECT 1\0; DROP TABLE x\0', '\xff\0']) {
    assert.throws(() => query.decodeQuery(Buffer.from(body, 'latin1')), { code: 'malformed' }, body);
  }
  assert.throws(() => query.encodeQuery('SELECT 1\0; DROP TABLE x'), { code: 'malformed' });
});

test('a name is the 63 bytes of it that the server keeps', () => {
  const kept = 'n'.repeat(63);
  const bind = { statement: `${kept}a`, portal: `${kept}b`, parameterFormats: [], parameters: [], resultFormats: [] };
  assert.equal(
    extended.decodeParse(extended.encodeParse({ name: `${kept}c`, text: '', parameterTypes: [] }).subarray(5)).name,
    kept,
  );
  const { statement, portal } = extended.decodeBind(extended.encodeBind(bind).subarray(5));
  assert.deepEqual([statement, portal], [kept, kept]);
  assert.equal(
    extended.decodeDescribe(extended.encodeDescribe({ kind: 'portal', name: `${kept}d` }).subarray(5)).name,
    kept,
  );
  assert.equal(
    extended.decodeClose(extended.encodeClose({ kind: 'statement', name: `${kept}e` }).subarray(5)).name,
    kept,
  );
  assert.equal(
    extended.decodeExecute(extended.encodeExecute({ portal: `${kept}f`, rowsMax: 0 }).subarray(5)).portal,
    kept,
  );
  // Half a letter is no name that text could be compared with.
  const cut = extended.encodeParse({ name: `${'n'.repeat(62)}é`, text: '', parameterTypes: [] }).subarray(5);
  assert.throws(() => extended.decodeParse(cut), { code: 'malformed' });
});

test('startup packets: each kind, and trailing garbage, doubles and foreign versions refused', () => {
  const message = startup.encodeStartupMessage([['user', 'ann']], 2, [['_pq_.x', '1']]);
  const taken = startup.takeStartupPacket(Buffer.concat([message, Buffer.from('next')]));
  assert.equal(taken?.rest.toString(), 'next');
  assert.deepEqual(taken.packet, {
    kind: 'startup',
    minor: 2,
    parameters: new Map([['user', 'ann']]),
    options: new Map([['_pq_.x', '1']]),
  });
  for (let cut = 0; cut < message.length; cut++) {
    assert.equal(startup.takeStartupPacket(message.subarray(0, cut)), undefined);
  }
  assert.equal(startup.takeStartupPacket(startup.encodeSslRequest())?.packet.kind, 'ssl');
  assert.equal(startup.takeStartupPacket(startup.encodeGssEncRequest())?.packet.kind, 'gss');
  const secretKey = Buffer.alloc(256, 7);
  const canceled = startup.takeStartupPacket(startup.encodeCancelRequest(42, secretKey));
  assert.deepEqual(canceled?.packet, { kind: 'cancel', processId: 42, secretKey });

  const smuggled = Buffer.concat([startup.encodeSslRequest(), message]);
  assert.throws(() => startup.takeStartupPacket(smuggled), { code: 'malformed' });
  const twice = startup.encodeStartupMessage([
    ['user', 'ann'],
    ['user', 'bob'],
  ]);
  assert.throws(() => startup.takeStartupPacket(twice), { code: 'malformed' });
  assert.throws(() => startup.takeStartupPacket(startup.encodeCancelRequest(1, Buffer.alloc(257))), {
    code: 'malformed',
  });
  assert.throws(() => startup.takeStartupPacket(Buffer.from([0x7f, 0xff, 0xff, 0xff])), { code: 'too_large' });
  assert.throws(() => startup.takeStartupPacket(Buffer.from('GET / HTTP/1.1\r\n')), { code: 'too_large' });
  assert.throws(() => startup.decodeStartupPacket(Buffer.from([0, 2, 0, 0, 0])), { code: 'unsupported' });
  const garbage = Buffer.concat([message.subarray(4), Buffer.from('x')]);
  assert.throws(() => startup.decodeStartupPacket(garbage), { code: 'malformed' });
});

test('a message without a body is its letter and its length; CopyData is its bytes as they are', () => {
  const bare: readonly (readonly [string, Buffer])[] = [
    ['1', extended.encodeParseComplete()],
    ['2', extended.encodeBindComplete()],
    ['3', extended.encodeCloseComplete()],
    ['n', extended.encodeNoData()],
    ['s', extended.encodePortalSuspended()],
    ['S', extended.encodeSync()],
    ['H', extended.encodeFlush()],
    ['I', query.encodeEmptyQueryResponse()],
    ['X', query.encodeTerminate()],
    ['c', copy.encodeCopyDone()],
  ];
  for (const [letter, message] of bare) assert.deepEqual(message, Buffer.from(`${letter}\0\0\0\x04`), letter);
  assert.deepEqual(copy.encodeCopyData(Buffer.from('a\0')), Buffer.from('d\0\0\0\x06a\0'));
});

test('an upstream error loses every text and keeps what names no value', () => {
  const secret = '123-45-6789';
  const withheld = errorFields.withholdValues(
    new Map([
      ['S', 'FEHLER'],
      ['V', 'ERROR'],
      ['C', '23505'],
      ...['M', 'D', 'H', 'p', 'q', 'W', 'F', 'L', 'R', 'Z'].map((letter) => [letter, `x ${secret}`] as const),
      ['P', '17'],
      ['s', 'public'],
      ['n', 'patients_ssn_key'],
    ]),
  );
  assert.equal(withheld.get('C'), '23505');
  assert.equal(withheld.get('P'), '17');
  assert.equal(withheld.get('n'), 'patients_ssn_key');
  assert.match(withheld.get('M') ?? '', /unique violation/);
  assert.ok(!errorFields.encodeErrorResponse(withheld).includes(secret));

  const shaped = errorFields.withholdValues(
    new Map([
      ['V', secret],
      ['C', '12345'],
      ['P', secret],
      ['c', secret],
    ]),
  );
  assert.deepEqual([...shaped.keys()], ['S', 'V', 'C', 'M']);
  assert.equal(shaped.get('C'), 'XX000');
});

test('a refusal names its rule, its approval and what to do next', () => {
  const fields = errorFields.errorFields({ code: 'approval_required', text: 'Ask.', rule: 'r', approval: 'apr_1' });
  assert.equal(fields.get('C'), '42501');
  assert.equal(fields.get('M'), 'Ask.');
  assert.equal(fields.get('D'), 'Rule: r. Approval: apr_1.');
  assert.ok(fields.get('H'));
});
