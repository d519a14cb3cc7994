// Encrypted payloads and wrapped session keys on disk, kept apart from each other and from the public log.
// Keys in clear live in memory only, and only while their session does.

import { createSecretKey, type KeyObject } from 'node:crypto';
import { packHeaderBytes, packIndex, packPath } from '../../audit/payload-pack.ts';
import { blobKeyId, openPayload, PayloadSealer } from '../../audit/payload-seal.ts';
import { lengthOf } from '../../audit/pieces.ts';
import { keyFile, nonceBytes, noSession, sessionKey, unwrapKey, wrapKey } from '../../audit/session-key.ts';
import { tileWidth } from '../../audit/tree.ts';
import type { Entry } from '../../core/record.ts';
import type { Random } from '../../ports/random.ts';
import type { Storage } from '../../ports/storage.ts';
import type { BulkFiles } from './bundle-file.ts';
import { inLanes, type NewFile } from './new-files.ts';
import { PackPlaces } from './pack-places.ts';

/** A payload on its way to disk. */
export interface SealedPayload {
  readonly seq: number;
  readonly session: string;
  readonly blob: Uint8Array;
  /** Empty unless this payload is the first under its key. */
  readonly wrappedKey: Uint8Array;
}

/** What a pack holds, or what comes behind what it holds. */
export interface Pack {
  readonly index: number;
  readonly pieces: readonly Uint8Array[];
}

/** A wrapped key that has no file yet. */
export interface NewKey {
  /** Of the payload that introduces it. */
  readonly seq: number;
  /** Below `keys/`. */
  readonly name: string;
  readonly wrappedKey: Uint8Array;
}

const noKey = new Uint8Array();

export class PayloadFiles {
  readonly #storage: Storage;
  readonly #kek: KeyObject;
  readonly #random: Random;
  readonly #places: PackPlaces;
  /** By session. */
  readonly #sealers = new Map<string, PayloadSealer>();
  /** Wrapped keys that are on their way to disk, by file name. */
  readonly #coming = new Map<string, Uint8Array>();
  /** The pack at the edge: its path, and where its next blob goes. */
  #pack = { path: '', position: 0 };
  /** The first entry whose payload is not on disk yet. */
  #edge = 0;
  /** Of the newest payload that belongs to no session. */
  #generalPack = -1;

  constructor(storage: Storage, kek: Uint8Array, random: Random) {
    this.#storage = storage;
    this.#kek = createSecretKey(kek);
    this.#random = random;
    this.#places = new PackPlaces(storage);
  }

  /**
   * Where the edge pack goes on: after the payloads of its entries below `size`, which are these. The file itself is not asked, since
   * after a power loss anything may stand behind them.
   */
  open(size: number, entries: readonly Entry[]): void {
    const position = entries.reduce((sum, { payload }) => sum + (payload ? packHeaderBytes + payload.bytes : 0), 0);
    this.#pack = { path: `payloads/${packPath(size)}`, position };
    this.#edge = size;
  }

  /** Packs before that of this entry are written and will not be written again. */
  get edge(): number {
    return this.#edge;
  }

  seal(session: string = noSession, seq: number, plain: Uint8Array): SealedPayload {
    // What belongs to no session goes by packs when its time is over: no key serves two of them.
    if (session === noSession && this.#generalPack !== packIndex(seq)) {
      this.#generalPack = packIndex(seq);
      this.forget(noSession);
    }
    let sealer = this.#sealers.get(session);
    let wrappedKey: Uint8Array = noKey;
    if (!sealer) {
      const key = sessionKey(session, this.#random.bytes(32));
      sealer = new PayloadSealer(key);
      this.#sealers.set(session, sealer);
      wrappedKey = wrapKey(this.#kek, key, this.#random.bytes(nonceBytes));
      this.#coming.set(keyFile(session, key.id), wrappedKey);
    }
    try {
      return { seq, session, blob: sealer.seal(seq, plain), wrappedKey };
    } catch (error) {
      this.forget(session);
      throw error;
    }
  }

  /** A payload that still comes for it gets a key of its own. */
  forget(session: string): void {
    this.#sealers.delete(session);
  }

  /** Whether payloads are being encrypted under the key of this file. */
  isInUse(name: string): boolean {
    const session = name.slice(0, name.lastIndexOf('.'));
    const key = this.#sealers.get(session)?.key;
    return key !== undefined && keyFile(session, key.id) === name;
  }

  /** Puts the payloads and keys of the entries below `to` on disk, after those of the entries before them. They are there when it resolves. */
  async write(packs: Iterable<Pack>, keys: readonly NewKey[], to: number, bulk: BulkFiles): Promise<void> {
    await inLanes(this.#filesOf(packs, keys), (file) => bulk.put(file), bulk.lanes);
    await bulk.settle();
    for (const { name } of keys) this.#coming.delete(name);
    this.#edge = to;
  }

  *#filesOf(packs: Iterable<Pack>, keys: readonly NewKey[]): Generator<NewFile> {
    for (const { index, pieces } of packs) {
      const path = `payloads/${packPath(index * tileWidth)}`;
      const position = path === this.#pack.path ? this.#pack.position : 0;
      this.#pack = { path, position: position + lengthOf(pieces) };
      yield { path, pieces, position };
    }
    for (const { name, wrappedKey } of keys) yield { path: `keys/${name}`, pieces: [wrappedKey], secret: true };
  }

  /** The encrypted payload of an entry that is in the tree. */
  read(seq: number): Promise<Uint8Array | undefined> {
    return this.#places.read(seq);
  }

  /** Null when the key is gone: the session was shredded. */
  async decrypt(entry: Entry, blob: Uint8Array): Promise<Uint8Array | null> {
    const session = entry.session ?? noSession;
    const id = blobKeyId(blob);
    const name = keyFile(session, id);
    const wrapped = this.#coming.get(name) ?? (await this.#storage.read(`keys/${name}`));
    const live = this.#sealers.get(session)?.key;
    if (live?.id !== id && !wrapped) return null;
    const key = live?.id === id ? live : wrapped && unwrapKey(this.#kek, session, id, wrapped);
    const plain = key && openPayload(key, entry.seq, blob);
    if (!plain) throw new Error(`the payload of entry ${entry.seq} cannot be decrypted with this key-encryption key`);
    return plain;
  }
}

/** Where the key of a payload is kept, below `keys/`. */
export function keyFileOf({ session, blob }: SealedPayload): string {
  return keyFile(session, blobKeyId(blob));
}
