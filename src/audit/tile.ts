// Where a C2SP tlog-tiles log keeps what (https://c2sp.org/tlog-tiles): tile paths, entry bundles, hash tiles.
// Pure text and bytes; it opens no file.

import { type Hash, hashesAt, tileWidth } from './tree.ts';

/** A level of hashes, or the entries themselves. */
export type TileLevel = number | 'entries';

export interface TileAddress {
  readonly level: TileLevel;
  readonly index: number;
  /** 1 … 255 for a partial tile, 256 for a full one. */
  readonly width: number;
}

/** `tile/0/x001/x234/067`, with `.p/<W>` when partial. */
export function tilePath({ level, index, width }: TileAddress): string {
  return `tile/${level}/${indexPath(index)}${width === tileWidth ? '' : `.p/${width}`}`;
}

/** The index in groups of three digits, all but the last with an `x`. */
export function indexPath(index: number): string {
  let path = String(index % 1000).padStart(3, '0');
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000))
    path = `x${String(rest % 1000).padStart(3, '0')}/${path}`;
  return path;
}

const pathForm = /^tile\/(entries|0|[1-9]\d?)\/((?:x\d{3}\/)*\d{3})(?:\.p\/([1-9]\d{0,2}))?$/;

/** Undefined for any path that {@link tilePath} would not write. */
export function parseTilePath(path: string): TileAddress | undefined {
  const [, level, digits, width] = pathForm.exec(path) ?? [];
  if (level === undefined || digits === undefined) return undefined;
  const address: TileAddress = {
    level: level === 'entries' ? 'entries' : Number(level),
    index: Number(digits.replaceAll(/[x/]/g, '')),
    width: width === undefined ? tileWidth : Number(width),
  };
  return address.width <= tileWidth && tilePath(address) === path ? address : undefined;
}

/** How wide tile `index` of `level` is in a tree of `size`; 0 when the tree does not reach it. */
export function widthAt(level: TileLevel, index: number, size: number): number {
  const width = hashesAt(level === 'entries' ? 0 : level, size) - index * tileWidth;
  return Math.max(0, Math.min(tileWidth, width));
}

/** Before each entry of a bundle stands its length: 16 bits, big-endian. */
export const entryHeadBytes = 2;

/** An entry and its length, from `at` on. */
export function writeEntry(bytes: Uint8Array, at: number, entry: Uint8Array): void {
  bytes[at] = entry.length >>> 8;
  bytes[at + 1] = entry.length & 255;
  bytes.set(entry, at + entryHeadBytes);
}

/** Where the entry ends whose length stands at `offset`; -1 unless all of it is there. */
export function entryEnd(bytes: Uint8Array, offset: number): number {
  if (offset + entryHeadBytes > bytes.length) return -1;
  const end = offset + entryHeadBytes + (((bytes[offset] ?? 0) << 8) | (bytes[offset + 1] ?? 0));
  return end > bytes.length ? -1 : end;
}

/** Entries with their lengths. */
export function encodeBundle(entries: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(entries.reduce((sum, entry) => sum + entryHeadBytes + entry.length, 0));
  let offset = 0;
  for (const entry of entries) {
    writeEntry(bytes, offset, entry);
    offset += entryHeadBytes + entry.length;
  }
  return bytes;
}

/** The whole entries of a bundle, as views into `bytes`, and how many bytes are left over after them: 0 in a sound one. */
export function decodeBundle(bytes: Uint8Array): { readonly entries: Uint8Array[]; readonly rest: number } {
  const entries: Uint8Array[] = [];
  let offset = 0;
  for (let end = entryEnd(bytes, offset); end >= 0; end = entryEnd(bytes, offset)) {
    entries.push(bytes.subarray(offset + entryHeadBytes, end));
    offset = end;
  }
  return { entries, rest: bytes.length - offset };
}

export function encodeHashes(hashes: readonly Hash[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(hashes.length * 32);
  hashes.forEach((hash, i) => {
    bytes.set(hash, i * 32);
  });
  return bytes;
}

/** Undefined unless `bytes` is a whole number of hashes. They are views into `bytes`. */
export function decodeHashes(bytes: Uint8Array): Hash[] | undefined {
  if (bytes.length % 32 !== 0) return undefined;
  return Array.from({ length: bytes.length / 32 }, (_, i) => bytes.subarray(i * 32, i * 32 + 32));
}
