// A start that cannot be: an exit code of the table, and what is wrong and what to do, never a stack trace.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { lockState } from '../../src/adapters/state-lock/lock.ts';
import { eventually } from '../parts/eventually.ts';

const directory = mkdtempSync(join(tmpdir(), 'chartgate-start-'));
after(() => rmSync(directory, { recursive: true }));
const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const config = join(directory, 'gate.yaml');

/** @param before what the shell does before it becomes the gate */
function start(yaml: string, before = ':'): { readonly exit: number | null; readonly err: string } {
  writeFileSync(config, `listen: { http: 127.0.0.1:0 }\nconnections: {}\n${yaml}`);
  const { status, stderr } = spawnSync(
    'sh',
    ['-c', `${before}; exec "$0" "$@"`, process.execPath, main, 'serve', '-c', config],
    { cwd: directory, encoding: 'utf8', timeout: 60_000, env: { PATH: process.env['PATH'] ?? '' } },
  );
  return { exit: status, err: stderr };
}

test('a disk that is full at the start', { skip: process.platform === 'win32' }, () => {
  const { exit, err } = start('state: ./full\n', 'ulimit -f 64');
  assert.equal(exit, 74, err);
  assert.match(err, /chartgate: The gate cannot start: the audit log could not be written .*\((?:EFBIG|ENOSPC)\)\.\n/);
  assert.doesNotMatch(err, /\n {4}at /);
});

test('a key that is none of a witness, before anything is open', () => {
  const { exit, err } = start(
    'state: ./cosigned\naudit: { witnesses: [{ url: "http://127.0.0.1:9", key: nobody+00000001+AAAA }] }\n',
  );
  assert.equal(exit, 78, err);
  assert.match(err, /audit\.witnesses: the key of http:\/\/127\.0\.0\.1:9 is none of a witness\./);
  assert.equal(existsSync(join(directory, 'cosigned')), false);
});

test('a gate that is told to stop while it still opens closes what it has opened in order', {
  skip: process.platform === 'win32',
}, async (t) => {
  writeFileSync(config, 'listen: { http: 127.0.0.1:0 }\nconnections: {}\nstate: ./stopped\n');
  const gate = spawn(process.execPath, [main, 'serve', '-c', config], { stdio: 'ignore' });
  t.after(() => gate.kill('SIGKILL'));
  const ended = once(gate, 'exit');
  await eventually(() => existsSync(join(directory, 'stopped', 'lock.pid')), 'the state directory is locked');
  gate.kill('SIGHUP');
  gate.kill('SIGTERM');
  assert.deepEqual(await ended, [0, null]);
  const verified = spawnSync(process.execPath, [main, 'audit', 'verify', join(directory, 'stopped')], {
    encoding: 'utf8',
    env: { CHARTGATE_HOME: directory },
  });
  assert.match(verified.stdout, /records .*1 node\.start, 1 node\.stop/, verified.stderr);
});

test('a policy that does not do what its tests say is in force, and the log of the gate says so', async (t) => {
  const policy =
    'policy: { tests: [{ name: kept, facts: {}, expect: deny }, { name: broken, facts: {}, expect: allow }] }';
  writeFileSync(config, `listen: { http: 127.0.0.1:0 }\nconnections: {}\nstate: ./tested\n${policy}\n`);
  const gate = spawn(process.execPath, [main, 'serve', '-c', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(gate, 'exit');
  t.after(() => gate.kill('SIGKILL'));
  let said = '';
  gate.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  await eventually(() => said.includes('"failed":["broken"],"msg":"the policy in force does not do'), 'it is said');
  gate.kill();
  await ended;
});

test('a certificate that is none: before anything of the state is touched', () => {
  writeFileSync(join(directory, 'none.pem'), 'none', { mode: 0o600 });
  const { exit, err } = start('state: ./untouched\ntls: { cert: none.pem, key: none.pem }\n');
  assert.equal(exit, 78, err);
  assert.match(err, /^chartgate: tls\.cert: \S+none\.pem holds no X\.509 certificate in PEM\.\n/);
  assert.equal(existsSync(join(directory, 'untouched')), false);
});

test('a receiver whose authority is in no file is told by its line', () => {
  const { exit, err } = start('audit: { export: [{ type: syslog, address: "siem:6514", ca: ./none.crt }] }\n');
  assert.equal(exit, 78, err);
  assert.match(err, /gate\.yaml:3:\d+: audit\.export\[0\]\.ca: found no file \S+none\.crt/);
});

test('a state directory on a file system that is read-only is told as that', (t) => {
  const place = join(directory, 'read-only');
  mkdirSync(place);
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'ro,size=64k', 'none', place]).status !== 0)
    return t.skip('may not mount a tmpfs here: run it as root');
  const lock = lockState(place);
  spawnSync('umount', [place]);
  assert.ok(!lock.ok);
  assert.equal(lock.error.code, 'state_unwritable');
  assert.match(lock.error.text, /EROFS: read-only file system/);
});
