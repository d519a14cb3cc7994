// The node's key-encryption key under a key service: made once, kept in the state directory only as the service wrapped it, and in
// clear in memory. INVARIANT: a state directory that another key has written is never given a new one.

import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ok, type Result, refuse } from '../../core/result.ts';
import type { KeyVault } from '../../ports/key-service.ts';
import { replaceFile } from './state-file.ts';

const keyBytes = 32;
export const wrappedFile = 'kek.wrapped';

/** 32 bytes. `directory`: the state directory, made where there is none. Refused: secret_unresolved, state_unwritable. */
export async function keyUnder(service: KeyVault, directory: string): Promise<Result<Uint8Array>> {
  const kept = readWrapped(directory);
  if (!kept.ok) return kept;
  if (kept.value) {
    const key = await service.unwrap(kept.value.bytes);
    if (!key.ok) return key;
    if (key.value.length === keyBytes) return key;
    return refuse('secret_unresolved', `What ${service.name} unwrapped is no key of this gate.`);
  }
  if (existsSync(join(directory, 'log', 'checkpoint')))
    return refuse('secret_unresolved', `The state directory has a log, and no key that ${service.name} wrapped.`, {
      next: 'Put its key under the service: chartgate audit rewrap --from …',
    });
  const key = randomBytes(keyBytes);
  const written = await keepUnder(service, key, directory);
  return written.ok ? ok(key) : written;
}

/** Wraps the key, sees that it can be unwrapped, and puts it in the place of what was there, or in a file beside it. */
export async function keepUnder(
  service: KeyVault,
  key: Uint8Array,
  directory: string,
  name: string = wrappedFile,
): Promise<Result<void>> {
  const wrapped = await service.wrap(key);
  if (!wrapped.ok) return wrapped;
  const back = await service.unwrap(wrapped.value);
  if (!back.ok) return back;
  if (!Buffer.from(back.value).equals(key))
    return refuse('secret_unresolved', `${service.name} does not give back what it was given.`);
  const text = JSON.stringify({ v: 1, service: service.name, wrapped: Buffer.from(wrapped.value).toString('base64') });
  const written = replaceFile(directory, name, `${text}\n`);
  return written.ok ? written : refuse('state_unwritable', `The wrapped key cannot be written to ${directory}.`);
}

/** What `keepUnder` has put there; null = there is none. Refused: secret_unresolved, state_unwritable. */
export async function keptUnder(
  service: KeyVault,
  directory: string,
  name: string,
): Promise<Result<Uint8Array | null>> {
  const kept = readWrapped(directory, name);
  return kept.ok && kept.value ? service.unwrap(kept.value.bytes) : kept.ok ? ok(null) : kept;
}

function readWrapped(directory: string, name: string = wrappedFile): Result<{ readonly bytes: Uint8Array } | null> {
  const path = join(directory, name);
  try {
    if (!existsSync(path)) return ok(null);
    const { wrapped }: { wrapped: string } = JSON.parse(readFileSync(path, 'utf8'));
    return ok({ bytes: Buffer.from(wrapped, 'base64') });
  } catch {
    return refuse('state_unwritable', `The wrapped key ${path} cannot be read.`);
  }
}
