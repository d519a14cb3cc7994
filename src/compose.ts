// Which part talks to which: the doors, what they decide by, and the listeners in front of them. With serve.ts and
// connections.ts the composition root; a rule about requests has no business here.

import { join } from 'node:path';
import type { Logger } from 'pino';
import { listenLocally } from './adapters/admin-socket/listen.ts';
import { derivedKey } from './adapters/key-file/kek.ts';
import { keepPolicy } from './adapters/log-files/kept-policies.ts';
import { listenHttp } from './adapters/node-http/listener.ts';
import { listen } from './adapters/node-net/listener.ts';
import { systemClock as clock } from './adapters/system/clock.ts';
import { systemRandom as random } from './adapters/system/random.ts';
import { startExports } from './compose-exports.ts';
import { answerMasking } from './compose-masking.ts';
import { later, operationsAnd, signInAnd } from './compose-operations.ts';
import { recognizersOf } from './compose-recognizers.ts';
import { keepRounds } from './compose-retention.ts';
import type { LoadedConfig } from './config/resolve.ts';
import { type IssueDsn, loadFor, localHost, mcpConnections, publicHost, rehearse } from './connections.ts';
import { decide, mayBeHeld, mayEnter } from './core/decide.ts';
import { errors } from './core/errors.ts';
import { limits } from './core/limits.ts';
import { isLoopback } from './core/loopback.ts';
import { ok, type Result } from './core/result.ts';
import type { Foundation } from './foundation.ts';
import { type AccountDesk, wantsAccounts } from './gateway/account-desk.ts';
import { openSession } from './gateway/audited-session.ts';
import { dsnOf } from './gateway/credential-desk.ts';
import { detectClasses } from './gateway/detected-classes.ts';
import { DoorRefusals } from './gateway/door-refusals.ts';
import type { AuditedSession } from './gateway/enforce.ts';
import { statusFor } from './gateway/mcp-approval-status.ts';
import { createMcpDoor, type McpDoor } from './gateway/mcp-door.ts';
import { mcpPrefix } from './gateway/mcp-entrance.ts';
import { resourceMetadataPrefix } from './gateway/mcp-http-refusal.ts';
import { PostgresDoor } from './gateway/postgres-door.ts';
import type { PostgresTarget } from './gateway/postgres-target.ts';
import { flowingWith, type Recognition } from './gateway/recognition.ts';
import { signInPrefix } from './gateway/sign-in-door.ts';
import { scopeOf } from './identity/audience.ts';
import { createKernel, type Kernel } from './kernel.ts';
import { maskJson } from './masking/json.ts';
import { compilePolicy, policyText } from './policy/compile.ts';
import type { HttpExchange } from './ports/http-exchange.ts';

export interface Gate {
  /** Where it is reached, as a person reads it. */
  readonly addresses: readonly string[];
  /** The public key of its log. */
  readonly vkey: string;
  /** Resolves when a part that is loaded once the doors are open cannot be: then the gate is not whole, and has to end. */
  readonly failed: Promise<unknown>;
  reload(loaded: LoadedConfig): Promise<void>;
}

type OnClose = (close: () => unknown) => void;

/** By then the first have been answered that came through a door as soon as it was open. */
const frontMs = 1_000;

/** Refused: config_invalid, port_unavailable. What has been opened by then is handed to `onClose`. */
export async function openDoors(
  loaded: LoadedConfig,
  foundation: Foundation,
  logger: Logger,
  onClose: OnClose,
): Promise<Result<Gate>> {
  const kernel = await createKernel(loaded, foundation, logger);
  if (!kernel.ok) return kernel;
  const { rules, log, routes, tls, people, signOuts } = kernel.value;
  const { config } = loaded;
  onClose(() => {
    for (const target of targetsOf(routes)) target.close();
  });
  void rehearse(targetsOf(routes)).catch(kernel.value.onBug);
  void loadFor(config.connections).catch(kernel.value.onBug);
  const accounts = await accountsOf(kernel.value, logger);
  const mcpDoor = openMcpDoor(kernel.value, accounts, logger, onClose);
  signOuts.doors.push({ end: (which) => mcpDoor.closeWhere(which, 'signed_out') });
  const postgres = await openPostgresDoor(kernel.value, mcpDoor, onClose);
  if (!postgres.ok) return postgres;
  const front = later(async () => (await import('./compose-front.ts')).openFront(kernel.value, accounts));
  const http = await listenHttp({
    ...config.listen.http,
    tls,
    routes: [
      ...[mcpPrefix, resourceMetadataPrefix].map((prefix) => ({
        prefix,
        handle: (exchange: HttpExchange) => mcpDoor.handle(exchange),
      })),
      ...(people ? [{ prefix: signInPrefix, handle: (exchange: HttpExchange) => people.door.handle(exchange) }] : []),
    ],
    otherwise: signInAnd(people, operationsAnd(front.listener('outside'), foundation)),
  });
  if (!http.ok) return http;
  onClose(() => http.value.close(2_000));
  const socket = await listenLocally(join(config.state, 'admin.sock'), front.listener('local'));
  if (socket.ok) onClose(() => socket.value.close());
  else logger.warn(socket.error.text);
  await recordConfiguration(kernel.value, logger);
  onClose(kernel.value.decisions.keepTime());
  const exports = startExports(loaded, foundation, logger);
  if (!exports.ok) return exports;
  onClose(exports.value);
  onClose(keepRounds(kernel.value.retention, logger));
  onClose(
    every(60_000, async () => {
      foundation.store.credentials.removeExpired(clock.now() - limits.credentialMs);
      foundation.store.records.removeExpired(clock.now());
      await people?.sweep();
    }),
  );
  onClose(clock.after(frontMs, front.load));
  return ok({
    addresses: [`HTTP on ${config.listen.http.host}:${http.value.port}`, ...postgres.value],
    vkey: log.vkey,
    failed: front.failed,
    reload: async (next) => {
      const compiled = compilePolicy(next.config.policy);
      if (!compiled.ok) return;
      rules.replace(next.config, compiled.value);
      for (const target of targetsOf(routes)) target.invalidate();
      await recordConfiguration(kernel.value, logger);
      logger.info(
        { policy: compiled.value.digest },
        'policy, masks, detectors, classification and readers reloaded; anything else needs a restart',
      );
    },
  });
}

function targetsOf(routes: Kernel['routes']): PostgresTarget[] {
  return [...routes.values()].flatMap((each) => [...each.targets()]);
}

/** What is in force, by name, and every override of a refusal: named to the operator, and in the log. */
async function recordConfiguration({ log, rules, loaded }: Kernel, logger: Logger): Promise<void> {
  const { connections } = rules.config;
  await keepPolicy(loaded.config.state, policyText(rules.config.policy)).catch((error: unknown) => {
    logger.error({ err: error }, 'the text of the policy could not be kept: evidence will name it by its digest alone');
  });
  const privileged = Object.entries(connections).flatMap(([name, each]) =>
    each.type === 'postgres' && each.acceptPrivilegedLogin ? [name] : [],
  );
  for (const name of privileged) {
    logger.warn(
      `connection ${name}: accept_privileged_login lets a login be masked behind that could undo the masking`,
    );
  }
  await Promise.all([
    log.append({
      type: 'config.changed',
      data: { connections: Object.keys(connections), accept_privileged_login: privileged },
    }),
    log.append({ type: 'policy.changed', data: { policy: rules.policy.digest } }),
  ]);
}

async function openPostgresDoor(kernel: Kernel, mcpDoor: McpDoor, onClose: OnClose): Promise<Result<string[]>> {
  const { loaded, foundation, rules, enforcement, routes, tls, authenticate, people, postgresAt, onBug } = kernel;
  const { config } = loaded;
  const address = config.listen.postgres;
  if (!address) return ok([]);
  const door = new PostgresDoor({
    ...enforcement,
    routes,
    isOtherDoor: (name) => config.connections[name] !== undefined,
    credentials: foundation.store.credentials,
    mockSecret: derivedKey(foundation.kek, 'unknown users'),
    authenticate: (token, connection) => authenticate(token, { kind: 'postgres', connection }),
    isSignedOut: kernel.isSignedOut,
    refusals: new DoorRefusals(clock, foundation.log, 'postgres'),
    discovery: (connection) =>
      people && {
        metadata: `${config.publicUrl}/.well-known/openid-configuration`,
        scope: `${people.scope} ${scopeOf(connection)}`,
      },
    viewOf: (decision) => rules.viewOf(decision),
    activeRequest: (session) => mcpDoor.activeRequest(session),
    subjectOf: (session) => mcpDoor.subjectOf(session),
    onBug,
    idleMs: config.identity.idleMs,
    absoluteMs: config.identity.absoluteMs,
  });
  const listener = await listen({ ...address, tls, clock, onStream: (stream) => void door.serve(stream) });
  if (!listener.ok) return listener;
  kernel.signOuts.doors.push({
    end: (which) => door.closeWhere(which, { code: 'signed_out', text: errors.signed_out.text }),
  });
  postgresAt.port = listener.value.port;
  onClose(async () => {
    const closed = listener.value.close();
    await door.close({ code: 'shutting_down', text: 'The gate is shutting down.' });
    listener.value.destroyAll();
    await closed;
  });
  return ok([`PostgreSQL on ${address.host}:${postgresAt.port}`]);
}

function openMcpDoor(kernel: Kernel, accounts: AccountDesk | null, logger: Logger, onClose: OnClose): McpDoor {
  const { loaded, foundation, rules, desk, tools, enforcement, emergency, authenticate, issue, postgresAt } = kernel;
  const { identity, publicUrl, tls } = loaded.config;
  const { idleMs, absoluteMs } = identity;
  // A server on this machine comes in over loopback, by SCRAM; another one as people do.
  const issueDsn: IssueDsn = async ({ subject, id }, connection, server) => {
    const issued = await issue({ subject, connection, ttlMs: null, mcpSession: { id, absoluteMs } });
    if (!issued.ok) return issued;
    const isNear = server === null || isLoopback(new URL(server).hostname);
    const { host, port } = postgresAt;
    const at = isNear
      ? { host: localHost(host), port, tls: false }
      : { host: publicHost(host, publicUrl), port, tls: tls !== null };
    return ok({ user: issued.value.user, dsn: dsnOf(issued.value, at, connection) });
  };
  const keepStderr = ({ id: session, connection }: AuditedSession, said: string): void => {
    const text = maskJson(said, rules.viewOf({ obligations: { unmask: [], filter: [], rowsMax: null } }));
    const bytes = Buffer.from(JSON.stringify({ text }));
    const record = { type: 'server.stderr', session, connection, data: { characters: said.length } } as const;
    // A log that is closed closes the session by itself.
    foundation.log.append(record, { media: 'application/json', bytes }, true).catch(() => {});
  };
  const mcp = mcpConnections(loaded, logger, issueDsn, foundation.store.credentials, keepStderr, accounts);
  onClose(() => mcp.close());
  const recognition: Recognition = {
    viewOf: (decision) => rules.viewOf(decision),
    recognizers: recognizersOf(() => rules.config.detectors, onClose),
    onFailure: (text) => logger.warn({ error: text }, 'a recognizer failed, so sentences were masked as notes'),
  };
  const door = createMcpDoor({
    clock,
    random,
    publicUrl,
    issuers: kernel.people
      ? [publicUrl]
      : [...new Set(identity.trust.flatMap((each) => (each.atDoors ? [each.issuer] : [])))],
    scope: kernel.people?.scope ?? null,
    idleMs,
    absoluteMs,
    connection: mcp.connection,
    authenticate: (token, connection) => authenticate(token, { kind: 'mcp', connection }),
    mayEnter: (subject, connection) => mayEnter(rules.policy, subject, connection),
    isSignedOut: kernel.isSignedOut,
    openSession: (opening) => openSession(enforcement, { ...opening, door: 'mcp', method: 'jwt' }),
    startUpstream: mcp.startUpstream,
    refusals: new DoorRefusals(clock, foundation.log, 'mcp'),
    stateKey: derivedKey(foundation.kek, 'mcp request state'),
    preview: (facts) => {
      const open = emergency(facts.subject, facts.connection.name);
      return decide(open === undefined ? facts : { ...facts, emergency: open }, rules.policy);
    },
    detectClasses: (text) => detectClasses(text, rules.ownDetectors),
    patientPlaces: (name) => rules.config.classification[name]?.patient ?? null,
    maskFor: answerMasking(recognition, rules, onClose),
    flowFor: flowingWith(recognition),
    tools,
    accounts,
    approvals: {
      offered: (subject, connection) => mayBeHeld(rules.policy, subject, connection),
      settled: (id, signal) => desk.settled(id, approvalWatchMs, signal),
      status: (subject, id) => statusFor(foundation.store.approvals.get(id), subject, clock.now()),
    },
  });
  onClose(() => door.closeAll('shutting_down'));
  return door;
}

/** Null where no connection wants an account of each person: then what that takes is not loaded. */
async function accountsOf({ loaded, foundation, signOuts }: Kernel, logger: Logger): Promise<AccountDesk | null> {
  if (!wantsAccounts(loaded.config)) return null;
  const { openAccounts } = await import('./compose-accounts.ts');
  const desk = openAccounts(loaded, foundation, logger);
  signOuts.belongings.push((id, issuer) => desk.removeAll(id, issuer));
  return desk;
}

/** A client that was sent to a page for an approval is told of the decision for so long. */
const approvalWatchMs = 86_400_000;

function every(ms: number, work: () => Promise<void>): () => void {
  const timer = setInterval(() => void work().catch(() => {}), ms);
  timer.unref();
  return () => clearInterval(timer);
}
