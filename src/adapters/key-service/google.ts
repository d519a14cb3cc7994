// Google Cloud: keys of Cloud KMS (projects.locations.keyRings.cryptoKeys encrypt and decrypt), secrets of Secret Manager
// (projects.secrets.versions access). https://cloud.google.com/kms/docs/reference/rest

import { hash } from 'node:crypto';
import { SignJWT } from 'jose/jwt/sign';
import { importPKCS8 } from 'jose/key/import';
import { ok, type Result, refuse } from '../../core/result.ts';
import type { KeyVault } from '../../ports/key-service.ts';
import { askJson, textAt } from './json-api.ts';

export interface GoogleAccess {
  /** The text of the service account's JSON key file; null = the metadata server of this machine says who it is. */
  readonly account: string | null;
  readonly metadataHost: string;
  readonly kmsUrl: string;
  readonly secretsUrl: string;
  /** ms since the epoch. */
  readonly now: () => number;
}

const scope = 'https://www.googleapis.com/auth/cloud-platform';
/** Bound to every wrapped key, so that another ciphertext of the same key is not taken for one. */
const associated = Buffer.from('chartgate key wrap').toString('base64');

/** `key`: `projects/…/locations/…/keyRings/…/cryptoKeys/…` */
export function googleKms(access: GoogleAccess, key: string): KeyVault {
  const name = `gcp-kms://${key}`;
  const call = async (what: 'encrypt' | 'decrypt', given: 'plaintext' | 'ciphertext', bytes: Uint8Array) => {
    const token = await accessToken(access);
    if (!token.ok) return token;
    const wanted = given === 'plaintext' ? 'ciphertext' : 'plaintext';
    const answer = await askJson('Cloud KMS', {
      url: `${access.kmsUrl}/v1/${key}:${what}`,
      headers: { authorization: `Bearer ${token.value}` },
      body: { [given]: Buffer.from(bytes).toString('base64'), additionalAuthenticatedData: associated },
    });
    if (!answer.ok) return answer;
    const text = textAt(answer.value, wanted);
    return text === undefined
      ? refuse('secret_unresolved', `Cloud KMS gave no ${wanted} for ${name}.`)
      : ok(Buffer.from(text, 'base64'));
  };
  return {
    name,
    wrap: (plain) => call('encrypt', 'plaintext', plain),
    unwrap: (wrapped) => call('decrypt', 'ciphertext', wrapped),
  };
}

/** `reference`: `projects/<project>/secrets/<name>`, or with `/versions/<version>`. */
export async function googleSecret(access: GoogleAccess, reference: string): Promise<Result<string>> {
  if (!/^projects\/[\w.:-]+\/secrets\/[\w-]+(?:\/versions\/\w+)?$/.test(reference))
    return refuse('secret_unresolved', 'A secret of Google Cloud is named as projects/…/secrets/…[/versions/…].');
  const token = await accessToken(access);
  if (!token.ok) return token;
  const version = reference.includes('/versions/') ? reference : `${reference}/versions/latest`;
  const headers = { authorization: `Bearer ${token.value}` };
  const answer = await askJson('Secret Manager', { url: `${access.secretsUrl}/v1/${version}:access`, headers });
  if (!answer.ok) return answer;
  const data = textAt(answer.value, 'payload', 'data');
  return data === undefined
    ? refuse('secret_unresolved', `Secret Manager has nothing as ${reference}.`)
    : ok(Buffer.from(data, 'base64').toString('utf8'));
}

async function accessToken(access: GoogleAccess): Promise<Result<string>> {
  const answer =
    access.account === null
      ? await askJson('The metadata server', {
          url: `http://${access.metadataHost}/computeMetadata/v1/instance/service-accounts/default/token`,
          headers: { 'metadata-flavor': 'Google' },
        })
      : await grant(access.account, access.now());
  if (!answer.ok) return answer;
  const token = textAt(answer.value, 'access_token');
  return token === undefined ? refuse('secret_unresolved', 'Google gave the gate no access token.') : ok(token);
}

/** RFC 7523 §2.1 */
async function grant(account: string, now: number): Promise<Result<unknown>> {
  let assertion: string;
  let tokenUrl: string;
  try {
    const key: unknown = JSON.parse(account);
    const text = (name: string): string => textAt(key, name) ?? '';
    tokenUrl = text('token_uri');
    const seconds = Math.floor(now / 1000);
    assertion = await new SignJWT({ scope })
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: text('private_key_id') })
      .setIssuer(text('client_email'))
      .setAudience(tokenUrl)
      .setIssuedAt(seconds)
      .setExpirationTime(seconds + 3600)
      .setJti(hash('sha256', `${now}`).slice(0, 16))
      .sign(await importPKCS8(text('private_key'), 'RS256'));
  } catch {
    return refuse('secret_unresolved', 'The file of GOOGLE_APPLICATION_CREDENTIALS is no key of a service account.');
  }
  const body = { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion };
  return askJson("Google's token endpoint", { url: tokenUrl, headers: {}, body });
}
