// The surface of `connections`: what stands behind the gate, and how it is reached.

import { z } from 'zod';
import { isLoopback } from '../core/loopback.ts';
import type { ConnectionConfig, PostgresConnection } from './config.ts';
import { credential } from './credential-schema.ts';
import { closed, type Place, parseUrl, path, secret, text, upstreamUrl } from './scalars.ts';

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
