// What is asked of a token besides its signature, issuer, audience and time: how it is signed, what it is for, what its operator
// wants it to say, and who acts by it.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { type CryptoKey, exportJWK, generateKeyPair, importJWK, SignJWT } from 'jose';
import type { Subject } from '../../src/core/facts.ts';
import { algorithms, type TrustedIssuer, verifyToken } from '../../src/identity/token.ts';

const now = Date.UTC(2026, 0, 5, 13);
const seconds = now / 1000;
const claims = { iss: 'https://ci.example', aud: 'chartgate', sub: 'build', iat: seconds, exp: seconds + 300 };

let privateKey: CryptoKey;
let trust: TrustedIssuer;

before(async () => {
  const made = await generateKeyPair('ES256');
  privateKey = made.privateKey;
  trust = {
    issuer: claims.iss,
    audience: claims.aud,
    groupsClaim: 'groups',
    kind: 'workload',
    resolve: () => Promise.resolve(made.publicKey),
  };
});

function sign(given: object = {}, header: object = {}): Promise<string> {
  return new SignJWT({ ...claims, ...given }).setProtectedHeader({ alg: 'ES256', ...header }).sign(privateKey);
}

async function outcomeOf(token: string, of: TrustedIssuer = trust): Promise<Subject | string> {
  const verified = await verifyToken(token, [of], now);
  return verified.ok ? verified.value : verified.error.text;
}

async function refusalOf(token: string, of: TrustedIssuer = trust): Promise<string> {
  const outcome = await outcomeOf(token, of);
  assert.ok(typeof outcome === 'string');
  return outcome;
}

async function isTaken(token: string, of: TrustedIssuer = trust): Promise<boolean> {
  return typeof (await outcomeOf(token, of)) === 'object';
}

const signedBy: Readonly<Record<string, readonly string[]>> = {
  RS256: ['PS256', 'PS384', 'PS512', 'RS256', 'RS384', 'RS512'],
  ES256: ['ES256'],
  ES384: ['ES384'],
  ES512: ['ES512'],
  EdDSA: ['Ed25519', 'EdDSA'],
};

test('each algorithm of the list is taken', async () => {
  for (const [kind, names] of Object.entries(signedBy)) {
    const pair = await generateKeyPair(kind, { extractable: true });
    const [publicJwk, privateJwk] = await Promise.all([exportJWK(pair.publicKey), exportJWK(pair.privateKey)]);
    for (const alg of names) {
      const [publicKey, secret] = await Promise.all([importJWK(publicJwk, alg), importJWK(privateJwk, alg)]);
      assert.ok(!(publicKey instanceof Uint8Array));
      const token = await new SignJWT(claims).setProtectedHeader({ alg }).sign(secret);
      assert.ok(await isTaken(token, { ...trust, resolve: () => Promise.resolve(publicKey) }), alg);
    }
  }
  assert.deepEqual(new Set(algorithms), new Set(Object.values(signedBy).flat()), 'and there is no other');
});

test('a type that says access, or nothing, is taken, and no other', async () => {
  for (const typ of [undefined, 'JWT', 'jwt', 'at+jwt', 'application/at+jwt'])
    assert.ok(await isTaken(await sign({}, typ === undefined ? {} : { typ })), String(typ));
  for (const typ of ['logout+jwt', 'oauth-id-jag+jwt', 'that+jwt', 'application/dpop+jwt'])
    assert.match(await refusalOf(await sign({}, { typ })), /another purpose than access/, typ);
});

test('every claim the operator asks for has to be there, with one of its values', async () => {
  const asking: TrustedIssuer = { ...trust, claims: { ref: ['main', 'release'], team: ['rounds'] } };
  assert.ok(await isTaken(await sign({ ref: 'release', team: 'rounds' }), asking));
  const others: readonly [object, RegExp][] = [
    [{}, /"ref"/],
    [{ ref: 'main' }, /"team"/],
    [{ ref: 'mainline', team: 'rounds' }, /"ref"/],
    [{ ref: 'main', team: 'ROUNDS' }, /"team"/],
    [{ ref: ['main'], team: 'rounds' }, /"ref"/],
    [{ ref: true, team: 'rounds' }, /"ref"/],
  ];
  for (const [given, text] of others)
    assert.match(await refusalOf(await sign(given), asking), text, JSON.stringify(given));
});

test('whoever acts by it is named, as far as it says so in a way that can be read', async () => {
  const actingBy = async (act?: unknown): Promise<unknown> => {
    const outcome = await outcomeOf(await sign(act === undefined ? {} : { act }));
    return typeof outcome === 'object' ? [outcome.agent, outcome.actors] : 'refused';
  };
  assert.deepEqual(await actingBy(), [undefined, undefined]);
  assert.deepEqual(await actingBy({ sub: 'claude' }), ['claude', undefined]);
  assert.deepEqual(await actingBy({ sub: 'claude', act: { sub: 'desk' } }), ['claude', ['claude', 'desk']]);
  for (const act of [null, 'claude', {}, { sub: '' }, { sub: 'claude', act: 'desk' }])
    assert.equal(await actingBy(act), 'refused', JSON.stringify(act));
});

test('only what is of time says that a clock may be off', async () => {
  const nextOf = async (given: object): Promise<string> => {
    const verified = await verifyToken(await sign(given), [trust], now);
    assert.ok(!verified.ok);
    return verified.error.next ?? '';
  };
  for (const given of [{ exp: seconds - 3600 }, { nbf: seconds + 3600 }]) assert.match(await nextOf(given), /clock/);
  for (const given of [{ aud: 'else' }, { sub: undefined }, { sub: '' }])
    assert.doesNotMatch(await nextOf(given), /clock/);
});
