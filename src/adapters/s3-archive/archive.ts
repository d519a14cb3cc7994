// An archive in S3-compatible storage with Object Lock (Amazon S3, Ceph, MinIO). Credentials come the way the AWS tools find
// them (AWS_ACCESS_KEY_ID, profile, instance role); nothing of them is told.

import {
  GetBucketVersioningCommand,
  GetObjectCommand,
  GetObjectLockConfigurationCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { ok, type Result, refuse } from '../../core/result.ts';
import type { Archive, ArchivedVersion } from '../../ports/archive.ts';

export interface S3Place {
  readonly bucket: string;
  /** Without slashes at its ends; may be empty. */
  readonly prefix: string;
  /** Null = Amazon's. */
  readonly endpoint: string | null;
  readonly region: string | null;
  readonly lock: 'compliance' | 'governance' | 'none';
}

const attemptsMax = 3;
const requestMs = 30_000;

export function s3Archive(at: S3Place): Archive & { check(): Promise<Result<void>> } {
  const { bucket, prefix, lock } = at;
  const client = clientOf(at);
  const keyOf = (path: string): string => (prefix === '' ? path : `${prefix}/${path}`);
  const ask = async <T>(work: () => Promise<T>): Promise<Result<T>> => {
    try {
      return ok(await work());
    } catch (error) {
      return refusalOf(error, bucket);
    }
  };
  return {
    place: `s3://${bucket}/${prefix}`,
    async check() {
      const versioning = await ask(() => client.send(new GetBucketVersioningCommand({ Bucket: bucket })));
      if (!versioning.ok) return versioning;
      if (versioning.value.Status !== 'Enabled')
        return refuse('upstream_refused', `The bucket ${bucket} does not keep versions.`, bucketNext);
      if (lock === 'none') return ok(undefined);
      const locked = await ask(() => client.send(new GetObjectLockConfigurationCommand({ Bucket: bucket })));
      if (locked.ok && locked.value.ObjectLockConfiguration?.ObjectLockEnabled === 'Enabled') return ok(undefined);
      if (!locked.ok && locked.error.code === 'upstream_unavailable') return locked;
      return refuse('upstream_refused', `The bucket ${bucket} has no Object Lock.`, bucketNext);
    },
    async put(path, bytes, untilMs) {
      const retention =
        lock === 'none'
          ? {}
          : {
              ObjectLockMode: lock === 'compliance' ? ('COMPLIANCE' as const) : ('GOVERNANCE' as const),
              ObjectLockRetainUntilDate: new Date(untilMs),
            };
      const command = new PutObjectCommand({ Bucket: bucket, Key: keyOf(path), Body: bytes, ...retention });
      const answer = await ask(() => client.send(command));
      if (!answer.ok) return answer;
      const { VersionId: version } = answer.value;
      return version === undefined || version === ''
        ? refuse('upstream_refused', `The bucket ${bucket} gave no version.`, bucketNext)
        : ok(version);
    },
    async get(path, version) {
      const command = new GetObjectCommand({ Bucket: bucket, Key: keyOf(path), VersionId: version });
      try {
        const { Body: body } = await client.send(command);
        return ok(await body?.transformToByteArray());
      } catch (error) {
        const name = error instanceof Error ? error.name : '';
        if (['NoSuchKey', 'NoSuchVersion', 'NotFound', 'MethodNotAllowed'].includes(name)) return ok(undefined);
        return refusalOf(error, bucket);
      }
    },
    versions: (wanted) =>
      ask(async () => {
        const pages = [];
        const input = { Bucket: bucket, Prefix: keyOf(wanted) };
        for await (const page of paginateListVersions(client, input)) pages.push(...versionsIn(page, prefix));
        return pages;
      }),
  };
}

async function* paginateListVersions(
  client: S3Client,
  input: { readonly Bucket: string; readonly Prefix: string },
): AsyncGenerator<ListObjectVersionsCommandOutput> {
  let from = {};
  for (;;) {
    const page = await client.send(new ListObjectVersionsCommand({ ...input, ...from }));
    yield page;
    if (page.IsTruncated !== true) return;
    from = {
      ...(page.NextKeyMarker === undefined ? {} : { KeyMarker: page.NextKeyMarker }),
      ...(page.NextVersionIdMarker === undefined ? {} : { VersionIdMarker: page.NextVersionIdMarker }),
    };
  }
}

function versionsIn(page: ListObjectVersionsCommandOutput, prefix: string): ArchivedVersion[] {
  const { Versions: versions = [], DeleteMarkers: deletions = [] } = page;
  const pathOf = (key = ''): string => (prefix === '' ? key : key.slice(prefix.length + 1));
  return [
    ...versions.map((each) => ({ path: pathOf(each.Key), version: each.VersionId ?? '', deletion: false })),
    ...deletions.map((each) => ({ path: pathOf(each.Key), version: each.VersionId ?? '', deletion: true })),
  ];
}

const bucketNext = { next: 'Make the bucket with versioning and Object Lock: both are chosen when it is made.' };

function clientOf({ endpoint, region }: S3Place): S3Client {
  return new S3Client({
    maxAttempts: attemptsMax,
    requestHandler: { requestTimeout: requestMs, connectionTimeout: 10_000, throwOnRequestTimeout: true },
    ...(endpoint === null ? {} : { endpoint, forcePathStyle: true }),
    // Others than Amazon want a region too, and any will do.
    ...(region === null ? (endpoint === null ? {} : { region: 'us-east-1' }) : { region }),
  });
}

function refusalOf(error: unknown, bucket: string): Result<never> {
  // The client's own mistakes have no name: what it says of a missing region holds no secret.
  const name = error instanceof Error ? (error.name === 'Error' ? error.message : error.name) : 'unknown error';
  const status = error instanceof S3ServiceException ? (error.$metadata.httpStatusCode ?? 0) : 0;
  const isAnonymous =
    name === 'CredentialsProviderError' || (error instanceof Error && /credential/i.test(error.message));
  return isAnonymous || (status >= 400 && status < 500 && status !== 429 && name !== 'RequestTimeTooSkewed')
    ? refuse('upstream_refused', `The archive bucket ${bucket} refused (${isAnonymous ? 'no credentials' : name}).`, {
        next: 'Check the bucket, its policy, and the credentials in the environment of the gate.',
      })
    : refuse('upstream_unavailable', `The archive bucket ${bucket} cannot be reached (${name}).`);
}
