// How long a verified token is believed without looking at its signature again.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CryptoKey, generateKeyPair, SignJWT } from 'jose';
import { createAuthenticate, endTokensOf } from '../../src/gateway/caller-tokens.ts';
import type { KeptRecords } from '../../src/ports/kept-records.ts';

const start = Date.UTC(2030, 0, 1);

test('a token is verified once in half a minute, and never believed past its end, its sign-out or another letter', async () => {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  let now = start;
  let asked = 0;
  let published: CryptoKey | null = publicKey;
  const kept = new Map<string, unknown>();
  const records = {
    get: (kind: string, id: string) => kept.get(`${kind} ${id}`),
    put: (kind: string, id: string, value: unknown) => void kept.set(`${kind} ${id}`, value),
  } as unknown as KeptRecords;
  const authenticate = createAuthenticate({
    clock: { now: () => now, after: () => () => {} },
    records,
    publicUrl: 'https://gate.example',
    own: null,
    trusted: [
      {
        issuer: 'https://idp.example',
        audience: 'chartgate',
        groupsClaim: 'groups',
        kind: 'person',
        resolve: () => {
          asked += 1;
          return published ? Promise.resolve(published) : Promise.reject(new Error('withdrawn'));
        },
      },
    ],
  });
  const come = async (token: string): Promise<string> => {
    const came = await authenticate(token, { kind: 'api' });
    return came.ok ? came.value.id : came.error.code;
  };
  const token = await new SignJWT({ sub: 'ana', groups: [] })
    .setProtectedHeader({ alg: 'ES256' })
    .setIssuer('https://idp.example')
    .setAudience('chartgate')
    .setIssuedAt(start / 1000)
    .setExpirationTime(start / 1000 + 600)
    .sign(privateKey);

  assert.deepEqual([await come(token), await come(token), asked], ['ana', 'ana', 1]);
  assert.equal(await come(`${token.slice(0, -4)}AAAA`), 'token_invalid');
  assert.equal(asked, 2);

  published = null;
  now = start + 29_999;
  assert.equal(await come(token), 'ana');
  now = start + 30_000;
  assert.equal(await come(token), 'token_invalid');
  published = publicKey;
  assert.equal(await come(token), 'ana');

  now = start + 599_000;
  assert.equal(await come(token), 'ana');
  // Two minutes is more than clocks may differ by.
  now = start + 720_000;
  assert.equal(await come(token), 'token_expired');

  now = start + 31_000;
  assert.equal(await come(token), 'ana');
  endTokensOf(records, { id: 'ana', issuer: 'https://idp.example' }, now);
  assert.equal(await come(token), 'signed_out');
});
