// HMAC-SHA-256 (RFC 2104) by node:crypto's one-shot hash, which costs a fraction of an Hmac object a value.

import { hash } from 'node:crypto';

const blockBytes = 64;
/** Both padded keys of a view's key, which many columns share. */
const pads = new WeakMap<Uint8Array, { readonly inner: Buffer; readonly outer: Buffer }>();

/** The key, up to 64 bytes, as it goes into the inner and the outer hash (RFC 2104 §2): as secret as the key. */
export function keyPads(key: Uint8Array): { readonly inner: Buffer; readonly outer: Buffer } {
  let pad = pads.get(key);
  if (!pad) {
    pad = { inner: padded(key, 0x36), outer: padded(key, 0x5c) };
    pads.set(key, pad);
  }
  return pad;
}

/** `key`: up to 64 bytes. */
export function keyedDigest(key: Uint8Array, text: string): Buffer {
  const pad = keyPads(key);
  const inner = hash('sha256', Buffer.concat([pad.inner, Buffer.from(text)]), 'buffer');
  return hash('sha256', Buffer.concat([pad.outer, inner]), 'buffer');
}

function padded(key: Uint8Array, byte: number): Buffer {
  const pad = Buffer.alloc(blockBytes, byte);
  for (const [at, each] of key.entries()) pad[at] = each ^ byte;
  return pad;
}
