// Signed notes (https://c2sp.org/signed-note): text, a blank line, one line per signature. Signatures of keys nobody asked
// about are carried along and ignored, as the specification asks, so that cosignatures and a new key have room.

import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { assert, fail, ok, type Result } from '../core/result.ts';
import { type CosignatureAlgorithm, cosign, isCosigned } from './cosignature.ts';

/** How a key signs: the text itself, or as a cosigner the checkpoint that the text is. */
export type NoteAlgorithm = 'ed25519' | CosignatureAlgorithm;

/** Signature types of the specification, and what their keys are. */
const algorithms: Readonly<Record<NoteAlgorithm, { readonly type: number; readonly keyBytes: number }>> = {
  ed25519: { type: 0x01, keyBytes: 32 },
  'cosignature/v1': { type: 0x04, keyBytes: 32 },
  'subtree/v1': { type: 0x06, keyBytes: 1312 },
};

/** Verifiers have to accept 16; a note with more than this many is refused unread. */
const signaturesMax = 64;

/** A verifier key: who signs, how, and what their signatures verify with. */
export interface NoteKey {
  readonly name: string;
  /** First four bytes of SHA-256(name ‖ "\n" ‖ signature type ‖ public key), hex. */
  readonly id: string;
  readonly algorithm: NoteAlgorithm;
  readonly publicKey: KeyObject;
}

export interface NoteSigner {
  readonly key: NoteKey;
  readonly privateKey: KeyObject;
}

export interface NoteSignature {
  readonly name: string;
  readonly id: string;
  readonly bytes: Uint8Array;
}

export interface Note {
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** `name` must be one: see {@link isKeyName}. */
export function noteKey(name: string, publicKey: KeyObject, algorithm: NoteAlgorithm = 'ed25519'): NoteKey {
  assert(isKeyName(name), 'the name of a key has neither spaces nor a plus');
  return { name, id: keyId(name, algorithm, rawKey(publicKey)), algorithm, publicKey };
}

/** Not empty, without Unicode spaces, control characters and `+`. */
export function isKeyName(name: string): boolean {
  return /^[^+\s\p{Cc}]+$/u.test(name);
}

/** `name+id+base64(signature type ‖ public key)` */
export function formatVkey({ name, id, algorithm, publicKey }: NoteKey): string {
  const material = Buffer.from([algorithms[algorithm].type, ...rawKey(publicKey)]);
  return `${name}+${id}+${material.toString('base64')}`;
}

export function parseVkey(text: string): Result<NoteKey, string> {
  const [, name, id, base64] = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? [];
  if (name === undefined || id === undefined || base64 === undefined || !isKeyName(name))
    return fail('it is not a verifier key');
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.toString('base64') !== base64) return fail('its key is not base64');
  const algorithm = algorithmOf(bytes[0]);
  const raw = bytes.subarray(1);
  if (!algorithm || raw.length !== algorithms[algorithm].keyBytes)
    return fail('its key is neither Ed25519 nor ML-DSA-44');
  if (keyId(name, algorithm, raw) !== id) return fail('its key id does not fit its key');
  try {
    return ok({ name, id, algorithm, publicKey: publicKeyOf(algorithm, raw) });
  } catch {
    return fail('this Node has no such keys');
  }
}

/** `text` ends in a newline, and is a checkpoint's where a signer is a cosigner; `seconds` is for their timestamps. */
export function signNote(text: string, signers: readonly NoteSigner[], seconds = 0): string {
  return `${text}\n${signers.map((signer) => signatureLine(text, signer, seconds)).join('')}`;
}

/** One signature line, newline and all. */
export function signatureLine(text: string, { key, privateKey }: NoteSigner, seconds = 0): string {
  const signature =
    key.algorithm === 'ed25519'
      ? ok(sign(null, Buffer.from(text), privateKey))
      : cosign(key.algorithm, key.name, privateKey, text, seconds);
  assert(signature.ok, 'a cosigner signs checkpoints');
  return formatSignature({ name: key.name, id: key.id, bytes: signature.value });
}

export function formatSignature({ name, id, bytes }: NoteSignature): string {
  return `— ${name} ${Buffer.concat([Buffer.from(id, 'hex'), bytes]).toString('base64')}\n`;
}

/** In good form; who signed it, and whether they did, is not looked at. */
export function parseNote(note: string): Result<Note, string> {
  const split = note.lastIndexOf('\n\n');
  if (split < 0 || !note.endsWith('\n') || /[^\P{Cc}\n\u007f-\u009f]/u.test(note))
    return fail('it is not a signed note');
  const signatures = parseSignatures(note.slice(split + 2));
  return signatures.ok ? ok({ text: note.slice(0, split + 1), signatures: signatures.value }) : signatures;
}

/** One line for each, at least one. */
export function parseSignatures(lines: string): Result<NoteSignature[], string> {
  const signatures: NoteSignature[] = [];
  for (const line of lines.slice(0, -1).split('\n')) {
    const [, name, base64] = /^— (\S+) ([A-Za-z0-9+/]+={0,2})$/.exec(line) ?? [];
    const bytes = Buffer.from(base64 ?? '', 'base64');
    if (name === undefined || !isKeyName(name) || bytes.toString('base64') !== base64 || bytes.length < 5)
      return fail('a signature line is malformed');
    signatures.push({ name, id: bytes.subarray(0, 4).toString('hex'), bytes: bytes.subarray(4) });
  }
  return signatures.length <= signaturesMax ? ok(signatures) : fail('it has too many signatures');
}

/** The note's text, if `key` signed it. A signature that claims to be by `key` and is not refuses the whole note. */
export function openNote(note: string, key: NoteKey): Result<Note, string> {
  const parsed = parseNote(note);
  if (!parsed.ok) return parsed;
  const own = parsed.value.signatures.filter((each) => isBy(each, key));
  if (own.length === 0) return fail('it is not signed by the key of this log');
  if (!own.every(({ bytes }) => verifies(parsed.value.text, key, bytes))) return fail('its signature is not valid');
  return parsed;
}

/** Whether the signature says that it is by this key. */
export function isBy(signature: NoteSignature, key: NoteKey): boolean {
  return signature.name === key.name && signature.id === key.id;
}

export function verifies(text: string, { algorithm, name, publicKey }: NoteKey, signature: Uint8Array): boolean {
  return algorithm === 'ed25519'
    ? verify(null, Buffer.from(text), publicKey, signature)
    : isCosigned(algorithm, name, publicKey, text, signature);
}

function algorithmOf(type: number | undefined): NoteAlgorithm | undefined {
  const found = (['ed25519', 'cosignature/v1', 'subtree/v1'] as const).find((each) => algorithms[each].type === type);
  return found;
}

function publicKeyOf(algorithm: NoteAlgorithm, raw: Buffer): KeyObject {
  const key =
    algorithm === 'subtree/v1'
      ? { kty: 'AKP', alg: 'ML-DSA-44', pub: raw.toString('base64url') }
      : { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') };
  return createPublicKey({ key, format: 'jwk' });
}

/** The bytes of RFC 8032 or FIPS 204. */
export function rawKey(publicKey: KeyObject): Uint8Array {
  const { x, pub } = publicKey.export({ format: 'jwk' }) as { readonly x?: string; readonly pub?: string };
  return Buffer.from(x ?? pub ?? '', 'base64url');
}

function keyId(name: string, algorithm: NoteAlgorithm, raw: Uint8Array): string {
  const type = Uint8Array.of(algorithms[algorithm].type);
  const digest = createHash('sha256').update(`${name}\n`).update(type).update(raw).digest();
  return digest.subarray(0, 4).toString('hex');
}
