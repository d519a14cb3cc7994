// Payloads at rest: AES-256-CTR, then HMAC-SHA-256 over the ciphertext, both under keys made of the session's own. The payloads of a
// session are one stream after another: a cipher object for each would cost more than all else about a record (ADR 35).

import {
  type Cipheriv,
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  timingSafeEqual,
} from 'node:crypto';
import { PreparedHmac } from './prepared-hmac.ts';
import { keyIdBytes, openGcm, type SessionKey } from './session-key.ts';
import { writeU64 } from './u64.ts';

const positionBytes = 8;
const headBytes: number = keyIdBytes + positionBytes;
const tagBytes = 16;
const blockBytes = 16n;

/** Which entry it is the payload of: the tag is over this, too, so that blobs cannot trade places. Nothing here waits, so one serves all. */
const place = Buffer.alloc(8);

/**
 * Seals what one process has to say of one session. INVARIANT: no two of them have the same key, and no byte of its stream
 * serves twice; so one that has thrown is not used again.
 */
export class PayloadSealer {
  readonly key: SessionKey;
  readonly #stream: Cipheriv;
  readonly #mac: PreparedHmac;
  /** How many bytes of the stream are used. */
  #position = 0;

  constructor(key: SessionKey) {
    const { encryption, authentication } = keysOf(key);
    this.key = key;
    this.#stream = createCipheriv('aes-256-ctr', encryption, counterAt(0n));
    this.#mac = new PreparedHmac(authentication);
  }

  /** Key id ‖ position in the stream (u64) ‖ ciphertext ‖ tag. */
  seal(seq: number, plain: Uint8Array): Uint8Array {
    const blob = Buffer.allocUnsafe(headBytes + plain.length + tagBytes);
    blob.set(this.key.idBytes);
    writeU64(blob, keyIdBytes, this.#position);
    this.#position += plain.length;
    blob.set(this.#stream.update(plain), headBytes);
    const end = headBytes + plain.length;
    blob.write(tagOf(this.#mac, seq, blob.subarray(0, end)), end, tagBytes, 'latin1');
    return blob;
  }
}

/** Undefined when the blob was not sealed with this key for this entry. */
export function openPayload(key: SessionKey, seq: number, blob: Uint8Array): Uint8Array | undefined {
  if (key.form === 'single') return openGcm(key.key, Buffer.from(`${key.session}\n${seq}`), blob.subarray(keyIdBytes));
  if (blob.length < headBytes + tagBytes) return undefined;
  const { encryption, authentication } = keysOf(key);
  const tag = Buffer.from(tagOf(new PreparedHmac(authentication), seq, blob.subarray(0, -tagBytes)), 'latin1');
  if (!timingSafeEqual(tag.subarray(0, tagBytes), blob.subarray(-tagBytes))) return undefined;
  const position = new DataView(blob.buffer, blob.byteOffset).getBigUint64(keyIdBytes);
  const opener = createDecipheriv('aes-256-ctr', encryption, counterAt(position / blockBytes));
  opener.update(new Uint8Array(Number(position % blockBytes)));
  return opener.update(blob.subarray(headBytes, -tagBytes));
}

export function blobKeyId(blob: Uint8Array): string {
  return Buffer.from(blob.buffer, blob.byteOffset, Math.min(keyIdBytes, blob.length)).toString('hex');
}

function tagOf(mac: PreparedHmac, seq: number, sealed: Uint8Array): string {
  writeU64(place, 0, seq);
  return mac.of(place, sealed);
}

/** HKDF-SHA-256 (RFC 5869) without salt: 32 bytes for the cipher, 32 for the tags. */
function keysOf({ key, session }: SessionKey): { readonly encryption: KeyObject; readonly authentication: Uint8Array } {
  const made = new Uint8Array(hkdfSync('sha256', key, '', `chartgate payload\n${session}`, 64));
  // To make a cipher of bytes takes four times as long as of a key.
  return { encryption: createSecretKey(made.subarray(0, 32)), authentication: made.subarray(32) };
}

/** The counter of this block of the stream (NIST SP 800-38A §6.5): every key has a stream of its own, so it begins at nought. */
function counterAt(block: bigint): Uint8Array {
  const counter = Buffer.alloc(16);
  counter.writeBigUInt64BE(block, 8);
  return counter;
}
