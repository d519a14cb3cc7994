// The public keys of an issuer, from a file or a URL. A file is read again when it has changed.

import { readFile, stat } from 'node:fs/promises';
import type { JSONWebKeySet } from 'jose';
import { JOSENotSupported, JWKSMultipleMatchingKeys, JWKSNoMatchingKey, JWKSTimeout } from 'jose/errors';
import { createLocalJWKSet } from 'jose/jwks/local';
import { createRemoteJWKSet } from 'jose/jwks/remote';
import type { KeySource } from '../../ports/key-source.ts';

type OnFailure = (error: unknown) => void;

/**
 * Keys at a URL: cached ten minutes, fetched again for an unknown `kid` at most every 30 s (RFC 7517 has no say; jose's defaults).
 * `onFailure` is told why they could not be had.
 */
export function keysAtUrl(url: string, onFailure: OnFailure = () => {}): KeySource {
  const keys = createRemoteJWKSet(new URL(url), { timeoutDuration: 5000 });
  return (header, token) => keys(header, token).catch((error: unknown) => unlessOfToken(error, onFailure));
}

/** What is not about the token is told as jose tells the commonest cause: that the keys could not be had. @throws */
function unlessOfToken(error: unknown, onFailure: OnFailure): never {
  const ofToken = [JWKSNoMatchingKey, JWKSMultipleMatchingKeys, JOSENotSupported].some((kind) => error instanceof kind);
  if (ofToken) throw error;
  onFailure(error);
  throw new JWKSTimeout('the keys of the issuer could not be fetched', { cause: error });
}

/**
 * Keys of an OpenID provider, wherever its metadata says they are (OpenID Connect Discovery 1.0 §4). Asked for when they are
 * needed: a gate starts without its providers.
 */
export function keysOfIssuer(issuer: string): KeySource {
  let keys: Promise<KeySource> | null = null;
  return async (header, token) => {
    keys ??= jwksUriOf(issuer).then((url) => keysAtUrl(url));
    const asked = keys;
    const found = await asked.catch((error: unknown) => {
      if (keys === asked) keys = null;
      return unlessOfToken(error, () => {});
    });
    return found(header, token);
  };
}

async function jwksUriOf(issuer: string): Promise<string> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const answer = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(5000) });
  const metadata: unknown = answer.ok ? await answer.json() : null;
  const isObject = typeof metadata === 'object' && metadata !== null;
  const uri = isObject && 'issuer' in metadata && metadata.issuer === issuer && 'jwks_uri' in metadata;
  if (!uri || typeof metadata.jwks_uri !== 'string') throw new JWKSTimeout();
  return metadata.jwks_uri;
}

/**
 * The file is looked at for each token, so that a key taken out of it counts no more. One that cannot be read for a moment, as
 * it is being written, stands as it was. @throws when the file is missing or no JWK set: at start, before any token is looked at.
 */
export async function keysInFile(path: string): Promise<KeySource> {
  let modifiedMs = (await stat(path)).mtimeMs;
  let keys = await readKeys(path);
  return async (header, token) => {
    const now = await stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      () => modifiedMs,
    );
    if (now !== modifiedMs) {
      const read = await readKeys(path).catch(() => null);
      if (read) [keys, modifiedMs] = [read, now];
    }
    return keys(header, token);
  };
}

async function readKeys(path: string): Promise<ReturnType<typeof createLocalJWKSet>> {
  // createLocalJWKSet looks at the shape itself, and throws.
  const set: JSONWebKeySet = JSON.parse(await readFile(path, 'utf8'));
  return createLocalJWKSet(set);
}
