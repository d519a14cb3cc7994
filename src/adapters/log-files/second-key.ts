// The log's ML-DSA-44 key on disk: a second signature under every checkpoint, of an algorithm that no quantum computer is known to
// break. A log that has one keeps it, whatever is configured later; its first use and every change is an entry of the log.
// INVARIANT: a key that the log may already name is never lost.

import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { type AddedKey, addedKeyData } from '../../audit/log-keys.ts';
import { type NoteSigner, noteKey } from '../../audit/note.ts';
import type { JsonObject } from '../../core/json.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import type { Storage } from '../../ports/storage.ts';
import type { DurableFiles } from './durable-files.ts';

const keyPath = 'log.mldsa.key';
const nextPath = 'log.mldsa.key.next';

export class SecondKey {
  readonly #storage: Storage;
  readonly #files: DurableFiles;
  readonly #origin: string;
  #current: NoteSigner | undefined;
  #next: NoteSigner | undefined;

  constructor(storage: Storage, files: DurableFiles, origin: string) {
    this.#storage = storage;
    this.#files = files;
    this.#origin = origin;
  }

  /** The error names the file. */
  static async open(storage: Storage, files: DurableFiles, origin: string): Promise<Result<SecondKey, string>> {
    const key = new SecondKey(storage, files, origin);
    for (const path of [keyPath, nextPath]) {
      const pem = await storage.read(path);
      const signer = pem && key.#signerOf(pem);
      if (pem && !signer) return fail(`${path} is not an ML-DSA-44 key`);
      if (path === keyPath) key.#current = signer;
      else key.#next = signer;
    }
    return ok(key);
  }

  /** Whether this Node has the algorithm: OpenSSL has it from 3.5 on. */
  static isOffered(): boolean {
    try {
      generateKeyPairSync('ml-dsa-44');
      return true;
    } catch {
      return false;
    }
  }

  /** Who signs checkpoints besides the log's Ed25519 key. */
  get signers(): readonly NoteSigner[] {
    return [this.#current, this.#next].filter((each) => each !== undefined);
  }

  get exists(): boolean {
    return this.#current !== undefined;
  }

  /** A change that was cut off: its entry may be in the log or not. */
  get unfinished(): boolean {
    return this.#next !== undefined;
  }

  /** From here on the new key signs; `by` vouches for it. Returns the data of its entry. */
  async announce(by: NoteSigner): Promise<JsonObject> {
    if (!this.#next) {
      const { privateKey } = generateKeyPairSync('ml-dsa-44');
      const pem = Buffer.from(privateKey.export({ type: 'pkcs8', format: 'pem' }));
      await this.#files.replace(nextPath, pem, { temporary: `${nextPath}.new`, secret: true });
      this.#next = this.#signer(privateKey);
    }
    const added: AddedKey = { by, key: this.#next, ...(this.#current ? { previous: this.#current } : {}) };
    return addedKeyData(added);
  }

  /** The entry is under a checkpoint that the new key has signed: the old one has nothing left to sign. */
  async settle(): Promise<void> {
    await this.#storage.rename(nextPath, keyPath);
    await this.#storage.syncDirectory('');
    this.#current = this.#next;
    this.#next = undefined;
  }

  #signerOf(pem: Uint8Array): NoteSigner | undefined {
    try {
      const key = createPrivateKey(Buffer.from(pem));
      return key.asymmetricKeyType === 'ml-dsa-44' ? this.#signer(key) : undefined;
    } catch {
      return undefined;
    }
  }

  #signer(privateKey: KeyObject): NoteSigner {
    return { key: noteKey(this.#origin, createPublicKey(privateKey), 'subtree/v1'), privateKey };
  }
}
