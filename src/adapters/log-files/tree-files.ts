// The public log on disk: entry bundles, hash tiles and the signed checkpoint, grown at the right edge only.
// INVARIANT: everything a checkpoint covers is on disk before the checkpoint is; a file below it is never written again.

import { openCheckpoint, openCheckpointOf, signCheckpoint } from '../../audit/checkpoint.ts';
import type { Checkpoint } from '../../audit/checkpoint-text.ts';
import type { NoteSigner } from '../../audit/note.ts';
import { decodeBundle, decodeHashes, encodeHashes, type TileLevel, tilePath, widthAt } from '../../audit/tile.ts';
import {
  emptyRoot,
  type Hash,
  hashesAt,
  leafHash,
  sameHash,
  type Tile,
  TreeEdge,
  tileWidth,
} from '../../audit/tree.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import type { Storage } from '../../ports/storage.ts';
import type { BulkFiles, HashedBundle } from './bundle-file.ts';
import type { DurableFiles } from './durable-files.ts';
import type { GrowingBundles } from './growing-bundles.ts';
import { inLanes, type NewFile } from './new-files.ts';

export const checkpointFile = 'log/checkpoint';
/** A copy of the newest checkpoint, kept apart from the public log, so that a rolled back log is noticed. */
export const latestFile = 'checkpoint.latest';
const temporary = 'checkpoint.next';

/** Who signs the checkpoints, the key in use first. */
type Signers = readonly [NoteSigner, ...NoteSigner[]];

export class TreeFiles {
  readonly #storage: Storage;
  readonly #files: DurableFiles;
  #signers: Signers;
  /** While it grows, ahead of what is published. */
  readonly #edge: TreeEdge;
  #published: { readonly size: number; readonly root: Hash } = { size: 0, root: emptyRoot };

  constructor(storage: Storage, files: DurableFiles, signers: Signers, edge: TreeEdge) {
    this.#storage = storage;
    this.#files = files;
    this.#signers = signers;
    this.#edge = edge;
  }

  static async create(storage: Storage, files: DurableFiles, signers: Signers): Promise<TreeFiles> {
    const tree = new TreeFiles(storage, files, signers, new TreeEdge());
    await tree.#publish(0);
    return tree;
  }

  /** Reads the right edge and holds it against the checkpoint. The error names the file. */
  static async open(storage: Storage, files: DurableFiles, signers: Signers): Promise<Result<TreeFiles, string>> {
    const note = await storage.read(checkpointFile);
    if (!note) return fail(`${checkpointFile} is missing`);
    const checkpoint = openCheckpoint(Buffer.from(note).toString(), signers[0].key);
    if (!checkpoint.ok) return fail(`${checkpointFile}: ${checkpoint.error}`);
    const { size, root } = checkpoint.value;
    const tails: Hash[][] = [];
    for (let level = 0; hashesAt(level, size) > 0; level++) {
      const bytes = await readTail(storage, level, size);
      const hashes = bytes && decodeHashes(bytes);
      if (hashes?.length !== hashesAt(level, size) % tileWidth)
        return fail(`the last tile of level ${level} is damaged`);
      tails.push(hashes);
    }
    const edge = new TreeEdge(size, tails);
    if (!sameHash(edge.root(), root)) return fail('the last tiles do not add up to the root of the checkpoint');
    const bundle = decodeBundle((await readTail(storage, 'entries', size)) ?? new Uint8Array());
    const leaves = tails[0] ?? [];
    if (bundle.rest > 0 || bundle.entries.length !== leaves.length) return fail('the last entry bundle is damaged');
    if (!bundle.entries.every((entry, i) => sameHash(leafHash(entry), leaves[i] ?? new Uint8Array())))
      return fail('the last entry bundle does not fit its hashes');
    const tree = new TreeFiles(storage, files, signers, edge);
    tree.#published = checkpoint.value;
    const seen = await tree.#compareWithLatest(checkpoint.value);
    return seen.ok ? ok(tree) : seen;
  }

  /** Of the checkpoints to come. */
  signWith(signers: Signers): void {
    this.#signers = signers;
  }

  get size(): number {
    return this.#published.size;
  }

  /** What the newest checkpoint on disk covers. */
  get published(): { readonly size: number; readonly root: Hash } {
    return this.#published;
  }

  /** A full bundle. */
  async bundle(index: number): Promise<readonly Uint8Array[]> {
    const path = entriesPath(index, tileWidth);
    const { entries, rest } = decodeBundle((await this.#storage.read(path)) ?? new Uint8Array());
    if (rest > 0 || entries.length !== tileWidth) throw new Error(`${path} is damaged`);
    return entries;
  }

  /** The entries of the last bundle, where that is not full. */
  async unfinished(): Promise<readonly Uint8Array[]> {
    return decodeBundle((await readTail(this.#storage, 'entries', this.size)) ?? new Uint8Array()).entries;
  }

  /**
   * Adds the entries below `to` and signs. When it resolves, the checkpoint that covers them is on disk. `bulk` writes the full
   * bundles, one by one as they are made: appends are not kept waiting for all of them.
   */
  async grow(bundles: GrowingBundles, to: number, here: BulkFiles, bulk: BulkFiles): Promise<void> {
    const before = this.size;
    const first = Math.floor(before / tileWidth);
    const last = Math.floor(to / tileWidth);
    const hashed: HashedBundle[] = [];
    const whole = Array(last - first).keys();
    const put = async (i: number) => {
      hashed[i] = await bulk.putBundle(first + i, bundles.bundle((first + i) * tileWidth));
    };
    await inLanes(whole, put, bulk.lanes);
    await bulk.settle();
    const full = hashed.flatMap((bundle) => this.#addBundle(bundle)).filter(({ level }) => level > 0);
    if (this.#edge.size < to)
      for (const entry of bundles.entries(this.#edge.size, to)) this.#edge.append(leafHash(entry));
    // An upper tile that has not grown is on disk already, below the checkpoint.
    const grown = this.#edge
      .unfinished()
      .filter(({ level, index, hashes }) => widthAt(level, index, before) < hashes.length);
    const files = [...full, ...grown].map(tileFile);
    const width = to % tileWidth;
    if (width > 0) files.push({ path: entriesPath(last, width), pieces: bundles.bundle(last * tileWidth, to) });
    await inLanes(files, (file) => here.put(file));
    await here.settle();
    await this.#publish(before);
  }

  /** To the edge. Returns the tiles that it completed. */
  #addBundle({ leaves, root }: HashedBundle): readonly Tile[] {
    const known = this.#edge.size % tileWidth;
    if (known === 0) return this.#edge.appendTile(root);
    return (decodeHashes(leaves) ?? []).slice(known).flatMap((leaf) => this.#edge.append(leaf));
  }

  async #publish(before: number): Promise<void> {
    const signers = this.#signers;
    const checkpoint: Checkpoint = { origin: signers[0].key.name, size: this.#edge.size, root: this.#edge.root() };
    const note = Buffer.from(signCheckpoint(checkpoint, signers));
    await this.#files.replace(checkpointFile, note, { temporary });
    this.#published = checkpoint;
    await this.#removeSuperseded(before);
    await this.#files.replace(latestFile, note, { temporary });
  }

  /** A crash between the two leaves the older one in `checkpoint.latest`: then the clean-up after it is done again. */
  async #compareWithLatest(checkpoint: Checkpoint): Promise<Result<void, string>> {
    const note = await this.#storage.read(latestFile);
    if (!note) return ok(undefined);
    const latest = openCheckpointOf(
      Buffer.from(note).toString(),
      this.#signers.map(({ key }) => key),
    );
    if (!latest.ok) return fail(`${latestFile}: ${latest.error}`);
    if (latest.value.size > checkpoint.size) return fail(`${checkpointFile} is older than ${latestFile}`);
    if (latest.value.size === checkpoint.size && !sameHash(latest.value.root, checkpoint.root))
      return fail(`${checkpointFile} and ${latestFile} are of the same size and differ`);
    if (latest.value.size < checkpoint.size) await this.#publish(latest.value.size);
    return ok(undefined);
  }

  /** Partial tiles that a crashed integration, of at most `ahead` entries, may have left cut short. Full ones will be written again. */
  async removeUnfinished(ahead: number): Promise<void> {
    await this.#removePartials(this.size, this.size + ahead, (width, current) => width !== current);
  }

  /** Partial tiles at the edge of `before` that the tree has outgrown. */
  async #removeSuperseded(before: number): Promise<void> {
    await this.#removePartials(before, before, (width, current) => width < current);
  }

  /** Looks at the tiles that hold the right edge of any tree from size `from` to size `to`. */
  async #removePartials(
    from: number,
    to: number,
    unwanted: (width: number, current: number) => boolean,
  ): Promise<void> {
    const levels: TileLevel[] = ['entries'];
    for (let level = 0; hashesAt(level, to) > 0; level++) levels.push(level);
    for (const level of levels) {
      const [first, last] = [from, to].map((size) =>
        Math.floor(hashesAt(level === 'entries' ? 0 : level, size) / tileWidth),
      );
      for (let index = first ?? 0; index <= (last ?? 0); index++) {
        const width = widthAt(level, index, this.size);
        const directory = `log/${tilePath({ level, index, width: tileWidth })}.p`;
        const names = await this.#storage.list(directory);
        const doomed = names.filter((name) => unwanted(Number(name), width));
        if (names.length === 0) continue;
        if (doomed.length === names.length) await this.#files.removeDirectory(directory);
        else for (const name of doomed) await this.#storage.remove(`${directory}/${name}`);
      }
    }
  }
}

function entriesPath(index: number, width: number): string {
  return `log/${tilePath({ level: 'entries', index, width })}`;
}

function tileFile({ level, index, hashes }: Tile): NewFile {
  return { path: `log/${tilePath({ level, index, width: hashes.length })}`, pieces: [encodeHashes(hashes)] };
}

/** Bytes of the unfinished tile at the edge of a tree of `size`; empty when the last one is full. */
async function readTail(storage: Storage, level: TileLevel, size: number): Promise<Uint8Array | undefined> {
  const index = Math.floor(hashesAt(level === 'entries' ? 0 : level, size) / tileWidth);
  const width = widthAt(level, index, size);
  return width === 0 ? new Uint8Array() : storage.read(`log/${tilePath({ level, index, width })}`);
}
