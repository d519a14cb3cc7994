// The tamper table: what can be done to each part of a log, and where verification says it was done. Printed with --test-reporter=spec;
// docs/reference/log-format.md has it for readers.

import assert from 'node:assert/strict';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { before, test } from 'node:test';
import type { OpenedLog } from '../../src/adapters/log-files/open-log.ts';
import { formatManifest, manifestPath, parseManifest, pinOf } from '../../src/audit/archive-manifest.ts';
import { signCheckpoint } from '../../src/audit/checkpoint.ts';
import { decodeEntry, encodeEntry } from '../../src/audit/entry.ts';
import { scanJournal } from '../../src/audit/journal-frame.ts';
import { formatVkey, noteKey, parseNote, parseVkey, signNote } from '../../src/audit/note.ts';
import { decodePackHeader, packHeaderBytes } from '../../src/audit/payload-pack.ts';
import { decodeBundle, encodeBundle, encodeHashes, tilePath } from '../../src/audit/tile.ts';
import { leafHash, type Tile, TreeEdge, tileWidth } from '../../src/audit/tree.ts';
import { type KnownCheckpoint, verifyLog } from '../../src/audit/verify.ts';
import { type ArchiveFiles, ChangedVersion, openArchivedLog } from '../../src/audit/verify-archive.ts';
import type { BadPlace } from '../../src/audit/verify-sources.ts';
import type { Entry } from '../../src/core/record.ts';
import { ok } from '../../src/core/result.ts';
import { createArchiveDesk } from '../../src/gateway/archive-desk.ts';
import type { Archive } from '../../src/ports/archive.ts';
import { openedLog } from '../parts/opened-log.ts';
import { MemoryDisk } from './log-storage.ts';

let now = Date.UTC(2026, 10, 21);
const clock = { now: () => now++, after: () => () => {} };
const payload = { media: 'application/json', bytes: Buffer.from('{"content":"words"}') } as const;
/** Where most is done: entry and place of it in its file. */
const place = 17;
const inTree = 300;

let state = new MemoryDisk();
let older = new MemoryDisk();
let forked = new MemoryDisk();

before(async () => {
  await write(state, 0, 280);
  older = state.reborn('kept');
  forked = state.reborn('kept');
  await write(state, 280, inTree);
  await write(forked, 500, 520);
  // And ten that are in the journal only, each acknowledged before the next was written.
  const log = await open(state);
  for (let i = 0; i < 10; i++) await log.append(record(inTree + i), payload);
  state = state.reborn('kept');
});

const record = (n: number) => ({ type: 'auth.accepted', session: `s_${n % 2}`, data: { n } }) as const;

async function open(storage: MemoryDisk): Promise<OpenedLog['log']> {
  return (await openAll(storage)).log;
}

function openAll(storage: MemoryDisk): Promise<OpenedLog> {
  return openedLog(storage, { clock });
}

async function write(disk: MemoryDisk, from: number, to: number): Promise<void> {
  const log = await open(disk);
  await Promise.all(Array.from({ length: to - from }, (_, i) => log.append(record(from + i), payload)));
  await log.close();
}

async function verdictOf(disk: MemoryDisk, kept: readonly KnownCheckpoint[] = []): Promise<BadPlace | null> {
  const files = (root: string) => disk.files(root);
  const latest = await disk.read('checkpoint.latest');
  const known = latest ? [...kept, { from: 'the gate', note: Buffer.from(latest).toString() }] : kept;
  const sources = { log: files('log'), payloads: files('payloads'), keys: files('keys'), journal: files('journal') };
  const result = await verifyLog(sources, { known });
  return result.ok ? null : result.error;
}

async function bytesOf(disk: MemoryDisk, path: string): Promise<Uint8Array> {
  const bytes = await disk.read(path);
  assert.ok(bytes, path);
  return bytes;
}

async function put(disk: MemoryDisk, path: string, bytes: Uint8Array): Promise<void> {
  const file = await disk.open(path);
  await file.truncate(0);
  await file.write([bytes], 0);
}

type Parts = (bytes: Uint8Array) => Uint8Array[];

/** The last journal segment, frame by frame. */
const frames: Parts = (bytes) => {
  const { frames: all } = scanJournal([{ file: journal.slice('journal/'.length), bytes }], inTree);
  let at = 0;
  return all.map((frame) => bytes.subarray(at, (at += frame.bytes)));
};
const entries: Parts = (bytes) => decodeBundle(bytes).entries.map((entry) => encodeBundle([entry]));
const hashes: Parts = (bytes) =>
  Array.from({ length: bytes.length / 32 }, (_, i) => bytes.subarray(32 * i, 32 * i + 32));
const blobs: Parts = (bytes) => {
  const all: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + packHeaderBytes + (decodePackHeader(bytes.subarray(at))?.blobBytes ?? 0);
    all.push(bytes.subarray(at, end));
    at = end;
  }
  return all;
};

const flip = (bytes: Uint8Array, at = bytes.length >> 1): Uint8Array => bytes.with(at, (bytes[at] ?? 0) ^ 1);
const operations: Readonly<Record<string, (parts: Uint8Array[], at: number) => Uint8Array[]>> = {
  flip: (parts, at) => parts.with(at, flip(parts[at] ?? new Uint8Array())),
  drop: (parts, at) => parts.toSpliced(at, 1),
  duplicate: (parts, at) => parts.toSpliced(at, 0, parts[at] ?? new Uint8Array()),
  swap: (parts, at) => {
    const [one, two] = parts.slice(at, at + 2);
    return one && two ? parts.toSpliced(at, 2, two, one) : parts;
  },
  truncate: (parts, at) => [...parts.slice(0, at), (parts[at] ?? new Uint8Array()).subarray(0, 20)],
};

const journal = `journal/${String(inTree).padStart(16, '0')}.journal`;
const rows: { part: string; deed: string; at: string }[] = [];

async function found(
  part: string,
  deed: string,
  act: (disk: MemoryDisk) => Promise<unknown>,
  expected: { file: RegExp; entry?: number; what?: RegExp },
  kept: readonly KnownCheckpoint[] = [],
): Promise<void> {
  const disk = state.reborn('kept');
  await act(disk);
  const bad = await verdictOf(disk, kept);
  assert.ok(bad, `${deed} of ${part} is found`);
  const said = `${deed} of ${part}: ${JSON.stringify(bad)}`;
  assert.match(bad.file, expected.file, said);
  if (expected.entry !== undefined) assert.equal(bad.entry, expected.entry, said);
  if (expected.what) assert.match(bad.what, expected.what, said);
  rows.push({ part, deed, at: `${bad.file}${bad.entry === null ? '' : `, entry ${bad.entry}`}: ${bad.what}` });
}

void test('as it was written it is sound', async () => {
  assert.equal(await verdictOf(state), null);
});

void test('journal, entries, hashes, payloads: each part flipped, dropped, doubled, swapped, cut off', async () => {
  const places: readonly [string, string, Parts, number, RegExp, number][] = [
    ['journal', journal, frames, 4, /^journal\//, inTree + 4],
    ['entry bundle', 'log/tile/entries/000', entries, place, /^tile\/entries\/000$/, place],
    ['hash tile', 'log/tile/0/000', hashes, place, /^tile\/0\/000$/, place],
    ['payload pack', 'payloads/000.pack', blobs, place, /^payloads\/000\.pack$/, place],
  ];
  for (const [part, path, parts, at, file, entry] of places) {
    for (const [deed, operate] of Object.entries(operations)) {
      // A journal that ends early is what a crash leaves: beyond the checkpoint nobody has signed what was there.
      if (part === 'journal' && deed === 'truncate') continue;
      // Of two equals the second is one too many.
      const wrong = deed === 'duplicate' ? entry + 1 : entry;
      const act = async (disk: MemoryDisk) =>
        put(disk, path, Buffer.concat(operate(parts(await bytesOf(disk, path)), at)));
      await found(part, deed, act, { file, entry: wrong });
    }
    if (part !== 'journal') await found(part, 'remove', (disk) => disk.remove(path), { file });
  }
});

void test('checkpoint and keys: changed, removed, signed by another, rolled back, forked', async () => {
  const checkpoint = 'log/checkpoint';
  const edit = (path: string, change: (bytes: Uint8Array) => Uint8Array) => async (disk: MemoryDisk) =>
    put(disk, path, change(await bytesOf(disk, path)));
  const at = { file: /^checkpoint$/ };
  for (const byte of [3, 40, 60, -20])
    await found(
      'checkpoint',
      'flip',
      edit(checkpoint, (bytes) => flip(bytes, byte < 0 ? bytes.length + byte : byte)),
      at,
    );
  await found(
    'checkpoint',
    'truncate',
    edit(checkpoint, (bytes) => bytes.subarray(0, 60)),
    at,
  );
  await found('checkpoint', 'remove', (disk) => disk.remove(checkpoint), at);
  await found(
    'checkpoint',
    'drop the signature',
    edit(checkpoint, (bytes) => Buffer.from(`${Buffer.from(bytes).toString().split('\n\n')[0]}\n\n`)),
    at,
  );
  await found('checkpoint', 're-sign', edit(checkpoint, signedByAnother), {
    ...at,
    what: /not signed by a key of this log/,
  });
  const rolledBack = { file: /^checkpoint$/, what: /rolled back/ };
  await found(
    'checkpoint',
    'roll back',
    async (disk) => put(disk, checkpoint, await bytesOf(older, checkpoint)),
    rolledBack,
  );
  await found('log', 'roll back', (disk) => copyLog(older, disk), rolledBack);
  const kept = [{ from: 'an auditor', note: Buffer.from(await bytesOf(state, checkpoint)).toString() }];
  const withLatest = async (from: MemoryDisk, disk: MemoryDisk) => {
    await copyLog(from, disk);
    await put(disk, 'checkpoint.latest', await bytesOf(from, 'checkpoint.latest'));
  };
  await found('state directory', 'roll back', (disk) => withLatest(older, disk), rolledBack, kept);
  const fork = { file: /^checkpoint$/, what: /forked or rewritten/ };
  await found('state directory', 'fork', (disk) => withLatest(forked, disk), fork, kept);

  const [one = '', other = ''] = await state.list('keys');
  const key = { file: /^keys\/s_\d\./ };
  await found('wrapped key', 'flip', edit(`keys/${one}`, flip), key);
  await found(
    'wrapped key',
    'truncate',
    edit(`keys/${one}`, (bytes) => bytes.subarray(0, 9)),
    key,
  );
  await found('wrapped key', 'remove', (disk) => disk.remove(`keys/${one}`), key);
  await found('log.vkey', 'flip', edit('log/log.vkey', flip), { file: /^log\.vkey$/ });
  await found('log.vkey', 'remove', (disk) => disk.remove('log/log.vkey'), { file: /^log\.vkey$/ });
  // Two sound keys that have traded places tell only whoever has the KEK; and whoever reads with it is told.
  const swapped = state.reborn('kept');
  const [first, second] = [await bytesOf(swapped, `keys/${one}`), await bytesOf(swapped, `keys/${other}`)];
  await put(swapped, `keys/${one}`, second);
  await put(swapped, `keys/${other}`, first);
  const log = await open(swapped);
  for await (const entry of log.reader.entries(0, 1))
    await assert.rejects(log.reader.payload(entry), /entry 0 cannot be decrypted/);
  rows.push({ part: 'wrapped key', deed: 'swap', at: 'when it is read: the payload of entry 0 cannot be decrypted' });
});

void test('whoever holds the signing key: history rewritten, the clock set back', async () => {
  const kept = [{ from: 'an auditor', note: Buffer.from(await bytesOf(state, 'log/checkpoint')).toString() }];
  const n = place;
  await found(
    'log',
    'rewrite and re-sign',
    (disk) => rewrite(disk, (entry) => (entry.seq === n ? { ...entry, data: { n: 99 } } : entry)),
    {
      file: /^checkpoint$/,
      what: /forked or rewritten/,
    },
    kept,
  );
  await found(
    'log',
    'clock back, re-signed',
    (disk) => rewrite(disk, (entry) => (entry.seq === n ? { ...entry, time: '2020-01-01T00:00:00.000Z' } : entry)),
    {
      file: /^tile\/entries\/000$/,
      entry: n,
      what: /time is before/,
    },
  );
});

void test('another writing of the same: names, hex, lines', async () => {
  const edit = (path: string, change: (text: string) => string) => async (disk: MemoryDisk) =>
    put(disk, path, Buffer.from(change(Buffer.from(await bytesOf(disk, path)).toString('latin1')), 'latin1'));
  const add = (path: string, from: string) => async (disk: MemoryDisk) => {
    for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1))
      await disk.makeDirectory(path.slice(0, at)).catch(() => {});
    await put(disk, path, await bytesOf(disk, from));
  };
  const tile = 'log/tile/0/000';
  for (const path of ['tile/0/x000', 'tile/0/x000/000', 'tile/0/000.p/256', 'tile/0/000.p/010', 'tile/00/000', 'x'])
    await found('log', `another name of a tile: ${path}`, add(`log/${path}`, tile), {
      file: new RegExp(`^${path}$`),
      what: /nothing of that name/,
    });
  await found('log', 'a tile beyond the checkpoint', add('log/tile/0/005', tile), { file: /^tile\/0\/005$/ });
  await found('payload pack', 'a pack of no entry', add('payloads/005.pack', 'payloads/000.pack'), {
    file: /^payloads\/005\.pack$/,
  });
  await found('journal', 'a file of another name', add('journal/note.txt', tile), { file: /^journal\/note\.txt$/ });
  const vkey = { file: /^log\.vkey$/ };
  await found(
    'log.vkey',
    'upper-case hex',
    edit('log/log.vkey', (text) =>
      text.replace(/\+[0-9a-f]{8}\+/, (id) => (id.toUpperCase() === id ? '+0badF00d+' : id.toUpperCase())),
    ),
    vkey,
  );
  await found(
    'log.vkey',
    'line ends of another system',
    edit('log/log.vkey', (text) => text.replaceAll('\n', '\r\n')),
    vkey,
  );
  await found(
    'log.vkey',
    'a key more',
    edit(
      'log/log.vkey',
      (text) => text + formatVkey(noteKey('gate.test/chartgate/x', generateKeyPairSync('ed25519').publicKey)) + '\n',
    ),
    vkey,
  );
  const note = { file: /^checkpoint$/ };
  await found(
    'checkpoint',
    'line ends of another system',
    edit('log/checkpoint', (text) => text.replaceAll('\n', '\r\n')),
    note,
  );
  await found(
    'checkpoint',
    'twice over',
    edit('log/checkpoint', (text) => text + text),
    note,
  );
  await found(
    'checkpoint',
    'a line more in it',
    edit('log/checkpoint', (text) => text.replace('\n\n', '\nmore\n\n')),
    note,
  );
  await found(
    'checkpoint',
    'its size with a zero before it',
    edit('log/checkpoint', (text) => text.replace('\n', '\n0')),
    note,
  );
  await found(
    'log',
    'upper-case hex of a digest, re-signed',
    (disk) =>
      rewrite(disk, (entry) =>
        entry.seq === place && entry.payload
          ? { ...entry, payload: { ...entry.payload, sha256: entry.payload.sha256.toUpperCase() } }
          : entry,
      ),
    { file: /^tile\/entries\/000$/, entry: place },
  );
});

void test('a story that cannot be: an outcome that a crash took along, an approval used twice or never given', async () => {
  const judged = async (part: string, deed: string, disk: MemoryDisk, entry: number, what: RegExp): Promise<void> => {
    const bad = await verdictOf(disk);
    assert.ok(bad, `${deed} is found`);
    assert.equal(bad.entry, entry, JSON.stringify(bad));
    assert.match(bad.what, what);
    assert.ok(await disk.read(`log/${bad.file}`), `${bad.file} is there`);
    rows.push({ part, deed, at: `${bad.file}, entry ${bad.entry}: ${bad.what}` });
  };
  const crashed = new MemoryDisk();
  const log = await open(crashed);
  await log.append({ type: 'request', session: 's_1', request: 'r_1' }, payload);
  await log.checkpoint();
  for (const honest of [true, false]) {
    const disk = crashed.reborn('kept');
    const text = Buffer.from(await bytesOf(disk, 'open-requests.json')).toString();
    if (!honest) await put(disk, 'open-requests.json', Buffer.from(text.replace('"r_1":"s_1"', '')));
    const again = await open(disk);
    await again.append({ type: 'node.start', data: {} });
    await again.close();
    if (honest) assert.equal(await verdictOf(disk), null, 'the outcome is unknown, on record');
    else await judged('open-requests.json', 'drop a request before a crash is mended', disk, 0, /has no end/);
  }
  const used = { type: 'approval.used', approval: 'a_1', session: 's_1' } as const;
  const decided = {
    type: 'approval.decided',
    approval: 'a_1',
    data: { effect: 'approve', status: 'approved' },
  } as const;
  const stories = [
    ['an approval used twice', [decided, used, used], 2, /used before, at entry 1/],
    ['an approval nobody gave', [{ ...decided, data: { effect: 'deny', status: 'denied' } }, used], 1, /nobody gave/],
  ] as const;
  for (const [deed, records, entry, what] of stories) {
    const disk = new MemoryDisk();
    const each = await open(disk);
    for (const one of records) await each.append(one);
    await each.close();
    await judged('store.db', deed, disk, entry, what);
  }
  const grant = new MemoryDisk();
  const each = await open(grant);
  for (const one of [{ ...decided, data: { ...decided.data, until: '2026-12-01T00:00:00Z' } }, used, used])
    await each.append(one);
  await each.close();
  assert.equal(await verdictOf(grant), null, 'a grant is used until its time is over');
});

void test('archive manifests: each changed, removed, doubled, traded, re-signed, rolled back, forked', async () => {
  const archive = new MemoryArchive();
  const other = new MemoryArchive();
  for (const place of [archive, other]) {
    const { log, archiveSource: source } = await openAll(new MemoryDisk());
    const everyMs = 60_000;
    const desk = createArchiveDesk({
      clock,
      log,
      reader: log.reader,
      source,
      archive: place.asArchive(),
      retainMs: 1,
      everyMs,
      onState,
    });
    for (let cut = 0; cut < 3; cut++) {
      await log.append(record(cut), payload);
      assert.ok((await desk.cut()).ok);
    }
    await log.close();
  }
  const look = async (place: MemoryArchive, kept: readonly KnownCheckpoint[] = []): Promise<BadPlace | null> => {
    const opened = await openArchivedLog(place);
    const result = opened.ok ? await verifyLog(opened.value.sources, { known: kept }) : opened;
    return result.ok ? null : result.error;
  };
  assert.equal(await look(archive), null);
  const newest = archive.checkpoint();
  const [zero, one, two] = [manifestPath(0), manifestPath(1), manifestPath(2)];
  const bytes = (path: string): Uint8Array => archive.objects.get(path) ?? new Uint8Array();
  const sealed = (path: string): Uint8Array => other.objects.get(path) ?? new Uint8Array();
  const onTop = manifestPath(3);
  const deeds: readonly [string, (copy: MemoryArchive) => unknown, RegExp][] = [
    ['flip', (copy) => copy.objects.set(one, flip(bytes(one))), /000001$/],
    ['truncate', (copy) => copy.objects.set(two, bytes(two).subarray(0, 90)), /000002$/],
    ['drop', (copy) => copy.objects.delete(one), /000001$/],
    ['duplicate', (copy) => copy.objects.set(manifestPath(3), bytes(two)), /000003$/],
    ['swap', (copy) => copy.objects.set(zero, bytes(one)).set(one, bytes(zero)), /000001$/],
    ['re-sign', (copy) => copy.objects.set(two, signedByAnother(bytes(two))), /000002$/],
    ['another log’s', (copy) => copy.objects.set(two, sealed(two)), /000002$/],
    ['continue with another log', (copy) => continueWithAnother(copy), new RegExp(`^${onTop}$`)],
    ['flip an object', (copy) => copy.objects.set(pinned, flip(bytes(pinned))), new RegExp(pinned)],
    ['drop an object', (copy) => copy.objects.delete(pinned), new RegExp(pinned)],
  ];
  for (const [deed, act, file] of deeds) {
    const copy = archive.copy();
    act(copy);
    const bad = await look(copy).catch((error: unknown) => {
      assert.ok(error instanceof ChangedVersion);
      return { file: error.path, entry: null, what: error.message };
    });
    assert.ok(bad, `${deed} of an archive manifest is found`);
    assert.match(bad.file, file, `${deed}: ${JSON.stringify(bad)}`);
    rows.push({ part: 'archive manifest', deed, at: `${bad.file}: ${bad.what}` });
  }
  const kept = [{ from: 'an auditor', note: newest }];
  const back = archive.copy();
  back.objects.delete(two);
  const rolledBack = await look(back, kept);
  assert.match(rolledBack?.what ?? '', /rolled back/);
  const forkedOff = await look(other, kept);
  assert.match(forkedOff?.what ?? '', /does not belong to this log/);
  rows.push({ part: 'archive', deed: 'roll back', at: rolledBack?.what ?? '' });
  rows.push({ part: 'archive', deed: 'replaced by another log’s', at: forkedOff?.what ?? '' });
});

/** The entries as of the last cut: three of ours, two of what archiving said of itself. */
const pinned = 'log/tile/entries/000.p/5';
const onState = (): void => {};

/** What was put there last, by path: of each there is one version. */
class MemoryArchive implements ArchiveFiles {
  objects = new Map<string, Uint8Array>();

  async get(path: string): Promise<Uint8Array | undefined> {
    return this.objects.get(path);
  }

  async versions(): ReturnType<ArchiveFiles['versions']> {
    return [...this.objects.keys()].map((path) => ({ path, version: '1', deletion: false }));
  }

  asArchive(): Archive {
    return {
      place: 'memory',
      put: async (path, bytes) => {
        this.objects.set(path, bytes);
        return ok('1');
      },
      get: async (path) => ok(this.objects.get(path)),
      versions: async (prefix) => ok((await this.versions()).filter(({ path }) => path.startsWith(prefix))),
    };
  }

  copy(): MemoryArchive {
    const copy = new MemoryArchive();
    copy.objects = new Map(this.objects);
    return copy;
  }

  checkpoint(): string {
    const paths = [...this.objects.keys()].filter((each) => each.startsWith('checkpoints/'));
    return Buffer.from(this.objects.get(paths.sort().at(-1) ?? '') ?? new Uint8Array()).toString();
  }
}

/** One more manifest, in good form, by who may put something there and has no key of the log: theirs is put there too. */
function continueWithAnother(archive: MemoryArchive): void {
  const last = archive.objects.get(manifestPath(2)) ?? new Uint8Array();
  const manifest = parseManifest(Buffer.from(last).toString());
  assert.ok(manifest.ok);
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const key = noteKey(manifest.value.origin, publicKey);
  const checkpoint = { origin: key.name, size: 0, root: new TreeEdge().root() };
  const own = (path: string, text: string) => {
    archive.objects.set(path, Buffer.from(text));
    return pinOf(path, '1', Buffer.from(text));
  };
  const next = {
    number: 3,
    origin: key.name,
    size: manifest.value.size,
    previous: pinOf(manifestPath(2), '1', last),
    checkpoint: own('checkpoints/theirs', signCheckpoint(checkpoint, [{ key, privateKey }])),
    keys: own('keys/theirs', `${formatVkey(key)}\n`),
    objects: [],
  };
  own(manifestPath(3), signNote(formatManifest(next), [{ key, privateKey }]));
}

/** The same text, by a key of somebody else's that has the log's name. */
function signedByAnother(note: Uint8Array): Uint8Array {
  const parsed = parseNote(Buffer.from(note).toString());
  assert.ok(parsed.ok);
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const key = noteKey(parsed.value.signatures[0]?.name ?? '', publicKey);
  return Buffer.from(signNote(parsed.value.text, [{ key, privateKey }]));
}

void test('the table', (t) => {
  assert.ok(rows.length > 35);
  for (const { part, deed, at } of rows) t.diagnostic(`${part} | ${deed} | ${at}`);
});

async function copyLog(from: MemoryDisk, to: MemoryDisk): Promise<void> {
  for (const path of await to.files('log').list()) await to.remove(`log/${path}`);
  for (const path of await from.files('log').list()) {
    const parent = `log/${path}`.slice(0, `log/${path}`.lastIndexOf('/'));
    for (let at = parent.indexOf('/'); at !== -1; at = parent.indexOf('/', at + 1))
      await to.makeDirectory(parent.slice(0, at)).catch(() => {});
    await to.makeDirectory(parent).catch(() => {});
    await put(to, `log/${path}`, await bytesOf(from, `log/${path}`));
  }
}

/** What only the owner of the log's key can do: another history, in good form, signed. */
async function rewrite(disk: MemoryDisk, change: (entry: Entry) => Entry): Promise<void> {
  const changed: Uint8Array[] = [];
  for (const path of ['log/tile/entries/000', `log/tile/entries/001.p/${inTree - tileWidth}`])
    for (const bytes of decodeBundle(await bytesOf(disk, path)).entries) {
      const entry = decodeEntry(bytes);
      assert.ok(entry.ok);
      changed.push(encodeEntry(change(entry.value)));
    }
  const edge = new TreeEdge();
  const tiles = changed.flatMap((bytes) => edge.append(leafHash(bytes)));
  const path = ({ level, index, hashes: { length: width } }: Tile) => `log/${tilePath({ level, index, width })}`;
  for (const tile of [...tiles, ...edge.unfinished()]) await put(disk, path(tile), encodeHashes(tile.hashes));
  await put(disk, 'log/tile/entries/000', encodeBundle(changed.slice(0, tileWidth)));
  await put(disk, `log/tile/entries/001.p/${inTree - tileWidth}`, encodeBundle(changed.slice(tileWidth)));
  const key = parseVkey(
    Buffer.from(await bytesOf(disk, 'log/log.vkey'))
      .toString()
      .trim(),
  );
  assert.ok(key.ok);
  const privateKey = createPrivateKey(Buffer.from(await bytesOf(disk, 'log.key')));
  const checkpoint = { origin: key.value.name, size: inTree, root: edge.root() };
  const note = Buffer.from(signCheckpoint(checkpoint, [{ key: key.value, privateKey }]));
  for (const file of ['log/checkpoint', 'checkpoint.latest']) await put(disk, file, note);
}
