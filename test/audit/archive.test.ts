// Archiving to a directory: what a cut holds, going on after failures, verifying and restoring from the archive alone, and
// whatever is done to the archive being noticed.

import assert from 'node:assert/strict';
import { chmod, cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { after, test } from 'node:test';
import { fileArchive } from '../../src/adapters/file-archive/archive.ts';
import type { OpenedLog } from '../../src/adapters/log-files/open-log.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { systemRandom } from '../../src/adapters/system/random.ts';
import { auditRestore } from '../../src/cli/audit-restore.ts';
import { auditVerify } from '../../src/cli/audit-verify.ts';
import { parseArchiveUrl } from '../../src/config/archive-schema.ts';
import { type Refusal, refuse } from '../../src/core/result.ts';
import { type ArchiveDesk, createArchiveDesk } from '../../src/gateway/archive-desk.ts';
import type { Archive } from '../../src/ports/archive.ts';
import type { LogReader } from '../../src/ports/log.ts';
import { openedLog } from '../parts/opened-log.ts';

const root = await mkdtemp(join(tmpdir(), 'chartgate-archive-'));
after(() => rm(root, { recursive: true, force: true }));

interface Node extends OpenedLog {
  readonly state: string;
  readonly place: string;
  desk(archive?: Archive, onState?: (failure: Refusal | null) => void, reader?: LogReader): ArchiveDesk;
}

let count = 0;

async function node(name = `n${count++}`, place = join(root, `${name}.archive`)): Promise<Node> {
  const state = join(root, name);
  const opened = await openedLog(state);
  const { log, archiveSource: source } = opened;
  return {
    ...opened,
    state,
    place,
    desk: (archive = fileArchive(place), onState = () => {}, reader = log.reader) =>
      createArchiveDesk({
        clock: systemClock,
        log,
        reader,
        source,
        archive,
        retainMs: 1_000,
        everyMs: 60_000,
        onState,
      }),
  };
}

async function say({ log }: Node, entries: number): Promise<void> {
  const bytes = Buffer.from('{"said":"something"}');
  const session = systemRandom.id('s');
  await Promise.all(
    Array.from({ length: entries }, (_, i) =>
      log.append({ type: 'request', session, request: `${session}_${i}` }, { media: 'application/json', bytes }),
    ),
  );
}

interface Verdict {
  readonly ok: boolean;
  readonly size?: number;
  readonly payloads?: { readonly sound: number };
  readonly bad?: { readonly file: string; readonly what: string };
  readonly archive?: { readonly tampering: readonly string[]; readonly manifests: number };
}

async function verify(dir: string, checkpoints: readonly string[] = []): Promise<Verdict & { readonly code: number }> {
  let text = '';
  const code = await auditVerify({ dir, checkpoints, json: true, home: null }, (line) => {
    text += line;
  });
  const verdict: Verdict = JSON.parse(text);
  return { ...verdict, code };
}

async function restore(url: string, output: string): Promise<number> {
  const [stdout, stderr] = [new PassThrough().resume(), new PassThrough().resume()];
  return auditRestore({ env: {}, cwd: '/', stdin: new PassThrough(), stdout, stderr }, url, { output });
}

void test('cut after cut, the archive is the log; verified and restored from it alone, without a key in it', async () => {
  const each = await node();
  const desk = each.desk();
  await say(each, 3);
  assert.ok((await desk.cut()).ok);
  for (const entries of [200, 400, 256]) {
    await say(each, entries);
    assert.ok((await desk.cut()).ok);
    const { size, payloads, code, archive } = await verify(`file://${each.place}`);
    assert.deepEqual(
      [code, size, payloads?.sound, archive?.tampering],
      [0, desk.size, desk.size - (archive?.manifests ?? 0) + 1, []],
    );
  }
  // Nothing came but what archiving said of itself: no cut.
  const before = (await readdir(join(each.place, 'manifests'))).length;
  assert.ok((await desk.cut()).ok);
  assert.equal((await readdir(join(each.place, 'manifests'))).length, before);
  assert.equal(desk.lagMs(), 0);
  await each.log.close();

  const wrapped = await Promise.all(
    (await readdir(join(each.state, 'keys'))).map((name) => readFile(join(each.state, 'keys', name))),
  );
  assert.ok(wrapped.length > 0);
  for (const name of await readdir(each.place, { recursive: true, withFileTypes: true })) {
    if (!name.isFile()) continue;
    const bytes = await readFile(join(name.parentPath, name.name));
    assert.ok(!wrapped.some((key) => bytes.includes(key)), `${name.name} holds a wrapped key`);
  }
  const restored = join(root, 'restored');
  assert.equal(await restore(`file://${each.place}`, restored), 0);
  const copy = await verify(restored);
  assert.deepEqual([copy.code, copy.size], [0, desk.size]);
  assert.equal(await restore(`file://${each.place}`, restored), 64, 'never into a directory that holds something');
});

void test('another place gets the whole log, also where the first one was left before its first manifest', async () => {
  const each = await node();
  const first = fileArchive(each.place);
  await say(each, 3);
  const cutShort = each.desk({
    ...first,
    put: async (path, ...rest) =>
      path.startsWith('manifests/') ? refuse('upstream_unavailable', 'Away.') : first.put(path, ...rest),
  });
  assert.ok(!(await cutShort.cut()).ok);
  for (const place of ['second', 'third'].map((name) => `${each.place}.${name}`)) {
    await say(each, 300);
    const desk = each.desk(fileArchive(place));
    assert.ok((await desk.cut()).ok);
    const { code, size } = await verify(`file://${place}`);
    assert.deepEqual([code, size], [0, desk.size]);
  }
  await each.log.close();
});

void test('a failing archive is tried again and goes on where it was, also in another process, and lags meanwhile', async () => {
  const each = await node();
  const place = fileArchive(each.place);
  let [left, puts] = [7, 0];
  const flaky: Archive = {
    ...place,
    put: async (path, bytes, untilMs) => {
      if (left-- <= 0) return refuse('upstream_unavailable', 'The archive is away.');
      puts++;
      return place.put(path, bytes, untilMs);
    },
  };
  await say(each, 2_000);
  const failed = await each.desk(flaky).cut();
  assert.equal(failed.ok, false);
  assert.equal((await verify(`file://${each.place}`)).code, 65, 'without a manifest nothing is archived');
  left = Number.POSITIVE_INFINITY;
  const again = each.desk(flaky);
  assert.ok(again.lagMs() >= 0);
  assert.ok((await again.cut()).ok);
  // 7 entry bundles, 7 tiles, 7 packs, 3 files at the edge (twice: they were put before the failure too), checkpoint, keys, manifest.
  const objects = (await readdir(each.place, { recursive: true, withFileTypes: true })).filter((x) =>
    x.isFile(),
  ).length;
  assert.ok(puts <= objects + 4, `${puts} puts for ${objects} objects`);
  assert.equal((await verify(`file://${each.place}`)).code, 0);

  // Its progress lost, it asks the archive.
  await rm(join(each.state, 'archive.json'));
  await say(each, 300);
  const third = each.desk(flaky);
  assert.ok((await third.cut()).ok);
  const verdict = await verify(`file://${each.place}`);
  assert.deepEqual([verdict.code, verdict.size, verdict.archive?.manifests], [0, third.size, 2]);

  // Away again after all was archived: from the next cut on it lags.
  assert.equal(third.lagMs(), 0);
  left = 0;
  await say(each, 1);
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.equal((await third.cut()).ok, false);
  assert.ok(third.lagMs() >= 20, `${third.lagMs()}`);
  left = Number.POSITIVE_INFINITY;
  assert.ok((await third.cut()).ok);
  assert.equal(third.lagMs(), 0);

  // Rolled back, the log is not archived over itself.
  const fresh = await node();
  const refused = await fresh.desk(flaky).cut();
  assert.ok(!refused.ok && refused.error.code === 'upstream_refused');
  await Promise.all([each.log.close(), fresh.log.close()]);
});

void test('a log that could not be read once is archived the next time', async () => {
  const each = await node();
  await say(each, 10);
  let isBroken = true;
  const reader: LogReader = {
    get size() {
      return each.log.reader.size;
    },
    entries: (...stretch) => (isBroken ? assert.fail('EIO') : each.log.reader.entries(...stretch)),
    payload: (entry) => each.log.reader.payload(entry),
  };
  const desk = each.desk(undefined, undefined, reader);
  const failed = await desk.cut();
  assert.equal(failed.ok || failed.error.code, 'upstream_unavailable');
  isBroken = false;
  assert.ok((await desk.cut()).ok);
  assert.deepEqual([desk.lagMs(), desk.failures], [0, 0]);
  await each.log.close();
});

void test('a node that was set back goes on from an older backup: its archive is not written over, whatever it has since', async () => {
  const each = await node('set-back');
  await say(each, 300);
  assert.ok((await each.desk().cut()).ok);
  await each.log.checkpoint();
  await cp(each.state, join(root, 'backup'), { recursive: true });
  await say(each, 300);
  const before = await readFile(join(each.state, 'archive.json'));
  assert.ok((await each.desk().cut()).ok);
  const backup = await node('backup', each.place);
  const short = await backup.desk().cut();
  assert.ok(!short.ok && short.error.code === 'upstream_refused', 'it is behind its archive');
  await say(backup, 900);
  const fork = await backup.desk().cut();
  assert.ok(!fork.ok && fork.error.code === 'upstream_refused', 'it has outgrown its archive, with another history');
  const sound = await verify(`file://${each.place}`);
  assert.deepEqual([sound.code, sound.archive?.manifests, sound.archive?.tampering], [0, 2, []]);

  // Killed between a manifest and the note of it, the same log goes on behind it.
  await writeFile(join(each.state, 'archive.json'), before);
  await say(each, 10);
  assert.ok((await each.desk().cut()).ok);
  const third = await verify(`file://${each.place}`);
  assert.deepEqual([third.code, third.archive?.manifests, third.archive?.tampering], [0, 3, []]);
  await Promise.all([each.log.close(), backup.log.close()]);
});

void test('what is done to an archive is found: changed, deleted, cut off, rolled back', async () => {
  const each = await node();
  const desk = each.desk();
  for (let i = 0; i < 3; i++) {
    await say(each, 300);
    assert.ok((await desk.cut()).ok);
  }
  await each.log.close();
  const url = `file://${each.place}`;
  const last = await readFile(join(each.state, 'checkpoint.latest'), 'utf8');
  const files = (await readdir(each.place, { recursive: true, withFileTypes: true }))
    .filter((file) => file.isFile())
    .map((file) => join(file.parentPath, file.name).slice(each.place.length + 1));
  const inUse = ['log/tile/entries/000', 'log/tile/0/001', 'payloads/002.pack', 'manifests/000000000001'];
  for (const path of inUse) assert.ok(files.includes(path), path);
  for (const path of files) {
    const file = join(each.place, path);
    const bytes = await readFile(file);
    await rm(file);
    const gone = await verify(url, path.startsWith('manifests/') ? [join(each.state, 'log/checkpoint')] : []);
    // The last manifest gone is the archive as it was before it: only who remembers a later checkpoint can tell.
    assert.equal(gone.code, 65, `${path} deleted`);
    if (inUse.includes(path)) {
      const changed = Buffer.from(bytes);
      changed[changed.length >> 1] = (changed[changed.length >> 1] ?? 0) ^ 1;
      await writeFile(file, changed);
      const verdict = await verify(url);
      assert.equal(verdict.code, 65, `${path} changed`);
      assert.match(JSON.stringify(verdict.bad), /manifest|what was archived/);
      await rm(file);
    }
    await writeFile(file, bytes);
    await chmod(file, 0o444);
  }
  assert.equal((await verify(url)).code, 0);
  assert.match(last, /^gate\.test/);
});

void test('the URL of an archive', () => {
  const parsed = parseArchiveUrl('s3://evidence/gate-1/?lock=governance&endpoint=http://127.0.0.1:9000&close=24h');
  assert.deepEqual(parsed, {
    ok: true,
    value: {
      type: 's3',
      bucket: 'evidence',
      prefix: 'gate-1',
      lock: 'governance',
      endpoint: 'http://127.0.0.1:9000',
      region: null,
      everyMs: 300_000,
      warnMs: 3_600_000,
      closeMs: 86_400_000,
    },
  });
  for (const text of [
    'https://x/y',
    's3://',
    's3://b/p?lock=maybe',
    's3://b/p?lokc=none',
    's3://bucket/p?endpoint=http://elsewhere.example',
    's3://user:secret@bucket/p',
    's3://bucket/p?close=0s',
    's3://bucket/p?close=never',
    'file://host/dir',
    'file:///dir?lock=compliance',
  ])
    assert.equal(parseArchiveUrl(text).ok, false, text);
});
