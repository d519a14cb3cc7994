// Verification beyond the tree: the journal's tail, shredded sessions, records that refer to nothing, a log that is being
// written meanwhile, and what a person reads at the end.

import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import fc from 'fast-check';
import type { OpenedLog } from '../../src/adapters/log-files/open-log.ts';
import { decodeEntry, encodeEntry } from '../../src/audit/entry.ts';
import { encodeFrames, type Frame, frameBytes, scanJournal, segmentName } from '../../src/audit/journal-frame.ts';
import { decodePackHeader, encodePack, packHeaderBytes } from '../../src/audit/payload-pack.ts';
import { type VerifyReport, verifyLog } from '../../src/audit/verify.ts';
import type { BadPlace } from '../../src/audit/verify-sources.ts';
import { auditVerify } from '../../src/cli/audit-verify.ts';
import { canonicalJson, type Json } from '../../src/core/json.ts';
import type { Entry } from '../../src/core/record.ts';
import type { Result } from '../../src/core/result.ts';
import type { Storage } from '../../src/ports/storage.ts';
import { openedLog } from '../parts/opened-log.ts';
import { MemoryDisk } from './log-storage.ts';

const payload = { media: 'application/json', bytes: Buffer.from('{"content":"words"}') } as const;

async function open(place: string | Storage): Promise<OpenedLog['log']> {
  return (await openedLog(place)).log;
}

function verify(disk: MemoryDisk): Promise<Result<VerifyReport, BadPlace>> {
  const [log, payloads, keys, journal] = ['log', 'payloads', 'keys', 'journal'].map((name) => disk.files(name));
  assert.ok(log && payloads && keys && journal);
  return verifyLog({ log, payloads, keys, journal });
}

async function flip(disk: MemoryDisk, path: string, place: number): Promise<void> {
  const byte = (await disk.readAt(path, place, 1))?.[0] ?? 0;
  await (await disk.open(path)).write([Uint8Array.of(byte ^ 1)], place);
}

void test('a frame that later ones prove was on disk may not be damaged; the last one is a write cut short', async () => {
  const disk = new MemoryDisk();
  const log = await open(disk);
  for (let i = 0; i < 3; i++) await log.append({ type: 'auth.accepted', session: 's_1' }, payload);
  const [name = ''] = await disk.list('journal');
  const bytes = await disk.read(`journal/${name}`);
  assert.ok(bytes);
  const [first = 0, second = 0, third = 0] = scanJournal([{ file: name, bytes }], 0).frames.map((frame) => frame.bytes);
  assert.ok(bytes.length > first + second + third, 'the segment ends in zeros');
  const whole = await verify(disk);
  assert.deepEqual(whole.ok && whole.value.journal, { beyond: 3, tornBytes: 0 });

  const damaged = disk.reborn('kept');
  await flip(damaged, `journal/${name}`, first + 60);
  const found = await verify(damaged);
  assert.deepEqual(!found.ok && [found.error.file, found.error.entry], [`journal/${name}`, 1]);

  const torn = disk.reborn('kept');
  await flip(torn, `journal/${name}`, first + second + third - 1);
  const cut = await verify(torn);
  assert.deepEqual(cut.ok && cut.value.journal?.beyond, 2);
  assert.ok(cut.ok && (cut.value.journal?.tornBytes ?? 0) > third - 8);
  await log.close();
});

function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

void test('journal frames read back as they were written, whatever follows them', () => {
  const entry = (seq: number) => encodeEntry({ v: 1, seq, time: '2026-11-21T03:30:00.000Z', type: 'heartbeat' });
  const none = new Uint8Array();
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 2 ** 40 }),
      fc.array(fc.uint8Array({ maxLength: 90 }), { minLength: 1, maxLength: 6 }),
      fc.nat(600),
      (from, keys, zeros) => {
        const frames = keys.map(
          (wrappedKey, i): Frame => ({ seq: from + i, durable: from, entry: entry(from + i), wrappedKey, blob: none }),
        );
        const bytes = Buffer.concat([...encodeFrames(frames), new Uint8Array(zeros)]);
        const [first] = frames;
        const end = first ? frameBytes(first) : 0;
        assert.equal(bytes.readUInt32BE(4), crc32c(bytes.subarray(8, end)), 'bit by bit, as RFC 3720 has it');
        const scan = scanJournal([{ file: segmentName(from), bytes }], from);
        assert.deepEqual([scan.torn, scan.bad], [null, null]);
        assert.deepEqual(
          scan.frames.map(({ seq, durable, wrappedKey }) => [seq, durable, Buffer.from(wrappedKey)]),
          frames.map(({ seq, durable, wrappedKey }) => [seq, durable, Buffer.from(wrappedKey)]),
        );
      },
    ),
  );
});

void test('canonical JSON is what JSON.stringify says of it, with the keys in order', () => {
  const print = (value: Json): string => {
    if (Array.isArray(value)) return `[${value.map(print).join(',')}]`;
    if (typeof value !== 'object' || value === null) return JSON.stringify(value);
    const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${members.map(([key, each]) => `${JSON.stringify(key)}:${print(each)}`).join(',')}}`;
  };
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary', maxDepth: 3 }), (value) => {
      assert.equal(canonicalJson(value as Json), print(value as Json));
    }),
  );
  assert.throws(() => canonicalJson({ ['\ud800']: 1 }), TypeError);
  assert.equal(decodeEntry(Buffer.from('{"v":1, "seq":0}')).ok, false);
  const whole: Entry = {
    v: 1,
    seq: 1,
    time: '2026-11-30T03:30:00.000Z',
    type: 'request',
    session: 's_1',
    request: 'r_1',
    approval: 'a_1',
    parent: { session: 's_0', request: 'r_0' },
    subject: { id: 'ana', issuer: 'https://idp.test', kind: 'person', agent: 'é "x"' },
    connection: 'ehr',
    data: { z: 1, a: [{ c: 1, b: null }] },
    payload: { sha256: 'a'.repeat(64), bytes: 3, media: 'application/json' },
  };
  assert.equal(Buffer.from(encodeEntry(whole)).toString(), canonicalJson({ ...whole }));
  assert.deepEqual(decodeEntry(encodeEntry(whole)), { ok: true, value: whole });
  for (const time of ['2026-02-29', '2026-04-31', '2026-13-01', '2026-00-10', '2026-01-32'])
    assert.equal(decodeEntry(encodeEntry({ ...whole, time: `${time}T00:00:00.000Z` })).ok, false, time);
});

void test('a shredded session: its payloads are gone, the log stands, and the others can still be read', async () => {
  const disk = new MemoryDisk();
  const log = await open(disk);
  for (const session of ['s_1', 's_2']) {
    await log.append({ type: 'auth.accepted', session }, payload);
    await log.append({ type: 'session.end', session });
  }
  await log.checkpoint();
  const remove = async (on: MemoryDisk) => {
    for (const name of await on.list('keys')) if (name.startsWith('s_1.')) await on.remove(`keys/${name}`);
  };
  const destroyed = disk.reborn('kept');
  await remove(destroyed);
  const without = await verify(destroyed);
  assert.match((!without.ok && without.error.file) || '', /^keys\/s_1\./, 'without a record of it, it is damage');

  await log.append({ type: 'retention.shredded', session: 's_1' });
  await remove(disk);
  const found = [];
  for await (const entry of log.reader.entries(0, 3)) if (entry.payload) found.push(await log.reader.payload(entry));
  assert.equal(found[0], null);
  assert.deepEqual(Buffer.from(found[1]?.bytes ?? []), payload.bytes);
  await log.close();
  assert.equal((await verify(disk)).ok, true);

  const blob = await disk.read('payloads/000.pack');
  const pack = await disk.open('payloads/000.pack');
  await pack.truncate(0);
  await pack.write([(blob ?? new Uint8Array()).subarray((blob?.length ?? 0) / 2)], 0);
  const result = await verify(disk);
  assert.deepEqual(result.ok ? result.value.payloads : result.error, { sound: 1, shredded: 1 });
});

for (const type of ['response', 'request.end', 'outcome_unknown'] as const)
  void test(`a ${type} of a request that was never recorded is named`, async () => {
    const disk = new MemoryDisk();
    const log = await open(disk);
    await log.append({ type: 'request', request: 'r_1' });
    await log.append({ type, request: 'r_1' });
    await log.checkpoint();
    assert.equal((await verify(disk)).ok, true);
    await log.append({ type, request: 'r_2' });
    await log.close();
    const result = await verify(disk);
    assert.deepEqual(!result.ok && [result.error.entry, result.error.what], [
      2,
      `this ${type} refers to a request that was never recorded`,
    ]);
  });

void test('a log that is being written verifies meanwhile, and says so in words', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'chartgate-busy-'));
  try {
    const log = await open(directory);
    let writing = true;
    const writers = Array.from({ length: 8 }, async (_, i) => {
      for (; writing; await wait(2)) await log.append({ type: 'auth.accepted', session: `s_${i}` }, payload);
    });
    const integrating = (async () => {
      for (; writing; await wait(10)) await log.checkpoint();
    })();
    try {
      for (let round = 0; round < 8; round++) {
        const lines: string[] = [];
        const args = { dir: directory, checkpoints: [], json: false, home: null };
        assert.equal(await auditVerify(args, (line) => lines.push(line)), 0, lines.join('\n'));
        assert.equal(lines[0], 'The log is intact.');
        assert.ok(lines.some((line) => /^ {2}origin {4}gate\.test\/chartgate\//.test(line)));
      }
    } finally {
      writing = false;
      await Promise.all([...writers, integrating]);
      await log.close();
    }
    const lines: string[] = [];
    await rm(join(directory, 'log', 'tile', 'entries'), { recursive: true });
    const args = { dir: directory, checkpoints: [], json: false, home: null };
    assert.equal(await auditVerify(args, (line) => lines.push(line)), 65);
    assert.match(
      lines[0] ?? '',
      /^The log is NOT intact: tile\/entries\/000\S*, entry 0: the entry bundle is missing\.$/,
    );
  } finally {
    await rm(directory, { recursive: true });
  }
});

void test('payloads of a pack read back in their places, and only small ones are copied', () => {
  const sizes = fc.array(fc.constantFrom(0, 1, 16_383, 16_384, 70_000), { maxLength: 6 });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 40 }), sizes, (from, lengths) => {
      const payloads = lengths.map((length, i) => ({ seq: from + i, blob: new Uint8Array(length).fill(i + 1) }));
      const pieces = encodePack(payloads);
      for (const { blob } of payloads) assert.equal(pieces.includes(blob), blob.length >= 16_384);
      assert.ok(pieces.every((piece) => piece.length > 0));
      const bytes = Buffer.concat(pieces);
      let at = 0;
      for (const { seq, blob } of payloads) {
        assert.deepEqual(decodePackHeader(bytes.subarray(at)), { seq, blobBytes: blob.length });
        at += packHeaderBytes;
        assert.deepEqual(new Uint8Array(bytes.subarray(at, at + blob.length)), blob);
        at += blob.length;
      }
      assert.equal(at, bytes.length);
    }),
    { numRuns: 60 },
  );
});

void test('a frame with a large payload reads back among small ones', () => {
  const frames = [10, 20_000, 300].map((length, i): Frame => {
    const blob = new Uint8Array(length).fill(i);
    const payload = { sha256: hash('sha256', blob), bytes: length, media: 'application/json' } as const;
    const entry = encodeEntry({ v: 1, seq: i, time: '2026-11-21T03:30:00.000Z', type: 'request', payload });
    return { seq: i, durable: 0, entry, wrappedKey: new Uint8Array(i), blob };
  });
  const bytes = Buffer.concat(encodeFrames(frames));
  assert.equal(
    bytes.length,
    frames.map(frameBytes).reduce((sum, each) => sum + each),
  );
  const scan = scanJournal([{ file: segmentName(0), bytes }], 0);
  assert.deepEqual([scan.torn, scan.bad], [null, null]);
  assert.deepEqual(
    scan.frames.map(({ blob }) => new Uint8Array(blob)),
    frames.map(({ blob }) => blob),
  );
});
