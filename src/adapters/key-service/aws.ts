// AWS KMS: Encrypt and Decrypt of a symmetric key. Credentials come the way the AWS tools find them.

import { DecryptCommand, EncryptCommand, KMSClient } from '@aws-sdk/client-kms';
import { ok, type Result, refuse } from '../../core/result.ts';
import type { KeyVault } from '../../ports/key-service.ts';

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
  const client = new KMSClient({
    region,
    maxAttempts: 3,
    requestHandler: { requestTimeout: requestMs, connectionTimeout: requestMs, throwOnRequestTimeout: true },
    ...(endpoint === null ? {} : { endpoint }),
  });
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
