// Makes short-lived database credentials: for people and workloads (chartgate connect), and for the MCP servers that
// the gate starts. INVARIANT: the password is given out once and kept nowhere; only its SCRAM verifier is.

import { mayEnter } from '../core/decide.ts';
import type { Policy } from '../core/decision.ts';
import { errors } from '../core/errors.ts';
import { nameOf, type Subject } from '../core/facts.ts';
import { limits } from '../core/limits.ts';
import { ok, type Result, refuse } from '../core/result.ts';
import type { Clock } from '../ports/clock.ts';
import type { Credentials } from '../ports/credentials.ts';
import type { Log } from '../ports/log.ts';
import type { Random } from '../ports/random.ts';
import { deriveVerifier } from '../wire/postgres/scram.ts';
import { credentialPrefix, scramIterations } from './postgres-sign-in.ts';

export interface IssuedCredential {
  readonly user: string;
  readonly password: string;
  readonly expiresMs: number;
}

export interface CredentialDeskDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly credentials: Credentials;
  readonly policy: () => Policy;
  /** `postgres`, another type, or undefined when there is no such connection. */
  readonly typeOf: (connection: string) => string | undefined;
}

export interface CredentialRequest {
  readonly subject: Subject;
  readonly connection: string;
  /** Null = as long as the gate allows; a wish beyond that is cut. ms */
  readonly ttlMs: number | null;
  /** The MCP session whose server gets it: it lives as long as that session may, and opens sessions under it. */
  readonly mcpSession?: { readonly id: string; readonly absoluteMs: number };
}

export async function issueCredential(
  deps: CredentialDeskDeps,
  request: CredentialRequest,
): Promise<Result<IssuedCredential>> {
  const { clock, random, log, credentials, policy } = deps;
  const { subject, connection, mcpSession } = request;
  const type = deps.typeOf(connection);
  if (type === undefined) return refuse('unknown_connection', errors.unknown_connection.text);
  if (type !== 'postgres') return refuse('wrong_door', 'Only PostgreSQL connections take database credentials.');
  // An MCP server gets its credential whatever the policy says of the subject: each of its statements is decided anyway.
  if (!mcpSession && !mayEnter(policy(), subject, connection)) {
    return refuse('no_matching_rule', 'No rule of the policy lets this subject use this connection.');
  }
  const lifeMs = mcpSession
    ? mcpSession.absoluteMs
    : Math.min(request.ttlMs ?? limits.credentialMs, limits.credentialMs);
  const expiresMs = clock.now() + lifeMs;
  const user = credentialPrefix + Buffer.from(random.bytes(10)).toString('hex');
  const password = Buffer.from(random.bytes(24)).toString('base64url');
  const verifier = deriveVerifier(password, random.bytes(16), scramIterations);
  credentials.removeExpired(clock.now() - limits.credentialMs);
  credentials.save({ user, verifier, subject, connection, expiresMs, parentSession: mcpSession?.id ?? null });
  await log.append({
    type: 'credential.issued',
    ...(mcpSession ? { session: mcpSession.id } : {}),
    subject: nameOf(subject),
    connection,
    data: { user, expires: new Date(expiresMs).toISOString() },
  });
  return ok({ user, password, expiresMs });
}

/** Where a client finds the PostgreSQL door. */
export interface DoorAddress {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
}

const anyAddress: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/** For a client on this machine, of a door that listens there. */
export function nearAddress({ host, port }: Omit<DoorAddress, 'tls'>): DoorAddress {
  return { host: anyAddress.has(host) ? '127.0.0.1' : host, port, tls: false };
}

/** For a client elsewhere: a door that listens on every address is where the gate is. */
export function farAddress({ host, port }: Omit<DoorAddress, 'tls'>, publicUrl: string, tls: boolean): DoorAddress {
  return { host: anyAddress.has(host) ? new URL(publicUrl).hostname : host, port, tls };
}

/** A DSN for any driver. `sslmode` is left to the driver's default without TLS. */
export function dsnOf(credential: IssuedCredential, at: DoorAddress, connection: string): string {
  const host = at.host.includes(':') ? `[${at.host}]` : at.host;
  return `postgres://${credential.user}:${credential.password}@${host}:${at.port}/${encodeURIComponent(connection)}${at.tls ? '?sslmode=require' : ''}`;
}
