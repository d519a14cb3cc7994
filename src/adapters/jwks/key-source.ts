// The public keys of an issuer, from a file or a URL. A file is read again when it has changed and a key is not found.

import { readFile, stat } from 'node:fs/promises';
import { createLocalJWKSet, createRemoteJWKSet, errors, type JSONWebKeySet } from 'jose';
import type { KeySource } from '../../ports/key-source.ts';

/** Keys at a URL: cached ten minutes, fetched again for an unknown `kid` at most every 30 s (RFC 7517 has no say; jose's defaults). */
export function keysAtUrl(url: string): KeySource {
  return createRemoteJWKSet(new URL(url), { timeoutDuration: 5000 });
}

/** @throws when the file is missing or no JWK set: at start, before any token is looked at. */
export async function keysInFile(path: string): Promise<KeySource> {
  let modifiedMs = (await stat(path)).mtimeMs;
  let keys = await readKeys(path);
  return async (header, token) => {
    try {
      return await keys(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      const now = (await stat(path)).mtimeMs;
      if (now === modifiedMs) throw error;
      keys = await readKeys(path);
      modifiedMs = now;
      return keys(header, token);
    }
  };
}

async function readKeys(path: string): Promise<ReturnType<typeof createLocalJWKSet>> {
  // createLocalJWKSet looks at the shape itself, and throws.
  const set: JSONWebKeySet = JSON.parse(await readFile(path, 'utf8'));
  return createLocalJWKSet(set);
}
