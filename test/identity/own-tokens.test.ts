// Tokens of the gate's own authorization server, and sign-outs: which door each opens, for whom, with what scopes, and until
// when.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { generateKeyPair, SignJWT } from 'jose';
import type { Subject } from '../../src/core/facts.ts';
import {
  type CallerTokenDeps,
  createAuthenticate,
  createIsSignedOut,
  endTokensOf,
  isEnded,
  type OwnToken,
} from '../../src/gateway/caller-tokens.ts';
import type { StepUps } from '../../src/identity/step-up.ts';
import type { KeptRecords } from '../../src/ports/kept-records.ts';
import type { SignIn } from '../../src/ports/sign-in.ts';

const start = Date.UTC(2030, 0, 1);
const publicUrl = 'https://gate.example';
const ehr = { kind: 'postgres', connection: 'ehr' } as const;

const ana: Subject = {
  id: 'ana',
  issuer: 'https://idp.example',
  kind: 'person',
  groups: ['analysts'],
  aliases: [],
  acr: 'mfa',
  authenticatedMs: start,
};

const stepUps: StepUps = new Map([
  ['strong', { acr: ['mfa'], withinMs: 60_000 }],
  ['stronger', { acr: ['hardware'], withinMs: 60_000 }],
]);

function signInOf(more: Partial<SignIn> = {}): SignIn {
  return { id: 'i_1', subject: ana, provider: 'okta', startedMs: start, endsMs: start + 1, ...more };
}

function tokenOf(more: Partial<OwnToken> = {}): OwnToken {
  const resource = `${publicUrl}/postgres/ehr`;
  return { signIn: 'i_1', agent: null, resource, scopes: [], expiresMs: start + 600_000, ...more };
}

function keptRecords(): KeptRecords {
  const kept = new Map<string, { readonly value: unknown; readonly expiresMs: number }>();
  return {
    get: (kind: string, id: string, now: number) => {
      const found = kept.get(`${kind} ${id}`);
      return found && now < found.expiresMs ? found.value : undefined;
    },
    put: (kind: string, id: string, value: unknown, expiresMs: number) =>
      void kept.set(`${kind} ${id}`, { value, expiresMs }),
  } as unknown as KeptRecords;
}

function deps(token: OwnToken, signIn: SignIn | undefined, steps: StepUps = stepUps): CallerTokenDeps {
  return {
    clock: { now: () => start, after: () => () => {} },
    records: keptRecords(),
    publicUrl,
    trusted: [],
    stepUps: steps,
    own: {
      desk: { live: (id) => (id === signIn?.id ? signIn : undefined) },
      find: (text) => Promise.resolve(text === 'ours' ? token : undefined),
    },
  };
}

async function come(token: OwnToken, signIn: SignIn | undefined, text = 'ours'): Promise<Subject | string> {
  const came = await createAuthenticate(deps(token, signIn))(text, ehr);
  return came.ok ? came.value : came.error.code;
}

describe('a token of the gate itself', () => {
  test('opens the door it was made for, while its sign-in lives', async () => {
    const plain = { ...ana, expiresMs: start + 600_000, signIn: 'i_1', scopes: { strong: start + 60_000 } };
    assert.deepEqual(await come(tokenOf(), signInOf()), plain);
    for (const resource of [`${publicUrl}/postgres/other`, `${publicUrl}/mcp/ehr`, `${publicUrl}/api/v1`, ''])
      assert.equal(await come(tokenOf({ resource }), signInOf()), 'token_audience');
    assert.equal(await come(tokenOf(), undefined), 'signed_out');
    assert.equal(await come(tokenOf({ signIn: 'i_2' }), signInOf()), 'signed_out');
    assert.equal(await come(tokenOf(), signInOf(), 'not ours'), 'token_invalid');
  });

  test('names the client that acts, before those who act already', async () => {
    const one = await come(tokenOf({ agent: 'claude' }), signInOf());
    assert.ok(typeof one === 'object');
    assert.deepEqual([one.agent, one.actors], ['claude', undefined]);
    const chain = await come(tokenOf({ agent: 'claude' }), signInOf({ actors: ['desk'] }));
    assert.ok(typeof chain === 'object');
    assert.deepEqual([chain.agent, chain.actors], ['claude', ['claude', 'desk']]);
  });

  test('has the scopes that were asked for and are met; of a person by themselves, all that are met', async () => {
    const scopesOf = async (token: OwnToken, signIn = signInOf()): Promise<Subject['scopes']> => {
      const came = await come(token, signIn);
      assert.ok(typeof came === 'object');
      return came.scopes;
    };
    const met = { strong: start + 60_000 };
    assert.deepEqual(await scopesOf(tokenOf()), met);
    assert.deepEqual(await scopesOf(tokenOf({ agent: 'claude', scopes: ['strong', 'stronger'] })), met);
    assert.equal(await scopesOf(tokenOf({ agent: 'claude' })), undefined);
    assert.equal(await scopesOf(tokenOf({ agent: 'claude', scopes: ['stronger'] })), undefined);
    const byAgent = signInOf({ subject: { ...ana, agent: 'desk' } });
    assert.equal(await scopesOf(tokenOf(), byAgent), undefined, 'the sign-in is that of an agent');
    assert.deepEqual(await scopesOf(tokenOf({ scopes: ['strong'] }), byAgent), met);
  });
});

test('a token of a trusted issuer has the scopes that how its person proved themselves is enough for', async () => {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const trust = { issuer: 'https://ci.example', audience: 'chartgate', groupsClaim: 'groups', kind: 'person' } as const;
  const scopesOf = async (claims: object, steps: StepUps): Promise<Subject['scopes']> => {
    const trusted = [{ ...trust, resolve: () => Promise.resolve(publicKey) }];
    const token = await new SignJWT({ iss: trust.issuer, aud: trust.audience, sub: 'ana', ...claims })
      .setProtectedHeader({ alg: 'ES256' })
      .setExpirationTime(start / 1000 + 60)
      .sign(privateKey);
    const came = await createAuthenticate({ ...deps(tokenOf(), undefined, steps), trusted })(token, ehr);
    assert.ok(came.ok);
    return came.value.scopes;
  };
  assert.deepEqual(await scopesOf({ acr: 'mfa', auth_time: start / 1000 }, stepUps), { strong: start + 60_000 });
  assert.equal(await scopesOf({ acr: 'mfa' }, stepUps), undefined);
  assert.equal(await scopesOf({ acr: 'mfa', auth_time: start / 1000 }, new Map()), undefined);
});

describe('who is signed out', () => {
  test('is whose sign-in is over, or whose token was made until their tokens were ended', () => {
    const { own, ...others } = deps(tokenOf(), signInOf());
    const isSignedOut = createIsSignedOut({ ...others, own });
    assert.equal(isSignedOut({ ...ana, signIn: 'i_1' }), false);
    assert.equal(isSignedOut({ ...ana, signIn: 'i_2' }), true);
    assert.equal(createIsSignedOut({ ...others, own: null })({ ...ana, signIn: 'i_1' }), true);
    assert.equal(isSignedOut(ana), false);
    endTokensOf(others.records, ana, start);
    assert.equal(isSignedOut({ ...ana, issuedMs: start }), true);
    assert.equal(isSignedOut({ ...ana, issuedMs: start + 1 }), false);
    assert.equal(isSignedOut({ ...ana, signIn: 'i_1' }), false, 'which is ended by itself');
  });

  test('is so by issuer and subject; a token that does not say when it was made is older', () => {
    const records = keptRecords();
    endTokensOf(records, ana, start);
    assert.equal(isEnded(records, ana, start), true);
    assert.equal(isEnded(records, { ...ana, issuer: 'https://other' }, start), false);
    assert.equal(isEnded(records, { ...ana, id: 'bob' }, start), false);
    const day = 86_400_000;
    assert.equal(isEnded(records, ana, start + 366 * day - 1), true, 'longer than any token lives');
    assert.equal(isEnded(records, ana, start + 366 * day), false);
  });
});
