// What an MCP server offers: its tools as last listed, and lists cut down to what one subject may use.

import { createHash } from 'node:crypto';
import type { Decision } from '../core/decision.ts';
import type { Facts, McpFacts } from '../core/facts.ts';
import { canonicalJson, type Json, type JsonObject } from '../core/json.ts';
import { limits } from '../core/limits.ts';
import { ok, type Result, refuse } from '../core/result.ts';
import { isObject } from '../wire/mcp/json-rpc.ts';
import { stringAt, toolFacts } from './mcp-facts.ts';
import type { McpLink } from './mcp-link.ts';

const pagesMax = 100;
const toolsMax = 10_000;

export interface KnownTool {
  readonly facts: McpFacts['tool'];
  /** SHA-256 (hex) of the canonical definition: an approval is bound to it. */
  readonly definition: string;
}

export class ToolCatalogue {
  readonly #link: McpLink;
  readonly #tools = new Map<string, KnownTool>();
  #loading: Promise<Result<void>> | null = null;

  constructor(link: McpLink) {
    this.#link = link;
  }

  /** Lists the tools on first use. Refused: unknown_tool, upstream_*. */
  async find(name: string): Promise<Result<KnownTool>> {
    this.#loading ??= this.#load();
    const loaded = await this.#loading;
    if (!loaded.ok) {
      this.#loading = null;
      return loaded;
    }
    const tool = this.#tools.get(name);
    return tool ? ok(tool) : refuse('unknown_tool', 'The upstream offers no tool of this name.');
  }

  /** The server said that its tools changed. */
  forget(): void {
    this.#loading = null;
  }

  /** Takes over definitions the server has just listed, so that a call is decided on what the caller was shown. */
  learn(items: readonly Json[]): void {
    for (const item of items) {
      if (!isObject(item) || this.#tools.size >= toolsMax) continue;
      const definition = createHash('sha256').update(canonicalJson(item)).digest('hex');
      this.#tools.set(stringAt(item, 'name'), { facts: toolFacts(item), definition });
    }
  }

  async #load(): Promise<Result<void>> {
    const items: Json[] = [];
    let cursor: Json | undefined;
    for (let page = 0; page < pagesMax; page++) {
      const params = cursor === undefined ? {} : { cursor };
      const listed = await this.#link.request('tools/list', params, limits.mcpUpstreamStartMs).outcome;
      if (!listed.ok) return listed;
      // A server without tools has none of any name.
      if ('error' in listed.value) break;
      const { tools, nextCursor } = listed.value.result;
      if (Array.isArray(tools)) items.push(...(tools as readonly Json[]));
      if (nextCursor === undefined || nextCursor === null) break;
      cursor = nextCursor;
    }
    this.#tools.clear();
    this.learn(items);
    return ok(undefined);
  }
}

interface ListKind {
  readonly member: string;
  /** The request an item stands for, with what is not known yet left unknown. */
  readonly use: (item: JsonObject) => Partial<McpFacts> & Pick<McpFacts, 'method'>;
}

const listKinds: Readonly<Record<string, ListKind>> = {
  'tools/list': {
    member: 'tools',
    use: (item) => ({ method: 'tools/call', tool: toolFacts(item), arguments: null }),
  },
  'resources/list': {
    member: 'resources',
    use: (item) => ({ method: 'resources/read', resource: { uri: stringAt(item, 'uri') } }),
  },
  'resources/templates/list': {
    member: 'resourceTemplates',
    use: (item) => ({ method: 'resources/read', resource: { uri: stringAt(item, 'uriTemplate') } }),
  },
  'prompts/list': {
    member: 'prompts',
    use: (item) => ({ method: 'prompts/get', prompt: { name: stringAt(item, 'name') }, arguments: null }),
  },
};

export function isList(method: string): boolean {
  return Object.hasOwn(listKinds, method);
}

/** The items of a list result. */
export function itemsOf(method: string, result: JsonObject): readonly Json[] {
  const items = result[listKinds[method]?.member ?? ''];
  return Array.isArray(items) ? (items as readonly Json[]) : [];
}

/**
 * The list without what policy denies whatever the arguments. A deny that only comes from facts not known yet
 * (`policy_error`) keeps the item: the call itself is decided with all facts.
 */
export function usable(
  method: string,
  result: JsonObject,
  facts: (mcp: Partial<McpFacts> & Pick<McpFacts, 'method'>) => Facts,
  preview: (facts: Facts) => Decision,
): JsonObject {
  const kind = listKinds[method];
  if (!kind) return result;
  const kept = itemsOf(method, result).filter((item) => {
    if (!isObject(item)) return false;
    const decision = preview(facts(kind.use(item)));
    return decision.effect !== 'deny' || decision.reasons[0].code === 'policy_error';
  });
  return { ...result, [kind.member]: kept };
}
