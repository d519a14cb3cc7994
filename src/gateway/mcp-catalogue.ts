// What an MCP server offers: its tools as last listed, and lists cut down to what one subject may use.

import type { Decision } from '../core/decision.ts';
import type { Facts, McpFacts } from '../core/facts.ts';
import { isJsonObject, type Json, type JsonObject, listOf, objectOf } from '../core/json.ts';
import { limits } from '../core/limits.ts';
import type { ClassSet } from '../core/phi.ts';
import { fail, ok, type Refusal, type Result, refuse } from '../core/result.ts';
import { digestOfDefinition } from '../core/tool-definition.ts';
import type { PinKind } from '../ports/tool-pins.ts';
import { type ParamHeader, paramHeadersOf } from '../wire/mcp/stateless.ts';
import { ArgumentNames, isAlmostOneOf } from './mcp-argument-names.ts';
import { objectAt, stringAt, toolFacts } from './mcp-facts.ts';
import type { McpLink, Welcome } from './mcp-link.ts';
import { recordedName } from './recorded-name.ts';
import type { SeenTool, ToolDesk } from './tool-desk.ts';

const pagesMax = 100;
const toolsMax = 10_000;

export type ToolPins = Pick<ToolDesk, 'see' | 'objection' | 'hasChange'>;

export interface KnownTool {
  readonly facts: McpFacts['tool'];
  /** Its name, as records have it in clear. */
  readonly recorded: string;
  /** Its digest: an approval is bound to it. */
  readonly definition: string;
  /** What its arguments are called. */
  readonly called: ArgumentNames;
  /** What its `structuredContent` has to follow; null where it promises nothing. */
  readonly outputSchema: JsonObject | null;
  /** Arguments that headers repeat (MCP 2026-07-28). */
  readonly headers: readonly ParamHeader[];
  /** It runs as a task of its server and no other way (MCP 2025-11-25, Tasks). */
  readonly taskOnly: boolean;
}

/** A prompt or template as last listed. */
interface ListedItem {
  readonly sha256: string;
  /** What its arguments are called. */
  readonly called: ArgumentNames;
}

export class ToolCatalogue {
  readonly #link: McpLink;
  readonly #connection: string;
  readonly #desk: ToolPins;
  readonly #tools = new Map<string, KnownTool>();
  /** Prompts and templates as last listed, by list and name. */
  readonly #listed: Readonly<Record<PinnedList, Map<string, ListedItem>>> = {
    'prompts/list': new Map(),
    'resources/templates/list': new Map(),
  };
  #loading: Promise<Result<void>> | null = null;
  /** The tools are those that the server listed last. */
  #loaded = false;

  constructor(link: McpLink, connection: string, desk: ToolPins) {
    this.#link = link;
    this.#connection = connection;
    this.#desk = desk;
  }

  /**
   * Lists the tools on first use; then there is no promise. Refused: unknown_tool, upstream_*, and what the desk has against a
   * definition. @throws LogUnavailable
   */
  find(name: string): Result<KnownTool> | Promise<Result<KnownTool>> {
    return this.#loaded ? this.#known(name) : this.#findListed(name);
  }

  async #findListed(name: string): Promise<Result<KnownTool>> {
    this.#loading ??= this.#load();
    const loading = this.#loading;
    const loaded = await loading;
    if (!loaded.ok) {
      this.#loading = null;
      return loaded;
    }
    // Not where the server has said meanwhile that they changed.
    this.#loaded = this.#loading === loading;
    return this.#known(name);
  }

  #known(name: string): Result<KnownTool> {
    const tool = this.#tools.get(name);
    if (!tool) return refuse('unknown_tool', 'The upstream offers no tool of this name.');
    const objection = this.#desk.objection(this.#connection, name, tool.definition);
    if (objection) return fail(objection);
    return ok(tool);
  }

  /** Whether the server has listed a tool of this name. */
  has(name: string): boolean {
    return this.#tools.has(name);
  }

  /** The server said that a list of it changed. */
  forget(): void {
    this.#loading = null;
    this.#loaded = false;
    for (const listed of Object.values(this.#listed)) listed.clear();
  }

  /**
   * Takes over definitions the server has just listed, so that a call is decided on what the caller was shown; and gives
   * back those the caller may be shown. @throws LogUnavailable
   */
  async learn(items: readonly Json[]): Promise<readonly Json[]> {
    const seen = items.flatMap((item): SeenTool[] =>
      isJsonObject(item) ? [{ tool: stringAt(item, 'name'), sha256: digestOfDefinition(item), definition: item }] : [],
    );
    await this.#desk.see(this.#connection, seen);
    for (const { tool, sha256, definition } of seen) {
      if (this.#tools.size >= toolsMax && !this.#tools.has(tool)) continue;
      const { outputSchema } = definition;
      this.#tools.set(tool, {
        facts: toolFacts(definition),
        recorded: recordedName(tool),
        definition: sha256,
        called: new ArgumentNames(objectAt(definition, 'inputSchema')),
        outputSchema: isJsonObject(outputSchema) ? outputSchema : null,
        headers: paramHeadersOf(definition['inputSchema']),
        taskOnly: objectAt(definition, 'execution')['taskSupport'] === 'required',
      });
    }
    return seen
      .filter(({ tool, sha256 }) => this.#desk.objection(this.#connection, tool, sha256) === null)
      .map(({ definition }) => definition);
  }

  /**
   * What of a list that is no list of tools may be shown; takes notice of its definitions, where they are pinned.
   * @throws LogUnavailable
   */
  async shown(method: string, items: readonly Json[]): Promise<readonly Json[]> {
    if (method === 'tools/list') return this.learn(items);
    if (!isPinnedList(method)) return items;
    const [kind, member] = pinnedLists[method];
    const seen = items.flatMap((item): SeenTool[] =>
      isJsonObject(item)
        ? [{ kind, tool: stringAt(item, member), sha256: digestOfDefinition(item), definition: item }]
        : [],
    );
    await this.#desk.see(this.#connection, seen);
    const listed = this.#listed[method];
    for (const { tool, sha256, definition } of seen) {
      if (listed.size < toolsMax) listed.set(tool, { sha256, called: new ArgumentNames(argumentsOf(definition)) });
    }
    return seen
      .filter(({ tool, sha256 }) => this.#desk.objection(this.#connection, tool, sha256, kind) === null)
      .map(({ definition }) => definition);
  }

  /**
   * Why a prompt or template of this name may not be used; null when it may. One the server does not list is the server's
   * business. @throws LogUnavailable
   */
  async objectionTo(method: PinnedList, name: string): Promise<Refusal | null> {
    const [kind] = pinnedLists[method];
    if (!this.#desk.hasChange(this.#connection, kind, name)) return null;
    const item = await this.#itemOf(method, name);
    if (!item.ok) return item.error;
    return item.value && this.#desk.objection(this.#connection, name, item.value.sha256, kind);
  }

  /**
   * Whether a prompt is asked for by almost the name of one that the server lists, or with arguments that are called almost as its own.
   * Refused: upstream_*. @throws LogUnavailable
   */
  async isMiscalled(prompt: string, given: JsonObject): Promise<Result<boolean>> {
    const item = await this.#itemOf('prompts/list', prompt);
    if (!item.ok) return item;
    if (item.value) return ok(item.value.called.isMiscalled(given));
    return ok(isAlmostOneOf(prompt, this.#listed['prompts/list'].keys()));
  }

  /** As the server lists it; null where it does not. */
  async #itemOf(method: PinnedList, name: string): Promise<Result<ListedItem | null>> {
    const listed = this.#listed[method];
    if (!listed.has(name)) {
      const items = await this.#list(method);
      if (!items.ok) return items;
      await this.shown(method, items.value);
    }
    return ok(listed.get(name) ?? null);
  }

  /** The instructions as they may be shown: not, once they have changed. @throws LogUnavailable */
  async instructionsOf({ instructions }: Welcome): Promise<string | undefined> {
    if (instructions === undefined) return undefined;
    const definition = { instructions };
    const seen = {
      kind: 'instructions',
      tool: 'instructions',
      sha256: digestOfDefinition(definition),
      definition,
    } as const;
    await this.#desk.see(this.#connection, [seen]);
    const objection = this.#desk.objection(this.#connection, seen.tool, seen.sha256, seen.kind);
    return objection === null ? instructions : undefined;
  }

  async #load(): Promise<Result<void>> {
    const items = await this.#list('tools/list');
    if (!items.ok) return items;
    this.#tools.clear();
    await this.learn(items.value);
    return ok(undefined);
  }

  /** All pages. A server without such a list has nothing of any name. Refused: upstream_*. */
  async #list(method: string): Promise<Result<readonly Json[]>> {
    const items: Json[] = [];
    let cursor: Json | undefined;
    for (let page = 0; page < pagesMax; page++) {
      const params = cursor === undefined ? {} : { cursor };
      const listed = await this.#link.request(method, params, limits.mcpUpstreamStartMs).outcome;
      if (!listed.ok) return listed;
      if ('error' in listed.value) break;
      const { result } = listed.value;
      for (const item of itemsOf(method, result)) items.push(item);
      const { nextCursor } = result;
      if (nextCursor === undefined || nextCursor === null) break;
      cursor = nextCursor;
    }
    return ok(items);
  }
}

type PinnedList = 'prompts/list' | 'resources/templates/list';

/** Besides tools: what the items of a list are pinned as, and the member that names one. */
const pinnedLists: Readonly<Record<PinnedList, readonly [kind: PinKind, member: string]>> = {
  'prompts/list': ['prompt', 'name'],
  'resources/templates/list': ['resource_template', 'uriTemplate'],
};

function isPinnedList(method: string): method is PinnedList {
  return Object.hasOwn(pinnedLists, method);
}

/** What a prompt may be given, as a schema. */
function argumentsOf({ arguments: named }: JsonObject): JsonObject {
  return { required: listOf(named).map((each) => stringAt(objectOf(each), 'name')) };
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

/** Where a list result has its items. */
export function memberOf(method: string): string {
  return listKinds[method]?.member ?? '';
}

/** The items of a list result. */
export function itemsOf(method: string, result: JsonObject): readonly Json[] {
  const items = result[memberOf(method)];
  return Array.isArray(items) ? (items as readonly Json[]) : [];
}

/** A list as a subject may see it. */
export interface Usable {
  readonly result: JsonObject;
  /** What may be seen of each item beyond what is of all of the list. */
  readonly unmask: readonly ClassSet[];
  /** Of each item, whether its use could be held, by what is known of it without arguments. */
  readonly mayBeHeld: readonly boolean[];
}

/**
 * The list without what policy denies whatever the arguments. A deny that only comes from facts not known yet
 * (`policy_error`), or that a stronger sign-in lifts, keeps the item: the call itself is decided with all facts.
 * INVARIANT: of an item no more is seen than its use is allowed to unmask, decided on what the list says of it alone.
 */
export function usable(
  method: string,
  result: JsonObject,
  facts: (mcp: Partial<McpFacts> & Pick<McpFacts, 'method'>) => Facts,
  preview: (facts: Facts) => Decision,
): Usable {
  const kind = listKinds[method];
  if (!kind) return { result, unmask: [], mayBeHeld: [] };
  const kept: JsonObject[] = [];
  const unmask: ClassSet[] = [];
  const mayBeHeld: boolean[] = [];
  for (const item of itemsOf(method, result)) {
    if (!isJsonObject(item)) continue;
    const { effect, reasons, obligations } = preview(facts(kind.use(item)));
    const [{ code }] = reasons;
    if (effect === 'deny' && code !== 'policy_error' && code !== 'insufficient_scope') continue;
    kept.push(item);
    unmask.push(effect === 'allow' ? obligations.unmask : []);
    mayBeHeld.push(effect !== 'allow');
  }
  return { result: { ...result, [kind.member]: kept }, unmask, mayBeHeld };
}
