// What a piece of a payload pack says when it is read by itself: which payloads stand there, the digest of each, and the key it
// names. Whether they are those of the entries is not asked, so any thread may read it, in any order.

import { hash } from 'node:crypto';
import { digestLength } from './bundle-reading.ts';
import { decodePackHeader, packHeaderBytes } from './payload-pack.ts';
import { blobKeyId } from './payload-seal.ts';
import { tileWidth } from './tree.ts';

/** The payloads that stand whole in the piece, by columns; of more than a bundle has entries, as many as that. */
export interface PackReading {
  /** Of each the entry and the length, as its header says. */
  readonly seqs: Float64Array<ArrayBuffer>;
  readonly blobBytes: Float64Array<ArrayBuffer>;
  /** SHA-256 of the payloads, one after another, {@link digestLength} characters each. */
  readonly digests: Uint8Array<ArrayBuffer>;
  /** The keys they name, each once. */
  readonly keyIds: readonly string[];
  /** Places in `keyIds`. */
  readonly keys: Uint16Array<ArrayBuffer>;
  /** The header of what comes next, where that header is whole. */
  readonly next: { readonly seq: number; readonly blobBytes: number } | null;
}

/** Reads a piece that begins with a header. It may be asked for several at once. */
export type PackReader = (piece: Uint8Array) => Promise<PackReading>;

export function readPack(piece: Uint8Array): PackReading {
  const buffer = new ArrayBuffer((18 + digestLength) * tileWidth);
  const seqs = new Float64Array(buffer, 0, tileWidth);
  const blobBytes = new Float64Array(buffer, 8 * tileWidth, tileWidth);
  const keys = new Uint16Array(buffer, 16 * tileWidth, tileWidth);
  const digests = Buffer.from(buffer, 18 * tileWidth);
  const places = new Map<string, number>();
  for (let [read, at] = [0, 0]; ; read++) {
    const start = at + packHeaderBytes;
    const header = decodePackHeader(piece.subarray(at, start)) ?? null;
    if (!header || start + header.blobBytes > piece.length || read === tileWidth)
      return {
        seqs: seqs.subarray(0, read),
        blobBytes: blobBytes.subarray(0, read),
        digests: new Uint8Array(buffer, 18 * tileWidth, digestLength * read),
        keyIds: [...places.keys()],
        keys: keys.subarray(0, read),
        next: header,
      };
    at = start + header.blobBytes;
    const blob = piece.subarray(start, at);
    const keyId = blobKeyId(blob);
    const place = places.get(keyId) ?? places.size;
    places.set(keyId, place);
    keys[read] = place;
    seqs[read] = header.seq;
    blobBytes[read] = header.blobBytes;
    digests.write(hash('sha256', blob), digestLength * read, 'latin1');
  }
}
