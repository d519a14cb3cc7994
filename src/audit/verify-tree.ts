// The tree, rebuilt from the entries alone and held against every tile, the signed root and every checkpoint kept.
// Memory stays at one bundle and the right edge, however long the log.

import { fail, ok, type Result } from '../core/result.ts';
import { type BundleReader, type BundleReading, leavesOf } from './bundle-reading.ts';
import type { Checkpoint } from './checkpoint-text.ts';
import type { DecodedFrame } from './journal-frame.ts';
import {
  decodeBundle,
  decodeHashes,
  encodeBundle,
  encodeHashes,
  parseTilePath,
  type TileLevel,
  tilePath,
  widthAt,
} from './tile.ts';
import { type Hash, leafHash, sameHash, type Tile, TreeEdge, tileWidth } from './tree.ts';
import type { BadPlace, ReadOnlyFiles } from './verify-sources.ts';

export interface Continued extends Checkpoint {
  readonly from: string;
}

/** How many bundles are read ahead of the one being looked at. */
const readAhead = 12;

/** A bundle and its hash tile as they were found. */
interface FoundBundle {
  readonly file: string;
  /** Undefined where the bundle is missing. */
  readonly reading: BundleReading | undefined;
  readonly tile: Uint8Array | undefined;
}

export class TreeCheck {
  readonly #files: ReadOnlyFiles;
  readonly #read: BundleReader;
  readonly #checkpoint: Checkpoint;
  readonly #past: readonly Continued[];
  readonly #edge = new TreeEdge();
  /** A tile that is not what the entries say; who is at fault shows when the root is known. */
  #suspect: { readonly tile: BadPlace; readonly entry: BadPlace } | undefined;
  /** A past checkpoint that the entries do not lead to. */
  #fork: BadPlace | undefined;

  constructor(files: ReadOnlyFiles, checkpoint: Checkpoint, past: readonly Continued[], read: BundleReader) {
    this.#files = files;
    this.#read = read;
    this.#checkpoint = checkpoint;
    this.#past = past;
  }

  /** Shows every bundle, in order, to `see`. */
  async walk(see: (reading: BundleReading) => Promise<void>): Promise<Result<void, BadPlace>> {
    const { root } = this.#checkpoint;
    this.#comparePast();
    for await (const found of this.#bundles()) {
      const bad = await this.#compareBundle(found, see);
      if (bad) return fail(this.#suspect?.entry ?? bad);
    }
    for (const tile of this.#edge.unfinished()) if (tile.level > 0) await this.#compareTile(tile);
    if (!sameHash(this.#edge.root(), root)) {
      const what = 'the entries do not add up to the signed root';
      return fail(this.#suspect?.entry ?? { file: 'checkpoint', entry: null, what });
    }
    const bad = this.#suspect?.tile ?? this.#fork;
    return bad ? fail(bad) : ok(undefined);
  }

  /** In order; while one is looked at the next ones are being read. */
  async *#bundles(): AsyncGenerator<FoundBundle> {
    const count = Math.ceil(this.#checkpoint.size / tileWidth);
    const coming: Promise<FoundBundle>[] = [];
    for (let index = 0; index < count; index++) {
      while (coming.length < Math.min(readAhead, count - index)) {
        const next = this.#findBundle(index + coming.length);
        // It is waited for only when its turn comes, which may be never.
        next.catch(() => {});
        coming.push(next);
      }
      const found = await coming.shift();
      if (found) yield found;
    }
  }

  async #findBundle(index: number): Promise<FoundBundle> {
    const width = widthAt('entries', index, this.#checkpoint.size);
    const file = tilePath({ level: 'entries', index, width });
    const [bytes, tile] = await Promise.all([
      this.#files.read(file),
      this.#files.read(tilePath({ level: 0, index, width })),
    ]);
    return { file, tile, reading: bytes && (await this.#read(bytes, index * tileWidth, width)) };
  }

  /** Whether `entry` is what the verified tree has at `seq`. */
  async isLeaf(seq: number, entry: Uint8Array): Promise<boolean> {
    const hashes = await this.#tileHashes(0, Math.floor(seq / tileWidth));
    const leaf = hashes?.[seq % tileWidth];
    return leaf !== undefined && sameHash(leaf, leafHash(entry));
  }

  /** After {@link walk}: every file has to have its place in the tree, or in what the journal adds to it. */
  async account(paths: readonly string[], beyond: readonly DecodedFrame[]): Promise<BadPlace | undefined> {
    const { size } = this.#checkpoint;
    const ahead = new Ahead();
    for (const frame of beyond) ahead.add(this.#edge.append(leafHash(frame.entry)));
    ahead.add(this.#edge.unfinished());
    for (const path of [...paths].sort()) {
      if (['checkpoint', 'checkpoint.cosigned', 'log.vkey'].includes(path)) continue;
      const address = parseTilePath(path);
      if (!address) return { file: path, entry: null, what: 'nothing of that name belongs to the log' };
      const { level, index, width } = address;
      if (widthAt(level, index, size) === width) continue;
      const expected =
        level === 'entries' ? await this.#bundleAt(index, beyond) : await this.#hashesAt(level, index, ahead);
      const bytes = await this.#files.read(path);
      if (!bytes) continue;
      const first = index * tileWidth;
      if (!expected || expected.length < width)
        return {
          file: path,
          entry: level === 'entries' ? Math.max(first, size) : null,
          what: 'it reaches beyond the checkpoint',
        };
      const prefix = expected.slice(0, width);
      if (!sameHash(bytes, level === 'entries' ? encodeBundle(prefix) : encodeHashes(prefix)))
        return { file: path, entry: null, what: 'an older partial tile differs from the tree' };
    }
    return undefined;
  }

  async #compareBundle(
    { file, reading, tile }: FoundBundle,
    see: (reading: BundleReading) => Promise<void>,
  ): Promise<BadPlace | undefined> {
    const first = this.#edge.size;
    if (!reading) return { file, entry: first, what: 'the entry bundle is missing' };
    const { fault, root } = reading;
    this.#compareLeaves(reading, tile, file);
    if (fault) return { file, ...fault };
    await see(reading);
    const parted = this.#past.some(({ size }) => size > first && size < first + tileWidth);
    for (const each of root && !parted ? [root] : leavesOf(reading)) {
      const full = each === root ? this.#edge.appendTile(each) : this.#edge.append(each);
      for (const above of full) if (above.level > 0) await this.#compareTile(above);
      this.#comparePast();
    }
    return undefined;
  }

  /** The tile of level 0, as far as the entries could be read. */
  #compareLeaves(reading: BundleReading, tile: Uint8Array | undefined, file: string): void {
    const { first, leaves, fault } = reading;
    if (tile && sameHash(tile, leaves)) return;
    const hashes = leavesOf(reading);
    const at = hashes.findIndex((leaf, i) => tile && !sameHash(leaf, tile.subarray(i * 32, i * 32 + 32)));
    const index = first / tileWidth;
    if (tile && at >= 0 && tile.length >= 32 * (at + 1)) {
      const path = tilePath({ level: 0, index, width: widthAt(0, index, this.#checkpoint.size) });
      const what = fault?.entry === first + at ? fault.what : 'the entry is not the one that was logged';
      this.#suspect ??= {
        tile: { file: path, entry: first + at, what: 'the hash tile differs from the entries' },
        entry: { file, entry: first + at, what },
      };
    } else if (!fault) this.#suspectTile({ level: 0, index, hashes }, tile);
  }

  async #compareTile(tile: Tile): Promise<void> {
    const { level, index, hashes } = tile;
    const found = await this.#files.read(tilePath({ level, index, width: hashes.length }));
    if (!found || !sameHash(found, encodeHashes(hashes))) this.#suspectTile(tile, found);
  }

  #suspectTile({ level, index, hashes }: Tile, found: Uint8Array | undefined): void {
    const at = hashes.findIndex((hash, i) => !found || !sameHash(hash, found.subarray(i * 32, i * 32 + 32)));
    const entry = (index * tileWidth + Math.max(at, 0)) * tileWidth ** level;
    const what = found ? 'the hash tile differs from the entries' : 'the hash tile is missing';
    const bundle = Math.floor(entry / tileWidth);
    this.#suspect ??= {
      tile: { file: tilePath({ level, index, width: hashes.length }), entry, what },
      entry: {
        file: tilePath({ level: 'entries', index: bundle, width: widthAt('entries', bundle, this.#checkpoint.size) }),
        entry,
        what: 'the entries from here on are not the ones that were logged',
      },
    };
  }

  #comparePast(): void {
    for (const { size, root, from } of this.#past) {
      if (size !== this.#edge.size || sameHash(root, this.#edge.root())) continue;
      const what = `the first ${size} entries are not those of the checkpoint kept by ${from}: the log was forked or rewritten`;
      this.#fork ??= { file: 'checkpoint', entry: size, what };
    }
  }

  async #tileHashes(level: number, index: number): Promise<Hash[] | undefined> {
    const width = widthAt(level, index, this.#checkpoint.size);
    const bytes = width > 0 ? await this.#files.read(tilePath({ level, index, width })) : undefined;
    return bytes && decodeHashes(bytes);
  }

  async #hashesAt(level: number, index: number, ahead: Ahead): Promise<readonly Hash[] | undefined> {
    return ahead.hashes(level, index) ?? this.#tileHashes(level, index);
  }

  async #bundleAt(index: number, beyond: readonly DecodedFrame[]): Promise<Uint8Array[]> {
    const { size } = this.#checkpoint;
    const width = widthAt('entries', index, size);
    const bytes = width > 0 ? await this.#files.read(tilePath({ level: 'entries', index, width })) : undefined;
    const first = index * tileWidth;
    const more = beyond.filter(({ seq }) => seq >= first && seq < first + tileWidth).map(({ entry }) => entry);
    return [...(bytes ? decodeBundle(bytes).entries : []), ...more];
  }
}

/** Tiles of the tree as it will be once the journal is in it. */
class Ahead {
  readonly #tiles = new Map<string, readonly Hash[]>();

  add(tiles: readonly Tile[]): void {
    for (const { level, index, hashes } of tiles) this.#tiles.set(`${level}/${index}`, hashes);
  }

  hashes(level: TileLevel, index: number): readonly Hash[] | undefined {
    return this.#tiles.get(`${level}/${index}`);
  }
}
