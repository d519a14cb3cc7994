// One moment of a log that a gate may be writing meanwhile: what changes or goes away as the log grows is read at once and
// held, everything else stays as it is. It judges nothing.

import { packPath } from './payload-pack.ts';
import { type TileLevel, tilePath, widthAt } from './tile.ts';
import { hashesAt, tileWidth } from './tree.ts';
import type { LogSources, ReadOnlyFiles } from './verify-sources.ts';

/** A busy gate publishes a checkpoint a few times a second; between two of them there is time to read the edge. */
const attemptsMax = 50;

export interface Moment {
  /** The checkpoint of that moment. */
  readonly note: Uint8Array | undefined;
  readonly sources: LogSources;
}

export async function holdMoment({ log, payloads, keys, journal }: LogSources): Promise<Moment> {
  // Listed first: whatever is there now, the checkpoint or the journal read afterwards accounts for.
  const [files, packs] = [await log.list(), (await payloads?.list()) ?? []];
  for (let attempt = 1; ; attempt++) {
    const note = await log.read('checkpoint');
    const size = sizeOf(note);
    const edge = await held(log, edgePaths(size));
    const tails =
      payloads &&
      (await held(
        payloads,
        packs.filter((path) => digits(path) >= digits(packPath(size))),
      ));
    const segments = journal && (await held(journal, await journal.list()));
    if (!sameBytes(note, await log.read('checkpoint')) && attempt < attemptsMax) continue;
    const sources: LogSources = {
      log: over(log, files, edge),
      ...(payloads && tails ? { payloads: over(payloads, packs, tails) } : {}),
      ...(keys ? { keys } : {}),
      ...(journal && segments ? { journal: over(journal, [...segments.keys()], segments) } : {}),
    };
    return { note, sources };
  }
}

export function sameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a && b ? Buffer.compare(a, b) === 0 : a === b;
}

/** As the checkpoint says, unverified; 0 where it says nothing of use. */
function sizeOf(note: Uint8Array | undefined): number {
  const size = Number(note && Buffer.from(note).toString().split('\n')[1]);
  return Number.isSafeInteger(size) && size > 0 ? size : 0;
}

/** The unfinished tiles at the right edge of a tree of `size`. */
function edgePaths(size: number): string[] {
  const levels: TileLevel[] = ['entries'];
  for (let level = 0; hashesAt(level, size) > 0; level++) levels.push(level);
  return levels.flatMap((level) => {
    const index = Math.floor(hashesAt(level === 'entries' ? 0 : level, size) / tileWidth);
    const width = widthAt(level, index, size);
    return width > 0 ? [tilePath({ level, index, width })] : [];
  });
}

function digits(path: string): number {
  return Number(path.replaceAll(/\D/g, ''));
}

type Held = ReadonlyMap<string, Uint8Array | undefined>;

async function held(files: ReadOnlyFiles, paths: readonly string[]): Promise<Held> {
  const contents = new Map<string, Uint8Array | undefined>();
  for (const path of paths) contents.set(path, await files.read(path));
  return contents;
}

function over(files: ReadOnlyFiles, list: readonly string[], contents: Held): ReadOnlyFiles {
  return {
    read: async (path) => (contents.has(path) ? contents.get(path) : files.read(path)),
    readAt: async (path, offset, bytes) =>
      contents.has(path) ? contents.get(path)?.subarray(offset, offset + bytes) : files.readAt(path, offset, bytes),
    list: async () => list,
  };
}
