// The MCP door, put together: what it decides and masks by, the servers behind it, the accounts people have there. Part of the
// composition root.

import type { Logger } from 'pino';
import { derivedKey } from './adapters/key-file/kek.ts';
import { systemClock as clock } from './adapters/system/clock.ts';
import { systemRandom as random } from './adapters/system/random.ts';
import { answerMasking } from './compose-masking.ts';
import { recognizersOf } from './compose-recognizers.ts';
import { decide, mayBeHeld, mayEnter } from './core/decide.ts';
import { isLoopback } from './core/loopback.ts';
import { jsonPayload } from './core/record.ts';
import { ok } from './core/result.ts';
import { type AccountDesk, wantsAccounts } from './gateway/account-desk.ts';
import { openSession } from './gateway/audited-session.ts';
import { dsnOf, farAddress, nearAddress } from './gateway/credential-desk.ts';
import { detectClasses } from './gateway/detected-classes.ts';
import { DoorRefusals } from './gateway/door-refusals.ts';
import { statusFor } from './gateway/mcp-approval-status.ts';
import { createMcpDoor, type McpDoor } from './gateway/mcp-door.ts';
import { flowingWith, type Recognition } from './gateway/recognition.ts';
import type { Kernel } from './kernel.ts';
import { maskJson } from './masking/json.ts';
import { type McpConnectionsDeps, mcpConnections } from './mcp-connections.ts';

/** A client that was sent to a page for an approval is told of the decision for so long. */
const approvalWatchMs = 86_400_000;

/** `onClose`: what to do when the gate ends. */
export function openMcpDoor(
  kernel: Kernel,
  accounts: AccountDesk | null,
  logger: Logger,
  onClose: (close: () => unknown) => void,
): McpDoor {
  const { loaded, foundation, rules, desk, tools, enforcement, emergency, authenticate, onBug } = kernel;
  const { identity, publicUrl } = loaded.config;
  const { credentials, approvals } = foundation.store;
  const { issueDsn, keepStderr } = forServers(kernel);
  const mcp = mcpConnections({ loaded, logger, credentials, accounts, issueDsn, keepStderr });
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
    origins: new Set(loaded.config.listen.origins),
    issuers: kernel.people
      ? [publicUrl]
      : [...new Set(identity.trust.flatMap((each) => (each.atDoors ? [each.issuer] : [])))],
    scope: kernel.people?.scope ?? null,
    idleMs: identity.idleMs,
    absoluteMs: identity.absoluteMs,
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
    onBug,
    approvals: {
      offered: (subject, connection) => mayBeHeld(rules.policy, subject, connection),
      settled: (id, signal) => desk.settled(id, approvalWatchMs, signal),
      status: (subject, id) => statusFor(approvals.get(id), subject, clock.now()),
    },
  });
  onClose(() => door.closeAll('shutting_down'));
  return door;
}

/** What the servers of sessions are given, and what is kept of what they say beside their answers. */
function forServers({
  loaded,
  foundation,
  rules,
  issue,
  postgresAt,
}: Kernel): Pick<McpConnectionsDeps, 'issueDsn' | 'keepStderr'> {
  const { identity, publicUrl, tls } = loaded.config;
  return {
    // A server on this machine comes in over loopback, by SCRAM; another one as people do.
    issueDsn: async ({ subject, id }, connection, server) => {
      const mcpSession = { id, absoluteMs: identity.absoluteMs };
      const issued = await issue({ subject, connection, ttlMs: null, mcpSession });
      if (!issued.ok) return issued;
      const isNear = server === null || isLoopback(new URL(server).hostname);
      const at = isNear ? nearAddress(postgresAt) : farAddress(postgresAt, publicUrl, tls !== null);
      return ok({ user: issued.value.user, dsn: dsnOf(issued.value, at, connection) });
    },
    keepStderr: ({ id: session, connection }, said) => {
      const text = maskJson(said, rules.viewOf({ obligations: { unmask: [], filter: [], rowsMax: null } }));
      const payload = jsonPayload(JSON.stringify({ text }));
      const record = { type: 'server.stderr', session, connection, data: { characters: said.length } } as const;
      // A log that is closed closes the session by itself.
      foundation.log.append(record, payload, true).catch(() => {});
    },
  };
}

/** Null where no connection wants an account of each person: then what that takes is not loaded. */
export async function accountsOf(
  { loaded, foundation, signOuts }: Kernel,
  logger: Logger,
): Promise<AccountDesk | null> {
  if (!wantsAccounts(loaded.config)) return null;
  const { openAccounts } = await import('./compose-accounts.ts');
  const desk = openAccounts(loaded, foundation, logger);
  signOuts.belongings.push((id, issuer) => desk.removeAll(id, issuer));
  return desk;
}
