// What clients say of themselves, and how often strangers may ask.

import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import type { ClientMetadata } from 'oidc-provider';
import { checkClient } from '../../src/adapters/oauth-provider/client-metadata.ts';
import { createRates } from '../../src/adapters/oauth-provider/rates.ts';

function checked(given: Partial<ClientMetadata>): string {
  const metadata: ClientMetadata = { client_id: 'c', application_type: 'web', ...given };
  try {
    checkClient(metadata);
  } catch (error) {
    return error instanceof Error ? String(Reflect.get(error, 'error')) : 'unknown';
  }
  return String(metadata.application_type);
}

test('whoever is sent back to a device is native, whatever it says: it is asked about each time', () => {
  for (const [uris, kind] of [
    [['http://127.0.0.1:33418/'], 'native'],
    [['http://localhost/callback', 'http://[::1]:1/callback'], 'native'],
    [['cursor://anysphere.cursor-mcp/oauth/callback'], 'native'],
    [['https://claude.ai/api/mcp/auth_callback'], 'web'],
    [['https://vscode.dev/redirect', 'http://127.0.0.1:33418/'], 'web'],
    [[], 'web'],
    [['http://0.0.0.0:1/cb'], 'invalid_redirect_uri'],
    [['http://127.0.0.1.nip.io/'], 'invalid_redirect_uri'],
    [['http://localhost.evil.example/'], 'invalid_redirect_uri'],
    [['http://127.0.0.1@evil.example/'], 'invalid_redirect_uri'],
    [['https://a:b@c.example/'], 'invalid_redirect_uri'],
    [Array.from({ length: 21 }, (_, index) => `https://a${index}.example/`), 'invalid_redirect_uri'],
  ] as const)
    assert.equal(checked({ redirect_uris: [...uris] }), kind, uris.join(' '));
});

test('a name is plain, and short enough to leave room for what is known', () => {
  assert.equal(checked({ client_name: 'Ärztin & Söhne 日本' }), 'web');
  for (const name of ['x'.repeat(101), 'a\nb', 'safe\u202Egro.live', 'a\u2028b', '\u200Ba'])
    assert.equal(checked({ client_name: name }), 'invalid_client_metadata', JSON.stringify(name));
});

test('codes are tried, and clients registered, so often a minute from one address; however the path is written', () => {
  let now = 60_000;
  const isTooMany = createRates({ now: () => now, after: () => () => {} });
  const post = (url: string, remoteAddress = '192.0.2.1', method = 'POST'): boolean =>
    isTooMany({ method, url, socket: { remoteAddress } } as IncomingMessage);
  const paths = ['/device', '/device/', '/DEVICE?a', '/Device//?user_code=x'];
  for (let i = 0; i < 60; i++) assert.ok(!post(paths[i % paths.length] ?? ''), String(i));
  for (const path of paths) assert.ok(post(path), path);
  assert.ok(!post('/device', '192.0.2.2') && !post('/oauth/register') && !post('/device', '192.0.2.1', 'GET'));
  for (let i = 0; i < 600; i++) assert.ok(!post('/oauth/authorize?client_id=x', '192.0.2.1', 'GET'));
  assert.ok(post('/oauth/authorize', '192.0.2.1', 'GET'), 'a sign-in that is begun is kept');
  now += 60_000;
  assert.ok(!post('/device'));
  for (let i = 0; i < 11_000; i++) post('/device', `2001:db8::${i.toString(16)}`);
  assert.ok(post('/device', '2001:db8::ffff'), 'those who come with an address for each request');
});
