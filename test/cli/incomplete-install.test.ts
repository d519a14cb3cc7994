// What is loaded once the doors are open: that it is missing is found at the start, that it is broken ends the gate in order.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../bin/chartgate', import.meta.url));

/** A gate that is left alone; it ends by itself. `hooks` (nodejs.org/api/module.html#moduleregisterhooksoptions): what its Node does. */
async function serve(t: TestContext, hooks: string): Promise<{ code: number; stdout: string; stderr: string }> {
  const directory = mkdtempSync(join(tmpdir(), 'chartgate-incomplete-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const config =
    'listen: { http: "127.0.0.1:0" }\npublic_url: http://127.0.0.1:8080\nstate: ./state\nconnections: {}\n';
  writeFileSync(join(directory, 'chartgate.yaml'), config);
  const script = `import { registerHooks } from 'node:module'; registerHooks(${hooks})`;
  const preload = `data:text/javascript,${encodeURIComponent(script)}`;
  const gate = spawn(process.execPath, [main, 'serve'], {
    cwd: directory,
    env: { ...process.env, NODE_OPTIONS: `--import=${preload}` },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(gate, 'exit');
  const [stdout, stderr, [code]] = await Promise.all([text(gate.stdout), text(gate.stderr), exited]);
  return { code: Number(code), stdout, stderr };
}

test('a package that is missing fails the start, before any door is open', async (t) => {
  const missing =
    "{ resolve(name, context, next) { if (name === '@hono/node-server') throw new Error('no such package'); return next(name, context); } }";
  const { code, stdout, stderr } = await serve(t, missing);
  assert.equal(code, 1);
  assert.equal(stdout, '');
  assert.match(stderr, /no such package/);
});

test('a package that is there and cannot be loaded ends the gate in order', async (t) => {
  const broken =
    "{ load(url, context, next) { if (url.includes('/@hono/node-server/')) throw new Error('half a file'); return next(url, context); } }";
  const { code, stdout, stderr } = await serve(t, broken);
  assert.equal(code, 1);
  assert.match(stdout, /^chartgate .*HTTP on/);
  const said = stderr.split('\n').filter((line) => line.startsWith('{'));
  const last: { level: number; msg: string; err: { message: string } } = JSON.parse(said.at(-1) ?? '{}');
  assert.deepEqual([last.level, last.err.message], [60, 'half a file']);
  assert.match(last.msg, /a part of the gate cannot be loaded/);
});
