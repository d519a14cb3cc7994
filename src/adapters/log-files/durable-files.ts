// Files that are either wholly there after a crash or not there: written, synced, and their directories synced.

import type { Storage } from '../../ports/storage.ts';
import { NewFiles, parentOf } from './new-files.ts';

export class DurableFiles {
  readonly #storage: Storage;
  readonly #fresh: NewFiles;

  /** `fresh`: whoever else puts files into the same directories. */
  constructor(storage: Storage, fresh: NewFiles = new NewFiles(storage)) {
    this.#storage = storage;
    this.#fresh = fresh;
  }

  /** Replaces a file in one step: whoever reads it sees the old content or the new. */
  async replace(path: string, bytes: Uint8Array, options: { temporary: string; secret?: boolean }): Promise<void> {
    await this.#fresh.makeDirectories(parentOf(path));
    await this.#fresh.put({ path: options.temporary, pieces: [bytes], secret: options.secret ?? false });
    await this.#storage.rename(options.temporary, path);
    this.#fresh.renamed(path);
    await this.#fresh.settle();
  }

  /** A directory that has to exist, now. */
  async directory(path: string): Promise<void> {
    await this.#fresh.makeDirectories(path);
    await this.#fresh.settle();
  }

  /** Removal need not be durable: what comes back after a crash is removed again or harmless. */
  async removeDirectory(path: string): Promise<void> {
    for (const name of await this.#storage.list(path)) await this.#storage.remove(`${path}/${name}`);
    this.#fresh.removed(path);
    await this.#storage.remove(path);
  }
}
