// The newest entries and payloads as the files of their bundles will hold them: from the beginning of the tree's unfinished bundle to
// the newest in the journal. A few large buffers, since thousands of small ones that live until the next integration would each be
// copied twice by the garbage collector. INVARIANT: what has been added stands where it stands until its bundle is dropped.

import { packHeaderBytes, packIndex, writePackHeader } from '../../audit/payload-pack.ts';
import { decodeBundle, entryHeadBytes, writeEntry } from '../../audit/tile.ts';
import { tileWidth } from '../../audit/tree.ts';
import { assert } from '../../core/result.ts';
import type { Pending } from './entry-encoder.ts';
import { Chunks, GrowingBytes } from './growing-bytes.ts';
import { keyFileOf, type NewKey, type Pack, type SealedPayload } from './payload-files.ts';

/** One bundle: where each of its entries, and each of their payloads, ends. */
class GrowingBundle {
  readonly entries: GrowingBytes;
  readonly entryEnds: number[] = [];
  readonly payloads: GrowingBytes;
  readonly payloadEnds: number[] = [];

  constructor(chunks: Chunks) {
    this.entries = new GrowingBytes(chunks);
    this.payloads = new GrowingBytes(chunks);
  }

  add(entry: Uint8Array, sealed: SealedPayload | undefined): void {
    const { entries, payloads } = this;
    const at = entries.reserve(entryHeadBytes + entry.length);
    writeEntry(entries.last, at, entry);
    this.entryEnds.push(entries.length);
    if (sealed) {
      const head = payloads.reserve(packHeaderBytes);
      writePackHeader(payloads.last, head, sealed.seq, sealed.blob.length);
      payloads.add(sealed.blob);
    }
    this.payloadEnds.push(payloads.length);
  }

  release(): void {
    this.entries.release();
    this.payloads.release();
  }
}

export class GrowingBundles {
  /** Of the first bundle. */
  #index: number;
  #bundles: GrowingBundle[] = [];
  #next: number;
  #newKeys: NewKey[] = [];
  readonly #chunks = new Chunks();

  /** `unfinished`: the entries of the tree's last bundle, where that is not full. Their payloads are on disk. */
  constructor(size: number, unfinished: readonly Uint8Array[]) {
    this.#index = Math.floor(size / tileWidth);
    this.#next = this.first;
    for (const entry of unfinished) this.#add(entry, undefined);
    assert(this.#next === size, 'the unfinished bundle ends with the tree');
  }

  /** The first entry that is here. */
  get first(): number {
    return this.#index * tileWidth;
  }

  /** One more than the last. */
  get next(): number {
    return this.#next;
  }

  add({ seq, bytes, sealed }: Pending): void {
    assert(seq === this.#next, 'entries come in order');
    this.#add(bytes, sealed);
    if (sealed && sealed.wrappedKey.length > 0)
      this.#newKeys.push({ seq, name: keyFileOf(sealed), wrappedKey: sealed.wrappedKey });
  }

  /** How many bytes of entries and payloads there are from `seq` on. */
  bytesFrom(seq: number): number {
    let bytes = 0;
    for (let from = seq; from < this.#next; from = endOf(from)) {
      const { entries, payloads, entryEnds, payloadEnds } = this.#of(from);
      const before = (from % tileWidth) - 1;
      bytes += entries.length - (entryEnds[before] ?? 0) + payloads.length - (payloadEnds[before] ?? 0);
    }
    return bytes;
  }

  /** The entries from `from`, which is here, to the end of its bundle or up to `to`: as the bundle's file holds them. */
  bundle(from: number, to: number = endOf(from)): readonly Uint8Array[] {
    return sliceOf(this.#of(from), 'entries', from, to);
  }

  /** The same, one by one. */
  entries(from: number, to?: number): readonly Uint8Array[] {
    return decodeBundle(Buffer.concat(this.bundle(from, to))).entries;
  }

  /** The payloads of the entries from `from` to `to`, as their packs hold them. */
  *packs(from: number, to: number): Generator<Pack> {
    for (let seq = from; seq < to; seq = endOf(seq)) {
      const pieces = sliceOf(this.#of(seq), 'payloads', seq, Math.min(to, endOf(seq)));
      if (pieces.length > 0) yield { index: packIndex(seq), pieces };
    }
  }

  /** The encrypted payload of an entry; undefined where it is not here. */
  payload(seq: number): Uint8Array | undefined {
    if (seq < this.first || seq >= this.#next) return undefined;
    const framed = Buffer.concat(sliceOf(this.#of(seq), 'payloads', seq, seq + 1));
    return framed.length === 0 ? undefined : framed.subarray(packHeaderBytes);
  }

  /** The keys that payloads before `to` introduce. */
  newKeys(to: number): readonly NewKey[] {
    return this.#newKeys.filter(({ seq }) => seq < to);
  }

  /** The tree has the entries below `size`, and their payloads and keys are on disk. INVARIANT: no view of their bundles is looked at again. */
  drop(size: number): void {
    const index = packIndex(size);
    for (const bundle of this.#bundles.splice(0, index - this.#index)) bundle.release();
    this.#index = index;
    this.#newKeys = this.#newKeys.filter(({ seq }) => seq >= size);
  }

  #add(entry: Uint8Array, sealed: SealedPayload | undefined): void {
    if (this.#next % tileWidth === 0) this.#bundles.push(new GrowingBundle(this.#chunks));
    this.#of(this.#next++).add(entry, sealed);
  }

  #of(seq: number): GrowingBundle {
    const bundle = this.#bundles[packIndex(seq) - this.#index];
    assert(bundle, 'the entry is here');
    return bundle;
  }
}

/** One more than the last entry of the bundle of `seq`. */
function endOf(seq: number): number {
  return seq - (seq % tileWidth) + tileWidth;
}

function sliceOf(bundle: GrowingBundle, what: 'entries' | 'payloads', from: number, to: number): readonly Uint8Array[] {
  const ends = what === 'entries' ? bundle.entryEnds : bundle.payloadEnds;
  const first = from % tileWidth;
  return bundle[what].slice(ends[first - 1] ?? 0, ends[first + to - from - 1] ?? bundle[what].length);
}
