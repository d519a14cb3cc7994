// Where in its pack each payload stands: found by one pass over the headers, and remembered for the packs that were read last.
// It trusts no memory: what stands there has to be the payload that is asked for, else the pack is looked through again.

import { decodePackHeader, packHeaderBytes, packIndex, packPath } from '../../audit/payload-pack.ts';
import { keepNewest } from '../../core/newest.ts';
import type { Storage } from '../../ports/storage.ts';

interface Place {
  readonly position: number;
  readonly blobBytes: number;
}

type Places = ReadonlyMap<number, Place>;

/** So much is read at once to look for headers: most payloads are smaller. */
const windowBytes = 16 * 1024;
const packsMax = 64;

export class PackPlaces {
  readonly #storage: Storage;
  readonly #packs = new Map<string, Places>();

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  /** The encrypted payload of this entry; undefined when it is not there. */
  async read(seq: number): Promise<Uint8Array | undefined> {
    const path = `payloads/${packPath(seq)}`;
    const remembered = await this.#readAt(path, seq, this.#packs.get(path));
    if (remembered) return remembered;
    const places = await this.#scan(path, packIndex(seq));
    this.#packs.delete(path);
    this.#packs.set(path, places);
    keepNewest(this.#packs, packsMax);
    return this.#readAt(path, seq, places);
  }

  async #readAt(path: string, seq: number, places: Places | undefined): Promise<Uint8Array | undefined> {
    const place = places?.get(seq);
    if (!place) return undefined;
    const { position, blobBytes } = place;
    const bytes = await this.#storage.readAt(path, position, packHeaderBytes + blobBytes);
    const header = bytes && decodePackHeader(bytes);
    return header?.seq === seq && header.blobBytes === blobBytes ? bytes?.subarray(packHeaderBytes) : undefined;
  }

  async #scan(path: string, pack: number): Promise<Places> {
    const places = new Map<number, Place>();
    let window: Uint8Array = new Uint8Array();
    let start = 0;
    let last = -1;
    for (let position = 0; ; ) {
      if (position + packHeaderBytes > start + window.length) {
        start = position;
        window = (await this.#storage.readAt(path, start, windowBytes)) ?? new Uint8Array();
      }
      const header = decodePackHeader(window.subarray(position - start));
      // Behind the payloads of a pack that is being written anything may stand.
      if (!header || header.seq <= last || packIndex(header.seq) !== pack) return places;
      const { seq, blobBytes } = header;
      places.set(seq, { position, blobBytes });
      last = seq;
      position += packHeaderBytes + blobBytes;
    }
  }
}
