// Opens the log of a state directory: makes one where there is none, else recovers what the last run left.
// It refuses rather than repairs: only the tail of a write that a crash cut short is ever cut off.

import { decodeEntry } from '../../audit/entry.ts';
import { type DecodedFrame, type JournalScan, scanJournal } from '../../audit/journal-frame.ts';
import type { Room } from '../../audit/log-room.ts';
import { OpenRequests } from '../../audit/open-requests.ts';
import { noSession } from '../../audit/session-key.ts';
import { tileWidth } from '../../audit/tree.ts';
import { ok, type Result, refuse } from '../../core/result.ts';
import type { ArchiveSource } from '../../ports/archive-source.ts';
import type { Clock } from '../../ports/clock.ts';
import type { KeyRotation } from '../../ports/key-rotation.ts';
import type { Log, LogReader } from '../../ports/log.ts';
import type { PayloadKeep } from '../../ports/payload-keep.ts';
import type { Random } from '../../ports/random.ts';
import type { Storage } from '../../ports/storage.ts';
import { archiveSource } from './archive-source.ts';
import { BulkThread } from './bulk-thread.ts';
import { bulkFiles } from './bundle-file.ts';
import { diskStorage } from './disk.ts';
import { DiskRoom } from './disk-room.ts';
import { DurableFiles } from './durable-files.ts';
import type { Pending } from './entry-encoder.ts';
import { errorCode } from './error-code.ts';
import { GrowingBundles } from './growing-bundles.ts';
import { Journal } from './journal.ts';
import { LogKeyRotation } from './key-rotation.ts';
import { FileLog, openRequestsFile } from './log.ts';
import { NewFiles } from './new-files.ts';
import { PayloadFiles } from './payload-files.ts';
import { PayloadShredder } from './payload-shredder.ts';
import { SecondKey } from './second-key.ts';
import { SigningKeys } from './signing-keys.ts';
import { checkpointFile, latestFile, TreeFiles } from './tree-files.ts';

export interface LogOptions {
  /** The state directory; created when its parent exists. */
  readonly directory: string;
  /** 32 bytes: wraps the session keys. */
  readonly kek: Uint8Array;
  /** Host of the gate's public URL; part of the origin of a log that is being made, ignored afterwards. */
  readonly originHost: string;
  readonly clock: Clock;
  readonly random: Random;
  /** In place of the directory on disk. */
  readonly storage?: Storage;
  /** Sign every checkpoint with ML-DSA-44 too, from now on. */
  readonly secondSignature?: boolean;
  /** Kept back on disk for break-glass; 0, and nothing is refused before the disk is full. */
  readonly reserveBytes?: number;
  readonly onRoom?: (room: Room, freeBytes: number) => void;
}

export interface Recovery {
  /** Entries that were in the journal and not in the tree. */
  readonly replayed: number;
  /** Bytes of an unacknowledged write that a crash had cut short. */
  readonly tornBytes: number;
  /** Records written to close what the crash left open: `outcome_unknown` and `session.end`. */
  readonly closed: number;
}

export interface OpenedLog {
  readonly log: Log & { readonly reader: LogReader };
  readonly recovered: Recovery;
  /** How far the clock is behind the newest record; 0 where it is not. */
  readonly clockBehindMs: number;
  /** For retention. */
  readonly payloads: PayloadKeep;
  readonly archiveSource: ArchiveSource;
  readonly rotation: KeyRotation;
}

/** Refusals: `log_corrupt` names the place, `state_unwritable` the system's error code, `config_invalid` what this Node lacks. */
export async function openLog(options: LogOptions): Promise<Result<OpenedLog>> {
  if (options.secondSignature && !SecondKey.isOffered())
    return refuse('config_invalid', 'audit.signatures asks for ml-dsa-44, which this Node does not offer.');
  try {
    return ok(await recover(options));
  } catch (error) {
    if (error instanceof Corrupt) return refuse('log_corrupt', `The audit log does not verify: ${error.message}.`);
    const code = errorCode(error) ?? 'unknown error';
    return refuse('state_unwritable', `The state directory cannot be written (${code}).`);
  }
}

class Corrupt extends Error {}

async function recover(options: LogOptions): Promise<OpenedLog> {
  const storage = options.storage ?? diskStorage(options.directory);
  const fresh = new NewFiles(storage);
  const files = new DurableFiles(storage, fresh);
  await storage.makeDirectory('');
  const room = new DiskRoom(storage, options.reserveBytes ?? 0, options.onRoom ?? (() => {}));
  await room.open();
  await files.directory('journal');
  const keys = orCorrupt(await SigningKeys.open(storage, files, options.originHost, options.clock.now()));
  const second = orCorrupt(await SecondKey.open(storage, files, keys.signers[0].key.name));
  const signers = [...keys.signers, ...second.signers] as const;
  const exists = (await storage.read(checkpointFile)) !== undefined;
  if (!exists) await expectNothing(storage);
  const tree = exists
    ? orCorrupt(await TreeFiles.open(storage, files, signers))
    : await TreeFiles.create(storage, files, signers);
  const { size } = tree;

  const segments = await storage.list('journal');
  const scan = await readJournal(storage, segments, size);
  if (scan.torn) await cutOff(storage, scan.torn);
  const replayed = scan.frames.filter(({ seq }) => seq >= size);
  await tree.removeUnfinished(replayed.length);
  const unfinished = await tree.unfinished();
  const bundles = new GrowingBundles(size, unfinished);
  const openRequests = await openRequestsAt(storage, tree, unfinished, replayed);
  const payloads = new PayloadFiles(storage, options.kek, options.random);
  payloads.open(
    size,
    unfinished.map((bytes) => orCorrupt(decodeEntry(bytes), 'the last entry bundle: ')),
  );
  for (const frame of replayed) bundles.add(pendingOf(frame));
  const journal = new Journal(
    storage,
    segments.map((name) => Number.parseInt(name, 10)),
    () => room.giveUp(),
  );
  const lastMs = Date.parse(replayed.at(-1)?.decoded.time ?? (await lastTime(tree, unfinished)));
  const clockBehindMs = Math.max(0, lastMs - options.clock.now());
  const log = new FileLog({
    clock: options.clock,
    keys,
    journal,
    tree,
    payloads,
    files,
    here: bulkFiles(fresh),
    thread: options.storage ? undefined : new BulkThread(options.directory),
    openRequests,
    room,
    bundles,
    lastMs,
  });
  const closing = openRequests.closingRecords();
  await Promise.all(closing.map((record) => log.append(record)));
  await log.checkpoint();
  const rotation = new LogKeyRotation(keys, second, tree, log, options.clock);
  await rotation.finish();
  if (options.secondSignature) await rotation.addSecond();
  await journal.removeOld();
  const keep = new PayloadShredder(storage, payloads, journal);
  return {
    log,
    payloads: keep,
    archiveSource: archiveSource(storage, keys),
    rotation,
    recovered: { replayed: replayed.length, tornBytes: scan.torn?.bytes ?? 0, closed: closing.length },
    clockBehindMs,
  };
}

function pendingOf({ decoded, entry, blob, wrappedKey, seq }: DecodedFrame): Pending {
  const sealed = decoded.payload && { seq, session: decoded.session ?? noSession, blob, wrappedKey };
  return { seq, bytes: entry, sealed };
}

/** Without a checkpoint there may be nothing that one would have covered. */
async function expectNothing(storage: Storage): Promise<void> {
  const tiles = await storage.list('log/tile');
  const segments = await storage.list('journal');
  if (tiles.length > 0 || segments.length > 0 || (await storage.read(latestFile)))
    throw new Corrupt(`${checkpointFile} is missing`);
}

async function readJournal(storage: Storage, names: readonly string[], size: number): Promise<JournalScan> {
  const segments = [];
  for (const file of names) segments.push({ file, bytes: (await storage.read(`journal/${file}`)) ?? new Uint8Array() });
  const scan = scanJournal(segments, size);
  if (scan.bad) throw new Corrupt(`journal/${scan.bad.file}, entry ${scan.bad.entry}: ${scan.bad.what}`);
  return scan;
}

async function cutOff(storage: Storage, torn: { readonly file: string; readonly offset: number }): Promise<void> {
  const file = await storage.open(`journal/${torn.file}`);
  try {
    await file.truncate(torn.offset);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** What was open at the last entry. The file says it; where it does not, the log itself does. */
async function openRequestsAt(
  storage: Storage,
  tree: TreeFiles,
  unfinished: readonly Uint8Array[],
  replayed: readonly DecodedFrame[],
): Promise<OpenRequests> {
  const text = await storage.read(openRequestsFile);
  const kept = text && OpenRequests.decode(Buffer.from(text).toString());
  if (kept && kept.size > tree.size + replayed.length)
    throw new Corrupt(`the journal has no entry ${tree.size + replayed.length}`);
  let open = kept && kept.size >= tree.size ? kept : undefined;
  if (!open) {
    open = new OpenRequests();
    for (let seq = 0; seq < tree.size; ) {
      const entries = tree.size - seq < tileWidth ? unfinished : await tree.bundle(seq / tileWidth);
      for (const bytes of entries) {
        const entry = orCorrupt(decodeEntry(bytes), `entry ${seq}: `);
        open.see(entry, entry.seq);
      }
      seq += entries.length;
    }
  }
  for (const { decoded } of replayed) open.see(decoded, decoded.seq);
  return open;
}

async function lastTime(tree: TreeFiles, unfinished: readonly Uint8Array[]): Promise<string> {
  if (tree.size === 0) return new Date(0).toISOString();
  const entries = unfinished.length > 0 ? unfinished : await tree.bundle(tree.size / tileWidth - 1);
  return orCorrupt(decodeEntry(entries.at(-1) ?? new Uint8Array()), 'the last entry: ').time;
}

function orCorrupt<T>(result: Result<T, string>, where = ''): T {
  if (!result.ok) throw new Corrupt(where + result.error);
  return result.value;
}
