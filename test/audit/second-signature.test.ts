// The second signature, ML-DSA-44: ignored by who does not know it, demanded by who has read the entries, renewed with every
// rotation, whatever the crash.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OpenedLog } from '../../src/adapters/log-files/open-log.ts';
import { SecondKey } from '../../src/adapters/log-files/second-key.ts';
import { openCheckpoint } from '../../src/audit/checkpoint.ts';
import { parseNote, parseVkey } from '../../src/audit/note.ts';
import { type VerifyReport, verifyLog } from '../../src/audit/verify.ts';
import type { BadPlace } from '../../src/audit/verify-sources.ts';
import type { Result } from '../../src/core/result.ts';
import { openedLog } from '../parts/opened-log.ts';
import { MemoryDisk } from './log-storage.ts';

const skip = SecondKey.isOffered() ? false : 'this Node has no ML-DSA-44';
const by = { id: 'operator', issuer: 'local', kind: 'person' } as const;
const clock = { now: () => Date.UTC(2026, 10, 21), after: () => () => {} };

function open(storage: MemoryDisk, secondSignature = true): Promise<OpenedLog> {
  return openedLog(storage, { clock, secondSignature });
}

const verify = (disk: MemoryDisk): Promise<Result<VerifyReport, BadPlace>> =>
  verifyLog({ log: disk.files('log'), journal: disk.files('journal') });

async function sound(disk: MemoryDisk): Promise<VerifyReport> {
  const report = await verify(disk);
  assert.ok(report.ok, JSON.stringify(report));
  return report.value;
}

async function noteOf(disk: MemoryDisk): Promise<string> {
  return Buffer.from((await disk.read('log/checkpoint')) ?? '').toString();
}

async function replaceNote(disk: MemoryDisk, note: string): Promise<void> {
  const file = await disk.open('log/checkpoint');
  await file.truncate(0);
  await file.write([Buffer.from(note)], 0);
}

void test('both sign; who knows one key only is content with it', { skip }, async () => {
  const disk = new MemoryDisk();
  const { log } = await open(disk);
  await log.append({ type: 'heartbeat' });
  await log.close();
  const { secondKey, vkey, types } = await sound(disk);
  assert.equal(types['key.added'], 1);
  for (const each of [vkey, secondKey ?? '']) {
    const key = parseVkey(each);
    assert.ok(key.ok && openCheckpoint(await noteOf(disk), key.value).ok);
  }
  const signatures = parseNote(await noteOf(disk));
  assert.deepEqual(signatures.ok && signatures.value.signatures.map(({ bytes }) => bytes.length), [64, 8 + 2420]);
  // Asked for once: another start adds no other, and one that no longer asks takes nothing back.
  await (await open(disk)).log.close();
  await (await open(disk, false)).log.close();
  assert.equal((await sound(disk)).secondKey, secondKey);
});

void test('a signature that was stripped, changed, or made by another key is found and named', { skip }, async () => {
  const disk = new MemoryDisk();
  const { log } = await open(disk);
  await log.append({ type: 'heartbeat' });
  await log.close();
  const note = await noteOf(disk);
  const [text = '', lines = ''] = note.split('\n\n');
  const [first = '', second = ''] = lines.split('\n');
  const strip = `${text}\n\n${first}\n`;
  const at = second.length - 40;
  const changed = `${text}\n\n${first}\n${second.slice(0, at)}${second[at] === 'A' ? 'B' : 'A'}${second.slice(at + 1)}\n`;
  const other = new MemoryDisk();
  await (await open(other)).log.close();
  const foreign = `${text}\n\n${first}\n${(await noteOf(other)).trimEnd().split('\n').at(-1)}\n`;
  for (const forged of [strip, changed, foreign]) {
    await replaceNote(disk, forged);
    const report = await verify(disk);
    assert.ok(!report.ok && report.error.file === 'checkpoint', JSON.stringify(report));
    assert.match(report.error.what, /ML-DSA-44 signature, which the entries say it has, is missing or not valid/);
  }
  await replaceNote(disk, note);
  await sound(disk);
});

void test('a rotation renews both keys, and whatever storage call it dies at, one sound chain is left', {
  skip,
}, async () => {
  const run = async (disk: MemoryDisk): Promise<void> => {
    const { log, rotation } = await open(disk);
    await log.append({ type: 'heartbeat' });
    await rotation.rotate(by, 1000);
    await log.append({ type: 'heartbeat' });
    await log.close();
  };
  const whole = new MemoryDisk();
  await run(whole);
  const report = await sound(whole);
  assert.deepEqual([report.types['key.added'], report.types['key.rotated'], report.keys.length], [2, 1, 2]);
  for (let call = 1; call <= whole.calls; call += 12) {
    const disk = new MemoryDisk().failAt(call, 'kill');
    await run(disk).catch(() => {});
    const reborn = disk.reborn(call % 24 < 12 ? 'lost' : 'kept');
    await run(reborn);
    const after = await sound(reborn);
    assert.notEqual(after.secondKey, null, `killed at call ${call} (${disk.trace[call - 1]})`);
  }
});
