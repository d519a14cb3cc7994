// JSON-RPC 2.0 as MCP uses it: one message at a time, no batches, ids that are strings or integers, params by name.
// Must never guess: a value that is no message of these four kinds is refused.

import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import { fail, ok, type Refusal, type Result, refuse } from '../../core/result.ts';
import { type JsonBounds, parseJsonText } from './json-text.ts';

export type JsonRpcId = string | number;

export interface JsonRpcRequest {
  readonly kind: 'request';
  readonly id: JsonRpcId;
  readonly method: string;
  readonly params: JsonObject;
}

export interface JsonRpcNotification {
  readonly kind: 'notification';
  readonly method: string;
  readonly params: JsonObject;
}

/** What a request came to: a result object, or an error (JSON-RPC 2.0 §5.1). */
export type JsonRpcOutcome = { readonly result: JsonObject } | { readonly error: JsonRpcError };

export interface JsonRpcError {
  readonly code: number;
  readonly message: string;
  readonly data?: Json;
}

/** `id` is null where the other side could not tell which request failed. */
export interface JsonRpcResponse {
  readonly kind: 'response';
  readonly id: JsonRpcId | null;
  readonly outcome: JsonRpcOutcome;
}

export type JsonRpcMessage = JsonRpcRequest | JsonRpcNotification | JsonRpcResponse;

/** Why there is no message, and the id to answer under where one could be read. */
export interface Undecodable {
  readonly refusal: Refusal;
  readonly id: JsonRpcId | null;
}

const methodCharsMax = 256;
const idCharsMax = 256;

/** Refused: malformed (no JSON), too_large, invalid_request (JSON, but no message). */
export function decodeMessage(bytes: Uint8Array, bounds: JsonBounds): Result<JsonRpcMessage, Undecodable> {
  const parsed = parseJsonText(bytes, bounds);
  return parsed.ok ? messageOf(parsed.value) : fail({ refusal: parsed.error, id: null });
}

function messageOf(value: Json): Result<JsonRpcMessage, Undecodable> {
  if (Array.isArray(value)) return invalid('Batches are not accepted; send one message at a time.');
  if (!isJsonObject(value)) return invalid('A message is a JSON object.');
  const { jsonrpc, id, method, params } = value as { readonly [member: string]: Json | undefined };
  const known = id !== undefined && isId(id) ? id : null;
  if (jsonrpc !== '2.0') return invalid('The member jsonrpc must be "2.0".', known);
  if (method === undefined) return responseOf(value, id, known);
  if (typeof method !== 'string' || method === '' || method.length > methodCharsMax) {
    return invalid('The member method must be a short string.', known);
  }
  if ('result' in value || 'error' in value) return invalid('A message is a request or a response, not both.', known);
  if (params !== undefined && !isJsonObject(params)) return invalid('The member params must be an object.', known);
  if (id === undefined) return ok({ kind: 'notification', method, params: params ?? {} });
  if (known === null) return invalid('The member id must be a string or an integer.');
  return ok({ kind: 'request', id: known, method, params: params ?? {} });
}

function responseOf(
  value: JsonObject,
  id: Json | undefined,
  known: JsonRpcId | null,
): Result<JsonRpcMessage, Undecodable> {
  const { result, error } = value as { readonly [member: string]: Json | undefined };
  if ((result === undefined) === (error === undefined))
    return invalid('A response has either a result or an error.', known);
  if (result !== undefined) {
    if (known === null) return invalid('A result needs the id of its request.');
    if (!isJsonObject(result)) return invalid('A result must be an object.', known);
    return ok({ kind: 'response', id: known, outcome: { result } });
  }
  if (known === null && id !== null && id !== undefined)
    return invalid('The member id must be a string or an integer.');
  if (!isJsonObject(error)) return invalid('An error must be an object.', known);
  const { code, message, data } = error as { readonly [member: string]: Json | undefined };
  if (typeof code !== 'number' || !Number.isInteger(code) || typeof message !== 'string') {
    return invalid('An error needs an integer code and a message.', known);
  }
  const outcome = { error: { code, message, ...(data === undefined ? {} : { data }) } };
  return ok({ kind: 'response', id: known, outcome });
}

/** One line of JSON, no newline inside or after it. */
export function encodeMessage(message: JsonRpcMessage): string {
  const jsonrpc = '2.0';
  if (message.kind === 'response') return JSON.stringify({ jsonrpc, id: message.id, ...message.outcome });
  const { method, params } = message;
  return JSON.stringify(
    message.kind === 'request' ? { jsonrpc, id: message.id, method, params } : { jsonrpc, method, params },
  );
}

function isId(value: Json): value is JsonRpcId {
  return typeof value === 'string' ? value.length <= idCharsMax : Number.isSafeInteger(value);
}

function invalid(text: string, id: JsonRpcId | null = null): { readonly ok: false; readonly error: Undecodable } {
  return fail({ refusal: refuse('invalid_request', text).error, id });
}
