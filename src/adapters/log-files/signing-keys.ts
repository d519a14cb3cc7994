// The log's signing keys on disk. A rotation can be cut off at any point, and is finished at the next start:
// announced (log.key.next, a line more in log.vkey) → its entry in the log → settled (log.key is the new one).
// INVARIANT: a key that the log may already name is never lost, and log.key always signs.

import { createPrivateKey, createPublicKey, generateKeyPairSync, hash, type KeyObject } from 'node:crypto';
import { formatLogKeys, parseLogKeys, rotationData } from '../../audit/log-keys.ts';
import { formatVkey, type NoteKey, type NoteSigner, noteKey, rawKey } from '../../audit/note.ts';
import type { JsonObject } from '../../core/json.ts';
import { assert, fail, ok, type Result } from '../../core/result.ts';
import type { Storage } from '../../ports/storage.ts';
import type { DurableFiles } from './durable-files.ts';
import { erase } from './overwriting.ts';

const keyPath = 'log.key';
const nextPath = 'log.key.next';
/** A line with the end of the overlap, then the key. */
const previousPath = 'log.key.previous';
const vkeyPath = 'log/log.vkey';

export interface Announced {
  readonly next: NoteSigner;
  /** Until when both sign, RFC 3339. */
  readonly until: string;
  /** Of the `key.rotated` entry. */
  readonly data: JsonObject;
}

export class SigningKeys {
  readonly #storage: Storage;
  readonly #files: DurableFiles;
  #current: NoteSigner;
  #previous: NoteSigner | undefined;
  #next: NoteSigner | undefined;
  #listed: readonly NoteKey[];

  constructor(storage: Storage, files: DurableFiles, current: NoteSigner, listed: readonly NoteKey[]) {
    this.#storage = storage;
    this.#files = files;
    this.#current = current;
    this.#listed = listed;
  }

  /** The error names the file. `originHost`: for a log that is being made. `now`: ms since the epoch. */
  static async open(
    storage: Storage,
    files: DurableFiles,
    originHost: string,
    now: number,
  ): Promise<Result<SigningKeys, string>> {
    const pem = await storage.read(keyPath);
    const list = await storage.read(vkeyPath);
    if (!pem && list) return fail(`${keyPath} is missing`);
    const privateKey = pem ? readKey(pem) : newKey();
    if (!privateKey) return fail(`${keyPath} is not an Ed25519 key`);
    if (!pem) await files.replace(keyPath, pemOf(privateKey), { temporary: nextPath, secret: true });
    if (!list) {
      const publicKey = createPublicKey(privateKey);
      const key = noteKey(`${originHost}/chartgate/${hash('sha256', rawKey(publicKey)).slice(0, 8)}`, publicKey);
      await files.replace(vkeyPath, Buffer.from(formatLogKeys([key])), { temporary: 'log.vkey.next' });
      return ok(new SigningKeys(storage, files, { key, privateKey }, [key]));
    }
    const listed = parseLogKeys(Buffer.from(list).toString());
    if (!listed.ok) return fail(`${vkeyPath}: ${listed.error}`);
    const key = noteKey(listed.value[0].name, createPublicKey(privateKey));
    const keys = new SigningKeys(storage, files, { key, privateKey }, listed.value);
    const place = listed.value.findIndex((each) => formatVkey(each) === formatVkey(key));
    await keys.#findNext();
    const rest = listed.value.slice(place + 1);
    const expected = keys.#next ? [formatVkey(keys.#next.key)] : [];
    if (place < 0 || rest.map(formatVkey).join() !== expected.join())
      return fail(`${vkeyPath} is not of the key in ${keyPath}`);
    const previous = await keys.#findPrevious(now);
    return previous.ok ? ok(keys) : previous;
  }

  /** Who signs checkpoints now, the key in use first. */
  get signers(): readonly [NoteSigner, ...NoteSigner[]] {
    const more = this.#next ?? this.#previous;
    return more ? [this.#current, more] : [this.#current];
  }

  /** A rotation that was cut off: its entry may be in the log or not. */
  get unfinished(): boolean {
    return this.#next !== undefined;
  }

  /** From here on both keys sign. */
  async announce(until: string): Promise<Announced> {
    const fresh = this.#next === undefined;
    const privateKey = this.#next?.privateKey ?? newKey();
    const key = noteKey(this.#current.key.name, createPublicKey(privateKey));
    const next = { key, privateKey };
    if (fresh) {
      const listed = [...this.#listed, key];
      await this.#files.replace(nextPath, pemOf(privateKey), { temporary: `${nextPath}.new`, secret: true });
      await this.#files.replace(vkeyPath, Buffer.from(formatLogKeys(listed)), { temporary: 'log.vkey.next' });
      this.#listed = listed;
      this.#next = next;
    }
    return { next, until, data: rotationData(this.#current, next, until) };
  }

  /** The entry is under a checkpoint that both have signed: the new key takes the place of the old one. */
  async settle({ until }: Announced): Promise<void> {
    const next = this.#next;
    assert(next, 'a key was announced');
    const text = Buffer.concat([Buffer.from(`${until}\n`), pemOf(this.#current.privateKey)]);
    await this.#files.replace(previousPath, text, { temporary: `${previousPath}.new`, secret: true });
    await this.#storage.rename(nextPath, keyPath);
    await this.#storage.syncDirectory('');
    this.#previous = this.#current;
    this.#current = next;
    this.#next = undefined;
  }

  /** A next key that was never announced is nobody's. */
  async #findNext(): Promise<void> {
    const pem = await this.#storage.read(nextPath);
    const privateKey = pem && readKey(pem);
    const key = privateKey && noteKey(this.#current.key.name, createPublicKey(privateKey));
    const last = this.#listed.at(-1);
    if (key && last && formatVkey(last) === formatVkey(key) && key.id !== this.#current.key.id)
      this.#next = { key, privateKey };
    else if (pem) await this.#destroy(nextPath);
  }

  async #findPrevious(now: number): Promise<Result<void, string>> {
    const bytes = await this.#storage.read(previousPath);
    if (!bytes) return ok(undefined);
    const text = Buffer.from(bytes).toString();
    const until = Date.parse(text.slice(0, text.indexOf('\n')));
    const privateKey = readKey(Buffer.from(text.slice(text.indexOf('\n') + 1)));
    if (!privateKey || Number.isNaN(until)) return fail(`${previousPath} is damaged`);
    const key = noteKey(this.#current.key.name, createPublicKey(privateKey));
    // A copy made before log.key was replaced, or one whose time is over.
    if (key.id === this.#current.key.id) return ok(undefined);
    if (now < until) this.#previous = { key, privateKey };
    else await this.#destroy(previousPath);
    return ok(undefined);
  }

  async #destroy(path: string): Promise<void> {
    await erase(this.#storage, path);
    await this.#storage.syncDirectory('');
  }
}

function newKey(): KeyObject {
  return generateKeyPairSync('ed25519').privateKey;
}

function pemOf(key: KeyObject): Buffer {
  return Buffer.from(key.export({ type: 'pkcs8', format: 'pem' }));
}

function readKey(pem: Uint8Array): KeyObject | undefined {
  try {
    const key = createPrivateKey(Buffer.from(pem));
    return key.asymmetricKeyType === 'ed25519' ? key : undefined;
  } catch {
    return undefined;
  }
}
