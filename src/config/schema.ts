// The surface of chartgate.yaml, whole: what may stand in the file, and the Config it becomes.
// References to other parts of the file are checked in references.ts, what this version cannot do yet in unsupported.ts.

import { z } from 'zod';
import type { Config, TrustConfig } from './config.ts';
import { classificationOf, connection } from './connection-schema.ts';
import { detectors } from './detector-schema.ts';
import { masks } from './mask-schema.ts';
import { policy } from './policy-schema.ts';
import {
  address,
  closed,
  connectionName,
  duration,
  httpUrl,
  isSafeUrl,
  type Place,
  path,
  secret,
  text,
} from './scalars.ts';

const provider = z.discriminatedUnion(
  'type',
  [
    closed({
      type: z.literal('oidc'),
      issuer: httpUrl,
      client_id: text,
      client_secret: secret.optional(),
      groups_claim: text.default('groups'),
    }),
    closed({ type: z.literal('saml'), metadata: text, groups_attribute: text.optional() }),
  ],
  { error: 'a provider of type oidc or saml' },
);

function trust(place: Place): z.ZodType<TrustConfig> {
  return closed({
    issuer: text.describe('`iss` of the tokens, exactly.'),
    audience: text.describe('`aud` they must carry.'),
    jwks: text
      .refine((value) => !value.includes('://') || isSafeUrl(value), 'a file, or an https URL (http only on loopback)')
      .describe("The issuer's public keys: a file, or an https URL."),
    groups_claim: text.default('groups').describe('Claim that lists the groups.'),
    kind: z.enum(['person', 'workload']).default('workload').describe('What its subjects are.'),
  }).transform(
    (each): TrustConfig => ({
      issuer: each.issuer,
      audience: each.audience,
      jwks: each.jwks.includes('://') ? { url: each.jwks } : { file: place.resolvePath(each.jwks) },
      groupsClaim: each.groups_claim,
      kind: each.kind,
    }),
  );
}

const notification = z.discriminatedUnion(
  'type',
  [
    closed({ type: z.literal('slack'), webhook: secret }),
    closed({ type: z.literal('webhook'), url: httpUrl, secret: secret.optional() }),
    closed({ type: z.literal('email'), to: z.array(text).min(1), from: text, smtp: text, password: secret.optional() }),
  ],
  { error: 'a notification of type slack, webhook or email' },
);

const exporter = z.looseObject({ type: z.enum(['syslog', 'otlp', 'webhook']) });

const audit = closed({
  retain: duration('6y').describe('How long payloads are kept.'),
  readers: z.array(text).default(['auditors']).describe("Groups (or aliases) that may read everybody's sessions."),
  archive: text.optional().describe('Where the log is copied to. Not supported by this version.'),
  witnesses: z.array(text).default([]).describe('Witnesses of checkpoints. Not supported by this version.'),
  export: z.array(exporter).default([]).describe('Where records are sent. Not supported by this version.'),
})
  .prefault({})
  .describe('The log.');

export function surface(place: Place): z.ZodType<Config> {
  return closed({
    listen: closed({
      http: address.describe('MCP, API, console and operations: host:port. Port 0 = any free one.'),
      postgres: address.optional().describe('The PostgreSQL door: host:port. Default: no such door.'),
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
    identity: closed({
      providers: z.record(text, provider).default({}).describe('Where people sign in. Not supported by this version.'),
      trust: z.array(trust(place)).default([]).describe('Issuers whose tokens are accepted as they are.'),
      sessions: closed({
        idle: duration('15m').describe('A session without a request ends after.'),
        absolute: duration('8h').describe('Any session ends after.'),
      }).prefault({}),
    })
      .prefault({})
      .describe('Who may come in at all.'),
    connections: z.record(connectionName, connection(place)).describe('What stands behind the gate, by name.'),
    classification: z.record(text, classificationOf).default({}).describe('What is PHI and where, by connection.'),
    masks: masks.prefault({}).describe('Operator by PHI class.'),
    detectors: detectors.prefault({}).describe('What to look for in text, besides the built-in detectors.'),
    policy: policy.prefault({}).describe('Who may do what. Without a rule nothing passes.'),
    approvals: closed({ notify: z.array(notification).default([]) })
      .prefault({})
      .describe('Whom to tell of held requests. Not supported by this version.'),
    audit,
  }).transform((each): Config => {
    const scheme = each.tls ? 'https' : 'http';
    const { host, port } = each.listen.http;
    return {
      file: place.file,
      directory: place.directory,
      listen: { http: each.listen.http, postgres: each.listen.postgres ?? null },
      publicUrl: (each.public_url ?? `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`).replace(
        /\/+$/,
        '',
      ),
      tls: each.tls ? { certFile: each.tls.cert, keyFile: each.tls.key } : null,
      state: place.resolvePath(each.state),
      keys: { kek: each.keys.kek ?? null },
      identity: {
        trust: each.identity.trust,
        idleMs: each.identity.sessions.idle,
        absoluteMs: each.identity.sessions.absolute,
      },
      connections: each.connections,
      classification: each.classification,
      masks: each.masks,
      detectors: each.detectors,
      policy: each.policy,
      audit: {
        retainMs: each.audit.retain,
        readers: each.audit.readers.flatMap((name) => each.policy.groups[name] ?? [name]),
      },
    };
  });
}
