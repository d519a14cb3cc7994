// The rules of MCP 2026-07-28, the revision without sessions, as pure functions: the envelope every request carries in
// `_meta`, the headers that repeat the body (SEP-2243), and what a result adds. Must never let header and body differ.

import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import { ok, type Result, refuse } from '../../core/result.ts';
import type { JsonRpcMessage, JsonRpcOutcome, JsonRpcRequest } from './json-rpc.ts';

export const statelessVersion = '2026-07-28';

const metaPrefix = 'io.modelcontextprotocol/';
const versionKey = `${metaPrefix}protocolVersion`;
const clientKey = `${metaPrefix}clientInfo`;
const capabilitiesKey = `${metaPrefix}clientCapabilities`;
const logLevelKey = `${metaPrefix}logLevel`;
const serverKey = `${metaPrefix}serverInfo`;

/** What a client says of itself with every request. */
export interface Envelope {
  readonly info: JsonObject;
  readonly capabilities: JsonObject;
  /** From which severity on it wants log messages about this request; undefined for none. */
  readonly logLevel: string | undefined;
}

/** A request header by lower-case name. */
export type HeaderOf = (name: string) => string | undefined;

/** RFC 5424 severities as MCP names them, the mildest first. */
const logLevels: readonly Json[] = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'];

/** Methods whose object the header `Mcp-Name` repeats, and the member that names it. */
const named: Readonly<Record<string, string>> = {
  'tools/call': 'name',
  'prompts/get': 'name',
  'resources/read': 'uri',
};

/** Whose results a client may keep, and for whom. */
const cacheable = new Set([
  'tools/list',
  'prompts/list',
  'resources/list',
  'resources/templates/list',
  'resources/read',
  'server/discover',
]);

/** Revisions sort by their date. A message without a version of its own goes by the header. */
export function isStateless(message: JsonRpcMessage, versionHeader: string | undefined): boolean {
  const claimed = message.kind === 'response' ? undefined : metaOf(message.params)[versionKey];
  const version = typeof claimed === 'string' ? claimed : versionHeader;
  return claimed !== undefined || isStatelessVersion(version);
}

export function isStatelessVersion(version: string | undefined): boolean {
  return version !== undefined && /^\d{4}-\d\d-\d\d$/.test(version) && version >= statelessVersion;
}

/** Refused: header_mismatch, invalid_params, unsupported_version. */
export function envelopeOf(request: JsonRpcRequest, header: HeaderOf): Result<Envelope> {
  const meta = metaOf(request.params);
  const version = meta[versionKey];
  const [info = {}, capabilities, logLevel] = [meta[clientKey], meta[capabilitiesKey], meta[logLevelKey]];
  if (typeof version !== 'string') {
    return refuse('invalid_params', `The request has no ${versionKey} in its _meta.`);
  }
  if (header('mcp-protocol-version') !== version) {
    return refuse('header_mismatch', 'The header MCP-Protocol-Version is not the version in _meta.');
  }
  if (version !== statelessVersion)
    return refuse('unsupported_version', 'The gate does not speak this version of MCP.');
  if (!isJsonObject(capabilities) || !isJsonObject(info)) {
    return refuse(
      'invalid_params',
      `The request has no ${capabilitiesKey} in its _meta, or a ${clientKey} that is none.`,
    );
  }
  if (logLevel !== undefined && !isLogLevel(logLevel)) {
    return refuse('invalid_params', `The ${logLevelKey} in _meta is no log level.`);
  }
  const fault = mismatch(request, header);
  if (fault) return refuse('header_mismatch', fault);
  return ok({ info, capabilities, logLevel: typeof logLevel === 'string' ? logLevel : undefined });
}

/** The version a message asks for, for whoever asked; nothing where it does not read like one. */
export function requestedVersion(message: JsonRpcMessage): JsonObject {
  const requested = message.kind === 'request' ? metaOf(message.params)[versionKey] : undefined;
  return typeof requested === 'string' && /^[\w.-]{1,32}$/.test(requested) ? { requested } : {};
}

/** The name of a header that does not repeat the body, as a sentence. */
function mismatch({ method, params }: JsonRpcRequest, header: HeaderOf): string | null {
  if (header('mcp-method') !== method) return 'The header Mcp-Method is missing or is not the method of the body.';
  const member = Object.hasOwn(named, method) ? named[method] : undefined;
  const name = member === undefined ? undefined : params[member];
  if (member === undefined || typeof name !== 'string') return null;
  return decodeHeader(header('mcp-name')) === name
    ? null
    : `The header Mcp-Name is missing or is not the ${member} of the body.`;
}

/** The headers that go with a request. `declared` are those of the tool it calls. */
export function headersOf(
  method: string,
  params: JsonObject,
  declared: readonly ParamHeader[],
): Readonly<Record<string, string>> {
  const member = Object.hasOwn(named, method) ? named[method] : undefined;
  const name = member === undefined ? undefined : params[member];
  const headers: Record<string, string> = { 'mcp-protocol-version': statelessVersion, 'mcp-method': method };
  if (typeof name === 'string') headers['mcp-name'] = encodeHeader(name);
  for (const each of declared) {
    const text = wordOf(valueAt(params['arguments'], each.path));
    if (text !== undefined) headers[`mcp-param-${each.name}`] = encodeHeader(text);
  }
  return headers;
}

/** An argument that a header repeats (`x-mcp-header` of the tool's inputSchema). */
export interface ParamHeader {
  /** Lower case, without `Mcp-Param-`. */
  readonly name: string;
  readonly path: readonly string[];
}

/** What a tool declares. A declaration against the rules counts as none: nobody could follow it. */
export function paramHeadersOf(schema: Json | undefined): readonly ParamHeader[] {
  const found: ParamHeader[] = [];
  const visit = (at: Json | undefined, path: readonly string[]): void => {
    if (!isJsonObject(at)) return;
    const { 'x-mcp-header': name, type, properties } = at;
    if (typeof name === 'string' && /^[\w!#$%&'*+.^`|~-]+$/.test(name) && primitives.has(type)) {
      found.push({ name: name.toLowerCase(), path });
    }
    if (isJsonObject(properties)) for (const [key, member] of Object.entries(properties)) visit(member, [...path, key]);
  };
  visit(schema, []);
  return new Set(found.map((each) => each.name)).size === found.length ? found : [];
}

const primitives: ReadonlySet<Json | undefined> = new Set(['string', 'integer', 'number', 'boolean']);

/** The first header that does not repeat its argument; null where all do. */
export function paramMismatch(declared: readonly ParamHeader[], given: JsonObject, header: HeaderOf): string | null {
  const wrong = declared.find(({ name, path }) => {
    const value = valueAt(given, path);
    const said = decodeHeader(header(`mcp-param-${name}`));
    const numeric = typeof value === 'number' && said !== undefined && /^-?\d+(?:\.\d+)?$/.test(said);
    return numeric ? Number(said) !== value : said !== wordOf(value);
  });
  return wrong ? `Mcp-Param-${wrong.name}` : null;
}

function valueAt(root: Json | undefined, path: readonly string[]): Json | undefined {
  return path.reduce<Json | undefined>(
    (at, key) => (isJsonObject(at) && Object.hasOwn(at, key) ? at[key] : undefined),
    root,
  );
}

function wordOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : undefined;
}

/** As it is where a header can carry it, else in base64 between the marks of the revision. */
function encodeHeader(value: string): string {
  const plain = /^[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?$/.test(value) && !/^=\?base64\?.*\?=$/.test(value);
  return plain ? value : `=?base64?${toBase64(new TextEncoder().encode(value))}?=`;
}

/** Undefined where there is none, or none that can be read. */
function decodeHeader(value: string | undefined): string | undefined {
  const encoded = /^=\?base64\?([A-Za-z0-9+/]*={0,2})\?=$/.exec(value ?? '')?.[1];
  if (encoded === undefined) return value;
  if (encoded.length % 4 !== 0) return undefined;
  try {
    const bytes = Uint8Array.from(atob(encoded), (char) => char.charCodeAt(0));
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function toBase64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}

/** Params as a client of this revision sends them. */
export function enveloped(params: JsonObject, { info, capabilities, logLevel }: Envelope): JsonObject {
  const meta = {
    ...metaOf(params),
    [versionKey]: statelessVersion,
    ...(Object.keys(info).length > 0 ? { [clientKey]: info } : {}),
    [capabilitiesKey]: capabilities,
    ...(logLevel === undefined ? {} : { [logLevelKey]: logLevel }),
  };
  return { ...params, _meta: meta };
}

/** A result as a server of this revision gives it, with `more`. Lists are cut to one subject: nobody else may get them. */
export function completed(
  method: string,
  outcome: JsonRpcOutcome,
  serverInfo: JsonObject,
  more: JsonObject,
): JsonRpcOutcome {
  if (!('result' in outcome)) return outcome;
  const { _meta: meta, ...result } = outcome.result;
  const final = { resultType: 'complete', ...result };
  return {
    result: {
      ...final,
      ...more,
      ...(cacheable.has(method) && final.resultType === 'complete' ? { ttlMs: 0, cacheScope: 'private' } : {}),
      _meta: { ...(isJsonObject(meta) ? meta : {}), [serverKey]: serverInfo },
    },
  };
}

export function isLogLevel(value: Json | undefined): boolean {
  return value !== undefined && logLevels.includes(value);
}

/** Whether a client that asked for messages from `asked` on wants one of this level. */
export function isLogged(asked: string | undefined, level: Json | undefined): boolean {
  return asked !== undefined && level !== undefined && logLevels.indexOf(level) >= logLevels.indexOf(asked);
}

/** The HTTP status that goes with an answer that is not streamed (MCP 2026-07-28, Transports / Errors). */
export function statusOf(outcome: JsonRpcOutcome): number {
  return 'error' in outcome ? (errorStatus.get(outcome.error.code) ?? 200) : 200;
}

/** Method not found, and a capability that the client would need. */
const errorStatus: ReadonlyMap<number, number> = new Map([
  [-32601, 404],
  [-32021, 400],
]);

/** What a result is besides what it tells: its type, and the members that belong to this revision taken away. */
export function resultOf(result: JsonObject): { readonly type: Json; readonly result: JsonObject } {
  const { resultType = 'complete', ttlMs: _lifetime, cacheScope: _scope, ...rest } = result;
  return { type: resultType, result: rest };
}

/** How a server names itself in a result. */
export function serverInfoOf(result: JsonObject): JsonObject {
  const info = metaOf(result)[serverKey];
  return isJsonObject(info) ? info : { name: '', version: '' };
}

/** The versions a `server/discover` result names. */
export function versionsOf(result: JsonObject): readonly Json[] {
  const { supportedVersions } = result;
  return supportedVersions !== undefined && isJsonArray(supportedVersions) ? supportedVersions : [];
}

function metaOf(params: JsonObject): JsonObject {
  const { _meta: meta } = params;
  return isJsonObject(meta) ? meta : {};
}
