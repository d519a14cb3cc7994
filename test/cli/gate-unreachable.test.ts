// A gate that is not reached: the address, why, and what to do, by whatever command asked.

import assert from 'node:assert/strict';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { PassThrough, Readable } from 'node:stream';
import { after, test } from 'node:test';
import { freePort } from '../../demo/ports.ts';
import { gateUnreachable } from '../../src/cli/gate-unreachable.ts';
import type { Io } from '../../src/cli/io.ts';
import { runCli } from '../../src/cli/program.ts';
import { refuse } from '../../src/core/result.ts';
import { createAuthority } from '../parts/certificate.ts';

const servers: { close(): unknown }[] = [];
after(() => {
  for (const each of servers) each.close();
});

async function told(argv: readonly string[], url: string, token: string | null): Promise<string> {
  const stderr = new PassThrough();
  const env = { HOME: tmpdir(), CHARTGATE_URL: url, ...(token === null ? {} : { CHARTGATE_TOKEN: token }) };
  const io: Io = { env, cwd: tmpdir(), stdin: Readable.from([]), stdout: new PassThrough().resume(), stderr };
  const none = refuse('unknown_connection', 'There is no such connection.');
  const exit = await runCli(argv, io, {
    serve: async () => 0,
    openHardening: async () => none,
    survey: async () => none,
    version: '0.0.0',
  });
  assert.equal(exit, 69);
  return String(stderr.read() ?? '');
}

test('a certificate of an unknown authority is told as that, with the way to make it known', async () => {
  const server = createServer(createAuthority().issue(['localhost', '127.0.0.1']), (_, response) => response.end());
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  for (const [argv, token] of [
    [['whoami'], 'token'],
    [['login'], null],
  ] as const) {
    const err = await told(argv, url, token);
    assert.ok(err.includes(`The certificate of ${url} is of an authority this machine does not know.`), err);
    assert.match(err, /NODE_EXTRA_CA_CERTS/);
  }
});

test('a port where nothing listens, and a gate that goes by another address', async () => {
  const url = `http://127.0.0.1:${await freePort()}`;
  for (const [argv, token] of [
    [['whoami'], 'token'],
    [['login'], null],
  ] as const)
    assert.match(await told(argv, url, token), /does not answer at http:\/\/127\.0\.0\.1:\d+: .*ECONNREFUSED/);
  const other = createHttpServer((_, response) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"issuer":"https://gate.example"}'),
  );
  servers.push(other);
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const there = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
  assert.match(await told(['login'], there, null), /has another public address\.\nName it as its configuration does/);
});

test('certificates that are over, or for another name', () => {
  const failed = (code: string) =>
    gateUnreachable('https://gate', new TypeError('fetch failed', { cause: Object.assign(new Error('no'), { code }) }));
  assert.match(failed('CERT_HAS_EXPIRED').error.text, /has expired/);
  assert.match(failed('ERR_TLS_CERT_ALTNAME_INVALID').error.text, /for another name/);
});
