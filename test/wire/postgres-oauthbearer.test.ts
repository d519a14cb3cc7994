// The messages of OAUTHBEARER: those of RFC 7628 §4, what libpq 18 sends, and everything that is neither.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { decodeBearerResponse, encodeBearerFailure, isBearerFarewell } from '../../src/wire/postgres/oauthbearer.ts';
import { ProtocolError } from '../../src/wire/postgres/protocol-error.ts';

const decode = (text: string) => decodeBearerResponse(Buffer.from(text, 'latin1'));

test('what clients say', () => {
  assert.deepEqual(
    decode(
      'n,a=user@example.com,\x01host=server.example.com\x01port=143\x01auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\x01\x01',
    ),
    { authorizationId: 'user@example.com', auth: 'Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==' },
  );
  assert.deepEqual(decode('n,,\x01auth=Bearer abc\x01\x01'), { authorizationId: null, auth: 'Bearer abc' });
  assert.deepEqual(decode('y,a=a=2Cb=3Dc,\x01auth=\x01\x01'), { authorizationId: 'a,b=c', auth: '' });
});

test('what is no message of OAUTHBEARER', () => {
  for (const text of [
    '',
    '\x01',
    'n,,',
    'n,,\x01\x01',
    'n,,\x01auth=Bearer abc\x01',
    'n,,\x01auth=Bearer abc',
    'n,,\x01auth=Bearer abc\x01\x01\x01',
    'n,,\x01auth=Bearer abc\x01\x01x',
    'n,,auth=Bearer abc\x01\x01',
    'n,\x01auth=Bearer abc\x01\x01',
    'n\x01auth=Bearer abc\x01\x01',
    'x,,\x01auth=Bearer abc\x01\x01',
    'p=tls-server-end-point,,\x01auth=Bearer abc\x01\x01',
    'n,a=,\x01auth=Bearer abc\x01\x01',
    'n,a=a=2c,\x01auth=Bearer abc\x01\x01',
    'n,a=a=,\x01auth=Bearer abc\x01\x01',
    'n,b=x,\x01auth=Bearer abc\x01\x01',
    'n,,\x01host=a\x01\x01',
    'n,,\x01auth=Bearer abc\x01auth=Bearer def\x01\x01',
    'n,,\x01=Bearer abc\x01\x01',
    'n,,\x01au th=Bearer abc\x01\x01',
    'n,,\x01auth=Bearer a\0bc\x01\x01',
    'n,,\x01auth=Bearer \xff\x01\x01',
    'n,,\x01auth=Bearer \xc3\xa4\x01\x01',
  ])
    assert.throws(() => decode(text), ProtocolError, JSON.stringify(text));
});

test('anything is decoded or refused, in time that its length bounds', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }).map((each) => Buffer.from(each)),
    fc
      .array(fc.constantFrom(',', 'a=', '=2C', '\x01', '\x01\x01', 'auth=', 'Bearer ', 'x', '='), { maxLength: 6 })
      .map((each) => Buffer.from(`n,,\x01${each.join('')}\x01\x01`)),
  );
  let decoded = 0;
  fc.assert(
    fc.property(bytes, (data) => {
      try {
        assert.match(decodeBearerResponse(data).auth, /^[\x20-\x7e\t\r\n]*$/);
        decoded++;
      } catch (error) {
        assert.ok(error instanceof ProtocolError);
      }
    }),
    { numRuns: 5000 },
  );
  assert.ok(decoded > 0);
  const before = process.cpuUsage();
  for (const hostile of ['\x01a=', 'auth=', '=', '\x01'])
    assert.throws(() => decode(`n,,\x01${hostile.repeat(20_000)}`));
  const { user, system } = process.cpuUsage(before);
  assert.ok(user + system < 1_000_000, `${user + system} microseconds`);
});

test('what a client is told', () => {
  const metadata = 'https://gate.example/.well-known/openid-configuration';
  assert.deepEqual(JSON.parse(encodeBearerFailure({ metadata, scope: 'gate postgres:ehr' }).toString()), {
    status: 'invalid_token',
    scope: 'gate postgres:ehr',
    'openid-configuration': metadata,
  });
  assert.equal(encodeBearerFailure(null).toString(), '{"status":"invalid_token"}');
  assert.ok(isBearerFarewell(Buffer.of(1)));
  for (const other of ['', '\x01\x01', '\0', 'x']) assert.ok(!isBearerFarewell(Buffer.from(other)));
});
