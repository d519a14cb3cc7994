// The wrapped session keys of a log that nobody has open, under another key-encryption key. First all of them are made, then they
// are put in the place of the old ones: nothing is touched before it is known that all of them open.

import { createSecretKey } from 'node:crypto';
import { isWrappedKey, nonceBytes, unwrapKey, wrapKey } from '../../audit/session-key.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import type { Random } from '../../ports/random.ts';
import type { Storage } from '../../ports/storage.ts';

export interface Rewrapped {
  /** By name of the file below `keys/`. */
  readonly keys: ReadonlyMap<string, Uint8Array>;
  /** Files that hold no key any more: their checksum does not hold, whatever the KEK. */
  readonly damaged: readonly string[];
}

/** The error names a file whose key `from` does not open. */
export async function rewrapKeys(
  storage: Storage,
  { from, to }: { readonly from: Uint8Array; readonly to: Uint8Array },
  random: Random,
): Promise<Result<Rewrapped, string>> {
  const [old, next] = [createSecretKey(from), createSecretKey(to)];
  const keys = new Map<string, Uint8Array>();
  const damaged: string[] = [];
  for (const name of await storage.list('keys')) {
    const wrapped = await storage.read(`keys/${name}`);
    if (!wrapped || !isWrappedKey(wrapped)) {
      damaged.push(name);
      continue;
    }
    const dot = name.lastIndexOf('.');
    const key = unwrapKey(old, name.slice(0, dot), name.slice(dot + 1), wrapped);
    if (!key) return fail(`keys/${name}`);
    keys.set(name, wrapKey(next, key, random.bytes(nonceBytes)));
  }
  return ok({ keys, damaged });
}

/**
 * Over the old ones, so that no copy of those is left on the disk; a key that a crash left half written is written again from the
 * plan it came from. What retention removed meanwhile stays removed.
 */
export async function putKeys(storage: Storage, keys: ReadonlyMap<string, Uint8Array>): Promise<void> {
  const present = new Set(await storage.list('keys'));
  for (const [name, wrapped] of keys) {
    if (!present.has(name)) continue;
    const file = await storage.open(`keys/${name}`, { secret: true });
    try {
      await file.write([wrapped], 0);
      await file.sync();
    } finally {
      await file.close();
    }
  }
}
