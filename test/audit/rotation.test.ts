// A new signing key: followed by verification from any key the log has had, whatever the crash, and by no other way.

import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import type { OpenedLog } from '../../src/adapters/log-files/open-log.ts';
import { openCheckpoint } from '../../src/audit/checkpoint.ts';
import { KeyChain, parseLogKeys, rotationData } from '../../src/audit/log-keys.ts';
import { formatVkey, type NoteKey, noteKey, parseVkey } from '../../src/audit/note.ts';
import { type VerifyOptions, verifyLog } from '../../src/audit/verify.ts';
import { openedLog } from '../parts/opened-log.ts';
import { MemoryDisk } from './log-storage.ts';

const by = { id: 'operator', issuer: 'local', kind: 'person' } as const;
const day = 86_400_000;
let now = Date.UTC(2026, 10, 21);
const clock = { now: () => now, after: () => () => {} };

function open(storage: MemoryDisk): Promise<OpenedLog> {
  return openedLog(storage, { clock });
}

function verify(disk: MemoryDisk, options: VerifyOptions = {}): ReturnType<typeof verifyLog> {
  return verifyLog({ log: disk.files('log'), journal: disk.files('journal') }, options);
}

async function textOf(disk: MemoryDisk, path: string): Promise<string> {
  return Buffer.from((await disk.read(path)) ?? '').toString();
}

async function keysOf(disk: MemoryDisk): Promise<readonly NoteKey[]> {
  const keys = parseLogKeys(await textOf(disk, 'log/log.vkey'));
  assert.ok(keys.ok);
  return keys.value;
}

void test('two rotations: both keys sign while they overlap, then the new one alone; every key verifies the log', async () => {
  const disk = new MemoryDisk();
  const first = await open(disk);
  await first.log.append({ type: 'heartbeat' });
  const { note: kept } = { note: (await first.log.checkpoint(), await textOf(disk, 'log/checkpoint')) };
  const born = first.log.vkey;
  const { vkey, previous, until } = await first.rotation.rotate(by, 30 * day);
  assert.equal(previous, born);
  assert.equal(until, new Date(now + 30 * day).toISOString());
  assert.equal(first.log.vkey, vkey);
  await first.log.append({ type: 'heartbeat' });
  await first.log.close();
  const [old, fresh] = await keysOf(disk);
  assert.ok(old && fresh);
  for (const key of [old, fresh]) assert.ok(openCheckpoint(await textOf(disk, 'log/checkpoint'), key).ok);

  now += 31 * day;
  const second = await open(disk);
  await second.log.append({ type: 'heartbeat' });
  await second.log.checkpoint();
  assert.equal(openCheckpoint(await textOf(disk, 'log/checkpoint'), old).ok, false, 'the overlap is over');
  assert.equal(await disk.read('log.key.previous'), undefined);
  await second.rotation.rotate(by, 0);
  await second.log.close();

  for (const key of [undefined, ...(await keysOf(disk))]) {
    const known = [{ from: 'somebody', note: kept }];
    const report = await verify(disk, key ? { key, known } : { known });
    assert.ok(report.ok, JSON.stringify(report));
    assert.equal(report.value.keys.length, 3);
    assert.equal(report.value.keys[0], born);
    assert.equal(report.value.vkey, report.value.keys[2]);
  }
  const { publicKey } = generateKeyPairSync('ed25519');
  const stranger = await verify(disk, { key: noteKey(old.name, publicKey) });
  assert.ok(!stranger.ok && stranger.error.file === 'log.vkey');
});

void test('whatever storage call a rotation dies at, the next start has one sound chain of keys', async () => {
  const run = async (disk: MemoryDisk): Promise<number> => {
    let before = 0;
    try {
      const opened = await open(disk);
      await opened.log.append({ type: 'heartbeat' });
      await opened.log.checkpoint();
      before = disk.calls;
      await opened.rotation.rotate(by, day);
      await opened.log.append({ type: 'heartbeat' });
      await opened.log.close();
    } catch {
      // It died: what follows looks at what is left.
    }
    return before;
  };
  const whole = new MemoryDisk();
  const from = await run(whole);
  assert.ok(whole.calls > from + 20);
  for (let call = from + 1; call <= whole.calls; call++) {
    for (const power of ['kept', 'lost'] as const) {
      const disk = new MemoryDisk().failAt(call, 'kill');
      await run(disk);
      const left = disk.reborn(power);
      const what = `killed at ${whole.trace[call - 1]}, ${power}`;
      const opened = await open(left).catch((error: unknown) => assert.fail(`${what}: ${String(error)}`));
      await opened.log.append({ type: 'heartbeat' });
      await opened.log.close();
      const report = await verify(left);
      assert.ok(report.ok, `${what}: ${JSON.stringify(report)}`);
      assert.equal(report.value.keys.length, (await keysOf(left)).length, what);
      assert.equal(opened.log.vkey, report.value.vkey, what);
    }
  }
});

void test('a key that the old one did not vouch for is found, and named', async () => {
  const disk = new MemoryDisk();
  const { log } = await open(disk);
  const born = parseVkey(log.vkey);
  assert.ok(born.ok);
  const signer = (name: string) => {
    const { privateKey } = generateKeyPairSync('ed25519');
    return { privateKey, key: noteKey(name, createPublicKey(privateKey)) };
  };
  const [thief, next] = [signer(born.value.name), signer(born.value.name)];
  const until = new Date(now).toISOString();
  const data = rotationData(thief, next, until);
  assert.match(new KeyChain(born.value).see({ data }) ?? '', /not the one in use/);
  const posing = { ...data, previous: formatVkey(born.value) };
  assert.match(new KeyChain(born.value).see({ data: posing }) ?? '', /not signed by both/);
  const sound = rotationData(thief, next, until);
  assert.equal(new KeyChain(thief.key).see({ data: sound }), undefined);
  assert.match(new KeyChain(thief.key).see({ data: { ...sound, until: 'later' } }) ?? '', /not signed by both/);
  await log.append({ type: 'key.rotated', data: posing });
  await log.close();
  const report = await verify(disk);
  assert.ok(!report.ok);
  assert.deepEqual([report.error.entry, report.error.what], [0, 'it is not signed by both keys']);
});
