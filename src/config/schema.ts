// The surface of chartgate.yaml, whole: what may stand in the file, and the Config it becomes.
// References to other parts of the file are checked in references.ts, what this version cannot do yet in unsupported.ts.

import { z } from 'zod';
import { archive } from './archive-schema.ts';
import { classificationOf } from './classification-schema.ts';
import type { Config } from './config.ts';
import { connection } from './connection-schema.ts';
import { detectors } from './detector-schema.ts';
import { exports } from './export-schema.ts';
import { identity } from './identity-schema.ts';
import { masks } from './mask-schema.ts';
import { approvals } from './notify-schema.ts';
import { policy } from './policy-schema.ts';
import {
  address,
  closed,
  connectionName,
  httpUrl,
  lasting,
  type Place,
  path,
  secret,
  text,
  webOrigin,
} from './scalars.ts';
import { witnesses, witnessPolicy } from './witness-schema.ts';

const audit = (place: Place) =>
  closed({
    retain: lasting('6y').describe('How long payloads are kept.'),
    signatures: z
      .array(z.enum(['ed25519', 'ml-dsa-44']))
      .default(['ed25519'])
      .refine((each) => each.includes('ed25519') && new Set(each).size === each.length, {
        error: 'ed25519, and ml-dsa-44 if it is wanted too',
      })
      .describe(
        'What signs the checkpoints of the log. Once ml-dsa-44 has signed, it goes on, whatever stands here later.',
      ),
    readers: z.array(text).default(['auditors']).describe("Groups (or aliases) that may read everybody's sessions."),
    archive: archive
      .optional()
      .describe('Where the log is copied to: s3://bucket/prefix?lock=compliance, or file:///directory.'),
    witnesses: witnesses
      .default([])
      .describe('Witnesses (C2SP tlog-witness) that cosign the checkpoints of the log. Nothing waits for them.'),
    witness_policy: witnessPolicy
      .optional()
      .describe('How many of them have to cosign one checkpoint: k-of-n. Default a majority; with fewer, an alert.'),
    export: exports(place).default([]).describe('Where records are sent while the gate runs, each at least once.'),
  })
    .refine((each) => !each.witness_policy || each.witness_policy.of === each.witnesses.length, {
      path: ['witness_policy'],
      error: 'k-of-n, where n is how many witnesses there are',
    })
    .prefault({})
    .describe('The log.');

export function surface(place: Place): z.ZodType<Config> {
  return closed({
    listen: closed({
      http: address.describe('MCP, API, console and operations: host:port. Port 0 = any free one.'),
      postgres: address.optional().describe('The PostgreSQL door: host:port. Default: no such door.'),
      origins: z
        .array(webOrigin)
        .default([])
        .describe('Web applications that may use MCP from the browser (CORS): https://app.example. Default: none.'),
    }).describe('Where the doors are.'),
    public_url: httpUrl.optional().describe('How callers reach the gate. Default: the HTTP address.'),
    tls: closed({
      cert: path(place).describe('PEM file with the certificate chain.'),
      key: path(place).describe('PEM file with the private key.'),
    })
      .optional()
      .describe('TLS of every door. Required when one is not on loopback.'),
    state: text.default('./state').describe('Directory of log, store and keys.'),
    keys: closed({ kek: secret.optional().describe('Key that wraps the session keys, as a reference to 32 bytes.') })
      .prefault({})
      .describe('Keys the gate does not make itself.'),
    identity: identity(place),
    connections: z.record(connectionName, connection(place)).describe('What stands behind the gate, by name.'),
    classification: z.record(text, classificationOf).default({}).describe('What is PHI and where, by connection.'),
    masks: masks.prefault({}).describe('Operator by PHI class.'),
    detectors: detectors(place).prefault({}).describe('What to look for in text, besides the built-in detectors.'),
    policy: policy.prefault({}).describe('Who may do what. Without a rule nothing passes.'),
    approvals: approvals.prefault({}).describe('Whom to tell of held requests.'),
    audit: audit(place),
  }).transform((each): Config => {
    const scheme = each.tls ? 'https' : 'http';
    const { host, port } = each.listen.http;
    return {
      file: place.file,
      directory: place.directory,
      listen: { ...each.listen, postgres: each.listen.postgres ?? null },
      publicUrl: (each.public_url ?? `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`).replace(
        /\/+$/,
        '',
      ),
      tls: each.tls ? { certFile: each.tls.cert, keyFile: each.tls.key } : null,
      state: place.resolvePath(each.state),
      keys: { kek: each.keys.kek ?? null },
      identity: each.identity,
      connections: each.connections,
      classification: each.classification,
      masks: each.masks,
      detectors: each.detectors,
      policy: each.policy,
      approvals: {
        notify: each.approvals.notify.map((way) => ({
          ...way,
          groups: way.groups && way.groups.flatMap((name) => each.policy.groups[name] ?? [name]),
        })),
      },
      audit: {
        retainMs: each.audit.retain,
        signatures: each.audit.signatures,
        archive: each.audit.archive ?? null,
        witnesses: each.audit.witnesses,
        quorum: each.audit.witness_policy?.quorum ?? Math.floor(each.audit.witnesses.length / 2) + 1,
        exports: each.audit.export,
        readers: each.audit.readers.flatMap((name) => each.policy.groups[name] ?? [name]),
      },
    };
  });
}
