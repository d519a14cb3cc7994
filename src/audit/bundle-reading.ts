// What one bundle of entries says when it is read by itself: the leaves it gives the tree, and of each entry what the story of the
// whole log is told by. It needs nothing that stands before or after it, so any thread may read it, in any order.

import { type Entry, type RecordType, recordTypes } from '../core/record.ts';
import type { Result } from '../core/result.ts';
import { judgeEntry } from './entry.ts';
import { EntryScan } from './entry-scan.ts';
import { decodeHashes, entryEnd, entryHeadBytes } from './tile.ts';
import { type Hash, tileRoot, tileWidth, writeLeafHash } from './tree.ts';

/** The sound entries by columns, as few and as plain as they can be: between two threads each string costs more than its hash. */
export interface BundleReading {
  /** Index of the first entry. */
  readonly first: number;
  /** Leaf hashes one after another; where an entry is not sound, its own is the last. */
  readonly leaves: Uint8Array<ArrayBuffer>;
  /** Of a full tile. */
  readonly root: Hash | null;
  /** Places in `recordTypes`. */
  readonly types: Uint8Array<ArrayBuffer>;
  /** Milliseconds since 1970. */
  readonly times: Float64Array<ArrayBuffer>;
  /** What the entries name, each once. */
  readonly names: readonly string[];
  /** Places in `names`, from 1; 0 for an entry without one. */
  readonly sessions: Uint16Array<ArrayBuffer>;
  readonly requests: Uint16Array<ArrayBuffer>;
  /** Length of each payload; -1 for an entry without one. */
  readonly payloadBytes: Float64Array<ArrayBuffer>;
  /** SHA-256 of the payloads there are, one after another, {@link digestLength} characters each. */
  readonly digests: Uint8Array<ArrayBuffer>;
  /** Whole, where their data say something about the log itself. */
  readonly telling: readonly Entry[];
  /** The first entry that does not hold: itself, or because the bundle ends before or after it should. */
  readonly fault: { readonly entry: number; readonly what: string } | null;
}

/** Of a digest in hex. */
export const digestLength = 64;

/** Reads `width` entries from `first` on. It may be asked for several bundles at once. */
export type BundleReader = (bytes: Uint8Array, first: number, width: number) => Promise<BundleReading>;

const typePlaces: ReadonlyMap<RecordType, number> = new Map(recordTypes.map((type, place) => [type, place]));
const tellingTypes: ReadonlySet<RecordType | undefined> = new Set([
  'key.rotated',
  'key.added',
  'retention.shredded',
  'approval.decided',
  'approval.used',
]);
const misplaced = 'the entry is out of its place';
const isTelling: readonly boolean[] = recordTypes.map((type) => tellingTypes.has(type));

export function readBundle(bytes: Uint8Array, first: number, width: number): BundleReading {
  const columns = new Columns(bytes, width);
  let offset = 0;
  let fault: BundleReading['fault'] = null;
  while (columns.read < width) {
    const to = entryEnd(bytes, offset);
    if (to < 0) break;
    const what = columns.add(first + columns.read, offset + entryHeadBytes, to);
    if (what !== undefined) {
      fault = { entry: first + columns.read, what };
      break;
    }
    offset = to;
  }
  if (columns.read < width) fault ??= { entry: first + columns.read, what: 'the entry bundle is cut short' };
  if (offset < bytes.length)
    fault ??= { entry: first + width - 1, what: 'the entry bundle holds more than its entries' };
  return columns.reading(first, fault);
}

/** Nothing here waits, so one serves all. */
const scan = new EntryScan();

/** What is read of a bundle, entry by entry. All numbers and bytes stand in one buffer, which can be handed to another thread. */
class Columns {
  /** How many entries were sound. */
  read = 0;
  #hashed = 0;
  #paid = 0;
  readonly #bytes: Uint8Array;
  readonly #times: Float64Array<ArrayBuffer>;
  readonly #payloadBytes: Float64Array<ArrayBuffer>;
  readonly #sessions: Uint16Array<ArrayBuffer>;
  readonly #requests: Uint16Array<ArrayBuffer>;
  readonly #leaves: Uint8Array<ArrayBuffer>;
  readonly #digests: Uint8Array<ArrayBuffer>;
  readonly #types: Uint8Array<ArrayBuffer>;
  readonly #names: Names;
  readonly #telling: Entry[] = [];

  constructor(bytes: Uint8Array, width: number) {
    this.#bytes = bytes;
    this.#names = new Names(bytes);
    const buffer = new ArrayBuffer((53 + digestLength) * width);
    this.#times = new Float64Array(buffer, 0, width);
    this.#payloadBytes = new Float64Array(buffer, 8 * width, width);
    this.#sessions = new Uint16Array(buffer, 16 * width, width);
    this.#requests = new Uint16Array(buffer, 18 * width, width);
    this.#types = new Uint8Array(buffer, 20 * width, width);
    this.#leaves = new Uint8Array(buffer, 21 * width, 32 * width);
    this.#digests = new Uint8Array(buffer, 53 * width, digestLength * width);
  }

  /** What is wrong with the entry that stands from `from` to before `to`, where it should be that of `seq`. */
  add(seq: number, from: number, to: number): string | undefined {
    writeLeafHash(this.#bytes.subarray(from, to), this.#leaves, 32 * this.#hashed++);
    const plain = scan.read(this.#bytes, from, to) && isTelling[scan.type] === false;
    return plain ? this.#addScanned(seq) : this.#addDecoded(seq, judgeEntry(this.#bytes.subarray(from, to)));
  }

  #addScanned(seq: number): string | undefined {
    if (scan.seq !== seq) return misplaced;
    const place = this.read++;
    const { sessionAt, requestAt, digestAt } = scan;
    this.#types[place] = scan.type;
    this.#times[place] = scan.time;
    if (sessionAt > 0) this.#sessions[place] = this.#names.placeAt(sessionAt, scan.sessionEnd);
    if (requestAt > 0) this.#requests[place] = this.#names.placeAt(requestAt, scan.requestEnd);
    this.#payloadBytes[place] = scan.payloadBytes;
    if (scan.payloadBytes >= 0)
      this.#digests.set(this.#bytes.subarray(digestAt, digestAt + digestLength), digestLength * this.#paid++);
    return undefined;
  }

  #addDecoded(seq: number, decoded: Result<Entry, string>): string | undefined {
    if (!decoded.ok) return decoded.error;
    const { type, time, session, request, payload } = decoded.value;
    if (decoded.value.seq !== seq) return misplaced;
    const place = this.read++;
    this.#types[place] = typePlaces.get(type) ?? 0;
    this.#times[place] = Date.parse(time);
    if (session !== undefined) this.#sessions[place] = this.#names.placeOf(session);
    if (request !== undefined) this.#requests[place] = this.#names.placeOf(request);
    this.#payloadBytes[place] = payload?.bytes ?? -1;
    if (payload) this.#digests.set(Buffer.from(payload.sha256), digestLength * this.#paid++);
    if (tellingTypes.has(type)) this.#telling.push(decoded.value);
    return undefined;
  }

  reading(first: number, fault: BundleReading['fault']): BundleReading {
    const leaves = this.#leaves.subarray(0, 32 * this.#hashed);
    return {
      first,
      leaves,
      root: this.#hashed === tileWidth ? tileRoot(leaves) : null,
      types: this.#types.subarray(0, this.read),
      times: this.#times.subarray(0, this.read),
      names: this.#names.all(),
      sessions: this.#sessions.subarray(0, this.read),
      requests: this.#requests.subarray(0, this.read),
      payloadBytes: this.#payloadBytes.subarray(0, this.read),
      digests: this.#digests.subarray(0, digestLength * this.#paid),
      telling: this.#telling,
      fault,
    };
  }
}

/** So many names are known by where they stood last. */
const recentNames = 512;

/** The names in a bundle. Most stand there more than once: a string is made of the first, the others are compared as bytes. */
class Names {
  readonly #bytes: Uint8Array;
  readonly #places = new Map<string, number>();
  /** Of a recent name: where it begins, where it ends, its place. */
  readonly #recent = new Int32Array(3 * recentNames);

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  placeOf(name: string): number {
    const place = this.#places.get(name) ?? this.#places.size + 1;
    this.#places.set(name, place);
    return place;
  }

  /** Of what stands there, each byte a character. */
  placeAt(from: number, to: number): number {
    const bytes = this.#bytes;
    const mixed = (bytes[to - 1] ?? 0) + 31 * (bytes[to - 2] ?? 0) + 961 * (bytes[to - 3] ?? 0) + to - from;
    const slot = 3 * (mixed % recentNames);
    const recent = this.#recent;
    if (this.#isSame(recent[slot] ?? 0, recent[slot + 1] ?? 0, from, to)) return recent[slot + 2] ?? 0;
    const place = this.placeOf(Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('latin1'));
    recent[slot] = from;
    recent[slot + 1] = to;
    recent[slot + 2] = place;
    return place;
  }

  all(): readonly string[] {
    return [...this.#places.keys()];
  }

  #isSame(knownFrom: number, knownTo: number, from: number, to: number): boolean {
    if (knownTo === 0 || knownTo - knownFrom !== to - from) return false;
    for (let i = to - from - 1; i >= 0; i--) if (this.#bytes[knownFrom + i] !== this.#bytes[from + i]) return false;
    return true;
  }
}

/** As views into them. */
export function leavesOf({ leaves }: BundleReading): Hash[] {
  return decodeHashes(leaves) ?? [];
}
