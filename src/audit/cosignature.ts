// What a cosigner signs (https://c2sp.org/tlog-cosignature): a checkpoint and the time, with Ed25519 or ML-DSA-44.

import { type KeyObject, sign, verify } from 'node:crypto';
import { fail, ok, type Result } from '../core/result.ts';
import { parseCheckpoint } from './checkpoint-text.ts';

export type CosignatureAlgorithm = 'cosignature/v1' | 'subtree/v1';

const signatureBytes: Readonly<Record<CosignatureAlgorithm, number>> = { 'cosignature/v1': 64, 'subtree/v1': 2420 };

/** The message of `cosignature/v1`: the note's whole text is signed, extension lines too. */
function textMessage(text: string, seconds: number): Uint8Array {
  return Buffer.from(`cosignature/v1\ntime ${seconds}\n${text}`);
}

/** The message of `subtree/v1`: a `cosigned_message` over a whole tree. Extension lines have no place in it. */
function subtreeMessage(cosigner: string, text: string, seconds: number): Result<Uint8Array, string> {
  const checkpoint = parseCheckpoint(text);
  if (!checkpoint.ok) return checkpoint;
  const { origin, size, root } = checkpoint.value;
  const [name, log] = [Buffer.from(cosigner), Buffer.from(origin)];
  if (name.length > 255 || log.length > 255) return fail('a name in it is too long');
  return ok(
    Buffer.concat([
      Buffer.from('subtree/v1\n\0'),
      Uint8Array.of(name.length),
      name,
      u64(seconds),
      Uint8Array.of(log.length),
      log,
      u64(0),
      u64(size),
      root,
    ]),
  );
}

function message(algorithm: CosignatureAlgorithm, cosigner: string, text: string, seconds: number) {
  return algorithm === 'cosignature/v1' ? ok(textMessage(text, seconds)) : subtreeMessage(cosigner, text, seconds);
}

/** A `timestamped_signature` of the checkpoint `text`; `seconds` since the epoch, 0 for no statement about time. */
export function cosign(
  algorithm: CosignatureAlgorithm,
  cosigner: string,
  privateKey: KeyObject,
  text: string,
  seconds: number,
): Result<Uint8Array, string> {
  const signed = message(algorithm, cosigner, text, seconds);
  if (!signed.ok) return signed;
  return ok(Buffer.concat([u64(seconds), sign(null, signed.value, privateKey)]));
}

/** Whether `signature` is one of `publicKey` over the checkpoint `text`. */
export function isCosigned(
  algorithm: CosignatureAlgorithm,
  cosigner: string,
  publicKey: KeyObject,
  text: string,
  signature: Uint8Array,
): boolean {
  const seconds = cosignedAt(signature);
  if (seconds === undefined || signature.length !== 8 + signatureBytes[algorithm]) return false;
  const signed = message(algorithm, cosigner, text, seconds);
  return signed.ok && verify(null, signed.value, publicKey, signature.subarray(8));
}

/** Seconds since the epoch, as the signature says; undefined where it says none, or one past any calendar. */
export function cosignedAt(signature: Uint8Array): number | undefined {
  if (signature.length < 8) return undefined;
  const seconds = Number(Buffer.from(signature.subarray(0, 8)).readBigUInt64BE());
  return Number.isSafeInteger(seconds) ? seconds : undefined;
}

function u64(value: number): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}
