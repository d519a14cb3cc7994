// Copies the log to an archive, cut by cut: what a checkpoint covers, then a manifest that names it. It goes on where it was
// interrupted, tries again what failed, and says how far behind it is.
// INVARIANT: a manifest is written when everything it names is safely in the archive, and the log records it after that.

import { hash } from 'node:crypto';
import { edgePack, edgeTiles, fullFiles } from '../audit/archive-cut.ts';
import {
  formatManifest,
  type Manifest,
  manifestPath,
  type Pin,
  parseManifest,
  pinOf,
} from '../audit/archive-manifest.ts';
import { type Checkpoint, parseCheckpoint } from '../audit/checkpoint-text.ts';
import { parseNote } from '../audit/note.ts';
import { decodePackHeader, packHeaderBytes } from '../audit/payload-pack.ts';
import { subtreeHashes } from '../audit/tile-hashes.ts';
import { consistencyProof, verifyConsistency } from '../audit/tree.ts';
import { fail, ok, type Refusal, type Result, refuse } from '../core/result.ts';
import { Turns } from '../core/turns.ts';
import type { Archive, ArchivedVersion } from '../ports/archive.ts';
import type { ArchiveSource } from '../ports/archive-source.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log, LogReader } from '../ports/log.ts';

export interface ArchiveDeps {
  readonly clock: Clock;
  readonly log: Pick<Log, 'append' | 'checkpoint'>;
  readonly reader: LogReader;
  readonly source: ArchiveSource;
  readonly archive: Archive;
  /** How long what is archived is locked, from when it is archived. */
  readonly retainMs: number;
  /** Between two cuts. */
  readonly everyMs: number;
  /** Told once when a cut fails for the first time, and once when one succeeds again (null). */
  readonly onState: (failure: Refusal | null) => void;
}

export interface ArchiveDesk {
  /** One cut, now. Refused: upstream_unavailable, upstream_refused. */
  cut(): Promise<Result<void>>;
  /** Cuts from now on. Returns what stops it, once the cut under way has ended. */
  start(): () => Promise<void>;
  /** Age of the oldest entry that may not be in the archive, ms; 0 when all are. */
  lagMs(): number;
  /** Cuts that failed since the last that did not. */
  readonly failures: number;
  /** Entries in the archive. */
  readonly size: number;
}

interface Progress {
  /** Of the archive it is about; absent: the one configured then. */
  readonly place?: string;
  /** Entries in the archive. */
  size: number;
  /** Null: nothing was archived yet. */
  manifest: Pin | null;
  next: number;
  /** Archived and in no manifest yet. */
  readonly done: Pin[];
}

const retryMsMin = 1_000;
const retryMsMax = 300_000;
const manifestsPrefix = 'manifests/';
const lanes = 4;
/** After so many objects what has been done is written down. */
const saveEvery = 128;
const snapshotAttemptsMax = 50;

export function createArchiveDesk(deps: ArchiveDeps): ArchiveDesk {
  return new Desk(deps);
}

interface Snapshot {
  readonly size: number;
  readonly origin: string;
  readonly checkpoint: Uint8Array;
  readonly keys: Uint8Array;
  /** By path in the archive. */
  readonly edge: readonly (readonly [string, Uint8Array])[];
}

class Desk implements ArchiveDesk {
  readonly #deps: ArchiveDeps;
  #progress: Progress | undefined;
  readonly #turns = new Turns();
  /** When what is not archived yet was first seen to be there; null = nothing is. */
  #behindSinceMs: number | null;
  /** When everything was last known to be archived. */
  #currentMs: number;
  failures = 0;

  constructor(deps: ArchiveDeps) {
    this.#deps = deps;
    this.#currentMs = deps.clock.now();
    this.#behindSinceMs = this.#currentMs;
  }

  get size(): number {
    return this.#progress?.size ?? 0;
  }

  lagMs(): number {
    return this.#behindSinceMs === null ? 0 : this.#deps.clock.now() - this.#behindSinceMs;
  }

  start(): () => Promise<void> {
    const { clock, everyMs, onState } = this.#deps;
    let stopped = false;
    let cancel = (): void => {};
    const round = async (): Promise<void> => {
      const done = await this.cut();
      if (!done.ok && this.failures === 1) onState(done.error);
      if (stopped) return;
      const retryMs = Math.min(retryMsMax, retryMsMin * 2 ** (this.failures - 1));
      cancel = clock.after(done.ok ? everyMs : Math.min(retryMs, everyMs), () => void round());
    };
    void round();
    return async () => {
      stopped = true;
      cancel();
      await this.#turns.over();
    };
  }

  cut(): Promise<Result<void>> {
    return this.#turns.take(() => this.#tryCut());
  }

  async #tryCut(): Promise<Result<void>> {
    const { clock, onState } = this.#deps;
    const startedMs = clock.now();
    let done: Result<void>;
    let current = false;
    try {
      // Before anything is asked of the archive, which may never answer.
      if (!(await this.#isCurrent())) this.#behindSinceMs ??= this.#currentMs;
      done = await this.#cut();
      current = done.ok && (await this.#isCurrent());
    } catch (error) {
      const why = error instanceof Error ? error.message : 'unknown cause';
      done = refuse('upstream_unavailable', `The log could not be archived: ${why}.`);
    }
    if (!done.ok) {
      this.failures++;
      return done;
    }
    if (this.failures > 0) onState(null);
    this.failures = 0;
    this.#currentMs = startedMs;
    this.#behindSinceMs = current ? null : startedMs;
    return done;
  }

  async #cut(): Promise<Result<void>> {
    const { log, source } = this.#deps;
    const progress = await this.#open();
    if (!progress.ok) return progress;
    if (await this.#isCurrent()) return ok(undefined);
    await log.checkpoint();
    const snapshot = await this.#snapshot();
    const put = await this.#putAll(progress.value, snapshot);
    await source.saveProgress(JSON.stringify(progress.value));
    if (!put.ok) return put;
    return this.#writeManifest(progress.value, snapshot);
  }

  /** Nothing has come but what the last cut said of itself. */
  async #isCurrent(): Promise<boolean> {
    const { reader } = this.#deps;
    const { size = 0 } = this.#progress ?? {};
    if (size === 0 || reader.size > size + 1) return false;
    for await (const { type } of reader.entries(size)) if (type !== 'audit.archived') return false;
    return true;
  }

  /** The unfinished files at the edge change as the log grows: they are read between two looks at the same checkpoint. */
  async #snapshot(): Promise<Snapshot> {
    const { source } = this.#deps;
    for (let attempt = 0; attempt < snapshotAttemptsMax; attempt++) {
      const checkpoint = await source.read('log/checkpoint');
      const keys = await source.read('log/log.vkey');
      const parsed = checkpointIn(checkpoint);
      if (!checkpoint || !keys || !parsed) throw new Error('the log has no checkpoint');
      const { size, origin } = parsed;
      const edge: [string, Uint8Array][] = [];
      for (const path of edgeTiles(size)) edge.push([path, (await source.read(path)) ?? new Uint8Array()]);
      const pack = edgePack(size);
      const payloads = pack && (await source.read(pack.path));
      if (pack && payloads) edge.push([pack.archived, packBelow(payloads, size)]);
      const again = await source.read('log/checkpoint');
      if (again && Buffer.compare(again, checkpoint) === 0) return { size, origin, checkpoint, keys, edge };
    }
    throw new Error('the log grew faster than its edge could be read');
  }

  async #putAll(progress: Progress, { size, edge }: Snapshot): Promise<Result<void>> {
    const { source } = this.#deps;
    const there = new Set(progress.done.map(({ path }) => path));
    let failure: Refusal | undefined;
    const files = (function* () {
      for (const [archived, bytes] of edge) yield { archived, read: () => Promise.resolve(bytes) };
      for (const { path, archived } of fullFiles(progress.size, size))
        if (!there.has(archived)) yield { archived, read: () => source.read(path) };
    })();
    const lane = async (): Promise<void> => {
      for (const { archived, read } of files) {
        const bytes = await read();
        // A pack without payloads is no file.
        if (!bytes) continue;
        const pin = await this.#put(archived, bytes);
        if (!pin.ok) {
          failure ??= pin.error;
          return;
        }
        progress.done.push(pin.value);
        if (progress.done.length % saveEvery === 0) await source.saveProgress(JSON.stringify(progress));
      }
    };
    await Promise.all(Array.from({ length: lanes }, lane));
    return failure ? fail(failure) : ok(undefined);
  }

  async #writeManifest(progress: Progress, { size, origin, checkpoint, keys }: Snapshot): Promise<Result<void>> {
    const { archive, log, source } = this.#deps;
    const number = progress.next;
    const signed = await this.#put(`checkpoints/${String(size).padStart(16, '0')}`, checkpoint);
    if (!signed.ok) return signed;
    const vkeys = await this.#put(`keys/${hash('sha256', keys).slice(0, 16)}.vkey`, keys);
    if (!vkeys.ok) return vkeys;
    const manifest: Manifest = {
      number,
      origin,
      size,
      previous: progress.manifest,
      checkpoint: signed.value,
      keys: vkeys.value,
      objects: progress.done,
    };
    const written = await this.#put(manifestPath(number), Buffer.from(source.sign(formatManifest(manifest))));
    if (!written.ok) return written;
    this.#progress = { place: archive.place, size, manifest: written.value, next: number + 1, done: [] };
    await source.saveProgress(JSON.stringify(this.#progress));
    const data = { manifest: number, size, sha256: written.value.sha256, version: written.value.version };
    await log.append({ type: 'audit.archived', data });
    return ok(undefined);
  }

  async #put(path: string, bytes: Uint8Array): Promise<Result<Pin>> {
    const { archive, clock, retainMs } = this.#deps;
    const version = await archive.put(path, bytes, clock.now() + retainMs);
    return version.ok ? ok(pinOf(path, version.value, bytes)) : version;
  }

  /** As it was saved; where the archive has more, or that was lost, as the archive's newest manifest says. */
  async #open(): Promise<Result<Progress>> {
    if (this.#progress) return ok(this.#progress);
    const { source, archive } = this.#deps;
    const text = await source.readProgress();
    const saved: Progress | null = text === undefined ? null : JSON.parse(text);
    // What is archived elsewhere is not here: another place begins anew.
    const known = saved !== null && (saved.place ?? archive.place) === archive.place ? saved : null;
    const progress = known ?? { place: archive.place, size: 0, manifest: null, next: 0, done: [] };
    // One question where nothing is amiss: whether the manifest that is to be written next is there already.
    for (const prefix of [manifestPath(progress.next), manifestsPrefix]) {
      const found = await archive.versions(prefix);
      if (!found.ok) return found;
      const newest = found.value.filter(({ deletion }) => !deletion).sort((a, b) => (a.path < b.path ? 1 : -1))[0];
      if (newest && prefix === manifestsPrefix) return this.#adopt(newest);
      if (!newest && known !== null) break;
    }
    return ok((this.#progress = progress));
  }

  /** A crash can have come between a manifest and the note of it; a log that was rolled back is not archived over itself. */
  async #adopt({ path, version }: ArchivedVersion): Promise<Result<Progress>> {
    const { archive } = this.#deps;
    const bytes = await archive.get(path, version);
    if (!bytes.ok) return bytes;
    const manifest = parseManifest(Buffer.from(bytes.value ?? []).toString());
    const ours = manifest.ok ? await this.#isContinued(manifest.value) : ok(false);
    if (!ours.ok) return ours;
    if (!manifest.ok || !ours.value)
      return refuse('upstream_refused', `The archive ${archive.place} holds another log, or more of this one.`, {
        next: 'Give this log a prefix of its own. If it is the same log, it was rolled back: verify the archive.',
      });
    const { size, number } = manifest.value;
    const pin = pinOf(path, version, bytes.value ?? new Uint8Array());
    return ok((this.#progress = { place: archive.place, size, manifest: pin, next: number + 1, done: [] }));
  }

  /** Whether this log goes on where that manifest's checkpoint ends. */
  async #isContinued({ size, checkpoint }: Manifest): Promise<Result<boolean>> {
    const { archive, log, source } = this.#deps;
    await log.checkpoint();
    const archived = await archive.get(checkpoint.path, checkpoint.version);
    if (!archived.ok) return archived;
    const then = checkpointIn(archived.value);
    const now = checkpointIn(await source.read('log/checkpoint'));
    if (!then || !now || then.origin !== now.origin || then.size !== size || size > now.size) return ok(false);
    const read = (path: string): Promise<Uint8Array | undefined> => source.read(`log/${path}`);
    const proof = await consistencyProof(size, now.size, subtreeHashes({ read }, now.size));
    return ok(verifyConsistency(then, now, proof));
  }
}

function checkpointIn(note: Uint8Array | undefined): Checkpoint | undefined {
  const parsed = parseNote(Buffer.from(note ?? []).toString());
  const checkpoint = parsed.ok ? parseCheckpoint(parsed.value.text) : parsed;
  return checkpoint.ok ? checkpoint.value : undefined;
}

/** The payloads of entries below `size`. */
function packBelow(bytes: Uint8Array, size: number): Uint8Array {
  for (let at = 0; ; ) {
    const header = decodePackHeader(bytes.subarray(at));
    if (!header || header.seq >= size) return bytes.subarray(0, at);
    at += packHeaderBytes + header.blobBytes;
  }
}
