// Payloads at rest: AES-256-GCM under a key of the session's own, which the key-encryption key wraps (AES-256-GCM too).
// Forgetting a session's key forgets its payloads; the tree, which holds only digests of ciphertext, is not touched.

import { createCipheriv, createDecipheriv, createSecretKey, hash, type KeyObject } from 'node:crypto';
import { assert } from '../core/result.ts';

export interface SessionKey {
  readonly session: string;
  /** Names the key in blobs and file names: 8 bytes of a digest of its 256 random bits, hex. */
  readonly id: string;
  /** The same. */
  readonly idBytes: Uint8Array;
  readonly key: KeyObject;
}

/** What stands in for the session of a payload that belongs to none. */
export const noSession = '-';

const nonceBytes = 12;
const tagBytes = 16;
const idBytes = 8;
const noId = new Uint8Array();

/** `key` is 32 random bytes. */
export function sessionKey(session: string, key: Uint8Array): SessionKey {
  const named = hash('sha256', Buffer.concat([Buffer.from('chartgate session key\n'), key]), 'buffer');
  const bytes = named.subarray(0, idBytes);
  return { session, id: bytes.toString('hex'), idBytes: bytes, key: createSecretKey(key) };
}

/** Where the wrapped key is kept, below `keys/`. */
export function keyFile(session: string, id: string): string {
  return `${session}.${id}`;
}

/** Key id ‖ nonce ‖ ciphertext ‖ tag. The tag binds session and seq, so that blobs cannot trade places. `nonce` is 12 random bytes. */
export function sealPayload(key: SessionKey, seq: number, plain: Uint8Array, nonce: Uint8Array): Uint8Array {
  return seal(key.key, nonce, `${key.session}\n${seq}`, plain, key.idBytes);
}

/** Undefined when the blob was not sealed with this key for this place. */
export function openPayload(key: SessionKey, seq: number, blob: Uint8Array): Uint8Array | undefined {
  return open(key.key, `${key.session}\n${seq}`, blob.subarray(idBytes));
}

export function blobKeyId(blob: Uint8Array): string {
  return Buffer.from(blob.buffer, blob.byteOffset, Math.min(idBytes, blob.length)).toString('hex');
}

/** Nonce ‖ ciphertext ‖ tag, and a checksum so that damage is seen without the KEK. */
export function wrapKey(kek: KeyObject, key: SessionKey, nonce: Uint8Array): Uint8Array {
  const wrapped = seal(kek, nonce, `chartgate key wrap\n${key.session}`, key.key.export());
  return Buffer.concat([wrapped, checksum(wrapped)]);
}

export function unwrapKey(kek: KeyObject, session: string, id: string, wrapped: Uint8Array): SessionKey | undefined {
  if (!isWrappedKey(wrapped)) return undefined;
  const key = open(kek, `chartgate key wrap\n${session}`, wrapped.subarray(0, -8));
  if (key?.length !== 32) return undefined;
  const found = sessionKey(session, key);
  return found.id === id ? found : undefined;
}

/** Length and checksum hold. That it opens needs the KEK. */
export function isWrappedKey(wrapped: Uint8Array): boolean {
  return (
    wrapped.length === nonceBytes + 32 + tagBytes + 8 && checksum(wrapped.subarray(0, -8)).equals(wrapped.subarray(-8))
  );
}

function checksum(wrapped: Uint8Array): Buffer {
  return hash('sha256', wrapped, 'buffer').subarray(0, 8);
}

function seal(key: KeyObject, nonce: Uint8Array, bound: string, plain: Uint8Array, keyId: Uint8Array = noId): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(bound));
  const sealed = Buffer.allocUnsafe(keyId.length + nonceBytes + plain.length + tagBytes);
  const start = keyId.length + nonceBytes;
  sealed.set(keyId);
  sealed.set(nonce, start - nonceBytes);
  sealed.set(cipher.update(plain), start);
  assert(cipher.final().length === 0, 'in this mode update() gives all of the ciphertext');
  sealed.set(cipher.getAuthTag(), start + plain.length);
  return sealed;
}

function open(key: KeyObject, bound: string, sealed: Uint8Array): Uint8Array | undefined {
  if (sealed.length < nonceBytes + tagBytes) return undefined;
  const opener = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, nonceBytes), { authTagLength: tagBytes });
  opener.setAAD(Buffer.from(bound)).setAuthTag(sealed.subarray(-tagBytes));
  try {
    return Buffer.concat([opener.update(sealed.subarray(nonceBytes, -tagBytes)), opener.final()]);
  } catch {
    return undefined;
  }
}
