// Who a provider's claims make of somebody, which addresses are for strangers, and records that end.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { isPublicAddress, publicFetch } from '../../src/adapters/oauth-provider/public-fetch.ts';
import { openStore } from '../../src/adapters/sqlite-store/store.ts';
import { doorOf, resourceOf } from '../../src/identity/audience.ts';
import { personOf } from '../../src/identity/person.ts';
import { cookieOf } from '../../src/wire/http/cookies.ts';
import { escapeHtml } from '../../src/wire/http/page.ts';

const rules = { issuer: 'https://idp.example', groupsClaim: 'groups', requireAcr: [], requireAmr: [], domains: [] };

test('claims become a person: groups by claim, no unverified address, nobody else acting', () => {
  const claims = {
    sub: 'ana',
    groups: ['a', 1],
    email: 'ana@x.example',
    email_verified: false,
    act: { sub: 'agent' },
    exp: 1,
  };
  const person = personOf(claims, rules);
  assert.ok(person.ok);
  assert.deepEqual(person.value, { id: 'ana', issuer: rules.issuer, kind: 'person', groups: ['a'], aliases: [] });
});

test('a strong enough sign-in is required where it is: acr, amr, and neither is guessed', () => {
  const acr = { ...rules, requireAcr: ['phr', 'mfa'] };
  assert.ok(personOf({ sub: 'a', acr: 'mfa' }, acr).ok);
  for (const claims of [{ sub: 'a' }, { sub: 'a', acr: 'pwd' }, { sub: 'a', acr: ['mfa'] }]) {
    assert.ok(!personOf(claims, acr).ok, JSON.stringify(claims));
  }
  const amr = { ...rules, requireAmr: ['pwd', 'otp'] };
  assert.ok(personOf({ sub: 'a', amr: ['otp', 'pwd'] }, amr).ok);
  for (const claims of [{ sub: 'a' }, { sub: 'a', amr: ['pwd'] }, { sub: 'a', amr: 'pwd otp' }]) {
    assert.ok(!personOf(claims, amr).ok, JSON.stringify(claims));
  }
});

test('groups that are elsewhere, and nobody at all, are refused', () => {
  for (const claims of [
    { sub: 'a', _claim_names: { groups: 's' } },
    { sub: 'a', hasgroups: true },
    {},
    { sub: '' },
    { sub: 1 },
  ]) {
    const person = personOf(claims, rules);
    assert.ok(!person.ok && person.error.code === 'sign_in_refused', JSON.stringify(claims));
  }
});

test('a provider vouches for addresses of its own domains only', () => {
  const person = personOf(
    { sub: 'a', email: 'a@Hospital.example', preferred_username: 'b@else.example' },
    { ...rules, domains: ['hospital.example'] },
  );
  assert.ok(person.ok);
  assert.deepEqual(person.value.aliases, ['a@Hospital.example']);
});

test('a resource names a door of this gate, or none', () => {
  const gate = 'https://gate.example';
  for (const door of [
    { kind: 'api' },
    { kind: 'mcp', connection: 'ehr-tools' },
    { kind: 'postgres', connection: 'ehr' },
  ] as const) {
    assert.deepEqual(doorOf(gate, resourceOf(gate, door)), door);
  }
  for (const wrong of [
    `${gate}.evil/mcp/a`,
    `${gate}/mcp/`,
    `${gate}/mcp/a/b`,
    `${gate}/mcp/a?b`,
    `${gate}/http/a`,
    'https://else.example/mcp/a',
    gate,
  ]) {
    assert.equal(doorOf(gate, wrong), undefined, wrong);
  }
});

test('addresses inside a network are not public', async () => {
  for (const each of ['8.8.8.8', '172.32.0.1', '2606:4700::1']) assert.ok(isPublicAddress(each), each);
  for (const each of [
    '127.0.0.1',
    '10.1.2.3',
    '172.16.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    'fe80::1',
    'fc00::1',
    '::ffff:127.0.0.1',
    '::ffff:8.8.8.8',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    '2001:db8::1',
    'ff02::1',
    'a',
  ]) {
    assert.ok(!isPublicAddress(each), each);
  }
  const fetch = publicFetch([]);
  await assert.rejects(fetch('https://127.0.0.1/'), /not public/);
  await assert.rejects(fetch('https://localhost/'), /not public/);
  await assert.rejects(fetch('http://example.com/'), /https/);
});

test('a cookie is read as sent, or not at all; text in a page is text', () => {
  assert.equal(cookieOf('a=1; chartgate=x; b=2', 'chartgate'), 'x');
  assert.equal(cookieOf('chartgate=x; chartgate=y', 'chartgate'), undefined);
  assert.equal(cookieOf('xchartgate=y', 'chartgate'), undefined);
  assert.equal(cookieOf(undefined, 'chartgate'), undefined);
  assert.equal(escapeHtml(`<a href="x">'&`), '&#60;a href=&#34;x&#34;&#62;&#39;&#38;');
});

test('a kept record ends, is taken once, goes with its grant, and is not readable in the file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'chartgate-kept-'));
  try {
    const store = openStore(join(folder, 'store.db'), new Uint8Array(32));
    assert.ok(store.ok);
    const { records } = store.value;
    records.put('oauth AccessToken', 'secret-token', { scope: 'secret-scope' }, 1000, { grant: 'g', subject: 'ana' });
    assert.deepEqual(records.get('oauth AccessToken', 'secret-token', 999), { scope: 'secret-scope' });
    assert.equal(records.get('oauth AccessToken', 'secret-token', 1000), undefined);
    assert.equal(records.get('oauth RefreshToken', 'secret-token', 999), undefined);
    assert.equal(records.find('oauth AccessToken', 'subject', 'ana', 999).length, 1);
    assert.equal(records.find('oauth AccessToken', 'grant', 'ana', 999).length, 0);
    assert.ok(records.take('oauth AccessToken', 'secret-token', 0));
    assert.equal(records.take('oauth AccessToken', 'secret-token', 0), undefined);
    for (const id of ['a', 'b']) records.put('oauth AccessToken', id, {}, 1000, { grant: id });
    records.removeBy('grant', 'a');
    assert.equal(records.get('oauth AccessToken', 'a', 0), undefined);
    assert.ok(records.get('oauth AccessToken', 'b', 0));
    records.removeExpired(1000);
    assert.equal(records.get('oauth AccessToken', 'b', 0), undefined);
    records.put('oauth AccessToken', 'secret-token', { scope: 'secret-scope' }, 1000, { grant: 'secret-grant' });
    store.value.close();
    const bytes = readFileSync(join(folder, 'store.db'), 'latin1');
    assert.doesNotMatch(bytes, /secret-/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
