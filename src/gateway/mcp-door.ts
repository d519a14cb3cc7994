// The MCP door: Streamable HTTP (MCP 2025-03-26 to 2026-07-28) at /mcp/<connection>. It has every request authenticated anew
// and finds its session; what a message means is the session's business. INVARIANT: a session answers only the subject, groups included, that opened it.

import { errors } from '../core/errors.ts';
import type { Subject } from '../core/facts.ts';
import { limits } from '../core/limits.ts';
import { ok, type Refusal, type Result, refuse } from '../core/result.ts';
import type { HttpExchange } from '../ports/http-exchange.ts';
import { LogUnavailable } from '../ports/log.ts';
import type { McpUpstream } from '../ports/mcp-upstream.ts';
import { decodeMessage, encodeMessage, type JsonRpcMessage, type JsonRpcRequest } from '../wire/mcp/json-rpc.ts';
import {
  envelopeOf,
  isStateless,
  isStatelessVersion,
  requestedVersion,
  statelessVersion,
} from '../wire/mcp/stateless.ts';
import { accepts, acceptsAnswers, isJson, isPlain, isSessionId, isSpoken } from '../wire/mcp/streamable-http.ts';
import type { IsSignedOut } from './caller-tokens.ts';
import type { AuditedSession } from './enforce.ts';
import { McpEntrance, type McpEntranceDeps, type Visit } from './mcp-entrance.ts';
import { HeldBytes } from './mcp-held-bytes.ts';
import { noSession, respondCode, respondNotAllowed, respondRefusal } from './mcp-http-refusal.ts';
import { type ClientIntroduction, introductionIn, introductionOf } from './mcp-introduction.ts';
import type { Era, EraMemory } from './mcp-link.ts';
import { errorOutcome } from './mcp-refusal.ts';
import { McpReply, streamHeaders } from './mcp-reply.ts';
import { RequestStates } from './mcp-request-state.ts';
import { McpSession } from './mcp-session.ts';
import type { CallerToken, McpSessionDeps } from './mcp-session-parts.ts';
import { identityOf, McpSessionTable, type SessionEntry, timerMsMax } from './mcp-session-table.ts';
import { StandingSessions } from './mcp-standing.ts';
import { recordedClient } from './recorded-name.ts';

export interface McpDoorDeps extends McpSessionDeps, McpEntranceDeps {
  readonly idleMs: number;
  readonly absoluteMs: number;
  readonly mayEnter: (subject: Subject, connection: string) => boolean;
  readonly isSignedOut: IsSignedOut;
  /** @throws LogUnavailable */
  readonly openSession: (opening: {
    readonly subject: Subject;
    readonly connection: string;
    readonly client: string;
    readonly address: string;
  }) => Promise<AuditedSession>;
  /** Seals what clients keep for the gate: 32 bytes, the same after a restart. */
  readonly stateKey: Uint8Array;
  /** A server for this session alone, not started yet. `caller` is for a token endpoint, and never for the server. */
  readonly startUpstream: (session: AuditedSession, caller: CallerToken) => Promise<Result<McpUpstream>>;
}

export interface McpDoor {
  /** Answers any request below `/mcp/` and `/.well-known/oauth-protected-resource/mcp/`. Never rejects. */
  handle(exchange: HttpExchange): Promise<void>;
  /** Ends every session and opens no more. */
  closeAll(reason: string): Promise<void>;
  /** Ends the sessions of every subject `which` is true for. */
  closeWhere(which: (subject: Subject) => boolean, reason: string): Promise<void>;
  /** The request that runs in this session (its id in the log) at this moment, where requests run one at a time. */
  activeRequest(session: string): string | undefined;
  /** Whom this session is of, as they proved themselves last. */
  subjectOf(session: string): Subject | undefined;
}

export function createMcpDoor(deps: McpDoorDeps): McpDoor {
  return new Door(deps);
}

/** The tool a message calls. */
function toolOf(message: JsonRpcMessage): string | null {
  if (message.kind !== 'request' || message.method !== 'tools/call') return null;
  const name = message.params?.['name'];
  return typeof name === 'string' ? name : null;
}

const requestBounds = { bytesMax: limits.mcpRequestBytesMax, depthMax: limits.mcpDepthMax, exactIntegers: true };

class Door implements McpDoor {
  readonly #deps: McpDoorDeps;
  readonly #table: McpSessionTable;
  readonly #standing: StandingSessions;
  readonly #states: RequestStates;
  readonly #held: HeldBytes;
  readonly #entrance: McpEntrance;
  /** Of the servers behind each connection, as last seen by clients with sessions and without. */
  readonly #eras = new Map<string, Era>();
  readonly #byLogId = new Map<string, McpSession>();
  #closed = false;

  constructor(deps: McpDoorDeps) {
    this.#deps = deps;
    this.#table = new McpSessionTable(deps.clock, deps);
    this.#standing = new StandingSessions(this.#table, deps.isSignedOut);
    this.#entrance = new McpEntrance(deps);
    this.#states = new RequestStates(deps.stateKey, deps.clock, deps.random);
    const { mcpHeldTotalBytesMax: bytesMax, mcpHeldWaitMs: waitMs } = limits;
    this.#held = new HeldBytes({ clock: deps.clock, bytesMax, waitMs });
  }

  async handle(arrived: HttpExchange): Promise<void> {
    const exchange = this.#entrance.receive(arrived);
    try {
      const visit = await this.#entrance.admit(exchange);
      if (visit) await this.#route(visit);
    } catch (error) {
      if (error instanceof LogUnavailable) return respondRefusal(exchange, error.refusal);
      this.#deps.onBug(error);
      respondRefusal(exchange, refuse('internal', errors.internal.text).error);
    }
  }

  async closeAll(reason: string): Promise<void> {
    this.#closed = true;
    await this.#table.close(reason, () => true);
  }

  async closeWhere(which: (subject: Subject) => boolean, reason: string): Promise<void> {
    await this.#table.close(reason, (entry) => which(entry.subject));
  }

  activeRequest(session: string): string | undefined {
    return this.#byLogId.get(session)?.activeRequest;
  }

  subjectOf(session: string): Subject | undefined {
    return this.#byLogId.get(session)?.audited.subject;
  }

  #route(visit: Visit): Promise<void> | void {
    const { exchange } = visit;
    if (this.#closed) return respondCode(exchange, 'shutting_down');
    if (exchange.method !== 'POST' && isStatelessVersion(exchange.header('mcp-protocol-version'))) {
      return respondNotAllowed(exchange, 'POST');
    }
    switch (exchange.method) {
      case 'POST':
        return this.#post(visit);
      case 'GET':
        return this.#get(visit);
      case 'DELETE':
        return this.#delete(visit);
      default:
        return respondNotAllowed(exchange, 'POST, GET, DELETE');
    }
  }

  async #post(visit: Visit): Promise<void> {
    const { exchange } = visit;
    if (!isJson(exchange.header('content-type'))) {
      const text = 'The body must be application/json in UTF-8.';
      return this.#entrance.turnAway(visit, refuse('invalid_request', text).error, 415);
    }
    if (!isPlain(exchange.header('content-encoding'))) {
      const text = 'The body must not be compressed.';
      return this.#entrance.turnAway(visit, refuse('invalid_request', text).error, 415);
    }
    if (!acceptsAnswers(exchange.header('accept'))) {
      const text = 'The client must accept application/json and text/event-stream.';
      return this.#entrance.turnAway(visit, refuse('invalid_request', text).error, 406);
    }
    const entry = exchange.header('mcp-session-id') === undefined ? null : this.#find(visit);
    if (entry === undefined) return this.#entrance.turnAway(visit, noSession(exchange));
    const body = await exchange.body(limits.mcpRequestBytesMax);
    if (!body.ok) return this.#entrance.turnAway(visit, body.error);
    const decoded = decodeMessage(body.value, requestBounds);
    if (!decoded.ok) {
      const { refusal, id } = decoded.error;
      await (entry ? entry.session.audited.refused(refusal, {}) : this.#entrance.note(exchange, refusal.code, visit));
      return respondRefusal(exchange, refusal, errors[refusal.code].http, {}, id);
    }
    const tool = toolOf(decoded.value);
    const scope = tool === null ? null : this.#entrance.scopeLacking(visit, tool);
    if (scope !== null) return this.#entrance.stepUp(visit, scope);
    if (!entry) {
      const stateless = isStateless(decoded.value, exchange.header('mcp-protocol-version'));
      return stateless ? this.#answer(visit, decoded.value) : this.#initialize(visit, decoded.value);
    }
    if (!isSpoken(exchange.header('mcp-protocol-version'))) {
      const text = 'The gate speaks no such MCP-Protocol-Version in a session.';
      await entry.session.audited.refused(refuse('invalid_request', text).error, {});
      return respondRefusal(exchange, refuse('invalid_request', text).error);
    }
    await this.#pass(entry, decoded.value, exchange);
  }

  /** A message of MCP 2026-07-28, which comes without a session. */
  async #answer(visit: Visit, message: JsonRpcMessage): Promise<void> {
    const { exchange, subject, connection } = visit;
    // Nothing a client notifies of outlives its request here; what it cancels, it hangs up on.
    if (message.kind === 'notification') return exchange.respond(202, {}, '');
    const envelope =
      message.kind === 'request'
        ? envelopeOf(message, (name) => exchange.header(name))
        : refuse('invalid_request', 'No request of the gate is open that this could answer.');
    if (message.kind !== 'request' || !envelope.ok) {
      const { error } = envelope.ok ? refuse('invalid_request', errors.invalid_request.text) : envelope;
      await this.#entrance.note(exchange, error.code, visit);
      const requested = error.code === 'unsupported_version' ? requestedVersion(message) : {};
      return respondRefusal(exchange, error, errors[error.code].http, {}, message.id, requested);
    }
    if (!this.#deps.mayEnter(subject, connection)) return this.#entrance.refuseEntry(visit, message.id);
    const client = introductionIn(envelope.value);
    const found = await this.#standing.find({ subject, connection, client }, async (id) => {
      const launched = await this.#launch(visit, client, id);
      if (!launched.ok) return launched;
      const session = launched.value;
      const stood = await orClosed(session, session.stand());
      if (stood.ok && !session.over) return launched;
      const refusal = stood.ok ? refuse('upstream_closed', 'The MCP server ended as it was started.') : stood;
      await session.close(refusal.error.code);
      return refusal;
    });
    if (!found.ok) {
      return respondRefusal(exchange, found.error, errors[found.error.code].http, {}, message.id);
    }
    const entry = found.value;
    if (this.#closed) {
      await entry.session.close('shutting_down');
      return respondCode(exchange, 'shutting_down', message.id);
    }
    entry.session.comesWith(visit);
    const { logLevel } = envelope.value;
    const { expiresMs } = subject;
    const carried = { logLevel, expiresMs, header: (name: string) => exchange.header(name) };
    await entry.session.request(message, new McpReply(exchange), carried);
    this.#table.touch(entry);
  }

  async #pass(entry: SessionEntry, message: JsonRpcMessage, exchange: HttpExchange): Promise<void> {
    const { session } = entry;
    if (message.kind === 'request') {
      await session.request(message, new McpReply(exchange, () => session.trace()));
      this.#table.touch(entry);
      return;
    }
    await (message.kind === 'notification' ? session.notification(message) : session.response(message));
    exchange.respond(202, {}, '');
  }

  async #get(visit: Visit): Promise<void> {
    const { exchange, subject } = visit;
    const entry = this.#find(visit);
    if (!entry) return this.#entrance.turnAway(visit, noSession(exchange));
    if (!accepts(exchange.header('accept'), 'text/event-stream')) {
      const text = 'The client must accept text/event-stream.';
      return this.#entrance.turnAway(visit, refuse('invalid_request', text).error, 406);
    }
    const stream = exchange.stream(200, streamHeaders);
    if (subject.expiresMs !== undefined) {
      const ms = Math.min(Math.max(subject.expiresMs - this.#deps.clock.now(), 0), timerMsMax);
      const stopTimer = this.#deps.clock.after(ms, () => stream.end());
      exchange.signal.addEventListener('abort', stopTimer, { once: true });
    }
    await entry.session.listen(stream, exchange.header('last-event-id'));
  }

  async #delete(visit: Visit): Promise<void> {
    const entry = this.#find(visit);
    if (!entry) return this.#entrance.turnAway(visit, noSession(visit.exchange));
    await this.#table.close('client_closed', (each) => each === entry);
    visit.exchange.respond(200, {}, '');
  }

  async #initialize(visit: Visit, message: JsonRpcMessage): Promise<void> {
    const { subject, connection } = visit;
    if (message.kind !== 'request' || message.method !== 'initialize') {
      const text = 'The Mcp-Session-Id header is missing; only initialize comes without one.';
      const id = message.kind === 'request' ? message.id : null;
      return this.#entrance.turnAway(visit, refuse('invalid_request', text).error, 400, id);
    }
    if (!this.#deps.mayEnter(subject, connection)) return this.#entrance.refuseEntry(visit, message.id);
    if (!this.#table.reserve(subject)) {
      const text = 'Too many sessions of this subject are open.';
      return this.#entrance.turnAway(visit, refuse('too_many', text).error, errors.too_many.http, message.id);
    }
    let opened = false;
    try {
      opened = await this.#open(visit, message);
    } finally {
      if (!opened) this.#table.free(subject);
    }
  }

  /** False when no session came of it; the caller has been told. */
  async #open(visit: Visit, message: JsonRpcRequest): Promise<boolean> {
    const { exchange, subject, connection } = visit;
    const reply = new McpReply(exchange);
    const refused = async (refusal: Refusal): Promise<false> => {
      const outcome = errorOutcome(refusal);
      await reply.finish(encodeMessage({ kind: 'response', id: message.id, outcome }));
      return false;
    };
    const id = Buffer.from(this.#deps.random.bytes(32)).toString('base64url');
    const launched = await this.#launch(visit, introductionOf(message.params), id);
    if (!launched.ok) return refused(launched.error);
    const session = launched.value;
    const greeting = await orClosed(session, session.open(message.id));
    const signedOut = this.#deps.isSignedOut(subject);
    if (!greeting.ok || signedOut || exchange.signal.aborted || session.over || this.#closed) {
      const left = signedOut
        ? refuse('signed_out', errors.signed_out.text)
        : refuse('canceled', 'The session was given up while it opened.');
      const refusal = greeting.ok ? left.error : greeting.error;
      await session.close(refusal.code);
      return refused(refusal);
    }
    this.#table.add(id, session, subject, connection);
    await reply.finish(greeting.value, 200, { 'mcp-session-id': id });
    return true;
  }

  /** A session with a server of its own that has not been spoken to yet. Refused: what startUpstream refuses. */
  async #launch(visit: Visit, client: ClientIntroduction, id: string): Promise<Result<McpSession>> {
    const { exchange, subject, token, connection, plan } = visit;
    const deps = this.#deps;
    const address = exchange.remoteAddress;
    const audited = await deps.openSession({ subject, connection, client: recordedClient(client.name), address });
    const caller = { token };
    const seen = `${connection} ${client.version === statelessVersion ? 'stateless' : 'session'}`;
    const era: EraMemory = {
      get: () => this.#eras.get(seen),
      set: (found) => (found ? this.#eras.set(seen, found) : this.#eras.delete(seen)),
    };
    const upstream = await deps.startUpstream(audited, caller);
    if (!upstream.ok) {
      await audited.end(upstream.error.code);
      return upstream;
    }
    const ended = (reason: string): void => {
      this.#byLogId.delete(audited.id);
      void this.#table.close(reason, (entry) => entry.id === id);
    };
    const session = new McpSession(deps, {
      audited,
      upstream: upstream.value,
      client,
      identity: identityOf(subject),
      era,
      states: this.#states,
      held: this.#held,
      caller,
      ...plan,
      ended,
    });
    this.#byLogId.set(audited.id, session);
    return ok(session);
  }

  #find({ exchange, subject, token, connection }: Visit): SessionEntry | undefined {
    const id = exchange.header('mcp-session-id');
    const entry = id !== undefined && isSessionId(id) ? this.#table.find(id, subject, connection) : undefined;
    entry?.session.comesWith({ subject, token });
    return entry;
  }
}

/** What opens a session must not leave half of one behind. @throws what `opening` throws */
function orClosed<T>(session: McpSession, opening: Promise<T>): Promise<T> {
  return opening.catch(async (error: unknown) => {
    await session.close('internal');
    throw error;
  });
}
