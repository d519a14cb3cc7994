// Payload packs and wrapped keys against what the entries committed to. It needs no key: only digests of ciphertext. Whether what is
// missing was destroyed on purpose is known only when every entry has been read.

import { fail, ok, type Result } from '../core/result.ts';
import { type BundleReading, digestLength } from './bundle-reading.ts';
import type { DecodedFrame } from './journal-frame.ts';
import type { PackReader, PackReading } from './pack-reading.ts';
import { encodePack, packHeaderBytes, packPath } from './payload-pack.ts';
import { isWrappedKey, keyFile, noSession } from './session-key.ts';
import { sameHash, tileWidth } from './tree.ts';
import type { PayloadPlace, RecordSense } from './verify-records.ts';
import type { BadPlace, ReadOnlyFiles } from './verify-sources.ts';

/** A pack is read in pieces of no more than so many bytes, or of one payload. */
const pieceBytesMax = 2 * 1024 * 1024;
/** So many packs are being read at once, ahead of the bundle that is looked at. */
export const packsAtOnce = 4;

/** The payloads that the entries of a bundle have committed to. */
interface ExpectedPayloads {
  readonly reading: BundleReading;
  /** Of each its entry's place in the bundle. */
  readonly places: readonly number[];
}

/** What there is of a pack, as far as it was read: up to the first payload that is wrong. */
interface SeenPack {
  readonly expected: ExpectedPayloads;
  /** Of each payload that was looked at the place of its wrapped key in `keyFiles`; -1 for one that is not there. */
  readonly keys: readonly number[];
  readonly keyFiles: readonly string[];
  /** Where the last of them ends. */
  readonly end: number;
  readonly bad: { readonly entry: number; readonly what: string } | null;
}

/** Something that is gone, as it is where its session was shredded. */
interface Doubt {
  readonly place: PayloadPlace;
  readonly bad: BadPlace;
  readonly what: 'payload' | 'key';
}

export class PayloadCheck {
  readonly #packs: ReadOnlyFiles;
  readonly #keys: ReadOnlyFiles | undefined;
  readonly #read: PackReader;
  /** Packs of bundles that are not seen yet, by the first entry. */
  readonly #coming = new Map<number, Promise<SeenPack>>();
  #lanes: readonly Promise<unknown>[] = [];
  /** Where the payloads of the tree end, by pack. */
  readonly #ends = new Map<string, number>();
  /** Each wrapped key once: what is wrong with it. */
  readonly #keysSeen = new Map<string, string | undefined>();
  readonly #doubts: Doubt[] = [];
  #bad: BadPlace | undefined;
  #sound = 0;

  constructor(packs: ReadOnlyFiles, keys: ReadOnlyFiles | undefined, read: PackReader) {
    this.#packs = packs;
    this.#keys = keys;
    this.#read = read;
  }

  /** Begins with the pack of a bundle that will be seen, or never will. */
  foresee(reading: BundleReading): void {
    const expected = expectedIn(reading);
    if (expected.places.length === 0 || this.#bad) return;
    const look = () => seePack(this.#packs, expected, this.#read);
    const [before] = this.#lanes.length < packsAtOnce ? [] : this.#lanes;
    const pack = before ? before.then(look, look) : look();
    // It is waited for only when its turn comes, which may be never.
    pack.catch(() => {});
    this.#lanes = [...this.#lanes, pack].slice(-packsAtOnce);
    this.#coming.set(reading.first, pack);
  }

  /** Bundles come in order, each foreseen. After the first payload that is wrong it looks no further. */
  async see({ first }: BundleReading): Promise<void> {
    const coming = this.#coming.get(first);
    this.#coming.delete(first);
    if (!coming || this.#bad) return;
    const { expected, keys, keyFiles, end, bad } = await coming;
    const file = `payloads/${packPath(first)}`;
    for (const each of keyFiles) if (!this.#keysSeen.has(each)) this.#keysSeen.set(each, await this.#faultOfKey(each));
    const faults = keyFiles.map((each) => this.#keysSeen.get(each));
    for (const [i, key] of keys.entries()) {
      const what = faults[key];
      if (key >= 0) this.#sound++;
      if (key >= 0 && what === undefined) continue;
      const place = placeOf(expected, i);
      const entry = place.seq;
      this.#doubts.push(
        what === undefined
          ? { place, bad: { file, entry, what: 'the payload is missing' }, what: 'payload' }
          : { place, bad: { file: `keys/${keyFiles[key]}`, entry, what }, what: 'key' },
      );
    }
    if (bad) this.#bad = { file, ...bad };
    else this.#ends.set(packPath(first), end);
  }

  /** When every entry has been seen. */
  verdict(sense: RecordSense): Result<{ readonly sound: number; readonly shredded: number }, BadPlace> {
    // What was doubted came before what was found wrong: nothing was looked at after that.
    const bad = this.#doubts.find(({ place }) => !sense.isShredded(place))?.bad ?? this.#bad;
    if (bad) return fail(bad);
    return ok({ sound: this.#sound, shredded: this.#doubts.filter(({ what }) => what === 'payload').length });
  }

  /** Bytes after the last payload of the tree have to be what the journal is about to put there. */
  async checkTails(beyond: readonly DecodedFrame[]): Promise<BadPlace | undefined> {
    for (const path of await this.#packs.list()) {
      const end = this.#ends.get(path) ?? 0;
      const beyondHere = beyond.filter(({ seq, blob }) => blob.length > 0 && packPath(seq) === path);
      const ahead = Buffer.concat(encodePack(beyondHere));
      const tail = (await this.#packs.readAt(path, end, ahead.length + 1)) ?? new Uint8Array();
      if (!this.#ends.has(path) && ahead.length === 0)
        return { file: `payloads/${path}`, entry: null, what: 'no entry has a payload here' };
      if (tail.length > ahead.length || !sameHash(tail, ahead.subarray(0, tail.length)))
        return { file: `payloads/${path}`, entry: null, what: 'it holds more than the payloads of its entries' };
    }
    return undefined;
  }

  /** Undefined where there are no keys to look at, too. */
  async #faultOfKey(name: string): Promise<string | undefined> {
    if (!this.#keys) return undefined;
    const wrapped = await this.#keys.read(name);
    if (!wrapped) return 'the wrapped key is missing';
    return isWrappedKey(wrapped) ? undefined : 'the wrapped key is damaged';
  }
}

function expectedIn(reading: BundleReading): ExpectedPayloads {
  const places: number[] = [];
  for (let i = 0; i < reading.payloadBytes.length; i++) if ((reading.payloadBytes[i] ?? -1) >= 0) places.push(i);
  return { reading, places };
}

function placeOf({ reading, places }: ExpectedPayloads, i: number): PayloadPlace {
  const { first, names, sessions } = reading;
  const place = places[i] ?? 0;
  return { seq: first + place, session: names[(sessions[place] ?? 0) - 1] ?? noSession };
}

/** The pack of one bundle, piece by piece. */
async function seePack(packs: ReadOnlyFiles, expected: ExpectedPayloads, read: PackReader): Promise<SeenPack> {
  const { reading, places } = expected;
  const { first, payloadBytes } = reading;
  const digests = asBuffer(reading.digests);
  const path = packPath(first);
  const keys: number[] = [];
  const keyFiles: string[] = [];
  let end = 0;
  while (keys.length < places.length) {
    const wanted = pieceBytes(expected, keys.length);
    const bytes = (await packs.readAt(path, end, wanted)) ?? new Uint8Array();
    const piece = await read(bytes);
    const found = asBuffer(piece.digests);
    const keyOf = new KeyPlaces(expected, piece, keyFiles);
    /** How many payloads, and bytes, of the piece are behind us. */
    let [at, passed] = [0, 0];
    while (keys.length < places.length) {
      const i = keys.length;
      const place = places[i] ?? 0;
      const seq = first + place;
      const size = packHeaderBytes + (payloadBytes[place] ?? 0);
      // What does not fit in it any more stands in the next piece, unless the file ends in this one.
      if (passed + size > bytes.length && bytes.length === wanted) break;
      const there = piece.seqs[at] ?? piece.next?.seq ?? -1;
      // With a header of a later entry of the same pack, this payload was taken out whole.
      if (there < 0 || (there > seq && there < first + tileWidth)) {
        keys.push(-1);
        continue;
      }
      const [mine, its] = [digestLength * i, digestLength * at];
      const isIt =
        piece.blobBytes[at] === size - packHeaderBytes &&
        digests.compare(found, its, its + digestLength, mine, mine + digestLength) === 0;
      if (there !== seq || !isIt) {
        const what = there === seq ? 'the payload is not the one that was logged' : 'the payload is out of its place';
        return { expected, keys, keyFiles, end: end + passed, bad: { entry: seq, what } };
      }
      keys.push(keyOf.place(place, at));
      passed += size;
      at++;
    }
    end += passed;
  }
  return { expected, keys, keyFiles, end, bad: null };
}

/** The files of the wrapped keys that payloads of a piece name. Most name the same few. */
class KeyPlaces {
  readonly #reading: BundleReading;
  readonly #piece: PackReading;
  readonly #files: string[];
  /** By session and key. */
  readonly #known = new Map<number, number>();

  /** Adds what is new to `files`. */
  constructor({ reading }: ExpectedPayloads, piece: PackReading, files: string[]) {
    this.#reading = reading;
    this.#piece = piece;
    this.#files = files;
  }

  /** Of the payload of the entry at `place` of its bundle, which is the one at `at` of the piece. */
  place(place: number, at: number): number {
    const { names, sessions } = this.#reading;
    const [session, key] = [sessions[place] ?? 0, this.#piece.keys[at] ?? 0];
    const both = session * tileWidth + key;
    const known = this.#known.get(both) ?? this.#files.length;
    if (known === this.#files.length) {
      this.#known.set(both, known);
      this.#files.push(keyFile(names[session - 1] ?? noSession, this.#piece.keyIds[key] ?? ''));
    }
    return known;
  }
}

/** As many payloads, from the one at `from` on, as fit into a piece; and at least one. */
function pieceBytes({ reading, places }: ExpectedPayloads, from: number): number {
  let sum = 0;
  for (let i = from; i < places.length; i++) {
    const size = packHeaderBytes + (reading.payloadBytes[places[i] ?? 0] ?? 0);
    if (sum > 0 && sum + size > pieceBytesMax) break;
    sum += size;
  }
  return sum;
}

function asBuffer({ buffer, byteOffset, length }: Uint8Array<ArrayBuffer>): Buffer {
  return Buffer.from(buffer, byteOffset, length);
}
