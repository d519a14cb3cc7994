// Encrypted payloads and wrapped session keys on disk, kept apart from each other and from the public log.
// Keys in clear live in memory only, and only while their session does.

import { createSecretKey, type KeyObject } from 'node:crypto';
import { encodePack, packHeaderBytes, packIndex, packPath } from '../../audit/payload-pack.ts';
import {
  blobKeyId,
  keyFile,
  noSession,
  openPayload,
  type SessionKey,
  sealPayload,
  sessionKey,
  unwrapKey,
  wrapKey,
} from '../../audit/payload-seal.ts';
import { lengthOf } from '../../audit/pieces.ts';
import type { Entry } from '../../core/record.ts';
import type { Random } from '../../ports/random.ts';
import type { Storage } from '../../ports/storage.ts';
import type { DurableFiles, NewFile } from './durable-files.ts';
import { PackPlaces } from './pack-places.ts';

/** A payload on its way to disk. */
export interface SealedPayload {
  readonly seq: number;
  readonly session: string;
  readonly blob: Uint8Array;
  /** Empty unless this payload is the first under its key. */
  readonly wrappedKey: Uint8Array;
}

const nonceBytes = 12;
/** Drawn at once, since asking the system for twelve bytes costs as much as asking for thousands. */
const noncesDrawn = 512;

export class PayloadFiles {
  readonly #storage: Storage;
  readonly #files: DurableFiles;
  readonly #kek: KeyObject;
  readonly #random: Random;
  readonly #places: PackPlaces;
  readonly #keys = new Map<string, SessionKey>();
  /** Wrapped keys that are on their way to disk, by file name. */
  readonly #coming = new Map<string, Uint8Array>();
  #nonces: Uint8Array = new Uint8Array();
  /** Bytes of them. */
  #noncesUsed = 0;
  /** The pack at the edge: its path, and where its next blob goes. */
  #pack = { path: '', position: 0 };
  /** The first entry whose payload is not on disk yet, or a later one of the same pack. */
  #edge = 0;
  /** Of the newest payload that belongs to no session. */
  #generalPack = -1;

  constructor(storage: Storage, files: DurableFiles, kek: Uint8Array, random: Random) {
    this.#storage = storage;
    this.#files = files;
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
    let key = this.#keys.get(session);
    let wrappedKey: Uint8Array = new Uint8Array();
    if (!key) {
      key = sessionKey(session, this.#random.bytes(32));
      this.#keys.set(session, key);
      wrappedKey = wrapKey(this.#kek, key, this.#nonce());
      this.#coming.set(keyFile(session, key.id), wrappedKey);
    }
    return { seq, session, blob: sealPayload(key, seq, plain, this.#nonce()), wrappedKey };
  }

  /** INVARIANT: no nonce is handed out twice. */
  #nonce(): Uint8Array {
    if (this.#noncesUsed === this.#nonces.length) {
      this.#nonces = this.#random.bytes(nonceBytes * noncesDrawn);
      this.#noncesUsed = 0;
    }
    this.#noncesUsed += nonceBytes;
    return this.#nonces.subarray(this.#noncesUsed - nonceBytes, this.#noncesUsed);
  }

  /** A payload that still comes for it gets a key of its own. */
  forget(session: string): void {
    this.#keys.delete(session);
  }

  /** Whether payloads are being encrypted under the key of this file. */
  isInUse(name: string): boolean {
    const session = name.slice(0, name.lastIndexOf('.'));
    const key = this.#keys.get(session);
    return key !== undefined && keyFile(session, key.id) === name;
  }

  /** Puts payloads on disk, in order of seq. They are there when it resolves. */
  async write(payloads: readonly SealedPayload[]): Promise<void> {
    await this.#files.write(this.#filesOf(payloads));
    for (const each of payloads) if (each.wrappedKey.length > 0) this.#coming.delete(keyFileOf(each));
    this.#edge = payloads.at(-1)?.seq ?? this.#edge;
  }

  *#filesOf(payloads: readonly SealedPayload[]): Generator<NewFile> {
    const packs = Map.groupBy(payloads, ({ seq }) => `payloads/${packPath(seq)}`);
    for (const [path, blobs] of packs) {
      const pieces = encodePack(blobs);
      const position = path === this.#pack.path ? this.#pack.position : 0;
      this.#pack = { path, position: position + lengthOf(pieces) };
      yield { path, pieces, position };
    }
    for (const each of payloads)
      if (each.wrappedKey.length > 0)
        yield { path: `keys/${keyFileOf(each)}`, pieces: [each.wrappedKey], secret: true };
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
    const live = this.#keys.get(session);
    if (live?.id !== id && !wrapped) return null;
    const key = live?.id === id ? live : wrapped && unwrapKey(this.#kek, session, id, wrapped);
    const plain = key && openPayload(key, entry.seq, blob);
    if (!plain) throw new Error(`the payload of entry ${entry.seq} cannot be decrypted with this key-encryption key`);
    return plain;
  }
}

function keyFileOf({ session, blob }: SealedPayload): string {
  return keyFile(session, blobKeyId(blob));
}
