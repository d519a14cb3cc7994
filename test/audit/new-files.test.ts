// Files that are written first and synced together are as safe, once settled, as those that are synced one by one.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NewFiles } from '../../src/adapters/log-files/new-files.ts';
import { MemoryDisk } from './log-storage.ts';

const paths = Array.from({ length: 60 }, (_, i) => `packs/${i % 3}/${i}`);

async function putAll(disk: MemoryDisk, together: boolean): Promise<NewFiles> {
  const files = new NewFiles(disk, { together });
  for (const path of paths) await files.put({ path, pieces: [Buffer.from('what '), Buffer.from(path)] });
  await files.put({ path: paths[0] ?? '', pieces: [Buffer.from(', and more')], position: 14 });
  return files;
}

for (const together of [false, true])
  void test(`what has been settled outlives a power loss${together ? ', synced together' : ''}`, async () => {
    const disk = new MemoryDisk();
    const files = await putAll(disk, together);
    await files.settle();
    const reborn = disk.reborn('lost');
    for (const path of paths.slice(1))
      assert.equal(String(Buffer.from((await reborn.read(path)) ?? '')), `what ${path}`);
    assert.equal(String(Buffer.from((await reborn.read('packs/0/0')) ?? '')), 'what packs/0/0, and more');
  });

void test('a file that cannot be synced is told of, whichever it is', async () => {
  const whole = new MemoryDisk();
  await (await putAll(whole, true)).settle();
  const syncs = whole.trace.filter((each) => each.startsWith('sync packs/')).length;
  assert.equal(syncs, paths.length + 1);
  for (const path of paths) {
    const disk = new MemoryDisk().failAtNth(0, `sync ${path}`, 'EIO');
    await assert.rejects(async () => (await putAll(disk, true)).settle(), { code: 'EIO' }, path);
  }
});
