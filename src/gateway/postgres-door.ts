// The PostgreSQL door: takes a connection from its first byte to a session, and knows every session that is open, for
// cancel requests and for closing. How a caller proves who it is stands in postgres-sign-in.ts.

import { mayEnter } from '../core/decide.ts';
import type { Decision, Policy } from '../core/decision.ts';
import { errors } from '../core/errors.ts';
import type { Subject } from '../core/facts.ts';
import { limits } from '../core/limits.ts';
import { fail, ok, type Refusal, type Result, refuse } from '../core/result.ts';
import type { MaskView } from '../masking/mask.ts';
import { LogUnavailable } from '../ports/log.ts';
import type { ByteStream, UpstreamConnection } from '../ports/postgres-upstream.ts';
import { settingAllowed, startupParameters } from '../sql/settings.ts';
import { encodeAuthentication } from '../wire/postgres/authentication.ts';
import { encodeBackendKeyData } from '../wire/postgres/cancel.ts';
import { encodeErrorResponse, errorFields } from '../wire/postgres/error-fields.ts';
import { malformed, ProtocolError } from '../wire/postgres/protocol-error.ts';
import {
  encodeNegotiateProtocolVersion,
  newestMinor,
  type StartupMessage,
  takeStartupPacket,
} from '../wire/postgres/startup.ts';
import { decodeStartupOptions } from '../wire/postgres/startup-options.ts';
import { encodeParameterStatus, encodeReadyForQuery } from '../wire/postgres/status.ts';
import { type EnforcementDeps, openSession } from './audited-session.ts';
import { CancelRequests } from './cancel-requests.ts';
import type { DoorRefusals } from './door-refusals.ts';
import { startsOtherwise } from './postgres-pins.ts';
import { PostgresSession } from './postgres-session.ts';
import { type SignedIn, type SignInDeps, signIn } from './postgres-sign-in.ts';
import type { PostgresTarget } from './postgres-target.ts';
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
    const said = await this.#startupMessage(client, reader);
    if (!said) return null;
    const accepted = withSettings(said);
    if (!accepted.ok) return accepted;
    const startup = accepted.value;
    if (startup.minor > newestMinor || startup.options.size > 0) {
      client.write(
        encodeNegotiateProtocolVersion({
          minor: Math.min(startup.minor, newestMinor),
          unknownOptions: [...startup.options.keys()],
        }),
      );
    }
    const user = startup.parameters.get('user') ?? '';
    const name = startup.parameters.get('database') ?? user;
    const signedIn = await signIn(this.#deps, client, reader, { user, connection: name });
    if (!signedIn.ok) return this.#turnedAway(client, null, signedIn.error);
    const { subject } = signedIn.value;
    const route = this.#routeFor(name, subject, signedIn.value);
    if (!route.ok) return this.#turnedAway(client, subject, route.error);
    const ready = await route.value.target.ready();
    if (!ready.ok) return this.#turnedAway(client, subject, ready.error);
    const upstream = await route.value.connect(this.#upstreamStartup(startup));
    if (!upstream.ok) return this.#turnedAway(client, subject, upstream.error);
    const other = startsOtherwise(upstream.value.parameters);
    if (other) {
      upstream.value.terminate();
      return this.#turnedAway(client, subject, other);
    }
    return ok(() => this.#run(client, reader, startup, name, signedIn.value, route.value, upstream.value));
  }

  async #turnedAway(client: ByteStream, subject: Subject | null, refusal: Refusal): Promise<Result<never>> {
    const who = subject ? { subject } : {};
    await this.#deps.refusals.record({ code: refusal.code, address: client.remote, ...who });
    return fail(refusal);
  }

  async #startupMessage(client: ByteStream, reader: StreamReader): Promise<StartupMessage | null> {
    const asked = new Set<string>();
    for (;;) {
      const taken = await reader.take((bytes) => takeStartupPacket(bytes));
      if (!taken) return null;
      const { packet } = taken;
      // Each kind of encryption can be asked for once, as PostgreSQL has it.
      if (asked.has(packet.kind)) malformed('startup: a request made twice');
      asked.add(packet.kind);
      switch (packet.kind) {
        case 'ssl': {
          if (!client.tlsOffered) {
            client.write(Buffer.from('N'));
            break;
          }
          client.write(Buffer.from('S'));
          const secured = await client.startTls();
          if (!secured.ok) return null;
          break;
        }
        case 'gss':
          client.write(Buffer.from('N'));
          break;
        case 'cancel':
          await this.#cancel(packet.processId, packet.secretKey);
          client.end();
          return null;
        case 'startup':
          return packet;
      }
    }
  }

  /** RFC-less but well known: a wrong key is answered like a right one, with silence. */
  async #cancel(processId: number, secretKey: Uint8Array): Promise<void> {
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

  #upstreamStartup(startup: StartupMessage): Record<string, string> {
    const chosen = [...startup.parameters].filter(([name]) => !ours.has(name));
    return { ...Object.fromEntries(chosen), ...startupParameters };
  }

  async #run(
    client: ByteStream,
    reader: StreamReader,
    startup: StartupMessage,
    connection: string,
    signedIn: SignedIn,
    route: PostgresRoute,
    upstream: UpstreamConnection,
  ): Promise<void> {
    const deps = this.#deps;
    const secretKey = deps.random.bytes(startup.minor >= 2 ? 32 : 4);
    const applicationName = startup.parameters.get('application_name') ?? '';
    const mcpSession = signedIn.parentSession;
    const parent = (): { session: string; request?: string } | undefined => {
      const request = mcpSession === null ? undefined : deps.activeRequest(mcpSession);
      return mcpSession !== null && request !== undefined ? { session: mcpSession, request } : undefined;
    };
    const audited = await openSession(deps, {
      subject: signedIn.subject,
      connection,
      door: 'postgres',
      client: applicationName.slice(0, 100),
      address: client.remote,
      method: signedIn.method,
      ...(mcpSession ? { parent: parent() ?? { session: mcpSession } } : {}),
    }).catch((error: unknown) => {
      upstream.terminate();
      throw error;
    });
    /** The statements of a tool are asked for by whoever called it, as they proved themselves for that. */
    const cause = (): { session: string; request?: string } | undefined => {
      const caller = mcpSession === null ? undefined : deps.subjectOf(mcpSession);
      if (caller) audited.provenAnew(caller);
      return parent();
    };
    if (deps.isSignedOut(signedIn.subject)) {
      upstream.terminate();
      await audited.end('signed_out');
      const refusal = { code: 'signed_out', text: errors.signed_out.text } as const;
      client.end(encodeErrorResponse(errorFields(refusal, 'FATAL')));
      return;
    }
    const { clock, viewOf, onBug, idleMs, absoluteMs } = deps;
    const session = new PostgresSession({
      clock,
      client,
      upstream,
      target: route.target,
      audited,
      applicationName,
      viewOf,
      needsRowEstimate: () => deps.policy().needsRowEstimate,
      parent: cause,
      onBug,
      idleMs,
      absoluteMs,
    });
    const cancels = new CancelRequests(() => session.arrived().then(() => upstream.cancel()));
    const open: OpenSession = { subject: signedIn.subject, session, upstream, secretKey, cancels };
    this.#open.add(open);
    try {
      client.write(
        Buffer.concat([
          encodeAuthentication({ kind: 'ok' }),
          ...[...upstream.parameters].map(([name, value]) => encodeParameterStatus({ name, value })),
          // The server's own process id: clients tell their own notifications by it, and ask the server about it.
          encodeBackendKeyData(upstream.processId, secretKey),
          encodeReadyForQuery('I'),
        ]),
      );
      await session.run(reader.rest());
    } finally {
      this.#open.delete(open);
    }
  }

  #refuseBroken(client: ByteStream, error: unknown): void {
    let refusal: Refusal = { code: 'internal', text: errors.internal.text };
    if (error instanceof ProtocolError) refusal = { code: error.code, text: error.message };
    else if (error instanceof LogUnavailable) refusal = error.refusal;
    else this.#deps.onBug(error);
    client.end(encodeErrorResponse(errorFields(refusal, 'FATAL')));
  }
}

/** Startup parameters the gate takes for itself; the rest is passed on if it is allowed as a setting. */
const ours: ReadonlySet<string> = new Set(['user', 'database', 'client_encoding']);

/** The message with the settings of its `options` among its parameters, which win, as the server has it. */
function withSettings(startup: StartupMessage): Result<StartupMessage> {
  const { options, ...parameters } = Object.fromEntries(startup.parameters);
  if (!parameters['user']) return refuse('malformed', 'The startup message names no user.');
  const given = decodeStartupOptions(options ?? '');
  if (!given)
    return refuse(
      'unsafe_setting',
      "Of the server's command-line options only settings are passed on (-c name=value).",
      {
        next: 'Leave out the others.',
      },
    );
  for (const [name, value] of [...given, ...Object.entries(parameters)]) {
    if (name === 'replication') return refuse('unsupported', 'Replication connections are not carried.');
    const isOurs = ours.has(name) && !given.has(name);
    if (!isOurs && !settingAllowed(name, value))
      return refuse('unsafe_setting', `The setting ${JSON.stringify(name)} cannot be given at startup.`);
  }
  return ok({ ...startup, parameters: new Map([...given, ...Object.entries(parameters)]) });
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let index = 0; index < a.length; index++) difference |= (a[index] ?? 0) ^ (b[index] ?? 0);
  return difference === 0;
}
