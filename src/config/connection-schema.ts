// The surface of `connections` and `classification`, and what becomes of it.

import { z } from 'zod';
import { isLoopback } from '../core/loopback.ts';
import { phiClasses } from '../core/phi.ts';
import type {
  ClassificationConfig,
  ConnectionConfig,
  CredentialConfig,
  OAuthCredential,
  PersonalOAuth,
  PostgresConnection,
} from './config.ts';
import { patient } from './patient-schema.ts';
import { closed, httpUrl, type Place, packName, parseUrl, path, secret, text, upstreamUrl } from './scalars.ts';

const scopes = z.array(z.string().regex(/^[!#-[\]-~]+$/, 'a scope, without spaces')).default([]);

function oauth<const Type extends OAuthCredential['type']>(type: Type, what: string) {
  return closed({
    type: z.literal(type).describe(what),
    token_url: httpUrl.optional().describe('The token endpoint.'),
    issuer: httpUrl
      .optional()
      .describe('Or the issuer whose metadata (RFC 8414) names a token endpoint on its own origin.'),
    client_id: text,
    client_secret: secret,
    client_authentication: z.enum(['basic', 'post']).default('basic').describe('RFC 6749 §2.3.1.'),
    scopes,
    resource: upstreamUrl.optional().describe("RFC 8707: what the token is for; default: the connection's url."),
    audience: text.optional().describe('For authorization servers that ask for an audience.'),
  }).transform((each, context): OAuthCredential => {
    const { token_url: tokenUrl, issuer } = each;
    if ((tokenUrl === undefined) === (issuer === undefined)) {
      context.addIssue({ code: 'custom', message: 'exactly one of token_url and issuer' });
      return z.NEVER;
    }
    return {
      type,
      at: tokenUrl === undefined ? { issuer: issuer ?? '' } : { tokenUrl },
      clientId: each.client_id,
      clientSecret: each.client_secret,
      authentication: each.client_authentication,
      scopes: each.scopes,
      resource: each.resource ?? null,
      audience: each.audience ?? null,
    };
  });
}

const personalOAuth = closed({
  type: z
    .literal('oauth-per-user')
    .describe("Each person's own account: they allow the gate to use it once, at /connect/<connection>."),
  issuer: httpUrl
    .optional()
    .describe('The authorization server (RFC 8414); default: the one the server names (RFC 9728).'),
  client_id: text
    .optional()
    .describe(
      'As the gate is known there; default: it registers itself (RFC 7591), else by its Client ID Metadata Document.',
    ),
  client_secret: secret.optional(),
  client_authentication: z.enum(['basic', 'post']).default('basic').describe('RFC 6749 §2.3.1.'),
  scopes: scopes.describe('Default: those the server names.'),
  resource: upstreamUrl.optional().describe('RFC 8707: what the token is for; default: what the server calls itself.'),
}).transform((each, context): PersonalOAuth => {
  if (each.client_secret !== undefined && each.client_id === undefined) {
    context.addIssue({ code: 'custom', path: ['client_secret'], message: 'client_id with it' });
    return z.NEVER;
  }
  return {
    type: 'oauth-per-user',
    issuer: each.issuer ?? null,
    clientId: each.client_id ?? null,
    clientSecret: each.client_secret ?? null,
    authentication: each.client_authentication,
    scopes: each.scopes,
    resource: each.resource ?? null,
  };
});

const googleServiceAccount = closed({
  type: z.literal('google-service-account'),
  key: secret.describe('The JSON key file, as a reference.'),
  audience: text.optional().describe('An ID token for this audience (Cloud Run, IAP).'),
  scopes: scopes.describe('Or an access token with these scopes.'),
}).transform((each, context): CredentialConfig => {
  if ((each.audience === undefined) === (each.scopes.length === 0)) {
    context.addIssue({ code: 'custom', message: 'exactly one of audience and scopes' });
    return z.NEVER;
  }
  const want = each.audience === undefined ? { scopes: each.scopes } : { audience: each.audience };
  return { type: 'google-service-account', key: each.key, want };
});

const credential: z.ZodType<CredentialConfig | PersonalOAuth> = z.discriminatedUnion(
  'type',
  [
    closed({ type: z.literal('bearer'), token: secret.describe('The token, as a reference.') }),
    closed({
      type: z.literal('header'),
      name: z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, "a header's name"),
      value: secret.describe('The value, with a reference in it.'),
    }),
    oauth('oauth-client-credentials', 'A token of the gate (RFC 6749 §4.4), kept until it runs out.'),
    oauth('token-exchange', "A token for the caller, for the caller's own (RFC 8693), one a session."),
    personalOAuth,
    googleServiceAccount,
  ],
  {
    error:
      'a credential of type bearer {token}, header {name, value}, oauth-client-credentials, token-exchange, oauth-per-user or google-service-account',
  },
);

const postgresUrl = 'postgres://user@host:port/database, without parameters';

function postgres(place: Place) {
  return closed({
    type: z.literal('postgres'),
    url: z
      .string()
      .refine((value) => splitPostgresUrl(value) !== null, postgresUrl)
      .describe('postgres://user@host:port/database; the password is a key of its own.'),
    password: secret.optional().describe('Reference to the password of the upstream login.'),
    tls: z
      .enum(['disable', 'require', 'verify-full'])
      .optional()
      .describe('TLS to the database. Default verify-full; disable when the host is loopback.'),
    ca: path(place).optional().describe("PEM file with the CA of the database's certificate; default: the system's."),
    accept_privileged_login: z
      .boolean()
      .default(false)
      .describe('Accept an upstream login that is superuser, owner, replication or reads server files. Recorded.'),
  }).transform((each): PostgresConnection => {
    const target = splitPostgresUrl(each.url) ?? { host: '', port: 0, user: '', database: '' };
    return {
      type: 'postgres',
      ...target,
      password: each.password ?? null,
      tls: each.tls ?? (isLoopback(target.host) ? 'disable' : 'verify-full'),
      caFile: each.ca ?? null,
      acceptPrivilegedLogin: each.accept_privileged_login,
    };
  });
}

function splitPostgresUrl(value: string): Pick<PostgresConnection, 'host' | 'port' | 'user' | 'database'> | null {
  const url = parseUrl(value);
  if (!url || !/^postgres(?:ql)?:$/.test(url.protocol) || url.search !== '' || url.hash !== '') return null;
  const database = decode(url.pathname.slice(1));
  const user = decode(url.username);
  if (!url.hostname || !user || !database || database.includes('/')) return null;
  return { host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(url.port || 5432), user, database };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return '';
  }
}

const identity = z
  .string()
  .regex(/^\$\{dsn:[^{}]+\}$/, 'a reference ${dsn:<connection>}')
  .transform((raw) => ({ raw }));

function mcp(place: Place) {
  return closed({
    type: z.literal('mcp'),
    command: z
      .array(secret)
      .min(1, 'a program and its arguments')
      .optional()
      .describe('stdio: program, then arguments.'),
    env: z
      .record(z.string(), secret)
      .optional()
      .describe('stdio: environment of the server. ${dsn:<connection>} is a DSN of its own for every session.'),
    cwd: path(place).optional().describe("stdio: where it starts; default: the file's directory."),
    url: upstreamUrl.optional().describe('Streamable HTTP: the endpoint.'),
    credential: credential.optional().describe('Streamable HTTP: what the gate shows the server.'),
    identity: identity
      .optional()
      .describe(
        'Streamable HTTP: ${dsn:<connection>}, sent as the header Chartgate-Identity: a DSN of its own for every session.',
      ),
    binary: z
      .enum(['withhold', 'pass'])
      .default('withhold')
      .describe('Images, audio and blobs in results, which cannot be masked: pass only what holds no PHI.'),
    step_up: closed({
      scope: text.describe('A scope of identity.step_up.'),
      tools: z
        .array(text)
        .min(1, 'at least one tool')
        .optional()
        .describe('Calls of these; default the whole connection.'),
    })
      .transform(({ scope, tools }) => ({ stepUp: { scope, tools: tools ?? null } }))
      .optional()
      .describe('People have to have proven themselves as that scope asks, or are asked to (insufficient_scope).'),
  }).transform((each, context): ConnectionConfig => {
    if ((each.command === undefined) === (each.url === undefined)) {
      context.addIssue({ code: 'custom', message: 'exactly one of command and url' });
      return z.NEVER;
    }
    if (each.command) {
      if (each.credential)
        context.addIssue({ code: 'custom', path: ['credential'], message: 'no credential beside command; use env' });
      if (each.identity)
        context.addIssue({ code: 'custom', path: ['identity'], message: 'no identity beside command; use env' });
      return {
        type: 'mcp',
        transport: 'stdio',
        command: each.command,
        env: each.env ?? {},
        cwd: each.cwd ?? place.directory,
        binary: each.binary,
        ...each.step_up,
      };
    }
    for (const key of ['env', 'cwd'] as const) {
      if (each[key]) context.addIssue({ code: 'custom', path: [key], message: `no ${key} beside url` });
    }
    return {
      type: 'mcp',
      transport: 'http',
      url: each.url ?? '',
      credential: each.credential ?? null,
      ...(each.identity === undefined ? {} : { identity: each.identity }),
      binary: each.binary,
      ...each.step_up,
    };
  });
}

const http = closed({
  type: z.literal('http'),
  url: upstreamUrl,
  credential: credential.optional(),
}).transform((each): ConnectionConfig => ({ type: 'http', url: each.url, credential: each.credential ?? null }));

export function connection(place: Place): z.ZodType<ConnectionConfig> {
  return z.discriminatedUnion('type', [postgres(place), mcp(place), http], {
    error: 'a connection of type postgres, mcp or http',
  });
}

const classification = z.enum([...phiClasses, 'clear']);

/** `*`, or a JSON pointer of RFC 6901: segments after slashes, `~0` and `~1` the only escapes. */
const jsonPointer = z
  .string()
  .regex(/^(?:\*|(?:\/(?:[^~/]|~[01])*)+)$/, '/a/json/pointer (`*` for any member or item), or `*`');

const columnContent = z.union([
  classification,
  z
    .record(jsonPointer, z.enum([...phiClasses, 'clear', 'unknown', 'scan']))
    .refine((paths) => Object.keys(paths).length > 0, 'one path at least'),
]);

export const classificationOf: z.ZodType<ClassificationConfig> = closed({
  posture: z
    .enum(['inline', 'enforced'])
    .default('inline')
    .describe('enforced: PostgreSQL itself masks, through generated roles and views. inline: the gate does.'),
  pack: text.optional().describe('Classification of a known schema to start from.'),
  columns: z
    .record(z.string().regex(/^[^.]+\.[^.]+\.[^.]+$/, 'schema.table.column'), columnContent)
    .default({})
    .describe(
      'schema.table.column → PHI class, or clear; for JSON: JSON pointer → class, clear, scan or unknown, `*` for the rest (default unknown: masked).',
    ),
  patient: patient
    .optional()
    .describe('Where the patient something is about is named: what `chartgate who-saw` finds people by.'),
  unknown_text: z
    .enum(['mask', 'scan', 'clear'])
    .default('mask')
    .describe('What becomes of text nobody has classified.'),
  functions: z
    .record(
      z.string().regex(/^[^.]+\.[^.(]+\([^()]*\)$/, 'schema.name(type, type)'),
      z
        .string()
        .regex(
          /^(?:review|sha256:[0-9a-f]{64})$/,
          'sha256:… of the definition that was read, as check says it; or review',
        ),
    )
    .default({})
    .describe(
      'Functions of the database that are safe to be called, or run as triggers and defaults: what they say comes from their arguments alone. schema.name(type, type) → the digest of the definition that was read, or review.',
    ),
}).transform(
  (each): ClassificationConfig => ({
    posture: each.posture,
    pack: each.pack === undefined ? null : packName(each.pack),
    columns: each.columns,
    patient: each.patient ?? null,
    unknownText: each.unknown_text,
    functions: each.functions,
  }),
);
