// The connections of a configuration, put to work: PostgreSQL targets with their catalogs, MCP servers with their
// processes and credentials. Part of the composition root.

import { readFileSync } from 'node:fs';
import type { Logger } from 'pino';
import { createHttpUpstream } from './adapters/mcp-http/upstream.ts';
import { createProcessGuard } from './adapters/mcp-stdio/process-guard.ts';
import { createStdioUpstream } from './adapters/mcp-stdio/upstream.ts';
import { connectUpstream } from './adapters/node-net/upstream.ts';
import type {
  ClassificationConfig,
  McpHttpConnection,
  McpStdioConnection,
  PostgresConnection,
} from './config/config.ts';
import type { LoadedConfig } from './config/resolve.ts';
import type { PhiClass } from './core/phi.ts';
import { ok, type Result, refuse } from './core/result.ts';
import type { AuditedSession } from './gateway/enforce.ts';
import type { PostgresRoute } from './gateway/postgres-door.ts';
import { PostgresTarget } from './gateway/postgres-target.ts';
import type { RulesInForce } from './gateway/rules-in-force.ts';
import type { Clock } from './ports/clock.ts';
import type { Credentials } from './ports/credentials.ts';
import type { McpUpstream } from './ports/mcp-upstream.ts';
import type { UpstreamTarget } from './ports/postgres-upstream.ts';
import type { Random } from './ports/random.ts';
import { StatementCache } from './sql/parse.ts';
import { startupParameters } from './sql/settings.ts';

interface PostgresParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly detectClasses: (text: string) => PhiClass[];
}

export function postgresConnections(
  loaded: LoadedConfig,
  rules: RulesInForce,
  parts: PostgresParts,
): ReadonlyMap<string, PostgresRoute> {
  const routes = new Map<string, PostgresRoute>();
  for (const [name, connection] of Object.entries(loaded.config.connections)) {
    if (connection.type !== 'postgres') continue;
    routes.set(
      name,
      targetOf(connection, loaded, () => rules.config.classification[name], parts),
    );
  }
  return routes;
}

export function targetOf(
  connection: PostgresConnection,
  loaded: LoadedConfig,
  classification: () => ClassificationConfig | undefined,
  parts: PostgresParts,
): PostgresRoute {
  const upstream = upstreamOf(connection, loaded);
  const connect: PostgresRoute['connect'] = (startup) => connectUpstream(upstream, startup, parts);
  const target = new PostgresTarget({
    clock: parts.clock,
    connect: () => connect({ ...startupParameters, application_name: 'chartgate' }),
    classification,
    detectClasses: parts.detectClasses,
    statements: new StatementCache(),
    acceptPrivilegedLogin: connection.acceptPrivilegedLogin,
  });
  return { target, connect };
}

function upstreamOf(connection: PostgresConnection, { secret }: LoadedConfig): UpstreamTarget {
  const { host, port, user, database, password, tls, caFile } = connection;
  return {
    host,
    port,
    user,
    database,
    password: password && secret(password),
    tls,
    ca: caFile === null ? null : readFileSync(caFile, 'utf8'),
  };
}

export interface McpConnections {
  /** `serial` where the server calls back through the gate, so that each of its statements has one tool call to belong to. */
  readonly connection: (name: string) => { readonly serial: boolean } | undefined;
  /** A server for this session alone, not yet started. */
  readonly startUpstream: (session: AuditedSession) => Promise<Result<McpUpstream>>;
  close(): void;
}

export type IssueDsn = (
  session: AuditedSession,
  connection: string,
) => Promise<Result<{ readonly user: string; readonly dsn: string }>>;

export function mcpConnections(
  loaded: LoadedConfig,
  logger: Logger,
  issueDsn: IssueDsn,
  credentials: Credentials,
): McpConnections {
  const { connections } = loaded.config;
  const guard = createProcessGuard();
  return {
    connection(name) {
      const connection = connections[name];
      if (connection?.type !== 'mcp') return undefined;
      return { serial: connection.transport === 'stdio' && dsnsIn(connection).length > 0 };
    },
    async startUpstream(session) {
      const connection = connections[session.connection];
      if (connection?.type !== 'mcp') return refuse('unknown_connection', 'There is no such connection.');
      if (connection.transport === 'http')
        return ok(createHttpUpstream({ url: connection.url, credential: headerOf(connection, loaded) }));
      const dsns = new Map<string, string>();
      const users: string[] = [];
      for (const name of dsnsIn(connection)) {
        const issued = await issueDsn(session, name);
        if (!issued.ok) return issued;
        dsns.set(name, issued.value.dsn);
        users.push(issued.value.user);
      }
      const dsn = (name: string): string => dsns.get(name) ?? '';
      const [program = '', ...args] = connection.command.map((each) => loaded.secret(each, dsn));
      const upstream = createStdioUpstream({
        command: [program, ...args],
        env: Object.fromEntries(
          Object.entries(connection.env).map(([name, value]) => [name, loaded.secret(value, dsn)]),
        ),
        cwd: connection.cwd,
        guard,
        // What a server writes there may hold anything, PHI included: only that it spoke is worth a line.
        stderr: (text) =>
          logger.debug(
            { connection: session.connection, session: session.id, bytes: text.length },
            'an MCP server wrote to stderr',
          ),
      });
      return ok(revokingAtClose(upstream, () => users.forEach((user) => credentials.remove(user))));
    },
    close: () => guard.close(),
  };
}

/** Connections named by `${dsn:…}` in the command or the environment. */
function dsnsIn(connection: McpStdioConnection): string[] {
  const texts = [...connection.command, ...Object.values(connection.env)].map((each) => each.raw);
  return [...new Set(texts.flatMap((text) => [...text.matchAll(/\$\{dsn:([^}]+)\}/g)].map((match) => match[1] ?? '')))];
}

function headerOf(
  { credential }: McpHttpConnection,
  { secret }: LoadedConfig,
): { readonly name: string; readonly value: string } | null {
  if (!credential) return null;
  return credential.type === 'bearer'
    ? { name: 'authorization', value: `Bearer ${secret(credential.token)}` }
    : { name: credential.name, value: secret(credential.value) };
}

/** INVARIANT: a server's database credential opens nothing once its session is over. */
function revokingAtClose(upstream: McpUpstream, revoke: () => void): McpUpstream {
  return {
    start: (events) => upstream.start(events),
    send: (message) => upstream.send(message),
    initialized: (version) => upstream.initialized(version),
    close: async () => {
      revoke();
      await upstream.close();
    },
  };
}
