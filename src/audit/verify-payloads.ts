// Payload packs and wrapped keys against what the entries committed to. It needs no key: only digests of ciphertext.

import { hash } from 'node:crypto';
import { fail, ok, type Result } from '../core/result.ts';
import type { DecodedFrame } from './journal-frame.ts';
import { decodePackHeader, encodePack, packHeaderBytes, packPath } from './payload-pack.ts';
import { blobKeyId, isWrappedKey, keyFile } from './payload-seal.ts';
import { sameHash, tileWidth } from './tree.ts';
import type { ExpectedPayload, RecordSense } from './verify-records.ts';
import type { BadPlace, ReadOnlyFiles } from './verify-sources.ts';

export interface PayloadCheck {
  readonly sound: number;
  readonly shredded: number;
  /** Bytes after the last payload of the tree have to be what the journal is about to put there. */
  checkTails(beyond: readonly DecodedFrame[]): Promise<BadPlace | undefined>;
}

export async function verifyPayloads(
  packs: ReadOnlyFiles,
  keys: ReadOnlyFiles | undefined,
  sense: RecordSense,
): Promise<Result<PayloadCheck, BadPlace>> {
  const files = await packs.list();
  const byPack = Map.groupBy(sense.payloads, ({ seq }) => packPath(seq));
  const ends = new Map<string, number>();
  const keyCheck = new KeyCheck(keys, sense);
  let sound = 0;
  let shredded = 0;
  for (const [path, expected] of byPack) {
    let position = 0;
    for (const each of expected) {
      const found = await readBlob(packs, path, position, each);
      if (found.ok) {
        sound++;
        position += packHeaderBytes + each.bytes;
        const bad = await keyCheck.look(each, found.value);
        if (bad) return fail(bad);
      } else if (sense.isShredded(each) && found.error.missing) {
        shredded++;
      } else {
        return fail({ file: `payloads/${path}`, entry: each.seq, what: found.error.what });
      }
    }
    ends.set(path, position);
  }
  const checkTails = async (beyond: readonly DecodedFrame[]): Promise<BadPlace | undefined> => {
    for (const path of files) {
      const end = ends.get(path) ?? 0;
      const ahead = encodePack(beyond.filter(({ seq, blob }) => blob.length > 0 && packPath(seq) === path));
      const tail = (await packs.readAt(path, end, ahead.length + 1)) ?? new Uint8Array();
      if (!ends.has(path) && ahead.length === 0)
        return { file: `payloads/${path}`, entry: null, what: 'no entry has a payload here' };
      if (tail.length > ahead.length || !sameHash(tail, ahead.subarray(0, tail.length)))
        return { file: `payloads/${path}`, entry: null, what: 'it holds more than the payloads of its entries' };
    }
    return undefined;
  };
  return ok({ sound, shredded, checkTails });
}

async function readBlob(
  packs: ReadOnlyFiles,
  path: string,
  position: number,
  expected: ExpectedPayload,
): Promise<Result<Uint8Array, { readonly missing: boolean; readonly what: string }>> {
  const bytes = await packs.readAt(path, position, packHeaderBytes + expected.bytes);
  const header = bytes && decodePackHeader(bytes);
  if (!header) return fail({ missing: true, what: 'the payload is missing' });
  // A header of a later entry of the same pack: this payload was taken out whole.
  if (header.seq !== expected.seq) {
    const later = header.seq > expected.seq && header.seq < (Math.floor(expected.seq / tileWidth) + 1) * tileWidth;
    return fail({ missing: later, what: later ? 'the payload is missing' : 'the payload is out of its place' });
  }
  const blob = bytes.subarray(packHeaderBytes);
  if (header.blobBytes !== expected.bytes || blob.length !== expected.bytes || hash('sha256', blob) !== expected.sha256)
    return fail({ missing: false, what: 'the payload is not the one that was logged' });
  return ok(blob);
}

/** Each wrapped key once: there and whole, unless its session was shredded. */
class KeyCheck {
  readonly #files: ReadOnlyFiles | undefined;
  readonly #sense: RecordSense;
  readonly #seen = new Set<string>();

  constructor(files: ReadOnlyFiles | undefined, sense: RecordSense) {
    this.#files = files;
    this.#sense = sense;
  }

  async look(payload: ExpectedPayload, blob: Uint8Array): Promise<BadPlace | undefined> {
    const { seq, session } = payload;
    const name = keyFile(session, blobKeyId(blob));
    if (!this.#files || this.#seen.has(name) || this.#sense.isShredded(payload)) return undefined;
    this.#seen.add(name);
    const wrapped = await this.#files.read(name);
    if (wrapped && isWrappedKey(wrapped)) return undefined;
    return {
      file: `keys/${name}`,
      entry: seq,
      what: wrapped ? 'the wrapped key is damaged' : 'the wrapped key is missing',
    };
  }
}
