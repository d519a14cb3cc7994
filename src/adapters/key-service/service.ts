// Which key service a URL names, and which secret of one a reference. It keeps nothing.

import { readFileSync } from 'node:fs';
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
