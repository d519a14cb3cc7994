// Who may come to the MCP door at all: Host and Origin, token, connection; and the RFC 9728 document that tells a client where
// to sign in. Whoever is turned away here, or before there is a session, is on record, without a word of what they said.

import { type ErrorCode, errors } from '../core/errors.ts';
import type { Subject } from '../core/facts.ts';
import { type Refusal, type Result, refuse } from '../core/result.ts';
import type { HttpExchange } from '../ports/http-exchange.ts';
import { isAddressedToUs } from '../wire/http/addressed.ts';
import type { JsonRpcId } from '../wire/mcp/json-rpc.ts';
import { bearerOf } from '../wire/mcp/streamable-http.ts';
import type { DoorRefusals } from './door-refusals.ts';
import { answerPreflight, isPreflight, readableBy, readableByNone } from './mcp-cors.ts';
import { metadataOf, resourceMetadataPrefix, respondCode, respondRefusal, stepUpHeaders } from './mcp-http-refusal.ts';
import type { Binary } from './mcp-masking.ts';

export interface McpEntranceDeps {
  /** Without a trailing slash. */
  readonly publicUrl: string;
  /** Of web applications whose scripts may come, as browsers write them. */
  readonly origins: ReadonlySet<string>;
  /** Issuers whose tokens are accepted: the authorization servers of the RFC 9728 document. */
  readonly issuers: readonly string[];
  /** What a client asks the gate's own authorization server for; null where there is none. */
  readonly scope: string | null;
  /** The MCP connection of this name. */
  readonly connection: (name: string) => McpPlan | undefined;
  /** Refused: token_*. */
  readonly authenticate: (token: string, connection: string) => Promise<Result<Subject>>;
  /** Takes note of callers that were turned away before they had a session. */
  readonly refusals: Pick<DoorRefusals, 'record'>;
}

/** How a connection is served: `serial` where its server calls back through the gate (`${dsn:…}`). */
export interface McpPlan {
  readonly serial: boolean;
  readonly binary: Binary;
  /** A scope that asks more of a sign-in; for calls of these tools, or for whatever is asked. */
  readonly stepUp?: { readonly scope: string; readonly tools: readonly string[] | null } | null;
}

export interface Visit {
  readonly exchange: HttpExchange;
  readonly subject: Subject;
  readonly token: string;
  readonly connection: string;
  readonly plan: McpPlan;
}

export const mcpPrefix = '/mcp/';

export class McpEntrance {
  readonly #deps: McpEntranceDeps;
  /** The Host of the last one who was let in; most are those of one client. */
  #host: string | undefined;

  constructor(deps: McpEntranceDeps) {
    this.#deps = deps;
  }

  /** The exchange as it is answered: so that the script of a configured origin may read it. */
  receive(exchange: HttpExchange): HttpExchange {
    const { origins } = this.#deps;
    if (origins.size === 0) return exchange;
    const origin = exchange.header('origin') ?? '';
    return origins.has(origin) ? readableBy(origin, exchange) : readableByNone(exchange);
  }

  /** Null for a caller who has been answered already. @throws LogUnavailable */
  async admit(exchange: HttpExchange): Promise<Visit | null> {
    const { origins, publicUrl } = this.#deps;
    const origin = exchange.header('origin');
    const isConfigured = origin !== undefined && origins.has(origin);
    const headers = { host: exchange.header('host'), origin: isConfigured ? undefined : origin };
    const isKnown = headers.origin === undefined && headers.host !== undefined && headers.host === this.#host;
    if (!isKnown && !isAddressedToUs(headers, publicUrl, exchange.loopback)) {
      const refusal = refuse('invalid_request', 'The Host or Origin header does not name this gate.').error;
      await this.note(exchange, refusal.code);
      respondRefusal(exchange, refusal, 403);
      return null;
    }
    this.#host = headers.host;
    if (isConfigured && isPreflight(exchange)) {
      answerPreflight(exchange);
      return null;
    }
    const [path = ''] = exchange.target.split('?');
    if (path.startsWith(resourceMetadataPrefix)) {
      this.#describe(exchange, path.slice(resourceMetadataPrefix.length));
      return null;
    }
    const connection = path.startsWith(mcpPrefix) ? path.slice(mcpPrefix.length) : '';
    if (!/^[\w.-]+$/.test(connection)) {
      respondCode(exchange, 'not_found');
      return null;
    }
    const token = bearerOf(exchange.header('authorization'));
    const who =
      token === undefined
        ? refuse('token_missing', errors.token_missing.text)
        : await this.#deps.authenticate(token, connection);
    if (!who.ok) {
      await this.#challenge(exchange, connection, who.error, token !== undefined);
      return null;
    }
    const plan = this.#deps.connection(connection);
    if (!plan) {
      await this.note(exchange, 'unknown_connection', { subject: who.value });
      respondCode(exchange, 'unknown_connection');
      return null;
    }
    const visit = { exchange, subject: who.value, token: token ?? '', connection, plan };
    const scope = this.scopeLacking(visit, null);
    if (scope === null) return visit;
    await this.stepUp(visit, scope);
    return null;
  }

  /** The scope of a stronger sign-in that this connection (`tool` null) or a call of that tool asks for; null where none is lacking. */
  scopeLacking({ plan: { stepUp }, subject }: Visit, tool: string | null): string | null {
    if (!stepUp || (subject.scopes && stepUp.scope in subject.scopes)) return null;
    const { scope, tools } = stepUp;
    const isAsked = tools === null ? tool === null : tool !== null && tools.includes(tool);
    return isAsked ? scope : null;
  }

  /** MCP authorization, "Step-Up Authorization Flow": asks the caller for that sign-in. @throws LogUnavailable */
  async stepUp(visit: Visit, scope: string): Promise<void> {
    const { connection, exchange } = visit;
    await this.note(exchange, 'insufficient_scope', visit);
    const refusal = refuse('insufficient_scope', errors.insufficient_scope.text).error;
    respondRefusal(exchange, refusal, 403, stepUpHeaders(this.#deps, connection, scope));
  }

  /** For what cannot be a request here. @throws LogUnavailable */
  async turnAway(visit: Visit, refusal: Refusal, status?: number, id: JsonRpcId | null = null): Promise<void> {
    await this.note(visit.exchange, refusal.code, visit);
    respondRefusal(visit.exchange, refusal, status, {}, id);
  }

  /** For one whom no rule lets in. @throws LogUnavailable */
  async refuseEntry(visit: Visit, id: JsonRpcId): Promise<void> {
    await this.note(visit.exchange, 'no_matching_rule', visit);
    respondCode(visit.exchange, 'no_matching_rule', id);
  }

  /** @throws LogUnavailable */
  note(
    { remoteAddress: address }: HttpExchange,
    code: ErrorCode,
    { subject, connection }: Partial<Pick<Visit, 'subject' | 'connection'>> = {},
  ): Promise<void> {
    const who = { ...(subject ? { subject } : {}), ...(connection === undefined ? {} : { connection }) };
    return this.#deps.refusals.record({ code, address, ...who });
  }

  /** RFC 9728 §3. */
  #describe(exchange: HttpExchange, connection: string): void {
    const { publicUrl, issuers } = this.#deps;
    const plan = this.#deps.connection(connection);
    if (exchange.method !== 'GET' || !plan) return respondCode(exchange, 'not_found');
    // What every request needs: a scope that only some tools ask for is asked for when they are called.
    const always = plan.stepUp?.tools === null ? [plan.stepUp.scope] : [];
    const document = {
      resource: `${publicUrl}${mcpPrefix}${connection}`,
      authorization_servers: issuers,
      bearer_methods_supported: ['header'],
      ...(this.#deps.scope === null ? {} : { scopes_supported: [this.#deps.scope, ...always] }),
    };
    exchange.respond(200, { 'content-type': 'application/json' }, JSON.stringify(document));
  }

  /** RFC 6750 §3, RFC 9728 §5.1. */
  async #challenge(exchange: HttpExchange, connection: string, refusal: Refusal, presented: boolean): Promise<void> {
    // Every client comes without a token at first.
    if (presented) await this.note(exchange, refusal.code, this.#deps.connection(connection) && { connection });
    const metadata = metadataOf(this.#deps.publicUrl, connection);
    const challenge = presented ? `Bearer error="invalid_token", ${metadata}` : `Bearer ${metadata}`;
    respondRefusal(exchange, refusal, errors[refusal.code].http, { 'www-authenticate': challenge });
  }
}
