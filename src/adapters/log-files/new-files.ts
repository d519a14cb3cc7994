// New files and their directories: they are on disk once all has been settled.
// INVARIANT: settle() comes before anything that refers to what was written.

import type { Storage, StorageFile } from '../../ports/storage.ts';

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

export type NewFileStorage = Pick<Storage, 'open' | 'makeDirectory' | 'syncDirectory'>;

/** How many files are being written at once: few, so that the journal waits behind none of them for a thread of the pool. */
export const lanesOfPool = 2;
/** Each has a file descriptor. */
const unsyncedMax = 64;

export class NewFiles {
  readonly #storage: NewFileStorage;
  readonly #together: boolean;
  #unsynced: StorageFile[] = [];
  /** Directories known to exist; each entry's parents are in it too. */
  readonly #known = new Set<string>();
  /** Directories with names that are not on disk yet. */
  readonly #unsettled = new Set<string>();

  /** `together`: files are written first and then synced, one after the other, which is less work for the file system where they are many. */
  constructor(storage: NewFileStorage, { together = false }: { readonly together?: boolean } = {}) {
    this.#storage = storage;
    this.#together = together;
  }

  async put({ path, pieces, position, secret = false }: NewFile): Promise<void> {
    await this.makeDirectories(parentOf(path));
    this.renamed(path);
    const empty = position === undefined;
    const file = await this.#storage.open(path, { secret, durable: !this.#together, empty });
    try {
      // What has been cut to nothing is on its way to the disk once it is closed (ext4); else each sync would be a commit of its own.
      if (this.#together && empty) await file.truncate(0);
      await file.write(pieces, position ?? 0);
      // INVARIANT: opened before the other is closed, so that it is told when the system fails to write meanwhile.
      if (this.#together) this.#unsynced.push(await this.#storage.open(path));
    } finally {
      await file.close();
    }
    if (this.#unsynced.length >= unsyncedMax) await this.#sync();
  }

  async settle(): Promise<void> {
    await this.#sync();
    const directories = [...this.#unsettled];
    this.#unsettled.clear();
    await inLanes(directories, (path) => this.#storage.syncDirectory(path));
  }

  async #sync(): Promise<void> {
    const files = this.#unsynced;
    this.#unsynced = [];
    try {
      for (const file of files) await file.sync();
    } finally {
      for (const file of files) await file.close();
    }
  }

  async makeDirectories(path: string): Promise<void> {
    if (path === '' || this.#known.has(path)) return;
    await this.makeDirectories(parentOf(path));
    await this.#storage.makeDirectory(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    this.#known.add(path);
    this.renamed(path);
  }

  /** This name has come to be. */
  renamed(path: string): void {
    this.#unsettled.add(parentOf(path));
  }

  removed(directory: string): void {
    this.#known.delete(directory);
    this.#unsettled.delete(directory);
  }
}

/**
 * Takes the next of the items as a lane comes free. Rejects with the first failure, once no work is under way any more; after it
 * none is begun.
 */
export async function inLanes<T>(
  items: Iterable<T>,
  work: (item: T) => Promise<void>,
  lanes: number = lanesOfPool,
): Promise<void> {
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

export function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}
