// The PostgreSQL connections of a configuration, put to work: each with its target, one a role where the database masks.
// Part of the composition root.

import { readFileSync } from 'node:fs';
import { connectUpstream } from './adapters/node-net/upstream.ts';
import { systemClock } from './adapters/system/clock.ts';
import { threadParser } from './adapters/work-thread/statement-parser.ts';
import { threadBeside } from './adapters/work-thread/work-thread.ts';
import type { ClassificationConfig, PostgresConnection } from './config/config.ts';
import type { LoadedConfig } from './config/resolve.ts';
import type { Party } from './core/facts.ts';
import type { ClassSet, PhiClass } from './core/phi.ts';
import { fail, type Refusal } from './core/result.ts';
import type { PostgresEntrance, PostgresRoute } from './gateway/postgres-door.ts';
import { PostgresTarget, type PostureOfTarget } from './gateway/postgres-target.ts';
import { enforcedCatalog } from './gateway/posture-catalog.ts';
import { type DeriveKey, rolePassword, setRole, viewSchema } from './gateway/posture-names.ts';
import { roleProblems } from './gateway/posture-verify.ts';
import type { RulesInForce } from './gateway/rules-in-force.ts';
import { identifier } from './gateway/sql-text.ts';
import type { MaskRules } from './masking/mask.ts';
import { unmaskSetOf } from './policy/unmask-sets.ts';
import type { Clock } from './ports/clock.ts';
import type { UpstreamTarget } from './ports/postgres-upstream.ts';
import type { Random } from './ports/random.ts';
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
  /** Told at each attempt to reach the database of a connection why it failed, or null. */
  readonly onReach?: OnReach;
}

type OnReach = (connection: string, failure: Refusal | null) => void;

/** One connection, as it is configured. */
export interface ConfiguredDatabase {
  readonly name: string;
  readonly connection: PostgresConnection;
  readonly loaded: LoadedConfig;
  /** The one in force. */
  readonly classification: () => ClassificationConfig | undefined;
}

export function postgresConnections(
  loaded: LoadedConfig,
  rules: RulesInForce,
  parts: PostgresParts,
): ReadonlyMap<string, PostgresEntrance> {
  const routes = new Map<string, PostgresEntrance>();
  for (const [name, connection] of Object.entries(loaded.config.connections)) {
    if (connection.type !== 'postgres') continue;
    const database = { name, connection, loaded, classification: () => rules.config.classification[name] };
    const enforced = loaded.config.classification[name]?.posture === 'enforced';
    routes.set(name, enforced ? enforcedEntrance(database, rules, parts) : inlineEntrance(database, parts));
  }
  return routes;
}

/** Tells of a failure once, and once more when the database is reached again. */
export function onChangeOfReach(tell: OnReach): OnReach {
  const away = new Set<string>();
  return (connection, failure) => {
    if ((failure !== null) === away.has(connection)) return;
    if (failure) away.add(connection);
    else away.delete(connection);
    tell(connection, failure);
  };
}

/**
 * Goes the way of a statement once in each database, one after another, before anybody asks: the catalog is read, and what is
 * made when it is first used is there. Where it fails, it fails again for whoever asks, and is said then.
 */
export async function rehearse(targets: readonly PostgresTarget[]): Promise<void> {
  for (const target of targets) await target.rehearse();
}

function inlineEntrance(database: ConfiguredDatabase, parts: PostgresParts): PostgresEntrance {
  const route = targetOf(database, parts);
  return { routeFor: () => route, targets: () => [route.target] };
}

/** Each unmask set has a role, and each role a target of its own: its catalog is another one. */
function enforcedEntrance(database: ConfiguredDatabase, rules: RulesInForce, parts: PostgresParts): PostgresEntrance {
  const { name } = database;
  const routes = new Map<string, PostgresRoute>();
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
      const made = targetOf(database, parts, posture ? { ...login, posture } : login);
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
  { name, connection, loaded, classification }: ConfiguredDatabase,
  parts: Omit<PostgresParts, 'derive'>,
  login?: EnforcedLogin,
): PostgresRoute {
  const configured = upstreamOf(connection, loaded);
  const upstream = login ? { ...configured, user: login.user, password: login.password } : configured;
  const pinned = login?.posture ? { search_path: login.posture.searchPath } : {};
  const connect = async (...[startup, over]: [...Parameters<PostgresRoute['connect']>, over?: AbortSignal]) => {
    const connected = await connectUpstream(upstream, { ...startup, ...pinned }, { ...parts, over });
    if (!over?.aborted) parts.onReach?.(name, connected.ok ? null : connected.error);
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
