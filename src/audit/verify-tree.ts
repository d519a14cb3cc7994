// The tree, rebuilt from the entries alone and held against every tile, the signed root and every checkpoint kept.
// Memory stays at one bundle and the right edge, however long the log.

import type { Entry } from '../core/record.ts';
import { fail, ok, type Result } from '../core/result.ts';
import type { Checkpoint } from './checkpoint-text.ts';
import { decodeEntry } from './entry.ts';
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

export class TreeCheck {
  readonly #files: ReadOnlyFiles;
  readonly #checkpoint: Checkpoint;
  readonly #past: readonly Continued[];
  readonly #edge = new TreeEdge();
  /** A tile that is not what the entries say; who is at fault shows when the root is known. */
  #suspect: { readonly tile: BadPlace; readonly entry: BadPlace } | undefined;
  /** A past checkpoint that the entries do not lead to. */
  #fork: BadPlace | undefined;

  constructor(files: ReadOnlyFiles, checkpoint: Checkpoint, past: readonly Continued[]) {
    this.#files = files;
    this.#checkpoint = checkpoint;
    this.#past = past;
  }

  /** Shows every entry, in order, to `see`. */
  async walk(see: (entry: Entry) => void): Promise<Result<void, BadPlace>> {
    const { size, root } = this.#checkpoint;
    this.#comparePast();
    for (let index = 0; index * tileWidth < size; index++) {
      const bad = await this.#walkBundle(index, see);
      if (bad) return fail(this.#suspect?.entry ?? bad);
    }
    for (const tile of this.#edge.unfinished()) await this.#compareTile(tile);
    if (!sameHash(this.#edge.root(), root)) {
      const what = 'the entries do not add up to the signed root';
      return fail(this.#suspect?.entry ?? { file: 'checkpoint', entry: null, what });
    }
    const bad = this.#suspect?.tile ?? this.#fork;
    return bad ? fail(bad) : ok(undefined);
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

  async #walkBundle(index: number, see: (entry: Entry) => void): Promise<BadPlace | undefined> {
    const { size } = this.#checkpoint;
    const first = index * tileWidth;
    const width = widthAt('entries', index, size);
    const file = tilePath({ level: 'entries', index, width });
    const bytes = await this.#files.read(file);
    if (!bytes) return { file, entry: first, what: 'the entry bundle is missing' };
    const leaves = await this.#tileHashes(0, index);
    const bundle = decodeBundle(bytes);
    for (const [i, entry] of bundle.entries.slice(0, width).entries()) {
      const seq = first + i;
      const leaf = leafHash(entry);
      const expected = leaves?.[i];
      const decoded = decodeEntry(entry);
      const wrong = !decoded.ok
        ? decoded.error
        : decoded.value.seq === seq
          ? undefined
          : 'the entry is out of its place';
      if (expected && !sameHash(leaf, expected))
        this.#suspectTile(tilePath({ level: 0, index, width }), file, seq, wrong);
      if (wrong !== undefined || !decoded.ok) return { file, entry: seq, what: wrong ?? '' };
      see(decoded.value);
      for (const tile of this.#edge.append(leaf)) await this.#compareTile(tile);
      this.#comparePast();
    }
    if (bundle.entries.length < width)
      return { file, entry: first + bundle.entries.length, what: 'the entry bundle is cut short' };
    if (bundle.entries.length > width || bundle.rest > 0)
      return { file, entry: first + width - 1, what: 'the entry bundle holds more than its entries' };
    return undefined;
  }

  #suspectTile(tile: string, file: string, entry: number, what = 'the entry is not the one that was logged'): void {
    this.#suspect ??= {
      tile: { file: tile, entry, what: 'the hash tile differs from the entries' },
      entry: { file, entry, what },
    };
  }

  async #compareTile({ level, index, hashes }: Tile): Promise<void> {
    const file = tilePath({ level, index, width: hashes.length });
    const found = await this.#files.read(file);
    if (found && sameHash(found, encodeHashes(hashes))) return;
    const at = hashes.findIndex((hash, i) => !found || !sameHash(hash, found.subarray(i * 32, i * 32 + 32)));
    const entry = (index * tileWidth + Math.max(at, 0)) * tileWidth ** level;
    const what = found ? 'the hash tile differs from the entries' : 'the hash tile is missing';
    const bundle = Math.floor(entry / tileWidth);
    this.#suspect ??= {
      tile: { file, entry, what },
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
