// Encrypted payloads of one bundle's 256 entries, one after another in one append-only file: seq u64, length u32, blob.
// A pack per bundle costs one fsync where a file per payload would cost hundreds.

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

/** Payloads of one pack, in order of their entries. */
export function encodePack(payloads: readonly { readonly seq: number; readonly blob: Uint8Array }[]): Uint8Array {
  const bytes = Buffer.allocUnsafe(payloads.reduce((sum, { blob }) => sum + packHeaderBytes + blob.length, 0));
  let at = 0;
  for (const { seq, blob } of payloads) {
    bytes.writeUInt32BE(Math.floor(seq / 2 ** 32), at);
    bytes.writeUInt32BE(seq >>> 0, at + 4);
    bytes.writeUInt32BE(blob.length, at + 8);
    bytes.set(blob, at + packHeaderBytes);
    at += packHeaderBytes + blob.length;
  }
  return bytes;
}

/** Undefined when there is no whole header. */
export function decodePackHeader(bytes: Uint8Array): { readonly seq: number; readonly blobBytes: number } | undefined {
  if (bytes.length < packHeaderBytes) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return { seq: Number(view.getBigUint64(0)), blobBytes: view.getUint32(8) };
}
