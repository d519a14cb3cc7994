// Packs of any size are read piece by piece, and what is found wrong in them is what would be found in one go.

import assert from 'node:assert/strict';
import { generateKeyPairSync, hash } from 'node:crypto';
import { test } from 'node:test';
import { BundleThreads } from '../../src/adapters/bundle-threads/reader.ts';
import { type BundleReading, readBundle } from '../../src/audit/bundle-reading.ts';
import { encodeEntry } from '../../src/audit/entry.ts';
import { noteKey } from '../../src/audit/note.ts';
import { type PackReader, readPack } from '../../src/audit/pack-reading.ts';
import { decodePackHeader, encodePack, packHeaderBytes } from '../../src/audit/payload-pack.ts';
import { encodeBundle } from '../../src/audit/tile.ts';
import { tileWidth } from '../../src/audit/tree.ts';
import { PayloadCheck } from '../../src/audit/verify-payloads.ts';
import { RecordSense } from '../../src/audit/verify-records.ts';
import type { BadPlace, ReadOnlyFiles } from '../../src/audit/verify-sources.ts';

const key = noteKey('gate.test/log', generateKeyPairSync('ed25519').publicKey);
const entries = 12;

let seed = 20261122;
function below(limit: number): number {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return Math.floor((seed / 2 ** 32) * limit);
}

interface Logged {
  readonly seq: number;
  readonly blob: Buffer;
}

/** Some longer than a piece, some of no bytes; not every entry has one. */
function payloads(): Logged[] {
  const sizes = [0, 5, 400, 70_000, 900_000, 2_500_000];
  return Array.from({ length: entries }, (_, seq) => ({
    seq,
    blob: Buffer.alloc(sizes[below(sizes.length)] ?? 0, String(seq)),
  })).filter(() => below(8) > 0);
}

function readingOf(logged: readonly Logged[]): BundleReading {
  const bundle = encodeBundle(
    Array.from({ length: entries }, (_, seq) => {
      const blob = logged.find((each) => each.seq === seq)?.blob;
      const payload = blob && { sha256: hash('sha256', blob), bytes: blob.length, media: 'application/json' as const };
      const time = '2026-11-21T14:00:00.000Z';
      return encodeEntry({
        v: 1,
        seq,
        time,
        type: 'auth.accepted',
        session: `s_${seq % 3}`,
        ...(payload ? { payload } : {}),
      });
    }),
  );
  return readBundle(bundle, 0, entries);
}

function files(pack: Uint8Array): ReadOnlyFiles {
  return {
    read: async () => pack,
    readAt: async (_, offset, bytes) => pack.subarray(offset, offset + bytes),
    list: async () => ['000.pack'],
  };
}

/** What is wrong with a pack that is looked at in one go: of each payload, in order. */
function faultsIn(pack: Buffer, logged: readonly Logged[]): { readonly entry: number; readonly what: string }[] {
  const faults: { entry: number; what: string }[] = [];
  let position = 0;
  for (const { seq, blob } of logged) {
    const header = decodePackHeader(pack.subarray(position));
    const found = pack.subarray(position + packHeaderBytes, position + packHeaderBytes + blob.length);
    if (!header || (header.seq > seq && header.seq < tileWidth)) {
      faults.push({ entry: seq, what: 'the payload is missing' });
    } else if (header.seq !== seq) {
      return [...faults, { entry: seq, what: 'the payload is out of its place' }];
    } else if (header.blobBytes !== blob.length || !found.equals(blob)) {
      return [...faults, { entry: seq, what: 'the payload is not the one that was logged' }];
    } else {
      position += packHeaderBytes + blob.length;
    }
  }
  return faults;
}

async function check(pack: Uint8Array, logged: readonly Logged[], read: PackReader): Promise<BadPlace | number> {
  const reading = readingOf(logged);
  const payloadCheck = new PayloadCheck(files(pack), undefined, read);
  payloadCheck.foresee(reading);
  await payloadCheck.see(reading);
  const verdict = payloadCheck.verdict(new RecordSense(key));
  if (!verdict.ok) return verdict.error;
  return (await payloadCheck.checkTails([])) ?? verdict.value.sound;
}

const deeds: readonly ((pack: Buffer, logged: readonly Logged[]) => Buffer)[] = [
  (pack) => pack,
  (_, logged) => Buffer.concat(encodePack(logged.filter(() => below(3) > 0))),
  (pack) => pack.subarray(0, below(pack.length)),
  (pack) => {
    const at = below(pack.length);
    return Buffer.from(pack.with(at, (pack[at] ?? 0) ^ 1));
  },
  (_, logged) => {
    const at = below(logged.length - 1);
    return Buffer.concat(encodePack([...logged.slice(0, at), ...logged.slice(at).reverse()]));
  },
  (_, logged) => {
    const [at, seq] = [below(logged.length), below(3) * tileWidth];
    return Buffer.concat(encodePack(logged.map((each, i) => (i === at ? { ...each, seq: each.seq + seq } : each))));
  },
];

void test('piece by piece the same is found as in one go, here and in threads', async () => {
  const threads = new BundleThreads(0);
  try {
    const found = new Set<string>();
    for (let round = 0; round < 60; round++) {
      const logged = payloads();
      const whole = Buffer.concat(encodePack(logged));
      const pack = deeds[round % deeds.length]?.(whole, logged) ?? whole;
      const [fault] = faultsIn(pack, logged);
      const expected = fault ? { file: 'payloads/000.pack', ...fault } : logged.length;
      const read = round % 2 === 0 ? async (piece: Uint8Array) => readPack(piece) : threads.reader.pack;
      assert.deepEqual(await check(pack, logged, read), expected, `round ${round}`);
      found.add(fault?.what ?? 'sound');
    }
    assert.equal(found.size, 4, 'each fault was among them');
  } finally {
    await threads.close();
  }
});

void test('a pack with far more payloads than a bundle has entries is too long', async () => {
  const logged = [{ seq: 0, blob: Buffer.from('x') }];
  const more = Array.from({ length: 2 * tileWidth }, (_, i) => ({ seq: i + 1, blob: Buffer.alloc(0) }));
  const bad = await check(Buffer.concat(encodePack([...logged, ...more])), logged, async (piece) => readPack(piece));
  assert.deepEqual(bad, {
    file: 'payloads/000.pack',
    entry: null,
    what: 'it holds more than the payloads of its entries',
  });
  assert.equal(readPack(Buffer.concat(encodePack(more))).seqs.length, tileWidth);
});
