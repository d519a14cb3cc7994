// A reader who goes away in the middle: the command ends with it, says nothing of that, and claims no success it has not had.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';

for (const main of ['src/main.ts', 'src/cli/verify-package-main.ts'])
  test(`${main} ends with its reader`, async () => {
    const args = main === 'src/main.ts' ? ['detect'] : ['--json', '.'];
    const child = spawn(process.execPath, [main, ...args], { stdio: 'pipe' });
    child.stdout.destroy();
    child.stdin.on('error', () => {}).end(`${JSON.stringify({ text: 'nothing' })}\n`.repeat(1_000));
    const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'close')]);
    assert.notEqual(code, 0);
    assert.doesNotMatch(said, /EPIPE|at /);
  });
