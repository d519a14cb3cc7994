// Signed notes (https://c2sp.org/signed-note): text, a blank line, one line per signature. Ed25519 (algorithm 0x01);
// signatures by unknown keys are carried along and ignored, as the specification asks, so that cosignatures have room.

import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { fail, ok, type Result } from '../core/result.ts';

const ed25519 = 0x01;

/** A verifier key: who signs, and what their signatures verify with. */
export interface NoteKey {
  readonly name: string;
  /** First four bytes of SHA-256(name ‖ "\n" ‖ 0x01 ‖ public key), hex. */
  readonly id: string;
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

export function noteKey(name: string, publicKey: KeyObject): NoteKey {
  return { name, id: keyId(name, rawKey(publicKey)), publicKey };
}

/** `name+id+base64(0x01 ‖ public key)` */
export function formatVkey(key: NoteKey): string {
  return `${key.name}+${key.id}+${Buffer.from([ed25519, ...rawKey(key.publicKey)]).toString('base64')}`;
}

export function parseVkey(text: string): Result<NoteKey, string> {
  const [, name, id, base64] = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? [];
  if (name === undefined || id === undefined || base64 === undefined) return fail('it is not a verifier key');
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.toString('base64') !== base64) return fail('its key is not base64');
  if (bytes.length !== 33 || bytes[0] !== ed25519) return fail('its key is not Ed25519');
  const raw = bytes.subarray(1);
  if (keyId(name, raw) !== id) return fail('its key id does not fit its key');
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') };
  return ok({ name, id, publicKey: createPublicKey({ key: jwk, format: 'jwk' }) });
}

/** `text` ends in a newline. */
export function signNote(text: string, signers: readonly NoteSigner[]): string {
  const lines = signers.map(({ key, privateKey }) => {
    const signature = sign(null, Buffer.from(text), privateKey);
    return `— ${key.name} ${Buffer.concat([Buffer.from(key.id, 'hex'), signature]).toString('base64')}\n`;
  });
  return `${text}\n${lines.join('')}`;
}

function parseNote(note: string): Result<Note, string> {
  const split = note.lastIndexOf('\n\n');
  if (split < 0 || !note.endsWith('\n')) return fail('it is not a signed note');
  const text = note.slice(0, split + 1);
  const signatures: NoteSignature[] = [];
  for (const line of note.slice(split + 2, -1).split('\n')) {
    const [, name, base64] = /^— ([^+\s]+) ([A-Za-z0-9+/]+={0,2})$/.exec(line) ?? [];
    const bytes = Buffer.from(base64 ?? '', 'base64');
    if (name === undefined || bytes.toString('base64') !== base64 || bytes.length < 5)
      return fail('a signature line is malformed');
    signatures.push({ name, id: bytes.subarray(0, 4).toString('hex'), bytes: bytes.subarray(4) });
  }
  return ok({ text, signatures });
}

/** The note's text, if `key` signed it. A signature that claims to be by `key` and is not refuses the whole note. */
export function openNote(note: string, key: NoteKey): Result<Note, string> {
  const parsed = parseNote(note);
  if (!parsed.ok) return parsed;
  const own = parsed.value.signatures.filter(({ name, id }) => name === key.name && id === key.id);
  if (own.length === 0) return fail('it is not signed by the key of this log');
  const text = Buffer.from(parsed.value.text);
  if (!own.every(({ bytes }) => verify(null, text, key.publicKey, bytes))) return fail('its signature is not valid');
  return parsed;
}

function rawKey(publicKey: KeyObject): Uint8Array {
  return Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
}

function keyId(name: string, raw: Uint8Array): string {
  const digest = createHash('sha256').update(`${name}\n`).update(Uint8Array.of(ed25519)).update(raw).digest();
  return digest.subarray(0, 4).toString('hex');
}
