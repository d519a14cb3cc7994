// Whatever is done to a log after it was written, verification finds it and names the place.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { after, before, test } from 'node:test';
import { decodeBundle, encodeBundle } from '../../src/audit/tile.ts';
import { auditVerify } from '../../src/cli/audit-verify.ts';
import { openedLog } from '../parts/opened-log.ts';

const entries = 400;
let root = '';
let state = '';
/** A copy made when the log was shorter, and another log altogether. */
let older = '';
let other = '';

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'chartgate-tamper-'));
  [state, older, other] = [join(root, 'state'), join(root, 'older'), join(root, 'other')];
  await write(state, 0, 300);
  await cp(state, older, { recursive: true });
  await write(state, 300, entries);
  await write(other, 0, entries);
});

after(() => rm(root, { recursive: true, force: true }));

async function write(directory: string, from: number, to: number): Promise<void> {
  const { log } = await openedLog(directory);
  const payload = { media: 'application/json', bytes: Buffer.from('{"content":"words"}') } as const;
  await Promise.all(
    Array.from({ length: to - from }, (_, i) =>
      log.append({ type: 'auth.accepted', session: 's_1', data: { n: from + i } }, i % 3 === 0 ? payload : undefined),
    ),
  );
  await log.close();
}

interface Verdict {
  readonly exit: number;
  readonly ok: boolean;
  readonly size: number;
  readonly warnings: readonly string[];
  readonly bad: { readonly file: string; readonly entry: number | null; readonly what: string };
}

async function verify(
  dir: string,
  checkpoints: string[] = [],
  home: string | null = null,
  key?: string,
): Promise<Verdict> {
  const lines: string[] = [];
  const exit = await auditVerify({ dir, checkpoints, json: true, home, ...(key ? { key } : {}) }, (line) =>
    lines.push(line),
  );
  return { exit, ...JSON.parse(lines.join('')) };
}

async function tampered(
  act: (copy: string) => Promise<unknown>,
  look: (verdict: Verdict) => void,
  args: { checkpoints?: string[] } = {},
): Promise<void> {
  const copy = await mkdtemp(join(root, 'copy-'));
  await cp(state, copy, { recursive: true });
  await act(copy);
  const verdict = await verify(copy, args.checkpoints);
  assert.equal(verdict.exit, 65, 'it is found');
  look(verdict);
  await rm(copy, { recursive: true });
}

const at = (file: string, entry?: number) => (verdict: Verdict) => {
  assert.equal(verdict.bad.file, file, JSON.stringify(verdict.bad));
  if (entry !== undefined) assert.equal(verdict.bad.entry, entry, JSON.stringify(verdict.bad));
};

void test('the log as it was written is intact, as a whole and as a copy of its public part', async () => {
  const verdict = await verify(state);
  assert.equal(verdict.exit, 0, JSON.stringify(verdict));
  assert.equal(verdict.size, entries);
  const alone = join(root, 'alone');
  await cp(join(state, 'log'), join(alone, 'copied'), { recursive: true });
  assert.equal((await verify(join(alone, 'copied'))).exit, 0);
  assert.equal((await verify(root)).exit, 66);
});

void test('a flipped bit anywhere is found, and the file is named', async () => {
  const copy = join(root, 'flips');
  await cp(state, copy, { recursive: true });
  const found = await readdir(copy, { recursive: true, withFileTypes: true });
  const files = found.filter((each) => each.isFile()).map((each) => relative(copy, join(each.parentPath, each.name)));
  let seed = 20261121;
  for (const file of files.filter((each) => /^(log|payloads|keys)\//.test(each))) {
    const bytes = await readFile(join(copy, file));
    const places = [0, 1, 2, bytes.length - 1];
    for (let i = 0; i < 6; i++) places.push((seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) % bytes.length);
    for (const place of places) {
      const flipped = Buffer.from(bytes);
      flipped[place] = (flipped[place] ?? 0) ^ (1 << (place % 8));
      await writeFile(join(copy, file), flipped);
      const verdict = await verify(copy);
      assert.equal(verdict.exit, 65, `${file} byte ${place}`);
      // A flip in the key shows where the key is used first.
      const named = file === 'log/log.vkey' ? ['log.vkey', 'checkpoint'] : [file.replace(/^log\//, '')];
      assert.ok(named.includes(verdict.bad.file), `${file} byte ${place}: ${JSON.stringify(verdict.bad)}`);
    }
    await writeFile(join(copy, file), bytes);
  }
  assert.equal((await verify(copy)).exit, 0);
});

const first = 'tile/entries/000';
async function editBundle(copy: string, edit: (bundle: Uint8Array[]) => Uint8Array[]): Promise<void> {
  const path = join(copy, 'log', first);
  await writeFile(path, encodeBundle(edit(decodeBundle(await readFile(path)).entries)));
}

void test('entries dropped, doubled, swapped, or rewritten in good form', async () => {
  await tampered((copy) => editBundle(copy, (all) => all.toSpliced(17, 1)), at(first, 17));
  await tampered((copy) => editBundle(copy, (all) => all.toSpliced(17, 0, all[16] ?? new Uint8Array())), at(first, 17));
  await tampered(
    (copy) => editBundle(copy, (all) => all.with(8, all[9] ?? new Uint8Array()).with(9, all[8] ?? new Uint8Array())),
    at(first, 8),
  );
  const rewrite = (entry: Uint8Array) => Buffer.from(Buffer.from(entry).toString().replace('"n":40', '"n":41'));
  await tampered(
    (copy) => editBundle(copy, (all) => all.map((entry, i) => (i === 40 ? rewrite(entry) : entry))),
    at(first, 40),
  );
});

void test('files cut short, taken away, added', async () => {
  await tampered(
    (copy) => truncate(join(copy, 'log', first), 5000),
    (verdict) => at(first)(verdict),
  );
  await tampered((copy) => rm(join(copy, 'log/tile/entries/001.p/144')), at('tile/entries/001.p/144', 256));
  await tampered((copy) => rm(join(copy, 'log/tile/0/000')), at('tile/0/000', 0));
  await tampered((copy) => rm(join(copy, 'log/checkpoint')), at('checkpoint'));
  await tampered((copy) => writeFile(join(copy, 'log/tile/0/002'), 'x'), at('tile/0/002'));
  await tampered((copy) => writeFile(join(copy, 'log/note.txt'), 'x'), at('note.txt'));
  await tampered((copy) => writeFile(join(copy, 'log/tile/entries/000.p'), 'x'), at('tile/entries/000.p'));
  const without =
    (...names: string[]) =>
    async (copy: string) => {
      for (const name of names) await rm(join(copy, name), { recursive: true });
    };
  await tampered(without('payloads'), at('payloads/000.pack', 0));
  const isKey = ({ bad }: Verdict) => {
    assert.match(bad.file, /^keys\/s_1\./);
    assert.deepEqual([bad.entry, bad.what], [0, 'the wrapped key is missing']);
  };
  await tampered(without('keys'), isKey);
  await tampered(without('keys', 'journal'), isKey);
  await tampered(without('keys', 'log.key'), isKey);
  await tampered(without('payloads', 'keys', 'journal'), at('payloads/000.pack', 0));
  await tampered(
    (copy) =>
      rm(join(copy, 'keys'), { recursive: true }).then(() =>
        cp(join(other, 'keys'), join(copy, 'keys'), { recursive: true }),
      ),
    (verdict) => assert.match(verdict.bad.file, /^keys\/s_1\./),
  );
  await tampered((copy) => writeFile(join(copy, 'payloads/007.pack'), 'x'), at('payloads/007.pack'));
});

void test('what is no file in the place of one is named at once, and keeps nobody waiting', async () => {
  const instead = (path: string, make: (place: string) => unknown) => async (copy: string) => {
    await rm(join(copy, path));
    await make(join(copy, path));
  };
  const pipe = (place: string): unknown => execFileSync('/usr/bin/mkfifo', [place]);
  const noFile = (file: string) => (verdict: Verdict) => {
    at(file)(verdict);
    assert.equal(verdict.bad.what, 'it is no file');
  };
  const [key = ''] = await readdir(join(state, 'keys'));
  await tampered(instead('log/tile/entries/000', pipe), noFile('tile/entries/000'));
  await tampered(instead('log/checkpoint', pipe), noFile('checkpoint'));
  await tampered(instead(`keys/${key}`, pipe), noFile(`keys/${key}`));
  await tampered(instead('payloads/000.pack', pipe), noFile('payloads/000.pack'));
  await tampered(instead('checkpoint.latest', pipe), at('checkpoint'));
  await tampered(
    instead('log/tile/0/000', (place) => symlink('/dev/zero', place)),
    noFile('tile/0/000'),
  );
  await tampered(
    instead('log/tile/0/000', (place) => mkdir(place)),
    noFile('tile/0/000'),
  );
  await tampered(
    (copy) => truncate(join(copy, 'log/tile/entries/000'), 2 ** 31),
    (verdict) => assert.match(verdict.bad.what, /larger than any file/),
  );
  await tampered(async (copy) => {
    await rename(join(copy, 'log/tile'), join(copy, 'elsewhere'));
    await symlink('../elsewhere', join(copy, 'log/tile'));
  }, at('tile'));
  const copy = join(root, 'without-latest');
  await cp(state, copy, { recursive: true });
  await rm(join(copy, 'checkpoint.latest'));
  const verdict = await verify(copy);
  assert.equal(verdict.exit, 0);
  assert.match(verdict.warnings.join(), /checkpoint\.latest is missing/);
});

void test('rolled back, replaced, forked, signed by another key', async () => {
  const kept = join(state, 'log/checkpoint');
  const back = async (copy: string) => {
    await rm(join(copy, 'log'), { recursive: true });
    await cp(join(older, 'log'), join(copy, 'log'), { recursive: true });
  };
  await tampered(back, (verdict) => assert.match(verdict.bad.what, /rolled back/));
  await tampered(
    (copy) =>
      back(copy)
        .then(() => rm(join(copy, 'checkpoint.latest')))
        .then(() => rm(join(copy, 'payloads'), { recursive: true })),
    (verdict) => assert.match(verdict.bad.what, /rolled back/),
    { checkpoints: [kept] },
  );
  await tampered((copy) => cp(join(older, 'log/checkpoint'), join(copy, 'log/checkpoint')), at('checkpoint'));
  await tampered(
    async (copy) => {
      await cp(join(older, 'log/checkpoint'), join(copy, 'log/checkpoint'));
      await rm(join(copy, 'checkpoint.latest'));
    },
    (verdict) => assert.match(verdict.bad.file, /^tile\//),
  );
  const replace = async (copy: string) => {
    await rm(copy, { recursive: true });
    await cp(other, copy, { recursive: true });
  };
  await tampered(replace, at('checkpoint'), { checkpoints: [kept] });
  const vkey = await readFile(join(state, 'log/log.vkey'), 'utf8');
  assert.equal((await verify(other, [], null, vkey)).bad.file, 'log.vkey');
  // The same key, another history of the same length: what the gate's owner could do.
  const forked = join(root, 'forked');
  await cp(older, forked, { recursive: true });
  await write(forked, 500, 600);
  assert.equal((await verify(forked)).exit, 0, 'alone it is sound');
  const verdict = await verify(forked, [kept]);
  assert.deepEqual([verdict.exit, verdict.bad.file], [65, 'checkpoint']);
  assert.match(verdict.bad.what, /forked/);
});

void test('what this verifier has seen before, it does not forget', async () => {
  const home = join(root, 'home');
  assert.equal((await verify(join(state, 'log'), [], home)).exit, 0);
  const copy = join(root, 'shorter');
  await cp(join(older, 'log'), join(copy, 'log'), { recursive: true });
  assert.equal((await verify(copy)).exit, 0);
  const verdict = await verify(copy, [], home);
  assert.equal(verdict.exit, 65);
  assert.match(verdict.bad.what, /this verifier .*rolled back/);
  await rename(join(home, 'known-logs.json'), join(home, 'gone'));
  assert.equal((await verify(copy, [], home)).exit, 0);
});

void test('a checkpoint is read from an http address; where that gives none, it is said what it answered', async () => {
  const note = await readFile(join(older, 'log/checkpoint'), 'utf8');
  const server = createServer((request, response) => {
    response.statusCode = request.url === '/kept' ? 200 : 401;
    response.end(note);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    const lines: string[] = [];
    const look = (from: string): Promise<number> =>
      auditVerify({ dir: state, checkpoints: [from], json: false, home: null }, (line) => lines.push(line));
    assert.equal(await look(`${url}/kept`), 0);
    assert.match(lines.join('\n'), /continues the checkpoint kept by http:.*\/kept/);
    assert.equal(await look(`${url}/api/v1/checkpoint`), 64);
    assert.match(lines.join('\n'), /\/api\/v1\/checkpoint cannot be read: it answered with status 401\.$/);
    assert.equal(await look(join(root, 'nowhere')), 64);
    assert.match(lines.join('\n'), /nowhere cannot be read\.$/);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
