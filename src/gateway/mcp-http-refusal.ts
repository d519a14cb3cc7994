// Refusals of the MCP door, as HTTP answers with a JSON-RPC error for a body. They name rule and reason, never a value.

import { type ErrorCode, errors } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import { type Refusal, refuse } from '../core/result.ts';
import type { HttpExchange, HttpHeaders } from '../ports/http-exchange.ts';
import { encodeMessage, type JsonRpcId } from '../wire/mcp/json-rpc.ts';
import { errorOutcome } from './mcp-refusal.ts';

export const resourceMetadataPrefix = '/.well-known/oauth-protected-resource/mcp/';

export function respondCode(exchange: HttpExchange, code: ErrorCode, id: JsonRpcId | null = null): void {
  respondRefusal(exchange, refuse(code, errors[code].text).error, errors[code].http, {}, id);
}

export function respondNotAllowed(exchange: HttpExchange, allow: string): void {
  respondRefusal(exchange, refuse('unsupported', `The methods here are ${allow}.`).error, 405, { allow });
}

/** MCP, Session Management: 404 tells the client to initialize anew. */
export function noSession(exchange: HttpExchange): Refusal {
  const missing = exchange.header('mcp-session-id') === undefined;
  const text = missing ? 'The Mcp-Session-Id header is missing.' : 'There is no such session.';
  return refuse(missing ? 'invalid_request' : 'not_found', text, { next: 'Initialize a new session.' }).error;
}

/** RFC 9728 §5.1: the parameter of a challenge that says where a client learns how to sign in. */
export function metadataOf(publicUrl: string, connection: string): string {
  return `resource_metadata="${publicUrl}${resourceMetadataPrefix}${connection}"`;
}

/** MCP authorization, "Step-Up Authorization Flow": the scope that is missing, besides the one every client has. */
export function stepUpHeaders(
  { publicUrl, scope }: { readonly publicUrl: string; readonly scope: string | null },
  connection: string,
  missing: string,
): HttpHeaders {
  const wanted = [...(scope === null ? [] : [scope]), missing].join(' ');
  const challenge = `Bearer error="insufficient_scope", scope="${wanted}", ${metadataOf(publicUrl, connection)}`;
  return { 'www-authenticate': `${challenge}, error_description="${errors.insufficient_scope.text}"` };
}

export function respondRefusal(
  exchange: HttpExchange,
  refusal: Refusal,
  status: number = errors[refusal.code].http,
  headers: HttpHeaders = {},
  id: JsonRpcId | null = null,
  more: JsonObject = {},
): void {
  const body = encodeMessage({ kind: 'response', id, outcome: errorOutcome(refusal, more) });
  exchange.respond(status, { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers }, body);
}
