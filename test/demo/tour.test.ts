// npm start -- --tour --exit, as a person runs it: every step shows what it should, and nothing is left behind.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../demo/ports.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

async function demo(...args: readonly string[]): Promise<{ code: unknown; pid: number | undefined; output: string }> {
  const child = spawn(process.execPath, ['bin/preflight.mjs', 'demo/main.ts', ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exit = once(child, 'exit');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code]: unknown[] = await exit;
  return { code, pid: child.pid, output: stdout + stderr };
}

test('the tour shows what it says', async () => {
  const ports = ['--http-port', String(await freePort()), '--postgres-port', String(await freePort())];
  const { code, pid, output } = await demo('--tour', '--exit', '--patients', '200', ...ports);
  assert.equal(code, 0, output);
  assert.equal(output.match(/✓/g)?.length, 7, output);
  assert.equal(existsSync(join(root, '.demo', String(pid))), false);
});

test('a port that is taken is named, with what to do', async () => {
  const server = createServer();
  const port = await freePort();
  await new Promise<void>((resolve) => {
    server.listen(port, '127.0.0.1', resolve);
  });
  try {
    const { code, output } = await demo('--http-port', String(port));
    assert.equal(code, 1);
    assert.match(output, new RegExp(`Port ${port} on 127.0.0.1 is taken`));
    assert.match(output, /choose another: npm start -- --http-port \d+/);
  } finally {
    server.close();
  }
});
