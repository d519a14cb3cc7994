// The connections of a configuration, put to work: PostgreSQL targets with their catalogs, MCP servers with their
// processes and credentials. Part of the composition root.

import { readFileSync } from 'node:fs';
import type { Logger } from 'pino';
import { loadClient } from './adapters/mcp-http/server-connections.ts';
import { createHttpUpstream } from './adapters/mcp-http/upstream.ts';
import { BackOffs } from './adapters/mcp-stdio/back-off.ts';
import { createProcessGuard } from './adapters/mcp-stdio/process-guard.ts';
import { createStdioUpstream } from './adapters/mcp-stdio/upstream.ts';
import { connectUpstream } from './adapters/node-net/upstream.ts';
import { systemClock } from './adapters/system/clock.ts';
import { createCredential } from './adapters/upstream-token/credential.ts';
import { threadParser } from './adapters/work-thread/statement-parser.ts';
import { threadBeside } from './adapters/work-thread/work-thread.ts';
import type {
  ClassificationConfig,
  McpHttpConnection,
  McpStdioConnection,
  PostgresConnection,
} from './config/config.ts';
import type { LoadedConfig } from './config/resolve.ts';
import type { Party } from './core/facts.ts';
import type { ClassSet, PhiClass } from './core/phi.ts';
import { fail, ok, type Result, refuse } from './core/result.ts';
import type { AccountDesk } from './gateway/account-desk.ts';
import type { AuditedSession } from './gateway/enforce.ts';
import type { McpPlan } from './gateway/mcp-entrance.ts';
import type { CallerToken } from './gateway/mcp-session-parts.ts';
import type { PostgresEntrance, PostgresRoute } from './gateway/postgres-door.ts';
import { PostgresTarget, type PostureOfTarget } from './gateway/postgres-target.ts';
import { enforcedCatalog } from './gateway/posture-catalog.ts';
import { type DeriveKey, rolePassword, setRole, viewSchema } from './gateway/posture-names.ts';
import { identifier } from './gateway/posture-state.ts';
import { roleProblems } from './gateway/posture-verify.ts';
import type { RulesInForce } from './gateway/rules-in-force.ts';
import type { MaskRules } from './masking/mask.ts';
import { unmaskSetOf } from './policy/unmask-sets.ts';
import type { Clock } from './ports/clock.ts';
import type { Credentials } from './ports/credentials.ts';
import type { McpUpstream } from './ports/mcp-upstream.ts';
import type { UpstreamTarget } from './ports/postgres-upstream.ts';
import type { Random } from './ports/random.ts';
import type { UpstreamCredential } from './ports/upstream-credential.ts';
import { StatementCache } from './sql/parse.ts';
import { withSchemas } from './sql/schema-names.ts';
import { searchPath, startupParameters } from './sql/settings.ts';

/** One for the process. */
const longStatements = threadParser(systemClock, threadBeside(import.meta.url, 'parse-thread'));

interface PostgresParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly detectClasses: (text: string) => readonly PhiClass[];
  readonly derive: DeriveKey;
  /** Whether this subject has broken the glass of this connection. */
  readonly emergency: (subject: Party, connection: string) => boolean;
}

export function postgresConnections(
  loaded: LoadedConfig,
  rules: RulesInForce,
  parts: PostgresParts,
): ReadonlyMap<string, PostgresEntrance> {
  const routes = new Map<string, PostgresEntrance>();
  for (const [name, connection] of Object.entries(loaded.config.connections)) {
    if (connection.type !== 'postgres') continue;
    const classification = (): ClassificationConfig | undefined => rules.config.classification[name];
    const enforced = loaded.config.classification[name]?.posture === 'enforced';
    const inline = enforced ? null : targetOf(connection, loaded, classification, parts);
    routes.set(
      name,
      inline
        ? { routeFor: () => inline, targets: () => [inline.target] }
        : enforcedEntrance(name, connection, loaded, rules, parts),
    );
  }
  return routes;
}

/**
 * Goes the way of a statement once in each database, one after another, before anybody asks: the catalog is read, and what is
 * made when it is first used is there. Where it fails, it fails again for whoever asks, and is said then.
 */
export async function rehearse(targets: readonly PostgresTarget[]): Promise<void> {
  for (const target of targets) await target.rehearse();
}

/** Each unmask set has a role, and each role a target of its own: its catalog is another one. */
function enforcedEntrance(
  name: string,
  connection: PostgresConnection,
  loaded: LoadedConfig,
  rules: RulesInForce,
  parts: PostgresParts,
): PostgresEntrance {
  const routes = new Map<string, PostgresRoute>();
  const classification = (): ClassificationConfig | undefined => rules.config.classification[name];
  return {
    targets: () => [...routes.values()].map((each) => each.target),
    routeFor: (subject) => {
      // INVARIANT: the role is chosen by the policy in force when the session begins, and can show no more than it.
      const set = unmaskSetOf(rules.policy, subject, name, parts.emergency(subject, name));
      const role = setRole(name, set);
      const known = routes.get(role);
      if (known) return known;
      const login = { user: role, password: rolePassword(parts.derive, name, role) };
      const posture = set === 'all' ? undefined : postureOf(name, set, () => rules.config.masks);
      const made = targetOf(connection, loaded, classification, parts, { ...login, ...(posture ? { posture } : {}) });
      routes.set(role, made);
      return made;
    },
  };
}

function postureOf(
  connection: string,
  set: ClassSet,
  masks: () => MaskRules,
): PostureOfTarget & { readonly searchPath: string } {
  let names: ReadonlyMap<string, string> = new Map();
  return {
    searchPath: searchPath.map((schema) => identifier(viewSchema(connection, set, schema))).join(', '),
    seen: async (catalog, query) => {
      const seen = await enforcedCatalog(catalog, query, { connection, set, masks: masks() });
      if (!seen.ok) return seen;
      const schemas = new Set(seen.value.relations().flatMap((each) => (each.system ? [] : [each.schema])));
      names = new Map([...schemas].map((schema) => [schema, identifier(viewSchema(connection, set, schema))]));
      return seen;
    },
    problems: (query) => roleProblems(query, connection),
    outgoing: (text, statements) => withSchemas(text, statements, names),
  };
}

/** Whom the gate signs in as in the enforced posture. */
interface EnforcedLogin {
  readonly user: string;
  readonly password: string;
  /** Absent for who sees the tables themselves. */
  readonly posture?: PostureOfTarget & { readonly searchPath: string };
}

export function targetOf(
  connection: PostgresConnection,
  loaded: LoadedConfig,
  classification: () => ClassificationConfig | undefined,
  parts: Omit<PostgresParts, 'derive'>,
  login?: EnforcedLogin,
): PostgresRoute {
  const configured = upstreamOf(connection, loaded);
  const upstream = login ? { ...configured, user: login.user, password: login.password } : configured;
  const pinned = login?.posture ? { search_path: login.posture.searchPath } : {};
  const connect = async (...[startup, over]: [...Parameters<PostgresRoute['connect']>, over?: AbortSignal]) => {
    const connected = await connectUpstream(upstream, { ...startup, ...pinned }, { ...parts, over });
    if (connected.ok || !login || connected.error.code !== 'upstream_refused') return connected;
    return fail({ ...connected.error, next: 'The operator should run chartgate harden --verify, then --apply.' });
  };
  const target = new PostgresTarget({
    clock: parts.clock,
    connect: (over) => connect({ ...startupParameters, application_name: 'chartgate' }, over),
    classification,
    detectClasses: parts.detectClasses,
    statements: new StatementCache(2_000, (text) => longStatements.parse(text)),
    acceptPrivilegedLogin: connection.acceptPrivilegedLogin,
    ...(login?.posture ? { posture: login.posture } : {}),
  });
  return { target, connect };
}

export function upstreamOf(connection: PostgresConnection, { secret }: LoadedConfig): UpstreamTarget {
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

/** What sessions of these connections will need, loaded with the gate: what is read later may be of another version (ADR 0001). */
export async function loadFor(connections: LoadedConfig['config']['connections']): Promise<void> {
  if (Object.values(connections).some((each) => each.type === 'mcp' && each.transport === 'http')) await loadClient();
}

export interface McpConnections {
  /** `serial` where the server calls back through the gate, so that each of its statements has one tool call to belong to. */
  readonly connection: (name: string) => McpPlan | undefined;
  /** A server for this session alone, not yet started. */
  readonly startUpstream: (session: AuditedSession, caller: CallerToken) => Promise<Result<McpUpstream>>;
  close(): void;
}

/** `server`: the address of the MCP server that will use it; null = a process on this machine. */
export type IssueDsn = (
  session: AuditedSession,
  connection: string,
  server: string | null,
) => Promise<Result<{ readonly user: string; readonly dsn: string }>>;

export function mcpConnections(
  loaded: LoadedConfig,
  logger: Logger,
  issueDsn: IssueDsn,
  credentials: Credentials,
  keepStderr: (session: AuditedSession, text: string) => void,
  accounts: AccountDesk | null,
): McpConnections {
  const { connections } = loaded.config;
  const guard = createProcessGuard();
  const backOffs = new BackOffs(systemClock);
  const own = new Map<string, UpstreamCredential>();
  /** The gate's own tokens serve all sessions; one that stands for a caller serves that caller's session. */
  const credentialOf = (
    { connection: name, subject }: AuditedSession,
    { url, credential }: McpHttpConnection,
    caller: CallerToken,
  ): UpstreamCredential | null => {
    if (!credential) return null;
    if (credential.type === 'oauth-per-user') return accounts?.credentialOf(name, subject) ?? null;
    const { secret } = loaded;
    const made =
      own.get(name) ?? createCredential(credential, { clock: systemClock, url, secret, caller: () => caller.token });
    if (credential.type !== 'token-exchange') own.set(name, made);
    return made;
  };
  return {
    connection(name) {
      const connection = connections[name];
      if (connection?.type !== 'mcp') return undefined;
      const { binary, stepUp = null } = connection;
      return { serial: dsnsIn(connection).length > 0, binary, stepUp };
    },
    async startUpstream(session, caller) {
      const connection = connections[session.connection];
      if (connection?.type !== 'mcp') return refuse('unknown_connection', 'There is no such connection.');
      const dsns = new Map<string, string>();
      const users: string[] = [];
      for (const name of dsnsIn(connection)) {
        const issued = await issueDsn(session, name, connection.transport === 'stdio' ? null : connection.url);
        if (!issued.ok) return issued;
        dsns.set(name, issued.value.dsn);
        users.push(issued.value.user);
      }
      const dsn = (name: string): string => dsns.get(name) ?? '';
      const revoke = (): void => users.forEach((user) => credentials.remove(user));
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

const anyAddress: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/** What a client on this machine connects to. */
export function localHost(host: string): string {
  return anyAddress.has(host) ? '127.0.0.1' : host;
}

/** What a client elsewhere connects to, where the gate listens on every address. */
export function publicHost(host: string, publicUrl: string): string {
  return anyAddress.has(host) ? new URL(publicUrl).hostname : host;
}
