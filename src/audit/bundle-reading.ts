// What one bundle of entries says when it is read by itself: the leaves it gives the tree, and of each entry what the story of the
// whole log is told by. It needs nothing that stands before or after it, so any thread may read it, in any order.

import { type Entry, type RecordType, recordTypes } from '../core/record.ts';
import { decodeEntry } from './entry.ts';
import { decodeBundle, decodeHashes, encodeHashes } from './tile.ts';
import { type Hash, leafHash, listRoot, tileWidth } from './tree.ts';

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
  /** One after another, {@link timeLength} characters each. */
  readonly times: string;
  /** What the entries name, each once. */
  readonly names: readonly string[];
  /** Places in `names`, from 1; 0 for an entry without one. */
  readonly sessions: Uint16Array<ArrayBuffer>;
  readonly requests: Uint16Array<ArrayBuffer>;
  /** Length of each payload; -1 for an entry without one. */
  readonly payloadBytes: Float64Array<ArrayBuffer>;
  /** SHA-256 of the payloads there are, one after another, hex. */
  readonly digests: string;
  /** Whole, where their data say something about the log itself. */
  readonly telling: readonly Entry[];
  /** The first entry that does not hold: itself, or because the bundle ends before or after it should. */
  readonly fault: { readonly entry: number; readonly what: string } | null;
}

/** Of a time as entries write it. */
export const timeLength = 24;

/** Reads `width` entries from `first` on. It may be asked for several bundles at once. */
export type BundleReader = (bytes: Uint8Array, first: number, width: number) => Promise<BundleReading>;

const typePlaces: ReadonlyMap<RecordType, number> = new Map(recordTypes.map((type, place) => [type, place]));
const tellingTypes: ReadonlySet<RecordType> = new Set([
  'key.rotated',
  'key.added',
  'retention.shredded',
  'approval.decided',
  'approval.used',
]);

export function readBundle(bytes: Uint8Array, first: number, width: number): BundleReading {
  const bundle = decodeBundle(bytes);
  const entries = bundle.entries.slice(0, width);
  const leaves: Hash[] = [];
  const types = new Uint8Array(entries.length);
  const payloadBytes = new Float64Array(entries.length);
  const names = new Map<string, number>();
  const sessions = new Uint16Array(entries.length);
  const requests = new Uint16Array(entries.length);
  const placeOf = (name: string | undefined): number => {
    if (name === undefined) return 0;
    const place = names.get(name) ?? names.size + 1;
    names.set(name, place);
    return place;
  };
  const telling: Entry[] = [];
  let times = '';
  let digests = '';
  let sound = 0;
  let fault: BundleReading['fault'] = null;
  for (const entry of entries) {
    const seq = first + sound;
    leaves.push(leafHash(entry));
    const decoded = decodeEntry(entry);
    if (!decoded.ok || decoded.value.seq !== seq) {
      fault = { entry: seq, what: decoded.ok ? 'the entry is out of its place' : decoded.error };
      break;
    }
    const { type, time, session, request, payload } = decoded.value;
    types[sound] = typePlaces.get(type) ?? 0;
    times += time;
    sessions[sound] = placeOf(session);
    requests[sound] = placeOf(request);
    payloadBytes[sound] = payload?.bytes ?? -1;
    if (payload) digests += payload.sha256;
    if (tellingTypes.has(type)) telling.push(decoded.value);
    sound++;
  }
  if (bundle.entries.length < width)
    fault ??= { entry: first + bundle.entries.length, what: 'the entry bundle is cut short' };
  if (bundle.entries.length > width || bundle.rest > 0)
    fault ??= { entry: first + width - 1, what: 'the entry bundle holds more than its entries' };
  return {
    first,
    leaves: encodeHashes(leaves),
    root: leaves.length === tileWidth ? listRoot(leaves) : null,
    types: types.subarray(0, sound),
    times,
    names: [...names.keys()],
    sessions: sessions.subarray(0, sound),
    requests: requests.subarray(0, sound),
    payloadBytes: payloadBytes.subarray(0, sound),
    digests,
    telling,
    fault,
  };
}

/** As views into them. */
export function leavesOf({ leaves }: BundleReading): Hash[] {
  return decodeHashes(leaves) ?? [];
}
