// One issuer that is trusted more than once, for other audiences, groups or claims: a token is whom the first trust says that takes
// it, wherever that stands among them, and nobody where none does.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { type CryptoKey, generateKeyPair, SignJWT } from 'jose';
import { type TrustedIssuer, verifyToken } from '../../src/identity/token.ts';

const now = Date.UTC(2026, 0, 5, 13);
const issuer = 'https://ci.example';

let privateKey: CryptoKey;
/** By the word each is told by here. */
let trusts: Readonly<Record<'people' | 'builds' | 'release', TrustedIssuer>>;

before(async () => {
  const pair = await generateKeyPair('ES256');
  const stranger = await generateKeyPair('ES256');
  privateKey = pair.privateKey;
  const resolve = () => Promise.resolve(pair.publicKey);
  trusts = {
    people: { issuer, audience: 'chartgate', groupsClaim: 'groups', kind: 'person', resolve },
    builds: { issuer, audience: 'chartgate-ci', groupsClaim: 'teams', kind: 'workload', resolve },
    release: {
      issuer,
      audience: 'chartgate',
      groupsClaim: 'groups',
      kind: 'workload',
      claims: { ref: ['refs/heads/main'] },
      resolve: () => Promise.resolve(stranger.publicKey),
    },
  };
});

async function whoIs(claims: object, given: readonly TrustedIssuer[]): Promise<string> {
  const token = await new SignJWT({ groups: ['staff'], teams: ['builders'], ...claims })
    .setProtectedHeader({ alg: 'ES256' })
    .setIssuer(issuer)
    .setSubject('ana')
    .setExpirationTime(now / 1000 + 60)
    .sign(privateKey);
  const verified = await verifyToken(token, given, now);
  return verified.ok ? `${verified.value.kind} ${verified.value.groups.join()}` : verified.error.code;
}

function orders<T>(all: readonly T[]): T[][] {
  if (all.length === 0) return [[]];
  return all.flatMap((each) => orders(all.filter((other) => other !== each)).map((rest) => [each, ...rest]));
}

test('the trust that takes it is found in every order', async () => {
  for (const order of orders(Object.values(trusts))) {
    assert.equal(await whoIs({ aud: 'chartgate' }, order), 'person staff');
    assert.equal(await whoIs({ aud: 'chartgate-ci' }, order), 'workload builders');
  }
});

test('where several take it, the first counts', async () => {
  const both = { aud: ['chartgate', 'chartgate-ci'] };
  assert.equal(await whoIs(both, [trusts.people, trusts.builds]), 'person staff');
  assert.equal(await whoIs(both, [trusts.builds, trusts.people]), 'workload builders');
});

test('where none takes it, it is nobody, and why the last did not is told', async () => {
  assert.equal(await whoIs({ aud: 'else' }, [trusts.people, trusts.builds]), 'token_audience');
  assert.equal(await whoIs({ aud: 'chartgate' }, [trusts.builds, trusts.release]), 'token_invalid');
  assert.equal(await whoIs({ aud: 'chartgate' }, [trusts.release, trusts.builds]), 'token_audience');
  const elsewhere = { ...trusts.people, issuer: 'https://other.example' };
  assert.equal(await whoIs({ aud: 'chartgate' }, [elsewhere, trusts.builds]), 'token_audience');
  assert.equal(await whoIs({ aud: 'chartgate' }, [elsewhere]), 'token_issuer');
});
