// HashiCorp Vault and OpenBao: keys of the transit engine (/v1/<mount>/encrypt|decrypt/<key>), secrets of KV version 2
// (/v1/<mount>/data/<path>). Address, token and namespace are where Vault's own command line has them.

import { ok, type Result, refuse } from '../../core/result.ts';
import type { KeyVault } from '../../ports/key-service.ts';
import { askJson, textAt } from './json-api.ts';

export interface VaultAccess {
  /** VAULT_ADDR */
  readonly address: string;
  /** VAULT_TOKEN */
  readonly token: string;
  /** VAULT_NAMESPACE; empty = none. */
  readonly namespace: string;
}

/** `key`: mount and name, `transit/chartgate`. */
export function vaultTransit(access: VaultAccess, mount: string, key: string): KeyVault {
  const name = `vault://${mount}/${key}`;
  const call = async (what: 'encrypt' | 'decrypt', body: Readonly<Record<string, string>>, field: string) => {
    const answer = await ask(access, `${mount}/${what}/${encodeURIComponent(key)}`, body);
    if (!answer.ok) return answer;
    const text = textAt(answer.value, 'data', field);
    return text === undefined ? refuse('secret_unresolved', `Vault gave no ${field} for ${name}.`) : ok(text);
  };
  return {
    name,
    async wrap(plain) {
      const text = await call('encrypt', { plaintext: Buffer.from(plain).toString('base64') }, 'ciphertext');
      return text.ok ? ok(Buffer.from(text.value)) : text;
    },
    async unwrap(wrapped) {
      const text = await call('decrypt', { ciphertext: Buffer.from(wrapped).toString() }, 'plaintext');
      return text.ok ? ok(Buffer.from(text.value, 'base64')) : text;
    },
  };
}

/** `reference`: `<mount>/<path>#<field>`. */
export async function vaultSecret(access: VaultAccess, reference: string): Promise<Result<string>> {
  const [, mount, path, field] = /^([^/#]+)\/([^#]+)#([^#]+)$/.exec(reference) ?? [];
  if (mount === undefined || path === undefined || field === undefined)
    return refuse('secret_unresolved', 'A secret of Vault is named as mount/path#field.');
  const answer = await ask(access, `${mount}/data/${path.split('/').map(encodeURIComponent).join('/')}`);
  if (!answer.ok) return answer;
  const text = textAt(answer.value, 'data', 'data', field);
  return text === undefined ? refuse('secret_unresolved', `Vault has no text as ${reference}.`) : ok(text);
}

function ask(access: VaultAccess, path: string, body?: Readonly<Record<string, string>>): Promise<Result<unknown>> {
  const { address, token, namespace } = access;
  if (address === '' || token === '')
    return Promise.resolve(
      refuse('secret_unresolved', 'Vault is named and there is no way to it.', {
        next: 'Set VAULT_ADDR and VAULT_TOKEN for the gate.',
      }),
    );
  const headers = {
    'x-vault-token': token,
    'x-vault-request': 'true',
    ...(namespace === '' ? {} : { 'x-vault-namespace': namespace }),
  };
  return askJson('Vault', { url: `${address.replace(/\/+$/, '')}/v1/${path}`, headers, ...(body ? { body } : {}) });
}
