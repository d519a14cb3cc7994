// One process a state directory; the operating system gives the lock back, kill -9 included.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { lockState } from '../../src/adapters/state-lock/lock.ts';

let directory: string;
let child: ChildProcess | undefined;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'chartgate-lock-'));
});
afterEach(() => {
  child?.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

test('a second process is refused with the pid of the first, and let in once that was killed', async () => {
  const module = fileURLToPath(new URL('../../src/adapters/state-lock/lock.ts', import.meta.url));
  const script = `import { lockState } from ${JSON.stringify(module)};
    const lock = lockState(${JSON.stringify(directory)});
    console.log(lock.ok ? 'locked' : lock.error.code);
    setInterval(() => lock, 1000);`;
  child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  assert.ok(child.stdout);
  const [said] = await once(child.stdout, 'data');
  assert.equal(String(said).trim(), 'locked');

  const refused = lockState(directory);
  assert.ok(!refused.ok);
  assert.equal(refused.error.code, 'state_locked');
  assert.match(refused.error.text, new RegExp(`Process ${child.pid} `));

  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
  const lock = lockState(directory);
  assert.ok(lock.ok);
  lock.value.release();
});

test('within one process too; release lets the next one in', () => {
  const first = lockState(join(directory, 'new'));
  assert.ok(first.ok);
  const second = lockState(join(directory, 'new'));
  assert.ok(!second.ok);
  assert.equal(second.error.code, 'state_locked');
  first.value.release();
  first.value.release();
  const third = lockState(join(directory, 'new'));
  assert.ok(third.ok);
  third.value.release();
});

test('a directory that cannot be written is named', () => {
  writeFileSync(join(directory, 'file'), '');
  const refused = lockState(join(directory, 'file', 'state'));
  assert.ok(!refused.ok);
  assert.equal(refused.error.code, 'state_unwritable');
});
