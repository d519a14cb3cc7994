// A thread writes the files of a large integration: the same bytes as without one, and where it fails or ends, the log does.

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { BulkThread } from '../../src/adapters/log-files/bulk-thread.ts';
import { type BulkFiles, bulkFiles } from '../../src/adapters/log-files/bundle-file.ts';
import { diskStorage } from '../../src/adapters/log-files/disk.ts';
import { NewFiles } from '../../src/adapters/log-files/new-files.ts';
import { openLog } from '../../src/adapters/log-files/open-log.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { systemRandom } from '../../src/adapters/system/random.ts';
import { encodeBundle } from '../../src/audit/tile.ts';
import { auditVerify } from '../../src/cli/audit-verify.ts';

async function scratch(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'chartgate-bulk-'));
  t.after(() => rm(directory, { recursive: true }));
  return directory;
}

async function open(directory: string): ReturnType<typeof openLog> {
  return openLog({
    directory,
    kek: new Uint8Array(32),
    originHost: 'gate.test',
    clock: systemClock,
    random: systemRandom,
  });
}

const bundle = encodeBundle(Array.from({ length: 256 }, (_, i) => Buffer.from(`entry ${i}`)));

const shared = Buffer.from(new SharedArrayBuffer(16)).fill('what both see');

async function writeAll(files: BulkFiles): Promise<unknown> {
  await files.put({
    path: 'payloads/001.pack',
    pieces: [shared.subarray(0, 5), Buffer.from('both '), shared.subarray(10, 13)],
  });
  await files.put({ path: 'payloads/000.pack', pieces: [Buffer.from('behind')], position: 6 });
  await files.put({ path: 'payloads/000.pack', pieces: [Buffer.from('bef'), Buffer.from('ore')], position: 0 });
  await files.put({ path: 'keys/s_1.k', pieces: [Buffer.from('a longer secret')], secret: true });
  await files.put({ path: 'keys/s_1.k', pieces: [Buffer.from('secret')], secret: true });
  const { leaves, root } = await files.putBundle(1_234_567, [bundle.subarray(0, 9), bundle.subarray(9)]);
  await files.settle();
  return { leaves: Buffer.from(leaves), root: Buffer.from(root) };
}

void test('a thread writes what is written without one', async (t) => {
  const [here, there] = [await scratch(t), await scratch(t)];
  const thread = new BulkThread(there);
  // As a state directory has it.
  for (const each of [here, there]) await mkdir(join(each, 'log'));
  const said = [await writeAll(bulkFiles(new NewFiles(diskStorage(here)))), await writeAll(thread)];
  assert.deepEqual(said[1], said[0]);
  for (const path of [
    'payloads/000.pack',
    'payloads/001.pack',
    'keys/s_1.k',
    'log/tile/entries/x001/x234/567',
    'log/tile/0/x001/x234/567',
  ]) {
    const [mine, its] = [await readFile(join(here, path)), await readFile(join(there, path))];
    assert.ok(mine.length > 0 && mine.equals(its), path);
  }
  assert.equal((await readFile(join(there, 'payloads/000.pack'))).toString(), 'beforebehind');
  assert.equal((await readFile(join(there, 'payloads/001.pack'))).toString(), 'what both see');
  assert.equal(shared.toString(), 'what both seewha', 'what is lent stays as it was');
  assert.equal((await readFile(join(there, 'keys/s_1.k'))).toString(), 'secret');
  assert.equal((await stat(join(there, 'keys/s_1.k'))).mode & 0o777, 0o600);
  await thread.close();
});

void test('what a thread had not confirmed when it ended is not written', async (t) => {
  const directory = await scratch(t);
  const thread = new BulkThread(directory);
  const cut = assert.rejects(thread.put({ path: 'file', pieces: [Buffer.alloc(1)] }), /has ended/);
  await thread.close();
  await cut;
  await assert.rejects(thread.settle(), /has ended/);
});

void test('thousands of entries at once; then a thread that cannot write ends the log, and loses nothing', async (t) => {
  const directory = await scratch(t);
  const first = await open(directory);
  assert.ok(first.ok);
  const { log } = first.value;
  const payload = { media: 'application/json', bytes: Buffer.alloc(50, 'x') } as const;
  const append = (i: number) => log.append({ type: 'request', session: `s_${i % 7}`, request: `r_${i}` }, payload);
  await Promise.all(Array.from({ length: 2_500 }, (_, i) => append(i)));
  await log.checkpoint();
  for await (const entry of log.reader.entries(2_490)) assert.ok(await log.reader.payload(entry));
  // A file in the place of their directory.
  await rm(join(directory, 'payloads'), { recursive: true });
  await writeFile(join(directory, 'payloads'), '');
  let told = '';
  log.onFailure((reason) => {
    told = reason;
  });
  const acknowledged = await Promise.all(Array.from({ length: 2_500 }, (_, i) => append(i)));
  await assert.rejects(log.checkpoint(), { name: 'LogUnavailable' });
  assert.equal(told, 'the audit log could not be added to the tree (ENOTDIR)');
  await assert.rejects(append(0), { name: 'LogUnavailable' });
  await log.close();
  await rm(join(directory, 'payloads'));
  const again = await open(directory);
  assert.ok(again.ok);
  assert.equal(again.value.recovered.replayed, acknowledged.length);
  await again.value.log.close();
  const lines: string[] = [];
  await auditVerify({ dir: directory, checkpoints: [], json: true, home: null }, (line) => lines.push(line));
  assert.match(lines.join(), /payload/, 'what the test took away is missed');
});
