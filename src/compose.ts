// Which part talks to which: the doors, what they decide by, and the listeners in front of them. With serve.ts and
// connections.ts the composition root; a rule about requests has no business here.

import { readFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { getRequestListener } from '@hono/node-server';
import type { Logger } from 'pino';
import { listenLocally } from './adapters/admin-socket/listen.ts';
import { keysAtUrl, keysInFile } from './adapters/jwks/key-source.ts';
import { derivedKey } from './adapters/key-file/kek.ts';
import type { OpenedLog } from './adapters/log-files/open-log.ts';
import type { Metrics } from './adapters/metrics/metered-log.ts';
import { listenHttp } from './adapters/node-http/listener.ts';
import { listen } from './adapters/node-net/listener.ts';
import { createPresidio } from './adapters/presidio/recognizer.ts';
import type { OwnedSessionIndex } from './adapters/sqlite-store/projection.ts';
import type { Store } from './adapters/sqlite-store/store.ts';
import { systemClock as clock } from './adapters/system/clock.ts';
import { systemRandom as random } from './adapters/system/random.ts';
import { type AdminApi, createAdminApi } from './admin/api.ts';
import { approvalPage, pageHeaders } from './admin/approval-page.ts';
import type { TrustConfig } from './config/config.ts';
import type { LoadedConfig } from './config/resolve.ts';
import { type IssueDsn, mcpConnections, postgresConnections } from './connections.ts';
import { decide, mayBeHeld, mayEnter } from './core/decide.ts';
import type { Policy } from './core/decision.ts';
import { limits } from './core/limits.ts';
import type { PhiClass } from './core/phi.ts';
import { ok, type Result, refuse } from './core/result.ts';
import { type ApprovalDesk, createApprovalDesk } from './gateway/approval-desk.ts';
import { type EnforcementDeps, openSession } from './gateway/audited-session.ts';
import { type CredentialRequest, dsnOf, issueCredential } from './gateway/credential-desk.ts';
import type { AuditedSession } from './gateway/enforce.ts';
import { statusFor } from './gateway/mcp-approval-status.ts';
import { createMcpDoor, type McpDoor, mcpPrefix, resourceMetadataPrefix } from './gateway/mcp-door.ts';
import { PostgresDoor, type PostgresEntrance } from './gateway/postgres-door.ts';
import type { PostgresTarget } from './gateway/postgres-target.ts';
import { maskingWith } from './gateway/recognition.ts';
import { RulesInForce } from './gateway/rules-in-force.ts';
import { createToolDesk, type ToolDesk } from './gateway/tool-desk.ts';
import { type TrustedIssuer, verifyToken } from './identity/token.ts';
import { detect } from './masking/detect.ts';
import { maskJson } from './masking/json.ts';
import { compilePolicy } from './policy/compile.ts';
import { loadParser } from './sql/parse.ts';

/** What the state directory holds, open. */
export interface Foundation {
  readonly kek: Uint8Array;
  readonly store: Store;
  readonly index: OwnedSessionIndex;
  readonly log: OpenedLog['log'];
  readonly metrics: Metrics;
}

export interface Gate {
  /** Where it is reached, as a person reads it. */
  readonly addresses: readonly string[];
  /** The public key of its log. */
  readonly vkey: string;
  reload(loaded: LoadedConfig): Promise<void>;
}

type OnClose = (close: () => unknown) => void;

/** Refused: config_invalid, port_unavailable. What has been opened by then is handed to `onClose`. */
export async function openDoors(
  loaded: LoadedConfig,
  foundation: Foundation,
  logger: Logger,
  onClose: OnClose,
): Promise<Result<Gate>> {
  const kernel = await createKernel(loaded, foundation, logger);
  if (!kernel.ok) return kernel;
  const { rules, desk, log, routes, tls } = kernel.value;
  const { config } = loaded;
  const mcpDoor = openMcpDoor(kernel.value, logger, onClose);
  const postgres = await openPostgresDoor(kernel.value, mcpDoor, onClose);
  if (!postgres.ok) return postgres;
  const api = createApi(kernel.value);
  const http = await listenHttp({
    ...config.listen.http,
    tls,
    routes: [mcpPrefix, resourceMetadataPrefix].map((prefix) => ({
      prefix,
      handle: (exchange) => mcpDoor.handle(exchange),
    })),
    otherwise: operationsAnd(api, foundation),
  });
  if (!http.ok) return http;
  onClose(() => http.value.close(2_000));
  const socket = await listenLocally(join(config.state, 'admin.sock'), (request) =>
    api.fetch(request, { local: true }),
  );
  if (socket.ok) onClose(() => socket.value.close());
  else logger.warn(socket.error.text);
  await recordConfiguration(kernel.value, logger);
  onClose(() => {
    for (const target of targetsOf(routes)) target.close();
  });
  onClose(
    every(60_000, async () => {
      await desk.expireOverdue();
      foundation.store.credentials.removeExpired(clock.now() - limits.credentialMs);
    }),
  );
  return ok({
    addresses: [`HTTP on ${config.listen.http.host}:${http.value.port}`, ...postgres.value],
    vkey: log.vkey,
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

/** What every door decides, records and masks by. */
interface Kernel {
  readonly loaded: LoadedConfig;
  readonly foundation: Foundation;
  readonly log: Foundation['log'];
  readonly rules: RulesInForce;
  readonly desk: ApprovalDesk;
  readonly tools: ToolDesk;
  readonly enforcement: EnforcementDeps;
  readonly routes: ReadonlyMap<string, PostgresEntrance>;
  readonly tls: { readonly cert: string; readonly key: string } | null;
  readonly authenticate: (token: string) => ReturnType<typeof verifyToken>;
  readonly issue: (request: CredentialRequest) => ReturnType<typeof issueCredential>;
  /** Where the PostgreSQL door listens; known once it does. */
  readonly postgresAt: { host: string; port: number };
  readonly onBug: (error: unknown) => void;
}

async function createKernel(loaded: LoadedConfig, foundation: Foundation, logger: Logger): Promise<Result<Kernel>> {
  const { config } = loaded;
  const { kek, store, log } = foundation;
  const compiled = compilePolicy(config.policy);
  if (!compiled.ok) return refuse('config_invalid', 'The policy does not compile.');
  const trusted = await trustedIssuers(config.identity.trust);
  if (!trusted.ok) return trusted;
  await loadParser();
  const rules = new RulesInForce(config, compiled.value, derivedKey(kek, 'mask key'), clock);
  const desk = createApprovalDesk({ clock, random, log, store: store.approvals });
  const tools = createToolDesk({ clock, log, store: store.toolPins, reviewersOf: (name) => rules.reviewersOf(name) });
  const policy = (): Policy => rules.policy;
  const typeOf = (name: string): string | undefined => config.connections[name]?.type;
  const credentialDesk = { clock, random, log, credentials: store.credentials, policy, typeOf };
  return ok({
    loaded,
    foundation,
    log,
    rules,
    desk,
    tools,
    enforcement: { clock, random, log, desk, policy, publicUrl: config.publicUrl },
    routes: postgresConnections(loaded, rules, {
      clock,
      random,
      detectClasses: (text) => detectClasses(text, rules),
      derive: (purpose) => derivedKey(kek, purpose),
    }),
    tls: config.tls && {
      cert: await readFile(config.tls.certFile, 'utf8'),
      key: await readFile(config.tls.keyFile, 'utf8'),
    },
    authenticate: (token) => verifyToken(token, trusted.value, clock.now()),
    issue: (request) => issueCredential(credentialDesk, request),
    postgresAt: { host: config.listen.postgres?.host ?? '', port: 0 },
    onBug: (error) => logger.error({ err: error }, 'a broken assertion closed a session'),
  });
}

function targetsOf(routes: Kernel['routes']): PostgresTarget[] {
  return [...routes.values()].flatMap((each) => [...each.targets()]);
}

/** What is in force, by name, and every override of a refusal: named to the operator, and in the log. */
async function recordConfiguration({ log, rules }: Kernel, logger: Logger): Promise<void> {
  const { connections } = rules.config;
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
  const { loaded, foundation, rules, enforcement, routes, tls, authenticate, postgresAt, onBug } = kernel;
  const { config } = loaded;
  const address = config.listen.postgres;
  if (!address) return ok([]);
  const door = new PostgresDoor({
    ...enforcement,
    routes,
    isOtherDoor: (name) => config.connections[name] !== undefined,
    credentials: foundation.store.credentials,
    mockSecret: derivedKey(foundation.kek, 'unknown users'),
    authenticate,
    viewOf: (decision) => rules.viewOf(decision),
    activeRequest: (session) => mcpDoor.activeRequest(session),
    onBug,
    idleMs: config.identity.idleMs,
    absoluteMs: config.identity.absoluteMs,
  });
  const listener = await listen({ ...address, tls, clock, onStream: (stream) => void door.serve(stream) });
  if (!listener.ok) return listener;
  postgresAt.port = listener.value.port;
  onClose(async () => {
    const closed = listener.value.close();
    await door.close({ code: 'shutting_down', text: 'The gate is shutting down.' });
    listener.value.destroyAll();
    await closed;
  });
  return ok([`PostgreSQL on ${address.host}:${postgresAt.port}`]);
}

function openMcpDoor(kernel: Kernel, logger: Logger, onClose: OnClose): McpDoor {
  const { loaded, foundation, rules, desk, tools, enforcement, authenticate, issue, postgresAt } = kernel;
  const { identity, publicUrl } = loaded.config;
  const { idleMs, absoluteMs } = identity;
  // The server runs on this machine: it comes in over loopback, by SCRAM.
  const issueDsn: IssueDsn = async ({ subject, id }, connection) => {
    const issued = await issue({ subject, connection, ttlMs: null, mcpSession: { id, absoluteMs } });
    if (!issued.ok) return issued;
    const at = { host: localHost(postgresAt.host), port: postgresAt.port, tls: false };
    return ok({ user: issued.value.user, dsn: dsnOf(issued.value, at, connection) });
  };
  const keepStderr = ({ id: session, connection }: AuditedSession, said: string): void => {
    const text = maskJson(said, rules.viewOf({ obligations: { unmask: [], filter: [], rowsMax: null } }));
    const bytes = Buffer.from(JSON.stringify({ text }));
    const record = { type: 'server.stderr', session, connection, data: { characters: said.length } } as const;
    // A log that is closed closes the session by itself.
    foundation.log.append(record, { media: 'application/json', bytes }, true).catch(() => {});
  };
  const mcp = mcpConnections(loaded, logger, issueDsn, foundation.store.credentials, keepStderr);
  onClose(() => mcp.close());
  const door = createMcpDoor({
    clock,
    random,
    publicUrl,
    issuers: [...new Set(identity.trust.map((each) => each.issuer))],
    idleMs,
    absoluteMs,
    connection: mcp.connection,
    authenticate,
    mayEnter: (subject, connection) => mayEnter(rules.policy, subject, connection),
    openSession: (opening) => openSession(enforcement, { ...opening, door: 'mcp', method: 'jwt' }),
    startUpstream: mcp.startUpstream,
    preview: (facts) => decide(facts, rules.policy),
    detectClasses: (text) => detectClasses(text, rules),
    maskFor: maskingWith({
      viewOf: (decision) => rules.viewOf(decision),
      recognizer: () => rules.config.detectors.presidio && createPresidio(rules.config.detectors.presidio),
      onFailure: (text) => logger.warn({ error: text }, 'a recognizer failed, so sentences were masked as notes'),
    }),
    tools,
    approvals: {
      offered: (subject, connection) => mayBeHeld(rules.policy, subject, connection),
      settled: (id, signal) => desk.settled(id, approvalWatchMs, signal),
      status: (subject, id) => statusFor(foundation.store.approvals.get(id), subject, clock.now()),
    },
  });
  onClose(() => door.closeAll('shutting_down'));
  return door;
}

function createApi(kernel: Kernel): AdminApi {
  const { loaded, foundation, log, rules, desk, tools, tls, authenticate, issue, postgresAt, onBug } = kernel;
  const { publicUrl } = loaded.config;
  return createAdminApi({
    clock,
    approvals: foundation.store.approvals,
    log,
    reader: log.reader,
    index: foundation.index,
    publicUrl,
    readers: () => rules.readers,
    authenticate,
    verdict: (id, by, effect, reason) => desk.verdict(id, by, effect, reason),
    tools,
    toolReviewersOf: (connection) => rules.reviewersOf(connection),
    issueCredential: async (subject, connection, ttlMs) => {
      if (postgresAt.port === 0) return refuse('wrong_door', 'This gate has no PostgreSQL door.');
      const issued = await issue({ subject, connection, ttlMs });
      if (!issued.ok) return issued;
      const { user, password, expiresMs } = issued.value;
      const at = { host: publicHost(postgresAt.host, publicUrl), port: postgresAt.port, tls: tls !== null };
      return ok({
        user,
        password,
        dsn: dsnOf(issued.value, at, connection),
        expires: new Date(expiresMs).toISOString(),
      });
    },
    connectionsFor: (subject) => rules.connectionsFor(subject),
    onError: onBug,
  });
}

/** A client that was sent to a page for an approval is told of the decision for so long. */
const approvalWatchMs = 86_400_000;

/** `/healthz`, `/readyz`, `/metrics`; whatever else no door wants is the admin API's. */
function operationsAnd(api: AdminApi, { log, metrics }: Foundation): RequestListener {
  const toApi = getRequestListener((request) => api.fetch(request, { local: false }));
  return (request, response) => {
    switch (request.url ?? '') {
      case '/healthz':
        return void response.end('alive\n');
      case '/readyz':
        return void response
          .writeHead(log.open ? 200 : 503)
          .end(log.open ? 'ready\n' : 'the audit log cannot be written\n');
      case '/metrics':
        return void metrics
          .text()
          .then((text) => response.writeHead(200, { 'content-type': metrics.contentType }).end(text));
      default: {
        const page = request.method === 'GET' ? approvalPage(request.url ?? '') : null;
        return page === null ? void toApi(request, response) : void response.writeHead(200, pageHeaders).end(page);
      }
    }
  };
}

async function trustedIssuers(trust: readonly TrustConfig[]): Promise<Result<TrustedIssuer[]>> {
  const trusted: TrustedIssuer[] = [];
  for (const { issuer, audience, groupsClaim, kind, jwks } of trust) {
    try {
      const resolve = 'file' in jwks ? await keysInFile(jwks.file) : keysAtUrl(jwks.url);
      trusted.push({ issuer, audience, groupsClaim, kind, resolve });
    } catch {
      return refuse('config_invalid', `The key set of ${issuer} is not a JWKS (RFC 7517).`);
    }
  }
  return ok(trusted);
}

/** A longer text is looked at so far, and counts as a note for the rest. */
const detectedCharactersMax = 1_000_000;

function detectClasses(text: string, { ownDetectors }: RulesInForce): PhiClass[] {
  const found = detect(text.slice(0, detectedCharactersMax), false, ownDetectors).map((span) => span.type);
  return [...new Set<PhiClass>(text.length > detectedCharactersMax ? [...found, 'note'] : found)];
}

const anyAddress: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

function localHost(host: string): string {
  return anyAddress.has(host) ? '127.0.0.1' : host;
}

/** What a client elsewhere connects to, where the gate listens on every address. */
function publicHost(host: string, publicUrl: string): string {
  return anyAddress.has(host) ? new URL(publicUrl).hostname : host;
}

function every(ms: number, work: () => Promise<void>): () => void {
  const timer = setInterval(() => void work().catch(() => {}), ms);
  timer.unref();
  return () => clearInterval(timer);
}
