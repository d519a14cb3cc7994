// The MCP door: Streamable HTTP (MCP 2025-03-26 to 2025-11-25) at /mcp/<connection>, and the RFC 9728 document that tells
// a client where to sign in. It authenticates every request anew and finds its session; what a message means is the
// session's business. INVARIANT: a session answers only the subject, groups included, that opened it.

import { type ErrorCode, errors } from '../core/errors.ts';
import type { Subject } from '../core/facts.ts';
import { limits } from '../core/limits.ts';
import { type Refusal, type Result, refuse } from '../core/result.ts';
import type { HttpExchange, HttpHeaders } from '../ports/http-exchange.ts';
import { LogUnavailable } from '../ports/log.ts';
import type { McpUpstream } from '../ports/mcp-upstream.ts';
import type { Random } from '../ports/random.ts';
import {
  decodeMessage,
  encodeMessage,
  type JsonRpcId,
  type JsonRpcMessage,
  type JsonRpcRequest,
} from '../wire/mcp/json-rpc.ts';
import { accepts, bearerOf, isAddressedToUs, isJson, isSessionId, isSpoken } from '../wire/mcp/streamable-http.ts';
import type { AuditedSession } from './enforce.ts';
import { objectAt, stringAt } from './mcp-facts.ts';
import { errorOutcome } from './mcp-refusal.ts';
import { McpReply, streamHeaders } from './mcp-reply.ts';
import { McpSession, type McpSessionDeps } from './mcp-session.ts';
import { McpSessionTable, type SessionEntry, timerMsMax } from './mcp-session-table.ts';

export interface McpDoorDeps extends McpSessionDeps {
  readonly random: Random;
  /** Without a trailing slash. */
  readonly publicUrl: string;
  /** Issuers whose tokens are accepted: the authorization servers of the RFC 9728 document. */
  readonly issuers: readonly string[];
  readonly idleMs: number;
  readonly absoluteMs: number;
  /** The MCP connection of this name. `serial` where its server calls back through the gate (`${dsn:…}`). */
  readonly connection: (name: string) => { readonly serial: boolean } | undefined;
  /** Refused: token_*. */
  readonly authenticate: (token: string) => Promise<Result<Subject>>;
  readonly mayEnter: (subject: Subject, connection: string) => boolean;
  /** @throws LogUnavailable */
  readonly openSession: (opening: {
    readonly subject: Subject;
    readonly connection: string;
    readonly client: string;
    readonly address: string;
  }) => Promise<AuditedSession>;
  /** A server for this session alone. It is not started yet. */
  readonly startUpstream: (session: AuditedSession) => Promise<Result<McpUpstream>>;
}

export interface McpDoor {
  /** Answers any request below `/mcp/` and `/.well-known/oauth-protected-resource/mcp/`. Never rejects. */
  handle(exchange: HttpExchange): Promise<void>;
  /** Ends every session and opens no more. */
  closeAll(reason: string): Promise<void>;
  /** Ends every session of this subject. */
  closeSubject(id: string, reason: string): Promise<void>;
  /** The request that runs in this session (its id in the log) at this moment, where requests run one at a time. */
  activeRequest(session: string): string | undefined;
}

export const mcpPrefix = '/mcp/';
export const resourceMetadataPrefix = '/.well-known/oauth-protected-resource/mcp/';

export function createMcpDoor(deps: McpDoorDeps): McpDoor {
  return new Door(deps);
}

interface Visit {
  readonly exchange: HttpExchange;
  readonly subject: Subject;
  readonly connection: string;
  readonly serial: boolean;
}

const requestBounds = { bytesMax: limits.mcpRequestBytesMax, depthMax: limits.mcpDepthMax, exactIntegers: true };

class Door implements McpDoor {
  readonly #deps: McpDoorDeps;
  readonly #table: McpSessionTable;
  readonly #byLogId = new Map<string, McpSession>();
  #closed = false;

  constructor(deps: McpDoorDeps) {
    this.#deps = deps;
    this.#table = new McpSessionTable(deps.clock, deps);
  }

  async handle(exchange: HttpExchange): Promise<void> {
    try {
      await this.#route(exchange);
    } catch (error) {
      const code = error instanceof LogUnavailable ? 'log_unavailable' : 'internal';
      respondRefusal(exchange, refuse(code, errors[code].text).error);
    }
  }

  async closeAll(reason: string): Promise<void> {
    this.#closed = true;
    await this.#table.close(reason, () => true);
  }

  async closeSubject(id: string, reason: string): Promise<void> {
    await this.#table.close(reason, (entry) => entry.subject.id === id);
  }

  activeRequest(session: string): string | undefined {
    return this.#byLogId.get(session)?.activeRequest;
  }

  async #route(exchange: HttpExchange): Promise<void> {
    const { publicUrl } = this.#deps;
    const headers = { host: exchange.header('host'), origin: exchange.header('origin') };
    if (!isAddressedToUs(headers, publicUrl, exchange.loopback)) {
      return respondRefusal(
        exchange,
        refuse('invalid_request', 'The Host or Origin header does not name this gate.').error,
        403,
      );
    }
    const [path = ''] = exchange.target.split('?');
    if (path.startsWith(resourceMetadataPrefix))
      return this.#describe(exchange, path.slice(resourceMetadataPrefix.length));
    const connection = path.startsWith(mcpPrefix) ? path.slice(mcpPrefix.length) : '';
    if (!/^[\w.-]+$/.test(connection)) return respondCode(exchange, 'not_found');

    const token = bearerOf(exchange.header('authorization'));
    const who =
      token === undefined ? refuse('token_missing', errors.token_missing.text) : await this.#deps.authenticate(token);
    if (!who.ok) return this.#challenge(exchange, connection, who.error, token !== undefined);
    const plan = this.#deps.connection(connection);
    if (!plan) return respondCode(exchange, 'unknown_connection');
    if (this.#closed) return respondCode(exchange, 'shutting_down');

    const visit = { exchange, subject: who.value, connection, serial: plan.serial };
    switch (exchange.method) {
      case 'POST':
        return this.#post(visit);
      case 'GET':
        return this.#get(visit);
      case 'DELETE':
        return this.#delete(visit);
      default:
        return respondRefusal(
          exchange,
          refuse('unsupported', 'The methods here are POST, GET and DELETE.').error,
          405,
          {
            allow: 'POST, GET, DELETE',
          },
        );
    }
  }

  /** RFC 9728 §3. */
  #describe(exchange: HttpExchange, connection: string): void {
    const { publicUrl, issuers } = this.#deps;
    if (exchange.method !== 'GET' || !this.#deps.connection(connection)) return respondCode(exchange, 'not_found');
    const document = {
      resource: `${publicUrl}${mcpPrefix}${connection}`,
      authorization_servers: issuers,
      bearer_methods_supported: ['header'],
    };
    exchange.respond(200, { 'content-type': 'application/json' }, JSON.stringify(document));
  }

  /** RFC 6750 §3, RFC 9728 §5.1. */
  #challenge(exchange: HttpExchange, connection: string, refusal: Refusal, presented: boolean): void {
    const metadata = `resource_metadata="${this.#deps.publicUrl}${resourceMetadataPrefix}${connection}"`;
    const challenge = presented ? `Bearer error="invalid_token", ${metadata}` : `Bearer ${metadata}`;
    respondRefusal(exchange, refusal, errors[refusal.code].http, { 'www-authenticate': challenge });
  }

  async #post(visit: Visit): Promise<void> {
    const { exchange } = visit;
    if (!isJson(exchange.header('content-type'))) {
      return respondRefusal(
        exchange,
        refuse('invalid_request', 'The body must be application/json in UTF-8.').error,
        415,
      );
    }
    const accept = exchange.header('accept');
    if (!accepts(accept, 'application/json') || !accepts(accept, 'text/event-stream')) {
      const text = 'The client must accept application/json and text/event-stream.';
      return respondRefusal(exchange, refuse('invalid_request', text).error, 406);
    }
    const entry = exchange.header('mcp-session-id') === undefined ? null : this.#find(visit);
    if (entry === undefined) return respondNoSession(exchange);
    const body = await exchange.body(limits.mcpRequestBytesMax);
    if (!body.ok) return respondRefusal(exchange, body.error);
    const decoded = decodeMessage(body.value, requestBounds);
    if (!decoded.ok) {
      const { refusal, id } = decoded.error;
      await entry?.session.audited.refused(refusal, {});
      return respondRefusal(exchange, refusal, errors[refusal.code].http, {}, id);
    }
    if (!entry) return this.#initialize(visit, decoded.value);
    if (!isSpoken(exchange.header('mcp-protocol-version'), entry.session.version)) {
      const text = 'The MCP-Protocol-Version header is not the version this session agreed on.';
      return respondRefusal(exchange, refuse('invalid_request', text).error);
    }
    await this.#pass(entry, decoded.value, exchange);
  }

  async #pass(entry: SessionEntry, message: JsonRpcMessage, exchange: HttpExchange): Promise<void> {
    const { session } = entry;
    if (message.kind === 'request') {
      await session.request(message, new McpReply(exchange));
      this.#table.touch(entry);
      return;
    }
    await (message.kind === 'notification' ? session.notification(message) : session.response(message));
    exchange.respond(202, {}, '');
  }

  async #get(visit: Visit): Promise<void> {
    const { exchange, subject } = visit;
    const entry = this.#find(visit);
    if (!entry) return respondNoSession(exchange);
    if (!accepts(exchange.header('accept'), 'text/event-stream')) {
      return respondRefusal(
        exchange,
        refuse('invalid_request', 'The client must accept text/event-stream.').error,
        406,
      );
    }
    const stream = exchange.stream(200, streamHeaders);
    if (subject.expiresMs !== undefined) {
      const ms = Math.min(Math.max(subject.expiresMs - this.#deps.clock.now(), 0), timerMsMax);
      const stopTimer = this.#deps.clock.after(ms, () => stream.end());
      exchange.signal.addEventListener('abort', stopTimer, { once: true });
    }
    await entry.session.listen(stream);
  }

  async #delete(visit: Visit): Promise<void> {
    const entry = this.#find(visit);
    if (!entry) return respondNoSession(visit.exchange);
    await this.#table.close('client_closed', (each) => each === entry);
    visit.exchange.respond(200, {}, '');
  }

  async #initialize(visit: Visit, message: JsonRpcMessage): Promise<void> {
    const { exchange, subject, connection } = visit;
    if (message.kind !== 'request' || message.method !== 'initialize') {
      const text = 'The Mcp-Session-Id header is missing; only initialize comes without one.';
      return respondRefusal(
        exchange,
        refuse('invalid_request', text).error,
        400,
        {},
        message.kind === 'request' ? message.id : null,
      );
    }
    if (!this.#deps.mayEnter(subject, connection)) {
      return respondCode(exchange, 'no_matching_rule', message.id);
    }
    if (!this.#table.reserve(subject)) return respondCode(exchange, 'too_many', message.id);
    let opened = false;
    try {
      opened = await this.#open(visit, message);
    } finally {
      if (!opened) this.#table.free(subject);
    }
  }

  /** False when no session came of it; the caller has been told. */
  async #open(visit: Visit, message: JsonRpcRequest): Promise<boolean> {
    const { exchange, subject, connection, serial } = visit;
    const deps = this.#deps;
    const client = stringAt(objectAt(message.params, 'clientInfo'), 'name');
    const audited = await deps.openSession({ subject, connection, client, address: exchange.remoteAddress });
    const reply = new McpReply(exchange);
    const refused = async (refusal: Refusal): Promise<false> => {
      const outcome = errorOutcome(refusal);
      await reply.finish(encodeMessage({ kind: 'response', id: message.id, outcome }));
      return false;
    };
    const upstream = await deps.startUpstream(audited);
    if (!upstream.ok) {
      await audited.end(upstream.error.code);
      return refused(upstream.error);
    }
    const id = Buffer.from(deps.random.bytes(32)).toString('base64url');
    const ended = (reason: string): void => {
      this.#byLogId.delete(audited.id);
      void this.#table.close(reason, (entry) => entry.id === id);
    };
    const session = new McpSession(deps, {
      audited,
      upstream: upstream.value,
      initialize: message.params,
      serial,
      ended,
    });
    this.#byLogId.set(audited.id, session);
    const greeting = await session.open(message.id).catch(async (error: unknown) => {
      await session.close('internal');
      throw error;
    });
    if (!greeting.ok || exchange.signal.aborted || session.over || this.#closed) {
      const refusal = greeting.ok
        ? refuse('canceled', 'The session was given up while it opened.').error
        : greeting.error;
      await session.close(refusal.code);
      return refused(refusal);
    }
    this.#table.add(id, session, subject, connection);
    await reply.finish(greeting.value, 200, { 'mcp-session-id': id });
    return true;
  }

  #find({ exchange, subject, connection }: Visit): SessionEntry | undefined {
    const id = exchange.header('mcp-session-id');
    return id !== undefined && isSessionId(id) ? this.#table.find(id, subject, connection) : undefined;
  }
}

function respondCode(exchange: HttpExchange, code: ErrorCode, id: JsonRpcId | null = null): void {
  respondRefusal(exchange, refuse(code, errors[code].text).error, errors[code].http, {}, id);
}

/** MCP, Session Management: 404 tells the client to initialize anew. */
function respondNoSession(exchange: HttpExchange): void {
  const missing = exchange.header('mcp-session-id') === undefined;
  const text = missing ? 'The Mcp-Session-Id header is missing.' : 'There is no such session.';
  respondRefusal(
    exchange,
    refuse(missing ? 'invalid_request' : 'not_found', text, { next: 'Initialize a new session.' }).error,
  );
}

function respondRefusal(
  exchange: HttpExchange,
  refusal: Refusal,
  status: number = errors[refusal.code].http,
  headers: HttpHeaders = {},
  id: JsonRpcId | null = null,
): void {
  const body = encodeMessage({ kind: 'response', id, outcome: errorOutcome(refusal) });
  exchange.respond(status, { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers }, body);
}
