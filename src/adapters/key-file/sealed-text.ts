// Text sealed under the node's key-encryption key: AES-256-GCM by a key derived for one purpose. Whoever opens it under another
// KEK, or for another purpose, learns nothing but that it does not open.

import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { derivedKey } from './kek.ts';

const nonceBytes = 12;
const tagBytes = 16;

/** Base64 of nonce ‖ ciphertext ‖ tag (AES-256-GCM). */
export function sealUnder(kek: Uint8Array, purpose: string, text: string): string {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', derivedKey(kek, purpose), nonce);
  return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64');
}

/** Undefined when it does not open. */
export function openUnder(kek: Uint8Array, purpose: string, sealed: string): string | undefined {
  const bytes = Buffer.from(sealed, 'base64');
  if (bytes.length < nonceBytes + tagBytes) return undefined;
  const opener = createDecipheriv('aes-256-gcm', derivedKey(kek, purpose), bytes.subarray(0, nonceBytes), {
    authTagLength: tagBytes,
  }).setAuthTag(bytes.subarray(-tagBytes));
  try {
    return Buffer.concat([opener.update(bytes.subarray(nonceBytes, -tagBytes)), opener.final()]).toString('utf8');
  } catch {
    return undefined;
  }
}
