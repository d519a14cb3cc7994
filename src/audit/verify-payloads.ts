// Payload packs and wrapped keys against what the entries committed to. It needs no key: only digests of ciphertext. Whether what is
// missing was destroyed on purpose is known only when every entry has been read.

import { hash } from 'node:crypto';
import { fail, ok, type Result } from '../core/result.ts';
import { type BundleReading, digestLength } from './bundle-reading.ts';
import type { DecodedFrame } from './journal-frame.ts';
import { decodePackHeader, encodePack, packHeaderBytes, packPath } from './payload-pack.ts';
import { blobKeyId, isWrappedKey, keyFile, noSession } from './payload-seal.ts';
import { sameHash, tileWidth } from './tree.ts';
import type { PayloadPlace, RecordSense } from './verify-records.ts';
import type { BadPlace, ReadOnlyFiles } from './verify-sources.ts';

/** A pack is read whole up to this size, else payload by payload. */
const packBytesMax = 8 * 1024 * 1024;

interface ExpectedPayload extends PayloadPlace {
  readonly sha256: string;
  readonly bytes: number;
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
  /** Where the payloads of the tree end, by pack. */
  readonly #ends = new Map<string, number>();
  /** Each wrapped key once: what is wrong with it. */
  readonly #keysSeen = new Map<string, string | undefined>();
  readonly #doubts: Doubt[] = [];
  #bad: BadPlace | undefined;
  #sound = 0;

  constructor(packs: ReadOnlyFiles, keys: ReadOnlyFiles | undefined) {
    this.#packs = packs;
    this.#keys = keys;
  }

  /** Bundles come in order. After the first payload that is wrong it looks no further. */
  async see(reading: BundleReading): Promise<void> {
    const expected = expectedIn(reading);
    if (expected.length === 0 || this.#bad) return;
    const path = packPath(reading.first);
    const whole = expected.reduce((sum, { bytes }) => sum + packHeaderBytes + bytes, 0);
    const pack = whole <= packBytesMax ? ((await this.#packs.readAt(path, 0, whole)) ?? new Uint8Array()) : undefined;
    const readAt = async (offset: number, bytes: number) =>
      pack ? pack.subarray(offset, offset + bytes) : await this.#packs.readAt(path, offset, bytes);
    let position = 0;
    for (const each of expected) {
      const found = checkBlob(await readAt(position, packHeaderBytes + each.bytes), each);
      const bad = { file: `payloads/${path}`, entry: each.seq };
      if (found.ok) {
        this.#sound++;
        position += packHeaderBytes + each.bytes;
        await this.#lookAtKey(each, found.value);
      } else if (found.error.missing) {
        this.#doubts.push({ place: each, bad: { ...bad, what: found.error.what }, what: 'payload' });
      } else {
        this.#bad = { ...bad, what: found.error.what };
        return;
      }
    }
    this.#ends.set(path, position);
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

  async #lookAtKey(place: PayloadPlace, blob: Uint8Array): Promise<void> {
    if (!this.#keys) return;
    const name = keyFile(place.session, blobKeyId(blob));
    if (!this.#keysSeen.has(name)) this.#keysSeen.set(name, faultOf(await this.#keys.read(name)));
    const what = this.#keysSeen.get(name);
    if (what !== undefined)
      this.#doubts.push({ place, bad: { file: `keys/${name}`, entry: place.seq, what }, what: 'key' });
  }
}

function expectedIn({ first, digests, names, sessions, payloadBytes }: BundleReading): ExpectedPayload[] {
  const expected: ExpectedPayload[] = [];
  const hex = Buffer.from(digests.buffer, digests.byteOffset, digests.length).toString('latin1');
  for (const [i, bytes] of payloadBytes.entries()) {
    if (bytes < 0) continue;
    const sha256 = hex.slice(expected.length * digestLength, (expected.length + 1) * digestLength);
    expected.push({ seq: first + i, session: names[(sessions[i] ?? 0) - 1] ?? noSession, sha256, bytes });
  }
  return expected;
}

function faultOf(wrapped: Uint8Array | undefined): string | undefined {
  if (!wrapped) return 'the wrapped key is missing';
  return isWrappedKey(wrapped) ? undefined : 'the wrapped key is damaged';
}

/** `found`: what stands where the payload should, header first. */
function checkBlob(
  found: Uint8Array | undefined,
  expected: ExpectedPayload,
): Result<Uint8Array, { readonly missing: boolean; readonly what: string }> {
  const header = found && decodePackHeader(found);
  if (!header) return fail({ missing: true, what: 'the payload is missing' });
  // A header of a later entry of the same pack: this payload was taken out whole.
  if (header.seq !== expected.seq) {
    const later = header.seq > expected.seq && header.seq < (Math.floor(expected.seq / tileWidth) + 1) * tileWidth;
    return fail({ missing: later, what: later ? 'the payload is missing' : 'the payload is out of its place' });
  }
  const blob = found.subarray(packHeaderBytes);
  if (header.blobBytes !== expected.bytes || blob.length !== expected.bytes || hash('sha256', blob) !== expected.sha256)
    return fail({ missing: false, what: 'the payload is not the one that was logged' });
  return ok(blob);
}
