// What a store row may contain of PHI (a held statement, its parameters, a reviewer's reason) is kept sealed: AES-256-GCM
// under keys derived from the KEK (HKDF, RFC 5869). A row moved to another id does not open.

import { createCipheriv, createDecipheriv, createHmac, createSecretKey, hkdfSync, randomBytes } from 'node:crypto';

export interface Seal {
  close(text: string, place: string): Uint8Array;
  /** @throws when the bytes were altered, moved, or sealed under another key */
  open(sealed: Uint8Array, place: string): string;
  /** A keyed name for a value to be looked up by: the digest of a statement alone could be guessed. */
  name(value: string): Uint8Array;
}

const nonceBytes = 12;
const tagBytes = 16;

/** @param kek 32 bytes; @param naming what names are made with, where that is older than the KEK */
export function createSeal(
  kek: Uint8Array,
  naming: Uint8Array = new Uint8Array(hkdfSync('sha256', kek, new Uint8Array(), 'chartgate store name v1', 32)),
): Seal {
  const sealing = new Uint8Array(hkdfSync('sha256', kek, new Uint8Array(), 'chartgate store seal v1', 32));
  // A key object, as one is made of plain bytes anew for each name, which costs four times the name.
  const namingKey = createSecretKey(naming);
  return {
    close(text, place) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv('aes-256-gcm', sealing, nonce).setAAD(Buffer.from(place, 'utf8'));
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([nonce, body, cipher.getAuthTag()]);
    },
    open(sealed, place) {
      const nonce = sealed.subarray(0, nonceBytes);
      const body = sealed.subarray(nonceBytes, sealed.length - tagBytes);
      const decipher = createDecipheriv('aes-256-gcm', sealing, nonce, { authTagLength: tagBytes })
        .setAAD(Buffer.from(place, 'utf8'))
        .setAuthTag(sealed.subarray(sealed.length - tagBytes));
      return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8');
    },
    name: (value) => createHmac('sha256', namingKey).update(value, 'utf8').digest(),
  };
}
