// The key-encryption key of a node: 32 bytes, from the configuration or from a file in the state directory that is made
// at first start. Other keys of the gate are derived from it, each for one purpose.

import { createHash, hkdfSync, randomBytes } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { ok, type Result, refuse } from '../../core/result.ts';

const keyBytes = 32;

/** `configured`: 64 hex digits, base64 of 32 bytes, or any secret of at least 32 characters, which is then hashed. */
export function keyFromText(configured: string): Result<Uint8Array> {
  const text = configured.trim();
  if (/^[0-9a-fA-F]{64}$/.test(text)) return ok(Buffer.from(text, 'hex'));
  const decoded = Buffer.from(text, 'base64');
  if (decoded.length === keyBytes && decoded.toString('base64').replace(/=+$/, '') === text.replace(/=+$/, ''))
    return ok(decoded);
  if (text.length < keyBytes) {
    return refuse('config_invalid', 'keys.kek is too short for a key.', { next: 'Make one: openssl rand -hex 32' });
  }
  return ok(createHash('sha256').update(text).digest());
}

/** The key in `<state>/kek`, made with mode 0600 where no key has written there yet. Refused: secret_unresolved, state_unwritable. */
export function keyInState(directory: string): Result<{ readonly key: Uint8Array; readonly made: boolean }> {
  const path = join(directory, 'kek');
  try {
    const key = keyFromText(readFileSync(path, 'utf8'));
    return key.ok ? ok({ key: key.value, made: false }) : key;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT'))
      return refuse('state_unwritable', `The key file ${path} cannot be read.`);
  }
  // A state that another key wrote is not opened by a new one, which would lie there as if it were that key.
  if (existsSync(join(directory, 'kek.id')))
    return refuse(
      'secret_unresolved',
      `The key file ${path} is gone, and this state directory was written with a key.`,
      {
        next: 'Put the file back, or name the key under keys.kek.',
      },
    );
  const key = randomBytes(keyBytes);
  try {
    const file = openSync(path, 'wx', 0o600);
    writeSync(file, `${key.toString('hex')}\n`);
    fsyncSync(file);
    closeSync(file);
  } catch {
    return refuse('state_unwritable', `The key file ${path} cannot be written.`);
  }
  return ok({ key, made: true });
}

/** HKDF-SHA-256 (RFC 5869); `purpose` separates the keys. */
export function derivedKey(kek: Uint8Array, purpose: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', kek, new Uint8Array(), `chartgate ${purpose}`, keyBytes));
}

/** Tells one KEK from another and nothing else about it: 16 hex digits. */
export function kekId(kek: Uint8Array): string {
  return Buffer.from(derivedKey(kek, 'key id')).toString('hex').slice(0, 16);
}
