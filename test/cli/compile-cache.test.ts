// Where a start keeps what Node has compiled: with the code, for its owner alone, and nowhere if that cannot be had.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';

interface Installation {
  readonly root: string;
  readonly cache: string;
  /** Where Node keeps what it compiles, as the command itself sees it; null = nowhere. */
  readonly start: (env?: Readonly<Record<string, string>>) => string | null;
}

/** An installation of its own, whose command says where its code is kept. */
function install(t: TestContext): Installation {
  const root = mkdtempSync(join(tmpdir(), 'chartgate-installation-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  cpSync(fileURLToPath(new URL('../../bin', import.meta.url)), join(root, 'bin'), { recursive: true });
  mkdirSync(join(root, 'dist'));
  const command = `const { getCompileCacheDir } = require('node:module');
console.log(JSON.stringify([getCompileCacheDir() ?? null, process.argv.slice(2)]));`;
  writeFileSync(join(root, 'dist', 'main.js'), command);
  const start: Installation['start'] = (env = {}) => {
    const { NODE_COMPILE_CACHE: _, ...inherited } = process.env;
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'bin', 'chartgate'), 'check', 'a b'], {
      encoding: 'utf8',
      env: { ...inherited, ...env },
    });
    assert.equal(stderr, '');
    assert.equal(status, 0);
    const [directory, args]: [string | null, string[]] = JSON.parse(stdout);
    assert.deepEqual(args, ['check', 'a b']);
    return directory;
  };
  return { root, cache: join(root, 'node_modules', '.cache', 'chartgate'), start };
}

test('it lies with the code, and nobody else can write there', (t) => {
  const { cache, start } = install(t);
  const first = start();
  assert.ok(first !== null && first.startsWith(cache), String(first));
  assert.equal(statSync(cache).mode & 0o777, 0o700);
  assert.ok(existsSync(first), 'something was kept');
  assert.equal(start(), first);
});

test('a directory others can write to is not used', (t) => {
  const { cache, start } = install(t);
  mkdirSync(cache, { recursive: true });
  for (const mode of [0o777, 0o1777, 0o775]) {
    chmodSync(cache, mode);
    assert.equal(start(), null, mode.toString(8));
  }
});

test('a directory of somebody else, and a link to one, are not used', (t) => {
  const { cache, root, start } = install(t);
  const elsewhere = join(root, 'elsewhere');
  mkdirSync(elsewhere, { mode: 0o700 });
  mkdirSync(join(cache, '..'), { recursive: true });
  symlinkSync(elsewhere, cache);
  assert.equal(start(), null);
  rmSync(cache);
  if (process.getuid?.() !== 0) return t.diagnostic('the owner is only changed as root: sudo node --test');
  mkdirSync(cache, { mode: 0o700 });
  chownSync(cache, 65_534, 65_534);
  assert.equal(start(), null);
});

test('nothing is left in the installation of somebody else', (t) => {
  if (process.getuid?.() !== 0) return t.skip('the owner is only changed as root: sudo node --test');
  const { root, start } = install(t);
  chownSync(root, 65_534, 65_534);
  assert.equal(start(), null);
  assert.ok(!existsSync(join(root, 'node_modules')));
});

test('where it cannot be made, the command runs without', (t) => {
  const { root, start } = install(t);
  writeFileSync(join(root, 'node_modules'), 'a file in its place');
  assert.equal(start(), null);
});

test('a read-only directory is read and never an error', (t) => {
  const { cache, start } = install(t);
  const first = start();
  chmodSync(cache, 0o500);
  const again = start();
  chmodSync(cache, 0o700);
  assert.equal(again, first);
});

test('the operator has the last word', (t) => {
  const { cache, root, start } = install(t);
  const own = join(root, 'own');
  assert.ok(start({ NODE_COMPILE_CACHE: own })?.startsWith(own));
  assert.equal(start({ NODE_DISABLE_COMPILE_CACHE: '1' }), null);
  assert.equal(start({ NODE_COMPILE_CACHE: '' }), null);
  assert.ok(!existsSync(join(cache, 'own')));
});
