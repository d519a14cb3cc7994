// AWS: keys of KMS (Encrypt and Decrypt of a symmetric key), secrets of Secrets Manager (GetSecretValue). Credentials come the
// way the AWS tools find them. https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html

import { DecryptCommand, EncryptCommand, KMSClient } from '@aws-sdk/client-kms';
import { ok, type Result, refuse } from '../../core/result.ts';
import type { KeyVault } from '../../ports/key-service.ts';
import { askJson, textAt } from './json-api.ts';

export interface AwsKey {
  readonly region: string;
  /** Id, ARN or `alias/…`. */
  readonly key: string;
  /** Null = Amazon's. */
  readonly endpoint: string | null;
}

/** Bound to every wrapped key, and shown in CloudTrail. */
const context = { purpose: 'chartgate key wrap' };
const requestMs = 10_000;

export function awsKms({ region, key, endpoint }: AwsKey): KeyVault {
  const client = clientOf(region, endpoint);
  const name = `aws-kms://${region}/${key}`;
  const bytesOf = async (work: () => Promise<Uint8Array | undefined>): Promise<Result<Uint8Array>> => {
    try {
      const bytes = await work();
      return bytes ? ok(bytes) : refuse('secret_unresolved', `AWS KMS gave nothing for ${name}.`);
    } catch (error) {
      const why = error instanceof Error ? error.name : 'unknown error';
      return refuse('secret_unresolved', `AWS KMS did not do its part with ${name} (${why}).`, {
        next: 'Check region and key, and the AWS credentials in the environment of the gate.',
      });
    }
  };
  return {
    name,
    wrap: (plain) =>
      bytesOf(async () => {
        const command = new EncryptCommand({ KeyId: key, Plaintext: plain, EncryptionContext: context });
        return (await client.send(command)).CiphertextBlob;
      }),
    unwrap: (wrapped) =>
      bytesOf(async () => {
        const command = new DecryptCommand({ KeyId: key, CiphertextBlob: wrapped, EncryptionContext: context });
        return (await client.send(command)).Plaintext;
      }),
  };
}

/**
 * `reference`: `<region>/<name>` or a secret's ARN, and `#<field>` where its text is a JSON object. `endpoint`: null = Amazon's.
 * Refused: secret_unresolved.
 */
export async function awsSecret(reference: string, endpoint: string | null): Promise<Result<string>> {
  const [, id = '', field] = /^([^#]+)(?:#(.+))?$/.exec(reference) ?? [];
  const [, arnRegion] = /^arn:aws[\w-]*:secretsmanager:([a-z0-9-]+):\d{12}:secret:[\w/+=.@-]+$/.exec(id) ?? [];
  const [, plainRegion, name] = /^([a-z]{2}[a-z0-9-]*-\d)\/([\w/+=.@-]+)$/.exec(id) ?? [];
  const region = arnRegion ?? plainRegion;
  if (region === undefined)
    return refuse('secret_unresolved', 'A secret of AWS is named as region/name[#field], or by its ARN.');
  const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  const url = new URL(endpoint ?? `https://secretsmanager.${region}.${domain}`);
  const body = { SecretId: arnRegion === undefined ? (name ?? '') : id };
  const headers = await signed(region, url, JSON.stringify(body));
  if (!headers.ok) return headers;
  const answer = await askJson('AWS Secrets Manager', { url: url.href, headers: headers.value, body });
  if (!answer.ok) return answer;
  const text = textAt(answer.value, 'SecretString');
  if (text === undefined) return refuse('secret_unresolved', `AWS Secrets Manager has no text as ${reference}.`);
  return field === undefined ? ok(text) : fieldOf(text, field, reference);
}

function fieldOf(text: string, field: string, reference: string): Result<string> {
  try {
    const found = textAt(JSON.parse(text), field);
    if (found !== undefined) return ok(found);
  } catch {
    // No JSON, so no field.
  }
  return refuse('secret_unresolved', `AWS Secrets Manager has no text as ${reference}.`);
}

/** Signature Version 4 by the client of the service that is installed: it finds the credentials and makes the signature. */
async function signed(region: string, url: URL, body: string): Promise<Result<Readonly<Record<string, string>>>> {
  const request = {
    method: 'POST',
    protocol: url.protocol,
    hostname: url.hostname,
    path: url.pathname,
    headers: {
      host: url.host,
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'secretsmanager.GetSecretValue',
    },
    body,
  };
  try {
    const scheme = { name: 'sigv4', signingName: 'secretsmanager', signingRegion: region, properties: {} };
    const signer = await clientOf(region, null).config.signer(scheme);
    const { host: _, ...headers } = (await signer.sign(request)).headers;
    return ok(headers);
  } catch (error) {
    const why = error instanceof Error ? error.name : 'unknown error';
    return refuse('secret_unresolved', `There are no AWS credentials to ask for a secret with (${why}).`, {
      next: 'Give the gate AWS credentials: environment, profile or role.',
    });
  }
}

function clientOf(region: string, endpoint: string | null): KMSClient {
  return new KMSClient({
    region,
    maxAttempts: 3,
    requestHandler: { requestTimeout: requestMs, connectionTimeout: requestMs, throwOnRequestTimeout: true },
    ...(endpoint === null ? {} : { endpoint }),
  });
}
