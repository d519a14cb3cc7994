// The public keys of a client the operator knows (RFC 7591 §2, `jwks`), as text: from a file or a URL, read each time.

import { readFile } from 'node:fs/promises';
import type { JSONWebKeySet } from 'jose';
import { keysInFile } from './key-source.ts';

/** What is wrong with a key set in a file, as the end of a sentence; null = nothing. */
export async function faultInClientKeys(file: string): Promise<string | null> {
  try {
    // It looks at the shape, and throws.
    await keysInFile(file);
    const { keys }: JSONWebKeySet = JSON.parse(await readFile(file, 'utf8'));
    return keys.some((key) => 'd' in key || 'k' in key)
      ? 'holds a private or shared key: give public keys alone'
      : null;
  } catch {
    return 'is not a JWKS (RFC 7517)';
  }
}

/** @throws when the keys cannot be had */
export async function readClientKeys(jwks: { readonly file: string } | { readonly url: string }): Promise<string> {
  if ('file' in jwks) return readFile(jwks.file, 'utf8');
  const answer = await fetch(jwks.url, { redirect: 'error', signal: AbortSignal.timeout(5000) });
  if (!answer.ok) throw new Error(`the keys of a client could not be fetched: ${answer.status}`);
  return answer.text();
}
