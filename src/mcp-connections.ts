// The MCP connections of a configuration, put to work: a server for each session, with the credentials it comes with and the
// database credentials it is given. Part of the composition root.

import type { Logger } from 'pino';
import { loadClient } from './adapters/mcp-http/server-connections.ts';
import { createHttpUpstream } from './adapters/mcp-http/upstream.ts';
import { BackOffs } from './adapters/mcp-stdio/back-off.ts';
import { createProcessGuard } from './adapters/mcp-stdio/process-guard.ts';
import { createStdioUpstream } from './adapters/mcp-stdio/upstream.ts';
import { systemClock } from './adapters/system/clock.ts';
import { createCredential } from './adapters/upstream-token/credential.ts';
import type { McpHttpConnection, McpStdioConnection } from './config/config.ts';
import type { LoadedConfig } from './config/resolve.ts';
import { ok, type Result, refuse } from './core/result.ts';
import type { AccountDesk } from './gateway/account-desk.ts';
import type { AuditedSession } from './gateway/enforce.ts';
import type { McpPlan } from './gateway/mcp-entrance.ts';
import type { CallerToken } from './gateway/mcp-session-parts.ts';
import type { Credentials } from './ports/credentials.ts';
import type { McpUpstream } from './ports/mcp-upstream.ts';
import type { UpstreamCredential } from './ports/upstream-credential.ts';

/** What sessions of these connections will need, loaded with the gate: what is read later may be of another version (ADR 0001). */
export async function loadFor(connections: LoadedConfig['config']['connections']): Promise<void> {
  if (Object.values(connections).some((each) => each.type === 'mcp' && each.transport === 'http')) await loadClient();
}

export interface McpConnections {
  /** `serial` where the server calls back through the gate, so that each of its statements has one tool call to belong to. */
  readonly connection: (name: string) => McpPlan | undefined;
  /** Not yet started. INVARIANT: a server is of one session alone. */
  readonly startUpstream: (session: AuditedSession, caller: CallerToken) => Promise<Result<McpUpstream>>;
  close(): void;
}

export interface McpConnectionsDeps {
  readonly loaded: LoadedConfig;
  readonly logger: Logger;
  readonly credentials: Credentials;
  /** Null where no connection wants an account of each person. */
  readonly accounts: AccountDesk | null;
  /** A database credential; `server`: the address of the MCP server that will use it, null = a process on this machine. */
  readonly issueDsn: (
    session: AuditedSession,
    connection: string,
    server: string | null,
  ) => Promise<Result<{ readonly user: string; readonly dsn: string }>>;
  /** What a server wrote to its standard error. */
  readonly keepStderr: (session: AuditedSession, text: string) => void;
}

export function mcpConnections(deps: McpConnectionsDeps): McpConnections {
  const { loaded, logger, keepStderr } = deps;
  const { connections } = loaded.config;
  const guard = createProcessGuard();
  const backOffs = new BackOffs(systemClock);
  const credentialOf = upstreamCredentials(deps);
  const plans = new Map<string, McpPlan>();
  for (const [name, connection] of Object.entries(connections)) {
    if (connection.type !== 'mcp') continue;
    const { binary, stepUp = null } = connection;
    plans.set(name, { serial: dsnsIn(connection).length > 0, binary, stepUp });
  }
  return {
    connection: (name) => plans.get(name),
    async startUpstream(session, caller) {
      const connection = connections[session.connection];
      if (connection?.type !== 'mcp') return refuse('unknown_connection', 'There is no such connection.');
      const issued = await issueDsns(session, connection, deps);
      if (!issued.ok) return issued;
      const { dsn, revoke } = issued.value;
      if (connection.transport === 'http') {
        const { url, identity } = connection;
        const shown = identity === undefined ? {} : { identity: loaded.secret(identity, dsn) };
        const credential = credentialOf(session, connection, caller);
        return ok(revokingAtClose(createHttpUpstream({ url, credential, ...shown }), revoke));
      }
      const [program = '', ...args] = connection.command.map((each) => loaded.secret(each, dsn));
      const upstream = createStdioUpstream({
        command: [program, ...args],
        env: Object.fromEntries(
          Object.entries(connection.env).map(([name, value]) => [name, loaded.secret(value, dsn)]),
        ),
        cwd: connection.cwd,
        guard,
        backOff: backOffs.of(session),
        // What a server writes there may hold anything, PHI included: in this log that it spoke is worth a line.
        stderr: (text) => {
          const { connection: name, id } = session;
          logger.debug({ connection: name, session: id, characters: text.length }, 'an MCP server wrote to stderr');
          keepStderr(session, text);
        },
      });
      return ok(revokingAtClose(upstream, revoke));
    },
    close: () => guard.close(),
  };
}

/** The gate's own tokens serve all sessions; one that stands for a caller serves that caller's session. */
function upstreamCredentials({
  loaded: { secret },
  accounts,
}: McpConnectionsDeps): (
  session: AuditedSession,
  connection: McpHttpConnection,
  caller: CallerToken,
) => UpstreamCredential | null {
  const own = new Map<string, UpstreamCredential>();
  return ({ connection: name, subject }, { url, credential }, caller) => {
    if (!credential) return null;
    if (credential.type === 'oauth-per-user') return accounts?.credentialOf(name, subject) ?? null;
    const made =
      own.get(name) ?? createCredential(credential, { clock: systemClock, url, secret, caller: () => caller.token });
    if (credential.type !== 'token-exchange') own.set(name, made);
    return made;
  };
}

/** A credential for each database this server is told of. */
async function issueDsns(
  session: AuditedSession,
  connection: McpStdioConnection | McpHttpConnection,
  { issueDsn, credentials }: McpConnectionsDeps,
): Promise<Result<{ readonly dsn: (name: string) => string; readonly revoke: () => void }>> {
  const dsns = new Map<string, string>();
  const users: string[] = [];
  for (const name of dsnsIn(connection)) {
    const issued = await issueDsn(session, name, connection.transport === 'stdio' ? null : connection.url);
    if (!issued.ok) return issued;
    dsns.set(name, issued.value.dsn);
    users.push(issued.value.user);
  }
  return ok({
    dsn: (name) => dsns.get(name) ?? '',
    revoke: () => users.forEach((user) => credentials.remove(user)),
  });
}

/** Connections named by `${dsn:…}`. */
function dsnsIn(connection: McpStdioConnection | McpHttpConnection): string[] {
  const places =
    connection.transport === 'stdio'
      ? [...connection.command, ...Object.values(connection.env)]
      : [connection.identity ?? { raw: '' }];
  const texts = places.map((each) => each.raw);
  return [...new Set(texts.flatMap((text) => [...text.matchAll(/\$\{dsn:([^}]+)\}/g)].map((match) => match[1] ?? '')))];
}

/** INVARIANT: a server's database credential opens nothing once its session is over. */
function revokingAtClose(upstream: McpUpstream, revoke: () => void): McpUpstream {
  return {
    transport: upstream.transport,
    start: (events) => upstream.start(events),
    send: (message) => upstream.send(message),
    initialized: (version) => upstream.initialized(version),
    close: async () => {
      revoke();
      await upstream.close();
    },
  };
}
