// The keys that are derived from the node's key-encryption key, and what is left of the ones before it: when a KEK is replaced,
// names that are already in the log and the store must stay the names they are. INVARIANT: a KEK that did not write this state
// is noticed before anything is written under it.

import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { ok, type Result, refuse } from '../../core/result.ts';
import { derivedKey } from './kek.ts';

export interface NodeKeys {
  /** 32 bytes; `purpose` separates the keys. */
  readonly derive: (purpose: string) => Uint8Array;
  /** What it was under the KEKs before, newest first, for a purpose whose key changes with the KEK. */
  readonly former: (purpose: string) => readonly Uint8Array[];
}

/** What a KEK leaves to the next one, by purpose; base64 of 32 bytes. */
export interface Carried {
  /** Stays as it is. */
  readonly current: Readonly<Record<string, string>>;
  /** Newest first. */
  readonly former: Readonly<Record<string, readonly string[]>>;
}

/** Names in the store and of held patients are looked up by what they were made with, and the store cannot make them again. */
const keptPurposes = ['store name v1', 'held patients'];
/** What masked data are joined by. */
const pseudonyms = 'mask key';
/** New ones are made with the new key; the old ones are still looked up. */
const renewedPurposes = ['patient names'];

const carriedFile = 'kek.carried';
/** A line with the id of the KEK, and one more where there has to be something carried. */
const idFile = 'kek.id';
const carriedLine = 'carried';
const nonceBytes = 12;
const tagBytes = 16;

/** Tells one KEK from another and nothing else about it: 16 hex digits. */
export function kekId(kek: Uint8Array): string {
  return Buffer.from(derivedKey(kek, 'key id')).toString('hex').slice(0, 16);
}

/** Of the state in `directory`. Refused: secret_unresolved where another KEK wrote it. */
export function nodeKeys(directory: string, kek: Uint8Array): Result<NodeKeys> {
  const id = readText(directory, idFile);
  if (!id.ok) return id;
  const [known, mark] = (id.value ?? '').split('\n');
  const kept = readText(directory, carriedFile);
  if (kept.ok && kept.value === undefined && mark === carriedLine)
    return refuse(
      'state_unwritable',
      `${join(directory, carriedFile)} is missing: without it names in the store are lost.`,
      {
        next: 'Put it back from the backup of the state directory.',
      },
    );
  const carried = readCarried(directory, kek);
  if (!carried || (known !== '' && known !== kekId(kek)))
    return refuse('secret_unresolved', 'keys.kek is not the key that this state directory was written with.', {
      next: 'Name the key it was, or change it for this one: chartgate audit rewrap --replace --from <the old key>.',
    });
  const bytes = (text: string): Uint8Array => Buffer.from(text, 'base64');
  return ok({
    derive: (purpose) => {
      const kept = carried.current[purpose];
      return kept === undefined ? derivedKey(kek, purpose) : bytes(kept);
    },
    former: (purpose) => (carried.former[purpose] ?? []).map(bytes),
  });
}

/** From here on another KEK is refused here, and so is a state that has lost what was carried. Refused: state_unwritable. */
export function keepKekId(directory: string, kek: Uint8Array): Result<void> {
  const id = readText(directory, idFile);
  const carried = readText(directory, carriedFile);
  const text = [kekId(kek), ...(carried.ok && carried.value === undefined ? [] : [carriedLine]), ''].join('\n');
  return id.ok && id.value !== text ? replaceFile(directory, idFile, text) : ok(undefined);
}

/** Undefined when it does not open under this key: another one has sealed it. */
export function readCarried(directory: string, kek: Uint8Array): Carried | undefined {
  const text = readText(directory, carriedFile);
  if (text.ok && text.value === undefined) return { current: {}, former: {} };
  const plain = text.ok && openUnder(kek, 'carried keys', text.value ?? '');
  if (!plain) return undefined;
  const carried: Carried = JSON.parse(plain);
  return carried;
}

/** What the KEK leaves to the one after it. */
export function carriedOn(kek: Uint8Array, before: Carried, { newPseudonyms }: { newPseudonyms: boolean }): Carried {
  const keyOf = (purpose: string): string =>
    before.current[purpose] ?? Buffer.from(derivedKey(kek, purpose)).toString('base64');
  const kept = newPseudonyms ? keptPurposes : [...keptPurposes, pseudonyms];
  return {
    current: Object.fromEntries(kept.map((purpose) => [purpose, keyOf(purpose)])),
    former: Object.fromEntries(
      renewedPurposes.map((purpose) => [purpose, [keyOf(purpose), ...(before.former[purpose] ?? [])]]),
    ),
  };
}

/** Durable when it returns. Refused: state_unwritable. */
export function writeCarried(directory: string, kek: Uint8Array, carried: Carried): Result<void> {
  return replaceFile(directory, carriedFile, `${sealUnder(kek, 'carried keys', JSON.stringify(carried))}\n`);
}

/** Base64 of nonce ‖ ciphertext ‖ tag (AES-256-GCM). */
export function sealUnder(kek: Uint8Array, purpose: string, text: string): string {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', derivedKey(kek, purpose), nonce);
  return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64');
}

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

/** Undefined when there is no such file. Refused: state_unwritable. */
export function readText(directory: string, name: string): Result<string | undefined> {
  try {
    return ok(readFileSync(join(directory, name), 'utf8'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ok(undefined);
    return refuse('state_unwritable', `${join(directory, name)} cannot be read.`);
  }
}

/** In one step, for its owner alone, and on disk when it returns; the directory is made where there is none. Refused: state_unwritable. */
export function replaceFile(directory: string, name: string, text: string): Result<void> {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const next = join(directory, `${name}.new`);
    const file = openSync(next, 'w', 0o600);
    writeSync(file, text);
    fsyncSync(file);
    closeSync(file);
    renameSync(next, join(directory, name));
    const parent = openSync(directory, 'r');
    fsyncSync(parent);
    closeSync(parent);
    return ok(undefined);
  } catch {
    return refuse('state_unwritable', `${join(directory, name)} cannot be written.`);
  }
}
