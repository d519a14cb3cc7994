// New files and their directories: a file's content is on disk once it has been put, its name once all has been settled.
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

export type NewFileStorage = Pick<Storage, 'open' | 'makeDirectory' | 'syncDirectory'>;

/** How many files are being written at once: few, so that the journal waits behind none of them for a thread of the pool. */
const lanes = 2;

export class NewFiles {
  readonly #storage: NewFileStorage;
  /** Directories known to exist; each entry's parents are in it too. */
  readonly #known = new Set<string>();
  /** Directories with names that are not on disk yet. */
  readonly #unsettled = new Set<string>();

  constructor(storage: NewFileStorage) {
    this.#storage = storage;
  }

  async put({ path, pieces, position, secret = false }: NewFile): Promise<void> {
    await this.makeDirectories(parentOf(path));
    this.renamed(path);
    const file = await this.#storage.open(path, { secret, durable: true, empty: position === undefined });
    try {
      await file.write(pieces, position ?? 0);
    } finally {
      await file.close();
    }
  }

  async settle(): Promise<void> {
    const directories = [...this.#unsettled];
    this.#unsettled.clear();
    await inLanes(directories, (path) => this.#storage.syncDirectory(path));
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
export async function inLanes<T>(items: Iterable<T>, work: (item: T) => Promise<void>): Promise<void> {
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
