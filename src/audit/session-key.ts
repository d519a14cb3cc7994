// The keys that payloads are encrypted under: one for each session, wrapped by the key-encryption key (AES-256-GCM). Forgetting a
// session's key forgets its payloads; the tree, which holds only digests of ciphertext, is not touched.

import { createCipheriv, createDecipheriv, createSecretKey, hash, type KeyObject } from 'node:crypto';

export interface SessionKey {
  readonly session: string;
  /** Names the key in blobs and file names: 8 bytes of a digest of its 256 random bits, hex. */
  readonly id: string;
  /** The same. */
  readonly idBytes: Uint8Array;
  readonly key: KeyObject;
  /** How payloads are encrypted under it; its id says so. */
  readonly form: PayloadForm;
}

/** One stream for all payloads of a session; or, in logs begun before there was that, each on its own (AES-256-GCM). */
export type PayloadForm = 'stream' | 'single';

/** What stands in for the session of a payload that belongs to none. */
export const noSession = '-';

export const nonceBytes = 12;
const gcmTagBytes = 16;
export const keyIdBytes = 8;

const namedAs: Readonly<Record<PayloadForm, string>> = {
  stream: 'chartgate stream key\n',
  single: 'chartgate session key\n',
};

const forms: readonly PayloadForm[] = ['stream', 'single'];

/** `key` is 32 random bytes. */
export function sessionKey(session: string, key: Uint8Array, form: PayloadForm = 'stream'): SessionKey {
  const named = hash('sha256', Buffer.concat([Buffer.from(namedAs[form]), key]), 'buffer');
  const idBytes = named.subarray(0, keyIdBytes);
  return { session, id: idBytes.toString('hex'), idBytes, key: createSecretKey(key), form };
}

/** Where the wrapped key is kept, below `keys/`. */
export function keyFile(session: string, id: string): string {
  return `${session}.${id}`;
}

/** Nonce ‖ ciphertext ‖ tag, and a checksum so that damage is seen without the KEK. `nonce` is 12 random bytes. */
export function wrapKey(kek: KeyObject, key: SessionKey, nonce: Uint8Array): Uint8Array {
  const cipher = createCipheriv('aes-256-gcm', kek, nonce).setAAD(boundTo(key.session));
  const wrapped = Buffer.concat([nonce, cipher.update(key.key.export()), cipher.final(), cipher.getAuthTag()]);
  return Buffer.concat([wrapped, checksum(wrapped)]);
}

export function unwrapKey(kek: KeyObject, session: string, id: string, wrapped: Uint8Array): SessionKey | undefined {
  if (!isWrappedKey(wrapped)) return undefined;
  const key = openGcm(kek, boundTo(session), wrapped.subarray(0, -checksumBytes));
  if (key?.length !== 32) return undefined;
  for (const form of forms) {
    const found = sessionKey(session, key, form);
    if (found.id === id) return found;
  }
  return undefined;
}

/** Length and checksum hold. That it opens needs the KEK. */
export function isWrappedKey(wrapped: Uint8Array): boolean {
  return (
    wrapped.length === nonceBytes + 32 + gcmTagBytes + checksumBytes &&
    checksum(wrapped.subarray(0, -checksumBytes)).equals(wrapped.subarray(-checksumBytes))
  );
}

/** Of nonce ‖ ciphertext ‖ tag; undefined when it was not encrypted under this key with this additional data. */
export function openGcm(key: KeyObject, bound: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
  if (sealed.length < nonceBytes + gcmTagBytes) return undefined;
  const opener = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, nonceBytes), { authTagLength: gcmTagBytes });
  opener.setAAD(bound).setAuthTag(sealed.subarray(-gcmTagBytes));
  try {
    return Buffer.concat([opener.update(sealed.subarray(nonceBytes, -gcmTagBytes)), opener.final()]);
  } catch {
    return undefined;
  }
}

const checksumBytes = 8;

function checksum(wrapped: Uint8Array): Buffer {
  return hash('sha256', wrapped, 'buffer').subarray(0, checksumBytes);
}

function boundTo(session: string): Buffer {
  return Buffer.from(`chartgate key wrap\n${session}`);
}
