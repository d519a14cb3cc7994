// Tokens of a trusted issuer as attackers bend them, and its keys as they come and go.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type CryptoKey, exportJWK, exportSPKI, FlattenedSign, generateKeyPair, type JWK, SignJWT } from 'jose';
import { keysAtUrl, keysInFile } from '../../src/adapters/jwks/key-source.ts';
import { limits } from '../../src/core/limits.ts';
import { type TrustedIssuer, verifyToken } from '../../src/identity/token.ts';

const now = Date.UTC(2026, 0, 5, 13);
const seconds = now / 1000;
const claims = { iss: 'https://ci.example', aud: 'chartgate', sub: 'build', iat: seconds, exp: seconds + 300 };

let folder: string;
let file: string;
let trust: TrustedIssuer;
let good: { readonly privateKey: CryptoKey; readonly publicKey: CryptoKey };
let other: typeof good;
let published: JWK;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chartgate-trust-'));
  file = join(folder, 'jwks.json');
  [good, other] = await Promise.all([generateKeyPair('RS256'), generateKeyPair('RS256')]);
  published = { ...(await exportJWK(good.publicKey)), kid: 'k1', alg: 'RS256' };
  await publish(published);
  const resolve = await keysInFile(file);
  trust = { issuer: claims.iss, audience: claims.aud, groupsClaim: 'groups', kind: 'workload', resolve };
});
after(() => rm(folder, { recursive: true }));

let publishedAt = 1;

/** With a time of its own: a file system may count in seconds. */
async function publish(...keys: readonly JWK[]): Promise<void> {
  await writeFile(file, JSON.stringify({ keys }));
  await utimes(file, publishedAt, publishedAt++);
}

async function codeOf(token: string, given: readonly TrustedIssuer[] = [trust]): Promise<string> {
  const verified = await verifyToken(token, given, now);
  return verified.ok ? verified.value.id : verified.error.code;
}

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

function sign(given: object = {}, header: object = {}, key: CryptoKey = good.privateKey): Promise<string> {
  return new SignJWT({ ...claims, ...given }).setProtectedHeader({ alg: 'RS256', kid: 'k1', ...header }).sign(key);
}

/** Of claims that the type of a payload does not allow. */
function bent(given: object): Promise<string> {
  return new FlattenedSign(Buffer.from(JSON.stringify({ ...claims, ...given })))
    .setProtectedHeader({ alg: 'RS256', kid: 'k1' })
    .sign(good.privateKey)
    .then((jws) => `${jws.protected}.${jws.payload}.${jws.signature}`);
}

test('what the others start from is accepted, for us among others too', async () => {
  assert.equal(await codeOf(await sign()), 'build');
  assert.equal(await codeOf(await sign({ aud: ['else', 'chartgate'] })), 'build');
  assert.equal(await codeOf(await sign({}, { typ: 'at+jwt' })), 'build');
  assert.equal(await codeOf(await sign({}, { typ: 'application/AT+JWT' })), 'build');
});

test('a clock that is a little ahead is no lie', async () => {
  assert.equal(await codeOf(await sign({ iat: seconds + limits.clockSkewMs / 1000 })), 'build');
});

test('no bent token is anybody', async () => {
  const hmac = async (secret: string | Buffer): Promise<string> => {
    const text = `${part({ alg: 'HS256', kid: 'k1' })}.${part(claims)}`;
    return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
  };
  const pem = await exportSPKI(good.publicKey);
  const brought = await exportJWK(other.publicKey);
  const [head, , signature] = (await sign()).split('.');
  const unencoded = await new FlattenedSign(Buffer.from(part(claims)))
    .setProtectedHeader({ alg: 'RS256', kid: 'k1', b64: false, crit: ['b64'] })
    .sign(good.privateKey);
  const table: Readonly<Record<string, readonly [string, string]>> = {
    'alg none': [`${part({ alg: 'none' })}.${part(claims)}.`, 'token_invalid'],
    'alg nOnE, with a kid': [`${part({ alg: 'nOnE', kid: 'k1' })}.${part(claims)}.`, 'token_invalid'],
    'HS256 by the public key': [await hmac(pem), 'token_invalid'],
    'HS256 by the modulus': [await hmac(Buffer.from(published.n ?? '', 'base64url')), 'token_invalid'],
    'a key it brings along': [await sign({}, { jwk: brought }, other.privateKey), 'token_invalid'],
    'keys it says where to find': [
      await sign({}, { jku: 'https://evil.example/jwks' }, other.privateKey),
      'token_invalid',
    ],
    'the kid of another': [await sign({}, {}, other.privateKey), 'token_invalid'],
    'a kid that is a path': [await sign({}, { kid: '../../jwks.json' }, other.privateKey), 'token_invalid'],
    'another payload': [`${head}.${part({ ...claims, sub: 'admin' })}.${signature}`, 'token_invalid'],
    'a critical extension nobody knows': [
      await sign({}, { crit: ['exp'], exp: 1 }).catch(
        () => `${part({ alg: 'RS256', crit: ['exp'] })}.${part(claims)}.x`,
      ),
      'token_invalid',
    ],
    'a payload that is not encoded': [
      `${unencoded.protected}.${unencoded.payload}.${unencoded.signature}`,
      'token_invalid',
    ],
    'no exp': [await sign({ exp: undefined }), 'token_invalid'],
    'an exp of text': [await sign({ exp: '9999999999' }), 'token_invalid'],
    'an exp long ago': [await sign({ exp: seconds - 3600 }), 'token_expired'],
    'an nbf to come': [await sign({ nbf: seconds + 3600 }), 'token_invalid'],
    'no aud': [await sign({ aud: undefined }), 'token_audience'],
    'an aud for others': [await sign({ aud: ['else', 'chartgate.evil'] }), 'token_audience'],
    'an aud that is no text': [await sign({ aud: { chartgate: true } }), 'token_audience'],
    'an issuer with a slash': [await sign({ iss: 'https://ci.example/' }), 'token_issuer'],
    'two issuers': [await sign({ iss: ['https://ci.example'] }), 'token_issuer'],
    'no subject': [await sign({ sub: undefined }), 'token_invalid'],
    'a subject of no length': [await sign({ sub: '' }), 'token_invalid'],
    'a number for a subject': [await bent({ sub: 7 }), 'token_invalid'],
    'an object for a subject': [await bent({ sub: { id: 'root' } }), 'token_invalid'],
    'subjects in a list': [await bent({ sub: ['root'] }), 'token_invalid'],
    'half a character for a subject': [await bent({ sub: 'ana\ud800' }), 'token_invalid'],
    'half a character for an actor': [await bent({ act: { sub: '\udc00' } }), 'token_invalid'],
    'the type of a logout token': [await sign({}, { typ: 'logout+jwt' }), 'token_invalid'],
    'the same in capitals': [await sign({}, { typ: 'application/Logout+JWT' }), 'token_invalid'],
    'bound to a key': [await sign({ cnf: { jkt: 'x' } }), 'token_invalid'],
    'actors without end': [
      await sign({ act: Array.from({ length: 50 }).reduce<object>((act) => ({ sub: 'a', act }), { sub: 'a' }) }),
      'token_invalid',
    ],
    'larger than any': [await sign({ groups: ['x'.repeat(limits.tokenBytesMax)] }), 'token_invalid'],
    'five parts': ['a.b.c.d.e', 'token_invalid'],
    'no token': ['Bearer', 'token_invalid'],
    nothing: ['', 'token_missing'],
  };
  for (const [what, [token, code]] of Object.entries(table)) assert.equal(await codeOf(token), code, what);
});

test('a key that comes is found, one that is taken out counts no more, a file half written changes nothing', async () => {
  const next = { ...(await exportJWK(other.publicKey)), kid: 'k2', alg: 'RS256' };
  const [old, fresh] = [await sign(), await sign({}, { kid: 'k2' }, other.privateKey)];
  assert.deepEqual([await codeOf(old), await codeOf(fresh)], ['build', 'token_invalid']);
  await publish(published, next);
  assert.deepEqual([await codeOf(old), await codeOf(fresh)], ['build', 'build']);
  await writeFile(file, '{"keys":[');
  await utimes(file, publishedAt, publishedAt++);
  assert.deepEqual([await codeOf(old), await codeOf(fresh)], ['build', 'build']);
  await publish(next);
  assert.deepEqual([await codeOf(old), await codeOf(fresh)], ['token_invalid', 'build']);
});

test('a shared secret signs nothing, though it is what an issuer gives as its key', async () => {
  const secret = new TextEncoder().encode('a secret that every verifier of the issuer has to know');
  const hmac = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', secret, hmac, false, ['sign', 'verify']);
  const shared: TrustedIssuer = { ...trust, resolve: () => Promise.resolve(key) };
  const token = await new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(key);
  assert.equal(await codeOf(token, [shared]), 'token_invalid');
});

test('keys that cannot be had are no fault of the token, and are told as that', async () => {
  let answer: (response: ServerResponse) => void = (response) => response.end(JSON.stringify({ keys: [published] }));
  const server = createServer((_, response) => answer(response));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address);
  const url = `http://127.0.0.1:${address.port}/jwks`;
  const told: unknown[] = [];
  const asked = async (token: string) => {
    const verified = await verifyToken(
      token,
      [{ ...trust, resolve: keysAtUrl(url, (error) => told.push(error)) }],
      now,
    );
    return verified.ok ? verified.value.id : `${verified.error.text} ${verified.error.next ?? ''}`;
  };
  try {
    assert.equal(await asked(await sign()), 'build');
    assert.match(await asked(await sign({}, { kid: 'k9' })), /signed with a key its issuer does not publish/);
    assert.deepEqual(told, [], 'that is the token’s fault');
    answer = (response) => response.writeHead(503).end();
    assert.match(await asked(await sign()), /keys could not be fetched, .* chartgate check\.$/);
    answer = (response) => response.end('{"no": "keys"}');
    assert.match(await asked(await sign()), /keys could not be fetched/);
  } finally {
    server.close();
  }
  await once(server, 'close');
  assert.match(await asked(await sign()), /keys could not be fetched/);
  assert.equal(told.length, 3);
});

test('a token whose time is over, or not yet come, is refused with the time it is here: a clock may be off', async () => {
  await publish(published);
  for (const given of [{ exp: seconds - 3600 }, { nbf: seconds + 3600 }, { iat: seconds + 3600 }, { iat: 1e300 }]) {
    const verified = await verifyToken(await sign(given), [trust], now);
    assert.ok(!verified.ok);
    assert.match(verified.error.next ?? '', /a clock is off: it is 2026-01-05T13:00:00Z here\.$/);
  }
});
