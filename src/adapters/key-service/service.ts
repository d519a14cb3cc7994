// Which key service a URL names, and the node's key-encryption key under it: made once, kept in the state directory only as the
// service wrapped it, and in clear in memory. INVARIANT: a state directory that another key has written is never given a new one.

import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { ok, type Result, refuse } from '../../core/result.ts';
import type { KeyVault } from '../../ports/key-service.ts';
import { type GoogleAccess, googleKms, googleSecret } from './google.ts';
import { type VaultAccess, vaultSecret, vaultTransit } from './vault.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export function isKeyServiceUrl(text: string): boolean {
  return /^(?:gcp-kms|aws-kms|vault):\/\//.test(text);
}

/** `vault://mount/key`, `aws-kms://region/key?endpoint=…`, `gcp-kms://projects/…/cryptoKeys/…`. Refused: secret_unresolved. */
export async function keyServiceAt(url: string, env: Environment): Promise<Result<KeyVault>> {
  const vault = /^vault:\/\/([\w.-]+)\/([\w.-]+)$/.exec(url);
  if (vault) return ok(vaultTransit(vaultAccess(env), vault[1] ?? '', vault[2] ?? ''));
  const aws = /^aws-kms:\/\/([a-z0-9-]+)\/([\w:/.-]+)(?:\?endpoint=(https?:\/\/\S+))?$/.exec(url);
  if (aws) {
    // The client is large: only who has such a key pays for it.
    const { awsKms } = await import('./aws.ts');
    return ok(awsKms({ region: aws[1] ?? '', key: aws[2] ?? '', endpoint: aws[3] ?? null }));
  }
  const gcp = /^gcp-kms:\/\/(projects\/[\w.:-]+\/locations\/[\w-]+\/keyRings\/[\w-]+\/cryptoKeys\/[\w-]+)$/.exec(url);
  if (gcp) return withGoogle(env, (access) => googleKms(access, gcp[1] ?? ''));
  return refuse('secret_unresolved', 'keys.kek names no key that a key service could have.', {
    next: 'vault://mount/key, aws-kms://region/key or gcp-kms://projects/…/locations/…/keyRings/…/cryptoKeys/…',
  });
}

/** A secret of `${vault:…}`, `${gcp:…}` or `${aws:…}`. Refused: secret_unresolved. */
export async function readSecret(scheme: string, name: string, env: Environment): Promise<Result<string>> {
  if (scheme === 'vault') return vaultSecret(vaultAccess(env), name);
  if (scheme === 'aws') {
    const { awsSecret } = await import('./aws.ts');
    return awsSecret(name, env['AWS_ENDPOINT_URL_SECRETS_MANAGER'] ?? null);
  }
  const read = withGoogle(env, (access) => googleSecret(access, name));
  return read.ok ? read.value : read;
}

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
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const next = join(directory, `${name}.next`);
    const file = openSync(next, 'w', 0o600);
    writeSync(file, `${text}\n`);
    fsyncSync(file);
    closeSync(file);
    renameSync(next, join(directory, name));
    const parent = openSync(directory, 'r');
    fsyncSync(parent);
    closeSync(parent);
    return ok(undefined);
  } catch {
    return refuse('state_unwritable', `The wrapped key cannot be written to ${directory}.`);
  }
}

const keyBytes = 32;
export const wrappedFile = 'kek.wrapped';

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

function vaultAccess(env: Environment): VaultAccess {
  return {
    address: env['VAULT_ADDR'] ?? '',
    token: env['VAULT_TOKEN'] ?? '',
    namespace: env['VAULT_NAMESPACE'] ?? '',
  };
}

/** Endpoints can be moved the way gcloud moves them. */
function withGoogle<T>(env: Environment, use: (access: GoogleAccess) => T): Result<T> {
  const file = env['GOOGLE_APPLICATION_CREDENTIALS'] ?? '';
  const endpoint = (name: string, standard: string): string =>
    (env[`CLOUDSDK_API_ENDPOINT_OVERRIDES_${name}`] ?? standard).replace(/\/+$/, '');
  let account: string | null;
  try {
    account = file === '' ? null : readFileSync(file, 'utf8');
  } catch {
    return refuse('secret_unresolved', 'The file of GOOGLE_APPLICATION_CREDENTIALS cannot be read.');
  }
  return ok(
    use({
      account,
      metadataHost: env['GCE_METADATA_HOST'] ?? 'metadata.google.internal',
      kmsUrl: endpoint('CLOUDKMS', 'https://cloudkms.googleapis.com'),
      secretsUrl: endpoint('SECRETMANAGER', 'https://secretmanager.googleapis.com'),
      now: () => Date.now(),
    }),
  );
}
