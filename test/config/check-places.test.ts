// What check finds out before a start, of the doors' certificate, the files secrets are in, and the places the gate talks to
// besides databases: named, with what is wrong and what to do, and what was not looked at is not called ok.

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { lookAtCertificate } from '../../src/adapters/config-file/certificate.ts';
import { keepKekId } from '../../src/adapters/key-file/node-keys.ts';
import { formatVkey, noteKey } from '../../src/audit/note.ts';
import { check, type LiveFinding } from '../../src/cli/check.ts';
import { checkConnections } from '../../src/live-check.ts';
import { createAuthority } from '../parts/certificate.ts';
import { filesIn } from './files-in.ts';

const { directory, file } = filesIn('chartgate-places-');
chmodSync(directory, 0o755);

const { cert, key } = createAuthority().issue(['gate.example', '127.0.0.1']);
const certFile = file('gate.crt', cert);
const keyFile = file('gate.key', key);

test('a certificate that can be listened with is told of by when it ends and whom it is for', () => {
  const at = (host: string, days: number) => {
    const looked = lookAtCertificate({ certFile, keyFile }, host, Date.now() + days * 86_400_000);
    assert.ok(looked.ok, JSON.stringify(looked));
    return looked.value.remarks.join('\n');
  };
  assert.match(at('gate.example', 2), /^tls\.cert: \S+gate\.crt is over since \d{4}-\S+Z: clients refuse it\.$/);
  assert.match(at('gate.example', -2), /begins at .* or this machine's clock is behind\.$/);
  assert.match(at('gate.example', 0), /is over at \S+Z: have the next one made\.$/);
  assert.match(at('other.example', 2), /is not for other\.example, the host of public_url/);
  assert.doesNotMatch(at('127.0.0.1', 0), /is not for/);
  assert.match(at('[::1]', 0), /is not for ::1/);
});

const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const locked = { format: 'pem', cipher: 'aes-128-cbc', passphrase: 'x' } as const;

for (const [what, files, text, next] of [
  [
    'another key',
    { keyFile: file('other.key', stranger.export({ type: 'pkcs8', format: 'pem' }) as string) },
    /the key in \S+other\.key is not that of the first certificate in \S+gate\.crt/,
    /openssl x509/,
  ],
  [
    'a passphrase',
    { keyFile: file('locked.key', stranger.export({ type: 'pkcs8', ...locked }) as string) },
    /tls\.key: the key in \S+locked\.key has a passphrase/,
    /openssl pkey/,
  ],
  [
    'a passphrase, in the older form',
    { keyFile: file('older.key', stranger.export({ type: 'sec1', ...locked }) as string) },
    /older\.key has a passphrase/,
    /openssl pkey/,
  ],
  ['no key', { keyFile: certFile }, /tls\.key: \S+gate\.crt holds no private key/, /BEGIN PRIVATE KEY/],
  ['no certificate', { certFile: keyFile }, /tls\.cert: \S+gate\.key holds no X\.509 certificate/, /BEGIN CERTIFICATE/],
] as const) {
  test(`a certificate that cannot be listened with: ${what}`, () => {
    const looked = lookAtCertificate({ certFile, keyFile, ...files }, 'gate.example', Date.now());
    assert.ok(!looked.ok);
    assert.match(looked.error.text, text);
    assert.match(looked.error.next ?? '', next);
  });
}

async function found(yaml: string, env: Readonly<Record<string, string>> = {}): Promise<readonly LiveFinding[]> {
  const config = file('gate.yaml', `listen: { http: 127.0.0.1:0 }\n${yaml}`);
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  await check({ env, cwd: directory, stdin, stdout, stderr }, { config, json: true }, checkConnections);
  const findings: { readonly connections: readonly LiveFinding[] } = JSON.parse(String(stdout.read()));
  return findings.connections;
}

const wordOf = ({ ok, checked, warning }: LiveFinding): string =>
  !ok ? 'failed' : warning ? 'warning' : checked === false ? 'not checked' : 'ok';

test('a secret everybody on the machine can read is warned of, wherever the file names it', {
  skip: process.platform === 'win32',
}, async () => {
  const open = file('open', '00'.repeat(32), 0o644);
  file('shut', '00'.repeat(32), 0o640);
  const yaml = (name: string) => `connections: {}\nkeys: { kek: "\${file:${name}}" }\n`;
  const [warning] = await found(yaml('open'));
  assert.ok(warning?.text.startsWith(`${open} holds a secret, and everybody on this machine can read it`));
  assert.equal(warning && wordOf(warning), 'warning');
  assert.deepEqual(await found(yaml('shut')), []);
  chmodSync(directory, 0o700);
  assert.deepEqual(await found(yaml('open')), [], 'nobody else comes as far as the file');
  chmodSync(directory, 0o755);
});

test('a key that is not the one the state was written with is told before a start', async () => {
  const state = join(directory, 'state');
  mkdirSync(state);
  assert.ok(keepKekId(state, Buffer.alloc(32, 1)).ok);
  const yaml = 'connections: {}\nstate: ./state\nkeys: { kek: "${env:KEK}" }\n';
  const [wrong] = await found(yaml, { KEK: '02'.repeat(32) });
  assert.match(wrong?.text ?? '', /keys\.kek is not the key that this state directory was written with/);
  assert.equal(wrong?.ok, false);
  assert.deepEqual(await found(yaml, { KEK: '01'.repeat(32) }), []);
});

test('places are knocked at, and what that does not tell is said', async () => {
  const { publicKey } = generateKeyPairSync('ed25519');
  const witnessKey = formatVkey(noteKey('witness.example', publicKey, 'cosignature/v1'));
  const strange = createTlsServer({ cert, key }, (_, response) => response.end());
  const plain = createServer((request, response) => {
    const issuer = request.url?.startsWith('/right') ? `http://127.0.0.1:${at(plain)}/right` : 'https://else.example';
    response.end(JSON.stringify(request.url === '/jwks' ? { keys: [{}, {}] } : { issuer }));
  });
  const at = (server: Server): number => (server.address() as AddressInfo).port;
  await Promise.all([strange, plain].map((server) => once(server.listen(0, '127.0.0.1'), 'listening')));
  try {
    const http = `http://127.0.0.1:${at(plain)}`;
    file('private.json', JSON.stringify({ keys: [stranger.export({ format: 'jwk' })] }));
    const findings = await found(
      `identity:
  providers:
    right: { type: oidc, issuer: ${http}/right, client_id: x, client_secret: "\${env:S}" }
    wrong: { type: oidc, issuer: ${http}/wrong, client_id: x, client_secret: "\${env:S}" }
    adfs: { type: saml, metadata: gate.crt }
  trust:
    - { issuer: keys, audience: a, jwks: ${http}/jwks }
    - { issuer: nokeys, audience: a, jwks: ${http}/right }
    - { issuer: nofile, audience: a, jwks: gate.crt }
  clients: { known: { job: { jwks: private.json, workload: {} } } }
connections:
  there: { type: mcp, command: [node] }
  gone: { type: mcp, command: [./no-such-program] }
  far: { type: mcp, url: ${http}/mcp }
audit:
  witnesses: [{ url: "${http}/witness", key: "${witnessKey}" }]
  archive: file://${join(directory, 'not-mounted')}
  export:
    - { type: otlp, url: "https://127.0.0.1:${at(strange)}/v1/logs" }
    - { type: syslog, address: "127.0.0.1:1" }
    - { type: ndjson, path: ./none/out.ndjson }
`,
      { S: 's' },
    );
    const told = findings.map((each) => `${wordOf(each)}  ${each.text}`);
    const expected = [
      /^warning {2}audit\.archive: \S+not-mounted is not there; the gate will make it\.$/,
      /^failed {2}audit\.export otlp: the certificate of 127\.0\.0\.1:\d+ is not accepted \(UNABLE_TO_VERIFY_LEAF_SIGNATURE\)/,
      /^not checked {2}audit\.export syslog: 127\.0\.0\.1:1 cannot be reached \(ECONNREFUSED\)/,
      /^failed {2}audit\.export ndjson: \S+none cannot be written to by this user \(ENOENT\)/,
      /^ok {2}audit\.witnesses: 127\.0\.0\.1:\d+ takes connections; no checkpoint was sent/,
      /^ok {2}identity\.providers\.right: .* answers\. Whether it knows the client, and http:\S+\/signin\/callback\/right as its redirect URI, is seen/,
      /^failed {2}identity\.providers\.wrong: the provider at .* calls itself by another name/,
      /^failed {2}identity\.providers\.adfs: \S+gate\.crt: The SAML metadata /,
      /^ok {2}identity\.trust keys: 2 keys at /,
      /^failed {2}identity\.trust nokeys: what is at .* is no key set/,
      /^failed {2}identity\.trust nofile: \S+gate\.crt is no key set/,
      /^failed {2}identity\.clients\.known\.job: \S+private\.json holds a private or shared key/,
      /^not checked {2}node is there; it is started when somebody calls/,
      /^warning {2}\.\/no-such-program is no program that can be run from here/,
      /^ok {2}the server: 127\.0\.0\.1:\d+ takes connections; nobody has signed in to it/,
    ];
    assert.equal(told.length, expected.length, told.join('\n'));
    for (const [index, pattern] of expected.entries()) assert.match(told[index] ?? '', pattern);
    for (const each of findings) assert.ok(each.ok || (each.next ?? '') !== '', `${each.text}: and what next?`);
  } finally {
    strange.close();
    plain.close();
  }
});

test('a webhook is told of by its host alone: the rest of its address is a secret', async () => {
  const findings = await found('connections: {}\napprovals: { notify: [{ type: teams, webhook: "${env:HOOK}" }] }\n', {
    HOOK: 'http://127.0.0.1:1/s3cret',
  });
  assert.equal(findings.length, 1);
  assert.match(findings[0]?.text ?? '', /127\.0\.0\.1:1 cannot be reached/);
  assert.doesNotMatch(JSON.stringify(findings), /s3cret/);
});
