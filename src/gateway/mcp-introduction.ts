// What client and server learn of each other through the gate at initialize or discover: names as they are, and of the capabilities
// only those the gate carries. Experimental features and extensions are not among them, nor tasks of a server.

import type { JsonObject } from '../core/json.ts';
import { type Envelope, statelessVersion } from '../wire/mcp/stateless.ts';
import { clientVersions, negotiateVersion } from '../wire/mcp/streamable-http.ts';
import { objectAt, only, stringAt } from './mcp-facts.ts';
import type { Welcome } from './mcp-link.ts';
import { isOffered } from './mcp-questions.ts';
import { boundedName } from './recorded-name.ts';

const serverCapabilities = ['tools', 'resources', 'prompts', 'completions', 'logging'];
const clientCapabilities = ['roots', 'sampling', 'elicitation'];

export interface ClientIntroduction {
  /** The protocol version agreed on with it. */
  readonly version: string;
  /** Its own; no more of it than a record has room for. */
  readonly name: string;
  readonly info: JsonObject;
  readonly capabilities: JsonObject;
}

/** `params` are those of the client's initialize. */
export function introductionOf(params: JsonObject): ClientIntroduction {
  const info = objectAt(params, 'clientInfo');
  return {
    version: negotiateVersion(params['protocolVersion']),
    name: boundedName(stringAt(info, 'name')),
    info,
    capabilities: only(objectAt(params, 'capabilities'), clientCapabilities),
  };
}

/** A client that introduces itself with every request. */
export function introductionIn(envelope: Envelope): ClientIntroduction {
  const { info, capabilities } = envelope;
  return {
    version: statelessVersion,
    name: boundedName(stringAt(info, 'name')),
    info,
    capabilities: only(capabilities, clientCapabilities),
  };
}

/** Whether it knows of pages to show people (MCP 2025-11-25, Elicitation): some declare the mode in versions that have none. */
export function showsPages({ version, capabilities }: ClientIntroduction): boolean {
  return version >= '2025-11-25' && isOffered('elicitation/create', { mode: 'url' }, capabilities);
}

/** The result of `server/discover`. Versions stand apart: they are the gate's own, and read like dates. */
export function discoveryOf(welcome: Welcome): { readonly result: JsonObject; readonly versions: readonly string[] } {
  const { instructions } = welcome;
  const capabilities = only(welcome.capabilities, serverCapabilities);
  return {
    result: { capabilities, ...(instructions === undefined ? {} : { instructions }) },
    versions: [statelessVersion, ...clientVersions],
  };
}

/** The result of the client's initialize. `own` are capabilities of the gate itself. */
export function greetingOf(welcome: Welcome, version: string, own: JsonObject = {}): JsonObject {
  const { serverInfo, instructions } = welcome;
  return {
    protocolVersion: version,
    capabilities: { ...only(welcome.capabilities, serverCapabilities), ...own },
    serverInfo,
    ...(instructions === undefined ? {} : { instructions }),
  };
}
