// Encrypted payloads of one bundle's 256 entries, one after another in one append-only file: seq u64, length u32, blob.
// A pack per bundle costs one fsync where a file per payload would cost hundreds.

import { Pieces } from './pieces.ts';
import { indexPath } from './tile.ts';
import { tileWidth } from './tree.ts';
import { writeU64 } from './u64.ts';

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
    writePackHeader(out.bytes, out.at, seq, blob.length);
    out.at += packHeaderBytes;
    out.put(blob);
  }
  return out.taken();
}

export function writePackHeader(bytes: Buffer, at: number, seq: number, blobBytes: number): void {
  writeU64(bytes, at, seq);
  bytes.writeUInt32BE(blobBytes, at + 8);
}

/** Undefined when there is no whole header. */
export function decodePackHeader(bytes: Uint8Array): { readonly seq: number; readonly blobBytes: number } | undefined {
  if (bytes.length < packHeaderBytes) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return { seq: Number(view.getBigUint64(0)), blobBytes: view.getUint32(8) };
}
