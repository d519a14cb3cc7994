// The PostgreSQL door: takes a connection from its first byte to a session, and knows every session that is open, for
// cancel requests and for closing. What a client says first stands in postgres-startup.ts, how it proves who it is in postgres-sign-in.ts.

import { mayEnter } from '../core/decide.ts';
import type { Decision, Policy } from '../core/decision.ts';
import { errors } from '../core/errors.ts';
import type { Subject } from '../core/facts.ts';
import { limits } from '../core/limits.ts';
import { fail, ok, type Refusal, type Result, refuse } from '../core/result.ts';
import type { MaskView } from '../masking/mask.ts';
import { LogUnavailable } from '../ports/log.ts';
import type { ByteStream, UpstreamConnection } from '../ports/postgres-upstream.ts';
import { encodeAuthentication } from '../wire/postgres/authentication.ts';
import { encodeBackendKeyData } from '../wire/postgres/cancel.ts';
import { encodeErrorResponse, errorFields } from '../wire/postgres/error-fields.ts';
import { ProtocolError } from '../wire/postgres/protocol-error.ts';
import { encodeParameterStatus, encodeReadyForQuery } from '../wire/postgres/status.ts';
import { type EnforcementDeps, openSession } from './audited-session.ts';
import { CancelRequests } from './cancel-requests.ts';
import type { DoorRefusals } from './door-refusals.ts';
import type { AuditedSession } from './enforce.ts';
import { startsOtherwise } from './postgres-pins.ts';
import { PostgresSession } from './postgres-session.ts';
import { type SignedIn, type SignInDeps, signIn } from './postgres-sign-in.ts';
import { type CancelRequest, type Startup, takeStartup } from './postgres-startup.ts';
import type { PostgresTarget } from './postgres-target.ts';
import { recordedClient } from './recorded-name.ts';
import { StreamReader } from './stream-reader.ts';

/** One connection of the configuration, as this door serves it: by one route for all, or one a set of classes to see. */
export interface PostgresEntrance {
  routeFor(subject: Subject): PostgresRoute;
  /** Of every route that has been used. */
  targets(): Iterable<PostgresTarget>;
}

/** How a session gets to its upstream, and what is known of it. */
export interface PostgresRoute {
  readonly target: PostgresTarget;
  readonly connect: (startup: Readonly<Record<string, string>>) => Promise<Result<UpstreamConnection>>;
}

export interface PostgresDoorDeps extends EnforcementDeps, SignInDeps {
  readonly routes: ReadonlyMap<string, PostgresEntrance>;
  /** Names of connections that are not reached through this door. */
  readonly isOtherDoor: (connection: string) => boolean;
  readonly refusals: Pick<DoorRefusals, 'record'>;
  readonly viewOf: (decision: Decision) => MaskView;
  /** The tool call an MCP session is running now; undefined = none, or the session is gone. */
  readonly activeRequest: (mcpSession: string) => string | undefined;
  /** Whom an MCP session is of, as they proved themselves last. */
  readonly subjectOf: (mcpSession: string) => Subject | undefined;
  readonly onBug: (error: unknown) => void;
  readonly idleMs: number;
  readonly absoluteMs: number;
}

/** Who has come in, and the connection to the upstream that is theirs alone. */
interface Admitted {
  readonly client: ByteStream;
  readonly startup: Startup;
  readonly signedIn: SignedIn;
  readonly target: PostgresTarget;
  readonly upstream: UpstreamConnection;
}

interface OpenSession {
  readonly subject: Subject;
  readonly session: PostgresSession;
  readonly upstream: UpstreamConnection;
  readonly secretKey: Uint8Array;
  readonly cancels: CancelRequests;
}

export class PostgresDoor {
  readonly #deps: PostgresDoorDeps;
  readonly #open = new Set<OpenSession>();
  #connections = 0;
  #closing = false;

  constructor(deps: PostgresDoorDeps) {
    this.#deps = deps;
  }

  get sessions(): number {
    return this.#open.size;
  }

  /** Serves one connection to its end. Never rejects. */
  async serve(client: ByteStream): Promise<void> {
    if (this.#closing || this.#connections >= limits.sessionsMax) {
      const code = this.#closing ? 'shutting_down' : 'too_many';
      client.end(encodeErrorResponse(errorFields({ code, text: errors[code].text }, 'FATAL')));
      return;
    }
    this.#connections++;
    const stopTimer = this.#deps.clock.after(limits.authenticationMs, () => client.destroy());
    try {
      const started = await this.#start(client);
      stopTimer();
      if (!started) client.end();
      else if (started.ok) await started.value();
      else client.end(encodeErrorResponse(errorFields(started.error, 'FATAL')));
    } catch (error) {
      this.#refuseBroken(client, error);
    } finally {
      stopTimer();
      this.#connections--;
    }
  }

  /** Ends every session, each with the reason. */
  async close(refusal: Refusal): Promise<void> {
    this.#closing = true;
    await Promise.all([...this.#open].map(({ session }) => session.close(refusal)));
  }

  /** Ends the sessions of every subject `which` is true for. */
  async closeWhere(which: (subject: Subject) => boolean, refusal: Refusal): Promise<void> {
    await Promise.all(
      [...this.#open].filter(({ subject }) => which(subject)).map(({ session }) => session.close(refusal)),
    );
  }

  /** The session to run, the refusal to tell, or nothing where the client has left or only asked for a cancel. */
  async #start(client: ByteStream): Promise<Result<() => Promise<void>> | null> {
    const reader = new StreamReader(client);
    const started = await takeStartup(client, reader, (request) => this.#cancel(request));
    if (!started?.ok) return started;
    const startup = started.value;
    const { user, database: connection } = startup;
    const signedIn = await signIn(this.#deps, client, reader, { user, connection });
    if (!signedIn.ok) return this.#turnedAway(client, null, signedIn.error);
    const { subject } = signedIn.value;
    const route = this.#routeFor(connection, subject, signedIn.value);
    if (!route.ok) return this.#turnedAway(client, subject, route.error);
    const ready = await route.value.target.ready();
    if (!ready.ok) return this.#turnedAway(client, subject, ready.error);
    const upstream = await route.value.connect(startup.upstream);
    if (!upstream.ok) return this.#turnedAway(client, subject, upstream.error);
    const other = startsOtherwise(upstream.value.parameters);
    if (other) {
      upstream.value.terminate();
      return this.#turnedAway(client, subject, other);
    }
    const { target } = route.value;
    const admitted = { client, startup, signedIn: signedIn.value, target, upstream: upstream.value };
    return ok(() => this.#run(admitted, reader));
  }

  async #turnedAway(client: ByteStream, subject: Subject | null, refusal: Refusal): Promise<Result<never>> {
    const who = subject ? { subject } : {};
    await this.#deps.refusals.record({ code: refusal.code, address: client.remote, ...who });
    return fail(refusal);
  }

  /** RFC-less but well known: a wrong key is answered like a right one, with silence. */
  async #cancel({ processId, secretKey }: CancelRequest): Promise<void> {
    // Two upstreams may both have a process of this number.
    const open = [...this.#open].find(
      (each) => each.upstream.processId === processId && sameBytes(each.secretKey, secretKey),
    );
    if (!open) return;
    if (!open.session.cancelHold()) await open.cancels.ask();
  }

  #routeFor(name: string, subject: Subject, signedIn: SignedIn): Result<PostgresRoute> {
    if (signedIn.connection !== null && signedIn.connection !== name) {
      return refuse('unknown_connection', 'This credential is for another connection.', {
        next: 'Use the connection it was made for as the database name.',
      });
    }
    const entrance = this.#deps.routes.get(name);
    if (!entrance) {
      if (this.#deps.isOtherDoor(name)) return refuse('wrong_door', errors.wrong_door.text);
      return refuse('unknown_connection', errors.unknown_connection.text);
    }
    const policy: Policy = this.#deps.policy();
    if (!mayEnter(policy, subject, name))
      return refuse('no_matching_rule', 'No rule of the policy lets this subject use this connection.');
    return ok(entrance.routeFor(subject));
  }

  async #run(admitted: Admitted, reader: StreamReader): Promise<void> {
    const { client, startup, signedIn, upstream } = admitted;
    const audited = await this.#openSession(admitted);
    if (this.#deps.isSignedOut(signedIn.subject)) {
      upstream.terminate();
      await audited.end('signed_out');
      const refusal = { code: 'signed_out', text: errors.signed_out.text } as const;
      client.end(encodeErrorResponse(errorFields(refusal, 'FATAL')));
      return;
    }
    const session = this.#session(admitted, audited);
    const cancels = new CancelRequests(() => session.cancel());
    const secretKey = this.#deps.random.bytes(startup.secretKeyBytes);
    const open: OpenSession = { subject: signedIn.subject, session, upstream, secretKey, cancels };
    this.#open.add(open);
    try {
      client.write(greeting(upstream, secretKey));
      await session.run(reader.rest());
    } finally {
      this.#open.delete(open);
    }
  }

  /** @throws LogUnavailable, having left the upstream */
  async #openSession({ client, startup, signedIn, upstream }: Admitted): Promise<AuditedSession> {
    const { subject, method, parentSession } = signedIn;
    const parent = parentSession !== null && (this.#callOf(parentSession) ?? { session: parentSession });
    try {
      return await openSession(this.#deps, {
        subject,
        connection: startup.database,
        door: 'postgres',
        client: recordedClient(startup.applicationName),
        address: client.remote,
        method,
        ...(parent ? { parent } : {}),
      });
    } catch (error) {
      upstream.terminate();
      throw error;
    }
  }

  #session({ client, startup, signedIn, target, upstream }: Admitted, audited: AuditedSession): PostgresSession {
    const { clock, viewOf, onBug, idleMs, absoluteMs, policy, subjectOf } = this.#deps;
    const { parentSession } = signedIn;
    return new PostgresSession({
      clock,
      client,
      upstream,
      target,
      audited,
      applicationName: startup.applicationName,
      viewOf,
      needsRowEstimate: () => policy().needsRowEstimate,
      parent: () => {
        if (parentSession === null) return undefined;
        // The statements of a tool are asked for by whoever called it, as they proved themselves for that.
        const caller = subjectOf(parentSession);
        if (caller) audited.provenAnew(caller);
        return this.#callOf(parentSession);
      },
      onBug,
      idleMs,
      absoluteMs,
    });
  }

  /** What an MCP session is doing now. */
  #callOf(mcpSession: string): { readonly session: string; readonly request: string } | undefined {
    const request = this.#deps.activeRequest(mcpSession);
    return request === undefined ? undefined : { session: mcpSession, request };
  }

  #refuseBroken(client: ByteStream, error: unknown): void {
    let refusal: Refusal = { code: 'internal', text: errors.internal.text };
    if (error instanceof ProtocolError) refusal = { code: error.code, text: error.message };
    else if (error instanceof LogUnavailable) refusal = error.refusal;
    else this.#deps.onBug(error);
    client.end(encodeErrorResponse(errorFields(refusal, 'FATAL')));
  }
}

/** What ends the start of a session (PostgreSQL 54.2.1). */
function greeting({ parameters, processId }: UpstreamConnection, secretKey: Uint8Array): Buffer {
  return Buffer.concat([
    encodeAuthentication({ kind: 'ok' }),
    ...[...parameters].map(([name, value]) => encodeParameterStatus({ name, value })),
    // The server's own process id: clients tell their own notifications by it, and ask the server about it.
    encodeBackendKeyData(processId, secretKey),
    encodeReadyForQuery('I'),
  ]);
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let index = 0; index < a.length; index++) difference |= (a[index] ?? 0) ^ (b[index] ?? 0);
  return difference === 0;
}
