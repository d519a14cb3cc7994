// Encrypted payloads of one bundle's 256 entries, one after another in one append-only file: seq u64, length u32, blob.
// A pack per bundle costs one fsync where a file per payload would cost hundreds.

import { Pieces } from './pieces.ts';
import { indexPath } from './tile.ts';
import { tileWidth } from './tree.ts';

export const packHeaderBytes = 12;

/** Which pack the payload of an entry is in. */
export function packIndex(seq: number): number {
  return Math.floor(seq / tileWidth);
}

/** Below `payloads/`. */
export function packPath(seq: number): string {
  return `${indexPath(packIndex(seq))}.pack`;
}

/** Payloads of one pack, in order of their entries, in pieces to be written in this order. */
export function encodePack(
  payloads: readonly { readonly seq: number; readonly blob: Uint8Array }[],
): readonly Uint8Array[] {
  const out = new Pieces(packHeaderBytes * payloads.length, payloads);
  for (const { seq, blob } of payloads) {
    writePackHeader(out.bytes.subarray(out.at), seq, blob.length);
    out.at += packHeaderBytes;
    out.put(blob);
  }
  return out.taken();
}

/** At the beginning of `place`. */
export function writePackHeader(place: Uint8Array, seq: number, blobBytes: number): void {
  writeU32(place, 0, Math.floor(seq / 2 ** 32));
  writeU32(place, 4, seq);
  writeU32(place, 8, blobBytes);
}

/** The lower 32 bits, big-endian. */
function writeU32(place: Uint8Array, at: number, value: number): void {
  place[at] = value >>> 24;
  place[at + 1] = value >>> 16;
  place[at + 2] = value >>> 8;
  place[at + 3] = value;
}

/** Undefined when there is no whole header. */
export function decodePackHeader(bytes: Uint8Array): { readonly seq: number; readonly blobBytes: number } | undefined {
  if (bytes.length < packHeaderBytes) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return { seq: Number(view.getBigUint64(0)), blobBytes: view.getUint32(8) };
}
