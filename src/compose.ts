// Which part talks to which: the doors, what they decide by, and the listeners in front of them. Part of the composition
// root; a rule about requests has no business here.

import { join } from 'node:path';
import type { Logger } from 'pino';
import { listenLocally } from './adapters/admin-socket/listen.ts';
import { derivedKey } from './adapters/key-file/kek.ts';
import { keepPolicy } from './adapters/log-files/kept-policies.ts';
import { listenHttp } from './adapters/node-http/listener.ts';
import { listen } from './adapters/node-net/listener.ts';
import { systemClock as clock, every } from './adapters/system/clock.ts';
import { type ShownCertificate, showCertificate } from './compose-certificate.ts';
import { startExports } from './compose-exports.ts';
import { accountsOf, openMcpDoor } from './compose-mcp.ts';
import { later, operationsAnd, signInAnd } from './compose-operations.ts';
import { keepRounds } from './compose-retention.ts';
import { reload } from './config/reload.ts';
import type { LoadedConfig } from './config/resolve.ts';
import { errors } from './core/errors.ts';
import { limits } from './core/limits.ts';
import { ok, type Result } from './core/result.ts';
import type { Foundation } from './foundation.ts';
import { DoorRefusals } from './gateway/door-refusals.ts';
import type { McpDoor } from './gateway/mcp-door.ts';
import { mcpPrefix } from './gateway/mcp-entrance.ts';
import { resourceMetadataPrefix } from './gateway/mcp-http-refusal.ts';
import { PostgresDoor } from './gateway/postgres-door.ts';
import type { PostgresTarget } from './gateway/postgres-target.ts';
import { signInPrefix } from './gateway/sign-in-door.ts';
import { scopeOf } from './identity/audience.ts';
import { createKernel, type Kernel } from './kernel.ts';
import { loadFor } from './mcp-connections.ts';
import { compilePolicy, policyText } from './policy/compile.ts';
import { runPolicyTests } from './policy/test-cases.ts';
import type { HttpExchange } from './ports/http-exchange.ts';
import { rehearse } from './postgres-connections.ts';

export interface Gate {
  /** Where it is reached, as a person reads it. */
  readonly addresses: readonly string[];
  /** The public key of its log. */
  readonly vkey: string;
  /** Resolves when a part that is loaded once the doors are open cannot be: then the gate is not whole, and has to end. */
  readonly failed: Promise<unknown>;
  /** Resolves when the log can be written no more: then nothing is let through. */
  readonly logFailed: Promise<void>;
  reload(loaded: LoadedConfig): Promise<void>;
}

type OnClose = (close: () => unknown) => void;

/** By then the first have been answered that came through a door as soon as it was open. */
const frontMs = 1_000;
const sweepMs = 60_000;

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
  const logFailed = new Promise<void>((resolve) => {
    log.onFailure(() => resolve());
    if (!log.open) resolve();
  });
  const { config } = loaded;
  onClose(() => {
    for (const target of targetsOf(routes)) target.close();
  });
  void rehearse(targetsOf(routes)).catch(kernel.value.onBug);
  void loadFor(config.connections).catch(kernel.value.onBug);
  const accounts = await accountsOf(kernel.value, logger);
  const mcpDoor = openMcpDoor(kernel.value, accounts, logger, onClose);
  signOuts.doors.push({ end: (which) => mcpDoor.closeWhere(which, 'signed_out') });
  const certificate = showCertificate(kernel.value, logger);
  const postgres = await openPostgresDoor(kernel.value, mcpDoor, certificate, onClose);
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
  certificate.doors.push((pem) => http.value.useCertificate(pem));
  const socket = await listenLocally(join(config.state, 'admin.sock'), front.listener('local'));
  if (socket.ok) onClose(() => socket.value.close());
  else logger.warn(socket.error.text);
  await recordConfiguration(kernel.value, logger);
  onClose(kernel.value.decisions.keepTime());
  let before = loaded;
  const exports = startExports(loaded, foundation, logger);
  if (!exports.ok) return exports;
  onClose(exports.value);
  onClose(keepRounds(kernel.value.retention, logger));
  onClose(every(sweepMs, () => void removeExpired(kernel.value).catch(() => {})));
  onClose(clock.after(frontMs, front.load));
  return ok({
    addresses: [`HTTP on ${config.listen.http.host}:${http.value.port}`, ...postgres.value],
    vkey: log.vkey,
    failed: front.failed,
    logFailed,
    reload: async (next) => {
      const compiled = compilePolicy(next.config.policy);
      if (!compiled.ok || !certificate.renew(next.config.tls)) return;
      const { config: inForce, changed, restart } = reload(loaded, before, next);
      before = next;
      rules.replace(inForce, compiled.value);
      for (const target of targetsOf(routes)) target.invalidate();
      await recordConfiguration(kernel.value, logger);
      const what = changed.length > 0 ? 'what has changed is in force' : 'nothing has changed that is in force at once';
      logger.info({ policy: compiled.value.digest, changed }, `the configuration was read again: ${what}`);
      if (restart.length > 0)
        logger.warn({ restart }, 'these parts of the configuration are not in force before the gate is restarted');
    },
  });
}

/** What nobody can use any more; what could not be removed is removed the next time. */
async function removeExpired({ foundation: { store }, people }: Kernel): Promise<void> {
  store.credentials.removeExpired(clock.now() - limits.credentialMs);
  store.records.removeExpired(clock.now());
  await people?.sweep();
}

function targetsOf(routes: Kernel['routes']): PostgresTarget[] {
  return [...routes.values()].flatMap((each) => [...each.targets()]);
}

/** What is in force, by name, and every override of a refusal: named to the operator, and in the log. Told besides: tests that fail. */
async function recordConfiguration({ log, rules, loaded }: Kernel, logger: Logger): Promise<void> {
  const { connections } = rules.config;
  await keepPolicy(loaded.config.state, policyText(rules.config.policy)).catch((error: unknown) => {
    logger.error({ err: error }, 'the text of the policy could not be kept: evidence will name it by its digest alone');
  });
  const failed = runPolicyTests(rules.policy, rules.config.policy, connections).flatMap(({ name, passed }) =>
    passed ? [] : [name],
  );
  if (failed.length > 0) logger.warn({ failed }, 'the policy in force does not do what its tests say: chartgate check');
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

async function openPostgresDoor(
  kernel: Kernel,
  mcpDoor: McpDoor,
  certificate: ShownCertificate,
  onClose: OnClose,
): Promise<Result<string[]>> {
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
  certificate.doors.push((pem) => listener.value.useCertificate(pem));
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
