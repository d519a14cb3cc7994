// The archive in a real S3 server that enforces Object Lock: what the gate writes cannot be deleted, what is written over it or
// marked as deleted is found and changes nothing, and the log comes back out of the bucket alone.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectRetentionCommand,
  ListObjectVersionsCommand,
  type ObjectVersion,
  PutObjectCommand,
  PutObjectRetentionCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { type Clinic, type Gate, startClinic } from '../parts/clinic.ts';
import { eventually } from '../parts/eventually.ts';
import { missingRadosgw, type Radosgw, startRadosgw } from '../parts/radosgw.ts';

const missing = await missingRadosgw();
const options = missing === null ? {} : { skip: missing };
let [server, clinic, gate, client]: [Radosgw?, Clinic?, Gate?, S3Client?] = [];
let restored = '';

before(async () => {
  if (missing !== null) return;
  server = await startRadosgw();
  const { AWS_ACCESS_KEY_ID: accessKeyId = '', AWS_SECRET_ACCESS_KEY: secretAccessKey = '' } = server.env;
  client = new S3Client({
    endpoint: server.endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
  });
  await client.send(new CreateBucketCommand({ Bucket: 'evidence', ObjectLockEnabledForBucket: true }));
  await client.send(new CreateBucketCommand({ Bucket: 'plain' }));
  restored = await mkdtemp(join(tmpdir(), 'chartgate-restored-'));
  clinic = await startClinic();
});

after(async () => {
  await clinic?.stop();
  await server?.stop();
  if (restored !== '') await rm(restored, { recursive: true, force: true });
});

function url(bucket = 'evidence', more = ''): string {
  return `s3://${bucket}/gate-1?endpoint=${server?.endpoint}${more}`;
}

async function chartgate(...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  assert.ok(clinic && server);
  return clinic.chartgate(args, null, { ...server.env, EHR_PASSWORD: 'upstream-secret' });
}

async function ask(): Promise<void> {
  const postgres = await clinic?.connect('ana');
  await postgres?.query('SELECT id FROM patients');
  await postgres?.end();
}

async function metric(name: string): Promise<number> {
  const answer = await clinic?.get('/metrics', null);
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(answer?.text ?? '')?.[1] ?? Number.NaN);
}

void test('a bucket without Object Lock is refused when the gate starts', options, async () => {
  assert.ok(clinic);
  await clinic.writeConfig((config) => `${config}\naudit: { archive: "${url('plain')}" }\n`);
  const { code, stderr } = await chartgate('serve', '-c', clinic.config);
  assert.notEqual(code, 0);
  assert.match(stderr, /does not keep versions|no Object Lock/);
});

void test('what is archived is locked, verified and restored; what is done to it is found', options, async () => {
  assert.ok(clinic && client && server);
  await clinic.writeConfig(
    (config) => `${config}\naudit: { archive: "${url('evidence', '&every=1s&warn=1s&close=4s')}", retain: 30d }\n`,
  );
  gate = await clinic.startGate({ env: server.env });
  await ask();
  await eventually(async () => (await metric('chartgate_archive_entries')) > 5, 'a cut');

  const s3 = client;
  const list = async (): Promise<readonly ObjectVersion[]> =>
    (await s3.send(new ListObjectVersionsCommand({ Bucket: 'evidence', Prefix: 'gate-1/' }))).Versions ?? [];
  const isWhole = async (): Promise<boolean> => {
    const keys = (await list()).map(({ Key = '' }) => Key);
    return ['/manifests/', '/checkpoints/'].every((each) => keys.some((key) => key.includes(each)));
  };
  await eventually(isWhole, 'a manifest and a checkpoint are in the bucket');
  const versions = await list();
  const first = versions.find(({ Key }) => Key?.includes('/manifests/'));
  assert.ok(first?.Key && first.VersionId && !versions.some(({ Key }) => Key?.includes('.journal')));
  const object = { Bucket: 'evidence', Key: first.Key, VersionId: first.VersionId };
  const { Retention } = await client.send(new GetObjectRetentionCommand(object));
  assert.equal(Retention?.Mode, 'COMPLIANCE');
  const days = ((Retention.RetainUntilDate?.getTime() ?? 0) - Date.now()) / 86_400_000;
  assert.ok(days > 29.9 && days <= 30, `${days} days`);
  await assert.rejects(client.send(new DeleteObjectCommand(object)), { name: 'AccessDenied' });
  const shorter = { Mode: 'COMPLIANCE', RetainUntilDate: new Date(Date.now() + 60_000) } as const;
  await assert.rejects(client.send(new PutObjectRetentionCommand({ ...object, Retention: shorter })));

  const sound = await chartgate('audit', 'verify', url());
  assert.equal(sound.code, 0, sound.stdout + sound.stderr);
  assert.match(sound.stdout, /archive +\d+ objects in \d+ manifests/);
  const back = await chartgate('audit', 'restore', url(), '-o', join(restored, 'log'));
  assert.equal(back.code, 0, back.stderr);
  const copy = await chartgate('audit', 'verify', join(restored, 'log'));
  assert.equal(copy.code, 0, copy.stdout);

  // The server does not answer: the gate says so, then takes nothing new; when it answers again, all is as before.
  server.pause();
  await ask();
  await eventually(async () => (await clinic?.get('/readyz', null))?.status === 503, 'the gate closes');
  await assert.rejects(ask(), /archive of the audit log is too far behind/);
  assert.match(gate.output(), /the archive lags behind/);
  server.resume();
  await eventually(async () => (await clinic?.get('/readyz', null))?.status === 200, 'the gate opens');
  await ask();
  await gate.stop();

  await client.send(new PutObjectCommand({ Bucket: 'evidence', Key: first.Key, Body: 'forged' }));
  const key = versions.find(({ Key }) => Key?.includes('/checkpoints/'))?.Key ?? '';
  await client.send(new DeleteObjectCommand({ Bucket: 'evidence', Key: key }));
  const found = await chartgate('audit', 'verify', url());
  assert.equal(found.code, 65, found.stdout);
  assert.match(found.stdout, /The log is intact/);
  assert.match(found.stdout, /manifests\/\d+ was written over/);
  assert.match(found.stdout, /checkpoints\/\d+ was marked as deleted/);
});
