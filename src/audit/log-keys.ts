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

export interface AddedKey {
  /** The log's Ed25519 key in use. */
  readonly by: NoteSigner;
  /** The new ML-DSA-44 key, and the one it takes the place of. */
  readonly key: NoteSigner;
  readonly previous?: NoteSigner;
}

/** `data` of `key.added`. Every checkpoint that covers it is signed by the new key too. */
export function addedKeyData({ by, key, previous }: AddedKey): JsonObject {
  const names = {
    by: formatVkey(by.key),
    key: formatVkey(key.key),
    previous: previous ? formatVkey(previous.key) : '',
  };
  const message = additionMessage(names.by, names.previous, names.key);
  const signed = ({ privateKey }: NoteSigner) => sign(null, message, privateKey).toString('base64');
  return { ...names, signature: signed(by), accepted: signed(key), released: previous ? signed(previous) : '' };
}

function additionMessage(by: string, previous: string, key: string): Uint8Array {
  return Buffer.from(`chartgate key.added v1\n${by}\n${previous}\n${key}\n`);
}

/** Follows the keys of a log through its entries. */
export class KeyChain {
  readonly #keys: NoteKey[];
  #second: NoteKey | undefined;

  constructor(first: NoteKey) {
    this.#keys = [first];
  }

  get keys(): readonly NoteKey[] {
    return this.#keys;
  }

  /** The ML-DSA-44 key that signs checkpoints besides, once an entry has added one. */
  get second(): NoteKey | undefined {
    return this.#second;
  }

  /** What is wrong with a `key.added` entry; undefined when nothing is. One that a crash had repeated is the same again. */
  seeAdded({ data = {} }: Pick<Entry, 'data'>): string | undefined {
    const word = wordsOf(data);
    const [current, second] = [this.#keys.at(-1), this.#second];
    const added = parseVkey(word('key'));
    if (!current || !added.ok || added.value.algorithm !== 'subtree/v1' || added.value.name !== current.name)
      return 'its new key is no ML-DSA-44 key of this log';
    if (word('by') !== formatVkey(current)) return 'it is not vouched for by the key in use';
    if (second && formatVkey(second) === word('key')) return undefined;
    if (word('previous') !== (second ? formatVkey(second) : '')) return 'its old key is not the one in use';
    const message = additionMessage(word('by'), word('previous'), word('key'));
    const signed = (key: NoteKey, name: string) =>
      verify(null, message, key.publicKey, Buffer.from(word(name), 'base64'));
    if (!signed(current, 'signature') || !signed(added.value, 'accepted') || (second && !signed(second, 'released')))
      return 'it is not signed by all of its keys';
    this.#second = added.value;
    return undefined;
  }

  /** What is wrong with a `key.rotated` entry; undefined when nothing is. One that a crash had repeated is the same again. */
  see({ data = {} }: Pick<Entry, 'data'>): string | undefined {
    const word = wordsOf(data);
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

function wordsOf(data: JsonObject): (name: string) => string {
  return (name) => {
    const word = data[name];
    return typeof word === 'string' ? word : '';
  };
}
