// bin/preflight.mjs and bin/chartgate: arguments, exit codes and signals go through, and a failed download is explained.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const preflight = join(root, 'bin', 'preflight.mjs');

test('arguments and the exit code go through, and node on the PATH is the one that fits', () => {
  const script = 'console.log(JSON.stringify([process.argv.slice(1), process.execPath])); process.exitCode = 7';
  const { status, stdout } = spawnSync(process.execPath, [preflight, '-e', script, '--', 'a b', '--tour'], {
    encoding: 'utf8',
  });
  const [args, node]: [string[], string] = JSON.parse(stdout);
  assert.equal(status, 7);
  assert.deepEqual(args, ['a b', '--tour']);
  const which = spawnSync(process.execPath, [preflight, '-e', 'console.log(process.env.PATH)'], { encoding: 'utf8' });
  assert.ok(which.stdout.startsWith(join(node, '..')));
});

test('bin/chartgate runs the command from anywhere', () => {
  const { status, stdout } = spawnSync(join(root, 'bin', 'chartgate'), ['--help'], { encoding: 'utf8', cwd: tmpdir() });
  assert.equal(status, 0);
  assert.match(stdout, /approvals/);
});

test('a signal reaches the program', async () => {
  const script = "process.on('SIGTERM', () => process.exit(9)); setInterval(() => {}, 1000); console.log('up')";
  const child = spawn(process.execPath, [preflight, '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  child.kill('SIGTERM');
  assert.deepEqual(await once(child, 'exit'), [9, null]);
});

/** As a Node that cannot become another program: ours forgets how. */
const oldNode = ['--import', 'data:text/javascript,delete process.execve'];

test('with an old Node the exit code, a signal and an end of its own go through', async () => {
  const { status } = spawnSync(process.execPath, [...oldNode, preflight, '-e', 'process.exitCode = 7']);
  assert.equal(status, 7);
  const script = "process.on('SIGTERM', () => process.exit(9)); setInterval(() => {}, 1000); console.log('up')";
  const child = spawn(process.execPath, [...oldNode, preflight, '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  child.kill('SIGTERM');
  assert.deepEqual(await once(child, 'exit'), [9, null]);
});

test('with an old Node that is killed the program is told to stop', async () => {
  const script = `
    process.on('SIGTERM', () => { console.log('told to stop'); process.exit(); });
    setInterval(() => {}, 1000);
    console.log(process.pid)`;
  const child = spawn(process.execPath, [...oldNode, preflight, '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  await once(child.stdout, 'data');
  const pid = Number(said);
  assert.notEqual(pid, child.pid, 'there are two of them');
  child.kill('SIGKILL');
  // It closes when nobody has it any more, the program included.
  await once(child, 'close');
  assert.match(said, /told to stop/);
});

test('a clone without its dependencies: what failed and what to try is said', (t) => {
  const clone = mkdtempSync(join(tmpdir(), 'chartgate-preflight-'));
  t.after(() => rmSync(clone, { recursive: true, force: true }));
  cpSync(join(root, 'bin'), join(clone, 'bin'), { recursive: true });
  const manifest = { name: 'clone', version: '1.0.0', dependencies: { zod: '4.0.0' } };
  const packages = { '': manifest, 'node_modules/zod': { version: '4.0.0' } };
  writeFileSync(join(clone, 'package.json'), JSON.stringify(manifest));
  writeFileSync(
    join(clone, 'package-lock.json'),
    JSON.stringify({ name: 'clone', version: '1.0.0', lockfileVersion: 3, requires: true, packages }),
  );
  const env = {
    ...process.env,
    npm_config_registry: 'http://127.0.0.1:9',
    npm_config_cache: join(clone, 'cache'),
    npm_config_fetch_retries: '0',
  };
  const start = spawnSync(process.execPath, [join(clone, 'bin', 'preflight.mjs'), '-e', 'console.log(1)'], {
    env,
    encoding: 'utf8',
  });
  assert.equal(start.status, 69);
  assert.equal(start.stdout, '');
  assert.match(start.stderr, /Installing dependencies \(nothing is installed yet\)/);
  assert.match(start.stderr, /The npm registry could not be reached\./);
  assert.match(start.stderr, /npm config get registry/);
});
