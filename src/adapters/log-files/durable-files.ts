// Files that are either wholly there after a crash or not there: written, synced, and their directories synced.
// INVARIANT: settle() comes before anything that refers to what was written.

import type { Storage } from '../../ports/storage.ts';

/** A file that nothing refers to yet. */
export interface NewFile {
  readonly path: string;
  /** What it holds, in order. */
  readonly pieces: readonly Uint8Array[];
  /** Where they go in a file that holds more already; without it they are all that the file will hold. */
  readonly position?: number;
  /** Readable by its owner alone. */
  readonly secret?: boolean;
}

/** How many files are being written at once: few, so that the journal waits behind none of them for a thread of the pool. */
const lanes = 2;

export class DurableFiles {
  readonly #storage: Storage;
  /** Directories known to exist; each entry's parents are in it too. */
  readonly #known = new Set<string>();
  /** Directories with names that are not on disk yet. */
  readonly #unsettled = new Set<string>();

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  /** Writes files one by one as the list yields them, and makes their names durable. */
  async write(files: Iterable<NewFile>): Promise<void> {
    await inLanes(files, (file) => this.#writeOne(file));
    await this.settle();
  }

  /** Replaces a file in one step: whoever reads it sees the old content or the new. */
  async replace(path: string, bytes: Uint8Array, options: { temporary: string; secret?: boolean }): Promise<void> {
    await this.#makeDirectories(parentOf(path));
    await this.#writeOne({ path: options.temporary, pieces: [bytes], secret: options.secret ?? false });
    await this.#storage.rename(options.temporary, path);
    this.#unsettled.add(parentOf(path));
    await this.settle();
  }

  /** A directory that has to exist, now. */
  async directory(path: string): Promise<void> {
    await this.#makeDirectories(path);
    await this.settle();
  }

  async settle(): Promise<void> {
    const directories = [...this.#unsettled];
    this.#unsettled.clear();
    await inLanes(directories, (path) => this.#storage.syncDirectory(path));
  }

  /** Removal need not be durable: what comes back after a crash is removed again or harmless. */
  async removeDirectory(path: string): Promise<void> {
    for (const name of await this.#storage.list(path)) await this.#storage.remove(`${path}/${name}`);
    this.#known.delete(path);
    this.#unsettled.delete(path);
    await this.#storage.remove(path);
  }

  async #writeOne({ path, pieces, position, secret = false }: NewFile): Promise<void> {
    await this.#makeDirectories(parentOf(path));
    this.#unsettled.add(parentOf(path));
    const file = await this.#storage.open(path, { secret });
    try {
      if (position === undefined) await file.truncate(0);
      await file.write(pieces, position ?? 0);
      await file.sync();
    } finally {
      await file.close();
    }
  }

  async #makeDirectories(path: string): Promise<void> {
    if (path === '' || this.#known.has(path)) return;
    await this.#makeDirectories(parentOf(path));
    await this.#storage.makeDirectory(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    this.#known.add(path);
    this.#unsettled.add(parentOf(path));
  }
}

/** Rejects with the first failure, once no work is under way any more; after it none is begun. */
async function inLanes<T>(items: Iterable<T>, work: (item: T) => Promise<void>): Promise<void> {
  // Leaving a loop over a generator ends it, for the other lanes too.
  const rest = (function* () {
    yield* items;
  })();
  const lane = async () => {
    for (const item of rest) await work(item);
  };
  const ends = await Promise.allSettled(Array.from({ length: lanes }, lane));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}
