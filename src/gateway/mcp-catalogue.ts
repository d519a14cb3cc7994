// What an MCP server offers: its tools as last listed, and lists cut down to what one subject may use.

import type { Decision } from '../core/decision.ts';
import type { Facts, McpFacts } from '../core/facts.ts';
import type { Json, JsonObject } from '../core/json.ts';
import { limits } from '../core/limits.ts';
import { fail, ok, type Result, refuse } from '../core/result.ts';
import { digestOfDefinition } from '../core/tool-definition.ts';
import { isObject } from '../wire/mcp/json-rpc.ts';
import { type ParamHeader, paramHeadersOf } from '../wire/mcp/stateless.ts';
import { stringAt, toolFacts } from './mcp-facts.ts';
import type { McpLink } from './mcp-link.ts';
import type { SeenTool, ToolDesk } from './tool-desk.ts';

const pagesMax = 100;
const toolsMax = 10_000;

export type ToolPins = Pick<ToolDesk, 'see' | 'objection'>;

export interface KnownTool {
  readonly facts: McpFacts['tool'];
  /** Its digest: an approval is bound to it. */
  readonly definition: string;
  /** What its `structuredContent` has to follow; null where it promises nothing. */
  readonly outputSchema: JsonObject | null;
  /** Arguments that headers repeat (MCP 2026-07-28). */
  readonly headers: readonly ParamHeader[];
}

export class ToolCatalogue {
  readonly #link: McpLink;
  readonly #connection: string;
  readonly #desk: ToolPins;
  readonly #tools = new Map<string, KnownTool>();
  #loading: Promise<Result<void>> | null = null;

  constructor(link: McpLink, connection: string, desk: ToolPins) {
    this.#link = link;
    this.#connection = connection;
    this.#desk = desk;
  }

  /**
   * Lists the tools on first use. Refused: unknown_tool, upstream_*, and what the desk has against a definition.
   * @throws LogUnavailable
   */
  async find(name: string): Promise<Result<KnownTool>> {
    this.#loading ??= this.#load();
    const loaded = await this.#loading;
    if (!loaded.ok) {
      this.#loading = null;
      return loaded;
    }
    const tool = this.#tools.get(name);
    if (!tool) return refuse('unknown_tool', 'The upstream offers no tool of this name.');
    const objection = this.#desk.objection(this.#connection, name, tool.definition);
    return objection ? fail(objection) : ok(tool);
  }

  /** Whether the server has listed a tool of this name. */
  has(name: string): boolean {
    return this.#tools.has(name);
  }

  /** The server said that its tools changed. */
  forget(): void {
    this.#loading = null;
  }

  /**
   * Takes over definitions the server has just listed, so that a call is decided on what the caller was shown; and gives
   * back those the caller may be shown. @throws LogUnavailable
   */
  async learn(items: readonly Json[]): Promise<readonly Json[]> {
    const seen = items.flatMap((item): SeenTool[] =>
      isObject(item) ? [{ tool: stringAt(item, 'name'), sha256: digestOfDefinition(item), definition: item }] : [],
    );
    await this.#desk.see(this.#connection, seen);
    for (const { tool, sha256, definition } of seen) {
      if (this.#tools.size >= toolsMax && !this.#tools.has(tool)) continue;
      const { outputSchema } = definition;
      this.#tools.set(tool, {
        facts: toolFacts(definition),
        definition: sha256,
        outputSchema: isObject(outputSchema) ? outputSchema : null,
        headers: paramHeadersOf(definition['inputSchema']),
      });
    }
    return seen
      .filter(({ tool, sha256 }) => this.#desk.objection(this.#connection, tool, sha256) === null)
      .map(({ definition }) => definition);
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
    await this.learn(items);
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
