// The keys of one log, oldest first, and how one follows another: a `key.rotated` entry that the old key and the new one have
// signed, in a tree whose checkpoint the new one signs. The first key is the log's identity.

import { sign, verify } from 'node:crypto';
import type { JsonObject } from '../core/json.ts';
import type { Entry } from '../core/record.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { formatVkey, type NoteKey, type NoteSigner, parseVkey } from './note.ts';

/** `log.vkey`: a line for each key. The last may be announced only: its entry is not in the tree yet. */
export function parseLogKeys(text: string): Result<readonly [NoteKey, ...NoteKey[]], string> {
  const keys: NoteKey[] = [];
  for (const line of text.replace(/\n$/, '').split('\n')) {
    const key = parseVkey(line);
    if (!key.ok) return key;
    if (key.value.algorithm !== 'ed25519') return fail('its key is not Ed25519');
    if (key.value.name !== (keys[0] ?? key.value).name) return fail('its keys are not of one log');
    keys.push(key.value);
  }
  const [first, ...rest] = keys;
  return first ? ok([first, ...rest]) : fail('it is empty');
}

export function formatLogKeys(keys: readonly NoteKey[]): string {
  return keys.map((key) => `${formatVkey(key)}\n`).join('');
}

/** `data` of `key.rotated`. Checkpoints are signed by both keys until `until`, RFC 3339. */
export function rotationData(old: NoteSigner, next: NoteSigner, until: string): JsonObject {
  const [previous, key] = [formatVkey(old.key), formatVkey(next.key)];
  const message = rotationMessage(previous, key, until);
  const by = ({ privateKey }: NoteSigner) => sign(null, message, privateKey).toString('base64');
  return { previous, key, until, signature: by(old), accepted: by(next) };
}

function rotationMessage(previous: string, key: string, until: string): Uint8Array {
  return Buffer.from(`chartgate key.rotated v1\n${previous}\n${key}\n${until}\n`);
}

/** Follows the keys of a log through its entries. */
export class KeyChain {
  readonly #keys: NoteKey[];

  constructor(first: NoteKey) {
    this.#keys = [first];
  }

  get keys(): readonly NoteKey[] {
    return this.#keys;
  }

  /** What is wrong with a `key.rotated` entry; undefined when nothing is. One that a crash had repeated is the same again. */
  see({ data = {} }: Pick<Entry, 'data'>): string | undefined {
    const word = (name: string): string => (typeof data[name] === 'string' ? data[name] : '');
    const next = parseVkey(word('key'));
    if (!next.ok || next.value.algorithm !== 'ed25519') return 'its new key is not one';
    const [old, last] = this.#keys.slice(-2);
    const repeated = last !== undefined && formatVkey(last) === word('key');
    const from = repeated ? old : (last ?? old);
    if (!from || formatVkey(from) !== word('previous') || next.value.name !== from.name)
      return 'its old key is not the one in use';
    const message = rotationMessage(word('previous'), word('key'), word('until'));
    const signed = (key: NoteKey, name: string) =>
      verify(null, message, key.publicKey, Buffer.from(word(name), 'base64'));
    if (!signed(from, 'signature') || !signed(next.value, 'accepted')) return 'it is not signed by both keys';
    if (!repeated) this.#keys.push(next.value);
    return undefined;
  }

  /** Whether a list of keys says the same, or one key more that is only announced. */
  agrees(listed: readonly NoteKey[]): boolean {
    const more = listed.length - this.#keys.length;
    return (more === 0 || more === 1) && formatLogKeys(listed).startsWith(formatLogKeys(this.#keys));
  }
}
